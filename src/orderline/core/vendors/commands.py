"""What the clock asks of vendors."""

from collections.abc import Iterable

from orderline.core.orders.commands import OrderCommand
from orderline.core.records import RecordCommand, RecordKey


class CheckFeed(RecordCommand, frozen=True, gc=False, kw_only=True, tag="check_feed"):
    """See whether what a location told of its stock still holds, and promise it or no longer promise it by that."""

    location: str

    def records(self) -> Iterable[RecordKey]:
        return (("feed_age", self.location),)


class LapseFulfillment(OrderCommand, frozen=True, gc=False, kw_only=True, tag="lapse_fulfillment"):
    """A location has not accepted work in its time: it is taken away, and routed to others."""

    fulfillment: int
