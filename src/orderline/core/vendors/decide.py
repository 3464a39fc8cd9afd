"""Rules of vendors: stock that was told too long ago is not promised; work that is not accepted in time goes elsewhere."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from orderline.core.context import Context
from orderline.core.fulfillments.moving import OPEN_AT_LOCATION, items_of, progress
from orderline.core.fulfillments.rejecting import send_back
from orderline.core.moves import Move
from orderline.core.orders.guards import check_fulfillment, ongoing_order
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.settle import settle
from orderline.core.orders.state import Execution, Negotiation
from orderline.core.stock.checks import check_location
from orderline.core.stock.events import LocationPut
from orderline.core.vendors.commands import CheckFeed, LapseFulfillment
from orderline.core.vendors.refusals import VendorRefusal
from orderline.core.vendors.state import FEED_AGE, FeedAge, FeedRenewed, FeedTold, FeedWentStale
from orderline.core.world import Draft
from orderline.values.failures import Refused

LAPSED: Final = "not accepted in time"
_UNANSWERED: Final = (Negotiation.UNSUBMITTED, Negotiation.SUBMITTED)


def tell_feeds(draft: Draft, feed: str, sequence: int, locations: Iterable[str], context: Context) -> None:
    """Note that locations have told their stock, where its age matters."""
    for code in sorted(set(locations)):
        location = draft.world.settings.locations.get(code)
        if location is not None and location.feed_max_age_s is not None:
            holds_until = context.now + timedelta(seconds=location.feed_max_age_s)
            told = FeedTold(location=code, feed=feed, sequence=sequence, at=context.now, holds_until=holds_until)
            draft.tell_record(FEED_AGE, code, told)


def decide_check_feed(draft: Draft, command: CheckFeed, context: Context) -> None:
    """Refused FEED_NEVER_TOLD; NOTHING_TO_DO: it is promised as it should be."""
    check_location(draft.world, command.location)
    location = draft.world.settings.locations[command.location]
    age = draft.world.records.get(("feed_age", command.location))
    if not isinstance(age, FeedAge):
        raise Refused(VendorRefusal.FEED_NEVER_TOLD, field="location", value=command.location)
    stale = location.feed_max_age_s is not None and _is_over(age, context.now)
    if stale is location.feed_stale:
        raise Refused(R.NOTHING_TO_DO, value=command.location)
    draft.tell_record(
        FEED_AGE, command.location, FeedWentStale(at=context.now) if stale else FeedRenewed(at=context.now)
    )
    draft.tell_stock(LocationPut(msgspec.structs.replace(location, feed_stale=stale)))


def decide_lapse(draft: Draft, command: LapseFulfillment, context: Context) -> None:
    """Take work back that nobody has accepted, with the location excluded for its lines; its partner is told.

    Refused FULFILLMENT_NOT_OPEN: it was answered, or taken back. ACCEPTANCE_NOT_DUE: there is time left.
    """
    order = ongoing_order(draft.world, command)
    fulfillment = check_fulfillment(order, command.fulfillment)
    within_s = draft.world.settings.locations[fulfillment.location].accept_within_s
    items = items_of(fulfillment, OPEN_AT_LOCATION)
    if within_s is None or not items or fulfillment.negotiation not in _UNANSWERED:
        raise Refused(R.FULFILLMENT_NOT_OPEN, value=fulfillment.number, negotiation=fulfillment.negotiation)
    due_at = fulfillment.opened_at + timedelta(seconds=within_s)
    if context.now < due_at:
        raise Refused(VendorRefusal.ACCEPTANCE_NOT_DUE, value=fulfillment.number, due_at=due_at)
    send_back(draft, order, fulfillment, Move.REJECT, [(items, "")], context.now, context, reason=LAPSED, exclude=True)
    progress(
        draft,
        order,
        fulfillment,
        context.now,
        execution=Execution.CANCELED,
        negotiation=Negotiation.WITHDRAWN,
        reason=LAPSED,
    )
    settle(draft, order.id, context)


def _is_over(age: FeedAge, now: datetime) -> bool:
    return age.holds_until <= now


RULES: Final = {CheckFeed: decide_check_feed, LapseFulfillment: decide_lapse}
