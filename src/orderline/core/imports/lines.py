"""The rows of a sale, one by one: goods, charges, gifts, repetitions, and what is no sale at all."""

import re
from typing import Final

import msgspec

from orderline.core.imports.cells import BadCell, is_rounded, parse_amount, parse_flag, parse_whole
from orderline.core.imports.documents import DUPLICATE, Document, Row
from orderline.core.imports.profile import Profile
from orderline.core.imports.verdicts import Remark, RowRefusal, Ruling, malformed, not_a_sale, refused
from orderline.core.orders.state import Charge, TaxLine
from orderline.core.stock.state import Sku, SkuKind
from orderline.values.failures import Refused
from orderline.values.money import check_currency

_NOT_CODE: Final = re.compile(r"[^A-Z0-9]+")
STOCK_ADJUSTMENT: Final = not_a_sale("stock_adjustment")


class ReadLine(msgspec.Struct, gc=False):
    """A row that is a line of goods, before it is one of an order."""

    place: int
    sku: str
    description: str
    quantity: int
    unit_price_minor: int
    discount_minor: int
    tax: TaxLine | None
    taxable: bool
    canceled: int

    @property
    def net_minor(self) -> int:
        """What the line costs before tax."""
        return self.unit_price_minor * self.quantity - self.discount_minor


class ReadRows(msgspec.Struct):
    """What the rows of a sale hold together."""

    lines: list[ReadLine]
    charges: list[Charge]


def cell(profile: Profile, row: Row, field: str) -> str:
    """What a row has for a field, or the mapping's default for it; "" when neither has anything."""
    place = profile.columns.get(field)
    text = row.cells[place].strip() if place is not None else ""
    return text or (profile.defaults.get(field, "") if profile.defaults else "")


def sku_code(profile: Profile, row: Row) -> str:
    """The SKU of a row under the name it has here."""
    code = cell(profile, row, "sku")
    if profile.rules.sku_case == "upper":
        code = code.upper()
    return profile.sku_aliases.get(code, code) if profile.sku_aliases else code


def read_rows(
    profile: Profile, document: Document, currency: str, canceled: dict[int, int], *, guest: bool
) -> ReadRows:
    """Read all rows of a sale; rows that are no part of the order get their ruling in the document.

    canceled: units that later documents take back, by the number of the row.
    """
    found = ReadRows([], [])
    seen: set[str] = set()
    for place, row in enumerate(document.rows):
        if document.rulings[place] is not None:
            continue
        if profile.rules.duplicates == "drop":
            if row.text in seen:
                document.rulings[place] = DUPLICATE
                continue
            seen.add(row.text)
        try:
            _read_row(profile, document, place, row, currency, canceled.get(row.number, 0), found, guest)
        except BadCell as bad:
            document.rulings[place] = bad.ruling
    if guest and not any(line.unit_price_minor for line in found.lines):
        for line in found.lines:
            document.rulings[line.place] = STOCK_ADJUSTMENT
        found.lines.clear()
    return found


def _read_row(
    profile: Profile,
    document: Document,
    place: int,
    row: Row,
    currency: str,
    taken_back: int,
    found: ReadRows,
    guest: bool,
) -> None:
    kind = charge_kind(profile, row)
    quantity = parse_whole(cell(profile, row, "quantity") or ("1" if kind else ""), "quantity")
    price_text = cell(profile, row, "unit_price")
    price = discount = 0
    total_text = "" if profile.plain else cell(profile, row, "line_total")
    if price_text or not total_text:
        price = amount(profile, price_text, currency, "unit_price", document)
    total = amount(profile, total_text, currency, "line_total", document) if total_text else quantity * price
    if not profile.plain and not kind:
        discount = _optional(profile, row, "discount", currency, document)
        if total_text:
            price, discount = _shared(profile, document, total_text, total, quantity, discount, price_text, price)
    description = cell(profile, row, "description")[:500]
    if kind:
        found.charges.append(Charge(kind, total, description))
        document.charges.add(place)
        return
    if quantity <= 0 and price == 0 and guest:
        document.rulings[place] = STOCK_ADJUSTMENT
        return
    if quantity <= 0:
        raise BadCell(refused("QUANTITY_NOT_POSITIVE", "quantity", quantity, "1 or more"))
    if price < 0:
        raise BadCell(refused("AMOUNT_NEGATIVE", "unit_price", price_text))
    code = sku_code(profile, row) or _made_code(profile, description)
    line = ReadLine(place, code, description, quantity, price, discount, None, True, taken_back)
    if not profile.plain:
        _read_optional(profile, document, row, currency, line)
    found.lines.append(line)
    if code not in document.skus or not document.skus[code].description:
        ships = profile.plain or parse_flag(cell(profile, row, "requires_shipping") or "yes", "requires_shipping")
        document.skus[code] = Sku(code, description, SkuKind.STOCKED if ships else SkuKind.DIGITAL)


def _shared(
    profile: Profile,
    document: Document,
    text: str,
    total: int,
    quantity: int,
    discount: int,
    price_text: str,
    price: int,
) -> tuple[int, int]:
    """The price of one unit, and the discount on the line, that make its total.

    BadCell TOTALS_DO_NOT_ADD_UP: there is a price as well, and they do not. LINE_TOTAL_NOT_SHARED: no whole price does.
    """
    if price_text:
        if quantity * price - discount != total:
            raise BadCell(refused("TOTALS_DO_NOT_ADD_UP", "line_total", text, "quantity x unit_price - discount"))
        return price, discount
    whole = total + discount
    if quantity <= 0:
        return whole, discount  # refused in a moment
    price, over = divmod(whole, quantity)
    if not over:
        return price, discount
    if profile.rules.line_totals == "refuse":
        hint = f"{quantity} units at one price; a mapping may say: rules.line_totals = 'discount'"
        raise BadCell(refused(RowRefusal.LINE_TOTAL_NOT_SHARED.value, "line_total", text, hint))
    document.remark(Remark.SHARED, 1)
    return price + 1, discount + quantity - over


def _read_optional(profile: Profile, document: Document, row: Row, currency: str, line: ReadLine) -> None:
    line.tax = _tax(profile, row, currency, document)
    line.taxable = parse_flag(cell(profile, row, "taxable") or "yes", "taxable")
    line.canceled += parse_whole(cell(profile, row, "canceled") or "0", "canceled")


def charge_kind(profile: Profile, row: Row) -> str:
    """The kind of charge a row is; "" for goods."""
    kind = "" if profile.plain else cell(profile, row, "kind")
    if kind and kind != "line":
        return kind[:60]
    if not profile.charges:
        return ""
    code = cell(profile, row, "sku")
    return profile.charges.get(code) or profile.charges.get(code.upper(), "")


def amount(profile: Profile, text: str, currency: str, field: str, document: Document) -> int:
    """An amount by the profile's rules, in minor units. BadCell: it can't be read."""
    comma, rounding = profile.decimal_comma, profile.rules.too_precise == "round"
    minor = parse_amount(text, currency, field, comma=comma, rounding=rounding)
    if rounding and is_rounded(text, currency, comma=comma):
        document.remark(Remark.ROUNDED, 1)
    return minor


def read_currency(profile: Profile, text: str) -> str:
    """The currency of an order: its own, else the profile's. BadCell: not one in use."""
    code = text or profile.currency
    if not code:
        raise BadCell(refused("FIELD_REQUIRED", "currency", text))
    try:
        return check_currency(code)
    except Refused as refusal:
        raise BadCell(refused(refusal.code.value, "currency", text, str(refusal.facts.get("allowed", "")))) from None


def _optional(profile: Profile, row: Row, field: str, currency: str, document: Document) -> int:
    text = cell(profile, row, field)
    return amount(profile, text, currency, field, document) if text else 0


def _tax(profile: Profile, row: Row, currency: str, document: Document) -> TaxLine | None:
    minor = _optional(profile, row, "line_tax", currency, document)
    return TaxLine(cell(profile, row, "line_tax_name") or "tax", minor) if minor else None


def _made_code(profile: Profile, description: str) -> str:
    code = _NOT_CODE.sub("-", description.upper()).strip("-")[:100]
    if profile.rules.missing_sku == "description" and code:
        return code
    raise BadCell(refused("FIELD_REQUIRED", "sku", "", "a mapping may say: rules.missing_sku = 'description'"))


def check_row(row: Row, profile: Profile) -> Ruling | None:
    """What is wrong with a row as such: its columns, its bytes."""
    if len(row.cells) != profile.width:
        return malformed("COLUMNS", "", len(row.cells), f"{profile.width} columns, as the header has")
    if "\x00" in row.text:
        return malformed("ENCODING", "", row.text, "no NUL characters")
    if not row.text.isascii() and any("\udc80" <= sign <= "\udcff" for sign in row.text):
        return malformed("ENCODING", "", row.text, "the file in UTF-8, or a mapping: encoding = 'cp1252'")
    return None
