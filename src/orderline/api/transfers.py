"""Transfers between locations. What the source does needs a key for the source, what the target does one for that."""

from typing import Final

from orderline.api.calls import Operation, Right
from orderline.api.records import Records
from orderline.core.transfers import commands as c
from orderline.core.transfers.evolve import TRANSFER
from orderline.core.transfers.refusals import TransferRefusal
from orderline.core.transfers.state import TransferState

_AT_TARGET: Final = Records(
    kind=TRANSFER,
    one="transfer",
    many="transfers",
    capability="stock",
    read=Right.STOCK_READ,
    write=Right.STOCK_WRITE,
    unknown=TransferRefusal.TRANSFER_UNKNOWN,
    states=TransferState,
    location_of=lambda transfer: transfer.target,
)
_AT_SOURCE: Final = Records(
    kind=TRANSFER,
    one="transfer",
    many="transfers",
    capability="stock",
    read=Right.STOCK_READ,
    write=Right.STOCK_WRITE,
    unknown=TransferRefusal.TRANSFER_UNKNOWN,
    states=TransferState,
    location_of=lambda transfer: transfer.source,
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    *_AT_TARGET.reading(),
    _AT_SOURCE.creating(
        c.CreateTransfer, summary="Plan to send units to another location", names="transfer",
        refusals=("TRANSFER_EXISTS", "TRANSFER_LINES", "LOCATION_UNKNOWN", "SKU_UNKNOWN"),
    ),
    _AT_SOURCE.acting(
        c.ApproveTransfer, path="approval", summary="Keep the units at the source", names="transfer",
        refusals=("TRANSFER_STATE", "TRANSFER_NOT_COVERED"),
    ),
    _AT_SOURCE.acting(
        c.PickTransfer, path="picking", summary="Take the units off the shelf", names="transfer",
        refusals=("TRANSFER_STATE", "TRANSFER_LINES", "TRANSFER_NOT_COVERED"),
    ),
    _AT_SOURCE.acting(
        c.ShipTransfer, path="shipping", summary="Send what was picked", names="transfer",
        refusals=("TRANSFER_STATE",),
    ),
    _AT_TARGET.acting(
        c.ReceiveTransfer, path="receipts", summary="Receive units at the target", names="transfer",
        refusals=("TRANSFER_STATE", "TRANSFER_LINES", "RECEIPT_REUSED", "QUANTITY_TOO_LARGE"),
    ),
    _AT_SOURCE.acting(
        c.CancelTransfer, path="cancellation", summary="Send nothing", names="transfer", refusals=("TRANSFER_STATE",)
    ),
)  # fmt: skip
