"""What of a sale is its seller's: posted with the invoice, and taken back with whatever is taken back of it, to the cent."""

from typing import Any

import pytest

from core.test_invoices import invoice, posted, ship, taxed
from orderline.core.disputes.commands import TellDispute
from orderline.core.disputes.state import DisputeStage
from orderline.core.ledger.events import CreditGranted
from orderline.core.ledger.state import Account
from orderline.core.orders.commands import LineInput
from orderline.core.orders.credited import Credit, CreditCharge, CreditLine
from orderline.core.orders.priced import Charge
from orderline.core.sellers.commands import PutSeller
from orderline.core.sellers.sharing import shares_of
from orderline.core.sellers.state import SellerParty
from orderline.core.sellers.terms import Side
from orderline.core.stock.commands import PutSkus
from orderline.core.stock.state import Component, Sku, SkuKind
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from support.always import assert_sound
from support.shop import MemoryShop, order_of


def put(shop: MemoryShop, seller: str = "acme", **terms: Any) -> None:
    told: dict[str, Any] = {"party": SellerParty(name=seller.title()), "rate_ppm": 150_000}
    shop.do(PutSeller(seller=seller, **(told | terms)))


@pytest.fixture
def shop() -> MemoryShop:
    shop = MemoryShop([("TEE-M", "lyon", 20), ("MUG", "lyon", 20)])
    put(shop)
    shop.do(PutSkus(skus=(Sku("TEE-M", "Shirt", seller="acme", category="wear"),)))
    return shop


def credit(shop: MemoryShop, order: OrderId, **about: Any) -> None:
    lines = about.get("lines", ())
    total = sum(each.total_minor for each in (*lines, *about.get("charges", ())))
    number = len(shop.order(order).credits) + 1
    draft = Draft(shop.world, shop.now)
    given: dict[str, Any] = {"number": number, "reason": "x", "total_minor": total, **about}
    draft.tell(order, CreditGranted(Credit(**given), shop.now))
    shop.events[order].extend(event for _, event in draft.events)


def sold(shop: MemoryShop, *lines: Any, **about: Any) -> OrderId:
    """An order that has gone, and was invoiced."""
    given: dict[str, Any] = {"paid": "captured", **about}
    order = shop.place(order_of("A-0", *lines, **given))
    for each in shop.order(order).lines:
        if each.kind == "ship":
            ship(shop, order, each.line, each.units.total())
    invoice(shop, order)
    return order


def owed(shop: MemoryShop, order: OrderId, seller: str = "acme") -> tuple[int, int]:
    """What the seller has of it, and what we have, as the books say."""
    books = shop.order(order).books
    assert books is not None
    assert_sound(shop)
    return -books.of(Account.SELLER_PAYABLE, seller), -books.of(Account.COMMISSIONS, seller)


def test_the_price_without_tax_is_the_sellers_less_our_commission(shop: MemoryShop) -> None:
    order = sold(shop, taxed("TEE-M", 2, 2400), ("MUG", 1, 500))
    assert posted(shop, order, "seller_shared") == [
        {"seller_goods acme": 4000, "seller_payable acme": -3400, "commissions acme": -600}
    ]
    assert owed(shop, order) == (3400, 600)


def test_what_is_ours_has_no_share_and_no_posting(shop: MemoryShop) -> None:
    order = sold(shop, ("MUG", 1, 500))
    assert posted(shop, order, "seller_shared") == []
    assert shares_of(shop.order(order)) == ()
    assert shop.order(order).agreement.lines[0].seller is None


def test_terms_are_those_of_the_sale_whatever_is_agreed_later(shop: MemoryShop) -> None:
    order = shop.place(order_of("A-1", ("TEE-M", 1, 1000), paid="captured"))
    put(shop, rate_ppm=500_000, fixed_minor={"EUR": 99})
    ship(shop, order, 1, 1)
    invoice(shop, order)
    assert owed(shop, order) == (850, 150)


def test_a_category_has_a_rate_of_its_own_and_a_fee_is_charged_once_a_line(shop: MemoryShop) -> None:
    put(shop, categories={"wear": 80_000}, fixed_minor={"EUR": 30})
    order = shop.place(order_of("A-1", ("TEE-M", 3, 1000), paid="captured"))
    ship(shop, order, 1, 1)
    invoice(shop, order)
    assert owed(shop, order) == (1000 - 80 - 30, 110)
    ship(shop, order, 1, 2)
    invoice(shop, order)
    assert owed(shop, order) == (3000 - 240 - 30, 270)


def test_a_line_may_name_its_seller_and_several_may_sell_in_one_order(shop: MemoryShop) -> None:
    put(shop, "bolt", rate_ppm=100_000)
    order = sold(shop, ("TEE-M", 1, 1000), LineInput(sku="MUG", quantity=1, unit_price_minor=500, seller="bolt"))
    assert (owed(shop, order), owed(shop, order, "bolt")) == ((850, 150), (450, 50))
    with pytest.raises(Refused, match="SELLER_UNKNOWN"):
        shop.place(order_of("A-2", LineInput(sku="MUG", quantity=1, unit_price_minor=500, seller="nobody")))


def test_the_parts_of_a_bundle_are_each_their_sellers(shop: MemoryShop) -> None:
    shop.do(
        PutSkus(skus=(Sku("SET", "Set", kind=SkuKind.BUNDLE, components=(Component("TEE-M", 1, 3), Component("MUG", 1, 1))),))
    )  # fmt: skip
    order = shop.place(order_of("A-1", ("SET", 1, 1000), paid="captured"))
    for line in (2, 3):
        ship(shop, order, line, 1)
    invoice(shop, order)
    assert [(each.line, each.goods_minor, each.commission_minor) for each in shares_of(shop.order(order))] == [
        (2, 750, 112)
    ]


def test_parts_that_go_back_never_drift_from_the_whole(shop: MemoryShop) -> None:
    order = sold(shop, ("TEE-M", 3, 333))
    assert owed(shop, order) == (850, 149)
    for left, commission in ((666, 99), (333, 49), (0, 0)):
        credit(shop, order, lines=(CreditLine(1, 1, 333),))
        assert owed(shop, order) == (left - commission, commission)


def test_an_allowance_is_the_sellers_and_goodwill_is_ours(shop: MemoryShop) -> None:
    order = sold(shop, ("TEE-M", 2, 1000))
    credit(shop, order, lines=(CreditLine(1, 0, 500, over=1),))
    assert owed(shop, order) == (1275, 225)
    credit(shop, order, lines=(CreditLine(1, 0, 500, over=1),), goodwill=True)
    assert owed(shop, order) == (1275, 225)
    credit(shop, order, lines=(CreditLine(1, 0, -500, over=1),), undoes=1)
    assert owed(shop, order) == (1700, 300)


@pytest.mark.parametrize(("bearer", "expected"), [(Side.SELLER, 680), (Side.MERCHANT, 850)])
def test_a_discount_is_borne_by_whom_the_terms_say_and_goes_back_with_the_goods(
    shop: MemoryShop, bearer: Side, expected: int
) -> None:
    put(shop, discounts=bearer)
    line = LineInput(sku="TEE-M", quantity=2, unit_price_minor=500, discount_minor=200)
    order = sold(shop, line)
    assert owed(shop, order)[0] == expected
    credit(shop, order, lines=(CreditLine(1, 1, 400),))
    assert owed(shop, order)[0] == expected // 2
    credit(shop, order, lines=(CreditLine(1, 1, 400),))
    assert owed(shop, order) == (0, 0)


def test_shipping_is_ours_unless_the_terms_say_otherwise_and_is_shared_by_the_goods(shop: MemoryShop) -> None:
    put(shop, shipping=Side.SELLER)
    put(shop, "bolt", shipping=Side.SELLER)
    lines = (
        ("TEE-M", 1, 200),
        LineInput(sku="MUG", quantity=1, unit_price_minor=100, seller="bolt"),
        ("MUG", 1, 100),
    )
    order = sold(shop, *lines, charges=(Charge("shipping", 499),))
    shares = {each.seller: each.shipping_minor for each in shares_of(shop.order(order))}
    assert shares == {"acme": 249, "bolt": 125}  # and 125 are ours
    credit(shop, order, charges=(CreditCharge("shipping", 499),))
    assert owed(shop, order) == (170, 30)


@pytest.mark.parametrize(("bearer", "left"), [(Side.SELLER, 0), (Side.MERCHANT, 1700)])
def test_a_dispute_counts_when_it_is_lost_and_against_whom_the_terms_say(
    shop: MemoryShop, bearer: Side, left: int
) -> None:
    put(shop, chargebacks=bearer)
    order = sold(shop, taxed("TEE-M", 2, 1200))
    tell = {"order": order, "tender": 1, "reference": "d-1", "amount_minor": 2400}
    shop.do(TellDispute(**tell, stage=DisputeStage.OPENED))
    assert owed(shop, order) == (1700, 300)
    shop.later(days=1)
    shop.do(TellDispute(**tell, stage=DisputeStage.LOST))
    assert owed(shop, order)[0] == left
    shop.later(days=1)
    shop.do(TellDispute(**tell, stage=DisputeStage.WON))
    assert owed(shop, order) == (1700, 300)


def test_part_of_a_lost_dispute_takes_its_part(shop: MemoryShop) -> None:
    order = sold(shop, taxed("TEE-M", 2, 1200))
    shop.do(TellDispute(order=order, tender=1, reference="d-1", amount_minor=600, stage=DisputeStage.LOST))
    assert owed(shop, order) == (1275, 225)


def test_what_is_sold_never_costs_its_seller_anything(shop: MemoryShop) -> None:
    put(shop, fixed_minor={"EUR": 5000})
    assert owed(shop, sold(shop, ("TEE-M", 1, 1000))) == (0, 1000)


def test_history_owes_nobody_anything(shop: MemoryShop) -> None:
    past = shop.place(order_of("A-1", ("TEE-M", 1, 1000), paid="captured", history=True))
    assert shop.order(past).agreement.lines[0].seller is None
    assert shop.order(past).books is None


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"rate_ppm": 1_000_001}, "SELLER_TERMS"), ({"rate_ppm": -1}, "SELLER_TERMS"),
    ({"categories": {"a": -1}}, "SELLER_TERMS"), ({"categories": {"": 1}}, "FIELD_REQUIRED"),
    ({"fixed_minor": {"EUR": -1}}, "SELLER_TERMS"), ({"fixed_minor": {"XXY": 1}}, "CURRENCY_UNKNOWN"),
    ({"reserve_days": 366}, "SELLER_TERMS"), ({"party": SellerParty(name="")}, "FIELD_REQUIRED"),
    ({"party": SellerParty(name="A", country="fr")}, "SELLER_TERMS"),
]  # fmt: skip


@pytest.mark.parametrize(("terms", "code"), WRONG)
def test_terms_that_are_none_are_refused(terms: dict[str, Any], code: str) -> None:
    shop = MemoryShop()
    with pytest.raises(Refused, match=code):
        put(shop, **terms)
    assert shop.world.settings.sellers == {}


def test_a_sku_of_nobody_is_refused() -> None:
    with pytest.raises(Refused, match="SELLER_UNKNOWN"):
        MemoryShop().do(PutSkus(skus=(Sku("A", seller="nobody"),)))
