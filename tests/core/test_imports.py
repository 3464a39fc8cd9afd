"""Rows of order files into orders: small dirty files of each layout, with the exact verdict of every row."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderline.core.imports.layouts import FIELDS, FIX_COLUMNS, LAYOUTS, Rules, find_columns
from orderline.core.imports.mapping import Mapping
from orderline.core.imports.profile import Options, make_profile
from orderline.core.imports.verdicts import MEANINGS, REMARKS, ImportRefusal, Remark
from orderline.core.orders.state import Charge
from orderline.values.address import Place
from orderline.values.failures import Refused
from support.order_files import only_order, taken_in, verdicts
from support.repository import ROOT

UCI = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"

# ------------------------------------------------------------------------------------- online-retail

DIRTY = [
    # invoice   code          description    n    date                   price   customer  country            verdict
    ("536365", "85123a",     "HEART",       "6",  "2010-12-01 08:26:00", "2.55",  "17850.0", "United Kingdom", "imported"),
    ("536365", "POST",       "POSTAGE",     "1",  "2010-12-01 08:26:00", "18.0",  "17850.0", "United Kingdom", "charge"),
    ("536365", "85123A",     "HEART",       "2",  "2010-12-01 08:26:00", "2.55",  "17850.0", "United Kingdom", "imported"),
    ("536365", "71053",      "LANTERN",     "3",  "2010-12-01 08:26:00", "3.39",  "17850.0", "United Kingdom", "imported"),
    ("536365", "71053",      "LANTERN",     "3",  "2010-12-01 08:26:00", "3.39",  "17850.0", "United Kingdom", "duplicate"),
    ("536366", "22633",      "WARMER",      "1",  "2010-12-01 08:28:00", "1.85",  "",        "Unspecified",    "imported"),
    ("536366", "21730",      "FREE STAR",   "1",  "2010-12-01 08:28:00", "0.0",   "",        "Unspecified",    "imported"),
    ("536414", "22139",      "",            "56", "2010-12-01 11:52:00", "0.0",   "",        "United Kingdom", "not_a_sale:stock_adjustment"),
    ("536589", "21777",      "damaged",    "-10", "2010-12-01 16:50:00", "0.0",   "",        "United Kingdom", "not_a_sale:stock_adjustment"),
    ("C536379", "D",         "Discount",   "-1",  "2010-12-01 09:41:00", "27.50", "14527.0", "United Kingdom", "not_a_sale:fee_credit"),
    ("C536383", "71053",     "LANTERN",    "-2",  "2010-12-01 09:49:00", "3.39",  "17850.0", "United Kingdom", "cancellation"),
    ("C536384", "71053",     "LANTERN",    "-2",  "2010-12-01 09:50:00", "3.39",  "17850.0", "United Kingdom", "cancellation_unmatched"),
    ("C536385", "22633",     "WARMER",     "-1",  "2010-12-01 09:51:00", "1.85",  "",        "Unspecified",    "cancellation_unmatched"),
    ("537434", "BANK CHARGES", "Charges",  "1",   "2010-12-06 16:57:00", "15.0",  "",        "United Kingdom", "not_a_sale:fees_only"),
    ("537435", "22633",      "WARMER",     "six", "2010-12-06 16:58:00", "1.85",  "12583.0", "France",         "malformed:NUMBER"),
    ("537435", "22634",      "WARMER",     "6",   "2010-12-06 16:58:00", "1.85",  "12583.0", "France",         "refused:OTHER_ROW"),
    ("537436", "22634",      "WARMER",     "-6",  "2010-12-06 16:58:00", "1.85",  "12583.0", "France",         "refused:QUANTITY_NOT_POSITIVE"),
    ("537437", "22634",      "WARMER",     "6",   "yesterday",           "1.85",  "12583.0", "France",         "malformed:DATE"),
    ("537438", "PADS",       "PADS",       "1",   "2010-12-06 16:58:00", "0.001", "12583.0", "France",         "refused:AMOUNT_TOO_PRECISE"),
    ("A563186", "B",         "Bad debt",   "1",   "2011-08-12 14:51:00", "-110.6", "",       "United Kingdom", "not_a_sale:fees_only"),
    ("",       "22634",      "WARMER",     "6",   "2010-12-06 16:58:00", "1.85",  "12583.0", "France",         "refused:FIELD_REQUIRED"),
    ("537439", "22634\udc96", "WARMER",    "6",   "2010-12-06 16:58:00", "1.85",  "12583.0", "France",         "malformed:ENCODING"),
]  # fmt: skip


def uci(rows: list[tuple[str, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([UCI.split(","), *rows])
    return text.getvalue()


def test_every_row_of_a_dirty_retail_file_has_its_verdict() -> None:
    documents = taken_in(uci([row[:8] for row in DIRTY]))
    assert verdicts(documents) == [row[8] for row in DIRTY]


def test_a_retail_invoice_becomes_history_with_charges_place_and_canceled_units() -> None:
    first, guest = [each for each in taken_in(uci([row[:8] for row in DIRTY])) if each.order is not None]
    order = first.order
    assert order is not None
    assert order.history
    assert order.external_id == "536365"
    assert order.custom == {"customer": "17850"}
    assert [(line.sku, line.quantity, line.canceled) for line in order.lines] == [
        ("85123A", 6, 0),
        ("85123A", 2, 0),
        ("71053", 3, 2),
    ]
    assert order.charges == (Charge("shipping", 1800, "POSTAGE"),)
    assert order.total_minor == 8 * 255 + 3 * 339 + 1800
    assert order.groups[0].place == Place(country="GB")
    assert order.placed_at == datetime(2010, 12, 1, 8, 26, tzinfo=UTC)
    assert first.remarks == {Remark.REPEATED_SKU: 1}
    assert guest.remarks == {Remark.GUEST: 2, Remark.FREE: 1, Remark.COUNTRY_UNKNOWN: 2}


SOLD = ("1", "A", "x", "5", "2011-01-01 10:00:00", "2.00", "7", "France")
AGAIN = ("2", "A", "x", "3", "2011-01-02 10:00:00", "2.50", "7", "France")
MATCHES = [
    # rows before                     taken back (n, price)     matched with
    ([SOLD],                          ("-5", "2.00"),           "1"),
    ([SOLD],                          ("-6", "2.00"),           None),   # more than was sold
    ([SOLD, AGAIN],                   ("-2", "2.50"),           "2"),    # by its price
    ([SOLD, AGAIN],                   ("-5", "9.99"),           "1"),    # only one has as many
    ([SOLD, AGAIN],                   ("-3", "9.99"),           "2"),    # by its whole quantity
    ([SOLD, AGAIN],                   ("-1", "9.99"),           None),   # either may be meant
    ([],                              ("-1", "2.00"),           None),   # none before
]  # fmt: skip


@pytest.mark.parametrize(("before", "back", "order"), MATCHES)
def test_a_cancellation_is_matched_where_one_line_alone_may_be_meant(
    before: list[tuple[str, ...]], back: tuple[str, str], order: str | None
) -> None:
    row = ("C9", "A", "x", back[0], "2011-02-01 10:00:00", back[1], "7", "France")
    documents = taken_in(uci([*before, row, SOLD if not before else row]))
    [canceled] = [each for each in documents if each.external_id == "C9"][:1]
    assert canceled.follows.get(0) == order
    taken = [each for each in documents if each.order is not None and each.awaited]
    assert [each.external_id for each in taken] == ([order] if order else [])


def test_rows_of_an_invoice_that_stand_apart_are_one_order() -> None:
    other = ("5", "B", "y", "1", "2011-01-01 10:00:00", "1.00", "8", "Spain")
    late = ("1", "C", "z", "1", "2011-01-01 10:00:00", "4.00", "7", "France")
    documents = taken_in(uci([SOLD, other, late, AGAIN]))
    assert [(each.external_id, [row.number for row in each.rows]) for each in documents] == [
        ("5", [2]),
        ("1", [1, 3]),
        ("2", [4]),
    ]


def test_a_row_with_too_few_columns_keeps_its_order_back() -> None:
    text = uci([SOLD]) + "1,B,y,1\n" + "9,B\n"
    assert verdicts(taken_in(text)) == ["refused:OTHER_ROW", "malformed:COLUMNS", "malformed:COLUMNS"]


def test_the_second_edition_of_the_retail_file_is_recognized() -> None:
    text = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n"
    text += "489434,85048,LIGHTS,12,12/1/2009 7:45,6.95,13085,United Kingdom\n"
    assert only_order(taken_in(text)).placed_at == datetime(2009, 12, 1, 7, 45, tzinfo=UTC)


# ------------------------------------------------------------------------------- generic and mapping

GERMAN = (
    "Bestellung;Artikel;Menge;Preis;Datum;Land\nB-1;hemd;2;19,90;24.12.2025 18:30;Österreich\nB-1;VERSAND;1;4,90;;\n"
)
MAPPING = """
delimiter = ";"
decimal_comma = true
time_zone = "Europe/Vienna"
date_formats = ["%d.%m.%Y %H:%M"]
columns = { order = "Bestellung", sku = "Artikel", quantity = "Menge", unit_price = "Preis", placed_at = "Datum", ship_country = "Land" }
defaults = { currency = "EUR", customer_name = "Laufkunde" }
charges = { VERSAND = "shipping" }
countries = { "Österreich" = "AT" }
sku_aliases = { hemd = "TEE-M" }
"""


def test_a_mapping_fits_a_file_of_any_shape() -> None:
    order = only_order(taken_in(GERMAN, MAPPING, history=True))
    assert (order.lines[0].sku, order.lines[0].unit_price_minor) == ("TEE-M", 1990)
    assert order.charges == (Charge("shipping", 490),)
    assert order.placed_at == datetime(2025, 12, 24, 17, 30, tzinfo=UTC)
    assert order.groups[0].place == Place(country="AT")
    assert (order.currency, order.customer.name) == ("EUR", "Laufkunde")


def test_units_canceled_before_a_live_import_are_canceled_after_it() -> None:
    text = "order,sku,quantity,unit_price,canceled\n1,A,3,1.00,1\n1,B,2,1.00,\n"
    [document] = taken_in(text, currency="EUR")
    assert [(each.line, each.quantity) for each in document.cancel_after] == [(1, 1)]
    assert [line.canceled for line in only_order([document]).lines] == [0, 0]


RULES = [
    # rule                                  row                     verdicts
    ("duplicates = 'drop'",                 ["A,1,1.00"] * 2,       ["imported", "duplicate"]),
    ("duplicates = 'keep'",                 ["A,1,1.00"] * 2,       ["imported", "imported"]),
    ("too_precise = 'round'",               ["A,1,1.005"],          ["imported"]),
    ("too_precise = 'refuse'",              ["A,1,1.005"],          ["refused:AMOUNT_TOO_PRECISE"]),
    ("missing_sku = 'refuse'",              [",1,1.00"],            ["refused:FIELD_REQUIRED"]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "rows", "expected"), RULES)
def test_rules_decide_where_files_differ(rule: str, rows: list[str], expected: list[str]) -> None:
    text = "order,sku,quantity,unit_price\n" + "".join(f"1,{row}\n" for row in rows)
    assert verdicts(taken_in(text, f"[rules]\n{rule}", currency="EUR")) == expected


LINE_TOTALS = [
    # rule        quantity, unit_price, line_total, discount    unit price, discount | verdict
    ("refuse",    "4,,10.00,",         (250, 0)),
    ("refuse",    "4,,10.00,2.00",     (300, 200)),
    ("refuse",    "4,2.50,10.00,",     (250, 0)),
    ("refuse",    "4,2.50,9.00,1.00",  (250, 100)),
    ("refuse",    "4,2.50,11.00,",     "refused:TOTALS_DO_NOT_ADD_UP"),
    ("refuse",    "3,,10.00,",         "refused:LINE_TOTAL_NOT_SHARED"),
    ("discount",  "3,,10.00,",         (334, 2)),
    ("discount",  "3,,10.00,0.50",     (350, 50)),
    ("discount",  "3,,0.01,",          (1, 2)),
    ("discount",  "3,,9.00,",          (300, 0)),
    ("discount",  "3,,-9.00,",         "refused:AMOUNT_NEGATIVE"),
    ("discount",  "0,,9.00,",          "refused:QUANTITY_NOT_POSITIVE"),
    ("discount",  "3,,,",              "malformed:NUMBER"),
    ("discount",  "3,,ten,",           "malformed:NUMBER"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "row", "expected"), LINE_TOTALS)
def test_what_a_line_comes_to_gives_the_price_of_its_units(rule: str, row: str, expected: Any) -> None:
    text = f"order,sku,quantity,unit_price,line_total,discount\n1,A,{row}\n"
    documents = taken_in(text, f"[rules]\nline_totals = '{rule}'", currency="EUR")
    if isinstance(expected, str):
        assert verdicts(documents) == [expected]
    else:
        line = only_order(documents).lines[0]
        assert (line.unit_price_minor, line.discount_minor) == expected


def test_a_file_may_have_line_totals_and_no_prices() -> None:
    text = "order,sku,quantity,line_total,kind\n1,A,2,10.00,\n1,,,4.90,shipping\n"
    order = only_order(taken_in(text, currency="EUR"))
    assert (order.lines[0].unit_price_minor, order.charges) == (500, (Charge("shipping", 490),))
    assert order.total_minor == 1490


@given(st.integers(1, 10_000), st.integers(1, 10**9), st.integers(0, 10**6))
def test_however_a_line_total_is_shared_it_stays_the_same(quantity: int, total: int, discount: int) -> None:
    text = f"order,sku,quantity,line_total,discount\n1,A,{quantity},{total},{discount}\n"
    order = only_order(taken_in(text, "[rules]\nline_totals = 'discount'", currency="JPY"))
    [line] = order.lines
    assert line.unit_price_minor * quantity - line.discount_minor == total == order.total_minor
    assert discount <= line.discount_minor < discount + quantity


SUPERSTORE = """\
Order ID,Order Date,Ship Mode,Customer ID,Customer Name,Country,City,State,Postal Code,Product ID,Product Name,Sales,Quantity,Discount
CA-1,2013-11-09,Second Class,CG-12520,Claire Gute,United States,Henderson,Kentucky,42420,FUR-1,Bookcase,261.96,2,0.0
CA-1,2013-11-09,Second Class,CG-12520,Claire Gute,United States,Henderson,Kentucky,42420,FUR-2,Chairs,731.9399999999999,3,0.2
"""


def test_the_mapping_of_the_guide_takes_superstore_in() -> None:
    guide = (ROOT / "docs/how-to/import-orders.md").read_text(encoding="utf-8")
    mapping = next(each for each in guide.split("```toml\n")[1:] if "Sales" in each).partition("```")[0]
    order = only_order(taken_in(SUPERSTORE, mapping, history=True))
    assert [(line.quantity, line.unit_price_minor) for line in order.lines] == [(2, 13098), (3, 24398)]
    assert order.total_minor == 26196 + 73194


def test_a_missing_sku_may_be_made_of_the_description() -> None:
    text = "order,sku,quantity,unit_price,description\n1,,1,1.00,Blue shirt (M)\n"
    order = only_order(taken_in(text, "[rules]\nmissing_sku = 'description'", currency="EUR"))
    assert order.lines[0].sku == "BLUE-SHIRT-M"


def test_a_total_that_does_not_add_up_may_be_made_up_with_a_charge() -> None:
    text = "order,sku,quantity,unit_price,total\n1,A,1,1.00,3.00\n"
    assert only_order(taken_in(text, currency="EUR")).charges == ()
    order = only_order(taken_in(text, "[rules]\nunexplained_totals = 'charge'", currency="EUR"))
    assert order.charges == (Charge("unexplained", 200),)


WRONG_MAPPINGS = [
    # mapping                                  place
    ("columns = 3",                            "columns"),
    ("colums = {}",                            ""),
    ("[columns]\nordr = 'x'",                  "columns.ordr"),
    ("[columns]\norder = 'Not there'",         "columns.order"),
    ("[rules]\nduplicates = 'maybe'",          "rules.duplicates"),
    ("[countries]\nEIRE = 'Ireland'",          "countries.EIRE"),
    ("[defaults]\ncurrency = 'EURO'",          "defaults.currency"),
    ("layout = 'sap'",                         "layout"),
    ("time_zone = 'Mars/Olympus'",             "time_zone"),
    ("encoding = 'klingon'",                   "encoding"),
    ("columns = {",                            ""),
]  # fmt: skip


@pytest.mark.parametrize(("mapping", "place"), WRONG_MAPPINGS)
def test_what_is_wrong_with_a_mapping_is_said_with_its_place(mapping: str, place: str) -> None:
    with pytest.raises(Refused) as caught:
        taken_in("order,sku,quantity,unit_price\n", mapping, currency="EUR")
    assert (caught.value.code, caught.value.facts["field"]) == ("MAPPING_NOT_VALID", place)


WRONG_FILES = [
    # header                             options                         code
    ("a,b,c",                            {},                             "LAYOUT_NOT_RECOGNIZED"),
    ("order,sku,quantity",               {"layout": "generic"},          "COLUMN_MISSING"),
    ("order,sku,quantity,unit_price",    {},                             "CURRENCY_REQUIRED"),
    ("order,sku,quantity,unit_price",    {"currency": "EURO"},           "CURRENCY_UNKNOWN"),
    ("order,sku,quantity,unit_price",    {"layout": "sap"},              "LAYOUT_UNKNOWN"),
]  # fmt: skip


@pytest.mark.parametrize(("header", "options", "code"), WRONG_FILES)
def test_a_file_that_is_no_order_file_is_refused_whole(header: str, options: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as caught:
        make_profile(header.split(","), Mapping(), Options(**options))
    assert caught.value.code == code


# ------------------------------------------------------------------------------------------ properties

CELLS = st.sampled_from(
    ["", "1", "2", "C1", "A", "POST", "5", "-5", "0", "2.50", "0.001", "x", "2011-01-01", "France", "\udc80", "1e9"]
)


@given(st.lists(st.lists(CELLS, min_size=6, max_size=9), max_size=30))
def test_every_row_of_any_file_is_in_one_document_and_has_one_verdict(rows: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([UCI.split(","), *rows])
    documents = taken_in(text.getvalue())
    numbers = sorted(row.number for document in documents for row in document.rows)
    assert numbers == list(range(1, len(rows) + 1))
    assert len(verdicts(documents)) == len(rows)


# -------------------------------------------------------------------------------------------- tables


def test_layouts_know_only_fields_that_there_are() -> None:
    for layout in LAYOUTS.values():
        assert set(layout.columns) <= set(FIELDS)
        assert {*layout.required, *layout.instead, *sum(layout.instead.values(), ())} <= set(layout.columns)


def test_headings_are_found_however_they_are_written() -> None:
    found = find_columns(LAYOUTS["generic"], ["\ufeffOrder", "unit price", "SKU", "Ship-Country"])
    assert found == {"order": 0, "unit_price": 1, "sku": 2, "ship_country": 3}


def test_the_guide_names_every_verdict_remark_field_and_layout() -> None:
    guide = (ROOT / "docs/how-to/import-orders.md").read_text(encoding="utf-8")
    names = [*MEANINGS, *REMARKS, *FIELDS, *LAYOUTS, *(rule for rule in Rules.__struct_fields__)]
    names += [*Mapping.__struct_fields__, *FIX_COLUMNS, *(code.value for code in ImportRefusal)]
    assert [name for name in names if f"`{name}`" not in guide] == []


def test_every_remark_has_a_meaning_and_every_verdict_of_the_dirty_file_too() -> None:
    assert set(REMARKS) == set(Remark)
    given_verdicts = {row[8] for row in DIRTY}
    assert {each for each in given_verdicts if not each.startswith("refused:")} <= set(MEANINGS)


@pytest.mark.parametrize(
    ("header", "shown"),
    [
        ("a,b,c", ["a", "b", "c"]),
        ("\x7fELF\x02,x", []),
        ("Dear Sir or Madam", []),
        (f"{'words ' * 40},and more", []),
        ("caf\udce9,b", []),
    ],
)
def test_headings_are_shown_when_there_are_any(header: str, shown: list[str]) -> None:
    with pytest.raises(Refused, match="LAYOUT_NOT_RECOGNIZED") as refused:
        taken_in(f"{header}\n1,2\n")
    assert refused.value.facts["value"] == shown
