"""What is no goods: services, fees and donations have no stock, and are given back by nobody."""

import pytest
from tests.core.returns.test_returns import asked, sold

from orderline.core.orders.priced import SoldAs
from orderline.core.stock.commands import PutSkus
from orderline.core.stock.state import Sku, SkuKind
from orderline.values.failures import Refused
from support.shop import MemoryShop

STOCK = (("TEE-M", "lyon", 20), ("MUG", "lyon", 20))


@pytest.mark.parametrize("sold_as", [SoldAs.SERVICE, SoldAs.FEE, SoldAs.DONATION])
def test_what_is_no_goods_has_no_stock(sold_as: SoldAs) -> None:
    shop = MemoryShop(STOCK)
    with pytest.raises(Refused, match="SKU_SOLD_AS"):
        shop.do(PutSkus(skus=(Sku("TREE", "A tree", sold_as=sold_as),)))
    shop.do(PutSkus(skus=(Sku("TREE", "A tree", kind=SkuKind.SERVICE, sold_as=sold_as),)))


def test_only_goods_come_back() -> None:
    shop = MemoryShop(STOCK)
    shop.do(PutSkus(skus=(Sku("MUG", "A card of plastic", sold_as=SoldAs.GIFT_CARD),)))
    order = sold(shop, ("TEE-M", 1, 1000), ("MUG", 2, 2500), ("WRAP", 1, 500))
    for line in (2, 3):
        with pytest.raises(Refused, match="RETURN_NOT_POSSIBLE") as refused:
            shop.do(asked(order, 1, line=line))
        assert 1 in refused.value.facts["allowed"]
    shop.do(asked(order, 1))
    shop.do(asked(order, 1, line=2, why="damaged"))
    assert [each.items[0].line for each in shop.order(order).returns] == [1, 2]
