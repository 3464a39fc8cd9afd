"""What every channels connector must do, whatever the channel behind it."""

from datetime import UTC, datetime
from typing import Any, Protocol

import pytest

from orderline.contracts.channels import (
    Acknowledgment,
    CancellationPush,
    Channels,
    FulfillmentPush,
    NotTaken,
    PublishedLevel,
    PublishedListing,
    PushedLine,
    Taken,
    WithdrawalPush,
)

SHIPPED_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Shop(Protocol):
    """The other side of the connector under test."""

    async def buy(self, count: int) -> None:
        """Customers place orders."""
        ...

    async def told(self, external_id: str) -> dict[str, Any]:
        """What the channel was told: acknowledgments, fulfillments, cancellations."""
        ...


def acknowledgment(key: str, external_id: str = "SHOP-0000001") -> Acknowledgment:
    return Acknowledgment(key=key, external_id=external_id, order_number="SO-1")


@pytest.mark.anyio
class ChannelsConformance:
    """To be inherited; needs fixtures `channels` and `shop`."""

    async def test_orders_are_pulled_page_by_page_each_once(self, channels: Channels, shop: Shop) -> None:
        await shop.buy(7)
        pulled: list[str] = []
        cursor = None
        while True:
            page = await channels.pull_orders(cursor, limit=3)
            pulled += [order.external_id for order in page.orders]
            cursor = page.cursor
            if not page.more:
                break
        assert len(pulled) == len(set(pulled)) == 7

    async def test_a_cursor_kept_goes_on_with_what_is_new(self, channels: Channels, shop: Shop) -> None:
        await shop.buy(2)
        cursor = (await channels.pull_orders()).cursor
        assert (await channels.pull_orders(cursor)).orders == ()
        await shop.buy(1)
        assert len((await channels.pull_orders(cursor)).orders) == 1

    async def test_the_lines_of_an_order_add_up_to_its_total(self, channels: Channels, shop: Shop) -> None:
        await shop.buy(5)
        for order in (await channels.pull_orders()).orders:
            lines = sum(each.quantity * each.unit_price_minor - each.discount_minor for each in order.lines)
            assert lines + order.shipping_minor == order.total_minor

    async def test_pushes_reach_the_order_they_are_about(self, channels: Channels, shop: Shop) -> None:
        await shop.buy(1)
        [order] = (await channels.pull_orders()).orders
        line = PushedLine(external_line_id=order.lines[0].external_line_id, sku=order.lines[0].sku, quantity=1)
        outcomes = [
            *await channels.acknowledge([acknowledgment("k-1", order.external_id)]),
            *await channels.push_fulfillments(
                [
                    FulfillmentPush(
                        key="k-2",
                        external_id=order.external_id,
                        lines=(line,),
                        shipped_at=SHIPPED_AT,
                        carrier="sandbox",
                        tracking_number="SBX1",
                    )
                ]
            ),
            *await channels.push_withdrawals(
                [
                    WithdrawalPush(
                        key="k-4", external_id=order.external_id, fulfillment="k-2", reason="here still", lines=(line,)
                    )
                ]
            ),
            *await channels.push_cancellations(
                [CancellationPush(key="k-3", external_id=order.external_id, reason="no stock", lines=(line,))]
            ),
        ]
        assert [type(each) for each in outcomes] == [Taken] * 4
        told = await shop.told(order.external_id)
        names = ("acknowledgments", "fulfillments", "withdrawals", "cancellations")
        assert [len(told[name]) for name in names] == [1, 1, 1, 1]
        assert told["withdrawals"][0]["fulfillment"] == told["fulfillments"][0]["key"]

    async def test_a_key_used_again_for_something_else_is_not_taken(self, channels: Channels) -> None:
        await channels.acknowledge([acknowledgment("k-1", "SHOP-0000001")])
        [outcome] = await channels.acknowledge([acknowledgment("k-1", "SHOP-0000002")])
        assert isinstance(outcome, NotTaken)

    async def test_an_older_stock_level_never_overwrites_a_newer_one(self, channels: Channels) -> None:
        first = await channels.push_stock([PublishedLevel("TEE-M", 5, 2), PublishedLevel("CAP", 1, 1)])
        assert (first.set, first.stale) == (2, 0)
        second = await channels.push_stock([PublishedLevel("TEE-M", 9, 1), PublishedLevel("CAP", 3, 2)])
        assert (second.set, second.stale) == (1, 1)

    async def test_an_older_listing_never_overwrites_a_newer_one(self, channels: Channels) -> None:
        first = await channels.push_listings(
            [
                PublishedListing(sku="TEE-M", state="preorder", sequence=2, ready_at=datetime(2030, 1, 1, tzinfo=UTC)),
                PublishedListing(sku="CAP", state="off", sequence=1, reason="not sold before 2030"),
            ]
        )
        assert (first.set, first.stale) == (2, 0)
        second = await channels.push_listings(
            [
                PublishedListing(sku="TEE-M", state="off", sequence=1),
                PublishedListing(sku="CAP", state="listed", sequence=2),
            ]
        )
        assert (second.set, second.stale) == (1, 1)
