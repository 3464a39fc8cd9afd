"""Links between orders: what each type carries, and that no order gives more than it has; and tags."""

from typing import Any, get_args

import msgspec
import pytest

from orderline.core.orders.commands import AnnotateOrder, LinkOrders
from orderline.core.orders.links import LINKS, Carries
from orderline.core.orders.state import Order
from orderline.values.failures import Refused
from orderline.values.ids import OrderId, new_id
from support.repository import ROOT
from support.shop import MemoryShop, order_of


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop([("TEE-M", "lyon", 10)])


def placed(shop: MemoryShop, name: str, quantity: int = 3, **about: Any) -> OrderId:
    shop.do(order_of(name, ("TEE-M", quantity, 2000), **about))
    return next(id_ for id_, order in shop.world.orders.items() if order and order.external_id == name)


def order(shop: MemoryShop, id_: OrderId) -> Order:
    found = shop.world.orders[id_]
    assert found is not None
    return found


def refused(shop: MemoryShop, **link: Any) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        shop.do(LinkOrders(**link))
    return caught.value.code.value, caught.value.facts.get("field", "")


def test_every_type_has_a_rule_and_stands_in_the_guide() -> None:
    field = next(each for each in msgspec.structs.fields(LinkOrders) if each.name == "type")
    assert set(get_args(field.type)) == LINKS.keys()
    guide = (ROOT / "docs/concepts/life-of-an-order.md").read_text(encoding="utf-8")
    assert [each for each in LINKS if f"`{each}`" not in guide] == []


@pytest.mark.parametrize("type_", LINKS)
def test_a_link_carries_what_its_type_says(shop: MemoryShop, type_: str) -> None:
    one, other = placed(shop, "A-1"), placed(shop, "A-2", 1)
    rule = LINKS[type_]
    link: dict[str, Any] = {"order": one, "target": other, "type": type_}
    if rule.units is Carries.MUST:
        assert refused(shop, **link) == ("FIELD_REQUIRED", "quantity")
    if rule.units is Carries.NEVER:
        assert refused(shop, **link, quantity=1) == ("LINK_CARRIES_NOTHING", "quantity")
        assert refused(shop, **link, amount_minor=1) == ("LINK_CARRIES_NOTHING", "amount_minor")
        shop.do(LinkOrders(**link))
        return
    assert refused(shop, **link, quantity=4) == ("QUANTITY_NOT_AVAILABLE", "quantity")
    assert refused(shop, **link, quantity=1, amount_minor=6001) == ("AMOUNT_OUT_OF_RANGE", "amount_minor")
    shop.do(LinkOrders(**link, quantity=2, amount_minor=4000))
    [made] = order(shop, one).links
    assert (made.type, made.order, made.quantity, made.amount_minor) == (type_, other, 2, 4000)


def test_units_go_over_once(shop: MemoryShop) -> None:
    one, others = placed(shop, "A-1"), [placed(shop, f"B-{number}", 1) for number in range(3)]
    for type_ in ("split", "replacement"):
        for other in others[:2]:
            link: dict[str, Any] = {"order": one, "type": type_, "target": other, "quantity": 2}
            if type_ == "split" and other is others[1]:
                assert refused(shop, **link) == ("QUANTITY_NOT_AVAILABLE", "quantity")
                link["quantity"] = 1
            shop.do(LinkOrders(**link))
    money = {"order": one, "type": "split", "target": others[2], "quantity": 0, "amount_minor": 1}
    assert refused(shop, **money) == ("FIELD_REQUIRED", "quantity")


def test_the_same_link_is_made_once_and_leads_one_way(shop: MemoryShop) -> None:
    one, other = placed(shop, "A-1"), placed(shop, "A-2")
    shop.do(LinkOrders(order=one, target=other, type="renewal"))
    assert refused(shop, order=one, target=other, type="renewal") == ("LINK_KNOWN", "target")
    assert refused(shop, order=other, target=one, type="renewal") == ("LINK_GOES_BACK", "target")
    shop.do(LinkOrders(order=one, target=other, type="related"))
    shop.do(LinkOrders(order=other, target=one, type="related"))
    assert refused(shop, order=one, target=one, type="related") == ("LINK_TO_ITSELF", "target")
    assert refused(shop, order=one, target=OrderId(new_id()), type="related") == ("ORDER_UNKNOWN", "target")


def test_money_and_test_orders_stay_among_their_own(shop: MemoryShop) -> None:
    one = placed(shop, "A-1")
    pounds, test = placed(shop, "A-2", currency="GBP"), placed(shop, "A-3", is_test=True)
    money = {"order": one, "target": pounds, "type": "exchange", "quantity": 1, "amount_minor": 1}
    assert refused(shop, **money) == ("CURRENCY_MISMATCH", "amount_minor")
    shop.do(LinkOrders(order=one, target=pounds, type="exchange", quantity=1))
    assert refused(shop, order=one, target=test, type="related") == ("LINK_NOT_POSSIBLE", "target")


def test_tags_are_set_added_and_taken_away(shop: MemoryShop) -> None:
    id_ = placed(shop, "A-1", tags=("late", "gift"))
    cases: list[tuple[dict[str, Any], tuple[str, ...]]] = [
        ({"add_tags": ("vip", "late")}, ("late", "gift", "vip")),
        ({"remove_tags": ("gift", "none"), "add_tags": ("new",)}, ("late", "vip", "new")),
        ({"tags": ("a", "b"), "remove_tags": ("a",)}, ("b",)),
        ({"note": "called"}, ("b",)),
        ({"tags": ()}, ()),
        ({"add_tags": tuple(f"t{at}" for at in range(50))}, tuple(f"t{at}" for at in range(50))),
    ]  # fmt: skip
    for given, then in cases:
        shop.do(AnnotateOrder(order=id_, **given))
        assert order(shop, id_).tags == then
    for tag, field in (("one more", "add_tags"), ("", "add_tags[0]")):
        with pytest.raises(Refused) as caught:
            shop.do(AnnotateOrder(order=id_, add_tags=(tag,)))
        assert caught.value.facts["field"] == field
