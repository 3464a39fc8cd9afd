"""Whatever a warehouse writes, either a fault is told or what it says can be taken, and never more leaves than was to be sent."""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderline.core.context import SYSTEM, Context
from orderline.core.decide import run
from orderline.core.edi.advising import take_advice
from orderline.core.edi.decide import PutEdiPartner
from orderline.core.edi.fields import Fields
from orderline.core.edi.reading import read_edi
from orderline.core.edi.shipping_orders import EdiShippingOrder, ToldLine
from orderline.core.edi.state import Profile
from orderline.core.edi.warehousing import WriteShippingOrder
from orderline.core.edi.x12_shipping_advices import read_945
from orderline.core.edi.x12_shipping_orders import names_of
from orderline.core.orders import commands as c
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.orders.state import Order
from orderline.core.stock.commands import AdjustStock, PutLocation
from orderline.core.stock.state import Location, LocationKind
from orderline.values.address import Place
from orderline.values.failures import Refused
from orderline.values.ids import OrderId, new_id
from support.edi_texts import WAREHOUSE_PROFILE, wsa_945, x12_945
from support.shop import MemoryShop, order_of

_LINE = "W12*{}*{}*{}*{}*{}**{}*{}".format
_WILD = st.builds(
    _LINE, st.sampled_from(["CC", "BP", ""]), st.sampled_from(["", "3", "x"]),
    st.sampled_from(["", "1", "13", "-1", "1.5", "x", "999999999999"]), st.sampled_from(["", "1", "x"]),
    st.sampled_from(["EA", "CA", "XX"]), st.sampled_from(["VN*TEE-M", "UK*10012345678902", "VN*CAP-9", "*", "VN"]), st.just(""),
)  # fmt: skip
_PLAIN = st.builds(
    _LINE, st.sampled_from(["CC", "BP"]), st.just(""), st.sampled_from(["0", "1", "2"]), st.just(""), st.sampled_from(["EA", "EA", "CA"]),
    st.sampled_from(["VN*TEE-M", "VN*MUG", "UP*012345678905"]), st.sampled_from(["", "LOT-1"]),
)  # fmt: skip
_MARKS = st.sampled_from(["LX*1", "MAN*CP*1Z1", "MAN*GM*0035**CP*1Z2", "MAN", "N9*2I*1Z1", "N9*SE*S-1", "W27"])
_DETAILS = st.one_of(
    st.lists(st.one_of(_PLAIN, st.just("LX*1"), _MARKS), min_size=1, max_size=6),
    st.lists(st.one_of(_PLAIN, _WILD, _MARKS, st.just("N9*2I")), min_size=1, max_size=6),
)


@cache
def asked_shop() -> tuple[MemoryShop, Order, EdiShippingOrder]:
    """A warehouse was asked for shirts, on two lines, and for mugs."""
    shop = MemoryShop([])
    shop.do(PutLocation(location=Location("depot", "Depot", LocationKind.THIRD_PARTY, "eu", Place(country="FR"))))
    for sku in ("TEE-M", "MUG"):
        shop.do(AdjustStock(sku=sku, location="depot", quantity=20, reason="received"))
    shop.do(PutEdiPartner(partner="depot", profile=WAREHOUSE_PROFILE))
    lines = (("TEE-M", 2, 2_000), ("MUG", 12, 500), ("TEE-M", 1, 2_000))
    order = shop.place(order_of("A-1", *lines))
    allotments = tuple(c.Allotment(place, "eu", "depot", line[1]) for place, line in enumerate(lines, 1))
    shop.do(c.AllocateUnits(order=order, group=1, allotments=allotments))
    number = f"{shop.order(order).number}-1"
    shop.do(WriteShippingOrder(partner="depot", order=order, fulfillment=1, number=number))
    [asked] = shop.records("edi_shipping_order")
    return shop, shop.order(order), asked


@settings(max_examples=40)
@given(_DETAILS)
def test_what_is_not_a_fault_can_be_taken_and_never_more_leaves_than_was_to_be_sent(details: list[str]) -> None:
    shop, order, asked = asked_shop()
    [message] = read_edi(x12_945(1, wsa_945(asked.number, *details))).interchanges[0].messages
    advice = read_945(message, WAREHOUSE_PROFILE)
    if not message.accepted:
        return
    command = take_advice(Fields(message), WAREHOUSE_PROFILE, asked, order, advice, "")
    assert (command is None) == (not message.accepted)
    if command is None:
        return
    context = Context(shop.now, SYSTEM, OrderId(new_id()), "none")
    if not command.parcels and not command.short:
        with pytest.raises(Refused) as refused:
            run(shop.world, command, context)
        assert refused.value.code is OrderRefusal.NOTHING_TO_DO
        return
    draft, _ = run(shop.world, command, context)
    after = shop.order(order.id)
    said = sum(line.shipped * (6 if line.unit == "CA" else 1) for carton in advice.cartons for line in carton.lines)
    assert sum(line.units.shipped for line in after.lines) == said
    assert [line.units.total() for line in after.lines] == [2, 12, 1]
    assert [parcel.number for parcel in after.parcels] == list(range(1, len(command.parcels) + 1))
    draft.roll_back()
    assert shop.order(order.id) == order


@pytest.mark.parametrize(
    ("profile", "gtin", "names"),
    [
        (WAREHOUSE_PROFILE, "", [("VN", "MUG"), ("UP", "012345678905")]),
        (Profile(syntax=WAREHOUSE_PROFILE.syntax, ours=WAREHOUSE_PROFILE.ours, theirs=WAREHOUSE_PROFILE.theirs, sku_qualifiers=("SK",)),
         "4000862141404", [("SK", "MUG"), ("EN", "4000862141404")]),
    ],
)  # fmt: skip
def test_goods_are_named_as_the_profile_says_and_by_gtin(
    profile: Profile, gtin: str, names: list[tuple[str, str]]
) -> None:
    assert names_of(ToldLine(1, "MUG", 1, gtin), profile) == names
