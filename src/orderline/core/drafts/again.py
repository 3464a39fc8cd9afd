"""An order bought once more: a draft order of its goods, at the prices and by the rules that hold today.

Who buys is the same company, if any; where exactly it goes, how it is paid and under which number of the company's own
is told anew with the order.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from orderline.core.agreements.state import Agreement
from orderline.core.companies.state import Company
from orderline.core.drafts.commands import PutDraftOrder
from orderline.core.drafts.state import DraftGroup
from orderline.core.orders.buying import CompanyInput
from orderline.core.orders.commands import LineInput
from orderline.core.orders.priced import TaxLine
from orderline.core.orders.state import AgreedLine, DemandGroup, Order
from orderline.core.price_lists.state import Price, PriceList
from orderline.core.stock.state import Sku
from orderline.values.money import in_proportion
from orderline.values.patterns import fits


class PricedBy(StrEnum):
    """Where a price is from: the company's list as it holds today, or what was agreed on the order before."""

    LIST = "price_list"
    BEFORE = "order"


class LeftOut(StrEnum):
    """Why a line is not bought again."""

    NOT_SOLD = "not_for_sale"
    NOT_APPROVED = "not_approved"
    NO_PRICE = "no_price"


class AgainLine(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A line of the order before, and what becomes of it. before_minor: what one unit cost; now_minor: what it costs today."""

    line: int
    sku: str
    quantity: int
    before_minor: int
    now_minor: int = 0
    priced_by: PricedBy | None = None
    left_out: LeftOut | None = None


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for who buys: the company, its price list with prices by SKU, what it called off."""

    company: Company | None = None
    listed: PriceList | None = None
    prices: Mapping[str, Price] = {}
    agreement: Agreement | None = None


def again_of(
    order: Order, draft_order: str, terms: Terms, skus: Mapping[str, Sku], now: datetime, *, po_number: str = ""
) -> tuple[PutDraftOrder, tuple[AgainLine, ...]]:
    """The draft order, and what becomes of each line. What was canceled is not bought again, unless all of it was."""
    wanted = _wanted(order)
    groups = {each.group: each for each in order.agreement.groups}
    bought = Counter[str]()
    for agreed, quantity in wanted:
        bought[agreed.sku] += quantity
    told: list[AgainLine] = []
    lines: list[LineInput] = []
    for agreed, quantity in wanted:
        before = AgainLine(line=agreed.line, sku=agreed.sku, quantity=quantity, before_minor=agreed.unit_price_minor)
        why = _left_out(agreed.sku, groups[agreed.group], terms, order, skus, now)
        listed = terms.prices[agreed.sku].on(now.date(), bought[agreed.sku]) if agreed.sku in terms.prices else None
        if why is None and terms.listed is not None and listed is None:
            why = LeftOut.NO_PRICE
        if why is not None:
            told.append(msgspec.structs.replace(before, left_out=why))
            continue
        by = PricedBy.BEFORE if listed is None else PricedBy.LIST
        price = agreed.unit_price_minor if listed is None else listed
        told.append(msgspec.structs.replace(before, now_minor=price, priced_by=by))
        lines.append(_line(agreed, quantity, price, order, listed=listed is not None))
    used = {each.group for each in lines}
    command = PutDraftOrder(
        draft_order=draft_order, channel=order.channel, currency=order.currency, lines=tuple(lines),
        charges=tuple(each for each in order.agreement.charges if each.amount_minor > 0),
        groups=tuple(_group(each, order, terms) for each in order.agreement.groups if each.group in used),
        taxes_included=order.agreement.taxes_included, company=_company(order, terms, po_number, now),
        note=f"again as order {order.number}",
    )  # fmt: skip
    return command, tuple(told)


def _wanted(order: Order) -> list[tuple[AgreedLine, int]]:
    """The lines that were bought, as sold: bundles as one; what came in exchange is no purchase."""
    units = {each.line: each.units for each in order.lines}
    bought = [each for each in order.agreement.lines if each.parent is None and not each.exchanged]
    left = [
        (each, each.quantity - (units[each.line].canceled if each.line in units else 0)) for each in bought
    ]  # fmt: skip
    if not any(quantity > 0 for _, quantity in left):
        return [(each, each.quantity) for each in bought]
    return [(each, quantity) for each, quantity in left if quantity > 0]


def _left_out(
    code: str, group: DemandGroup, terms: Terms, order: Order, skus: Mapping[str, Sku], now: datetime
) -> LeftOut | None:
    sku, company = skus.get(code), terms.company
    if sku is None or not sku.active or sku.not_for_sale(now, group.place.country):
        return LeftOut.NOT_SOLD
    if company is None or order.company is None:
        return None
    buyer = company.buyer_of(order.company.buyer) if order.company.buyer else None
    for catalog in (company.terms.catalog, buyer.catalog if buyer is not None else ()):
        if catalog and not fits(code, catalog):
            return LeftOut.NOT_APPROVED
    return None


def _line(agreed: AgreedLine, quantity: int, price: int, order: Order, *, listed: bool) -> LineInput:
    """As it was agreed, in so many units; at a price of a list without the discount that was on another."""
    discount = 0 if listed else in_proportion(agreed.discount_minor, quantity, agreed.quantity)
    before = agreed.unit_price_minor * agreed.quantity - agreed.discount_minor
    now = price * quantity - discount
    return LineInput(
        sku=agreed.sku, quantity=quantity, unit_price_minor=price, description=agreed.description, group=agreed.group,
        discount_minor=discount, taxes=tuple(_taxed(each, now, before) for each in agreed.taxes), custom=agreed.custom,
    )  # fmt: skip


def _taxed(tax: TaxLine, now: int, before: int) -> TaxLine:
    """The tax in the proportion that it had to what it was on."""
    return tax.of(in_proportion(tax.amount_minor, now, before) if before else 0)


def _group(group: DemandGroup, order: Order, terms: Terms) -> DraftGroup:
    """Where it went, without the dates: those are over. A location of the company is where it is today."""
    fetched = group.pickup_location is not None
    place, buying = group.place, order.company
    if buying is not None and terms.company is not None and group.recipient == buying.recipient:
        location = terms.company.location_of(buying.location)
        place = location.place if location is not None else place
    return DraftGroup(
        group=group.group, method=group.method, pickup_location=group.pickup_location, gift=group.gift,
        ship_complete=group.ship_complete, place=None if fetched or not place.country else place,
    )  # fmt: skip


def _company(order: Order, terms: Terms, po_number: str, now: datetime) -> CompanyInput | None:
    """The company that buys, under a number of its own that is told anew; what it called off is called off of again while it runs."""
    buying, frame = order.company, terms.agreement
    if buying is None:
        return None
    runs = frame is not None and frame.runs_on(now.date())
    return CompanyInput(
        company=buying.company, location=buying.location, buyer=buying.buyer, po_number=po_number,
        agreement=buying.agreement if runs else "",
    )  # fmt: skip
