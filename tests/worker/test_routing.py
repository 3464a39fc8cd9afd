"""Routing as the worker does it: over a snapshot that may be late, for orders that go to several places."""

from collections.abc import Collection
from uuid import UUID

import msgspec
import pytest

from orderline.core.orders.commands import GroupInput, LineInput, PlaceOrder
from orderline.store.database import Database
from orderline.store.working import load_levels
from orderline.values.address import Address
from orderline.values.ids import OrderId
from orderline.worker import routing
from worker.site import PLACES, Site


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
