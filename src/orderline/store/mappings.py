"""What partners' words mean, and which of the goods they name there are."""

from collections.abc import Collection
from typing import Final

import msgspec

from orderline.core.mappings.state import Mapping
from orderline.store.database import Database
from orderline.store.queries import query

_decode: Final = msgspec.json.Decoder(Mapping).decode


def load_mappings(database: Database, ids: Collection[str]) -> dict[str, Mapping]:
    """Mappings by their names; words that have never waited are not in it."""
    rows = database.rows(query("mappings", "load_mappings"), {"ids": sorted(ids)}) if ids else []
    return {row[0]: _decode(row[1]) for row in rows}


def known_skus(database: Database, codes: Collection[str]) -> set[str]:
    """Those of the codes that are SKUs."""
    rows = database.rows(query("mappings", "known_skus"), {"codes": sorted(codes)}) if codes else []
    return {row[0] for row in rows}
