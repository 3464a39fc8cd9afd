"""Agreements as records, and what each order has called off of one as another, so that neither grows with the other."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Final

import msgspec
from msgspec.structs import replace

from orderline.core.records import Record, RecordEvent, RecordKind, Window
from orderline.values.ids import OrderId

NAME: Final = "agreement"
CALL_OFF_NAME: Final = "call_off"


class AgreementState(StrEnum):
    """May it be called off?"""

    OPEN = "open"
    ENDED = "ended"


class AgreementLine(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Units of a SKU that were agreed. called: what orders have called off; left: what they still may."""

    sku: str
    quantity: int
    called: int = 0
    left: int = 0


class SkuUnits(msgspec.Struct, frozen=True):
    """Units of a SKU."""

    sku: str
    quantity: int


class NotedCall(msgspec.Struct, frozen=True, kw_only=True):
    """What an order has called off, as older releases have noted it in the agreement itself."""

    order: OrderId
    order_number: str
    units: tuple[SkuUnits, ...]


class CallOffState(StrEnum):
    """Does an order still have any of it?"""

    CALLED_OFF = "called_off"
    GIVEN_BACK = "given_back"


class CallOff(Record, frozen=True, kw_only=True):
    """What an order has called off of an agreement, without what was canceled of it since. id: that of the order."""

    id: str
    agreement: str
    order_number: str
    units: tuple[SkuUnits, ...]

    @property
    def state(self) -> CallOffState:
        """Does the order still have any of it?"""
        return CallOffState.CALLED_OFF if self.units else CallOffState.GIVEN_BACK


class Agreement(Record, frozen=True, kw_only=True):
    """What a company will have in all, from a day to another (UTC, both included), called off order by order.

    calls: those of older releases; they only become fewer. All others are records of their own, so that an agreement is no
    longer to write the more orders call it off.
    """

    id: str
    company: str
    lines: tuple[AgreementLine, ...]
    from_on: date
    until_on: date
    note: str = ""
    calls: tuple[NotedCall, ...] = ()
    state: AgreementState = AgreementState.OPEN
    reason: str = ""

    def runs_on(self, day: date) -> bool:
        """May it be called off on that day?"""
        return self.state is AgreementState.OPEN and self.from_on <= day <= self.until_on

    def line_of(self, sku: str) -> AgreementLine | None:
        """The line of a SKU."""
        return next((each for each in self.lines if each.sku == sku), None)

    def noted_by(self, order: OrderId) -> tuple[SkuUnits, ...]:
        """What is noted here that an order has called off."""
        return next((each.units for each in self.calls if each.order == order), ())


class AgreementEvent(RecordEvent, frozen=True, kw_only=True):
    """A fact about an agreement."""

    by: str
    at: datetime


class AgreementPut(AgreementEvent, frozen=True, kw_only=True, tag="agreement_put"):
    """So much was agreed."""

    id: str
    company: str
    lines: tuple[SkuUnits, ...]
    from_on: date
    until_on: date
    note: str = ""


class AgreementEnded(AgreementEvent, frozen=True, kw_only=True, tag="agreement_ended"):
    """Nothing is called off any more."""

    reason: str


class UnitsCalledOff(AgreementEvent, frozen=True, kw_only=True, tag="units_called_off"):
    """As older releases have told that an order has called off units; told anew, with fewer, when some were canceled."""

    call: NotedCall


class CalledOffBy(AgreementEvent, frozen=True, kw_only=True, tag="called_off_by"):
    """An order has called off so many units more; below zero: they were canceled, and may be called off again."""

    order: OrderId
    order_number: str
    units: tuple[SkuUnits, ...]


class OrderCalledOff(AgreementEvent, frozen=True, kw_only=True, tag="order_called_off"):
    """What an order has of an agreement from now on."""

    id: str
    agreement: str
    order_number: str
    units: tuple[SkuUnits, ...]


AnyAgreementEvent = AgreementPut | AgreementEnded | UnitsCalledOff | CalledOffBy


def evolve_agreement(agreement: Agreement | None, event: AnyAgreementEvent) -> Agreement:
    """The agreement after one event."""
    match event:
        case AgreementPut():
            called = {each.sku: each.called for each in agreement.lines} if agreement is not None else {}
            lines = tuple(_line(each.sku, each.quantity, called.get(each.sku, 0)) for each in event.lines)
            about = {"lines": lines, "from_on": event.from_on, "until_on": event.until_on, "note": event.note}
            if agreement is None:
                return Agreement(id=event.id, company=event.company, **about)
            return replace(agreement, **about)
        case AgreementEnded():
            assert agreement is not None
            return replace(agreement, state=AgreementState.ENDED, reason=event.reason)
        case UnitsCalledOff(call=call):
            assert agreement is not None
            more = Counter(units_by_sku(call.units))
            more.subtract(units_by_sku(agreement.noted_by(call.order)))
            others = tuple(each for each in agreement.calls if each.order != call.order)
            return replace(_counted(agreement, more), calls=(*others, call) if call.units else others)
        case CalledOffBy():
            assert agreement is not None
            return _counted(agreement, units_by_sku(event.units))


def evolve_call_off(call: CallOff | None, event: OrderCalledOff) -> CallOff:
    """The call-off after one event."""
    if call is None:
        return CallOff(id=event.id, agreement=event.agreement, order_number=event.order_number, units=event.units)
    return replace(call, units=event.units)


def units_by_sku(units: Iterable[SkuUnits]) -> dict[str, int]:
    """Units by SKU, each of which is there once."""
    return {each.sku: each.quantity for each in units}


def _counted(agreement: Agreement, more: Mapping[str, int]) -> Agreement:
    lines = tuple(_line(each.sku, each.quantity, each.called + more.get(each.sku, 0)) for each in agreement.lines)
    return replace(agreement, lines=lines)


def _line(sku: str, quantity: int, called: int) -> AgreementLine:
    return AgreementLine(sku=sku, quantity=quantity, called=called, left=max(0, quantity - called))


AGREEMENT: Final = RecordKind(
    NAME, Agreement, AnyAgreementEvent, evolve_agreement,
    lambda agreement: Window(agreement.state, agreement.company),
)  # fmt: skip
CALL_OFF: Final = RecordKind(
    CALL_OFF_NAME, CallOff, OrderCalledOff, evolve_call_off, lambda call: Window(call.state, call.agreement)
)
KINDS: Final = (AGREEMENT, CALL_OFF)
