"""Where locations are."""

from collections.abc import Collection

import msgspec

from orderline.store.database import Database
from orderline.store.queries import query
from orderline.values.address import Place


class _Located(msgspec.Struct):
    """A stored location, as far as it is wanted."""

    place: Place


def load_places(database: Database, locations: Collection[str]) -> dict[str, Place]:
    """Of each location its place; none of a code that there is not any more."""
    rows = database.rows(query("stock", "load_places"), {"locations": sorted(locations)})
    return {code: msgspec.json.decode(body, type=_Located).place for code, body in rows}
