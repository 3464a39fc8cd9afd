"""Orders as they can be imported again: as they were placed, with what was canceled and given back since.

JSON Lines hold all of it; the generic CSV layout holds one address and one tender per order, and one tax per line.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from orderline.core.imports.layouts import FIELDS
from orderline.core.moves import BEFORE_SHIPMENT, Bucket
from orderline.core.orders.commands import CustomerInput, GroupInput, LineInput, PlaceOrder, TenderInput
from orderline.core.orders.events import Person
from orderline.core.orders.state import AgreedLine, Charge, DemandGroup, LineKind, Order, Tender, units_in
from orderline.values.ids import PersonToken
from orderline.values.money import render_minor
from orderline.values.time import render_instant

People = Mapping[PersonToken, Person]
# What a SKU decides by itself, or a group, need not be said.
_SAID_KINDS: Final = frozenset({LineKind.DIGITAL, LineKind.SERVICE})
_NO_ONE: Final = CustomerInput()
_encode: Final = msgspec.json.Encoder().encode
_TAG: Final = b'{"command":"place_order",'


def render_order(order: Order, people: People) -> PlaceOrder:
    """The command that would place an order again. An order without open units is history from then on.

    Tokens of payment are left out: they are good for one use, and a file is no place for them.
    """
    agreement = order.agreement
    history = order.history or not units_in(order, *BEFORE_SHIPMENT, Bucket.SHIPPED)
    customer = people.get(order.person)
    return PlaceOrder(
        channel=order.channel,
        external_id=order.external_id,
        currency=order.currency,
        lines=tuple(_line(order, agreed, history) for agreed in agreement.lines if agreed.parent is None),
        total_minor=agreement.total_minor,
        customer=CustomerInput(customer.name, customer.email, customer.phone) if customer is not None else _NO_ONE,
        groups=tuple(_group(group, people, history) for group in agreement.groups if _says_anything(group, people)),
        charges=agreement.charges,
        taxes_included=agreement.taxes_included,
        tenders=tuple(_tender(tender, history) for tender in order.tenders),
        placed_at=order.placed_at,
        is_test=order.is_test,
        history=history,
        priority=order.priority,
        tags=order.tags,
        note="\n".join(note.text for note in order.notes)[:5_000],
        custom=order.custom,
    )


def render_json(command: PlaceOrder) -> bytes:
    """One line, in the shape of POST /v1/orders."""
    return b"{" + _encode(command).removeprefix(_TAG) + b"\n"


def render_rows(command: PlaceOrder) -> list[list[str]]:
    """The rows of an order in the generic layout, under FIELDS; what is of the order stands in the first."""
    currency = command.currency
    rows = [_line_row(line, currency) for line in command.lines]
    for charge in command.charges:
        rows.append(_charge_row(charge.kind, charge.amount_minor, charge.description, currency))
        tax = _charge_tax(charge)
        if tax and not command.taxes_included:
            rows.append(_charge_row("tax", tax, charge.kind, currency))
    for row in rows:
        row["order"] = command.external_id
    rows[0].update(_order_row(command))
    return [[row.get(field, "") for field in FIELDS] for row in rows]


def _line(order: Order, agreed: AgreedLine, history: bool) -> LineInput:
    line = order.line_of(agreed.line)
    canceled = line.units.canceled if line is not None and history else 0
    return LineInput(
        sku=agreed.sku,
        quantity=agreed.quantity,
        unit_price_minor=agreed.unit_price_minor,
        description=agreed.description,
        kind=agreed.kind if agreed.kind in _SAID_KINDS else None,
        group=agreed.group,
        discount_minor=agreed.discount_minor,
        taxes=agreed.taxes,
        gift_message=agreed.gift_message,
        custom=agreed.custom,
        canceled=canceled,
    )


def _says_anything(group: DemandGroup, people: People) -> bool:
    recipient = people.get(group.recipient)
    bare = not group.place.country and (recipient is None or recipient.address is None)
    return not bare or group.pickup_location is not None or group.method != "standard"


def _group(group: DemandGroup, people: People, history: bool) -> GroupInput:
    recipient = people.get(group.recipient)
    address = recipient.address if recipient is not None else None
    bare = address is None and history and group.pickup_location is None and bool(group.place.country)
    return GroupInput(
        group=group.group,
        address=address,
        email=recipient.email if recipient is not None else "",
        method=group.method,
        pickup_location=group.pickup_location,
        ship_complete=group.ship_complete,
        custom=group.custom,
        promised_by=group.promised_by,
        gift=group.gift,
        place=group.place if bare else None,
    )


def _tender(tender: Tender, history: bool) -> TenderInput:
    captured, authorized = tender.captured_minor, tender.authorized_minor
    return TenderInput(
        provider=tender.provider,
        amount_minor=tender.amount_minor,
        method=tender.method,
        reference=tender.reference,
        state="captured" if captured else "authorized" if authorized else "requested",
        expires_at=tender.expires_at,
        refunded_minor=min(tender.refunded_minor, tender.amount_minor) if history and captured else 0,
    )


def _line_row(line: LineInput, currency: str) -> dict[str, str]:
    tax = sum(each.amount_minor for each in line.taxes)
    return {
        "kind": "line",
        "sku": line.sku,
        "description": line.description,
        "quantity": str(line.quantity),
        "unit_price": render_minor(line.unit_price_minor, currency),
        "discount": _amount(line.discount_minor, currency),
        "line_tax": _amount(tax, currency),
        "line_tax_name": line.taxes[0].name if tax else "",
        "requires_shipping": "" if line.kind is None else "no",
        "canceled": str(line.canceled) if line.canceled else "",
    }


def _charge_row(kind: str, minor: int, description: str, currency: str) -> dict[str, str]:
    price = render_minor(minor, currency)
    return {"kind": kind, "description": description, "quantity": "1", "unit_price": price}


def _charge_tax(charge: Charge) -> int:
    return sum(tax.amount_minor for tax in charge.taxes)


def _order_row(command: PlaceOrder) -> dict[str, str]:
    currency = command.currency
    first = command.groups[0] if command.groups else GroupInput()
    to, customer = first.address, command.customer
    fields = {
        "channel": command.channel,
        "placed_at": _instant(command.placed_at),
        "currency": currency,
        "customer": str(command.custom.get("customer", "")),
        "customer_name": customer.name,
        "customer_email": customer.email,
        "customer_phone": customer.phone,
        "total": render_minor(command.total_minor, currency),
        "taxes_included": "yes" if command.taxes_included else "no",
        "method": first.method if first.method != "standard" else "",
        "tags": ", ".join(command.tags),
        "note": command.note,
        "is_test": "yes" if command.is_test else "",
        "history": "yes" if command.history else "no",
        "priority": str(command.priority) if command.priority else "",
        "ship_country": to.country if to is not None else first.place.country if first.place is not None else "",
    }
    if to is not None:
        lines = (*to.lines, "", "", "")
        fields |= {
            "ship_name": to.name,
            "ship_company": to.company,
            "ship_line_1": lines[0],
            "ship_line_2": lines[1],
            "ship_line_3": lines[2],
            "ship_city": to.city,
            "ship_region": to.region,
            "ship_postal_code": to.postal_code,
            "ship_phone": to.phone,
        }
    return {**fields, **_payment_row(command)}


def _payment_row(command: PlaceOrder) -> dict[str, str]:
    if not command.tenders:
        return {}
    first, currency = command.tenders[0], command.currency
    paid = sum(tender.amount_minor for tender in command.tenders)
    refunded = sum(tender.refunded_minor for tender in command.tenders)
    return {
        "payment_provider": first.provider,
        "payment_method": first.method,
        "payment_reference": first.reference,
        "payment_status": first.state,
        "paid": render_minor(paid, currency),
        "refunded": _amount(refunded, currency),
    }


def _amount(minor: int, currency: str) -> str:
    return render_minor(minor, currency) if minor else ""


def _instant(instant: datetime | None) -> str:
    return render_instant(instant) if instant is not None else ""
