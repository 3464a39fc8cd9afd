"""When units will be there: those of a routing decision, promised with the route, and those that wait for supply."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from orderline.core.orders.promised import LineWindowInput
from orderline.core.orders.state import Order
from orderline.core.promises.network import Network
from orderline.core.promises.timing import offers, pickup_offer
from orderline.core.promises.ways import Load, ServiceOffer
from orderline.core.routing.model import Decision, RoutableOrder
from orderline.core.supply.rows import SupplyRow


def windows_of(
    order: RoutableOrder, decision: Decision, network: Network, now: datetime
) -> tuple[LineWindowInput, ...]:
    """One window per line that the decision serves, from its first unit to its last; none where none is offered."""
    weights = {line.line: line.weight_g for line in order.lines}
    by_location: dict[str, list[tuple[int, int]]] = {}
    for each in decision.allotments:
        by_location.setdefault(each.location, []).append((each.line, each.quantity))
    chosen: dict[str, ServiceOffer] = {}
    for code, items in by_location.items():
        load = Load(sum(weights[line] * units for line, units in items), sum(units for _, units in items))
        offer = chosen_offer(order, code, load, network, now)
        if offer is not None:
            chosen[code] = offer
    windows: list[LineWindowInput] = []
    for line in order.lines:
        serving = [chosen[e.location] for e in decision.allotments if e.line == line.line and e.location in chosen]
        if serving:
            windows.append(_window(line.line, serving))
    return tuple(windows)


def chosen_offer(
    order: RoutableOrder, location: str, load: Load, network: Network, now: datetime
) -> ServiceOffer | None:
    """The service that a location will use: the cheapest that keeps the promise; if none does, the fastest."""
    if order.pickup_location is not None:
        return pickup_offer(location, load, now, network)
    return _best(offers(location, order.place, load, now, network, order.method), order.promised_by)


def arrivals_of(
    order: Order,
    lines: Collection[int],
    rows: Mapping[str, SupplyRow],
    weights: Mapping[str, int],
    network: Network,
    now: datetime,
) -> tuple[LineWindowInput, ...]:
    """When units that wait for dated supply will be there: ready where it comes to, then as sent from stock there.

    rows: of dated supply, by id. weights: grams of a unit, by SKU. None for lines where nothing goes there.
    """
    windows: list[LineWindowInput] = []
    for line in order.lines:
        if line.line not in lines:
            continue
        group = order.group_of(line.group)
        by = next((each.window.latest_at for each in order.promises if each.line == line.line), None)
        waiting: list[tuple[ServiceOffer, str]] = []
        for share in line.pegs:
            row = rows.get(share.supply)
            if row is None:
                continue
            load = Load(weights.get(line.sku, 0) * share.quantity, share.quantity)
            at = max(now, row.ready_at)
            if group.pickup_location is not None:
                found = pickup_offer(group.pickup_location, load, at, network)
            else:
                found = _best(offers(row.location, group.place, load, at, network, group.method), by)
            if found is not None:
                waiting.append((found, row.id))
        if waiting:
            last = max(waiting, key=lambda each: each[0].latest_at)[1]
            windows.append(replace(_window(line.line, [offer for offer, _ in waiting]), supply=last))
    return tuple(windows)


def _best(found: Sequence[ServiceOffer], by: datetime | None) -> ServiceOffer | None:
    """The cheapest that keeps the promise; if none does, the fastest."""
    on_time = [each for each in found if by is None or each.latest_at <= by]
    return min(on_time or found[:1], key=lambda each: (each.cost_minor, each.latest_at), default=None)


def _window(line: int, serving: list[ServiceOffer]) -> LineWindowInput:
    return LineWindowInput(
        line=line,
        earliest_at=min(each.earliest_at for each in serving),
        latest_at=max(each.latest_at for each in serving),
        handover_at=max(each.handover_at for each in serving),
        locations=tuple(dict.fromkeys(each.location for each in serving)),
        services=tuple(dict.fromkeys(f"{each.carrier} {each.service}" for each in serving)),
    )
