"""Goods that came to a store for one customer: laid ready as they come, for whoever receives them has them at hand.

A fulfillment order that was opened since its transfer came, and that all of it came with, is picked, packed and laid
ready in one fact. What is taken from the store's own shelf, or is tracked by lot or serial number, waits for a person.
"""

from collections.abc import Iterable
from typing import Final

from orderline.core.context import Context
from orderline.core.fulfillments.decide import decide_pack, decide_pick
from orderline.core.orders.commands import Command, PackUnits, ParcelInput, PickUnits
from orderline.core.orders.guards import is_blocked
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.state import FulfillmentOrder, LineQuantity, Order
from orderline.core.pickups.commands import ReadyPickup
from orderline.core.pickups.decide import decide_ready
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.stock.lots import Tracking
from orderline.core.stock.state import Settings
from orderline.core.transfers.state import Transfer
from orderline.core.world import Draft, World
from orderline.values.failures import Refused
from orderline.values.ids import OrderId


class LayReady(RecordCommand, frozen=True, gc=False, kw_only=True, tag="lay_ready"):
    """What came with a transfer for an order lies ready for its customer. seed, code_hash: of the code, as for pickup."""

    transfer: str
    order: OrderId
    fulfillment: int
    seed: str
    code_hash: str

    def records(self) -> Iterable[RecordKey]:
        """The transfer."""
        return (("transfer", self.transfer),)

    def orders(self) -> Iterable[OrderId]:
        """The order."""
        return (self.order,)

    def skus_of_orders(self, world: World) -> Iterable[str]:
        """What is to be laid ready: it may be tracked."""
        order = world.orders.get(self.order)
        return [line.sku for line in order.lines] if order is not None else ()

    def inner(self, world: World) -> Iterable[Command]:
        """All that is done with the work."""
        return (
            PickUnits(order=self.order, fulfillment=self.fulfillment, lines=()),
            ReadyPickup(order=self.order, fulfillment=self.fulfillment),
        )


def decide_lay_ready(draft: Draft, command: LayReady, context: Context) -> None:
    """Refused NOTHING_TO_DO: there is no such work, not all of it came so, or a person has to say what is in it."""
    world = draft.world
    order, transfer = world.orders.get(command.order), world.records.get(("transfer", command.transfer))
    if order is None or order.closed_at is not None or not isinstance(transfer, Transfer):
        raise Refused(R.NOTHING_TO_DO, field="transfer", value=command.transfer)
    work = next((f for f in arrived_work(order, transfer, world.settings) if f.number == command.fulfillment), None)
    if work is None or any(_is_tracked(world, order, item.line) for item in work.items):
        raise Refused(R.NOTHING_TO_DO, field="fulfillment", value=command.fulfillment)
    lines = tuple(LineQuantity(item.line, item.units.allocated + item.units.released) for item in work.items)
    lines = tuple(each for each in lines if each.quantity)
    decide_pick(draft, PickUnits(order=order.id, fulfillment=work.number, lines=lines), context)
    parcel = ParcelInput(items=lines, ref=transfer.id)
    decide_pack(draft, PackUnits(order=order.id, fulfillment=work.number, parcels=(parcel,)), context)
    ready = ReadyPickup(order=order.id, fulfillment=work.number, seed=command.seed, code_hash=command.code_hash)
    decide_ready(draft, ready, context)


def arrived_work(order: Order, transfer: Transfer, settings: Settings) -> list[FulfillmentOrder]:
    """Fulfillment orders at the store that nobody has begun, and that all of it came for with this transfer."""
    store = settings.locations.get(transfer.target)
    if transfer.order != order.id or store is None or store.partner or not store.ready_on_arrival:
        return []
    since = transfer.receipts[0].at if transfer.receipts else None
    if since is None:
        return []
    came: dict[str, int] = {}
    for line in transfer.lines:
        came[line.sku] = came.get(line.sku, 0) + line.received
    opened = [
        each
        for each in order.fulfillments
        if each.location == store.code and each.opened_at >= since
        if order.group_of(each.group).pickup_location == store.code
    ]
    for each in opened:
        for sku, units in _units(order, each, begun=True).items():
            came[sku] = came.get(sku, 0) - units
    found: list[FulfillmentOrder] = []
    for each in opened:
        wanted = _units(order, each, begun=False)
        if not wanted or _units(order, each, begun=True) or _is_blocked(order, each):
            continue
        if all(came.get(sku, 0) >= units for sku, units in wanted.items()):
            came = {sku: units - wanted.get(sku, 0) for sku, units in came.items()}
            found.append(each)
    return found


def _units(order: Order, work: FulfillmentOrder, *, begun: bool) -> dict[str, int]:
    """Units of the work by SKU: those that somebody has begun with, or those that nobody has."""
    units: dict[str, int] = {}
    for item in work.items:
        line = order.line_of(item.line)
        waits = item.units.allocated + item.units.released
        quantity = item.units.total() - waits - item.units.canceled if begun else waits
        if line is not None and quantity:
            units[line.sku] = units.get(line.sku, 0) + quantity
    return units


def _is_blocked(order: Order, work: FulfillmentOrder) -> bool:
    return any(is_blocked(order, "release", item.line) for item in work.items)


def _is_tracked(world: World, order: Order, number: int) -> bool:
    line = order.line_of(number)
    sku = world.skus.get(line.sku) if line is not None else None
    return sku is not None and sku.tracking is not Tracking.NONE


RULES: Final = {LayReady: decide_lay_ready}
