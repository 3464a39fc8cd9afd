"""945: what a warehouse has sent, read from X12."""

from datetime import date
from decimal import Decimal
from typing import Final

import msgspec
from msgspec.structs import replace

from orderline.core.edi.faults import FaultCode
from orderline.core.edi.fields import Fields
from orderline.core.edi.interchanges import Message
from orderline.core.edi.segments import Segment
from orderline.core.edi.state import Profile

# What W12 says of a line of which more follows by another advice: a partial shipment with the rest to come, a split one.
_REST_FOLLOWS: Final = frozenset({"BP", "SS"})
_SHIPPED: Final = "11"
_SERIAL: Final = "SE"


class AdvisedLine(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Goods that were sent. shipped: in `unit`; rest_follows: what is missing of it is still to be sent. lot, serials: of which they are."""

    at: int
    shipped: int
    unit: str
    items: tuple[tuple[str, str], ...]
    rest_follows: bool = False
    lot: str = ""
    serials: tuple[str, ...] = ()


class AdvisedCarton(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A parcel with what is in it; without a name it is all that no named one has."""

    ref: str = ""
    tracking_number: str = ""
    lines: tuple[AdvisedLine, ...] = ()

    @property
    def name(self) -> str:
        """By what it is known."""
        return self.ref or self.tracking_number


class ShippingAdvice(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """number: what we asked by. shipment: the warehouse's own name for what it sent, which it says once."""

    number: str
    at: int
    cartons: tuple[AdvisedCarton, ...]
    shipment: str = ""
    shipped_on: date | None = None
    carrier: str = ""


def read_945(message: Message, profile: Profile) -> ShippingAdvice:
    """What was sent. Faults are told of the message: it can be used where there are none."""
    return _Reader(message, profile).read()


class _Reader:
    def __init__(self, message: Message, profile: Profile) -> None:
        self._message = message
        self._profile = profile
        self._fields = Fields(message)
        self._advice = ShippingAdvice(number="", at=message.at, cartons=())
        self._tracking = ""
        # One for each LX, and one for what stands before the first.
        self._groups: list[AdvisedCarton] = [AdvisedCarton()]
        self._begun = False

    def read(self) -> ShippingAdvice:
        for segment in self._message.segments:
            match segment.tag:
                case "W06":
                    self._begin(segment)
                case "G62" if segment.get(1) == _SHIPPED:
                    self._advice = replace(self._advice, shipped_on=self._fields.day(segment, 2))
                case "W27":
                    code = segment.get(2)[:60]
                    self._advice = replace(self._advice, carrier=self._profile.carriers.get(code, code))
                case "LX":
                    self._groups.append(AdvisedCarton())
                case "MAN":
                    for place in (1, 4):
                        self._mark(segment, place)
                case "N9":
                    self._refer(segment)
                case "W12":
                    self._line(segment)
                case _:
                    pass
        if not self._begun:
            self._fields.lacks("W06")
        if not any(group.lines for group in self._groups):
            self._fields.lacks("W12")
        return replace(self._advice, cartons=self._cartons())

    def _begin(self, segment: Segment) -> None:
        self._begun = True
        self._advice = replace(
            self._advice, number=self._fields.text(segment, 2), at=segment.at, shipped_on=self._fields.day(segment, 3),
            shipment=(segment.get(4) or segment.get(5))[:100],
        )  # fmt: skip

    def _refer(self, segment: Segment) -> None:
        qualifier, group = segment.get(1), self._groups[-1]
        if qualifier == _SERIAL and group.lines:
            line = group.lines[-1]
            line = replace(line, serials=(*line.serials, self._fields.text(segment, 2)))
            self._groups[-1] = replace(group, lines=(*group.lines[:-1], line))
        elif qualifier in self._profile.tracking and len(self._groups) == 1:
            self._tracking = self._fields.text(segment, 2)
        elif qualifier in self._profile.tracking:
            self._mark(segment, 1)

    def _mark(self, segment: Segment, place: int) -> None:
        """A name of the parcel that this LX is about; one that has several is of several parcels, and nobody knows what is in which."""
        if not segment.get(place):
            return
        text, group = self._fields.text(segment, place + 1), self._groups[-1]
        tracked = segment.get(place) in self._profile.tracking
        known = group.tracking_number if tracked else group.ref
        if known not in ("", text):
            self._fields.tell(
                FaultCode.CODE_UNKNOWN, segment, place + 1, value=text, expected=f"{known}, or an LX for each parcel"
            )
        self._groups[-1] = replace(group, tracking_number=text) if tracked else replace(group, ref=text)

    def _line(self, segment: Segment) -> None:
        ordered, shipped = self._fields.count(segment, 2), self._fields.count(segment, 3)
        if shipped is None and not segment.get(3):
            self._fields.tell(FaultCode.ELEMENT_MISSING, segment, 3, expected="how many were sent")
        difference = self._fields.amount(segment, 4)
        if ordered is not None and shipped is not None and difference is not None:
            expected = ordered - shipped
            if abs(difference) != abs(Decimal(expected)):
                self._fields.tell(FaultCode.TOTAL_DIFFERS, segment, 4, value=segment.get(4), expected=str(expected))
        items = [(segment.get(place), segment.get(place + 1)) for place in (7, 17)]
        # Without a qualifier: the code of a case.
        items.append(("UA", segment.get(6)))
        items = [each for each in items if all(each)]
        if not items:
            self._fields.tell(FaultCode.ELEMENT_MISSING, segment, 8, expected="a name of the goods")
        line = AdvisedLine(
            at=segment.at, shipped=shipped or 0, unit=segment.get(5), items=tuple(items), lot=segment.get(9)[:100],
            rest_follows=segment.get(1) in _REST_FOLLOWS,
        )  # fmt: skip
        group = self._groups[-1]
        self._groups[-1] = replace(group, lines=(*group.lines, line))

    def _cartons(self) -> tuple[AdvisedCarton, ...]:
        """Each parcel once, however many LX are about it."""
        cartons: dict[str, AdvisedCarton] = {}
        for group in self._groups:
            known = cartons.get(group.name)
            if known is None:
                cartons[group.name] = group
            else:
                number = known.tracking_number or group.tracking_number
                cartons[group.name] = replace(known, tracking_number=number, lines=(*known.lines, *group.lines))
        if "" in cartons:
            cartons[""] = replace(cartons[""], tracking_number=self._tracking)
        return tuple(each for each in cartons.values() if each.lines)
