"""A sale: the rows of one order made into a `PlaceOrder`, or the reasons why they make none."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from orderline.core.imports.cells import BadCell, parse_flag, parse_instant, parse_whole
from orderline.core.imports.countries import country_code
from orderline.core.imports.documents import Document
from orderline.core.imports.lines import ReadLine, ReadRows, amount, cell, read_currency, read_rows
from orderline.core.imports.profile import Profile
from orderline.core.imports.verdicts import Remark, malformed, not_a_sale, refused
from orderline.core.orders.commands import CustomerInput, GroupInput, HoldInput, LineInput, PlaceOrder, TenderInput
from orderline.core.orders.state import Charge, LineQuantity, TaxLine
from orderline.values.address import Address, Place
from orderline.values.money import split_minor

_SERVED: Final = frozenset({"fulfilled", "delivered", "shipped"})
_PARTLY: Final = frozenset({"partial", "partially_fulfilled", "partly"})
_ADDRESS: Final = ("ship_line_1", "ship_line_2", "ship_line_3", "ship_city", "ship_region", "ship_postal_code")


class OrderCells:
    """The fields of the order: each from the first of its rows that has it."""

    def __init__(self, profile: Profile, document: Document) -> None:
        self._profile = profile
        self._rows = [row for row, ruling in zip(document.rows, document.rulings, strict=True) if ruling is None]

    def get(self, field: str) -> str:
        """What is said of a field; "" when nothing is."""
        if field in self._profile.columns:
            for row in self._rows:
                text = cell(self._profile, row, field)
                if text:
                    return text
        return self._profile.defaults.get(field, "")


def take_sale(profile: Profile, document: Document, canceled: Mapping[int, int]) -> None:
    """Make the order of a document, or rule on its rows. An order is taken whole: a bad row keeps all back."""
    said = OrderCells(profile, document)
    try:
        currency = read_currency(profile, said.get("currency"))
        guest = not _customer_id(said) and not said.get("customer_email") and not said.get("customer_name")
        found = read_rows(profile, document, currency, dict(canceled), guest=guest)
        if not _refuse_bad(document) and _has_goods(document, found):
            _make_order(profile, document, said, found, currency, guest)
    except BadCell as bad:
        place = next((at for at, ruling in enumerate(document.rulings) if ruling is None), 0)
        document.rulings[place] = bad.ruling
        _refuse_bad(document)


def _refuse_bad(document: Document) -> bool:
    for place, ruling in enumerate(document.rulings):
        if ruling is not None and ruling.to_fix:
            document.refuse_rest(f"row {document.rows[place].number}: {ruling.verdict}")
            return True
    return False


def _has_goods(document: Document, found: ReadRows) -> bool:
    if found.lines:
        return True
    fees = not_a_sale("fees_only")
    document.rulings = [fees if ruling is None else ruling for ruling in document.rulings]
    return False


def _make_order(
    profile: Profile, document: Document, said: OrderCells, found: ReadRows, currency: str, guest: bool
) -> None:
    history = _is_history(profile, document, said, found)
    lines = found.lines
    charges = [*found.charges, *_order_charges(profile, document, said, currency)]
    taxes, included = _taxes(profile, document, said, found, charges, currency)
    net = sum(line.net_minor for line in lines) + sum(charge.amount_minor for charge in charges)
    total = net if included else net + sum(tax.amount_minor for tax in taxes if tax is not None)
    given_text = said.get("total")
    given = amount(profile, given_text, currency, "total", document) if given_text else total
    rows = document.rulings.count(None)
    if given != total and profile.rules.unexplained_totals == "charge":
        charges.append(Charge("unexplained", given - total))
        document.remark(Remark.UNEXPLAINED, rows)
    holds, tenders = _payment(profile, document, said, given, currency, history)
    customer = _customer_id(said)
    document.line_rows = [line.place for line in lines]
    document.order = PlaceOrder(
        channel=said.get("channel") or profile.channel,
        external_id=document.external_id,
        currency=currency,
        lines=tuple(_line(line, tax, history) for line, tax in zip(lines, taxes, strict=True)),
        total_minor=given,
        customer=CustomerInput(
            said.get("customer_name") or said.get("bill_name"),
            said.get("customer_email"),
            said.get("customer_phone") or said.get("bill_phone"),
        ),
        groups=_groups(profile, document, said, history),
        charges=tuple(charges),
        taxes_included=included,
        tenders=tenders,
        holds=holds,
        placed_at=_placed_at(profile, said),
        is_test=parse_flag(said.get("is_test"), "is_test"),
        history=history,
        priority=parse_whole(said.get("priority") or "0", "priority"),
        tags=tuple(tag.strip() for tag in said.get("tags").split(",") if tag.strip()),
        note=said.get("note"),
        custom={"customer": customer} if customer else {},
    )
    if not history:
        document.cancel_after = tuple(
            LineQuantity(number, line.canceled) for number, line in enumerate(lines, 1) if line.canceled
        )
    _remark(document, lines, rows, guest)


def _is_history(profile: Profile, document: Document, said: OrderCells, found: ReadRows) -> bool:
    """History when the caller, the order or the layout says so, or when the source has served or canceled it all."""
    status = said.get("fulfillment_status").lower().replace(" ", "_")
    if said.get("canceled_at"):
        for line in found.lines:
            line.canceled = line.quantity
        document.remark(Remark.CANCELED, document.rulings.count(None))
    own = said.get("history")
    history = parse_flag(own, "history") if own and not profile.forced else profile.history
    if history:
        return True
    if status in _SERVED or all(line.canceled == line.quantity for line in found.lines):
        document.remark(Remark.AS_HISTORY, document.rulings.count(None))
        return True
    if status in _PARTLY:
        hint = "import it with --history, or let the source finish it"
        raise BadCell(refused("PARTLY_FULFILLED", "fulfillment_status", status, hint))
    return False


def _order_charges(profile: Profile, document: Document, said: OrderCells, currency: str) -> list[Charge]:
    charges: list[Charge] = []
    shipping, discount = said.get("shipping"), said.get("order_discount")
    if shipping and (minor := amount(profile, shipping, currency, "shipping", document)):
        charges.append(Charge("shipping", minor, said.get("method")[:500]))
    if discount and (minor := amount(profile, discount, currency, "order_discount", document)):
        charges.append(Charge("discount", -abs(minor), said.get("discount_code")[:500]))
    return charges


def _taxes(
    profile: Profile,
    document: Document,
    said: OrderCells,
    found: ReadRows,
    charges: list[Charge],
    currency: str,
) -> tuple[list[TaxLine | None], bool]:
    """The tax of each line, and whether prices include it. One tax for the order is shared by the lines' amounts.

    Where the file does not say whether prices include tax, the given total does.
    """
    lines = found.lines
    taxes = [line.tax for line in lines]
    text, given, flag = said.get("tax"), said.get("total"), said.get("taxes_included")
    whole = amount(profile, text, currency, "tax", document) if text else 0
    weights = [line.net_minor if line.taxable else 0 for line in lines]
    shared = bool(whole) and not any(taxes)
    if shared and sum(weights) > 0 and min(weights) >= 0:
        name = said.get("tax_name") or "tax"
        taxes = [TaxLine(name, part) if part else None for part in split_minor(whole, weights)]
    if flag:
        included = parse_flag(flag, "taxes_included")
    else:
        net = sum(line.net_minor for line in lines) + sum(charge.amount_minor for charge in charges)
        included = any(taxes) and bool(given) and net == amount(profile, given, currency, "total", document)
    if shared and not any(taxes) and not included:
        charges.append(Charge("tax", whole))
    return taxes, included


def _line(line: ReadLine, tax: TaxLine | None, history: bool) -> LineInput:
    return LineInput(
        sku=line.sku,
        quantity=line.quantity,
        unit_price_minor=line.unit_price_minor,
        description=line.description,
        discount_minor=line.discount_minor,
        taxes=(tax,) if tax is not None else (),
        canceled=line.canceled if history else 0,
    )


def _payment(
    profile: Profile, document: Document, said: OrderCells, total: int, currency: str, history: bool
) -> tuple[tuple[HoldInput, ...], tuple[TenderInput, ...]]:
    """What is paid already; a live order that is not paid is held until somebody says that it is."""
    status = said.get("payment_status").lower().replace(" ", "_")
    paid_text, refunded_text = said.get("paid"), said.get("refunded")
    if not status and not paid_text:
        return (), ()
    state = profile.layout.statuses.get(status, "captured" if not status else "")
    if not state:
        allowed = ", ".join(sorted(profile.layout.statuses))
        raise BadCell(malformed("VALUE", "payment_status", status, allowed))
    paid = amount(profile, paid_text, currency, "paid", document) if paid_text else total
    refunded = amount(profile, refunded_text, currency, "refunded", document) if refunded_text else 0
    if status == "refunded" and not refunded:
        refunded = paid
    if state in ("requested", "none"):
        return (() if history else (HoldInput(type="payment", reason=f"{status} in the file"),)), ()
    if not paid:
        return (), ()
    tender = TenderInput(
        provider=said.get("payment_provider") or "external",
        amount_minor=paid,
        method=said.get("payment_method") or "other",
        reference=said.get("payment_reference"),
        state="captured" if state == "captured" else "authorized",
        refunded_minor=refunded if history and state == "captured" else 0,
    )
    return (), (tender,)


def _groups(profile: Profile, document: Document, said: OrderCells, history: bool) -> tuple[GroupInput, ...]:
    method = said.get("method")[:60] or "standard"
    name = said.get("ship_country")
    known = profile.countries.get(name)
    country = country_code(name) if known is None else known
    if any(said.get(field) for field in _ADDRESS):
        address = Address(
            country=country or name,
            name=said.get("ship_name") or said.get("customer_name") or said.get("bill_name"),
            company=said.get("ship_company"),
            lines=tuple(line for n in (1, 2, 3) if (line := said.get(f"ship_line_{n}"))),
            city=said.get("ship_city"),
            region=said.get("ship_region"),
            postal_code=said.get("ship_postal_code").lstrip("'"),
            phone=said.get("ship_phone").lstrip("'"),
        )
        return (GroupInput(address=address, email=said.get("customer_email"), method=method),)
    if name and not country:
        document.remark(Remark.COUNTRY_UNKNOWN, document.rulings.count(None))
    if history and country:
        return (GroupInput(place=Place(country=country), method=method),)
    return (GroupInput(method=method),) if method != "standard" else ()


def _placed_at(profile: Profile, said: OrderCells) -> datetime | None:
    text = said.get("placed_at")
    return parse_instant(text, profile.zone, profile.date_formats, "placed_at") if text else None


def _customer_id(said: OrderCells) -> str:
    text = said.get("customer")
    return text.removesuffix(".0") if text.removesuffix(".0").isdigit() else text


def _remark(document: Document, lines: Sequence[ReadLine], rows: int, guest: bool) -> None:
    if guest:
        document.remark(Remark.GUEST, rows)
    document.remark(Remark.FREE, sum(not line.unit_price_minor for line in lines))
    document.remark(Remark.REPEATED_SKU, len(lines) - len({line.sku for line in lines}))
