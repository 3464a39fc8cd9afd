"""What can be promised for a cart: the router's own choice, timed by the network, as options to choose from.

There is no second rule of routing here. For each delivery method the cart is routed as an order would be: as it is, and
once more with the earliest date that any location could keep, which is what routing does with an order promised so.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from orderline.core.promises.for_routing import routing_offers
from orderline.core.promises.model import (
    Cart,
    CartLine,
    Expected,
    Option,
    Part,
    PartItem,
)
from orderline.core.promises.network import Network
from orderline.core.promises.options import part_of, part_order, told, windows_of_cart
from orderline.core.promises.store_legs import leg_steps, store_leg
from orderline.core.promises.timing import board_of, booked_hours, offers, pickup_offer
from orderline.core.promises.ways import Load, ServiceOffer
from orderline.core.routing.model import Decision, RoutableLine, RoutableOrder, Snapshot
from orderline.core.routing.policy import DEFAULT_POLICY
from orderline.core.routing.route import route
from orderline.core.routing.scoped import Live, policy_for
from orderline.core.routing.terrain import shelves_of
from orderline.values.geo import locate
from orderline.values.ids import OrderId

PICKUP: Final = "pickup"
NOBODY: Final = OrderId(UUID(int=0))


def promise(
    cart: Cart,
    snapshot: Snapshot,
    network: Network,
    now: datetime,
    live: Sequence[Live] = (),
    *,
    atp: Mapping[tuple[str, str], int],
    expected: Sequence[Expected] = (),
) -> tuple[Option, ...]:
    """The options for a cart, those that are best at something first, each way once.

    live: the policies of routing that hold; those in whose scope the cart is not go by the default one. atp: units that
    may be promised now, by (SKU, pool). expected: supply to come, for what may not be; the earliest is taken first.
    """
    asked = _Asked(cart, snapshot, network, now, live, atp, expected)
    found: list[Option] = []
    for method in _methods(cart, network):
        found += asked.by_method(method)
    found += [option for location in cart.pickup for option in asked.by_pickup(location)]
    return told(found)


def claims_for(
    lines: Iterable[CartLine], pools: Sequence[str], atp: Mapping[tuple[str, str], int]
) -> list[tuple[CartLine, tuple[tuple[str, int], ...]]]:
    """What an order of these lines would claim: pools in their order, earlier lines first, as orders are accepted."""
    taken: dict[tuple[str, str], int] = {}
    claimed: list[tuple[CartLine, tuple[tuple[str, int], ...]]] = []
    for line in lines:
        left = line.quantity
        shares: list[tuple[str, int]] = []
        for pool in pools:
            key = (line.sku, pool)
            units = min(left, atp.get(key, 0) - taken.get(key, 0))
            if units > 0:
                shares.append((pool, units))
                taken[key] = taken.get(key, 0) + units
                left -= units
        claimed.append((line, tuple(shares)))
    return claimed


class _Way(NamedTuple):
    """A decision of the router with the service that each of its locations would use."""

    decision: Decision | None
    parts: tuple[Part, ...]


class _Asked:
    """One question, with what all its options share."""

    def __init__(
        self,
        cart: Cart,
        snapshot: Snapshot,
        network: Network,
        now: datetime,
        live: Sequence[Live],
        atp: Mapping[tuple[str, str], int],
        expected: Sequence[Expected],
    ) -> None:
        self.cart = cart
        # The router counts with the same offers: what it finds feasible is what is promised.
        self.snapshot = msgspec.structs.replace(snapshot, offers=routing_offers(network, now))
        self.network = network
        self.now = now
        self.live = live
        self.atp = atp
        self.expected = sorted(expected, key=lambda each: (each.due_at, each.row))
        self.stocked = [line for line in cart.lines if line.stocked]
        located = locate(cart.place)
        self.destination = located.coordinates if located is not None else None
        weight_g = sum(line.weight_g * line.quantity for line in self.stocked)
        self.load = Load(weight_g, sum(line.quantity for line in self.stocked))

    def by_method(self, method: str) -> list[Option]:
        """The router's own way, and a faster one where there is any."""

        def offered(location: str, load: Load, at: datetime) -> ServiceOffer | None:
            found = offers(location, self.cart.place, load, at, self.network, method)
            return min(found, key=lambda each: (each.cost_minor, each.latest_at), default=None)

        own = self._route(method, self.cart.pools, None, None, offered)
        options = [self._option(method, own)]
        earliest = self._earliest_possible(method, own)
        latest = options[0].latest_at
        if earliest is not None and latest is not None and earliest < latest:
            until = earliest

            def faster(location: str, load: Load, at: datetime) -> ServiceOffer | None:
                found = offers(location, self.cart.place, load, at, self.network, method)
                on_time = [each for each in found if each.latest_at <= until] or found[:1]
                return min(on_time, key=lambda each: (each.cost_minor, each.latest_at), default=None)

            way = self._route(method, self.cart.pools, None, earliest, faster)
            option = self._option(method, way)
            if option.latest_at is not None and option.latest_at < latest:
                options.append(option)
        return options

    def by_pickup(self, location: str) -> list[Option]:
        """What can be collected at a location, when it is ready; none where nothing can."""
        site = self.snapshot.locations.get(location)
        if site is None or not site.pickup or not self.stocked:
            return []

        def offered(code: str, load: Load, at: datetime) -> ServiceOffer | None:
            return pickup_offer(code, load, at, self.network)

        way = self._route(PICKUP, (site.pool,), location, None, offered)
        supplied = self.cart.supplied_from.get(location, ())
        if supplied:
            way = self._sent_there(location, supplied, way)
        option = self._option(PICKUP, way)
        return [msgspec.structs.replace(option, pickup_location=location)] if way.parts else []

    def _sent_there(self, store: str, pools: Sequence[str], way: _Way) -> _Way:
        """What the store has, and what is sent there from pools that supply it."""
        place = self.network.rules.sites[store].place
        located = locate(place)
        short = self._short(way)
        claimed = claims_for(
            [msgspec.structs.replace(line, quantity=units) for line, units in zip(self.stocked, short, strict=True)],
            pools,
            self.atp,
        )
        lines = tuple(
            RoutableLine(number, line.sku, line.quantity, shares, weight_g=line.weight_g)
            for number, (line, shares) in enumerate(claimed, 1)
            if shares
        )
        if not lines:
            return way
        order = RoutableOrder(
            order_id=NOBODY,
            group=1,
            lines=lines,
            place=place,
            placed_at=self.now,
            destination=located.coordinates if located is not None else None,
            ship_complete=self.cart.ship_complete,
            priority=self.cart.priority,
            channel=self.cart.channel,
            currency=self.network.rules.currency,
        )
        decision = self._decide(order)
        parts = list(way.parts)
        for source, items in self._items_of(decision).items():
            found = store_leg(source, store, self._load_of(items), self.now, self.network)
            if found is not None:
                steps_there = {"via": store, "steps": leg_steps(found), "earliest_at": found.counter.earliest_at}
                part = part_of(found.leg, tuple(items))
                part = msgspec.structs.replace(part, latest_at=found.counter.latest_at, **steps_there)
                parts.append(self._booked(part, self.now))
        return _Way(way.decision or decision, tuple(sorted(parts, key=part_order)))

    def _decide(self, order: RoutableOrder) -> Decision:
        found = policy_for(order, self.live)
        [decision] = route([order], self.snapshot, self.now, DEFAULT_POLICY if found is None else found.policy)
        return decision

    def _items_of(self, decision: Decision) -> dict[str, list[PartItem]]:
        by_location: dict[str, list[PartItem]] = {}
        for each in decision.allotments:
            line = self.stocked[each.line - 1]
            by_location.setdefault(each.location, []).append(PartItem(line.line, line.sku, each.quantity))
        return by_location

    def _short(self, way: _Way) -> list[int]:
        """Units of each line that a way does not serve."""
        served: dict[int, int] = {}
        for each in way.decision.allotments if way.decision is not None else ():
            served[each.line] = served.get(each.line, 0) + each.quantity
        return [line.quantity - served.get(number, 0) for number, line in enumerate(self.stocked, 1)]

    def _route(
        self,
        method: str,
        pools: Sequence[str],
        pickup: str | None,
        by: datetime | None,
        offered: Callable[[str, Load, datetime], ServiceOffer | None],
    ) -> _Way:
        if not self.stocked:
            return _Way(None, ())
        claimed = claims_for(self.stocked, pools, self.atp)
        lines = tuple(
            RoutableLine(number, line.sku, line.quantity, shares, weight_g=line.weight_g)
            for number, (line, shares) in enumerate(claimed, 1)
        )
        order = RoutableOrder(
            order_id=NOBODY,
            group=1,
            lines=lines,
            place=self.cart.place,
            placed_at=self.now,
            destination=self.destination,
            ship_complete=self.cart.ship_complete,
            priority=self.cart.priority,
            promised_by=by,
            pickup_location=pickup,
            channel=self.cart.channel,
            method=method,
            currency=self.network.rules.currency,
        )
        decision = self._decide(order)
        parts = [
            self._booked(part_of(offer, tuple(items)), self.now)
            for location, items in self._items_of(decision).items()
            if (offer := offered(location, self._load_of(items), self.now)) is not None
        ]
        missing = self._short(_Way(decision, ()))
        if any(missing) and not pickup and self.expected:
            parts += self._from_supply(missing, offered)
        return _Way(decision, tuple(sorted(parts, key=part_order)))

    def _from_supply(
        self, missing: Sequence[int], offered: Callable[[str, Load, datetime], ServiceOffer | None]
    ) -> list[Part]:
        """What is missing, from supply to come: the earliest rows first, sent from where they come to."""
        left = {each.row: each.quantity for each in self.expected}
        by_row: dict[str, list[PartItem]] = {}
        for line, short in zip(self.stocked, missing, strict=True):
            for each in self.expected:
                units = min(short, left[each.row]) if each.sku == line.sku else 0
                if units > 0:
                    by_row.setdefault(each.row, []).append(PartItem(line.line, line.sku, units))
                    left[each.row] -= units
                    short -= units
        parts: list[Part] = []
        for each in self.expected:
            items = by_row.get(each.row)
            if items:
                offer = offered(each.location, self._load_of(items), max(self.now, each.due_at))
                if offer is not None:
                    part = msgspec.structs.replace(part_of(offer, tuple(items)), supply=each.row)
                    parts.append(self._booked(part, max(self.now, each.due_at)))
        return parts

    def _booked(self, part: Part, at: datetime) -> Part:
        """With the hours that it takes of its location."""
        hours = booked_hours(part.location, self._load_of(part.items), at, self.network)
        return msgspec.structs.replace(part, hours=hours) if hours else part

    def _load_of(self, items: Sequence[PartItem]) -> Load:
        weights = {line.sku: line.weight_g for line in self.stocked}
        return Load(sum(weights[item.sku] * item.quantity for item in items), sum(item.quantity for item in items))

    def _earliest_possible(self, method: str, way: _Way) -> datetime | None:
        """No way is there before each line could be, from the location that serves it soonest."""
        if way.decision is None or any(part.supply for part in way.parts):
            return None
        pools, locations = set(way.decision.pools), self.snapshot.locations
        board = board_of(self.network, self.cart.place, self.load, self.now, method)
        by_sku = shelves_of(self.snapshot.levels)
        found: list[datetime] = []
        for sku in {self.stocked[each.line - 1].sku for each in way.decision.allotments}:
            shelf = by_sku[sku]
            # Where most have it, all are put in order once for many questions.
            wide = len(shelf) * 4 > len(locations)
            for latest, code in board.by_speed(locations if wide else [code for code in shelf if code in locations]):
                site = locations[code]
                if shelf.get(code, 0) > 0 and site.pool in pools and site.serves:
                    found.append(latest)
                    break
        return max(found, default=None)

    def _option(self, method: str, way: _Way) -> Option:
        windows = windows_of_cart(self.cart.lines, way.parts, self.now)
        known = [window for window in windows if window.latest_at is not None]
        return Option(
            id="",
            method=method,
            goals=(),
            earliest_at=min((w.earliest_at for w in known if w.earliest_at is not None), default=None),
            latest_at=max((w.latest_at for w in known if w.latest_at is not None), default=None),
            cost_minor=sum(part.cost_minor for part in way.parts),
            currency=self.network.rules.currency,
            carbon_g=sum(part.carbon_g for part in way.parts),
            parcels=sum(part.parcels for part in way.parts),
            complete=not any(window.unpromised for window in windows),
            lines=windows,
            parts=way.parts,
            policy=way.decision.policy if way.decision is not None else "",
            decision=way.decision.id if way.decision is not None else None,
        )


def _methods(cart: Cart, network: Network) -> tuple[str, ...]:
    """The methods wanted, or all that services serve; none where it can only be collected."""
    if cart.methods or cart.pickup:
        return tuple(method for method in cart.methods if method != PICKUP)
    return tuple(sorted({method for service in network.services for method in service.methods}))
