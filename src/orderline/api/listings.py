"""How channels offer SKUs that come and go."""

from typing import Final

from orderline.api.calls import Operation, Right
from orderline.api.records import Records
from orderline.core.listings.refusals import ListingRefusal
from orderline.core.listings.state import LISTING, ListingState

OPERATIONS: Final[tuple[Operation, ...]] = Records(
    kind=LISTING, one="listing", many="listings", capability="stock", read=Right.STOCK_READ, write=Right.STOCK_WRITE,
    unknown=ListingRefusal.LISTING_UNKNOWN, states=ListingState,
    channel_of=lambda listing: listing.channel,
).reading()  # fmt: skip
