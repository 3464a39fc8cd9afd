"""Each event of an order in words, as a line of its timeline."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, assert_never

from orderline.cli.agreed_words import tell_amended
from orderline.cli.asking_words import tell_decision, tell_hold
from orderline.cli.money_words import (
    tell_buying,
    tell_credit,
    tell_dispute,
    tell_posted,
    tell_return,
    tell_schedule,
)
from orderline.cli.parcel_words import tell_parcel
from orderline.cli.telling import ENGLISH, Words, units, with_before, with_reason
from orderline.cli.telling import lines as lines_of
from orderline.cli.tender_words import tell_tender
from orderline.cli.unit_words import tell_moved
from orderline.core.alarms.events import AlarmCleared, AlarmRaised
from orderline.core.disputes.events import DisputeAccepted, DisputeTold, EvidenceAnswered, EvidenceRequested
from orderline.core.holds.events import HoldConfirming, HoldEscalated, OrderScreened
from orderline.core.orders import events as e
from orderline.core.orders.agreed_events import DecisionClosed, DecisionOpened, DelayConsented, OrderAmended
from orderline.core.orders.buying_events import PricesDiffered
from orderline.core.orders.evolve import evolve_order
from orderline.core.orders.parcel_events import AnyParcelEvent
from orderline.core.orders.promised import PromiseOutcome
from orderline.core.orders.state import Order
from orderline.core.orders.waiting_events import AutoCancelCleared, AutoCanceled, AutoCancelSet
from orderline.core.people.events import PeopleErased
from orderline.core.returns.events import (
    OrderReopened,
    ReturnLabeled,
    ReturnOpened,
    ReturnProgressed,
    ReturnSent,
    ReturnTracked,
    WrongGoodsCame,
)
from orderline.core.tenders.schedule_events import InstallmentCalled, PaymentScheduled

# How the promise of a line ended.
SETTLED: Final[dict[PromiseOutcome, str]] = {
    PromiseOutcome.KEPT: "promise of line %(line)s kept",
    PromiseOutcome.MISSED: "promise of line %(line)s missed",
    PromiseOutcome.VOID: "promise of line %(line)s void",
}


def tell_in_turn(
    entries: Iterable[Sequence[e.AnyOrderEvent]], currency: str, words: Words = ENGLISH, order: Order | None = None
) -> list[list[str]]:
    """The events of entries in words, with what stood before each of them.

    order: as it was before the first entry; None: that is the first of the order's, or nothing is known of before.
    """
    told = list[list[str]]()
    for events in entries:
        told.append([])
        for event in events:
            told[-1].append(tell(event, currency, words, order))
            if order is not None or isinstance(event, e.OrderPlaced):
                order = evolve_order(order, event)
    return told


def tell(event: e.AnyOrderEvent, currency: str, words: Words = ENGLISH, order: Order | None = None) -> str:
    """One event in words; `currency` is that of its order. order: as it was before the event; None: that is not known."""
    if isinstance(event, AnyParcelEvent):
        return tell_parcel(event, words, order)
    say = words.say
    match event:
        case e.OrderPlaced():
            return _placed(event, words)
        case e.UnitsMoved():
            return tell_moved(event, words, order)
        case e.UnitsBackordered() if event.quantity > 0:
            return words.ngettext(
                "%(num)s unit of line %(line)s backordered, waiting for supply in %(pool)s",
                "%(num)s units of line %(line)s backordered, waiting for supply in %(pool)s",
                event.quantity,
                line=event.line,
                pool=event.pool,
            )
        case e.UnitsBackordered():
            return words.ngettext(
                "%(num)s unit of line %(line)s no longer backordered",
                "%(num)s units of line %(line)s no longer backordered",
                -event.quantity,
                line=event.line,
            )
        case AutoCancelSet():
            told = say(
                "line %(lines)s to be canceled %(time)s if nothing is found for it",
                lines=_listed(event.lines), time=words.instant(event.due_at),
            )  # fmt: skip
            return with_reason(words, with_before(words, told, *_dates(event, order, words)), event.reason)
        case AutoCancelCleared():
            return say("line %(lines)s may wait as long as it takes", lines=_listed(event.lines))
        case AutoCanceled():
            return say("nothing was found in time for line %(lines)s", lines=_listed(event.lines))
        case e.ExclusionsLifted():
            return say("locations that have rejected line %(line)s may be asked again", line=event.line)
        case e.FulfillmentOpened():
            return say(
                "fulfillment order %(number)s opened at %(place)s, due %(time)s",
                number=event.number, place=event.location, time=words.instant(event.due_at),
            )  # fmt: skip
        case e.FulfillmentProgressed():
            parts = [words.plain(each.value) for each in (event.execution, event.negotiation) if each is not None]
            told = (
                say("fulfillment order %(number)s %(state)s", number=event.fulfillment, state=", ".join(parts))
                if parts
                else say("fulfillment order %(number)s went on", number=event.fulfillment)
            )
            return with_reason(words, told, event.reason)
        case e.HoldPlaced() | e.HoldReleased() | HoldConfirming() | HoldEscalated() | OrderScreened():
            return tell_hold(event, words, order)
        case PricesDiffered():
            return tell_buying(event, currency, words)
        case PaymentScheduled() | InstallmentCalled():
            return tell_schedule(event, currency, words, order)
        case (
            e.TenderAdded() | e.TenderRetried() | e.TenderGivenUp() | e.PaymentRequested() | e.PaymentAnswered()
            | e.PaymentWithdrawn() | e.RefundReversed()
        ):  # fmt: skip
            return tell_tender(event, currency, words)
        case e.DocumentIssued():
            return say(
                "%(what)s %(number)s issued: %(total)s",
                what=words.plain(event.document.kind), number=event.document.number,
                total=words.amount(event.document.total_minor, currency),
            )  # fmt: skip
        case AlarmRaised() if event.alarm.step:
            return say("alarm: nothing moves it on to %(step)s", step=words.plain(event.alarm.step))
        case AlarmRaised():
            return say("alarm: nothing moves it on")
        case AlarmCleared():
            return say("alarm over: it is moved again")
        case e.OrderLinked():
            return say("linked to another order (%(type)s)", type=words.code(event.link.type))
        case e.OrderAnnotated():
            return _annotated(event, words, order)
        case e.OrderClosed():
            return say("order closed")
        case e.PromiseCommitted() | e.PromiseRevised() | e.PromiseSettled():
            return _promised(event, words, order)
        case e.PickupReadied() | e.PickupTried() | e.PickupCollected() | e.PickupExpired() | e.PickupRestocked():
            return _collected(event, words, order)
        case PeopleErased():
            told = words.ngettext("%(num)s person erased", "%(num)s people erased", len(event.people))
            return with_reason(words, told, event.reason)
        case ReturnOpened() | ReturnProgressed() | ReturnSent() | ReturnLabeled() | ReturnTracked() | WrongGoodsCame():
            return tell_return(event, words)
        case DisputeTold() | EvidenceRequested() | EvidenceAnswered() | DisputeAccepted():
            return tell_dispute(event, currency, words)
        case OrderReopened():
            return say("order opened again: %(reason)s", reason=words.code(event.reason))
        case e.CreditGranted():
            return tell_credit(event.credit, currency, words)
        case e.MoneyPosted():
            return tell_posted(event.posted, words) + (f" ({words.plain(event.reason)})" if event.reason else "")
        case OrderAmended():
            return tell_amended(event.agreement, currency, words, order)
        case DecisionOpened() | DelayConsented() | DecisionClosed():
            return tell_decision(event, words, order)
        case _:
            assert_never(event)


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))


def _placed(event: e.OrderPlaced, words: Words) -> str:
    said = {
        "channel": event.channel,
        "units": units(words, sum(line.units.total() for line in event.lines)),
        "total": words.amount(event.agreement.total_minor, event.currency),
    }
    if event.history:
        return words.say("order accepted from %(channel)s: %(units)s, %(total)s (history, taken over)", **said)
    return words.say("order accepted from %(channel)s: %(units)s, %(total)s", **said)


def _dates(event: AutoCancelSet, order: Order | None, words: Words) -> tuple[str, str]:
    """When the lines were to be canceled, and when they are to be now."""
    lines = order.lines if order is not None else ()
    before = {each.auto_cancel.due_at for each in lines if each.line in event.lines and each.auto_cancel is not None}
    return ", ".join(map(words.instant, sorted(before))), words.instant(event.due_at)


def _annotated(event: e.OrderAnnotated, words: Words, order: Order | None) -> str:
    say, parts = words.say, list[str]()
    if event.priority is not None:
        was = words.number(order.priority) if order is not None else ""
        told = say("priority %(number)s", number=event.priority)
        parts.append(with_before(words, told, was, words.number(event.priority)))
    if event.assignee is not None:
        told = say("assigned to %(who)s", who=event.assignee) if event.assignee else say("assigned to nobody")
        was = (order.assignee or say("nobody")) if order is not None else ""
        parts.append(with_before(words, told, was, event.assignee or say("nobody")))
    if event.tags is not None:
        tags = ", ".join(event.tags)
        told = say("tags %(tags)s", tags=tags) if tags else say("tags none")
        was = (", ".join(order.tags) or say("none")) if order is not None else ""
        parts.append(with_before(words, told, was, tags or say("none")))
    if event.custom is not None:
        parts.append(_custom(event.custom, words, order))
    if event.note is not None:
        parts.append(say("note: %(text)s", text=event.note.text))
    return "; ".join(parts) or say("annotated")


def _custom(fields: Mapping[str, str | int | bool], words: Words, order: Order | None) -> str:
    """The custom fields that changed, where it is known how they were."""
    told = words.say("custom fields")
    if order is None:
        return told
    none = words.say("none")
    changed = [
        with_before(words, f"{name} {_value(fields, name, none)}", _value(order.custom, name, none), "")
        for name in {**order.custom, **fields}
        if order.custom.get(name) != fields.get(name)
    ]
    return f"{told}: {', '.join(changed)}" if changed else told


def _value(fields: Mapping[str, str | int | bool], name: str, none: str) -> str:
    return str(fields[name]) if name in fields else none


def _promised(
    event: e.PromiseCommitted | e.PromiseRevised | e.PromiseSettled, words: Words, order: Order | None
) -> str:
    say = words.say
    if isinstance(event, e.PromiseSettled):
        told = say(SETTLED[event.outcome], line=event.line)
        return f"{told}: {words.plain(event.cause)}" if event.cause else told
    known = order.promises if order is not None and isinstance(event, e.PromiseRevised) else ()
    were = {each.line: words.day(each.window.latest_at) for each in known}
    by_days: dict[tuple[str, str], list[int]] = {}
    for each in event.lines:
        by_days.setdefault((words.day(each.window.latest_at), were.get(each.line, "")), []).append(each.line)
    days = "; ".join(
        with_before(words, say("%(lines)s by %(day)s", lines=lines_of(words, numbers), day=day), was, day)
        for (day, was), numbers in by_days.items()
    )
    if isinstance(event, e.PromiseCommitted):
        return say("promised: %(days)s", days=days)
    cause = ", ".join(filter(None, (words.plain(event.cause), words.code(event.reason))))
    return say("promised anew: %(days)s (%(cause)s)", days=days, cause=cause)


def _collected(
    event: e.PickupReadied | e.PickupTried | e.PickupCollected | e.PickupExpired | e.PickupRestocked,
    words: Words,
    order: Order | None,
) -> str:
    say, number = words.say, event.fulfillment
    match event:
        case e.PickupReadied():
            until = words.instant(event.deadline_at)
            told = say("fulfillment order %(number)s ready to be collected until %(time)s", number=number, time=until)
            known = (each for each in (order.pickups if order is not None else ()) if each.fulfillment == number)
            return with_before(words, told, next((words.instant(each.deadline_at) for each in known), ""), until)
        case e.PickupTried():
            return say("fulfillment order %(number)s: a wrong code was shown", number=number)
        case e.PickupCollected():
            return words.ngettext(
                "fulfillment order %(number)s: %(num)s parcel collected",
                "fulfillment order %(number)s: %(num)s parcels collected",
                len(event.parcels),
                number=number,
            )
        case e.PickupExpired():
            return say("fulfillment order %(number)s was not collected in time", number=number)
        case e.PickupRestocked():
            return words.ngettext(
                "fulfillment order %(number)s: %(num)s unit put back",
                "fulfillment order %(number)s: %(num)s units put back",
                event.units,
                number=number,
            )
