"""Lines of JSON into orders: each has one verdict, with its place."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderline.core.imports.documents import rule_taken
from support.order_files import only_order, read_json

OWN: dict[str, Any] = {"external_id": "1", "lines": [{"sku": "A", "quantity": 1, "unit_price_minor": 100}]}
OWN["total_minor"] = 100
JSON_CASES = [
    # line                                                      verdict               place
    (OWN,                                                       "imported",           ""),
    ({"order": OWN},                                            "imported",           ""),
    ({**OWN, "orderline": {"verdict": "refused:X"}},            "imported",           ""),
    (b"",                                                       "malformed:LENGTH",   ""),
    (b"not json",                                               "malformed:JSON",     ""),
    (b"[1]",                                                    "malformed:JSON",     ""),
    (b'{"external_id": "a\\u0000b"}',                           "malformed:ENCODING", ""),
    ({**OWN, "lines": [{"sku": "A", "quantity": "1"}]},         "malformed:FIELD",    "lines[0].quantity"),
    ({**OWN, "total_minor": 1.5},                               "malformed:FIELD",    "total_minor"),
    ({**OWN, "colour": 1},                                      "malformed:FIELD",    ""),
    ({"line_items": [], "name": "#1"},                          "malformed:FIELD",    "line_items"),
    ({"line_items": 7, "name": "#1"},                           "malformed:FIELD",    ""),
]  # fmt: skip


@pytest.mark.parametrize(("line", "verdict", "place"), JSON_CASES)
def test_a_line_of_json_has_one_verdict(line: object, verdict: str, place: str) -> None:
    document = read_json(line)
    [ruling] = rule_taken(document, known=False)
    assert (ruling.verdict, ruling.field) == (verdict, place)


def test_a_shopify_order_of_the_rest_api_is_read_as_an_export_is() -> None:
    body = {
        "name": "#1001", "created_at": "2024-01-10T11:00:00-05:00", "currency": "USD", "financial_status": "authorized",
        "fulfillment_status": None, "total_price": "409.94", "total_tax": "11.94", "total_discounts": "0.00",
        "taxes_included": False, "gateway": "authorize_net", "tax_lines": [{"title": "State Tax", "rate": 0.06}],
        "line_items": [
            {"sku": "IPOD-GREEN", "quantity": 1, "price": "199.00", "name": "IPod", "requires_shipping": True},
            {"sku": "IPOD-RED", "quantity": 1, "price": "199.00", "name": "IPod", "requires_shipping": True},
        ],
        "shipping_lines": [{"title": "Free Shipping", "price": "0.00"}],
        "shipping_address": {
            "name": "Bob Norman", "address1": "Chestnut Street 92", "address2": "", "city": "Louisville",
            "zip": "40202", "province_code": "KY", "country_code": "US", "phone": "555-625-1199",
        },
        "customer": {"id": 207119551, "first_name": "Bob", "last_name": "Norman"},
    }  # fmt: skip
    order = only_order([read_json({"order": body})])
    assert [sum(tax.amount_minor for tax in line.taxes) for line in order.lines] == [597, 597]
    assert (order.total_minor, order.tenders[0].state, order.tenders[0].provider) == (
        40994,
        "authorized",
        "authorize_net",
    )
    assert (order.customer.name, order.custom) == ("Bob Norman", {"customer": "207119551"})


@given(st.binary(max_size=200))
def test_no_line_of_bytes_stops_the_reading_of_json(line: bytes) -> None:
    assert len(rule_taken(read_json(line), known=False)) == 1
