"""Options for a cart: the router's own choices, timed; what is promised is what routing then does."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from orderline.core.promises.for_routing import routing_offers
from orderline.core.promises.model import Cart, CartLine, Expected, Goal, Option
from orderline.core.promises.network import Network, NetworkRules, Site, compile_network
from orderline.core.promises.promise import NOBODY, claims_for, promise
from orderline.core.routing.model import RoutableLine, RoutableOrder, RouteLocation, Snapshot
from orderline.core.routing.route import route
from orderline.core.stock.state import LocationKind
from orderline.values.address import Place
from orderline.values.geo import locate
from orderline.values.ids import OrderId

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HOME = Place(country="DE", postal_code="70173", city="Stuttgart")
TOWNS = {"berlin": "Berlin", "hamburg": "Hamburg", "ulm": "Ulm", "kassel": "Kassel", "mainz": "Mainz"}


def site(code: str) -> Site:
    return Site(code=code, place=Place(country="DE", city=TOWNS[code]))


NETWORK = compile_network(NetworkRules(sites={code: site(code) for code in TOWNS}))


def location(code: str, **fields: Any) -> RouteLocation:
    found = locate(site(code).place)
    assert found is not None
    return RouteLocation(code=code, pool="main", coordinates=found.coordinates, **fields)


def snapshot(shelves: Mapping[str, Mapping[str, int]], **fields: Any) -> Snapshot:
    return Snapshot(
        position=7,
        locations={code: location(code, **fields) for code in TOWNS},
        levels={(sku, code): units for sku, shelf in shelves.items() for code, units in shelf.items()},
    )


def cart(*wanted: tuple[str, int], **fields: Any) -> Cart:
    lines = tuple(CartLine(line=n, sku=sku, quantity=q, weight_g=400) for n, (sku, q) in enumerate(wanted, 1))
    given: dict[str, Any] = {"channel": "web", "lines": lines, "place": HOME, "pools": ("main",)} | fields
    return Cart(**given)


def asked(
    wanted: Cart, shelves: Mapping[str, Mapping[str, int]], network: Network = NETWORK, **fields: Any
) -> tuple[Option, ...]:
    atp = {(sku, "main"): sum(shelf.values()) for sku, shelf in shelves.items()}
    return promise(wanted, snapshot(shelves, pickup=True), network, NOW, atp=atp, **fields)


def served(option: Option) -> dict[tuple[int, str], int]:
    return {(item.line, part.location): item.quantity for part in option.parts for item in part.items}


def test_each_delivery_method_is_an_option_and_the_best_are_named() -> None:
    options = asked(cart(("A", 1), ("B", 2)), {"A": {"ulm": 3, "berlin": 1}, "B": {"ulm": 2}})
    goals = {goal: option for option in options for goal in option.goals}
    assert set(goals) == set(Goal)
    assert {option.method for option in options} == {"economy", "standard", "express"}
    assert goals[Goal.CHEAPEST].method == "economy"
    assert goals[Goal.FASTEST].latest_at == min(option.latest_at for option in options if option.latest_at)
    assert goals[Goal.GREENEST].carbon_g == min(option.carbon_g for option in options)
    assert [option.id for option in options] == [str(n) for n in range(1, len(options) + 1)]
    for option in options:
        assert served(option) == {(1, "ulm"): 1, (2, "ulm"): 2}
        assert option.complete
        assert option.parcels == 1


def test_a_line_is_there_when_its_last_unit_is_and_the_cart_when_its_last_line_is() -> None:
    [option] = asked(cart(("A", 3), ("B", 1), methods=("standard",)), {"A": {"ulm": 2, "hamburg": 1}, "B": {"ulm": 1}})
    by_location = {part.location: part for part in option.parts}
    first, second = option.lines
    assert first.latest_at == max(part.latest_at for part in option.parts)
    assert second.latest_at == by_location["ulm"].latest_at
    assert option.latest_at == first.latest_at
    assert option.cost_minor == sum(part.cost_minor for part in option.parts)
    assert option.parcels == 2


def test_what_is_not_there_is_told_and_dated_from_supply_to_come() -> None:
    shelves = {"A": {"ulm": 1}}
    [short] = asked(cart(("A", 3), methods=("standard",)), shelves)
    assert (short.complete, short.lines[0].unpromised) == (False, 2)
    due = NOW + timedelta(days=10)
    rows = (Expected("po-2", "A", "ulm", 9, due + timedelta(days=9)), Expected("po-1", "A", "ulm", 1, due))
    [dated] = asked(cart(("A", 3), methods=("standard",)), shelves, expected=rows)
    assert dated.complete
    assert [(part.supply, part.items[0].quantity) for part in dated.parts] == [("", 1), ("po-1", 1), ("po-2", 1)]
    assert all(part.handover_at >= due for part in dated.parts if part.supply)
    assert dated.lines[0].latest_at == dated.parts[-1].latest_at


def test_goods_that_are_not_sent_are_there_at_once() -> None:
    line = CartLine(line=1, sku="CODE", quantity=1, stocked=False)
    [option] = asked(cart(lines=(line,), methods=("standard",)), {})
    assert (option.complete, option.latest_at, option.cost_minor, option.parts) == (True, NOW, 0, ())


def test_a_store_is_an_option_where_it_has_everything() -> None:
    options = asked(cart(("A", 1), pickup=("ulm", "mainz")), {"A": {"ulm": 1, "berlin": 5}})
    assert [(option.pickup_location, option.cost_minor, option.method) for option in options] == [("ulm", 0, "pickup")]
    assert options[0].parts[0].service == "pickup"


def test_claims_are_those_that_an_order_would_get() -> None:
    lines = cart(("A", 3), ("A", 2), ("B", 1)).lines
    claimed = claims_for(lines, ("main", "stores"), {("A", "main"): 4, ("A", "stores"): 9, ("B", "stores"): 1})
    assert [shares for _, shares in claimed] == [(("main", 3),), (("main", 1), ("stores", 1)), (("stores", 1),)]


SHELVES = st.dictionaries(
    st.sampled_from("ABC"), st.dictionaries(st.sampled_from(sorted(TOWNS)), st.integers(1, 3), min_size=1), min_size=1
)
WANTED = st.lists(st.tuples(st.sampled_from("ABC"), st.integers(1, 4)), min_size=1, max_size=4)


@given(WANTED, SHELVES, st.integers(0, 400))
def test_what_is_promised_is_what_routing_does(
    wanted: list[tuple[str, int]], shelves: dict[str, dict[str, int]], hours: int
) -> None:
    now = NOW + timedelta(hours=hours)
    atp = {(sku, "main"): sum(shelf.values()) for sku, shelf in shelves.items()}
    asking, stock = cart(*wanted), snapshot(shelves)
    for option in promise(asking, stock, NETWORK, now, atp=atp):
        order = RoutableOrder(
            order_id=OrderId(UUID(int=5)),
            group=1,
            lines=tuple(
                RoutableLine(n, line.sku, line.quantity, shares, weight_g=line.weight_g)
                for n, (line, shares) in enumerate(claims_for(asking.lines, asking.pools, atp), 1)
            ),
            place=HOME,
            placed_at=now,
            destination=getattr(locate(HOME), "coordinates", None),
            method=option.method,
            promised_by=option.latest_at,
        )
        [decision] = route([order], msgspec.structs.replace(stock, offers=routing_offers(NETWORK, now)), now)
        assert {(each.line, each.location): each.quantity for each in decision.allotments} == served(option)
        unserved = sum(each.quantity for each in decision.unassigned)
        assert sum(line.unpromised for line in option.lines) == unserved
        assert option.complete == (not unserved)


@given(WANTED, SHELVES)
def test_every_unit_is_promised_once_and_every_time_adds_up(
    wanted: list[tuple[str, int]], shelves: dict[str, dict[str, int]]
) -> None:
    options = asked(cart(*wanted), shelves)
    assert options == asked(cart(*wanted), shelves)
    for option in options:
        for window, (_, quantity) in zip(option.lines, wanted, strict=True):
            units = sum(item.quantity for part in option.parts for item in part.items if item.line == window.line)
            assert units + window.unpromised == quantity
        for part in option.parts:
            seconds = sum(step.seconds for step in part.steps)
            assert part.latest_at - timedelta(seconds=seconds) == NOW
        assert option.decision is not None
        assert option.decision != NOBODY


def test_locations_may_be_of_any_kind() -> None:
    shelves = {"A": {"ulm": 1}}
    stock = snapshot(shelves, kind=LocationKind.STORE)
    assert promise(cart(("A", 1)), stock, NETWORK, NOW, atp={("A", "main"): 1})
