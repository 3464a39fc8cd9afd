"""Purchase orders: what was ordered from a vendor (or is produced, or promised by one), by line and date."""

from datetime import datetime
from enum import StrEnum

import msgspec

from orderline.core.records import Record, RecordEvent
from orderline.core.supply.receiving import Receipt
from orderline.core.supply.rows import SupplyKind
from orderline.core.supply.slips import Learned, Slip, days_between


class PurchaseState(StrEnum):
    """Where a purchase order stands. Its units are dated supply from `sent` until the last has come or it is closed."""

    DRAFT = "draft"
    SENT = "sent"
    CONFIRMED = "confirmed"
    PARTLY_RECEIVED = "partly_received"
    RECEIVED = "received"
    CLOSED = "closed"
    CANCELED = "canceled"


AWAITED = (PurchaseState.SENT, PurchaseState.CONFIRMED, PurchaseState.PARTLY_RECEIVED)


class PurchaseLine(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """Units of a SKU to come at a date. received, damaged, quality_control: units that have come, by their state.

    learned: what slack and confidence were taken from, where nobody gave them. promised, promised_at: what the vendor was
    first told, or we have asked for since. come_at: when the last of it came. ended_at: since when no more is expected.
    """

    line: int
    sku: str
    quantity: int
    due_at: datetime
    slack_days: int = 0
    confidence_ppm: int
    received: int = 0
    damaged: int = 0
    quality_control: int = 0
    learned: Learned | None = None
    promised: int = 0
    promised_at: datetime | None = None
    come_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def come(self) -> int:
        """All units that have come."""
        return self.received + self.damaged + self.quality_control

    @property
    def missing(self) -> int:
        """Units ordered that have not come."""
        return max(0, self.quantity - self.come)

    def slip_of(self, purchase_order: str) -> Slip | None:
        """What the line tells of its vendor; None: it has not ended, or nothing was promised."""
        if self.ended_at is None or self.promised_at is None or not self.promised:
            return None
        come = min(self.promised, self.received + self.quality_control)
        late = days_between(self.promised_at, self.come_at) if self.come_at is not None else None
        return Slip(purchase_order, self.line, self.sku, self.promised, come, self.ended_at, late)


class Notice(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A shipment that the vendor announced (ASN): units by line."""

    id: str
    lines: tuple[tuple[int, int], ...]
    tracking_number: str = ""


class Hurt(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Units of an order line that come later than was promised, or of which it is not known when they come.

    harm: days late x (priority + 1) x value in minor units; a promise that nothing stands behind counts as 365 days.
    """

    order: str
    number: str
    line: int
    supply: str
    quantity: int
    promised_at: datetime | None
    ready_at: datetime | None
    days_late: int
    priority: int
    value_minor: int
    harm: int


class PurchaseOrder(Record, frozen=True, kw_only=True):
    """A purchase order. hurt: the promises that the last change broke, the worst first, and how many in all."""

    id: str
    kind: SupplyKind
    vendor: str
    location: str
    pool: str
    state: PurchaseState
    lines: tuple[PurchaseLine, ...]
    made_at: datetime
    made_by: str
    note: str = ""
    notices: tuple[Notice, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    reason: str = ""
    hurt: tuple[Hurt, ...] = ()
    hurt_total: int = 0

    def line_of(self, number: int) -> PurchaseLine | None:
        """The line of that number."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else None

    def slips(self) -> tuple[Slip, ...]:
        """What its lines that have ended tell of its vendor, if it has one."""
        found = (line.slip_of(self.id) for line in self.lines) if self.vendor else ()
        return tuple(each for each in found if each is not None)


class PurchaseOrdered(RecordEvent, frozen=True, kw_only=True, tag="purchase_ordered"):
    """Goods are to be ordered."""

    id: str
    kind: SupplyKind
    vendor: str
    location: str
    pool: str
    lines: tuple[PurchaseLine, ...]
    at: datetime
    by: str
    note: str = ""


class PurchaseSent(RecordEvent, frozen=True, kw_only=True, tag="purchase_sent"):
    """The vendor was told; from now on the units are counted on at their confidence, and its word is measured."""

    at: datetime | None = None


class PurchaseRevised(RecordEvent, frozen=True, kw_only=True, tag="purchase_revised"):
    """Dates or quantities of lines are others now; confirmed: the vendor has said so. hurt: promises this broke."""

    lines: tuple[PurchaseLine, ...]
    confirmed: bool = False
    reason: str = ""
    hurt: tuple[Hurt, ...] = ()
    hurt_total: int = 0


class ShipmentAnnounced(RecordEvent, frozen=True, kw_only=True, tag="shipment_announced"):
    """The vendor has told of a shipment."""

    notice: Notice


class PurchaseReceived(RecordEvent, frozen=True, kw_only=True, tag="purchase_received"):
    """Units came; `complete`: no more will. hurt: promises on what did not come, or came unsound."""

    receipt: Receipt
    hurt: tuple[Hurt, ...] = ()
    hurt_total: int = 0


class PurchaseClosed(RecordEvent, frozen=True, kw_only=True, tag="purchase_closed"):
    """Nothing more is expected."""

    reason: str = ""
    at: datetime | None = None
    hurt: tuple[Hurt, ...] = ()
    hurt_total: int = 0


class PurchaseCanceled(RecordEvent, frozen=True, kw_only=True, tag="purchase_canceled"):
    """Nothing will come."""

    reason: str
    hurt: tuple[Hurt, ...] = ()
    hurt_total: int = 0


AnyPurchaseEvent = (
    PurchaseOrdered
    | PurchaseSent
    | PurchaseRevised
    | ShipmentAnnounced
    | PurchaseReceived
    | PurchaseClosed
    | PurchaseCanceled
)
