"""A fact on its way through inbound: what it is about, the commands it is, and what became of it. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import msgspec

from orderline.contracts.carriers import TrackingCode, TrackingFact
from orderline.contracts.channels import ChannelCancellationRequested, ChannelOrderPlaced
from orderline.contracts.disputes import DisputeFact
from orderline.contracts.inbound import AnyFact
from orderline.contracts.payments import PaymentFact, Transaction
from orderline.contracts.warehouses import HandedOver, Packed
from orderline.core.context import Actor
from orderline.core.fulfillments.discrepancies import Cause, ReportDiscrepancy
from orderline.core.orders.commands import Command, PackUnits, RejectUnits, ShipParcels
from orderline.core.orders.events import PaymentAnswered
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.state import LineQuantity, Order
from orderline.core.shipments.combinations import Combination
from orderline.core.stock.state import Settings
from orderline.engine.submissions import EngineRefusal, Outcome, Submission
from orderline.store.inbox import ParkedFact, Place
from orderline.values.failures import Trouble
from orderline.values.ids import OrderId
from orderline.worker.channel_facts import channel_of, parse_cancellation, parse_channel_order
from orderline.worker.facts import (
    order_in,
    parse_dispute_fact,
    parse_payment_fact,
    parse_return_fact,
    parse_tracking_fact,
    parse_warehouse_fact,
)
from orderline.worker.ladder import DONE, told_error
from orderline.worker.words import UNMAPPED, Word

# Refusals that pass when what comes before has been told.
EARLY: Final = frozenset(
    {
        R.QUANTITY_NOT_AVAILABLE.value,
        R.PARCEL_NOT_PACKED.value,
        R.PARCEL_NOT_SHIPPED.value,
        R.PARCEL_UNKNOWN.value,
        R.LABEL_VOIDED.value,
        R.BLOCKED_BY_HOLD.value,
    }
)

# Refusals of facts that have happened all the same.
_CAUSES: Final = {
    R.FULFILLMENT_NOT_OPEN.value: Cause.WITHDRAWN,
    R.ORDER_CLOSED.value: Cause.ORDER_CLOSED,
}

_facts = msgspec.json.Decoder(AnyFact)


class Verdict(StrEnum):
    """What became of a fact."""

    TAKEN = "taken"
    KNOWN = "known"
    PARKED = "parked"
    NO_EFFECT = "no_effect"
    REFUSED = "refused"


@dataclass(slots=True)
class Told:
    """A fact on its way through."""

    partner: str
    fact: Any
    attempts: int = 0
    by_clock: bool = False
    subject: str = ""
    order: OrderId | None = None
    commands: Sequence[Command] = ()
    verdict: Verdict | None = None
    reason: str = ""
    known: bool = False  # it stands in the inbox already
    first: "Told | None" = None  # the same fact, as the partner told it
    without_shelf: bool = False
    waits: Sequence[Word] = ()  # words of the partner that nobody has said the meaning of


def told_again(parked: ParkedFact, *, by_clock: bool) -> Told:
    return Told(parked.partner, _facts.decode(parked.body), parked.attempts, by_clock, known=True)


def name_of(each: Told) -> tuple[str, str]:
    return each.partner, each.fact.event_id


def park_unmapped(each: Told, waits: Sequence[Word]) -> None:
    """It waits until somebody has said what these words mean."""
    each.verdict, each.reason, each.subject, each.waits = Verdict.PARKED, UNMAPPED, waits[0].id, waits


def plan_warehouse(each: Told, fact: Any, place: Place | None, settings: Settings) -> None:
    each.subject = str(fact.fulfillment_id)
    if place is None:
        each.verdict, each.reason = Verdict.PARKED, R.FULFILLMENT_UNKNOWN.value
        return
    location = settings.locations.get(place.location)
    if location is None or location.partner != each.partner:
        # It is somebody else's: no word about whether it exists.
        each.verdict, each.reason = Verdict.REFUSED, R.FULFILLMENT_UNKNOWN.value
        return
    each.order, each.subject = place.order, str(place.order)
    _plan_commands(each, parse_warehouse_fact(fact, place))


def plan_tracking(
    each: Told,
    fact: TrackingFact,
    places: Sequence[Place],
    chosen: str,
    combinations: Mapping[str, Combination | None],
    back: Place | None = None,
) -> None:
    """places: the parcels of that number, newest first. chosen: the connector that buys labels here.

    combinations: those that any of the parcels are parts of. back: the return whose parcel has that number.
    """
    each.subject = fact.tracking_number
    turned = fact.normalized is TrackingCode.RETURNED and bool(places)
    if back is not None and (turned or not places):
        if not _may_report(each.partner, back, chosen):
            each.verdict, each.reason = Verdict.REFUSED, R.PARCEL_UNKNOWN.value
            return
        each.order, each.subject = back.order, str(back.order)
        # What turned back to the location it came from is there; what turned back to the customer is not.
        fact = msgspec.structs.replace(fact, normalized=TrackingCode.DELIVERED) if turned else fact
        _plan_commands(each, parse_return_fact(fact, back))
        return
    if not places:
        each.verdict, each.reason = Verdict.PARKED, R.PARCEL_UNKNOWN.value
        return
    place = next((place for place in places if _may_report(each.partner, place, chosen)), None)
    if place is None:
        # It is somebody else's: no word about whether it exists.
        each.verdict, each.reason = Verdict.REFUSED, R.PARCEL_UNKNOWN.value
        return
    each.order, each.subject = place.order, str(place.order)
    together = [other for other in places if other.combined == place.combined] if place.combined else [place]
    _plan_commands(each, parse_tracking_fact(fact, place, combinations.get(place.combined)))
    if each.commands and not any(other.shipped for other in together):
        each.verdict, each.reason = Verdict.PARKED, R.PARCEL_NOT_SHIPPED.value


def _may_report(partner: str, place: Place, chosen: str) -> bool:
    """Who bought the label reports on the parcel; where nobody of ours did, its carrier, or the one chosen here."""
    return partner == place.partner if place.partner else partner in (place.carrier, chosen)


def plan_payment(
    each: Told,
    fact: PaymentFact,
    orders: Mapping[OrderId, Order],
    located: Mapping[tuple[str, str], OrderId],
    back: Mapping[tuple[str, str], PaymentAnswered],
) -> None:
    """located: orders by (provider, name of their payment there). A payment of no order waits until its order comes.

    back: refunds that are said to have come back, by provider and its name for that.
    """
    each.subject = payment_of(fact)
    order = paid_by(each, fact, orders, located)
    if order is None:
        each.verdict, each.reason = Verdict.PARKED, R.ORDER_UNKNOWN.value
        return
    each.order, each.subject = order.id, str(order.id)
    if fact.currency != order.currency:
        each.verdict, each.reason = Verdict.REFUSED, f"{R.PAYMENT_AMOUNT_MISMATCH}: in {fact.currency}"
        return
    _plan_commands(each, parse_payment_fact(fact, order, each.partner, back.get((each.partner, fact.reference))))


def paid_by(
    each: Told,
    fact: PaymentFact | DisputeFact,
    orders: Mapping[OrderId, Order],
    located: Mapping[tuple[str, str], OrderId],
) -> Order | None:
    """The order that a payment is for: by our key, or by the payment."""
    for id_ in (order_in(fact.key), located.get((each.partner, payment_of(fact)))):
        if id_ is not None and id_ in orders:
            return orders[id_]
    return None


def plan_dispute(
    each: Told, fact: DisputeFact, orders: Mapping[OrderId, Order], located: Mapping[tuple[str, str], OrderId]
) -> None:
    """As a payment's: found by our key or by the payment; of no order, it waits until its order comes."""
    each.subject = payment_of(fact)
    order = paid_by(each, fact, orders, located)
    if order is None:
        each.verdict, each.reason = Verdict.PARKED, R.ORDER_UNKNOWN.value
        return
    each.order, each.subject = order.id, str(order.id)
    if fact.currency != order.currency:
        each.verdict, each.reason = Verdict.REFUSED, f"{R.PAYMENT_AMOUNT_MISMATCH}: in {fact.currency}"
        return
    _plan_commands(each, parse_dispute_fact(fact, order, each.partner))


def plan_channel_order(each: Told, fact: ChannelOrderPlaced, settings: Settings) -> None:
    channel = channel_of(settings, each.partner)
    each.subject = f"{each.partner} {fact.order.external_id}"
    if channel is None:
        each.verdict, each.reason = Verdict.REFUSED, R.CHANNEL_UNKNOWN.value
        return
    _plan_commands(each, [parse_channel_order(fact.order, channel)])


def plan_cancellation(each: Told, fact: ChannelCancellationRequested, order: Order | None) -> None:
    each.subject = f"{each.partner} {fact.external_id}"
    if order is None:
        each.verdict, each.reason = Verdict.PARKED, R.ORDER_UNKNOWN.value
        return
    each.order = order.id
    _plan_commands(each, [parse_cancellation(fact, order)])


def _plan_commands(each: Told, commands: Sequence[Command]) -> None:
    each.commands = commands
    if not commands:
        each.verdict, each.reason = Verdict.NO_EFFECT, "it is known"


def submissions_of(each: Told) -> list[Submission]:
    """The commands of a fact; the last carries its name, so that all are done when it is known.

    Those before carry names of their own, which no partner can give, so that each is done once however often it is told.
    """
    actor = Actor(each.partner, "inbound")
    name, last = each.fact.event_id, len(each.commands) - 1
    return [
        Submission(command=command, actor=actor, fact=(each.partner, name if part == last else f"{name}\x1f{part}"))
        for part, command in enumerate(each.commands)
    ]


def is_done(outcome: Outcome) -> bool:
    """Has the command been carried out, now or when it was told before?"""
    if outcome.refused is not None:
        return outcome.refused.code is EngineRefusal.FACT_ALREADY_TAKEN_IN
    return outcome.failed is None


def judge(each: Told, outcomes: Sequence[Outcome]) -> None:
    failed = next((outcome.failed for outcome in outcomes if outcome.failed is not None), None)
    if isinstance(failed, Trouble):
        raise failed
    last = outcomes[-1]
    if failed is not None:
        each.verdict, each.reason = Verdict.PARKED, told_error(failed)
    elif last.refused is None:
        each.verdict = Verdict.TAKEN
    else:
        code = last.refused.code.value
        each.reason = str(last.refused)[:500]
        if code == EngineRefusal.FACT_ALREADY_TAKEN_IN.value:
            each.verdict, each.reason = Verdict.KNOWN, ""
        elif code in EARLY:
            each.verdict = Verdict.PARKED
        else:
            each.verdict = Verdict.NO_EFFECT if code in DONE else Verdict.REFUSED


def discrepancy_of(each: Told, outcomes: Sequence[Outcome]) -> ReportDiscrepancy | None:
    """What is to be kept of a fact that can't move its order: a location has packed or sent what it was not to."""
    fact, command, refused = each.fact, each.commands[-1], outcomes[-1].refused
    if refused is None or not isinstance(command, PackUnits | ShipParcels) or not isinstance(fact, Packed | HandedOver):
        return None
    cause = _CAUSES.get(refused.code.value)
    if cause is None:
        return None
    packed = fact.parcels if isinstance(fact, Packed) else ()
    return ReportDiscrepancy(
        id=str(fact.fulfillment_id),
        order=command.order,
        fulfillment=command.fulfillment,
        cause=cause,
        lines=tuple(LineQuantity(item.line, item.quantity) for parcel in packed for item in parcel.items),
        tracking_numbers=tuple(numbers_in(fact)),
        left=isinstance(fact, HandedOver),
        occurred_at=fact.occurred_at,
    )


def shelf_is_empty(each: Told, outcomes: Sequence[Outcome]) -> bool:
    """Was a rejection refused only because the shelf has fewer units on record than are missing?"""
    if each.without_shelf or not any(isinstance(command, RejectUnits) and command.shelf for command in each.commands):
        return False
    return any(
        outcome.refused is not None and outcome.refused.facts.get("bucket") == "sellable" for outcome in outcomes
    )


def payment_of(fact: PaymentFact | DisputeFact | Transaction) -> str:
    """The name, at its provider, of the payment that a fact is about."""
    return fact.authorization or (fact.dispute if isinstance(fact, DisputeFact) else fact.reference)


def numbers_in(fact: Any) -> list[str]:
    """Tracking numbers that a fact makes known."""
    return [each.tracking_number for each in getattr(fact, "parcels", ()) if getattr(each, "tracking_number", "")]
