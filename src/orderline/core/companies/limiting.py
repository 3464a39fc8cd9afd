"""Orders that owe more than their company may: held when they are placed, and when something is agreed anew."""

from orderline.core.agreements.decide import check_not_raised
from orderline.core.companies.decide import PLACED_BY, known_company
from orderline.core.companies.exposure import CREDIT, exposure_of, is_held, is_on_terms, open_minor
from orderline.core.companies.refusals import CompanyRefusal
from orderline.core.companies.state import Company
from orderline.core.context import Actor, Context
from orderline.core.holds.rules import new_hold
from orderline.core.orders.commands import HoldInput
from orderline.core.orders.events import HoldPlaced
from orderline.core.orders.state import Order
from orderline.core.tenders.inputs import TenderInput
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from orderline.values.money import render_minor


def check_terms(company: Company, tender: TenderInput, currency: str, field: str) -> None:
    """Refused TERMS_NOT_AGREED: the company may not pay by invoice, or not so."""
    terms = company.terms
    if terms.net_days is None or tender.state == "captured" or currency != terms.currency:
        allowed = f"in {terms.currency}, not paid yet" if terms.net_days is not None else "other means of payment"
        raise Refused(CompanyRefusal.TERMS_NOT_AGREED, field=field, value=currency, allowed=allowed)


def hold_beyond_limit(draft: Draft, company: Company, order_id: OrderId, context: Context) -> None:
    """Hold an order on terms when its company owes more than its limit with it."""
    world = draft.world
    order = world.order(order_id)
    limit = company.terms.credit_limit_minor
    if limit is None or not is_on_terms(order) or order.is_test:
        return
    owed = open_minor(company.id, world.exposures.get(company.id, 0), world.orders.values())
    if owed <= limit:
        return
    own = exposure_of(order).total_minor
    told = [render_minor(each, order.currency) for each in (owed, limit, own)]
    reason = f"{company.id} would owe {told[0]} of at most {told[1]} {order.currency}, {told[2]} for this order"
    by = Context(context.now, Actor(PLACED_BY, "system"), context.new_order, context.number)
    given = HoldInput(type=CREDIT, reason=reason[:500])
    draft.tell(order_id, HoldPlaced(new_hold(given, order.holds_placed + 1, by)))


def check_raised(draft: Draft, before: Order, context: Context) -> None:
    """What a change adds to an order of a company is held to what was agreed with it, as a placement is; see `hold_if_raised`.

    Refused AGREEMENT_EXCEEDED: it wants more units of a SKU than it has called off.
    """
    check_not_raised(before, draft.world.order(before.id))
    hold_if_raised(draft, before, context)


def hold_if_raised(draft: Draft, before: Order, context: Context) -> None:
    """Hold an order of a company that owes more than before, when that is more than its company may owe.

    One that is held already stays so. The command must say that it `adds`.
    """
    order = draft.world.order(before.id)
    if order.company is None:
        return
    if not is_held(order) and exposure_of(order).total_minor > exposure_of(before, held=False).total_minor:
        hold_beyond_limit(draft, known_company(draft.world, order.company.company), order.id, context)
