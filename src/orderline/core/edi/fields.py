"""Fields of a message as values; what can't be one is told as a fault of the message, and reading goes on."""

import re
from datetime import date
from decimal import Decimal
from typing import Final

from orderline.core.edi.faults import FaultCode, Level, fault_at
from orderline.core.edi.interchanges import Message
from orderline.core.edi.reading import MOST_FAULTS
from orderline.core.edi.segments import Segment
from orderline.values.quantity import MAX_QUANTITY

_NUMBER: Final = re.compile(r"-?(?:[0-9]{1,12}(?:\.[0-9]{0,6})?|\.[0-9]{1,6})\Z")
_DATE: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})[0-9]{0,12}\Z")
_SHORT_DATE: Final = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})\Z")
MOST_TEXT: Final = 100


class Fields:
    """Reads the segments of one message. comma: it may stand between whole and parts, as a point may: so it is in EDIFACT."""

    def __init__(self, message: Message, *, comma: bool = False) -> None:
        self._message = message
        self._comma = comma

    def tell(self, code: FaultCode, segment: Segment, element: int = 0, *, value: str = "", expected: str = "") -> None:
        """A fault of a segment of the message."""
        if len(self._message.faults) < MOST_FAULTS:
            fault = fault_at(
                code, Level.SEGMENT, segment.at, segment.tag, element=element, value=value, expected=expected
            )
            self._message.faults.append(fault)

    def lacks(self, tag: str, expected: str = "") -> None:
        """A fault of the message: a segment is not there."""
        fault = fault_at(FaultCode.SEGMENT_MISSING, Level.SEGMENT, self._message.at, tag, expected=expected)
        self._message.faults.append(fault)

    def text(self, segment: Segment, element: int, component: int = 1) -> str:
        """A name or number that must be there, of at most 100 printable signs; "" where it is not."""
        text = segment.get(element, component)
        if not text:
            self.tell(FaultCode.ELEMENT_MISSING, segment, element)
        elif len(text) > MOST_TEXT or not text.isprintable():
            self.tell(
                FaultCode.CODE_UNKNOWN, segment, element, value=text, expected=f"at most {MOST_TEXT} printable signs"
            )
            return ""
        return text

    def amount(self, segment: Segment, element: int, component: int = 1) -> Decimal | None:
        """A number that may have parts; None where none is, or what is there is no number."""
        text = segment.get(element, component)
        if not text:
            return None
        plain = text.replace(",", ".") if self._comma else text
        if not _NUMBER.match(plain):
            self.tell(FaultCode.NUMBER_INVALID, segment, element, value=text)
            return None
        return Decimal(plain)

    def quantity(self, segment: Segment, element: int, component: int = 1) -> int:
        """A whole number of units that must be there; 0 where there is none that can be taken."""
        amount = self.amount(segment, element, component)
        if amount is None:
            if not segment.get(element, component):
                self.tell(FaultCode.ELEMENT_MISSING, segment, element)
            return 0
        if amount != int(amount) or not 0 < amount <= MAX_QUANTITY:
            self.tell(
                FaultCode.NUMBER_INVALID, segment, element, value=str(amount), expected="a whole number above zero"
            )
            return 0
        return int(amount)

    def count(self, segment: Segment, element: int) -> int | None:
        """A whole number of units, which may be zero; None where there is none that can be taken."""
        amount = self.amount(segment, element)
        if amount is not None and (amount != int(amount) or not 0 <= amount <= MAX_QUANTITY):
            self.tell(FaultCode.NUMBER_INVALID, segment, element, value=str(amount), expected="a whole number")
            return None
        return int(amount) if amount is not None else None

    def day(self, segment: Segment, element: int, component: int = 1) -> date | None:
        """A date with the century or without; what follows, a time or the end of a period, is left out."""
        text = segment.get(element, component)
        if not text:
            return None
        found, short = _DATE.match(text), _SHORT_DATE.match(text)
        try:
            if short is not None:
                return date(2000 + int(short[1]), int(short[2]), int(short[3]))
            if found is not None:
                return date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            pass
        self.tell(FaultCode.DATE_INVALID, segment, element, value=text, expected="CCYYMMDD")
        return None
