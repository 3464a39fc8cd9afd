"""Note how SKUs are offered. What there is to notice is seen in the database, by the worker."""

from typing import Final

from orderline.core.context import Context
from orderline.core.listings.commands import TellListing
from orderline.core.listings.state import LISTING, Listing, ListingChanged, listing_id
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.world import Draft
from orderline.values.failures import Refused


def decide_tell_listing(draft: Draft, command: TellListing, context: Context) -> None:
    """Refused NOTHING_TO_DO: it is offered so already."""
    id_ = listing_id(command.channel, command.sku)
    known = draft.world.records.get(("listing", id_))
    if isinstance(known, Listing) and known.offered == command.offered:
        raise Refused(OrderRefusal.NOTHING_TO_DO, value=id_)
    changed = ListingChanged(id=id_, channel=command.channel, sku=command.sku, offered=command.offered, at=context.now)
    draft.tell_record(LISTING, id_, changed)


RULES: Final = {TellListing: decide_tell_listing}
