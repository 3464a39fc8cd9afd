"""Rows of Shopify's export into orders: paid, canceled, refunded, with taxes in the price or beside it."""

import csv
import io
from datetime import UTC, datetime

import pytest

from support.order_files import only_order, taken_in, verdicts

SHOPIFY = (
    "Name,Email,Financial Status,Fulfillment Status,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,"
    "Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,"
    "Lineitem requires shipping,Lineitem taxable,Shipping Name,Shipping Address1,Shipping City,Shipping Zip,"
    "Shipping Province,Shipping Country,Notes,Cancelled at,Refunded Amount,Tags"
)


def shopify(*rows: dict[str, str]) -> str:
    heads: list[str] = [*SHOPIFY.split(",")]
    text = io.StringIO()
    writer: csv.DictWriter[str] = csv.DictWriter(text, heads, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def first_row(**changes: str) -> dict[str, str]:
    row = {
        "Name": "#1001", "Email": "ann@example.com", "Financial Status": "paid", "Fulfillment Status": "unfulfilled",
        "Currency": "USD", "Shipping": "5.00", "Taxes": "2.00", "Total": "35.00", "Discount Code": "TEN",
        "Discount Amount": "2.00", "Shipping Method": "Ground", "Created at": "2024-05-01 09:00:00 -0400",
        "Lineitem quantity": "2", "Lineitem name": "Shirt", "Lineitem price": "10.00", "Lineitem sku": "TEE",
        "Lineitem requires shipping": "true", "Lineitem taxable": "true", "Shipping Name": "Ann Lee",
        "Shipping Address1": "1 Main St", "Shipping City": "Austin", "Shipping Zip": "'78748",
        "Shipping Province": "TX", "Shipping Country": "US", "Tags": "vip, gift",
    }  # fmt: skip
    return {**row, **changes}


SECOND = {
    "Name": "#1001",
    "Lineitem quantity": "1",
    "Lineitem name": "Book",
    "Lineitem price": "10.00",
    "Lineitem sku": "BOOK",
    "Lineitem requires shipping": "false",
    "Lineitem taxable": "false",
}


def test_a_shopify_export_becomes_an_order_that_adds_up() -> None:
    [document] = taken_in(shopify(first_row(), SECOND))
    order = only_order([document])
    assert [(line.sku, line.quantity, line.unit_price_minor) for line in order.lines] == [
        ("TEE", 2, 1000),
        ("BOOK", 1, 1000),
    ]
    assert [[tax.amount_minor for tax in line.taxes] for line in order.lines] == [[200], []]
    assert [(charge.kind, charge.amount_minor) for charge in order.charges] == [("shipping", 500), ("discount", -200)]
    assert (order.total_minor, order.taxes_included, order.history) == (3500, False, False)
    assert order.placed_at == datetime(2024, 5, 1, 13, tzinfo=UTC)
    assert order.tags == ("vip", "gift")
    assert (order.tenders[0].state, order.tenders[0].amount_minor) == ("captured", 3500)
    address = order.groups[0].address
    assert address is not None
    assert (address.name, address.postal_code, address.region, address.country) == ("Ann Lee", "78748", "TX", "US")
    assert document.skus["BOOK"].kind == "digital"


def test_taxes_that_the_total_holds_already_are_included() -> None:
    assert only_order(taken_in(shopify(first_row(Total="33.00"), SECOND))).taxes_included


SHOPIFY_CASES = [
    # changes to the first row                                         option    verdict                       history
    ({},                                                               None,     "imported",                   False),
    ({"Fulfillment Status": "fulfilled"},                              None,     "imported",                   True),
    ({"Cancelled at": "2024-05-02 09:00:00 -0400"},                    None,     "imported",                   True),
    ({"Fulfillment Status": "partial"},                                None,     "refused:PARTLY_FULFILLED",   None),
    ({"Fulfillment Status": "partial"},                                True,     "imported",                   True),
    ({"Financial Status": "guessed"},                                  None,     "malformed:VALUE",            None),
    ({"Lineitem sku": ""},                                             None,     "refused:FIELD_REQUIRED",     None),
    ({"Currency": "DOLLARS"},                                          None,     "refused:CURRENCY_UNKNOWN",   None),
    ({"Total": "a lot"},                                               None,     "malformed:NUMBER",           None),
    ({"Lineitem taxable": "maybe"},                                    None,     "malformed:VALUE",            None),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "option", "verdict", "history"), SHOPIFY_CASES)
def test_what_a_shopify_order_may_be(
    changes: dict[str, str], option: bool | None, verdict: str, history: bool | None
) -> None:
    [document] = taken_in(shopify(first_row(**changes)), history=option)
    assert verdicts([document]) == [verdict]
    assert (document.order.history if document.order is not None else None) == history


def test_a_canceled_and_refunded_order_says_so() -> None:
    text = shopify(
        first_row(**{"Cancelled at": "2024-05-02", "Financial Status": "refunded", "Refunded Amount": "35.00"}), SECOND
    )
    order = only_order(taken_in(text))
    assert [line.canceled for line in order.lines] == [2, 1]
    assert order.tenders[0].refunded_minor == 3500


def test_a_live_order_that_is_not_paid_is_held() -> None:
    order = only_order(taken_in(shopify(first_row(**{"Financial Status": "pending"}))))
    assert [hold.type for hold in order.holds] == ["payment"]
    assert order.tenders == ()
