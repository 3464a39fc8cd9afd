"""What a scanned code means: a SKU, its barcode, or the lot or serial number of one of its units."""

from collections.abc import Mapping, Sequence
from typing import Any

from orderline.console.visits import Visit

Row = Mapping[str, Any]


def named(rows: Sequence[Row], code: str) -> list[Row]:
    """The rows whose SKU or barcode it is; scanners and people write as they like."""
    return [each for each in rows if code.lower() in (each["sku"].lower(), each.get("gtin", "").lower())]


def is_tracked(row: Row) -> bool:
    """Are units of the SKU known by lot or serial number?"""
    return row.get("tracking", "none") != "none"


async def by_lot(visit: Visit, rows: Sequence[Row], lot: str) -> list[Row]:
    """The tracked rows whose lot it is; where lots can't be looked up, the only one that it can be of."""
    tracked = [each for each in rows if is_tracked(each)]
    if not tracked or not visit.may("list_lots"):
        return tracked if len(tracked) == 1 else []
    query = {"location": visit.path["location"], "lot": lot, "sku": [each["sku"] for each in tracked]}
    known = {each["sku"] for each in (await visit.ask("list_lots", query=query))["items"]}
    return [each for each in tracked if each["sku"] in known]
