"""A warehouse is asked to send by 940, and what it has sent is taken from its 945: all of a document, or nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from orderline.core.context import Actor
from orderline.core.edi.decide import PutEdiPartner
from orderline.core.edi.reading import read_edi
from orderline.core.edi.segments import Syntax
from orderline.core.edi.state import EdiKind, PartnerState
from orderline.core.orders import commands as c
from orderline.core.orders.state import Negotiation, Order
from orderline.core.stock.commands import AdjustStock, PutLocation
from orderline.core.stock.state import Location, LocationKind
from orderline.engine.edi import EdiDesk, WrittenDocument
from orderline.values.address import Place
from orderline.values.failures import Refused
from support.databases import Databases
from support.edi_texts import WAREHOUSE_PROFILE
from support.engine_shop import EngineShop
from support.shop import order_of

DEPOT = Location("depot", "Depot", LocationKind.THIRD_PARTY, "eu", Place(country="FR", city="Lille"))


@pytest.fixture(scope="module")
def shop(databases: Databases) -> Iterator[EngineShop]:
    with databases.migrated() as dsn:
        made = EngineShop(dsn, [("TEE-M", "lyon", 5)])
        made.do(PutLocation(location=DEPOT))
        for sku in ("TEE-M", "MUG"):
            made.do(AdjustStock(sku=sku, location="depot", quantity=100, reason="received"))
        made.do(PutEdiPartner(partner="depot", profile=WAREHOUSE_PROFILE))
        yield made
        made.close()


def desk(shop: EngineShop) -> EdiDesk:
    return EdiDesk(shop.database, lambda submission: shop.engine.submit(submission).result(), Actor("edi", "edi"))


def ordered(shop: EngineShop, name: str, *lines: tuple[str, int, int], location: str = "depot", **about: Any) -> Order:
    """An order of which all stands allocated at a location, in its first fulfillment order."""
    id_ = shop.place(order_of(name, *lines, **about))
    allotments = tuple(c.Allotment(place, "eu", location, each[1]) for place, each in enumerate(lines, 1))
    shop.do(c.AllocateUnits(order=id_, group=1, allotments=allotments))
    return shop.order(id_)


def asked(shop: EngineShop, order: Order, *, key: str = "") -> WrittenDocument:
    return desk(shop).write(shop.order(order.id), EdiKind.SHIPPING_ORDER, "1", key=key)


def test_a_warehouse_is_asked_for_what_is_open_with_address_dates_and_names_of_goods(shop: EngineShop) -> None:
    order = ordered(shop, "W-1", ("TEE-M", 2, 2_000), ("MUG", 12, 500))
    written = asked(shop, order, key="k1")
    read = read_edi(written.content.encode())
    [message] = read.interchanges[0].messages
    assert (read.all_faults, written.kind, message.kind, read.interchanges[0].groups[0].code) == (
        [],
        "940",
        "940",
        "OW",
    )
    due = f"{order.fulfillments[0].due_at:%Y%m%d}"
    number = f"{order.number}-1"
    assert [(each.tag, *(each.get(place) for place in range(1, len(each.elements) + 1))) for each in message.segments] == [
        ("W05", "N", number, order.number),
        ("N1", "ST", "Ann Lee"), ("N3", "1 Rue de la Paix"), ("N4", "Lyon", "", "69001", "FR"),
        ("N1", "DE", "SHOP", "ZZ", "SHOP"),
        ("N1", "WH", "Depot", "ZZ", "WH01"), ("N4", "Lille", "", "", "FR"),
        ("G62", "10", due),
        ("W66", "PP", "ZZ", "", "", "standard", "", "", "", "", "UPSN"),
        ("LX", "1"), ("W01", "2", "EA", "", "VN", "TEE-M"),
        ("LX", "2"), ("W01", "12", "EA", "", "VN", "MUG", "UP", "012345678905"),
        ("W76", "14"),
    ]  # fmt: skip
    assert shop.order(order.id).fulfillments[0].negotiation is Negotiation.SUBMITTED
    assert asked(shop, order, key="k1") == written
    again = asked(shop, order)
    assert again.reference == written.reference + 1
    [kept] = [each for each in shop.records("edi_shipping_order") if each.number == number]
    assert [each.reference for each in kept.sent] == [written.reference, again.reference]


def test_a_warehouse_is_not_asked_for_what_it_has_not(shop: EngineShop) -> None:
    elsewhere = ordered(shop, "W-2", ("TEE-M", 1, 2_000), location="lyon")
    with pytest.raises(Refused, match="EDI_WAREHOUSE_UNKNOWN"):
        asked(shop, elsewhere)
    order = ordered(shop, "W-3", ("TEE-M", 1, 2_000))
    with pytest.raises(Refused, match="EDI_NOTHING_TO_SAY"):
        desk(shop).write(order, EdiKind.SHIPPING_ORDER, "2")
    shop.do(c.PlaceHold(order=order.id, hold=c.HoldInput(type="manual", reason="odd", blocks=("release",))))
    with pytest.raises(Refused, match="BLOCKED_BY_HOLD"):
        asked(shop, order)
    shop.do(c.CancelUnits(order=order.id, reason="changed their mind"))
    with pytest.raises(Refused, match="EDI_NOTHING_TO_SAY"):
        asked(shop, order)
    for wrong in (
        replace(WAREHOUSE_PROFILE, locations={"nowhere": ""}), replace(WAREHOUSE_PROFILE, locations={"lyon": ""}),
        replace(WAREHOUSE_PROFILE, syntax=Syntax.EDIFACT),
    ):  # fmt: skip
        with pytest.raises(Refused, match="EDI_PARTNER_NOT_ACCEPTABLE"):
            shop.do(PutEdiPartner(partner="other", profile=wrong))
    with pytest.raises(Refused, match="CODE_NOT_ACCEPTABLE"):
        shop.do(PutEdiPartner(partner="other", profile=replace(WAREHOUSE_PROFILE, locations={})))
    shop.do(PutEdiPartner(partner="depot", profile=WAREHOUSE_PROFILE, state=PartnerState.STOPPED))
    with pytest.raises(Refused, match="EDI_PARTNER_STOPPED"):
        asked(shop, ordered(shop, "W-4", ("TEE-M", 1, 2_000)))
    shop.do(PutEdiPartner(partner="depot", profile=WAREHOUSE_PROFILE))
