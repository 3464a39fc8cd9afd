"""Rules of companies: what is known of them, their credit, and the money that comes for what they bought on terms."""

from typing import Any, Final

from orderline.core.companies import commands as c
from orderline.core.companies.exposure import exposure_of, is_held, open_minor
from orderline.core.companies.refusals import CompanyRefusal as R
from orderline.core.companies.state import (
    COMPANY,
    Buyer,
    BuyerPut,
    BuyerRemoved,
    Company,
    CompanyLocation,
    CompanyLocationPut,
    CompanyLocationRemoved,
    CompanyPut,
    CompanyTerms,
)
from orderline.core.context import Context
from orderline.core.entities.decide import check_endpoint, check_entity
from orderline.core.orders.buying import Invoicing
from orderline.core.orders.events import HoldReleased, Person
from orderline.core.orders.guards import check_text
from orderline.core.orders.settle import settle
from orderline.core.orders.state import person_token
from orderline.core.stock.checks import check_code
from orderline.core.world import Draft, World
from orderline.values.address import check_address
from orderline.values.failures import Refused
from orderline.values.ids import OrderId, PersonToken
from orderline.values.money import MAX_MINOR, check_currency

MOST_LOCATIONS: Final = 1_000
MOST_BUYERS: Final = 1_000
MOST_PATTERNS: Final = 2_000
MOST_RULES: Final = 50


def decide_put_company(draft: Draft, command: c.PutCompany, context: Context) -> None:
    """Refused COMPANY_CHANGES_CURRENCY; COMPANY_NOT_ACCEPTABLE: a number out of bounds; ENTITY_UNKNOWN, ENDPOINT_NOT_ACCEPTABLE."""
    check_code(command.company, "company")
    check_text(command.name, "name", 200, required=True)
    for name in ("vat_id", "tax_number", "registration", "reference"):
        check_text(getattr(command, name), name, 100)
    check_endpoint(command.endpoint, "endpoint")
    if command.entity:
        check_entity(draft, command.entity, "entity")
    known = draft.world.records.get(("company", command.company))
    before = known if isinstance(known, Company) else None
    terms = command.terms
    _check_terms(terms)
    if before is not None and before.terms.currency not in ("", terms.currency):
        raise Refused(
            R.COMPANY_CHANGES_CURRENCY, field="terms.currency", value=terms.currency, allowed=before.terms.currency
        )
    put = CompanyPut(
        id=command.company, by=context.actor.name, at=context.now, name=command.name, state=command.state,
        key=context.new_order if before is None else before.key, vat_id=command.vat_id, tax_number=command.tax_number,
        registration=command.registration, endpoint=command.endpoint, reference=command.reference,
        entity=command.entity, terms=terms,
    )  # fmt: skip
    draft.tell_record(COMPANY, command.company, put)


def _check_terms(terms: CompanyTerms) -> None:
    if terms.currency:
        check_currency(terms.currency, field="terms.currency")
    if terms.invoices is not Invoicing.SUPPLY and terms.net_days is None:
        _refuse("terms.net_days", None, "days to pay within, where invoices are collected")
    needs = terms.net_days is not None or terms.credit_limit_minor is not None or terms.minimum_minor
    if needs and not terms.currency:
        _refuse("terms.currency", "", "the currency of the amounts")
    _check_range("terms.net_days", terms.net_days, 365)
    _check_range("terms.credit_limit_minor", terms.credit_limit_minor, MAX_MINOR)
    _check_range("terms.minimum_minor", terms.minimum_minor, MAX_MINOR)
    if terms.price_list:
        check_code(terms.price_list, "terms.price_list")
    _check_patterns(terms.catalog, "terms.catalog")
    if len(terms.approvals) > MOST_RULES or len({rule.name for rule in terms.approvals}) < len(terms.approvals):
        _refuse("terms.approvals", len(terms.approvals), f"at most {MOST_RULES}, each name once")
    for index, rule in enumerate(terms.approvals):
        field = f"terms.approvals[{index}]"
        check_code(rule.name, f"{field}.name")
        _check_patterns(rule.skus, f"{field}.skus")
        if not 1 <= len(rule.steps) <= 10:
            _refuse(f"{field}.steps", len(rule.steps), "from 1 to 10")
        for role in (*rule.steps, *rule.roles):
            check_code(role, f"{field}.steps")
        _check_range(f"{field}.above_minor", rule.above_minor, MAX_MINOR)
        if not 1 <= rule.within_hours <= 24 * 365:
            _refuse(f"{field}.within_hours", rule.within_hours, "from 1 to 8760")


def _check_range(field: str, value: int | None, most: int) -> None:
    if value is not None and not 0 <= value <= most:
        _refuse(field, value, f"from 0 to {most}")


def _check_patterns(patterns: tuple[str, ...], field: str) -> None:
    if len(patterns) > MOST_PATTERNS:
        _refuse(field, len(patterns), f"at most {MOST_PATTERNS}")
    for index, pattern in enumerate(patterns):
        check_text(pattern, f"{field}[{index}]", 100, required=True)


def _refuse(field: str, value: object, allowed: str) -> None:
    raise Refused(R.COMPANY_NOT_ACCEPTABLE, field=field, value=value, allowed=allowed)


def decide_put_location(draft: Draft, command: c.PutCompanyLocation, context: Context) -> None:
    """Refused COMPANY_UNKNOWN; what an address of an order is refused for; COMPANY_NOT_ACCEPTABLE: too many."""
    company = known_company(draft.world, command.company)
    check_code(command.location, "location")
    check_text(command.name, "name", 200)
    check_text(command.email, "email", 254)
    address = check_address(command.address)
    if company.location_of(command.location) is None and len(company.locations) >= MOST_LOCATIONS:
        _refuse("location", len(company.locations), f"at most {MOST_LOCATIONS}")
    token = _token(company)
    draft.keep(Person(token=token, name=address.name, email=command.email, phone=address.phone, address=address))
    location = CompanyLocation(code=command.location, name=command.name, place=address.place(), recipient=token)
    draft.tell_record(
        COMPANY, company.id,
        CompanyLocationPut(id=company.id, by=context.actor.name, at=context.now, location=location),
    )  # fmt: skip


def decide_remove_location(draft: Draft, command: c.RemoveCompanyLocation, context: Context) -> None:
    """Refused COMPANY_UNKNOWN, COMPANY_LOCATION_UNKNOWN. The address stays: orders may still go there."""
    company = known_company(draft.world, command.company)
    check_location(company, command.location, "location")
    draft.tell_record(
        COMPANY, company.id,
        CompanyLocationRemoved(id=company.id, by=context.actor.name, at=context.now, location=command.location),
    )  # fmt: skip


def decide_put_buyer(draft: Draft, command: c.PutBuyer, context: Context) -> None:
    """Refused COMPANY_UNKNOWN, COMPANY_LOCATION_UNKNOWN; COMPANY_NOT_ACCEPTABLE: too many, or a limit below zero."""
    company = known_company(draft.world, command.company)
    check_code(command.buyer, "buyer")
    check_text(command.name, "name", 200)
    check_text(command.email, "email", 254, required=True)
    for index, role in enumerate(command.roles):
        check_code(role, f"roles[{index}]")
    _check_range("limit_minor", command.limit_minor, MAX_MINOR)
    _check_patterns(command.catalog, "catalog")
    for index, code in enumerate(command.locations):
        check_location(company, code, f"locations[{index}]")
    before = company.buyer_of(command.buyer)
    if before is None and len(company.buyers) >= MOST_BUYERS:
        _refuse("buyer", len(company.buyers), f"at most {MOST_BUYERS}")
    token = _token(company)
    draft.keep(Person(token=token, name=command.name, email=command.email))
    buyer = Buyer(
        code=command.buyer, person=token, roles=command.roles, limit_minor=command.limit_minor,
        catalog=command.catalog, locations=command.locations,
    )  # fmt: skip
    erases = (before.person,) if before is not None else ()
    draft.tell_record(
        COMPANY, company.id,
        BuyerPut(id=company.id, by=context.actor.name, at=context.now, buyer=buyer, erases=erases),
    )  # fmt: skip


def decide_remove_buyer(draft: Draft, command: c.RemoveBuyer, context: Context) -> None:
    """Refused COMPANY_UNKNOWN, BUYER_UNKNOWN."""
    company = known_company(draft.world, command.company)
    buyer = check_buyer(company, command.buyer, "buyer")
    removed = BuyerRemoved(
        id=company.id, by=context.actor.name, at=context.now, buyer=buyer.code, erases=(buyer.person,)
    )
    draft.tell_record(COMPANY, company.id, removed)


def decide_review_credit(draft: Draft, command: c.ReviewCredit, context: Context) -> None:
    """Release what fits under the limit now; what does not stays held. Refused COMPANY_UNKNOWN."""
    world = draft.world
    company = known_company(world, command.company)
    limit = company.terms.credit_limit_minor
    for order_id in command.held:
        order = world.orders.get(order_id)
        if order is None or order.closed_at is not None or not is_held(order):
            continue
        if order.company is None or order.company.company != company.id:
            continue
        owed = open_minor(company.id, world.exposures.get(company.id, 0), world.orders.values())
        more = exposure_of(order, held=False).total_minor - exposure_of(order).total_minor
        if limit is not None and owed + more > limit:
            continue
        for hold in order.holds:
            if hold.type == "credit" and hold.placed_by == PLACED_BY:
                reason = f"{company.id} owes {owed} of {limit}, and {more} fit"
                released = HoldReleased(hold.number, context.actor.name, context.now, reason, type=hold.type)
                draft.tell(order.id, released)
        settle(draft, order.id, context)


PLACED_BY: Final = "credit limit"  # who has placed holds that are lifted by themselves; a person's stay


def known_company(world: World, code: str, field: str = "company") -> Company:
    """The company of that code. Refused COMPANY_UNKNOWN: there is none."""
    company = world.records.get(("company", code))
    if not isinstance(company, Company):
        raise Refused(R.COMPANY_UNKNOWN, field=field, value=code[:100])
    return company


def check_location(company: Company, code: str, field: str) -> CompanyLocation:
    """The location of that code. Refused COMPANY_LOCATION_UNKNOWN: there is none."""
    found = company.location_of(code)
    if found is None:
        allowed = [each.code for each in company.locations][:50]
        raise Refused(R.COMPANY_LOCATION_UNKNOWN, field=field, value=code[:100], allowed=allowed)
    return found


def check_buyer(company: Company, code: str, field: str) -> Buyer:
    """The buyer of that code. Refused BUYER_UNKNOWN: there is none."""
    found = company.buyer_of(code)
    if found is None:
        raise Refused(R.BUYER_UNKNOWN, field=field, value=code[:100])
    return found


def _token(company: Company) -> PersonToken:
    return person_token(OrderId(company.key), company.people + 1)


RULES: Final[dict[type, Any]] = {
    c.PutCompany: decide_put_company,
    c.PutCompanyLocation: decide_put_location,
    c.RemoveCompanyLocation: decide_remove_location,
    c.PutBuyer: decide_put_buyer,
    c.RemoveBuyer: decide_remove_buyer,
    c.ReviewCredit: decide_review_credit,
}
