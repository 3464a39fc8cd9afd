"""850: a purchase order read from X12."""

from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from orderline.core.edi.faults import FaultCode
from orderline.core.edi.fields import Fields
from orderline.core.edi.interchanges import Message
from orderline.core.edi.purchases import Party, PurchaseLine, PurchaseOrder, Purpose
from orderline.core.edi.segments import Segment

PURPOSES: Final = {
    "00": Purpose.ORIGINAL, "01": Purpose.CANCELLATION, "05": Purpose.REPLACEMENT, "07": Purpose.DUPLICATE,
}  # fmt: skip
_MOST_NOTE: Final = 2_000


def read_850(message: Message) -> PurchaseOrder:
    """What it orders. Faults are told of the message: it can be used where there are none."""
    return _Reader(message).read()


class _Reader:
    def __init__(self, message: Message) -> None:
        self._message = message
        self._fields = Fields(message)
        self._parties: list[Party] = []
        self._lines: list[PurchaseLine] = []
        self._order = PurchaseOrder(number="", purpose=Purpose.ORIGINAL, at=message.at, lines=())
        self._begun = False
        self._notes: list[str] = []

    def read(self) -> PurchaseOrder:
        for segment in self._message.segments:
            match segment.tag:
                case "BEG":
                    self._begin(segment)
                case "CUR" if not self._lines:
                    self._order = replace(self._order, currency=self._fields.text(segment, 2))
                case "DTM" if not self._lines:
                    self._date(segment)
                case "N1" if not self._lines:
                    self._party(segment)
                case "N3" | "N4" if self._parties and not self._lines:
                    self._address(segment)
                case "MSG" if not self._lines:
                    self._notes.append(segment.get(1))
                case "PO1":
                    self._line(segment)
                case "PID" | "PO4" if self._lines:
                    self._describe(segment)
                case "CTT":
                    self._count(segment)
                case "AMT" if segment.get(1) == "TT":
                    self._order = replace(self._order, total=self._fields.amount(segment, 2))
                case _:
                    pass
        if not self._begun:
            self._fields.lacks("BEG")
        if not self._lines and self._order.purpose is not Purpose.CANCELLATION:
            self._fields.lacks("PO1")
        note = "\n".join(filter(None, self._notes))[:_MOST_NOTE]
        return replace(self._order, lines=tuple(self._lines), parties=tuple(self._parties), note=note)

    def _begin(self, segment: Segment) -> None:
        self._begun = True
        purpose = PURPOSES.get(segment.get(1))
        if purpose is None:
            self._fields.tell(FaultCode.CODE_UNKNOWN, segment, 1, value=segment.get(1), expected=", ".join(PURPOSES))
        self._order = replace(
            self._order, number=self._fields.text(segment, 3), purpose=purpose or Purpose.ORIGINAL, at=segment.at,
            ordered_on=self._fields.day(segment, 5),
        )  # fmt: skip

    def _date(self, segment: Segment) -> None:
        day = self._fields.day(segment, 2)
        if day is not None:
            self._order = replace(self._order, dates=(*self._order.dates, (segment.get(1), day)))

    def _party(self, segment: Segment) -> None:
        code = f"{segment.get(3)}:{segment.get(4)}" if segment.get(4) else ""
        self._parties.append(Party(role=segment.get(1), at=segment.at, code=code, name=segment.get(2)))

    def _address(self, segment: Segment) -> None:
        party = self._parties[-1]
        if segment.tag == "N3":
            more = tuple(line for line in (segment.get(1), segment.get(2)) if line)
            self._parties[-1] = replace(party, lines=(*party.lines, *more))
        else:
            self._parties[-1] = replace(
                party, city=segment.get(1), region=segment.get(2), postal_code=segment.get(3),
                country=segment.get(4) or "US",
            )  # fmt: skip

    def _line(self, segment: Segment) -> None:
        price = self._fields.amount(segment, 4)
        self._lines.append(
            PurchaseLine(
                number=segment.get(1)[:20] or str(len(self._lines) + 1), at=segment.at,
                quantity=self._fields.quantity(segment, 2), unit=segment.get(3), price=price,
                items=tuple(segment.pairs(6)),
            )
        )  # fmt: skip

    def _describe(self, segment: Segment) -> None:
        line = self._lines[-1]
        if segment.tag == "PID":
            self._lines[-1] = replace(line, description=line.description or segment.get(5)[:200])
        elif segment.get(1):
            self._lines[-1] = replace(line, pack=self._fields.quantity(segment, 1))

    def _count(self, segment: Segment) -> None:
        stated = self._fields.amount(segment, 1)
        if stated is not None and stated != Decimal(len(self._lines)):
            self._fields.tell(
                FaultCode.TOTAL_DIFFERS, segment, 1, value=segment.get(1), expected=f"{len(self._lines)} lines"
            )
