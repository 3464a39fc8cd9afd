"""Ship to store: units of an order go to the store at which they are collected, and wait for that transfer alone.

The claim of the units becomes a transfer that is approved at once, and its dated supply at the store is theirs: whatever
then happens to it (late, short, lost, canceled) happens to them by the rules of dated supply. Source: domain model 4.1.
"""

from typing import Final

from orderline.core.context import Context
from orderline.core.moves import Bucket, Move
from orderline.core.orders.events import MovedItem, UnitsMoved
from orderline.core.orders.guards import check_blocked, check_line
from orderline.core.orders.reclaim import count_backorders
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.orders.state import STOCKED, Order
from orderline.core.promises.keeping import promise_lines
from orderline.core.supply.rows import ALL, find, row_id
from orderline.core.tenders.sums import is_releasable
from orderline.core.transfers.commands import (
    ApproveTransfer,
    CancelTransfer,
    CreateTransfer,
    RecallTransfer,
    SendToStore,
    TransferLineInput,
)
from orderline.core.transfers.decide import decide_approve_transfer, decide_cancel_transfer, plan_transfer
from orderline.core.transfers.state import Transfer, TransferState
from orderline.core.world import Draft, World
from orderline.values.failures import Refused
from orderline.values.quantity import check_quantity

NOT_WANTED: Final = "its customer does not want it any more"


def decide_send_to_store(draft: Draft, command: SendToStore, context: Context) -> None:
    """Refused BLOCKED_BY_HOLD, NOT_PAID, NOT_PICKED_UP_HERE: the group is not collected anywhere.

    Refused ROUTE_LOST_RACE: the units are not claimed, or not waiting, as was said. TRANSFER_NOT_COVERED, TRANSFER_EXISTS.
    """
    world = draft.world
    order = world.orders.get(command.order)
    if order is None:
        raise Refused(OrderRefusal.ORDER_UNKNOWN, field="order", value=str(command.order))
    if order.closed_at is not None:
        raise Refused(OrderRefusal.ORDER_CLOSED, value=order.number, closed_at=order.closed_at)
    check_blocked(order, "allocate", {each.line for each in command.lines})
    if not is_releasable(order):
        raise Refused(OrderRefusal.NOT_PAID, value=order.number, unblock="finance")
    target = command.target(world)
    if not target:
        raise Refused(OrderRefusal.NOT_PICKED_UP_HERE, field="group", value=command.group)
    units = _free_units(draft, order, command, context)
    planned = CreateTransfer(
        transfer=command.transfer,
        source=command.source,
        target=target,
        lines=tuple(TransferLineInput(sku, quantity) for sku, quantity in units.items()),
        due_at=command.due_at,
        slack_days=command.slack_days,
        confidence_ppm=ALL,
    )
    plan_transfer(draft, planned, context, order=order)
    decide_approve_transfer(draft, ApproveTransfer(transfer=command.transfer), context)
    pool = world.settings.locations[target].pool
    numbers = {sku: number for number, sku in enumerate(units, 1)}
    pegged: list[MovedItem] = []
    for each in command.lines:
        sku = check_line(order, each.line).sku
        row = find(world.supply_of(sku, pool), row_id("transfer", command.transfer, numbers[sku]))
        assert row is not None, "an approved transfer is dated supply"
        item = MovedItem(
            each.line, Bucket.UNPLANNED, Bucket.PEGGED, each.quantity, pool, supply=row.id, promised_at=row.ready_at
        )
        pegged.append(item)
    draft.tell(order.id, UnitsMoved(move=Move.PEG, items=tuple(pegged), at=context.now))
    count_backorders(draft, order, context)
    if command.promises:
        current = world.order(order.id)
        source = f"transfer {command.transfer}"
        promise_lines(draft, current, command.promises, context, policy=command.policy, source=source)


def decide_recall(draft: Draft, command: RecallTransfer, context: Context) -> None:
    """Refused NOTHING_TO_DO: it is for no order, has left its shelf, or somebody waits for some of it."""
    transfer = draft.world.records.get(("transfer", command.transfer))
    if (
        not isinstance(transfer, Transfer)
        or transfer.order is None
        or transfer.state is not TransferState.APPROVED
        or any(_awaited(draft.world, transfer, line.line, line.sku) for line in transfer.lines)
    ):
        raise Refused(OrderRefusal.NOTHING_TO_DO, field="transfer", value=command.transfer[:100])
    decide_cancel_transfer(draft, CancelTransfer(transfer=transfer.id, reason=NOT_WANTED), context)


def _free_units(draft: Draft, order: Order, command: SendToStore, context: Context) -> dict[str, int]:
    """Bring the units to `unplanned`; returns how many there are of each SKU."""
    units: dict[str, int] = {}
    freed: list[MovedItem] = []
    waiting: dict[int, int] = {}
    claimed: dict[tuple[int, str], int] = {}
    for index, each in enumerate(command.lines):
        field = f"lines[{index}]"
        line = check_line(order, each.line)
        check_quantity(each.quantity, field=f"{field}.quantity")
        if line.group != command.group or line.kind not in STOCKED:
            raise Refused(OrderRefusal.GROUP_UNKNOWN, field=f"{field}.line", value=each.line, allowed=command.group)
        if each.pool:
            key = (each.line, each.pool)
            claimed[key] = claimed.get(key, 0) + each.quantity
            have = sum(share.quantity for share in line.claims if share.pool == each.pool)
            lacks = claimed[key] > have
            freed.append(MovedItem(each.line, Bucket.POOLED, Bucket.UNPLANNED, each.quantity, each.pool))
        else:
            waiting[each.line] = waiting.get(each.line, 0) + each.quantity
            lacks = waiting[each.line] > line.units.unplanned
        if lacks:
            raise Refused(OrderRefusal.ROUTE_LOST_RACE, field=f"{field}.quantity", value=each.quantity, line=each.line)
        units[line.sku] = units.get(line.sku, 0) + each.quantity
    if freed:
        draft.tell(order.id, UnitsMoved(move=Move.UNRESERVE, items=tuple(freed), at=context.now))
    return units


def _awaited(world: World, transfer: Transfer, number: int, sku: str) -> int:
    row = find(world.supply_of(sku, transfer.pool), row_id("transfer", transfer.id, number))
    return row.awaited if row is not None else 0


RULES: Final = {SendToStore: decide_send_to_store, RecallTransfer: decide_recall}
