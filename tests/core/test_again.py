"""An order bought once more: its goods at the prices and by the rules of today, as a draft order."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from core.test_companies import TERMS, bought, company_shop
from orderline.core.companies.commands import PutCompany, PutCompanyLocation
from orderline.core.companies.state import CompanyTerms
from orderline.core.drafts.again import AgainLine, LeftOut, PricedBy, Terms, again_of
from orderline.core.drafts.ordering import placing_of
from orderline.core.drafts.state import DraftOrder
from orderline.core.orders import commands as c
from orderline.core.orders.buying import CompanyInput
from orderline.core.orders.priced import Charge, TaxLine
from orderline.core.orders.state import LineQuantity
from orderline.core.price_lists.decide import PutPriceList, SetPrices, SkuPrices
from orderline.core.price_lists.state import Break, price_id
from orderline.core.stock.commands import PutSkus
from orderline.values.ids import OrderId
from support.always import assert_sound
from support.deciders import code_of
from support.shop import HOME, MemoryShop, order_of

LISTED = replace(TERMS, price_list="acme", catalog=("TEE-*", "MUG"), requires_po_number=True, minimum_minor=2_000)


def terms_of(shop: MemoryShop, order: OrderId) -> Terms:
    company: Any = shop.world.records.get(("company", "acme"))
    if shop.order(order).company is None:
        return Terms()
    assert company is not None
    codes = {each.sku for each in shop.order(order).agreement.lines}
    prices: dict[str, Any] = {
        code: found for code in codes if (found := shop.world.records.get(("price", price_id("acme", code))))
    }
    listed: Any = shop.world.records.get(("price_list", "acme"))
    return Terms(company=company, listed=listed, prices=prices)


def drafted(shop: MemoryShop, order: OrderId, **about: Any) -> tuple[DraftOrder, tuple[AgainLine, ...]]:
    command, lines = again_of(shop.order(order), "D-1", terms_of(shop, order), shop.world.skus, shop.now, **about)
    shop.do(command)
    found = shop.world.records["draft_order", "D-1"]
    assert isinstance(found, DraftOrder)
    return found, lines


def listed_shop(terms: CompanyTerms = LISTED) -> MemoryShop:
    shop = company_shop(terms)
    shop.do(PutPriceList(price_list="acme", currency="EUR", taxes_included=True))
    prices(shop, shop.now.date().isoformat(), tee=(1_000, 900), mug=(500, 500))
    return shop


def prices(shop: MemoryShop, day: str, **by_sku: tuple[int, int]) -> None:
    names = {"tee": "TEE-M", "mug": "MUG"}
    listed = tuple(
        SkuPrices(sku=names[name], breaks=(Break(1, one), Break(10, ten))) for name, (one, ten) in by_sku.items()
    )
    shop.do(SetPrices(price_list="acme", valid_from=shop.now.date().fromisoformat(day), prices=listed))


def test_a_standing_order_costs_what_the_list_says_today_and_has_a_number_of_its_own() -> None:
    shop = listed_shop()
    order = shop.place(bought("W-1", ("TEE-M", 4, 1_000), ("MUG", 1, 500), po_number="PO-1"))
    shop.later(days=10)
    prices(shop, shop.now.date().isoformat(), tee=(1_100, 900), mug=(500, 500))
    found, lines = drafted(shop, order)
    assert [(each.sku, each.before_minor, each.now_minor, each.priced_by) for each in lines] == [
        ("TEE-M", 1_000, 1_100, PricedBy.LIST),
        ("MUG", 500, 500, PricedBy.LIST),
    ]
    assert (found.total_minor, found.company) == (4_900, CompanyInput(company="acme", location="dock", buyer="bob"))
    tender = c.TenderInput(provider="terms", method="terms", amount_minor=4_900)
    assert code_of(shop, placing_of(found, {}, {}, tenders=(tender,))) == "PO_NUMBER_MISSING"
    assert code_of(shop, placing_of(found, {}, {}, tenders=(tender,), po_number="PO-1")) == "PO_NUMBER_TAKEN"
    placing = placing_of(found, {}, {}, tenders=(tender,), po_number="PO-2")
    other = replace(placing, company=CompanyInput(company="acme", location="dock", buyer="ann", po_number="PO-2"))
    assert code_of(shop, other) == "DRAFT_OF_OTHER_GOODS"
    again = shop.order(shop.place(placing))
    assert (again.holds, again.company.po_number if again.company is not None else "") == ((), "PO-2")
    assert_sound(shop)


def test_a_number_that_was_drafted_is_the_one_it_is_ordered_under() -> None:
    shop = listed_shop()
    order = shop.place(bought("W-1", ("TEE-M", 4, 1_000), po_number="PO-1"))
    found, _ = drafted(shop, order, po_number="PO-2")
    placing = placing_of(found, {}, {}, tenders=())
    assert placing.company is not None
    renamed = replace(placing, company=replace(placing.company, po_number="PO-3"))
    assert code_of(shop, renamed) == "DRAFT_OF_OTHER_GOODS"
    assert shop.order(shop.place(placing)).company is not None


def test_what_is_sold_no_more_not_approved_or_without_a_price_is_left_out() -> None:
    shop = listed_shop()
    order = shop.place(bought("W-1", ("TEE-M", 4, 1_000), ("MUG", 1, 500), po_number="PO-1"))
    shop.do(PutCompany(company="acme", name="Acme", terms=replace(LISTED, catalog=("MUG",))))
    assert [each.left_out for each in drafted(shop, order)[1]] == [LeftOut.NOT_APPROVED, None]
    shop.do(PutSkus(skus=(replace(shop.world.skus["MUG"], sold_until=shop.now),)))
    shop.do(PutCompany(company="acme", name="Acme", terms=LISTED))
    found, lines = drafted(shop, order)
    assert [each.left_out for each in lines] == [None, LeftOut.NOT_SOLD]
    assert [each.sku for each in found.lines] == ["TEE-M"]
    without = replace(terms_of(shop, order), prices={})
    command, lines = again_of(shop.order(order), "D-1", without, shop.world.skus, shop.now)
    assert [each.left_out for each in lines] == [LeftOut.NO_PRICE, LeftOut.NOT_SOLD]
    assert code_of(shop, command) == "LINES_MISSING"


def test_an_order_below_the_minimum_of_today_is_refused_when_it_is_placed() -> None:
    shop = listed_shop()
    order = shop.place(bought("W-1", ("TEE-M", 4, 1_000), po_number="PO-1"))
    shop.do(PutCompany(company="acme", name="Acme", terms=replace(LISTED, minimum_minor=5_000)))
    found, _ = drafted(shop, order, po_number="PO-2")
    assert code_of(shop, placing_of(found, {}, {})) == "MINIMUM_NOT_REACHED"


def test_goods_go_to_where_the_location_of_the_company_is_today() -> None:
    shop = listed_shop()
    order = shop.place(bought("W-1", ("TEE-M", 4, 1_000), po_number="PO-1"))
    lille = replace(HOME, postal_code="59000", city="Lille")
    shop.do(PutCompanyLocation(company="acme", location="dock", address=lille))
    found, _ = drafted(shop, order, po_number="PO-2")
    again = shop.order(shop.place(placing_of(found, {}, {})))
    assert again.agreement.groups[0].place.postal_code == "59000"


def test_without_a_list_what_was_agreed_is_paid_again_with_its_discount_and_tax() -> None:
    shop = MemoryShop([("TEE-M", "lyon", 6), ("MUG", "lyon", 6)])
    line = c.LineInput(
        sku="TEE-M", quantity=3, unit_price_minor=1_000, discount_minor=100, taxes=(TaxLine("VAT", 483, 200_000),)
    )
    later = c.GroupInput(address=HOME, promised_by=shop.now + timedelta(days=3))
    charges = (Charge("shipping", 490), Charge("discount", -300))
    placing = replace(
        order_of("W-1", ("TEE-M", 3, 1_000), paid=None),
        lines=(line,),
        groups=(later,),
        charges=charges,
        total_minor=3_090,
    )
    order = shop.place(placing)
    shop.do(c.CancelUnits(order=order, reason="one less", lines=(LineQuantity(1, 1),)))
    found, [told] = drafted(shop, order)
    [again] = found.lines
    assert (again.quantity, again.discount_minor, again.taxes[0].amount_minor) == (2, 67, 322)
    assert told.priced_by is PricedBy.BEFORE
    assert (found.charges, found.groups[0].promised_by, found.company) == ((Charge("shipping", 490),), None, None)
    assert shop.order(shop.place(placing_of(found, {1: HOME}, {}))).agreement.total_minor == 2_000 - 67 + 490
    assert_sound(shop)


@pytest.mark.parametrize("canceled", [1, 2])
def test_what_was_canceled_is_not_bought_again_unless_all_of_it_was(canceled: int) -> None:
    shop = MemoryShop([("TEE-M", "lyon", 6)])
    order = shop.place(order_of("W-1", ("TEE-M", 2, 1_000), paid=None))
    shop.do(c.CancelUnits(order=order, reason="less", lines=(LineQuantity(1, canceled),)))
    _, [told] = drafted(shop, order)
    assert told.quantity == {1: 1, 2: 2}[canceled]
