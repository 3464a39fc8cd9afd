"""What customers who collect at a store are asked: another store, a parcel, more time."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from orderline.core.decisions import commands as d
from orderline.core.decisions.asking import DecisionCause
from orderline.core.decisions.state import DecisionState
from orderline.core.moves import Units
from orderline.core.orders import commands as c
from orderline.core.orders.state import LineKind, LineQuantity
from orderline.core.pickups.commands import ExpirePickup, ReadyPickup
from orderline.core.stock.commands import AdjustStock, PutLocation, PutPool
from orderline.core.stock.state import Location, LocationKind, Pool
from orderline.values.address import Place
from support.deciders import code_of, decision_of, drafted, unfillable
from support.shop import HOME, NOON, MemoryShop, order_of


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop([("TEE-M", "lyon", 2)])


def with_stores(shop: MemoryShop, units: int = 2) -> None:
    """Stores beside that of Paris, with shirts."""
    for code in ("nice", "metz"):
        shop.do(PutPool(pool=Pool(code)))
        store = Location(code, code.title(), LocationKind.STORE, code, Place(country="FR"), pickup=True)
        shop.do(PutLocation(location=store))
    shop.do(AdjustStock(sku="TEE-M", location="nice", quantity=units, reason="received"))
    shop.do(AdjustStock(sku="TEE-M", location="paris", quantity=2, reason="received"))


def test_another_store_is_offered_with_units_kept_for_the_answer(shop: MemoryShop) -> None:
    with_stores(shop)
    order = unfillable(shop, pickup="paris")
    id_ = drafted(shop, order, DecisionCause.UNFILLABLE)
    decision = decision_of(shop, id_)
    assert [option.code for option in decision.options] == ["store:nice", "ship", "wait", "substitute", "cancel"]
    assert (shop.world.pool_level("TEE-M", "nice").held, shop.world.pool_level("TEE-M", "nice").atp) == (2, 0)
    cart = shop.world.carts[d.hold_of(id_)]
    assert cart is not None
    assert cart.expires_at == decision.deadline_at
    shop.do(d.AnswerDecision(decision=id_, order=order, option="store:nice", token_hash="h"))
    found = shop.order(order)
    assert found.agreement.groups[0].pickup_location == "nice"
    assert (found.lines[0].units, found.holds) == (Units(pooled=2), ())
    level = shop.world.pool_level("TEE-M", "nice")
    assert (level.held, level.claims) == (0, 2)


def test_what_is_kept_is_free_again_when_another_option_is_chosen(shop: MemoryShop) -> None:
    with_stores(shop)
    order = unfillable(shop, pickup="paris")
    id_ = drafted(shop, order, DecisionCause.UNFILLABLE)
    shop.do(d.AnswerDecision(decision=id_, order=order, option="cancel", token_hash="h"))
    assert shop.world.pool_level("TEE-M", "nice").atp == 2
    assert shop.world.carts[d.hold_of(id_)] is None


def test_goods_of_a_store_are_sent_to_the_address_that_comes_with_the_answer(shop: MemoryShop) -> None:
    with_stores(shop, units=1)
    order = unfillable(shop, pickup="paris")
    id_ = drafted(shop, order, DecisionCause.UNFILLABLE)
    answer = d.AnswerDecision(decision=id_, order=order, option="ship", token_hash="h")
    assert code_of(shop, answer) == "ANSWER_INCOMPLETE"
    typo = replace(HOME, postal_code="x")
    wrong = d.AnswerDecision(decision=id_, order=order, option="ship", token_hash="h", address=typo)
    assert code_of(shop, wrong) == "POSTAL_CODE_INVALID"
    assert decision_of(shop, id_).failures == 0
    sent = d.AnswerDecision(decision=id_, order=order, option="ship", token_hash="h", address=HOME)
    draft = shop.do(sent)
    found = shop.order(order)
    assert (found.agreement.groups[0].pickup_location, found.lines[0].kind) == (None, LineKind.SHIP)
    assert found.lines[0].claims[0].pool == "eu"
    [person] = draft.people
    assert (person.token, person.address) == (found.agreement.groups[0].recipient, HOME)


def test_a_store_that_was_emptied_meanwhile_is_not_offered_again(shop: MemoryShop) -> None:
    with_stores(shop)
    order = unfillable(shop, pickup="paris")
    id_ = drafted(shop, order, DecisionCause.UNFILLABLE)
    shop.do(AdjustStock(sku="TEE-M", location="nice", quantity=2, reason="shrinkage"))
    shop.do(d.AnswerDecision(decision=id_, order=order, option="store:nice", token_hash="h"))
    decision = decision_of(shop, id_)
    assert (decision.state, decision.failed) == (DecisionState.SENT, "STOCK_NOT_AVAILABLE")
    assert [option.code for option in decision.options] == ["ship", "wait", "substitute", "cancel"]
    assert shop.order(order).agreement.groups[0].pickup_location == "paris"
    assert shop.world.pool_level("TEE-M", "nice").held == 0


def test_goods_that_nobody_collected_are_kept_longer_or_canceled(shop: MemoryShop) -> None:
    shop.do(AdjustStock(sku="TEE-M", location="paris", quantity=1, reason="received"))
    order = shop.place(order_of("A-3", ("TEE-M", 1, 2000), pickup="paris"))
    items = (LineQuantity(1, 1),)
    for command in (
        c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "stores", "paris", 1),)),
        c.AcceptFulfillment(order=order, fulfillment=1),
        c.PickUnits(order=order, fulfillment=1, lines=items),
        c.PackUnits(order=order, fulfillment=1, parcels=(c.ParcelInput(items=items),)),
        ReadyPickup(order=order, fulfillment=1, seed="s", code_hash="k"),
    ):
        shop.do(command)
    shop.later(days=8)
    shop.do(ExpirePickup(order=order, fulfillment=1))
    id_ = drafted(shop, order, DecisionCause.UNCOLLECTED, fulfillment=1)
    assert [option.code for option in decision_of(shop, id_).options] == ["later", "cancel"]
    shop.do(d.AnswerDecision(decision=id_, order=order, option="later", token_hash="h"))
    pickup = shop.order(order).pickups[0]
    assert (pickup.uncollected_at, pickup.code_hash) == (None, "k")
    assert pickup.deadline_at == NOON + timedelta(days=15)
