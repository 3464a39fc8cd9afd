"""Change how a group is delivered: an amendment of the agreement, and new claims for its units."""

from typing import Final

import msgspec

from orderline.core.context import Context
from orderline.core.decisions.refusals import DecisionRefusal
from orderline.core.moves import Bucket, Move
from orderline.core.orders.agreed_events import OrderAmended
from orderline.core.orders.claims import pools_of
from orderline.core.orders.delivery import ChangeDelivery
from orderline.core.orders.events import MovedItem, Person, UnitsMoved
from orderline.core.orders.guards import ongoing_order
from orderline.core.orders.reclaim import count_backorders, room_for
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.settle import settle
from orderline.core.orders.state import (
    STOCKED,
    AgreedLine,
    Agreement,
    DemandGroup,
    Line,
    LineKind,
    Order,
    Part,
    derived_id,
)
from orderline.core.world import Draft
from orderline.values.address import check_address
from orderline.values.failures import Refused
from orderline.values.ids import PersonToken

_RECIPIENTS: Final = 1 << 13  # persons of an order above this number came in with an amendment
_FREE: Final = (Bucket.UNPLANNED, Bucket.POOLED, Bucket.CANCELED)


def decide_change_delivery(draft: Draft, command: ChangeDelivery, context: Context, *, probe: bool = False) -> None:
    """Another store, an address, or not all at once. probe: see whether it could be done, whatever the address is.

    Refused GROUP_UNKNOWN, PICKUP_LOCATION_UNKNOWN, ADDRESS_MISSING; NOTHING_TO_DO: it is agreed so.
    Refused DELIVERY_STARTED: units of the group are pegged, at a location, or gone.
    Refused STOCK_NOT_AVAILABLE: fewer units can be had there than the group needs.
    """
    order = ongoing_order(draft.world, command)
    group = next((each for each in order.agreement.groups if each.group == command.group), None)
    if group is None:
        allowed = [each.group for each in order.agreement.groups]
        raise Refused(R.GROUP_UNKNOWN, field="group", value=command.group, allowed=allowed)
    if command.to_address and command.address is None and not probe:
        raise Refused(R.ADDRESS_MISSING, field="address", value="")
    changed = _changed(draft, order, group, command)
    if changed == group:
        raise Refused(R.NOTHING_TO_DO, field="group", value=group.group)
    moves = changed.pickup_location != group.pickup_location or changed.recipient != group.recipient
    lines = [line for line in order.lines if line.group == group.group and line.kind in STOCKED]
    if moves:
        _check_free(lines)
        _give_back(draft, order, lines, context)
    draft.tell(order.id, OrderAmended(_amended(order, changed, context)))
    if moves:
        _claim_again(draft, order, changed, lines, context)
    count_backorders(draft, order, context)
    settle(draft, order.id, context)


def _changed(draft: Draft, order: Order, group: DemandGroup, command: ChangeDelivery) -> DemandGroup:
    replace = msgspec.structs.replace
    if command.ship_complete is not None:
        group = replace(group, ship_complete=command.ship_complete)
    if command.pickup_location is not None:
        location = draft.world.settings.locations.get(command.pickup_location)
        if location is None or not location.pickup or not location.active:
            raise Refused(R.PICKUP_LOCATION_UNKNOWN, field="pickup_location", value=command.pickup_location)
        return replace(group, pickup_location=location.code, place=location.place)
    if command.address is None and not command.to_address:
        return group
    token = PersonToken(derived_id(order.id, Part.PERSON, _RECIPIENTS + len(order.agreements)))
    if command.address is None:
        return replace(group, pickup_location=None, recipient=token)
    address = check_address(command.address)
    draft.keep(Person(token=token, name=address.name, phone=address.phone, address=address))
    return replace(group, pickup_location=None, recipient=token, place=address.place())


def _check_free(lines: list[Line]) -> None:
    for line in lines:
        free = sum(line.units.of(bucket) for bucket in _FREE)
        if free < line.units.total():
            begun = line.units.total() - free
            raise Refused(DecisionRefusal.DELIVERY_STARTED, field="group", value=line.line, units=begun)


def _give_back(draft: Draft, order: Order, lines: list[Line], context: Context) -> None:
    items = tuple(
        MovedItem(line.line, Bucket.POOLED, Bucket.UNPLANNED, share.quantity, share.pool)
        for line in lines
        for share in line.claims
    )
    if items:
        draft.tell(order.id, UnitsMoved(move=Move.UNRESERVE, items=items, at=context.now))


def _amended(order: Order, changed: DemandGroup, context: Context) -> Agreement:
    def line_of(line: AgreedLine) -> AgreedLine:
        if line.group != changed.group or line.kind not in STOCKED:
            return line
        kind = LineKind.SHIP if changed.pickup_location is None else LineKind.PICKUP
        return msgspec.structs.replace(line, kind=kind)

    before = order.agreement
    return msgspec.structs.replace(
        before,
        number=before.number + 1,
        agreed_at=context.now,
        lines=tuple(line_of(line) for line in before.lines),
        groups=tuple(changed if each.group == changed.group else each for each in before.groups),
    )


def _claim_again(draft: Draft, order: Order, group: DemandGroup, lines: list[Line], context: Context) -> None:
    world = draft.world
    for before in lines:
        current = world.order(order.id)
        line = current.line_of(before.line)
        assert line is not None
        left = line.units.unplanned
        for pool in pools_of(world, world.settings.channels[order.channel], order.is_test, group):
            units = min(left, room_for(world, current, line, pool))
            if units > 0:
                item = MovedItem(line.line, Bucket.UNPLANNED, Bucket.POOLED, units, pool)
                draft.tell(order.id, UnitsMoved(move=Move.RESERVE, items=(item,), at=context.now))
                left -= units
        if left:
            available = line.units.unplanned - left
            raise Refused(
                R.STOCK_NOT_AVAILABLE, field="group", value=line.units.unplanned, sku=line.sku, available=available
            )
