"""Rules of transfers. Source: domain model 3 (transfer) and 4.1: a unit on its way stands at neither location."""

from collections.abc import Collection
from typing import Final

import msgspec

from orderline.core.context import Context
from orderline.core.moves import StockBucket
from orderline.core.orders.guards import check_text, occurred
from orderline.core.orders.state import Order
from orderline.core.stock.checks import check_code, check_location, check_stocked
from orderline.core.stock.events import StockAdjusted, UnitsKept, UnitsSetAside
from orderline.core.stock.lot_rules import check_named, picked_lots
from orderline.core.stock.lots import LotUnits, Tracking, first_of, less
from orderline.core.supply.decide import (
    check_received_lots,
    is_known,
    post_received,
    received_line,
    with_kept,
)
from orderline.core.supply.receiving import Receipt, ReceivedLine, ReceivedLot
from orderline.core.supply.rows import ALL, find, row_id
from orderline.core.supply.slips import MOST_SLACK_DAYS
from orderline.core.transfers import commands as c
from orderline.core.transfers.evolve import TRANSFER, come_lots
from orderline.core.transfers.refusals import TransferRefusal as R
from orderline.core.transfers.state import (
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
from orderline.core.world import Draft, World
from orderline.values.failures import Refused
from orderline.values.quantity import check_quantity
from orderline.values.time import utc

MOST_LINES: Final = 1_000


def decide_create_transfer(draft: Draft, command: c.CreateTransfer, context: Context) -> None:
    """Refused TRANSFER_EXISTS: the name is taken; TRANSFER_LINES: no line, a SKU twice, or the same location twice."""
    plan_transfer(draft, command, context)


def plan_transfer(draft: Draft, command: c.CreateTransfer, context: Context, order: Order | None = None) -> None:
    """As `decide_create_transfer`; order: whose customer it is for."""
    check_code(command.transfer, "transfer")
    if ("transfer", command.transfer) in draft.world.records:
        raise Refused(R.TRANSFER_EXISTS, field="transfer", value=command.transfer)
    check_location(draft.world, command.source)
    check_location(draft.world, command.target)
    if command.source == command.target:
        raise Refused(R.TRANSFER_LINES, field="target", value=command.target, allowed="another location")
    for name, most in (("slack_days", MOST_SLACK_DAYS), ("confidence_ppm", ALL)):
        if not 0 <= getattr(command, name) <= most:
            raise Refused(R.TRANSFER_LINES, field=name, value=getattr(command, name), allowed=f"from 0 to {most}")
    skus = [line.sku for line in command.lines]
    if not 0 < len(skus) <= MOST_LINES or len(set(skus)) < len(skus):
        allowed = f"1 to {MOST_LINES} SKUs, each once"
        raise Refused(R.TRANSFER_LINES, field="lines", value=len(skus), allowed=allowed)
    for index, line in enumerate(command.lines):
        check_stocked(draft.world, line.sku, f"lines[{index}].sku")
        check_quantity(line.quantity, field=f"lines[{index}].quantity")
    draft.tell_record(
        TRANSFER,
        command.transfer,
        TransferPlanned(
            id=command.transfer,
            source=command.source,
            target=command.target,
            pool=draft.world.settings.locations[command.target].pool,
            lines=tuple(
                TransferLine(line=number, sku=line.sku, quantity=line.quantity)
                for number, line in enumerate(command.lines, 1)
            ),
            due_at=utc(command.due_at, field="due_at"),
            slack_days=command.slack_days,
            confidence_ppm=command.confidence_ppm,
            at=context.now,
            by=context.actor.name,
            order=order.id if order is not None else None,
            number=order.number if order is not None else "",
        ),
    )


def decide_approve_transfer(draft: Draft, command: c.ApproveTransfer, context: Context) -> None:
    """Refused TRANSFER_NOT_COVERED: the source has fewer units that nobody was promised, or that are withheld for demand."""
    transfer = _transfer_in(draft, command, (TransferState.DRAFT,))
    pool = draft.world.settings.locations[transfer.source].pool
    for index, line in enumerate(transfer.lines):
        level = draft.world.level(line.sku, transfer.source)
        claims = draft.world.pool_level(line.sku, pool)
        kept = claims.withheld if transfer.pool != pool else 0  # what stays in the pool is there for its demand
        available = max(0, min(level.free, claims.unclaimed - kept))
        if line.quantity > available:
            raise Refused(
                R.TRANSFER_NOT_COVERED,
                field=f"lines[{index}].quantity",
                value=line.quantity,
                sku=line.sku,
                available=available,
            )
        draft.tell_stock(UnitsSetAside(line.sku, transfer.source, line.quantity))
    draft.tell_record(TRANSFER, transfer.id, TransferApproved(by=context.actor.name))


def decide_pick_transfer(draft: Draft, command: c.PickTransfer, context: Context) -> None:
    """Refused TRANSFER_LINES: more than was asked for, or nothing; TRANSFER_NOT_COVERED: they are not on the shelf.

    Refused as `picked_lots` says.
    """
    transfer = _transfer_in(draft, command, (TransferState.APPROVED,))
    asked = {line.line: line.quantity for line in transfer.lines}
    picked = {each.line: each.quantity for each in command.lines} if command.lines else asked
    wrong = next((each.line for each in command.lines if not 0 <= each.quantity <= asked.get(each.line, -1)), None)
    if wrong is not None or len(picked) < len(command.lines) or not any(picked.values()):
        allowed = [[line, quantity] for line, quantity in asked.items()][:50]
        raise Refused(R.TRANSFER_LINES, field="lines", value=wrong, allowed=allowed)
    chosen: dict[int, tuple[LotUnits, ...]] = {}
    for line in transfer.lines:
        quantity = picked.get(line.line, 0)
        sellable = draft.world.level(line.sku, transfer.source).sellable
        if quantity > sellable:
            raise Refused(R.TRANSFER_NOT_COVERED, value=quantity, sku=line.sku, available=sellable)
        if line.set_aside > quantity:
            draft.tell_stock(UnitsSetAside(line.sku, transfer.source, quantity - line.set_aside))
        taken = tuple(each for asked in command.lines if asked.line == line.line for each in asked.lots)
        lots = picked_lots(draft.world, line.sku, transfer.source, taken, quantity, f"lines[{line.line - 1}].lots")
        if lots:
            chosen[line.line] = lots
        way = (StockBucket.SELLABLE, StockBucket.PICKED)
        _post(draft, transfer, line.sku, transfer.source, *way, quantity, context, lots)
    lines = tuple((number, units) for number, units in picked.items() if units)
    draft.tell_record(TRANSFER, transfer.id, TransferPicked(lines=lines, lots=tuple(chosen.items())))


def decide_ship_transfer(draft: Draft, command: c.ShipTransfer, context: Context) -> None:
    """Refused TRANSFER_STATE: it is not picked."""
    transfer = _transfer_in(draft, command, (TransferState.PICKED,))
    at = occurred(command.occurred_at, context)
    for line in transfer.lines:
        if line.set_aside:
            draft.tell_stock(UnitsSetAside(line.sku, transfer.source, -line.set_aside))
            for each in line.lots or (LotUnits("", line.set_aside),):
                draft.tell_stock(
                    StockAdjusted(
                        sku=line.sku,
                        location=transfer.source,
                        source=StockBucket.PICKED,
                        target=StockBucket.IN_TRANSIT_IN,
                        quantity=each.quantity,
                        at=at,
                        reason=f"transfer:{transfer.id}",
                        lot=each.lot,
                    )
                )
    due_at = transfer.due_at if command.due_at is None else utc(command.due_at, field="due_at")
    tracking = check_text(command.tracking_number, "tracking_number", 100)
    draft.tell_record(TRANSFER, transfer.id, TransferShipped(due_at=due_at, tracking_number=tracking))


def decide_receive_transfer(draft: Draft, command: c.ReceiveTransfer, context: Context) -> None:
    """Post what came; a receipt that is known has no further effect. Units beyond those sent are found.

    Refused RECEIPT_REUSED: another receipt had this id; TRANSFER_STATE; TRANSFER_LINES: a line it does not have.
    """
    transfer = _known_transfer(draft, command)
    check_code(command.receipt, "receipt")
    known = {line.line: line for line in transfer.lines}
    lines: list[ReceivedLine] = []
    for index, each in enumerate(command.lines):
        line = known.get(each.line)
        lines.append(received_line(each, line.in_transit if line is not None else 0, None, index))
        if line is not None:
            supply = row_id("transfer", transfer.id, line.line)
            lines[-1] = with_kept(lines[-1], find(draft.world.supply_of(line.sku, transfer.pool), supply))
    at = occurred(command.occurred_at, context)
    receipt = Receipt(command.receipt, tuple(lines), complete=command.complete, at=at)
    if is_known(transfer.receipts, receipt):
        return
    _check_state(transfer, (TransferState.IN_TRANSIT, TransferState.PARTLY_RECEIVED))
    named = [each.line for each in lines]
    if not set(named) <= set(known) or len(set(named)) < len(named) or not (named or command.complete):
        raise Refused(R.TRANSFER_LINES, field="lines", value=named[:50], allowed=sorted(known)[:50])
    cause = f"transfer:{transfer.id}"
    lines = [_come(draft.world, known[each.line], each, index) for index, each in enumerate(lines)]
    draft.tell_record(TRANSFER, transfer.id, TransferReceived(receipt=receipt))
    for each in lines:
        sku = known[each.line].sku
        if each.over:
            found = StockAdjusted(
                sku=sku,
                location=transfer.target,
                source=StockBucket.ADJUSTMENT,
                target=StockBucket.IN_TRANSIT_IN,
                quantity=each.over,
                at=at,
                reason=cause,
            )
            draft.tell_stock(found)
        post_received(draft, sku, transfer.target, StockBucket.IN_TRANSIT_IN, each, cause, at)
        if each.kept:
            supply = row_id("transfer", transfer.id, each.line)
            draft.tell_stock(UnitsKept(sku, transfer.pool, supply, each.kept))
    after = _known_transfer(draft, command)
    for line, was in zip(after.lines, transfer.lines, strict=True):
        lost = line.missing - was.missing
        come = next((come_lots(was.lots, each) for each in lines if each.line == line.line), ())
        lots = first_of(less(was.lots, come), lost)
        lost_lots = (*lots, *_nameless(lost - sum(each.quantity for each in lots)))
        way = (StockBucket.IN_TRANSIT_IN, StockBucket.MISSING)
        _post(draft, transfer, line.sku, transfer.target, *way, lost, context, lost_lots)


def decide_cancel_transfer(draft: Draft, command: c.CancelTransfer, context: Context) -> None:
    """Refused TRANSFER_STATE: units are picked, or it is at its end."""
    transfer = _transfer_in(draft, command, (TransferState.DRAFT, TransferState.APPROVED))
    reason = check_text(command.reason, "reason", 500, required=True)
    for line in transfer.lines:
        if line.set_aside:
            draft.tell_stock(UnitsSetAside(line.sku, transfer.source, -line.set_aside))
    draft.tell_record(TRANSFER, transfer.id, TransferCanceled(reason=reason))


def _post(
    draft: Draft,
    transfer: Transfer,
    sku: str,
    location: str,
    source: StockBucket,
    target: StockBucket,
    quantity: int,
    context: Context,
    lots: tuple[LotUnits, ...] = (),
) -> None:
    for each in lots or _nameless(quantity):
        draft.tell_stock(
            StockAdjusted(
                sku=sku,
                location=location,
                source=source,
                target=target,
                quantity=each.quantity,
                at=context.now,
                reason=f"transfer:{transfer.id}",
                lot=each.lot,
                expires_on=each.expires_on,
            )
        )


def _nameless(quantity: int) -> tuple[LotUnits, ...]:
    return (LotUnits("", quantity),) if quantity else ()


def _come(world: World, line: TransferLine, each: ReceivedLine, index: int) -> ReceivedLine:
    """What came with its lots: those that are named, or all that are on their way when all have come.

    Refused LOTS_REQUIRED: only a part has come, and it is not said which serial numbers.
    """
    tracking = world.lots.tracking_of(line.sku)
    if tracking is Tracking.NONE or each.lots:
        dates = {lot.lot: lot.expires_on for lot in line.lots}
        lots = tuple(msgspec.structs.replace(lot, expires_on=lot.expires_on or dates.get(lot.lot)) for lot in each.lots)
        found = msgspec.structs.replace(each, lots=lots)
        check_received_lots(world, line.sku, found, index)
        return found
    if tracking is Tracking.SERIAL and each.total != sum(lot.quantity for lot in line.lots):
        check_named(world, line.sku, (), each.total, f"lines[{index}].lots")
    left = line.lots
    sums: dict[str, ReceivedLot] = {}
    for state in ("quantity", "damaged", "quality_control"):
        taken = first_of(left, getattr(each, state))
        left = less(left, taken)
        for lot in taken:
            before = sums.get(lot.lot) or ReceivedLot(lot.lot, expires_on=lot.expires_on)
            sums[lot.lot] = msgspec.structs.replace(before, **{state: getattr(before, state) + lot.quantity})
    lots = tuple(sums.values())
    return msgspec.structs.replace(each, lots=lots) if _adds_up(each, lots) else each


def _adds_up(each: ReceivedLine, lots: Collection[ReceivedLot]) -> bool:
    """More has come than was sent: of which lots nobody knows."""
    return each.total == sum(lot.quantity + lot.damaged + lot.quality_control for lot in lots)


def _transfer_in(draft: Draft, command: c.TransferCommand, states: Collection[TransferState]) -> Transfer:
    transfer = _known_transfer(draft, command)
    _check_state(transfer, states)
    return transfer


def _known_transfer(draft: Draft, command: c.TransferCommand) -> Transfer:
    transfer = draft.world.records.get(("transfer", command.transfer))
    if not isinstance(transfer, Transfer):
        raise Refused(R.TRANSFER_UNKNOWN, field="transfer", value=command.transfer[:100])
    return transfer


def _check_state(transfer: Transfer, states: Collection[TransferState]) -> None:
    if transfer.state not in states:
        allowed = [str(state) for state in states]
        raise Refused(R.TRANSFER_STATE, field="transfer", value=transfer.id, state=transfer.state, allowed=allowed)


RULES: Final = {
    c.CreateTransfer: decide_create_transfer,
    c.ApproveTransfer: decide_approve_transfer,
    c.PickTransfer: decide_pick_transfer,
    c.ShipTransfer: decide_ship_transfer,
    c.ReceiveTransfer: decide_receive_transfer,
    c.CancelTransfer: decide_cancel_transfer,
}
