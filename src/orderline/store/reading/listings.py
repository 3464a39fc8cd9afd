"""How channels offer SKUs that come and go: by their window of sale, or by what may be promised of them ahead."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from orderline.core.listings.commands import TellListing
from orderline.core.listings.state import Listing, listing_id, offered_as
from orderline.core.stock.state import SkuKind
from orderline.store.loading import decode_record
from orderline.store.reading.lasting import load_aged, units_of
from orderline.store.reading.promising import expected_of, load_stock
from orderline.store.reading.records import load_records
from orderline.store.reading.source import Source

AT_ONCE: Final = 500


def load_changes(source: Source, now: datetime) -> list[TellListing]:
    """What has to be told of listings: how they are offered now, where that is not what is known."""
    settings = source.settings()
    changes: list[TellListing] = []
    after = ""
    while True:
        codes = [row[0] for row in source.rows("listings", "listable", after=after, most=AT_ONCE)]
        if not codes:
            return changes
        after = codes[-1]
        stock = load_stock(source, codes)
        known: dict[str, Listing] = {
            id_: decode_record("listing", body) for id_, body in source.rows("listings", "listings_of", skus=codes)
        }
        for channel in settings.channels.values():
            for code in codes:
                sku, levels = stock.known[code]
                if sku.kind is not SkuKind.STOCKED:
                    continue
                expected = sorted(expected_of(stock, [code], channel, now), key=lambda each: (each.due_at, each.row))
                aged = load_aged(source, settings, channel, [code], now.date()) if sku.expires else {}
                levels = (
                    {p: replace(e, withheld=e.withheld + units_of(aged, code, p)) for p, e in levels.items()}
                    if aged
                    else levels
                )
                offered = offered_as(sku, channel, levels, expected, now)
                before = known.get(listing_id(channel.code, code))
                if before is None or before.offered != offered:
                    changes.append(TellListing(channel=channel.code, sku=code, offered=offered))


def load_listings(source: Source, *, skus: Sequence[str] = (), most: int) -> list[Listing]:
    """How channels offer SKUs, by SKU and channel; of some SKUs, where those are given."""
    found = load_records(source, "listing", subjects=tuple(skus), most=most)
    return sorted(found, key=lambda each: (each.sku, each.channel))
