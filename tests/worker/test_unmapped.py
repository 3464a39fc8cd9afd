"""Words of partners that mean nothing here yet: what they stand in waits, a person says what they mean, and it goes on."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from orderline.contracts.carriers import TrackingCode, TrackingFact
from orderline.contracts.channels import ChannelLine, ChannelOrder, ChannelOrderPlaced
from orderline.contracts.terms import Recipient
from orderline.core.mappings.commands import IgnoreValue, MapValue
from orderline.core.mappings.state import TRACKING, Mapping, MappingState
from orderline.core.stock.commands import PutChannel, PutSkus
from orderline.core.stock.state import Channel, Sku
from orderline.values.failures import Refused
from orderline.worker.inbound import Inbound
from worker.site import Site
from worker.test_payment_facts import replay

SHOP = "sandbox_channels"


def tell(site: Site, partner: str, *facts: Any) -> None:
    async def run() -> None:
        inbound = Inbound(site.services)
        try:
            await inbound.take_told(partner, facts)
        finally:
            await inbound.close()

    asyncio.run(run())


def ordered(name: str, *skus: str, **about: Any) -> ChannelOrderPlaced:
    lines = tuple(
        ChannelLine(external_line_id=str(at), sku=sku, quantity=1, unit_price_minor=1000)
        for at, sku in enumerate(skus, 1)
    )
    recipient = Recipient(name="Ann Lee", lines=("1 Rue X",), city="Lyon", postal_code="69001", country="FR")
    now = datetime.now(UTC)
    order = ChannelOrder(
        external_id=name,
        placed_at=now,
        currency="EUR",
        lines=lines,
        ship_to=recipient,
        total_minor=1000 * len(skus),
        **about,
    )
    return ChannelOrderPlaced(event_id=f"placed-{name}", occurred_at=now, order=order)


def words(site: Site) -> dict[str, Mapping]:
    rows = site.rows("SELECT body FROM records WHERE cell = %(cell)s AND kind = 'mapping'")
    found = [msgspec.json.decode(row[0], type=Mapping) for row in rows]
    return {each.value: each for each in found}


def inbox(site: Site) -> dict[str, tuple[str, str]]:
    rows = site.rows("SELECT event_id, state, coalesce(reason, '') FROM inbox WHERE cell = %(cell)s")
    return {row[0]: (row[1], row[2]) for row in rows}


def placed(site: Site, name: str) -> Any:
    rows = site.rows("SELECT id FROM orders WHERE cell = %(cell)s AND external_id = %(name)s", name=name)
    return site.order(rows[0][0]) if rows else None


@pytest.fixture
def shop(still_site: Site) -> Site:
    still_site.engine.run(
        PutChannel(channel=Channel("shop", "Shop", ("fr",), partner=SHOP, payments="sandbox_payments"))
    )
    still_site.stock(TEE_lyon=50, MUG_lyon=50)
    return still_site


def test_an_order_of_goods_that_nobody_knows_waits_and_goes_on_once_they_are_named(shop: Site) -> None:
    tell(shop, SHOP, ordered("U-1", "TEE", "shirt-m", "mug-blue"))
    tell(shop, SHOP, ordered("U-2", "shirt-m"))
    tell(shop, SHOP, ordered("U-2", "shirt-m"))  # told twice, it has come once
    assert inbox(shop) == {"placed-U-1": ("parked", "UNMAPPED"), "placed-U-2": ("parked", "UNMAPPED")}
    known = words(shop)
    assert {value: (each.seen, each.sample, each.channel) for value, each in known.items()} == {
        "shirt-m": (2, "U-1", "shop"),
        "mug-blue": (1, "U-1", "shop"),
    }
    with pytest.raises(Refused, match="MAPPING_TARGET"):
        shop.engine.run(MapValue(mapping=known["shirt-m"].id, target="NONE-SUCH"))
    assert replay(shop) == 0
    shop.engine.run(MapValue(mapping=known["shirt-m"].id, target="TEE"))
    assert replay(shop) == 2
    assert placed(shop, "U-2").lines[0].sku == "TEE"
    assert placed(shop, "U-1") is None, "it waits for the other word"
    shop.engine.run(PutSkus(skus=(Sku("mug-blue", "Made since"),)))
    shop.stock(**{"mug-blue_lyon": 5})
    shop.clock.forward(86_400)
    assert replay(shop) >= 1
    assert [line.sku for line in placed(shop, "U-1").lines] == ["TEE", "TEE", "mug-blue"]
    assert words(shop)["mug-blue"].state is MappingState.MAPPED, "it is what it is called"
    assert {state for state, _ in inbox(shop).values()} == {"done"}
    shop.verify_all()


def test_methods_of_a_channel_are_put_into_our_words(shop: Site) -> None:
    tell(shop, SHOP, ordered("M-1", "TEE", shipping_method="Colissimo J+2", payment_method="cb"))
    known = words(shop)
    assert set(known) == {"Colissimo J+2", "cb"}
    shop.engine.run(MapValue(mapping=known["Colissimo J+2"].id, target="standard"))
    replay(shop)
    assert placed(shop, "M-1") is None
    shop.engine.run(MapValue(mapping=known["cb"].id, target="sandbox_payments"))
    assert replay(shop) == 1
    order = placed(shop, "M-1")
    assert (order.agreement.groups[0].method, order.tenders[0].provider) == ("standard", "sandbox_payments")
    tell(shop, SHOP, ordered("M-2", "TEE", shipping_method="Colissimo J+2", payment_method="cb"))
    assert placed(shop, "M-2").agreement.groups[0].method == "standard"
    assert words(shop)["cb"].seen == 1


def test_a_word_that_is_come_to_later_is_noted_as_well(shop: Site) -> None:
    tell(shop, SHOP, ordered("L-1", "shirt-xl", shipping_method="express"))
    assert set(words(shop)) == {"express"}
    shop.engine.run(IgnoreValue(mapping=words(shop)["express"].id))
    assert replay(shop) == 1
    assert {value: each.seen for value, each in words(shop).items()} == {"express": 1, "shirt-xl": 1}


def test_goods_that_are_ignored_refuse_their_orders_for_good(shop: Site) -> None:
    tell(shop, SHOP, ordered("I-1", "sample-card"))
    shop.engine.run(IgnoreValue(mapping=words(shop)["sample-card"].id, note="printed matter"))
    assert replay(shop) == 1
    state, reason = inbox(shop)["placed-I-1"]
    assert state == "refused"
    assert "is ignored here" in reason


def test_a_scan_that_a_connector_can_t_read_waits_for_its_meaning(shop: Site) -> None:
    now = datetime.now(UTC)
    for at, number in enumerate(("T-1", "T-2")):
        scan = TrackingFact(event_id=f"scan-{at}", occurred_at=now, tracking_number=number, code="ZU-19")
        tell(shop, "sandbox_carriers", scan)
    known = words(shop)["ZU-19"]
    assert (known.seen, known.sample, known.partner) == (2, "T-1", "sandbox_carriers")
    with pytest.raises(Refused, match="MAPPING_TARGET"):
        shop.engine.run(MapValue(mapping=known.id, target="somewhere"))
    shop.engine.run(MapValue(mapping=known.id, target="in_transit"))
    assert replay(shop) == 2
    assert inbox(shop) == {"scan-0": ("parked", "PARCEL_UNKNOWN"), "scan-1": ("parked", "PARCEL_UNKNOWN")}
    shop.engine.run(IgnoreValue(mapping=known.id))
    shop.clock.forward(60)
    assert replay(shop) == 2
    assert {state for state, _ in inbox(shop).values()} == {"refused"}


def test_a_scan_can_mean_what_carriers_tell() -> None:
    assert set(TRACKING) == {code.value for code in TrackingCode}
