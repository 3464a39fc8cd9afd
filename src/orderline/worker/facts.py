"""Partners' facts as commands: pure translation. One fact may take several; the last one stands for it."""

from collections.abc import Iterable, Sequence
from typing import Final, Literal
from uuid import UUID

import msgspec

from orderline.contracts.carriers import TrackingCode, TrackingFact
from orderline.contracts.disputes import DisputeFact
from orderline.contracts.payments import Operation, PaymentFact, Transaction, TransactionState
from orderline.contracts.warehouses import (
    Accepted,
    CancelAccepted,
    CancelRejected,
    HandedOver,
    Packed,
    Picked,
    PickedLine,
    Rejected,
    ShortLine,
    ShortReason,
    WarehouseFact,
)
from orderline.core.disputes.commands import TellDispute
from orderline.core.disputes.decide import is_old
from orderline.core.disputes.state import DisputeStage
from orderline.core.next_steps import DAMAGED
from orderline.core.orders.commands import (
    AcceptFulfillment,
    AnswerCancel,
    AnswerPayment,
    Command,
    HandedInput,
    OrderCommand,
    PackUnits,
    ParcelInput,
    PickUnits,
    RejectUnits,
    ShipParcels,
    Tracked,
    TrackParcel,
)
from orderline.core.orders.events import PaymentAnswered
from orderline.core.orders.parcels import PickedLot
from orderline.core.orders.state import LineQuantity, Order, PaymentKind, PaymentRequest, Tender
from orderline.core.returns.commands import TrackReturn
from orderline.core.returns.state import WayBack
from orderline.core.shipments.combination_commands import TrackCombination
from orderline.core.shipments.combinations import Combination
from orderline.core.tenders.reversing import ReverseRefund
from orderline.store.inbox import Place
from orderline.values.ids import OrderId
from orderline.worker.answered import says_sent_back

Shelf = Literal["missing", "damaged"]

# Where units are now thought to be that were not served for a reason.
SHELF: Final[dict[ShortReason, Shelf]] = {ShortReason.MISSING: "missing", ShortReason.DAMAGED: "damaged"}

# Scans of what has not left us yet are not in it.
STATES: Final[dict[TrackingCode, Tracked]] = {
    TrackingCode.HANDED_OVER: "handed_over",
    TrackingCode.IN_TRANSIT: "in_transit",
    TrackingCode.OUT_FOR_DELIVERY: "out_for_delivery",
    TrackingCode.DELIVERED: "delivered",
    TrackingCode.EXCEPTION: "exception",
    TrackingCode.DAMAGED: "exception",
    TrackingCode.LOST: "lost",
    TrackingCode.RETURNING: "returning",
    TrackingCode.RETURNED: "returning",
}


# The same scans of a parcel that a customer sends back; what turns back there is with the customer again.
WAYS_BACK: Final = {
    TrackingCode.HANDED_OVER: WayBack.IN_TRANSIT,
    TrackingCode.IN_TRANSIT: WayBack.IN_TRANSIT,
    TrackingCode.OUT_FOR_DELIVERY: WayBack.IN_TRANSIT,
    TrackingCode.DELIVERED: WayBack.DELIVERED,
    TrackingCode.EXCEPTION: WayBack.EXCEPTION,
    TrackingCode.DAMAGED: WayBack.EXCEPTION,
    TrackingCode.RETURNING: WayBack.EXCEPTION,
    TrackingCode.RETURNED: WayBack.EXCEPTION,
    TrackingCode.LOST: WayBack.LOST,
}


def parse_warehouse_fact(fact: WarehouseFact, place: Place) -> Sequence[OrderCommand]:
    """What a location says about the fulfillment order at `place`."""
    order, number, at = place.order, place.number, fact.occurred_at
    match fact:
        case Accepted():
            return [AcceptFulfillment(order=order, fulfillment=number, occurred_at=at)]
        case Rejected():
            return _reject(place, fact.lines, fact)
        case Picked():
            return _pick(place, fact)
        case Packed():
            parcels = tuple(
                ParcelInput(
                    items=_quantities((item.line, item.quantity) for item in parcel.items),
                    ref=parcel.parcel_ref,
                    weight_g=parcel.weight_g,
                    length_mm=parcel.length_mm,
                    width_mm=parcel.width_mm,
                    height_mm=parcel.height_mm,
                )
                for parcel in fact.parcels
            )
            return [PackUnits(order=order, fulfillment=number, parcels=parcels, occurred_at=at)]
        case HandedOver():
            handed = tuple(
                HandedInput(ref=each.parcel_ref, carrier=each.carrier, tracking_number=each.tracking_number)
                for each in fact.parcels
            )
            return [ShipParcels(order=order, fulfillment=number, handed=handed, occurred_at=at)]
        case CancelAccepted():
            return [AnswerCancel(order=order, fulfillment=number, accepted=True, occurred_at=at)]
        case CancelRejected():
            return [AnswerCancel(order=order, fulfillment=number, accepted=False, occurred_at=at)]


def parse_tracking_fact(fact: TrackingFact, place: Place, combination: Combination | None = None) -> Sequence[Command]:
    """What a carrier says about the parcel at `place`; nothing, when the order knows it by itself.

    combination: the one that the parcel is a part of: it is true of all its parts.
    """
    state = STATES.get(fact.normalized) if fact.normalized is not None else None
    if state is None:
        return []
    code = DAMAGED if fact.normalized is TrackingCode.DAMAGED else fact.code[:60]
    if combination is not None:
        if state == "handed_over":
            return []
        return [
            TrackCombination(
                combination=combination.id,
                members=tuple(each.order for each in combination.members),
                state=state,
                occurred_at=fact.occurred_at,
                code=code,
                place=fact.place[:200],
            )
        ]
    return [
        TrackParcel(
            order=place.order,
            parcel=place.number,
            state=state,
            occurred_at=fact.occurred_at,
            code=code,
            place=fact.place[:200],
        )
    ]


def parse_return_fact(fact: TrackingFact, place: Place) -> Sequence[Command]:
    """What a carrier says about the parcel of the return at `place`; nothing, when that is no news."""
    way = WAYS_BACK.get(fact.normalized) if fact.normalized is not None else None
    if way is None:
        return []
    return [
        TrackReturn(
            order=place.order,
            number=place.number,
            way=way,
            occurred_at=fact.occurred_at,
            code=fact.code[:60],
            place=fact.place[:200],
        )
    ]


def parse_payment_fact(
    fact: PaymentFact, order: Order, partner: str, back: PaymentAnswered | None
) -> Sequence[OrderCommand]:
    """What a provider says became of a request of ours; nothing, when no such request is open with it.

    The request is known by its key; where the provider does not give it back, by the payment, what was asked and how much.
    back: a refund that had gone through, and that the fact says has come back: it is owed again.
    """
    if fact.state is TransactionState.PENDING:
        return []
    if says_sent_back(fact):  # of a request that is open, this is the answer
        fact = msgspec.structs.replace(
            fact, operation=Operation.REFUND, state=TransactionState.DECLINED, code=fact.code or "refund_reversed"
        )
    for tender in order.tenders:
        for request in tender.requests:
            if tender.provider == partner and is_about(fact, tender, request):
                declined = (fact.code or "declined") if fact.state is TransactionState.DECLINED else ""
                # Of what was declined, or let go of, the provider may not name the amount.
                told = not declined and request.kind is not PaymentKind.VOID
                return [
                    AnswerPayment(
                        order=order.id,
                        tender=tender.number,
                        key=request.key,
                        kind=request.kind,
                        amount_minor=fact.amount_minor if told else request.amount_minor,
                        # What is held longer is named by the payment, not by the request for it.
                        reference=(request.kind is PaymentKind.EXTEND and fact.authorization) or fact.reference,
                        declined=declined[:200],
                        expires_at=fact.expires_at,
                        occurred_at=fact.occurred_at,
                    )
                ]
    if back is None:
        return []
    return [
        ReverseRefund(
            order=order.id,
            tender=back.tender,
            reference=fact.reference,
            amount_minor=fact.amount_minor or back.amount_minor,
            key=back.key,
            sent_minor=back.amount_minor,
            reason=fact.code[:200],
            occurred_at=fact.occurred_at,
        )
    ]


def parse_dispute_fact(fact: DisputeFact, order: Order, partner: str) -> Sequence[OrderCommand]:
    """Where a provider says that a dispute stands; nothing, when it is known, or older than what is known."""
    own = [each for each in order.tenders if each.provider == partner]
    tender = next((each for each in own if fact.authorization and each.reference == fact.authorization), None)
    tender = tender or next((each for each in own if _is_of(fact.key, order, each)), None)
    tender = tender or next((each for each in own if each.captured_minor >= fact.amount_minor), None)
    if tender is None:
        return []
    command = TellDispute(
        order=order.id,
        tender=tender.number,
        reference=fact.dispute,
        stage=DisputeStage(fact.state.value),
        amount_minor=fact.amount_minor,
        reason=fact.reason[:500],
        respond_by=fact.respond_by,
        occurred_at=fact.occurred_at,
    )
    known = next((each for each in order.disputes if each.reference == fact.dispute), None)
    return [] if known is not None and is_old(known, command, fact.occurred_at) else [command]


def _is_of(key: str | None, order: Order, tender: Tender) -> bool:
    """Is it a key of a request of this tender?"""
    return (key or "").startswith(f"{order.id}-{tender.number}-")


def is_about(fact: PaymentFact | Transaction, tender: Tender, request: PaymentRequest) -> bool:
    """Is a request of a tender the one that a provider tells of?"""
    if request.kind.value != fact.operation.value:
        return False
    if fact.key == request.key:
        return True
    payment = fact.authorization or fact.reference
    if order_in(fact.key) is not None or payment not in (tender.reference, tender.token):
        return False
    # Of what is let go of, the provider may not name our amount.
    return request.kind is PaymentKind.VOID or fact.amount_minor == request.amount_minor


def order_in(key: str | None) -> OrderId | None:
    """The order in a payment key of ours."""
    try:
        return OrderId(UUID(key[:36])) if key else None
    except ValueError:
        return None


def _pick(place: Place, fact: Picked) -> Sequence[OrderCommand]:
    """Units found, with those that were not; reasons that say nothing about the shelf are a rejection of their own."""
    missing = [line for line in fact.short if SHELF.get(line.reason)]
    shelf = SHELF[missing[0].reason] if missing else "missing"
    together = [line for line in missing if SHELF[line.reason] == shelf]
    apart = [line for line in fact.short if line not in together]
    commands: list[OrderCommand] = []
    if fact.lines or together:
        commands.append(
            PickUnits(
                order=place.order,
                fulfillment=place.number,
                lines=_quantities(_picked(fact.lines)),
                short=_quantities((line.line, line.quantity) for line in together),
                short_shelf=shelf,
                occurred_at=fact.occurred_at,
                lots=tuple(each for line in fact.lines for each in _lots(line)),
            )
        )
    return [*commands, *_reject(place, apart, fact)]


def _lots(line: PickedLine) -> list[PickedLot]:
    """Of which lots the partner says units are: serial numbers where it tells any, else the lot of them all."""
    if line.serials:
        return [PickedLot(line.line, serial) for serial in line.serials]
    return [PickedLot(line.line, line.lot, line.quantity)] if line.lot else []


def _reject(place: Place, lines: Iterable[ShortLine], fact: WarehouseFact) -> Sequence[OrderCommand]:
    """One rejection for each place where the units are now thought to be."""
    by_shelf: dict[Shelf | Literal[""], list[ShortLine]] = {}
    for line in lines:
        shelf: Shelf | Literal[""] = SHELF.get(line.reason) or ""
        by_shelf.setdefault(shelf, []).append(line)
    return [
        RejectUnits(
            order=place.order,
            fulfillment=place.number,
            lines=_quantities((line.line, line.quantity) for line in group),
            reason=group[0].reason.value,
            shelf=shelf,
            occurred_at=fact.occurred_at,
        )
        for shelf, group in by_shelf.items()
    ]


def _picked(lines: Iterable[PickedLine]) -> Iterable[tuple[int, int]]:
    return ((line.line, line.quantity) for line in lines)


def _quantities(items: Iterable[tuple[int, int]]) -> tuple[LineQuantity, ...]:
    """One quantity per line, lots and repeats added up."""
    units: dict[int, int] = {}
    for line, quantity in items:
        units[line] = units.get(line, 0) + quantity
    return tuple(LineQuantity(line, quantity) for line, quantity in units.items())
