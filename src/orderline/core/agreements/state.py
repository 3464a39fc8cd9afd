"""An agreement as a record: what was agreed, and which orders have called off what of it."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Final

import msgspec
from msgspec.structs import replace

from orderline.core.records import Record, RecordEvent, RecordKind, Window
from orderline.values.ids import OrderId

NAME: Final = "agreement"


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


class CallOff(msgspec.Struct, frozen=True, kw_only=True):
    """What an order has called off, without what was canceled of it since."""

    order: OrderId
    order_number: str
    units: tuple[SkuUnits, ...]


class Agreement(Record, frozen=True, kw_only=True):
    """What a company will have in all, from a day to another (UTC, both included), called off order by order."""

    id: str
    company: str
    lines: tuple[AgreementLine, ...]
    from_on: date
    until_on: date
    note: str = ""
    calls: tuple[CallOff, ...] = ()
    state: AgreementState = AgreementState.OPEN
    reason: str = ""

    def line_of(self, sku: str) -> AgreementLine | None:
        """The line of a SKU."""
        return next((each for each in self.lines if each.sku == sku), None)

    def called_by(self, order: OrderId) -> dict[str, int]:
        """What an order has called off, by SKU."""
        found = next((each for each in self.calls if each.order == order), None)
        return {each.sku: each.quantity for each in found.units} if found is not None else {}


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
    """An order has called off units; told again, with fewer, when some of them were canceled."""

    call: CallOff


AnyAgreementEvent = AgreementPut | AgreementEnded | UnitsCalledOff


def evolve_agreement(agreement: Agreement | None, event: AnyAgreementEvent) -> Agreement:
    """The agreement after one event."""
    match event:
        case AgreementPut():
            lines = tuple(AgreementLine(sku=each.sku, quantity=each.quantity) for each in event.lines)
            about = {"lines": lines, "from_on": event.from_on, "until_on": event.until_on, "note": event.note}
            if agreement is None:
                return _counted(Agreement(id=event.id, company=event.company, **about))  # pyright: ignore[reportArgumentType]
            return _counted(replace(agreement, **about))
        case AgreementEnded():
            assert agreement is not None
            return replace(agreement, state=AgreementState.ENDED, reason=event.reason)
        case UnitsCalledOff(call=call):
            assert agreement is not None
            others = tuple(each for each in agreement.calls if each.order != call.order)
            return _counted(replace(agreement, calls=(*others, call) if call.units else others))


def _counted(agreement: Agreement) -> Agreement:
    called = called_of(agreement)
    lines = tuple(
        replace(each, called=called.get(each.sku, 0), left=max(0, each.quantity - called.get(each.sku, 0)))
        for each in agreement.lines
    )
    return replace(agreement, lines=lines)


def called_of(agreement: Agreement) -> Mapping[str, int]:
    """What all orders together have called off, by SKU."""
    called: dict[str, int] = {}
    for call in agreement.calls:
        for each in call.units:
            called[each.sku] = called.get(each.sku, 0) + each.quantity
    return called


AGREEMENT: Final = RecordKind(
    NAME, Agreement, AnyAgreementEvent, evolve_agreement,
    lambda agreement: Window(agreement.state, agreement.company),
)  # fmt: skip
