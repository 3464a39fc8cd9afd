"""Transfers: units sent from one location of one's own to another; on their way they stand in neither."""

from datetime import datetime
from enum import StrEnum

import msgspec

from orderline.core.records import Record, RecordEvent
from orderline.core.stock.lots import LotUnits
from orderline.core.supply.receiving import Receipt
from orderline.values.ids import OrderId


class TransferState(StrEnum):
    """Where a transfer stands. From `approved` on, its units are kept at the source and are supply at the target."""

    DRAFT = "draft"
    APPROVED = "approved"
    PICKED = "picked"
    IN_TRANSIT = "in_transit"
    PARTLY_RECEIVED = "partly_received"
    RECEIVED = "received"
    CANCELED = "canceled"


class TransferLine(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """Units of a SKU to be sent. set_aside: kept at the source; sent: have left it; the others: what became of them.

    lots: of units that are picked or on their way, of a SKU that is tracked.
    over: units that came beyond those sent. missing: sent, and never came.
    """

    line: int
    sku: str
    quantity: int
    set_aside: int = 0
    sent: int = 0
    received: int = 0
    damaged: int = 0
    quality_control: int = 0
    missing: int = 0
    over: int = 0
    lots: tuple[LotUnits, ...] = ()

    @property
    def in_transit(self) -> int:
        """Units that are on their way."""
        return self.sent - (self.received + self.damaged + self.quality_control - self.over) - self.missing

    @property
    def to_come(self) -> int:
        """Units that the target waits for."""
        return self.set_aside + self.in_transit


class Transfer(Record, frozen=True, kw_only=True):
    """A transfer from `source` to `target`, due there at `due_at`, to be counted on `slack_days` later.

    order, number: whose customer collects it at the target, if it is sent for one.
    """

    id: str
    source: str
    target: str
    pool: str
    state: TransferState
    lines: tuple[TransferLine, ...]
    due_at: datetime
    slack_days: int = 0
    confidence_ppm: int
    made_at: datetime
    made_by: str
    receipts: tuple[Receipt, ...] = ()
    tracking_number: str = ""
    reason: str = ""
    order: OrderId | None = None
    number: str = ""

    def line_of(self, number: int) -> TransferLine | None:
        """The line of that number."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else None


class TransferPlanned(RecordEvent, frozen=True, kw_only=True, tag="transfer_planned"):
    """Units are to be sent from one location to another."""

    id: str
    source: str
    target: str
    pool: str
    lines: tuple[TransferLine, ...]
    due_at: datetime
    slack_days: int
    confidence_ppm: int
    at: datetime
    by: str
    order: OrderId | None = None
    number: str = ""


class TransferApproved(RecordEvent, frozen=True, kw_only=True, tag="transfer_approved"):
    """The units are kept for it at the source."""

    by: str


class TransferPicked(RecordEvent, frozen=True, kw_only=True, tag="transfer_picked"):
    """Units have left their shelf: (line, units); those not found are no longer part of it."""

    lines: tuple[tuple[int, int], ...]
    lots: tuple[tuple[int, tuple[LotUnits, ...]], ...] = ()


class TransferShipped(RecordEvent, frozen=True, kw_only=True, tag="transfer_shipped"):
    """The units are on their way."""

    due_at: datetime
    tracking_number: str = ""


class TransferReceived(RecordEvent, frozen=True, kw_only=True, tag="transfer_received"):
    """Units came; with `complete` what has not is missing."""

    receipt: Receipt


class TransferCanceled(RecordEvent, frozen=True, kw_only=True, tag="transfer_canceled"):
    """Nothing is sent."""

    reason: str


AnyTransferEvent = (
    TransferPlanned | TransferApproved | TransferPicked | TransferShipped | TransferReceived | TransferCanceled
)
