"""Requests about listings."""

from collections.abc import Iterable

from orderline.core.listings.state import Offered, listing_id
from orderline.core.records import RecordCommand, RecordKey


class TellListing(RecordCommand, frozen=True, gc=False, kw_only=True, tag="tell_listing"):
    """Note how a channel offers a SKU now."""

    channel: str
    sku: str
    offered: Offered

    def records(self) -> Iterable[RecordKey]:
        return (("listing", listing_id(self.channel, self.sku)),)
