"""Channels are told of stock over real HTTP: what has changed, once, as it is, however they fail."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from orderline.core.stock.commands import PutChannel, PutSkus
from orderline.core.stock.state import Channel, Component, ShortPolicy, Sku, SkuKind
from orderline.sandbox.settings import Partner
from orderline.store.pushing import PushLag, load_lag
from orderline.store.reading.source import Source
from worker.site import Site, until


@pytest.fixture
def shop(still_site: Site) -> Site:
    """A site whose shop knows the SKUs, and takes stock."""
    site = still_site
    put_channel(site)
    site.engine.run(PutSkus(skus=(Sku("PAIR", "Two", kind=SkuKind.BUNDLE, components=(Component("TEE", 2),)),)))
    site.stock(TEE_lyon=5, TEE_lille=2, MUG_lyon=1)
    return site


def put_channel(site: Site, **about: Any) -> None:
    channel = Channel("web", "Web", ("fr",), short_policy=ShortPolicy.BACKORDER, partner="sandbox_channels", **about)
    site.engine.run(PutChannel(channel=channel))


def level(site: Site, sku: str) -> int | None:
    """What the shop may sell; None: it was told nothing."""
    try:
        answer = httpx.get(f"{site.sandbox_url}/channel/stock/{sku}")
    except httpx.TransportError:  # the shop fails to whoever asks
        return None
    return answer.json()["quantity"] if answer.is_success else None


def lag(site: Site) -> PushLag:
    with site.database.connection() as connection:
        return load_lag(Source(connection, 0), "web", datetime.now(UTC) - timedelta(days=1))


def until_told(site: Site, **wanted: int) -> None:
    """The shop has these levels; the worker's clock goes on meanwhile."""

    def told() -> bool:
        site.clock.forward(3)
        return all(level(site, sku) == quantity for sku, quantity in wanted.items())

    until(told, f"the shop to have {wanted}")


def test_what_changes_is_told_once_with_its_bundles(shop: Site) -> None:
    shop.start()
    until_told(shop, TEE=7, MUG=1, PAIR=3)
    order = shop.place(("TEE", 2))
    shop.until_units(order, "pooled", 0)
    until_told(shop, TEE=5, MUG=1, PAIR=2)
    pushed = shop.rows("SELECT levels FROM channel_pushes WHERE cell = %(cell)s AND acked_at IS NOT NULL")
    # all at first, then the two that have changed
    assert sum(count for (count,) in pushed) <= 3 + 2 * 2
    known = lag(shop)
    assert (known.waiting, known.unknown_skus, known.last_error) == (0, 0, "")
    assert known.longest_ms is not None
    shop.verify_all()


@pytest.mark.parametrize("fault", [{"fail_next": 2}, {"drop_next": 2}])
def test_a_channel_that_fails_is_told_later_what_is_true_then(shop: Site, fault: dict[str, int]) -> None:
    shop.misbehave(Partner.CHANNEL, **fault)
    shop.start()
    until(lambda: lag(shop).last_error, "a push to fail")
    assert lag(shop).waiting > 0
    shop.stock(TEE_lyon=9, TEE_lille=2, MUG_lyon=1)
    until_told(shop, TEE=11, MUG=1)
    assert shop.control("GET", "statistics")["partners"]["channel"]["counts"]["levels"] == 3
    until(lambda: lag(shop).waiting == 0, "nothing to wait")
    errors = shop.rows("SELECT count(*) FROM channel_pushes WHERE cell = %(cell)s AND acked_at IS NULL")
    assert errors[0][0] >= 1


def test_a_buffer_is_kept_back_from_what_the_shop_is_told(shop: Site) -> None:
    put_channel(shop, buffer=3)
    shop.start()
    until_told(shop, TEE=4, MUG=0)


def listing(site: Site, sku: str) -> str:
    """As what the shop offers a SKU; empty: it was told nothing, or fails."""
    try:
        answer = httpx.get(f"{site.sandbox_url}/channel/listings/{sku}")
    except httpx.TransportError:
        return ""
    return answer.json()["state"] if answer.is_success else ""


def until_listed(site: Site, **wanted: str) -> None:
    def told() -> bool:
        site.clock.forward(20)
        return all(listing(site, sku) == state for sku, state in wanted.items())

    until(told, f"the shop to offer {wanted}")


def test_what_comes_and_goes_is_told_when_it_does(shop: Site) -> None:
    opens = datetime.now(UTC) + timedelta(days=400)
    shop.engine.run(PutSkus(skus=(Sku("TEE", "A thing", sold_from=opens), Sku("MUG", "Mug"))))
    shop.start()
    until_listed(shop, TEE="off")
    assert listing(shop, "MUG") == "", "what does not come and go by itself is no listing"
    shop.engine.run(PutSkus(skus=(Sku("TEE", "A thing", sold_from=datetime(2020, 1, 1, tzinfo=UTC)),)))
    until_listed(shop, TEE="listed")
    found = until(lambda: (known := lag(shop).listings).pushes >= 2 and not known.waiting and known, "both to be noted")
    assert (found.last_error, found.unknown_skus) == ("", 0)
    assert found.longest_ms is not None
    shop.verify_all()


def test_a_shop_that_fails_is_told_of_listings_as_they_are_then(shop: Site) -> None:
    opens = datetime.now(UTC) + timedelta(days=400)
    shop.misbehave(Partner.CHANNEL, fail_next=4)
    shop.engine.run(PutSkus(skus=(Sku("TEE", "A thing", sold_from=opens),)))
    shop.start()
    failed = "SELECT error FROM channel_pushes WHERE cell = %(cell)s AND what = 'listings' AND acked_at IS NULL"

    def told() -> bool:
        shop.clock.forward(20)
        return bool(shop.rows(failed))

    until(told, "a set of listings that was not taken")
    until_listed(shop, TEE="off")
    shop.verify_all()
