"""Scheduled demand as it stands, row by row."""

from collections.abc import Sequence

from orderline.core.demands.rows import DemandRow
from orderline.store.reading.source import Source


def load_demand(
    source: Source, *, skus: Sequence[str] = (), after: tuple[str, str, str] = ("", "", ""), most: int
) -> list[DemandRow]:
    """Rows by SKU, pool and id after a place; of these SKUs, if there are any."""
    asked = {"skus": list(skus) or None, "sku": after[0], "pool": after[1], "id": after[2], "most": most}
    return [DemandRow(*row) for row in source.rows("demands", "list_demand", **asked)]
