"""Orders as routing takes them: their demand groups, with the units that wait for a location."""

from datetime import datetime

from orderline.core.orders.guards import is_blocked
from orderline.core.orders.state import AgreedLine, DemandGroup, Order
from orderline.core.promises.keeping import promised_latest
from orderline.core.routing.model import Cause, RoutableLine, RoutableOrder
from orderline.values.geo import locate


def routable_orders(order: Order) -> list[RoutableOrder]:
    """The demand groups of an order with units that wait for a location."""
    routable: list[RoutableOrder] = []
    for group in order.agreement.groups:
        lines = tuple(
            RoutableLine(
                line.line,
                line.sku,
                sum(share.quantity for share in line.claims) + line.units.unplanned,
                tuple((share.pool, share.quantity) for share in line.claims),
                line.excluded,
                _value_of(order, line.line),
                custom=_agreed(order, line.line).custom,
            )
            for line in order.lines
            if line.group == group.group
            and (line.claims or (group.ship_complete and line.units.unplanned))
            and not is_blocked(order, "allocate", line.line)
        )
        if any(line.pools for line in lines):
            found = locate(group.place)
            routable.append(
                RoutableOrder(
                    order_id=order.id,
                    group=group.group,
                    lines=lines,
                    place=group.place,
                    placed_at=order.placed_at,
                    destination=found.coordinates if found is not None else None,
                    ship_complete=group.ship_complete,
                    priority=order.priority,
                    promised_by=_promised_by(order, group),
                    pickup_location=group.pickup_location,
                    method=group.method,
                    cause=Cause.REJECT if any(line.excluded for line in lines) else Cause.ACCEPT,
                    channel=order.channel,
                    currency=order.currency,
                    tags=order.tags,
                    custom=order.custom,
                )
            )
    return routable


def _agreed(order: Order, line: int) -> AgreedLine:
    return next(each for each in order.agreement.lines if each.line == line)


def _value_of(order: Order, line: int) -> int:
    """What one unit of a line was sold for."""
    agreed = _agreed(order, line)
    return max(0, agreed.total_minor // max(1, agreed.quantity))


def _promised_by(order: Order, group: DemandGroup) -> datetime | None:
    """The stricter of what the channel has promised and what we have."""
    known = [at for at in (group.promised_by, promised_latest(order, group.group)) if at is not None]
    return min(known, default=None)
