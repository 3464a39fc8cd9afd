"""Transfers between locations. What the source does needs a key for the source, what the target does one for that."""

from datetime import datetime
from typing import Final

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import decide
from orderline.api.records import Records
from orderline.api.scoping import check_location, order_of
from orderline.core.transfers import commands as c
from orderline.core.transfers.evolve import TRANSFER
from orderline.core.transfers.refusals import TransferRefusal
from orderline.core.transfers.state import Transfer, TransferState

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
    orders_in=lambda transfer: () if transfer.order is None else (transfer.order,),
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
    orders_in=lambda transfer: () if transfer.order is None else (transfer.order,),
)


class SendToStoreInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Units of a group to be sent from `source` to where they are collected, there by `due_at`.

    lines: those claimed in `pool`, or waiting where none is named. transfer: the caller's name for it.
    """

    transfer: str
    source: str
    lines: tuple[c.LegInput, ...]
    due_at: datetime
    group: int = 1
    slack_days: int = 0


async def _send_to_store(call: Call[None, SendToStoreInput]) -> Answer:
    given = call.input
    check_location(call, given.source)
    order = await order_of(call, anywhere=True)
    command = c.SendToStore(
        transfer=given.transfer, order=order, source=given.source, group=given.group, lines=given.lines,
        due_at=given.due_at, slack_days=given.slack_days,
    )  # fmt: skip
    return await decide(call, command)


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
    Operation(
        name="send_to_store", method="POST", path="/v1/orders/{order}/store-transfers", right=Right.STOCK_WRITE,
        summary="Send units of an order to the store where they are collected", handler=_send_to_store,
        capability="stock", input=SendToStoreInput, output=Transfer,
        refusals=(
            "ORDER_UNKNOWN", "ORDER_CLOSED", "BLOCKED_BY_HOLD", "NOT_PAID", "NOT_PICKED_UP_HERE", "LINE_UNKNOWN", "GROUP_UNKNOWN",
            "ROUTE_LOST_RACE", "TRANSFER_EXISTS", "TRANSFER_NOT_COVERED", "LOCATION_UNKNOWN",
        ),
        description="The transfer is approved at once, and its units wait for it and for nothing else.",
    ),
)  # fmt: skip
