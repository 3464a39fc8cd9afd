"""What the journal of an order says for us: its course as lines of text, and the papers made of it."""

from collections.abc import Iterable
from datetime import datetime

from orderline.core.disputes.state import Dispute
from orderline.core.documents.paper import Block, Column, Paper, Party, Table, Text
from orderline.core.orders.events import AnyOrderEvent, OrderPlaced, PaymentAnswered, PickupCollected
from orderline.core.orders.parcel_events import HandoverUndone, ParcelTracked, ShipmentHandedOver
from orderline.core.orders.state import Order, Parcel, ParcelState, PaymentKind
from orderline.values.money import Money

PAID = {
    PaymentKind.AUTHORIZE: "authorized",
    PaymentKind.EXTEND: "authorized for longer",
    PaymentKind.CAPTURE: "charged",
    PaymentKind.VOID: "released",
    PaymentKind.REFUND: "refunded",
}


def timeline(order: Order, events: Iterable[AnyOrderEvent]) -> list[tuple[datetime, str]]:
    """(instant, what happened) as an outsider may read it, in order. Notes of ours are not in it."""
    told = [line for event in events if (line := _line(order, event)) is not None]
    return sorted(told, key=lambda each: each[0])


def _line(order: Order, event: AnyOrderEvent) -> tuple[datetime, str] | None:
    match event:
        case OrderPlaced():
            lines = ", ".join(f"{each.quantity} x {each.description or each.sku}" for each in event.agreement.lines)
            total = Money(event.agreement.total_minor, event.currency)
            return event.placed_at, f"Order {event.number} placed: {lines}; {total} in all"
        case PaymentAnswered() if not event.declined and not event.in_doubt:
            return event.at, f"{Money(event.amount_minor, order.currency)} {PAID[event.kind]}"
        case ShipmentHandedOver():
            numbers = [_tracking(parcel) for n in event.parcels if (parcel := order.parcel_of(n)) is not None]
            return event.at, f"Handed over to {event.carrier or 'the carrier'}: {', '.join(numbers)}"
        case HandoverUndone():
            numbers = [_tracking(parcel) for n in event.parcels if (parcel := order.parcel_of(n)) is not None]
            return event.at, f"Not handed over after all: {', '.join(numbers)}"
        case ParcelTracked():
            parcel = order.parcel_of(event.parcel)
            number = _tracking(parcel) if parcel is not None else f"parcel {event.parcel}"
            place = f", {event.place}" if event.place else ""
            return event.at, f"{number}: {event.state.replace('_', ' ')}{place}"
        case PickupCollected():
            checked = f", identified by {event.checked}" if event.checked else ""
            return event.at, f"Collected in person{checked}"
        case _:
            return None


def delivered_parcel(order: Order) -> Parcel | None:
    """The parcel that proves most: one that was delivered, or else one that has left."""
    left = [each for each in order.parcels if each.shipment is not None and each.tracking_number]
    return next((each for each in left if each.state == ParcelState.DELIVERED), left[0] if left else None)


def summary(lines: Iterable[tuple[datetime, str]], note: str = "") -> str:
    """The course of an order as one text; what is to be said first stands first."""
    told = [f"{at:%Y-%m-%d %H:%M} UTC  {text}" for at, text in lines]
    return "\n".join([note, *told] if note else told)


def evidence_paper(
    order: Order, dispute: Dispute, lines: Iterable[tuple[datetime, str]], recipient: tuple[str, ...], note: str = ""
) -> Paper:
    """The evidence as a paper: the dispute, who was to get the goods, what was bought, and what happened when."""
    about = (
        ("Order", order.number),
        ("Dispute", dispute.reference),
        ("Amount", str(Money(dispute.amount_minor, order.currency))),
        ("Reason given", dispute.reason),
    )
    goods = Table(
        (Column("Quantity", 12, "right"), Column("Goods", 60), Column("Price", 28, "right")),
        tuple(
            (str(each.quantity), each.description or each.sku, str(Money(each.total_minor, order.currency)))
            for each in order.agreement.lines
        ),
        "What was bought",
    )
    course = Table(
        (Column("When (UTC)", 25), Column("What happened", 75)),
        tuple((f"{at:%Y-%m-%d %H:%M}", text) for at, text in lines),
        "What happened",
    )
    said: tuple[Block, ...] = (Text(note),) if note else ()
    return Paper("Evidence", dispute.reference, about, (Party("Delivered to", recipient),), (*said, goods, course))


def _tracking(parcel: Parcel) -> str:
    return f"{parcel.carrier} {parcel.tracking_number}".strip() or f"parcel {parcel.number}"
