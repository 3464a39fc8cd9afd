"""What will be captured of an order, when, of which tender and by which rule: the rules that capture, asked beforehand.

Each step supposes that goods leave, and asks the same functions that decide then; nothing of it is worked out a second time.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec
from msgspec.structs import replace

from orderline.core.moves import BEFORE_SHIPMENT
from orderline.core.orders.state import Line, LineKind, Order, PaymentKind, Tender
from orderline.core.tenders.installments import Due, PaymentSchedule, parts_of, spread_paid
from orderline.core.tenders.rules import TERMS, CaptureAt, MoneyRules
from orderline.core.tenders.sums import (
    capturing_minor,
    due_by_installment,
    due_now_minor,
    net_due_minor,
    open_authorization,
    paid_minor,
)


class When(StrEnum):
    """What an amount waits for. now: nothing, but for what `waits_for` names."""

    NOW = "now"
    SHIPMENT = "shipment"
    PICKUP = "pickup"
    INSTALLMENT = "installment"


SCHEDULE: Final = "order.schedule"
# Why, by what says so.
BECAUSE: Final = {
    "channel.money.capture=order": "the channel collects with the order",
    "channel.money.capture=supply": "the channel collects with what is supplied, by its share",
    "channel.money.capture_pickups=order": "the channel collects what is picked up with the order",
    "channel.money.capture_pickups=supply": "the channel collects what is picked up when it is, by its share",
}
INSTALLMENTS: Final = {
    Due.ORDER: "it falls due with the order",
    Due.DATE: "it falls due on its date",
    Due.RELEASE: "it falls due when goods are there, before they are released",
    Due.SHIPMENT: "it is collected with what is shipped, by its share",
    Due.INVOICE: "it falls due days after each invoice, by its share",
}


class PlannedCapture(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An amount that will be captured. about: the fulfillment order, demand group or installment it is for.

    tender: of which it is; 0: nothing stands behind it yet. rule: what says so, and because: in words. by_bank: nobody is
    asked, it comes by the bank.
    """

    when: When
    amount_minor: int
    rule: str
    because: str
    about: str = ""
    tender: int = 0
    provider: str = ""
    method: str = ""
    by_bank: bool = False
    due_at: datetime | None = None


class LetGo(msgspec.Struct, frozen=True, kw_only=True):
    """What of a tender's authorization nothing will be captured against, if all is supplied as it stands."""

    tender: int
    amount_minor: int


class CapturePlan(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What was captured of an order, or is asked for, and what will be, in turn.

    let_go: of authorizations, in the end. waits_for: what stops amounts that might be captured now.
    """

    currency: str
    due_minor: int
    captured_minor: int
    captures: tuple[PlannedCapture, ...]
    let_go: tuple[LetGo, ...] = ()
    waits_for: tuple[str, ...] = ()


class _Step(msgspec.Struct, frozen=True):
    """An amount before it is shared over tenders."""

    when: When
    about: str
    amount_minor: int
    rule: str
    because: str
    due_at: datetime | None = None


def plan_captures(order: Order, rules: MoneyRules) -> CapturePlan:
    """What will be captured if all that is open of an order is supplied as it stands, and nothing else changes. Pure."""
    rooms = {each.number: _room(each) for each in order.tenders if not each.declined}
    captures: list[PlannedCapture] = []
    if order.tenders and not order.history:
        steps = _goods(order, rules) if order.schedule is None else _installments(order, order.schedule)
        for step in steps:
            captures += _shared(step, order.tenders, rooms)
    holds = (f"hold {hold.number} ({hold.type})" for hold in order.holds if "capture" in hold.blocks)
    declined = (f"tender {e.number}: {e.declined}" for e in order.tenders if e.declined and not e.given_up)
    return CapturePlan(
        currency=order.currency,
        due_minor=net_due_minor(order),
        captured_minor=sum(map(capturing_minor, order.tenders)),
        captures=tuple(captures),
        let_go=tuple(
            LetGo(tender=each.number, amount_minor=rooms[each.number])
            for each in order.tenders
            if rooms.get(each.number) and each.provider != TERMS
        ),
        waits_for=(*holds, *declined),
    )


def _room(tender: Tender) -> int:
    """What may be captured of a tender, with what its provider was asked to promise and has not answered."""
    asked = (each.amount_minor for each in tender.requests if each.kind is PaymentKind.AUTHORIZE)
    return open_authorization(tender) + sum(asked)


def _goods(order: Order, rules: MoneyRules) -> Iterable[_Step]:
    """What is collected now, with each fulfillment order that is open, and with what has no location yet, by group."""
    planned = 0

    def step(after: Order, when: When, about: str, rule: str) -> Iterable[_Step]:
        nonlocal planned
        amount = due_now_minor(after, rules) - planned
        if amount > 0:
            planned += amount
            yield _Step(when, about, amount, rule, BECAUSE[rule])

    first = _rule(rules, pickup=rules.capture is not CaptureAt.ORDER and rules.captures_early)
    yield from step(order, When.NOW, "", first)
    for fulfillment in order.fulfillments:
        going = {i.line: sum(i.units.of(bucket) for bucket in BEFORE_SHIPMENT) for i in fulfillment.items}
        order = replace(order, lines=tuple(_supplied(line, going.get(line.line, 0)) for line in order.lines))
        pickup = order.group_of(fulfillment.group).pickup_location is not None
        about = f"fulfillment {fulfillment.number}"
        yield from step(order, _when(pickup), about, _rule(rules, pickup=pickup))
    for group in order.agreement.groups:
        going = {each.line: each.quantity for each in order.agreement.lines if each.group == group.group}
        order = replace(order, lines=tuple(_supplied(line, going.get(line.line, 0)) for line in order.lines))
        pickup = group.pickup_location is not None
        yield from step(order, _when(pickup), f"group {group.group}", _rule(rules, pickup=pickup))


def _installments(order: Order, schedule: PaymentSchedule) -> Iterable[_Step]:
    """What is collected of each installment, those that have fallen due first."""
    parts, due = parts_of(schedule, net_due_minor(order)), due_by_installment(order, schedule)
    asked = sum(capturing_minor(each) - each.captured_minor for each in order.tenders)
    paid = spread_paid(schedule, parts, due, paid_minor(order) + asked)
    for when, most in ((When.NOW, due), (When.INSTALLMENT, parts)):
        for each, whole, got in zip(schedule.installments, most, paid, strict=True):
            done = got if when is When.NOW else max(got, due[each.number - 1])
            if whole > done:
                about, because = f"installment {each.number}", INSTALLMENTS[each.due]
                yield _Step(when, about, whole - done, SCHEDULE, because, each.on)


def _shared(step: _Step, tenders: Iterable[Tender], rooms: dict[int, int]) -> Iterable[PlannedCapture]:
    """An amount over the tenders that stand behind it, in their order, as it is captured; the rest of none."""
    left = step.amount_minor

    def planned(amount: int, tender: Tender | None) -> PlannedCapture:
        return PlannedCapture(
            when=step.when, about=step.about, amount_minor=amount, rule=step.rule, because=step.because,
            due_at=step.due_at, tender=tender.number if tender is not None else 0,
            provider=tender.provider if tender is not None else "", method=tender.method if tender is not None else "",
            by_bank=tender is not None and tender.provider == TERMS,
        )  # fmt: skip

    for tender in tenders:
        amount = min(left, rooms.get(tender.number, 0))
        if amount > 0:
            rooms[tender.number] -= amount
            left -= amount
            yield planned(amount, tender)
    if left:
        yield planned(left, None)


def _supplied(line: Line, quantity: int) -> Line:
    """A line when units of it have left that had not."""
    if line.kind is LineKind.BUNDLE or not quantity:
        return line
    moved: dict[str, int] = {}
    for bucket in reversed(BEFORE_SHIPMENT):
        some = min(quantity, line.units.of(bucket))
        moved[bucket.value] = line.units.of(bucket) - some
        quantity -= some
    gone = sum(line.units.of(bucket) for bucket in BEFORE_SHIPMENT) - sum(moved.values())
    return replace(line, units=replace(line.units, **moved, shipped=line.units.shipped + gone))


def _when(pickup: bool) -> When:
    return When.PICKUP if pickup else When.SHIPMENT


def _rule(rules: MoneyRules, *, pickup: bool) -> str:
    name, at = ("capture_pickups", rules.capture_pickups) if pickup else ("capture", rules.capture)
    return f"channel.money.{name}={at.value}"
