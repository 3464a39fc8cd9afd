"""A transfer as its events tell it, and the dated supply it is at its target."""

from typing import assert_never

import msgspec

from orderline.core.records import RecordKind, Window
from orderline.core.stock.lots import LotUnits, first_of, less
from orderline.core.supply.following import peg_follow_ups
from orderline.core.supply.receiving import ReceivedLine
from orderline.core.supply.rows import SupplyKind, SupplyRow, row_id
from orderline.core.transfers.state import (
    AnyTransferEvent,
    Transfer,
    TransferApproved,
    TransferCanceled,
    TransferLine,
    TransferPicked,
    TransferPlanned,
    TransferReceived,
    TransferShipped,
    TransferState,
)

replace = msgspec.structs.replace


def evolve_transfer(transfer: Transfer | None, event: AnyTransferEvent) -> Transfer:
    """The transfer after an event."""
    if isinstance(event, TransferPlanned):
        return Transfer(
            id=event.id,
            source=event.source,
            target=event.target,
            pool=event.pool,
            state=TransferState.DRAFT,
            lines=event.lines,
            due_at=event.due_at,
            slack_days=event.slack_days,
            confidence_ppm=event.confidence_ppm,
            made_at=event.at,
            made_by=event.by,
            order=event.order,
            number=event.number,
        )
    assert transfer is not None
    match event:
        case TransferApproved():
            lines = tuple(replace(line, set_aside=line.quantity) for line in transfer.lines)
            return replace(transfer, state=TransferState.APPROVED, lines=lines)
        case TransferPicked():
            picked, lots = dict(event.lines), dict(event.lots)
            lines = tuple(
                replace(line, set_aside=picked.get(line.line, 0), lots=lots.get(line.line, ()))
                for line in transfer.lines
            )
            return replace(transfer, state=TransferState.PICKED, lines=lines)
        case TransferShipped():
            lines = tuple(replace(line, set_aside=0, sent=line.set_aside) for line in transfer.lines)
            return replace(
                transfer,
                state=TransferState.IN_TRANSIT,
                lines=lines,
                due_at=event.due_at,
                tracking_number=event.tracking_number,
            )
        case TransferReceived():
            return _received(transfer, event)
        case TransferCanceled():
            lines = tuple(replace(line, set_aside=0) for line in transfer.lines)
            return replace(transfer, state=TransferState.CANCELED, lines=lines, reason=event.reason)
        case _:
            assert_never(event)


def _received(transfer: Transfer, event: TransferReceived) -> Transfer:
    come = {each.line: each for each in event.receipt.lines}
    lines: list[TransferLine] = []
    for line in transfer.lines:
        each = come.get(line.line)
        if each is not None:
            line = replace(
                line,
                received=line.received + each.quantity,
                damaged=line.damaged + each.damaged,
                quality_control=line.quality_control + each.quality_control,
                over=line.over + each.over,
                lots=less(line.lots, come_lots(line.lots, each)),
            )
        if event.receipt.complete:
            line = replace(line, missing=line.missing + line.in_transit, lots=())
        lines.append(line)
    state = TransferState.PARTLY_RECEIVED if any(line.in_transit for line in lines) else TransferState.RECEIVED
    return replace(transfer, state=state, lines=tuple(lines), receipts=(*transfer.receipts, event.receipt))


def come_lots(under_way: tuple[LotUnits, ...], each: ReceivedLine) -> tuple[LotUnits, ...]:
    """The lots that came: those that are named, else those that are on their way, in their order."""
    if each.lots:
        return tuple(LotUnits(lot.lot, lot.quantity + lot.damaged + lot.quality_control) for lot in each.lots)
    return first_of(under_way, each.total)


def transfer_rows(transfer: Transfer) -> tuple[SupplyRow, ...]:
    """What is to come to the target; from the approval on."""
    return tuple(_row(transfer, line) for line in transfer.lines if line.to_come)


def _row(transfer: Transfer, line: TransferLine) -> SupplyRow:
    return SupplyRow(
        sku=line.sku,
        pool=transfer.pool,
        id=row_id("transfer", transfer.id, line.line),
        location=transfer.target,
        kind=SupplyKind.TRANSFER,
        due_at=transfer.due_at,
        slack_days=transfer.slack_days,
        confidence_ppm=transfer.confidence_ppm,
        open=line.to_come,
    )


def _window(transfer: Transfer) -> Window:
    match transfer.state:
        case TransferState.DRAFT:
            return Window(transfer.state, transfer.target, "operations", transfer.due_at)
        case TransferState.APPROVED | TransferState.PICKED:
            return Window(transfer.state, transfer.target, transfer.source, transfer.due_at)
        case TransferState.IN_TRANSIT | TransferState.PARTLY_RECEIVED:
            return Window(transfer.state, transfer.target, transfer.target, transfer.due_at)
        case _:
            return Window(transfer.state, transfer.target)


TRANSFER = RecordKind(
    "transfer",
    Transfer,
    AnyTransferEvent,
    evolve_transfer,
    _window,
    peg_follow_ups,
    supply=transfer_rows,
)
