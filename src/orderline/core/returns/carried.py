"""What carriers have to do with returns: labels for the way back, their news of it, and parcels that nobody took."""

from typing import Final

from orderline.core.context import Context
from orderline.core.orders.guards import check_text, occurred
from orderline.core.orders.state import Order, Parcel, ParcelState
from orderline.core.returns import commands as c
from orderline.core.returns.events import ReturnLabeled, ReturnOpened, ReturnTracked
from orderline.core.returns.refusals import ReturnRefusal as R
from orderline.core.returns.settling import settle_return
from orderline.core.returns.state import (
    Custody,
    LabelPayer,
    Return,
    ReturnItem,
    ReturnMoney,
    ReturnSource,
    ReturnTerms,
    ShippingRefund,
    WayBack,
)
from orderline.core.returns.steps import open_return, progress
from orderline.core.world import Draft
from orderline.values.failures import Refused

UNDELIVERABLE: Final = "undeliverable"
# What comes back since nobody took it was never the customer's to pay for.
NOT_TAKEN: Final = ReturnTerms(rule=UNDELIVERABLE, shipping=ShippingRefund.WHEN_ALL)
_NOT_SENT: Final = frozenset({Custody.APPROVED, Custody.EXPIRED})
_TURNED_BACK: Final = frozenset({ParcelState.RETURNING, ParcelState.RETURNED})


def wants_label(returned: Return) -> bool:
    """Is the customer to get something to send goods back with?"""
    return (
        returned.label is None
        and not returned.tracking_number
        and any(
            item.custody is Custody.APPROVED and not item.terms.keep and item.terms.label is not LabelPayer.CUSTOMER
            for item in returned.items
        )
    )


def decide_label(draft: Draft, command: c.LabelReturn, context: Context) -> None:
    """Refused RETURN_NOT_SENDABLE: nothing of it waits to be sent, or it has a label already."""
    order, returned = open_return(draft, command, context)
    if returned.label is not None or not any(item.custody in _NOT_SENT for item in returned.items):
        states = sorted({item.custody.value for item in returned.items})
        raise Refused(R.RETURN_NOT_SENDABLE, field="number", value=command.number, states=states)
    label = command.label
    for name in ("carrier", "tracking_number", "service", "code"):
        check_text(getattr(label, name), f"label.{name}", 100, required=name in ("carrier", "tracking_number"))
    draft.tell(order.id, ReturnLabeled(number=returned.number, label=label, at=context.now))


def decide_track(draft: Draft, command: c.TrackReturn, context: Context) -> None:
    """What the carrier has, is on its way; what it has brought, waits at the location to be received.

    Refused RETURN_NEWS_OLD: it changes nothing: a repeat, late, or the goods are here.
    """
    order, returned = open_return(draft, command, context)
    at = occurred(command.occurred_at, context)
    late = returned.tracked_at is not None and at < returned.tracked_at
    coming = [item for item in returned.items if item.custody in (*_NOT_SENT, Custody.IN_TRANSIT)]
    if returned.way is command.way or late or not coming:
        raise Refused(R.RETURN_NEWS_OLD, field="way", value=command.way, way=returned.way)
    code, place = check_text(command.code, "code", 60), check_text(command.place, "place", 200)
    draft.tell(order.id, ReturnTracked(number=returned.number, way=command.way, at=at, code=code, place=place))
    sent = [item for item in coming if item.custody in _NOT_SENT and not item.terms.keep]
    if sent:
        progress(draft, order, returned.number, sent, context, custody=Custody.IN_TRANSIT, at=at)
        settle_return(draft, order, returned.number, context)


def follow_parcel(draft: Draft, order: Order, parcel: Parcel, state: ParcelState, context: Context) -> None:
    """A parcel of an order has turned back: its goods are a return that nobody asked for. Or it goes on after all."""
    coming = next((each for each in order.returns if each.parcel == parcel.number and _is_coming(each)), None)
    if state in _TURNED_BACK:
        if coming is None and not order.history:
            draft.tell(order.id, ReturnOpened(_opened(order, parcel, context)))
    elif coming is not None and state in (ParcelState.DELIVERED, ParcelState.LOST):
        items = [item for item in coming.items if item.custody is Custody.IN_TRANSIT]
        reason = f"parcel {parcel.number}: {state.value}"
        progress(draft, order, coming.number, items, context, custody=Custody.WITHDRAWN, reason=reason)


def _is_coming(returned: Return) -> bool:
    undecided = (ReturnMoney.NOT_DUE, ReturnMoney.DENIED)
    return any(item.custody is Custody.IN_TRANSIT and item.money in undecided for item in returned.items)


def _opened(order: Order, parcel: Parcel, context: Context) -> Return:
    """The return that a parcel opens by itself. What was on its way back to the customer is the customer's still."""
    before = order.returns[parcel.returned - 1].items if parcel.returned else ()
    repaired = any(item.terms.service and item.custody is Custody.SENT_BACK for item in before)
    items = tuple(
        ReturnItem(
            item=index + 1,
            line=each.line,
            quantity=each.quantity,
            reason=UNDELIVERABLE,
            terms=ReturnTerms(rule=UNDELIVERABLE, service=True) if repaired else NOT_TAKEN,
            custody=Custody.IN_TRANSIT,
            money=ReturnMoney.DENIED if parcel.returned and not repaired else ReturnMoney.NOT_DUE,
        )
        for index, each in enumerate(parcel.items)
    )
    return Return(
        number=len(order.returns) + 1,
        source=ReturnSource.CARRIER,
        items=items,
        to=order.fulfillments[parcel.fulfillment - 1].location,
        requested_at=context.now,
        requested_by=context.actor.name,
        moved_at=context.now,
        carrier=parcel.carrier,
        tracking_number=parcel.tracking_number,
        way=WayBack.IN_TRANSIT,
        parcel=parcel.number,
    )
