"""What papers say: gifts without prices, customs with all they ask for, parcels that add up."""

from typing import Any

import pytest
from msgspec.structs import replace

from orderline.core.documents.customs import CustomsRefusal, customs_paper, lacking_of, needs_customs
from orderline.core.documents.paper import Paper, Party, Table, Text
from orderline.core.documents.slips import packing_slip, pick_list, value_in
from orderline.core.orders.commands import (
    AllocateUnits,
    Allotment,
    GroupInput,
    LineInput,
    PackUnits,
    ParcelInput,
    PickUnits,
)
from orderline.core.orders.state import LineQuantity, Order, TaxLine
from orderline.core.stock.commands import PutSkus
from orderline.core.stock.refusals import StockRefusal
from orderline.core.stock.state import Sku
from orderline.values.address import Place
from orderline.values.failures import Refused
from support.shop import HOME, MemoryShop, order_of

FROM, TO = Party("From", ("Lyon",)), Party("To", ("Ann Lee",))
FRANCE, SWISS = Place(country="FR"), Place(country="CH")
FULL = Sku("TEE-M", "Shirt", weight_g=200, hs_code="610910", origin="PT")

BORDERS = [
    ("FR", "", "DE", "", False),
    ("FR", "", "MC", "", False),
    ("FR", "", "CH", "", True),
    ("CH", "", "LI", "", False),
    ("GB", "", "IE", "", True),
    ("GB", "", "JE", "", False),
    ("US", "", "US", "", False),
    ("US", "", "CA", "", True),
    ("ES", "28001", "ES", "51001", True),
    ("DE", "10115", "DE", "27498", True),
    ("DE", "10115", "DE", "27499", False),
    ("FR", "", "GL", "", True),
]


@pytest.mark.parametrize(("origin", "code", "destination", "to_code", "needed"), BORDERS)
def test_customs_are_needed_where_a_union_ends(
    origin: str, code: str, destination: str, to_code: str, needed: bool
) -> None:
    here, there = Place(country=origin, postal_code=code), Place(country=destination, postal_code=to_code)
    assert needs_customs(here, there) is needed
    assert needs_customs(there, here) is needed


def packed(*parcels: int, gift: bool = False, quantity: int = 3, price: int = 1000, **line: Any) -> Order:
    """An order of shirts in parcels of so many."""
    shop = MemoryShop([("TEE-M", "lyon", 10)])
    given = LineInput(sku="TEE-M", quantity=quantity, unit_price_minor=price, **line)
    id_ = shop.place(order_of("A-1", given, groups=(GroupInput(address=HOME, gift=gift),)))
    shop.do(AllocateUnits(order=id_, group=1, allotments=(Allotment(1, "eu", "lyon", quantity),)))
    shop.do(PickUnits(order=id_, fulfillment=1, lines=(LineQuantity(1, sum(parcels)),)))
    for units in parcels:
        box = ParcelInput(items=(LineQuantity(1, units),), weight_g=100 + 200 * units)
        shop.do(PackUnits(order=id_, fulfillment=1, parcels=(box,)))
    return shop.order(id_)


def texts(paper: Paper) -> str:
    """Everything a paper says."""
    rows = [text for block in paper.blocks if isinstance(block, Table) for row in block.rows for text in row]
    titles = [c.title for block in paper.blocks if isinstance(block, Table) for c in block.columns]
    return "\n".join([*rows, *titles, *(block.text for block in paper.blocks if not isinstance(block, Table))])


def test_a_packing_slip_says_what_is_in_and_what_follows() -> None:
    order = packed(2)
    paper = packing_slip(order, order.parcels[0], FROM, TO, {})
    tables = [block for block in paper.blocks if isinstance(block, Table)]
    assert tables[0].rows == (("TEE-M", "Shirt", "2", "20.00 EUR"),)
    assert (tables[1].title, tables[1].rows) == ("To follow in other parcels", (("TEE-M", "Shirt", "1"),))


def test_a_gift_tells_its_message_and_no_price() -> None:
    order = packed(3, gift=True, gift_message="Happy birthday!")
    paper = packing_slip(order, order.parcels[0], FROM, TO, {})
    assert Text("Happy birthday!", large=True) in paper.blocks
    assert "EUR" not in texts(paper)
    assert "Price" not in texts(paper)


@pytest.mark.parametrize("parcels", [(1, 1, 1), (2, 1), (1, 2), (3,)])
def test_values_of_parcels_add_up_to_the_line(parcels: tuple[int, ...]) -> None:
    order = packed(*parcels, price=1000, discount_minor=1, taxes=(TaxLine("VAT", 500, 200_000),))
    line = order.agreement.lines[0]
    assert sum(value_in(order, parcel, 1) for parcel in order.parcels) == line.total_minor
    without = sum(value_in(order, parcel, 1, taxes=False) for parcel in order.parcels)
    assert without == line.total_minor - 500


def test_a_pick_list_has_what_is_left_to_pick_and_its_barcode() -> None:
    order = packed(1)
    location = MemoryShop().world.settings.locations["lyon"]
    paper = pick_list(order, order.fulfillments[0], location, {"TEE-M": Sku("TEE-M", gtin="4006381333931")})
    [table] = [block for block in paper.blocks if isinstance(block, Table)]
    assert table.rows == (("TEE-M", "Shirt", "2", "4006381333931"),)


def test_a_declaration_tells_code_origin_weight_and_value() -> None:
    order = packed(3)
    paper = customs_paper(order, order.parcels[0], FROM, TO, (FRANCE, SWISS), {"TEE-M": FULL})
    [table] = [block for block in paper.blocks if isinstance(block, Table)]
    assert table.rows[0] == ("Shirt", "610910", "PT", "3", "600", "30.00 EUR")
    assert table.rows[-1][3:] == ("3", "600", "30.00 EUR")
    assert "CN 22" in paper.title
    heavy = replace(order.parcels[0], weight_g=2_001)
    assert "CN 23" in customs_paper(order, heavy, FROM, TO, (FRANCE, SWISS), {"TEE-M": FULL}).title


@pytest.mark.parametrize("field", ["hs_code", "origin", "weight_g"])
def test_what_a_declaration_lacks_is_named(field: str) -> None:
    order = packed(3)
    skus = {"TEE-M": replace(FULL, **{field: 0 if field == "weight_g" else ""})}
    assert [each.field for each in lacking_of(order, order.parcels[0], skus)] == [field]
    with pytest.raises(Refused) as refused:
        customs_paper(order, order.parcels[0], FROM, TO, (FRANCE, SWISS), skus)
    assert refused.value.code is CustomsRefusal.CUSTOMS_DATA_MISSING
    assert refused.value.facts["value"] == [f"TEE-M.{field}"]


def test_no_border_needs_no_declaration() -> None:
    order = packed(3)
    with pytest.raises(Refused) as refused:
        customs_paper(order, order.parcels[0], FROM, TO, (FRANCE, Place(country="DE")), {"TEE-M": FULL})
    assert refused.value.code is CustomsRefusal.CUSTOMS_NOT_NEEDED


GOODS = [
    ({"hs_code": "61091"}, StockRefusal.HS_CODE_NOT_ACCEPTABLE),
    ({"hs_code": "6109.10"}, StockRefusal.HS_CODE_NOT_ACCEPTABLE),
    ({"origin": "Portugal"}, StockRefusal.COUNTRY_UNKNOWN),
    ({"length_mm": -1}, StockRefusal.QUANTITY_NEGATIVE),
    ({"height_mm": 100_001}, StockRefusal.QUANTITY_NEGATIVE),
]


@pytest.mark.parametrize(("changes", "code"), GOODS)
def test_goods_that_can_not_be_so_are_refused(changes: dict[str, Any], code: StockRefusal) -> None:
    shop = MemoryShop()
    with pytest.raises(Refused) as refused:
        shop.do(PutSkus(skus=(replace(FULL, **changes),)))
    assert refused.value.code is code
    shop.do(PutSkus(skus=(replace(FULL, length_mm=300, width_mm=200, height_mm=20, hs_code="6109100010"),)))
    assert shop.world.skus["TEE-M"].length_mm == 300
