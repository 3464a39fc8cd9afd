"""Shopify's order of its REST API as rows of our own fields, one per line item. Words in it are Shopify's."""

from decimal import Decimal, InvalidOperation
from typing import Any

from orderline.core.imports.layouts import FIELDS


def is_shopify(body: dict[str, Any]) -> bool:
    """Is an object an order of Shopify's?"""
    return "line_items" in body and "lines" not in body


def render_cells(body: dict[str, Any]) -> list[list[str]]:
    """The cells of each row, in the order of FIELDS; what is of the order stands in the first row."""
    rows = [_line_fields(item) for item in body["line_items"] or ()]
    if not rows:
        return []
    rows[0].update(_order_fields(body))
    return [[row.get(field, "") for field in FIELDS] for row in rows]


def _order_fields(body: dict[str, Any]) -> dict[str, str]:
    shipping: list[dict[str, Any]] = body.get("shipping_lines") or []
    codes: list[dict[str, Any]] = body.get("discount_codes") or []
    taxes: list[dict[str, Any]] = body.get("tax_lines") or []
    customer: dict[str, Any] = body.get("customer") or {}
    to: dict[str, Any] = body.get("shipping_address") or {}
    billed: dict[str, Any] = body.get("billing_address") or {}
    return {
        "order": _text(body.get("name") or body.get("id")),
        "placed_at": _text(body.get("processed_at") or body.get("created_at")),
        "currency": _text(body.get("currency")),
        "customer": _text(customer.get("id")),
        "customer_name": _full_name(customer),
        "customer_email": _text(body.get("email") or body.get("contact_email")),
        "customer_phone": _text(body.get("phone")),
        "total": _text(body.get("total_price")),
        "shipping": _sum([each.get("discounted_price", each.get("price")) for each in shipping]),
        "tax": _text(body.get("total_tax")),
        "tax_name": _text(taxes[0].get("title")) if taxes else "",
        "taxes_included": _text(body.get("taxes_included")),
        "order_discount": _text(body.get("total_discounts")),
        "discount_code": ", ".join(_text(each.get("code")) for each in codes),
        "refunded": _sum(_refunds(body)),
        "payment_provider": _text(body.get("gateway")),
        "payment_status": _text(body.get("financial_status")),
        "fulfillment_status": _text(body.get("fulfillment_status")),
        "canceled_at": _text(body.get("cancelled_at")),
        "method": _text(shipping[0].get("title")) if shipping else "",
        "tags": _text(body.get("tags")),
        "note": _text(body.get("note")),
        "is_test": _text(body.get("test")),
        "bill_name": _text(billed.get("name")) or _full_name(billed),
        "bill_phone": _text(billed.get("phone")),
        "ship_name": _text(to.get("name")) or _full_name(to),
        "ship_company": _text(to.get("company")),
        "ship_line_1": _text(to.get("address1")),
        "ship_line_2": _text(to.get("address2")),
        "ship_city": _text(to.get("city")),
        "ship_region": _text(to.get("province_code") or to.get("province")),
        "ship_postal_code": _text(to.get("zip")),
        "ship_country": _text(to.get("country_code") or to.get("country")),
        "ship_phone": _text(to.get("phone")),
    }


def _line_fields(item: dict[str, Any]) -> dict[str, str]:
    return {
        "sku": _text(item.get("sku")),
        "description": _text(item.get("name") or item.get("title")),
        "quantity": _text(item.get("quantity")),
        "unit_price": _text(item.get("price")),
        "requires_shipping": _text(item.get("requires_shipping", True)),
        "taxable": _text(item.get("taxable", True)),
    }


def _refunds(body: dict[str, Any]) -> list[Any]:
    return [
        transaction.get("amount")
        for refund in body.get("refunds") or ()
        for transaction in refund.get("transactions") or ()
        if transaction.get("kind") == "refund" and transaction.get("status") in (None, "success")
    ]


def _full_name(person: dict[str, Any]) -> str:
    return " ".join(part for part in (_text(person.get("first_name")), _text(person.get("last_name"))) if part)


def _sum(amounts: list[Any]) -> str:
    texts = [_text(amount) for amount in amounts]
    try:
        return f"{sum((Decimal(text) for text in texts if text), Decimal(0)):f}" if any(texts) else ""
    except InvalidOperation:
        return next(text for text in texts if text)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).strip()
