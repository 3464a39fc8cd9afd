"""Rules of orphans: taken in, told apart, matched to an order, or disposed of."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from orderline.core.context import Context
from orderline.core.moves import StockBucket
from orderline.core.orders.guards import check_attachments, check_text, known_order, occurred
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.orders.state import Order
from orderline.core.returns import commands as c
from orderline.core.returns import orphan_commands as o
from orderline.core.returns.decide import MOST_LINES
from orderline.core.returns.orphans import (
    KIND,
    MATCH,
    ORPHAN,
    SUPPORT,
    Orphan,
    OrphanDisposed,
    OrphanIdentified,
    OrphanItem,
    OrphanMatch,
    OrphanMatched,
    OrphanOverdue,
    OrphanReceived,
    OrphanState,
    OrphanUnits,
)
from orderline.core.returns.orphans import OrphanRefusal as R
from orderline.core.returns.receiving import matched, receive
from orderline.core.returns.refusals import ReturnRefusal
from orderline.core.returns.shelves import ARRIVAL, SHELF_OF, post_goods
from orderline.core.returns.state import Disposition
from orderline.core.returns.steps import stocked_line
from orderline.core.stock.checks import check_code, check_location, check_stocked
from orderline.core.stock.lot_rules import check_moving
from orderline.core.stock.lots import LotUnits, first_of
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.quantity import check_quantity

LONGEST_NAME: Final = 80  # receipts are called after it
MOST_PHOTOS: Final = 20
_CAME: Final = (StockBucket.CUSTOMER, ARRIVAL)
_WENT: Final = (ARRIVAL, StockBucket.CUSTOMER)
# What stays in quality control would be there of nobody.
_MAY_BECOME: Final = [each for each in Disposition if SHELF_OF[each] is not ARRIVAL]


def orphan_cause(orphan: str) -> str:
    """What the ledger of stock says of moves of orphans."""
    return f"{KIND}:{orphan}"


def decide_receive_orphan(draft: Draft, command: o.ReceiveOrphan, context: Context) -> None:
    """Refused ORPHAN_EXISTS: the name is taken. ORPHAN_QUANTITY: no item, or too many. SKU_UNKNOWN, LOTS_REQUIRED."""
    check_text(check_code(command.orphan, "orphan"), "orphan", LONGEST_NAME)
    if (KIND, command.orphan) in draft.world.records:
        raise Refused(R.ORPHAN_EXISTS, field="orphan", value=command.orphan)
    check_location(draft.world, command.location)
    at = occurred(command.occurred_at, context)
    if not 0 < len(command.items) <= MOST_LINES:
        raise Refused(R.ORPHAN_QUANTITY, field="items", value=len(command.items), allowed=f"1 to {MOST_LINES} items")
    items: list[OrphanItem] = []
    for index, each in enumerate(command.items):
        field = f"items[{index}]"
        quantity = check_quantity(each.quantity, field=f"{field}.quantity")
        lots: tuple[LotUnits, ...] = ()
        if each.sku:
            lots = _shelve(draft, command.orphan, each.sku, command.location, each.lots, quantity, at, context, field)
        items.append(
            OrphanItem(
                item=index + 1,
                quantity=quantity,
                sku=each.sku,
                lots=lots,
                grade=each.grade,
                note=check_text(each.note, f"{field}.note", 2_000),
                photos=check_attachments(each.photos),
            )
        )
    keep_until = context.now + timedelta(days=command.keep_days)
    orphan = Orphan(
        id=command.orphan,
        location=command.location,
        state=OrphanState.WAITING,
        items=tuple(items),
        received_at=at,
        received_by=context.actor.name,
        keep_until=keep_until,
        next_step=MATCH,
        owner=SUPPORT,
        due_at=keep_until,
        carrier=check_text(command.carrier, "carrier", 60),
        tracking_number=check_text(command.tracking_number, "tracking_number", 100),
        reference=check_text(command.reference, "reference", 200),
        note=check_text(command.note, "note", 2_000),
        photos=check_attachments(command.photos),
    )
    draft.tell_record(ORPHAN, orphan.id, OrphanReceived(orphan=orphan))


def decide_identify(draft: Draft, command: o.IdentifyOrphan, context: Context) -> None:
    """Refused ORPHAN_SKU: it is known what the item is. SKU_UNKNOWN, LOTS_REQUIRED."""
    orphan = _waiting(draft, command.orphan)
    item = _item(orphan, command.item, "item")
    if item.sku or item.left != item.quantity:
        raise Refused(R.ORPHAN_SKU, field="item", value=item.item, sku=item.sku)
    lots = _shelve(
        draft, orphan.id, command.sku, orphan.location, command.of_lots, item.quantity, context.now, context, ""
    )
    draft.tell_record(ORPHAN, orphan.id, OrphanIdentified(item=item.item, sku=command.sku, lots=lots))


def decide_match(draft: Draft, command: o.MatchOrphan, context: Context) -> None:
    """The goods leave as those of nobody, and are received for the order, in one.

    Refused ORPHAN_SKU: nobody has told what an item is, or it is not what the line is of. ORPHAN_QUANTITY: fewer are left.
    RETURN_QUANTITY: the customer does not have so many. RETURN_DISPOSITION: they are not in quality control any more.
    """
    orphan = _waiting(draft, command.orphan)
    order = known_order(draft.world, command)
    if not 0 < len(command.items) <= MOST_LINES:
        raise Refused(R.ORPHAN_QUANTITY, field="items", value=len(command.items), allowed=f"1 to {MOST_LINES} items")
    taken: dict[int, int] = {}
    came: list[c.ReceivedItemInput] = []
    found: list[tuple[o.MatchedInput, int, tuple[LotUnits, ...]]] = []
    for index, each in enumerate(command.items):
        field = f"items[{index}]"
        item = _item(orphan, each.item, f"{field}.item")
        if item.item in taken:
            raise Refused(R.ORPHAN_ITEM, field=f"{field}.item", value=item.item, allowed="each item once")
        line, _ = stocked_line(order, each.line, field)
        if line.sku != item.sku:
            raise Refused(R.ORPHAN_SKU, field=f"{field}.line", value=each.line, sku=item.sku, allowed=line.sku)
        quantity = _units(item, each.quantity, f"{field}.quantity")
        taken[item.item] = quantity
        lots = _unshelve(draft, orphan, item, each.lots, quantity, _WENT, context, field)
        found.append((each, quantity, lots))
        came.append(
            c.ReceivedItemInput(
                line=each.line, quantity=quantity, grade=item.grade, reason=each.reason, lots=lots, note=item.note,
                photos=(*item.photos, *orphan.photos)[:MOST_PHOTOS],
            )
        )  # fmt: skip
    received = c.ReceiveReturn(
        order=order.id, receipt=f"{KIND}:{orphan.id}:{len(orphan.matches) + 1}", location=orphan.location,
        number=command.number, items=_named(order, command.number, came), policy=command.policy,
    )  # fmt: skip
    number = matched(order, received).number or len(order.returns) + 1
    told = tuple(
        OrphanMatch(
            order=order.id, order_number=order.number, returned=number, item=each.item, line=each.line,
            quantity=quantity, at=context.now, by=context.actor.name, lots=lots,
        )
        for each, quantity, lots in found
    )  # fmt: skip
    draft.tell_record(ORPHAN, orphan.id, OrphanMatched(matches=told))
    receive(draft, received, context, orphan.received_at)


def decide_dispose_orphan(draft: Draft, command: o.DisposeOrphan, context: Context) -> None:
    """Refused ORPHAN_KEPT: their time is not over. RETURN_DISPOSITION: they can't stay, or are not there any more."""
    orphan = _waiting(draft, command.orphan)
    reason = check_text(command.reason, "reason", 500, required=True)
    if context.now < orphan.keep_until:
        raise Refused(R.ORPHAN_KEPT, field="orphan", value=orphan.id, until=orphan.keep_until)
    if command.disposition not in _MAY_BECOME:
        raise Refused(
            ReturnRefusal.RETURN_DISPOSITION, field="disposition", value=command.disposition, allowed=_MAY_BECOME
        )
    asked = [(each.item, each.quantity) for each in command.items] or [
        (each.item, each.left) for each in orphan.items if each.left
    ]
    way = (ARRIVAL, SHELF_OF[command.disposition])
    units: list[OrphanUnits] = []
    for index, (number, quantity) in enumerate(asked):
        field = f"items[{index}]"
        item = _item(orphan, number, f"{field}.item")
        if any(each.item == number for each in units):
            raise Refused(R.ORPHAN_ITEM, field=f"{field}.item", value=number, allowed="each item once")
        left = _units(item, quantity, f"{field}.quantity")
        lots = _unshelve(draft, orphan, item, (), left, way, context, field) if item.sku else ()
        units.append(OrphanUnits(item=number, quantity=left, lots=lots))
    draft.tell_record(
        ORPHAN,
        orphan.id,
        OrphanDisposed(
            units=tuple(units), disposition=command.disposition, reason=reason, at=context.now, by=context.actor.name
        ),
    )


def decide_orphan_due(draft: Draft, command: o.OrphanDue, context: Context) -> None:
    """Refused NOTHING_TO_DO: their order was found, or they are gone."""
    orphan = draft.world.records.get((KIND, command.orphan))
    waits = isinstance(orphan, Orphan) and orphan.state is OrphanState.WAITING and not orphan.overdue
    if not waits or not isinstance(orphan, Orphan) or orphan.keep_until != command.due_at:
        raise Refused(OrderRefusal.NOTHING_TO_DO, field="orphan", value=command.orphan)
    draft.tell_record(ORPHAN, orphan.id, OrphanOverdue(at=context.now))


def _waiting(draft: Draft, name: str) -> Orphan:
    orphan = draft.world.records.get((KIND, name))
    if not isinstance(orphan, Orphan):
        raise Refused(R.ORPHAN_UNKNOWN, field="orphan", value=name[:100])
    if orphan.state is not OrphanState.WAITING:
        raise Refused(R.ORPHAN_STATE, field="orphan", value=name, state=orphan.state, allowed=OrphanState.WAITING)
    return orphan


def _item(orphan: Orphan, number: int, field: str) -> OrphanItem:
    item = orphan.item_of(number)
    if item is None:
        raise Refused(R.ORPHAN_ITEM, field=field, value=number, allowed=[each.item for each in orphan.items])
    return item


def _units(item: OrphanItem, asked: int | None, field: str) -> int:
    quantity = item.left if asked is None else asked
    if not 0 < quantity <= item.left:
        raise Refused(R.ORPHAN_QUANTITY, field=field, value=quantity, available=item.left)
    return quantity


def _named(order: Order, number: int, came: Sequence[c.ReceivedItemInput]) -> tuple[c.ReceivedItemInput, ...]:
    """What came, by the items of the return that is named; nothing is changed where none is."""
    if not 0 < number <= len(order.returns):
        return tuple(came)
    left = list(order.returns[number - 1].items)
    found: list[c.ReceivedItemInput] = []
    for each in came:
        item = next((i for i in left if i.line == each.line and i.quantity >= each.quantity), None)
        if item is not None:
            left.remove(item)
        found.append(
            c.ReceivedItemInput(
                item=item.item if item is not None else 0, quantity=each.quantity, grade=each.grade,
                reason=each.reason, lots=each.lots, note=each.note, photos=each.photos,
            )
        )  # fmt: skip
    return tuple(found)


def _shelve(
    draft: Draft,
    orphan: str,
    sku: str,
    location: str,
    named: Sequence[LotUnits],
    quantity: int,
    at: datetime,
    context: Context,
    field: str,
) -> tuple[LotUnits, ...]:
    """Put goods where they are looked at; the lots that they are of, where it is told."""
    check_stocked(draft.world, sku, f"{field}.sku".removeprefix("."))
    lots = check_moving(draft, sku, location, named, quantity, _CAME, context, f"{field}.lots".removeprefix("."))
    post_goods(draft, sku, location, _CAME, lots, at, orphan_cause(orphan))
    return tuple(each for each in lots if each.lot)


def _unshelve(
    draft: Draft,
    orphan: Orphan,
    item: OrphanItem,
    named: Sequence[LotUnits],
    quantity: int,
    way: tuple[StockBucket, StockBucket],
    context: Context,
    field: str,
) -> tuple[LotUnits, ...]:
    """Take goods from where they were looked at."""
    available = draft.world.level(item.sku, orphan.location).quality_control
    if quantity > available:
        raise Refused(
            ReturnRefusal.RETURN_DISPOSITION, field=f"{field}.quantity", value=quantity, sku=item.sku,
            available=available,
        )  # fmt: skip
    own = {each.lot: each.quantity for each in item.lots}
    strange = [each.lot for each in named if each.quantity > own.get(each.lot, 0)]
    if strange and own:
        raise Refused(R.ORPHAN_QUANTITY, field=f"{field}.lots", value=strange[0], allowed=sorted(own))
    wanted = tuple(named) or first_of(item.lots, quantity)
    lots = check_moving(draft, item.sku, orphan.location, wanted, quantity, way, context, f"{field}.lots", assumes=True)
    post_goods(draft, item.sku, orphan.location, way, lots, context.now, orphan_cause(orphan.id))
    return tuple(each for each in lots if each.lot)


RULES: Final = {
    o.ReceiveOrphan: decide_receive_orphan,
    o.IdentifyOrphan: decide_identify,
    o.MatchOrphan: decide_match,
    o.DisposeOrphan: decide_dispose_orphan,
    o.OrphanDue: decide_orphan_due,
}
