"""The layouts of order files, as tables: which of their columns holds which of our fields, and what else is theirs.

A field is of the order (taken from the first of its rows that has it) or of the row. Headings are matched without
regard to case, spaces, underscores and hyphens.
"""

import re
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

ORDER_FIELDS: Final = (
    "order", "channel", "placed_at", "currency", "customer", "customer_name", "customer_email", "customer_phone",
    "total", "shipping", "tax", "tax_name", "taxes_included", "order_discount", "discount_code", "paid", "refunded",
    "payment_provider", "payment_method", "payment_reference", "payment_status", "fulfillment_status", "canceled_at",
    "method", "tags", "note", "is_test", "history", "priority", "bill_name", "bill_phone",
    "ship_name", "ship_company", "ship_line_1", "ship_line_2", "ship_line_3", "ship_city", "ship_region",
    "ship_postal_code", "ship_country", "ship_phone",
)  # fmt: skip
ROW_FIELDS: Final = (
    "kind", "sku", "description", "quantity", "unit_price", "line_total", "discount", "line_tax", "line_tax_name", "taxable",
    "requires_shipping", "canceled",
)  # fmt: skip
FIELDS: Final = (*ORDER_FIELDS, *ROW_FIELDS)

Keep = Literal["drop", "keep"]
Case = Literal["as_is", "upper"]
MissingSku = Literal["refuse", "description"]
OrRefuse = Literal["refuse", "charge"]
OrRound = Literal["refuse", "round"]
OrDiscount = Literal["refuse", "discount"]


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a layout or a mapping decides where files differ.

    duplicates: rows of an order that repeat another in every column are dropped, or kept as lines.
    sku_case: SKUs are taken as they are, or in capitals. missing_sku: refuse the row, or make one of its description.
    unexplained_totals: an order whose given total is not the sum of its rows is refused, or gets a charge.
    too_precise: prices with more digits than the currency has are refused, or rounded half up.
    line_totals: a line total that units do not share alike is refused, or a discount takes what is over.
    """

    duplicates: Keep = "keep"
    sku_case: Case = "as_is"
    missing_sku: MissingSku = "refuse"
    unexplained_totals: OrRefuse = "refuse"
    too_precise: OrRound = "refuse"
    line_totals: OrDiscount = "refuse"


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """One layout. `columns`: our field, then the headings it is known by; a field in `required` must be there, or one of
    those that may stand `instead` of it.

    charges: SKU codes that are no goods, and the kind of charge they are.
    cancellations: what the order id of a document that takes units back begins with.
    statuses: `payment_status` of the source to what we make of it: captured, authorized, requested or none.
    """

    name: str
    columns: dict[str, tuple[str, ...]]
    required: tuple[str, ...]
    instead: dict[str, tuple[str, ...]] = {}
    charges: dict[str, str] = {}
    countries: dict[str, str] = {}
    statuses: dict[str, str] = {}
    cancellations: str = ""
    currency: str = ""
    time_zone: str = "UTC"
    date_formats: tuple[str, ...] = ()
    history: bool = False
    rules: Rules = Rules()


STATUSES: Final = {
    # in the source        here
    "paid":                "captured",
    "captured":            "captured",
    "partially_refunded":  "captured",
    "refunded":            "captured",
    "authorized":          "authorized",
    "partially_paid":      "authorized",
    "pending":             "requested",
    "requested":           "requested",
    "voided":              "none",
    "expired":             "none",
    "none":                "none",
}  # fmt: skip

ONLINE_RETAIL: Final = Layout(
    name="online-retail",
    columns={
        "order":       ("InvoiceNo", "Invoice"),
        "sku":         ("StockCode",),
        "description": ("Description",),
        "quantity":    ("Quantity",),
        "placed_at":   ("InvoiceDate",),
        "unit_price":  ("UnitPrice", "Price"),
        "customer":    ("CustomerID", "Customer ID"),
        "ship_country": ("Country",),
    },
    required=("order", "sku", "quantity", "placed_at", "unit_price"),
    charges={
        "POST":         "shipping",
        "DOT":          "shipping",
        "C2":           "shipping",
        "D":            "discount",
        "M":            "manual",
        "S":            "samples",
        "B":            "bad_debt",
        "BANK CHARGES": "bank_fee",
        "AMAZONFEE":    "marketplace_fee",
        "CRUK":         "commission",
    },
    countries={"EIRE": "IE", "RSA": "ZA"},
    cancellations="C",
    currency="GBP",
    time_zone="Europe/London",
    date_formats=("%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M"),
    history=True,
    rules=Rules(duplicates="drop", sku_case="upper"),
)  # fmt: skip

SHOPIFY: Final = Layout(
    name="shopify",
    columns={
        "order":              ("Name",),
        "customer_email":     ("Email",),
        "payment_status":     ("Financial Status",),
        "fulfillment_status": ("Fulfillment Status",),
        "currency":           ("Currency",),
        "shipping":           ("Shipping",),
        "tax":                ("Taxes",),
        "tax_name":           ("Tax 1 Name",),
        "total":              ("Total",),
        "discount_code":      ("Discount Code",),
        "order_discount":     ("Discount Amount",),
        "method":             ("Shipping Method",),
        "placed_at":          ("Created at",),
        "quantity":           ("Lineitem quantity",),
        "description":        ("Lineitem name",),
        "unit_price":         ("Lineitem price",),
        "sku":                ("Lineitem sku",),
        "requires_shipping":  ("Lineitem requires shipping",),
        "taxable":            ("Lineitem taxable",),
        "bill_name":          ("Billing Name",),
        "bill_phone":         ("Billing Phone",),
        "customer_phone":     ("Phone",),
        "ship_name":          ("Shipping Name",),
        "ship_company":       ("Shipping Company",),
        "ship_line_1":        ("Shipping Address1",),
        "ship_line_2":        ("Shipping Address2",),
        "ship_city":          ("Shipping City",),
        "ship_postal_code":   ("Shipping Zip",),
        "ship_region":        ("Shipping Province",),
        "ship_country":       ("Shipping Country",),
        "ship_phone":         ("Shipping Phone",),
        "note":               ("Notes",),
        "canceled_at":        ("Cancelled at",),
        "payment_method":     ("Payment Method",),
        "payment_reference":  ("Payment Reference", "Payment ID"),
        "refunded":           ("Refunded Amount",),
        "tags":               ("Tags",),
    },
    required=("order", "placed_at", "quantity", "unit_price", "total"),
    statuses=STATUSES,
)  # fmt: skip

GENERIC: Final = Layout(
    name="generic",
    columns={field: (field,) for field in FIELDS},
    required=("order", "quantity", "unit_price"),
    instead={"unit_price": ("line_total",)},
    statuses=STATUSES,
)

LAYOUTS: Final[dict[str, Layout]] = {layout.name: layout for layout in (ONLINE_RETAIL, SHOPIFY, GENERIC)}
# Columns of a fix-and-retry file that say why a row stands in it; left out of account when it is imported.
FIX_COLUMNS: Final = ("orderline_row", "orderline_verdict", "orderline_field", "orderline_value", "orderline_hint")
# The same in JSON Lines: one object under this key.
FIX_KEY: Final = "orderline"

_NOT_SAID: Final = re.compile(r"[\s_\-]+")


def fold_heading(heading: str) -> str:
    """A heading as it is compared."""
    return _NOT_SAID.sub("", heading.strip().lstrip("\ufeff")).lower()


def find_columns(layout: Layout, header: Sequence[str]) -> dict[str, int]:
    """Where the layout's fields stand under a header: our field to the number of its column, from zero."""
    places: dict[str, int] = {}
    for number, heading in enumerate(header):
        places.setdefault(fold_heading(heading), number)
    return {
        field: place
        for field, headings in layout.columns.items()
        for place in [next((places[f] for f in map(fold_heading, headings) if f in places), None)]
        if place is not None
    }


def recognize(header: Sequence[str]) -> Layout | None:
    """The layout a header belongs to: the first that finds all its required columns; None: no layout's."""
    for layout in (SHOPIFY, ONLINE_RETAIL, GENERIC):
        found = set(find_columns(layout, header))
        if all({field, *layout.instead.get(field, ())} & found for field in layout.required):
            return layout
    return None
