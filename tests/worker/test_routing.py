"""Routing as the worker does it: over a snapshot that may be late, for orders that go to several places."""

from collections.abc import Collection
from uuid import UUID

import msgspec
import pytest

from orderline.core.orders.commands import GroupInput, LineInput, PlaceOrder
from orderline.core.stock.commands import PutChannel, PutLocation, PutPool
from orderline.core.stock.state import Channel, Location, LocationKind, Pool, ShortPolicy
from orderline.engine import routing
from orderline.sandbox.settings import Span, WarehouseBehavior
from orderline.store.database import Database
from orderline.store.working import load_levels
from orderline.values.address import Address
from orderline.values.ids import OrderId
from worker.site import PLACES, Site, until


def place_for_two(site: Site) -> OrderId:
    """An order of a shirt to Lyon and a mug to Lille, paid elsewhere."""
    addresses = [
        Address(
            name="Ann Lee",
            lines=("1 Rue X",),
            city=place.city,
            postal_code=place.postal_code,
            country=place.country,
        )
        for place in PLACES.values()
    ]
    command = PlaceOrder(
        channel="web",
        external_id="two-places",
        currency="EUR",
        lines=(
            LineInput(sku="TEE", quantity=1, unit_price_minor=1000, group=1),
            LineInput(sku="MUG", quantity=1, unit_price_minor=1000, group=2),
        ),
        total_minor=2000,
        groups=tuple(GroupInput(group=number, address=address) for number, address in enumerate(addresses, start=1)),
    )
    return OrderId(UUID(msgspec.json.decode(site.engine.run(command))["id"]))


def test_an_order_for_two_places_is_two_fulfillment_orders(site: Site) -> None:
    site.stock(TEE_lyon=1, MUG_lyon=1)
    order = site.until_units(place_for_two(site), "delivered", 2)
    assert [(each.group, each.location) for each in order.fulfillments] == [(1, "lyon"), (2, "lyon")]
    site.until_no_jobs()
    site.verified()


@pytest.mark.parametrize("phantom", [("TEE", "lille"), ("MUG", "lille")])
def test_a_race_that_one_part_of_an_order_has_lost_is_run_again(
    still_site: Site, monkeypatch: pytest.MonkeyPatch, phantom: tuple[str, str]
) -> None:
    site = still_site
    site.stock(TEE_lyon=1, MUG_lyon=1)
    looks: list[int] = []

    def late(database: Database, skus: Collection[str]) -> tuple[dict[tuple[str, str], int], int]:
        levels, position = load_levels(database, skus)
        looks.append(position)
        if len(looks) == 1:
            # Units that are at another place by now.
            del levels[phantom[0], "lyon"]
            levels[phantom] = 1
        return levels, position

    monkeypatch.setattr(routing, "load_levels", late)
    site.start()
    order = site.until_units(place_for_two(site), "delivered", 2)
    assert {each.location for each in order.fulfillments} == {"lyon"}
    assert len(looks) == 2
    site.until_no_jobs()
    site.verified()


def put_store(site: Site) -> None:
    """A store in a pool of its own, from which the shop sells as well; people work there without a system."""
    site.engine.run(PutPool(pool=Pool("stores")))
    paris = Location("paris", "Paris", LocationKind.STORE, "stores", PLACES["lille"])
    site.engine.run(PutLocation(location=paris))
    channel = Channel("web", "Web", ("fr", "stores"), short_policy=ShortPolicy.DENY)
    site.engine.run(PutChannel(channel=channel))


def test_units_that_one_pool_lost_are_served_from_the_next(site: Site) -> None:
    put_store(site)
    site.stock(TEE_lyon=1, TEE_paris=3)
    site.behave(warehouse=WarehouseBehavior(short_probability=1))
    id_ = site.place(("TEE", 1))
    until(lambda: len(site.order(id_).fulfillments) == 2, "the store to get the order")
    assert [each.location for each in site.order(id_).fulfillments] == ["lyon", "paris"]
    site.until_no_jobs()
    site.verified()


def test_units_that_nobody_has_are_for_a_person_to_decide(site: Site) -> None:
    put_store(site)
    site.stock(TEE_lyon=1)
    site.behave(warehouse=WarehouseBehavior(short_probability=1))
    id_ = site.place(("TEE", 1))
    until(lambda: site.order(id_).holds, "a hold")
    assert [(hold.type, hold.owner, hold.line) for hold in site.order(id_).holds] == [("unfillable", "support", 1)]
    site.until_no_jobs()
    site.verified()


def test_claims_that_routing_finds_no_stock_for_go_to_the_next_pool(still_site: Site) -> None:
    site = still_site
    put_store(site)
    site.stock(TEE_lyon=1, TEE_paris=3)
    id_ = site.place(("TEE", 1))
    site.stock(TEE_lyon=0)
    site.start()
    until(lambda: site.order(id_).fulfillments, "the store to get the order")
    assert [each.location for each in site.order(id_).fulfillments] == ["paris"]
    site.until_no_jobs()
    site.verified()


def test_work_that_was_not_begun_leaves_a_location_that_closes(site: Site) -> None:
    site.stock(TEE_lyon=1, TEE_lille=1)
    site.behave(warehouse=WarehouseBehavior(pick=Span(60_000, 60_000)))
    id_ = site.place(("TEE", 1))
    site.until_units(id_, "released", 1)
    site.behave()
    site.put_location("lyon", PLACES["lyon"], active=False)
    order = site.until_units(id_, "delivered", 1)
    assert [each.location for each in order.fulfillments] == ["lyon", "lille"]
    site.until_no_jobs()
    site.verified()
