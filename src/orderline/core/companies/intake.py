"""What an order of a company is held to when it is placed: its terms, its prices, what it may owe, whose yes it needs."""

from collections import Counter
from datetime import datetime
from typing import Final

from orderline.core.agreements.decide import call_off
from orderline.core.approvals.asking import ask_for_approval
from orderline.core.companies.decide import check_buyer, check_location, known_company
from orderline.core.companies.exposure import has_po_number
from orderline.core.companies.limiting import check_terms, hold_beyond_limit
from orderline.core.companies.refusals import CompanyRefusal as R
from orderline.core.companies.state import Buyer, Company, CompanyState
from orderline.core.context import Context
from orderline.core.holds.rules import new_hold
from orderline.core.orders.buying import BuyingCompany
from orderline.core.orders.buying_events import PriceDifference, PricesDiffered
from orderline.core.orders.commands import HoldInput, PlaceOrder
from orderline.core.orders.events import HoldPlaced
from orderline.core.orders.guards import check_text
from orderline.core.orders.state import DemandGroup
from orderline.core.price_lists.state import LIST, PRICE, Price, PriceList, price_id
from orderline.core.tenders.rules import TERMS
from orderline.core.world import Draft, World
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from orderline.values.money import render_minor
from orderline.values.patterns import fits

PRICE_HOLD: Final = "price"
_SHOWN: Final = 5


def check_buying(world: World, command: PlaceOrder) -> BuyingCompany:
    """The company of an order, if it may buy that. History is taken over whatever was agreed.

    Refused COMPANY_UNKNOWN, COMPANY_NOT_ACTIVE, COMPANY_LOCATION_UNKNOWN, BUYER_UNKNOWN; PO_NUMBER_MISSING, PO_NUMBER_TAKEN;
    SKU_NOT_APPROVED: not of the catalog; MINIMUM_NOT_REACHED; TERMS_NOT_AGREED: it may not pay by invoice, or not so.
    """
    asked = command.company
    assert asked is not None
    company = known_company(world, asked.company, "company.company")
    location = check_location(company, asked.location, "company.location") if asked.location else None
    buyer = check_buyer(company, asked.buyer, "company.buyer") if asked.buyer else None
    check_text(asked.po_number, "company.po_number", 100)
    if not command.history:
        _check_agreed(company, buyer, command)
    if asked.po_number:
        _check_po_number(world, company, asked.po_number)
    recipient = location.recipient if location is not None else None
    return BuyingCompany(
        company=company.id,
        location=asked.location,
        buyer=asked.buyer,
        po_number=asked.po_number,
        agreement=asked.agreement,
        net_days=company.terms.net_days,
        invoices=company.terms.invoices,
        recipient=recipient,
        contact=buyer.person if buyer is not None else recipient,
        bill_to=company.bill_to,
    )


def _check_agreed(company: Company, buyer: Buyer | None, command: PlaceOrder) -> None:
    asked, terms = command.company, company.terms
    assert asked is not None
    if company.state is not CompanyState.ACTIVE:
        raise Refused(R.COMPANY_NOT_ACTIVE, field="company.company", value=company.id)
    if buyer is not None and buyer.locations and asked.location not in buyer.locations:
        raise Refused(
            R.COMPANY_LOCATION_UNKNOWN, field="company.location", value=asked.location, allowed=list(buyer.locations)
        )
    if terms.requires_po_number and not asked.po_number:
        raise Refused(R.PO_NUMBER_MISSING, field="company.po_number", value="")
    for catalog in (terms.catalog, buyer.catalog if buyer is not None else ()):
        for index, line in enumerate(command.lines) if catalog else ():
            if not fits(line.sku, catalog):
                raise Refused(R.SKU_NOT_APPROVED, field=f"lines[{index}].sku", value=line.sku[:100])
    if terms.minimum_minor and command.currency == terms.currency and command.total_minor < terms.minimum_minor:
        raise Refused(
            R.MINIMUM_NOT_REACHED, field="total_minor", value=command.total_minor, allowed=f"from {terms.minimum_minor}"
        )
    for index, tender in enumerate(command.tenders):
        if tender.provider == TERMS:
            check_terms(company, tender, command.currency, f"tenders[{index}]")


def _check_po_number(world: World, company: Company, po_number: str) -> None:
    taken = world.purchase_orders.get((company.id, po_number))
    for order in world.orders.values():
        if has_po_number(order, company.id, po_number):
            assert order is not None
            taken = order.id
    if taken is not None:
        raise Refused(R.PO_NUMBER_TAKEN, field="company.po_number", value=po_number, order=str(taken))


def differences_of(
    world: World, command: PlaceOrder, buying: BuyingCompany, at: datetime
) -> tuple[PriceDifference, ...]:
    """Where prices that were sent are not those of the company's list on the day of the order; nothing is changed for it.

    A price counts by all units of its SKU in the order. Refused PRICE_NOT_AGREED, where the terms say so: there is one.
    """
    company = known_company(world, buying.company)
    if not company.terms.price_list or command.history:
        return ()
    listed = world.records.get((LIST, company.terms.price_list))
    comparable = (
        isinstance(listed, PriceList)
        and listed.currency == command.currency
        and listed.taxes_included == command.taxes_included
    )
    bought = Counter[str]()
    for line in command.lines:
        bought[line.sku] += line.quantity
    found: list[PriceDifference] = []
    for number, line in enumerate(command.lines, 1):
        price = world.records.get((PRICE, price_id(company.terms.price_list, line.sku))) if comparable else None
        expected = price.on(at.date(), bought[line.sku]) if isinstance(price, Price) else None
        sent = line.unit_price_minor * line.quantity - line.discount_minor
        whole = expected * line.quantity if expected is not None else None
        if whole != sent:
            found.append(PriceDifference(number, line.sku, line.quantity, sent, whole))
    if found and company.terms.on_difference == "refuse":
        first = found[0]
        raise Refused(
            R.PRICE_NOT_AGREED, field=f"lines[{first.line - 1}].unit_price_minor", value=first.sent_minor,
            expected=first.expected_minor, sku=first.sku, quantity=first.quantity, price_list=company.terms.price_list,
        )  # fmt: skip
    return tuple(found)


def hold_company_order(
    draft: Draft, order_id: OrderId, differences: tuple[PriceDifference, ...], context: Context
) -> None:
    """Hold an order for what its company's terms do not cover: prices that differ, too much owed, a yes that it needs."""
    world = draft.world
    order = world.order(order_id)
    buying = order.company
    if buying is None or order.history:
        return
    company = known_company(world, buying.company)
    if buying.agreement:
        call_off(draft, order, context)
    if differences:
        draft.tell(order_id, PricesDiffered(differences, company.terms.price_list))
        shown = "; ".join(_told(each, order.currency) for each in differences[:_SHOWN])
        more = f"; and {len(differences) - _SHOWN} more" if len(differences) > _SHOWN else ""
        asked = HoldInput(type=PRICE_HOLD, reason=f"{shown}{more}"[:500])
        draft.tell(order_id, HoldPlaced(new_hold(asked, world.order(order_id).holds_placed + 1, context)))
    hold_beyond_limit(draft, company, order_id, context)
    ask_for_approval(draft, company, order_id, context)


def _told(each: PriceDifference, currency: str) -> str:
    expected = "no price" if each.expected_minor is None else render_minor(each.expected_minor, currency)
    sent = render_minor(each.sent_minor, currency)
    return f"line {each.line} ({each.sku[:40]} x {each.quantity}): expected {expected}, sent {sent} {currency}"


def location_of(world: World, buying: BuyingCompany | None) -> DemandGroup | None:
    """Where goods of a company go when nothing else is said, as a group without lines. None: nothing is known."""
    if buying is None or buying.recipient is None:
        return None
    location = known_company(world, buying.company).location_of(buying.location)
    if location is None:
        return None
    return DemandGroup(group=1, recipient=location.recipient, place=location.place, method="standard")
