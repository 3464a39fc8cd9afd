"""Forms of their own for what operations take in parts of parts: fields that people can fill in, and the input that they come to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from orderline.console.forms import Field, fields_of
from orderline.console.languages import word
from orderline.core.orders.commands import ParcelInput
from orderline.core.orders.promised import PromiseCause
from orderline.core.returns.state import ReturnLabel
from orderline.core.tenders.installments import PERCENT_PPM, Due, OnLate
from orderline.values.address import Address
from orderline.values.money import in_proportion

Composed = Callable[[dict[str, Any], Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Form:
    """fields: as they are asked. input: what they come to for the operation, of what was said and the order as it is."""

    fields: tuple[Field, ...]
    input: Composed


class _Goods(msgspec.Struct):
    """What is added to an order."""

    sku: str
    quantity: int
    unit_price_minor: int


class _Replaced(msgspec.Struct):
    """By what units of a line are replaced."""

    sku: str


class _Change(msgspec.Struct):
    reason: str


class _Installment(msgspec.Struct):
    """A row of a payment schedule; nothing of it is the rest of what is due."""

    due: Due
    percent: int | None = None
    amount_minor: int | None = None
    on: datetime | None = None
    days: int | None = None


class _Schedule(msgspec.Struct):
    within_days: int | None = None
    escalate_to: str | None = None
    on_late: OnLate | None = None


class _Promise(msgspec.Struct):
    earliest_at: datetime
    latest_at: datetime
    reason: str
    cause: PromiseCause | None = None
    lines: tuple[int, ...] = ()


class _Packed(msgspec.Struct):
    occurred_at: datetime | None = None


class _Sold(msgspec.Struct):
    """A row of a draft order."""

    sku: str
    quantity: int
    unit_price_minor: int
    discount_minor: int | None = None


class _Draft(msgspec.Struct):
    """customer: as the shop names them; country and below: where it goes, as far as prices and dates depend on it."""

    channel: str
    currency: str
    customer: str | None = None
    shipping_minor: int | None = None
    taxes_included: bool = False
    method: str | None = None
    country: str | None = None
    postal_code: str | None = None
    city: str | None = None
    region: str | None = None
    pickup_location: str | None = None
    note: str | None = None


class _Payment(msgspec.Struct):
    """What it is paid with; nothing, where it is paid later."""

    provider: str
    amount_minor: int
    method: str | None = None
    token: str | None = None
    reference: str | None = None


class _Buyer(msgspec.Struct):
    name: str
    email: str | None = None
    phone: str | None = None
    address: Address | None = None
    po_number: str | None = None


def _some(name: str, label: str, columns: tuple[Field, ...] = ()) -> Field:
    return Field(name, "some", label, False, columns=columns)


def _rows(name: str, label: str, row: type[msgspec.Struct], *, required: bool = False) -> Field:
    return Field(name, "rows", label, required, columns=fields_of(row))


def _of(struct: type[msgspec.Struct], *but: str) -> tuple[Field, ...]:
    return tuple(each for each in fields_of(struct) if each.name not in but)


def _change(given: dict[str, Any], order: Mapping[str, Any]) -> dict[str, Any]:
    agreed = {each["line"]: each for each in order["agreements"][-1]["lines"]}
    less = [{"action": "remove_units", **each} for each in given.get("less", ())]
    others = [{"action": "substitute", **each} for each in given.get("replaced", ())]
    more = [_more(agreed[each["line"]], each["quantity"]) for each in given.get("more", ()) if each["line"] in agreed]
    more += given.get("added", ())
    return {
        "reason": given["reason"],
        "actions": [*less, *others, *({"action": "add_line", "line": each} for each in more)],
    }


def _more(line: Mapping[str, Any], units: int) -> dict[str, Any]:
    """Further units of a line at its price; what was taken off it is not taken off them. Their tax is as much of its tax as their price is of its."""
    price = line["unit_price_minor"]
    paid = price * line["quantity"] - line.get("discount_minor", 0)
    taxes = [
        {**tax, "amount_minor": in_proportion(tax["amount_minor"], price * units, paid) if paid else 0}
        for tax in line.get("taxes", ())
    ]
    kept = {name: line[name] for name in ("description", "group", "seller") if line.get(name)}
    return {"sku": line["sku"], "quantity": units, "unit_price_minor": price, "taxes": taxes, **kept}


def _schedule(given: dict[str, Any], order: Mapping[str, Any]) -> dict[str, Any]:
    rows = [dict(each) for each in given.pop("installments", ())]
    for each in rows:
        if "percent" in each:
            each["share_ppm"] = each.pop("percent") * PERCENT_PPM
    return {"schedule": {"installments": rows, **given}} if rows else {}


def _promise(given: dict[str, Any], order: Mapping[str, Any]) -> dict[str, Any]:
    window = {name: given.pop(name) for name in ("earliest_at", "latest_at")}
    numbers = given.pop("lines", None) or [each["line"] for each in order["lines"]]
    return {"lines": [{"line": number, **window} for number in numbers], "earlier": True, **given}


def _packed(given: dict[str, Any], order: Mapping[str, Any]) -> dict[str, Any]:
    at = {name: given.pop(name) for name in ("occurred_at",) if name in given}
    return {"parcels": [given], **at}


def _label(given: dict[str, Any], order: Mapping[str, Any]) -> dict[str, Any]:
    return {"label": given | ({"cost_currency": order["currency"]} if given.get("cost_minor") else {})}


def _draft(given: dict[str, Any], _: Mapping[str, Any]) -> dict[str, Any]:
    place = {name: given.pop(name) for name in ("country", "postal_code", "city", "region") if name in given}
    way = {name: given.pop(name) for name in ("method", "pickup_location") if name in given}
    shipping = given.pop("shipping_minor", 0)
    charges = [{"kind": "shipping", "amount_minor": shipping}] if shipping else []
    return {**given, "charges": charges, "groups": [{**way, **({"place": place} if place else {})}]}


def _buyer(given: dict[str, Any], _: Mapping[str, Any]) -> dict[str, Any]:
    customer = {name: given.pop(name) for name in ("name", "email", "phone") if name in given}
    address = {"address": given.pop("address")} if "address" in given else {}
    return {"customer": customer, "groups": [{**address, "email": customer.get("email", "")}], **given}


FORMS: Final[dict[str, Form]] = {
    "change_order": Form(
        (
            *fields_of(_Change),
            _some("less", word("Fewer units")),
            _some("more", word("More units, at the price of the line")),
            _some("replaced", word("Units to replace"), fields_of(_Replaced)),
            _rows("added", word("Further goods"), _Goods),
        ),
        _change,
    ),
    "schedule_payments": Form(
        (
            _rows("installments", word("Installments, the last of which is the rest"), _Installment),
            *fields_of(_Schedule),
        ),
        _schedule,
    ),
    "promise_lines": Form(fields_of(_Promise), _promise),
    "pack_units": Form((*_of(ParcelInput, "lots"), *fields_of(_Packed)), _packed),
    "put_draft_order": Form((*fields_of(_Draft), _rows("lines", word("Goods"), _Sold, required=True)), _draft),
    "order_draft_order": Form((*fields_of(_Buyer), _rows("tenders", word("What it is paid with"), _Payment)), _buyer),
    "label_return": Form(_of(ReturnLabel, "documents", "partner", "cost_currency"), _label),
}
