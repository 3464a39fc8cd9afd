"""What a receipt has in common, whether goods come from a vendor or from a location of one's own."""

from datetime import date, datetime

import msgspec


class ReceivedLot(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """Units that came of a lot, or the one of a serial number, by their state."""

    lot: str
    quantity: int = 0
    damaged: int = 0
    quality_control: int = 0
    expires_on: date | None = None


class ReceivedInput(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """Units that came of a line: sound ones, damaged ones, and those that quality control has to look at.

    lots: which, of a SKU that is tracked; what came too close to its end to be sold is blocked.
    """

    line: int
    quantity: int = 0
    damaged: int = 0
    quality_control: int = 0
    lots: tuple[ReceivedLot, ...] = ()


class ReceivedLine(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Units that came of a line. announced: what the vendor's notice said; over: beyond what was still to come.

    kept: sound units that go to orders pegged to the line.
    """

    line: int
    quantity: int = 0
    damaged: int = 0
    quality_control: int = 0
    announced: int | None = None
    over: int = 0
    kept: int = 0
    lots: tuple[ReceivedLot, ...] = ()

    @property
    def total(self) -> int:
        """All units that came, sound or not."""
        return self.quantity + self.damaged + self.quality_control


class Receipt(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A receipt that was taken in; told again under the same id it has no further effect."""

    id: str
    lines: tuple[ReceivedLine, ...]
    notice: str = ""
    complete: bool = False
    at: datetime | None = None

    def told(self) -> tuple[object, ...]:
        """What its sender said."""
        lines = [(each.line, each.quantity, each.damaged, each.quality_control, each.lots) for each in self.lines]
        return (lines, self.notice, self.complete)
