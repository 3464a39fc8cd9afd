"""ORDERS: a purchase order read from EDIFACT."""

from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from orderline.core.edi.faults import FaultCode
from orderline.core.edi.fields import Fields
from orderline.core.edi.interchanges import Message
from orderline.core.edi.purchases import Party, PurchaseLine, PurchaseOrder, Purpose
from orderline.core.edi.segments import Segment

PURPOSES: Final = {
    "9": Purpose.ORIGINAL, "1": Purpose.CANCELLATION, "5": Purpose.REPLACEMENT, "7": Purpose.DUPLICATE,
    "31": Purpose.DUPLICATE,
}  # fmt: skip
_ORDERED: Final = "21"
_LINES: Final = "2"
# Dates of the document itself; others are of deliveries, and what they mean is said by the profile.
_DOCUMENT_DATE: Final = "137"
_PRICES: Final = ("AAA", "AAB", "INV")
_TOTALS: Final = ("79", "86")
_MOST_NOTE: Final = 2_000


def read_orders(message: Message) -> PurchaseOrder:
    """What it orders. Faults are told of the message: it can be used where there are none."""
    return _Reader(message).read()


class _Reader:
    def __init__(self, message: Message) -> None:
        self._message = message
        self._fields = Fields(message, comma=True)
        self._parties: list[Party] = []
        self._lines: list[PurchaseLine] = []
        self._order = PurchaseOrder(number="", purpose=Purpose.ORIGINAL, at=message.at, lines=())
        self._begun = False
        self._below = False
        self._notes: list[str] = []

    def read(self) -> PurchaseOrder:
        for segment in self._message.segments:
            match segment.tag:
                case "BGM":
                    self._begin(segment)
                case "UNS":
                    self._below = True
                case "CNT" if segment.get(1) == _LINES:
                    self._count(segment)
                case "MOA" if self._below and segment.get(1) in _TOTALS:
                    self._order = replace(self._order, total=self._fields.amount(segment, 1, 2))
                case "LIN":
                    items = ((segment.get(3, 2) or "EN", segment.get(3)),) if segment.get(3) else ()
                    number = segment.get(1)[:20] or str(len(self._lines) + 1)
                    self._lines.append(
                        PurchaseLine(number=number, at=segment.at, quantity=0, unit="", price=None, items=items)
                    )
                case _ if self._lines and not self._below:
                    self._of_line(segment)
                case _ if not self._below:
                    self._of_header(segment)
                case _:
                    pass
        if not self._begun:
            self._fields.lacks("BGM")
        if not self._lines and self._order.purpose is not Purpose.CANCELLATION:
            self._fields.lacks("LIN")
        for line in self._lines:
            if not line.quantity:
                self._fields.tell(FaultCode.SEGMENT_MISSING, Segment("LIN", (), line.at), expected=f"QTY+{_ORDERED}")
        note = "\n".join(filter(None, self._notes))[:_MOST_NOTE]
        return replace(self._order, lines=tuple(self._lines), parties=tuple(self._parties), note=note)

    def _begin(self, segment: Segment) -> None:
        self._begun = True
        purpose = PURPOSES.get(segment.get(3) or "9")
        if purpose is None:
            self._fields.tell(FaultCode.CODE_UNKNOWN, segment, 3, value=segment.get(3), expected=", ".join(PURPOSES))
        number = self._fields.text(segment, 2)
        self._order = replace(self._order, number=number, purpose=purpose or Purpose.ORIGINAL, at=segment.at)

    def _of_header(self, segment: Segment) -> None:
        match segment.tag:
            case "DTM":
                day = self._fields.day(segment, 1, 2)
                if day is not None and segment.get(1) == _DOCUMENT_DATE:
                    self._order = replace(self._order, ordered_on=day)
                elif day is not None:
                    self._order = replace(self._order, dates=(*self._order.dates, (segment.get(1), day)))
            case "CUX" if segment.get(1) == "2":
                self._order = replace(self._order, currency=segment.get(1, 2))
            case "NAD":
                code = f"{segment.get(2, 3)}:{segment.get(2)}" if segment.get(2) else ""
                self._parties.append(
                    Party(
                        role=segment.get(1), at=segment.at, code=code, name=segment.get(4) or segment.get(3),
                        lines=tuple(line for n in range(1, 5) if (line := segment.get(5, n))), city=segment.get(6),
                        region=segment.get(7), postal_code=segment.get(8), country=segment.get(9),
                    )
                )  # fmt: skip
            case "FTX":
                self._notes.append(" ".join(filter(None, (segment.get(4, n) for n in range(1, 6)))))
            case _:
                pass

    def _of_line(self, segment: Segment) -> None:
        line = self._lines[-1]
        match segment.tag:
            case "PIA":
                more = tuple(
                    (parts[1], parts[0]) for parts in segment.elements[1:] if len(parts) > 1 and parts[0] and parts[1]
                )
                self._lines[-1] = replace(line, items=(*line.items, *more))
            case "IMD":
                self._lines[-1] = replace(line, description=line.description or segment.get(3, 4)[:200])
            case "QTY" if segment.get(1) == _ORDERED and not line.quantity:
                self._lines[-1] = replace(line, quantity=self._fields.quantity(segment, 1, 2), unit=segment.get(1, 3))
            case "QTY" if segment.get(1) == "59":
                self._lines[-1] = replace(line, pack=self._fields.quantity(segment, 1, 2))
            case "PRI" if segment.get(1) in _PRICES and line.price is None:
                self._lines[-1] = replace(line, price=self._fields.amount(segment, 1, 2))
            case _:
                pass

    def _count(self, segment: Segment) -> None:
        stated = self._fields.amount(segment, 1, 2)
        if stated is not None and stated != Decimal(len(self._lines)):
            self._fields.tell(
                FaultCode.TOTAL_DIFFERS, segment, 1, value=segment.get(1, 2), expected=f"{len(self._lines)} lines"
            )
