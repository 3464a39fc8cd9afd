"""Companies, their locations and buyers. Names, emails and streets stand in `people`, behind tokens."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from msgspec.structs import replace

from orderline.core.jobs import FollowUp, JobBody, JobKind
from orderline.core.orders.buying import BillTo, Invoicing
from orderline.core.records import Record, RecordEvent, RecordKind, Window
from orderline.values.address import Place
from orderline.values.ids import PersonToken


class CompanyState(StrEnum):
    """May it buy?"""

    ACTIVE = "active"
    BLOCKED = "blocked"


class ApprovalRule(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """Orders that need somebody's yes: above an amount, of some SKUs, by buyers of some roles; all that is given must fit.

    steps: the roles that say yes, one after the other, each another person; "merchant": somebody of ours.
    within_hours: how long they have; then the order is canceled.
    """

    name: str
    steps: tuple[str, ...]
    above_minor: int = 0
    skus: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    within_hours: int = 72


class CompanyTerms(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """What was agreed with a company. Amounts are minor units of `currency`.

    net_days: it may pay by invoice, so many days after its date; None: it may not. credit_limit_minor: the most it may owe,
    with what is on its way and what is ordered; None: no limit. catalog: the SKUs it may buy, or patterns; all, when empty.
    price_list: whose prices hold; on_difference: what becomes of an order with others. minimum_minor: of an order. invoices: over what
    time the orders of the company are invoiced together.
    """

    currency: str = ""
    net_days: int | None = None
    credit_limit_minor: int | None = None
    minimum_minor: int = 0
    catalog: tuple[str, ...] = ()
    price_list: str = ""
    on_difference: Literal["hold", "refuse"] = "hold"
    requires_po_number: bool = False
    approvals: tuple[ApprovalRule, ...] = ()
    invoices: Invoicing = Invoicing.SUPPLY


class CompanyLocation(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A place of a company. recipient: the token that its street and contact stand behind."""

    code: str
    name: str = ""
    place: Place
    recipient: PersonToken


class Buyer(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Somebody who orders or approves for a company. person: the token of the name and email.

    limit_minor: orders above it need an approver's yes. catalog: SKUs or patterns; those of the company, when empty.
    locations: where to; all, when empty.
    """

    code: str
    person: PersonToken
    roles: tuple[str, ...] = ("buyer",)
    limit_minor: int | None = None
    catalog: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()


class Company(Record, frozen=True, kw_only=True):
    """A business that buys. key: what its people are kept under; people: how many tokens were given out so far.

    entity: the legal entity that sells to it, where that is not the one of the channel. endpoint: where it takes electronic
    invoices, as "scheme:id"; reference: what it wants to find on each, such as a Leitweg-ID.
    """

    id: str
    key: UUID
    name: str
    state: CompanyState = CompanyState.ACTIVE
    vat_id: str = ""
    tax_number: str = ""
    registration: str = ""
    endpoint: str = ""
    reference: str = ""
    entity: str = ""
    terms: CompanyTerms = CompanyTerms()
    locations: tuple[CompanyLocation, ...] = ()
    buyers: tuple[Buyer, ...] = ()
    people: int = 0

    @property
    def bill_to(self) -> BillTo | None:
        """What its invoices say of it besides the name; None: nothing."""
        said = BillTo(vat_id=self.vat_id, endpoint=self.endpoint, reference=self.reference)
        return said if said != BillTo() else None

    def location_of(self, code: str) -> CompanyLocation | None:
        """The location of that code."""
        return next((each for each in self.locations if each.code == code), None)

    def buyer_of(self, code: str) -> Buyer | None:
        """The buyer of that code."""
        return next((each for each in self.buyers if each.code == code), None)


class CompanyEvent(RecordEvent, frozen=True, kw_only=True):
    """A fact about a company. erases: tokens of people of whom nothing is to be known any more."""

    id: str
    by: str
    at: datetime
    erases: tuple[PersonToken, ...] = ()


class CompanyPut(CompanyEvent, frozen=True, kw_only=True, tag="company_put"):
    """A company is known, with the terms that hold from now on."""

    key: UUID
    name: str
    state: CompanyState
    vat_id: str = ""
    tax_number: str = ""
    registration: str = ""
    endpoint: str = ""
    reference: str = ""
    entity: str = ""
    terms: CompanyTerms


class CompanyLocationPut(CompanyEvent, frozen=True, kw_only=True, tag="company_location_put"):
    """A company has a location, or it has changed."""

    location: CompanyLocation


class CompanyLocationRemoved(CompanyEvent, frozen=True, kw_only=True, tag="company_location_removed"):
    """A company has left a location."""

    location: str


class BuyerPut(CompanyEvent, frozen=True, kw_only=True, tag="buyer_put"):
    """Somebody buys or approves for a company."""

    buyer: Buyer


class BuyerRemoved(CompanyEvent, frozen=True, kw_only=True, tag="buyer_removed"):
    """Somebody buys for it no longer; what is known of the person is erased."""

    buyer: str


AnyCompanyEvent = CompanyPut | CompanyLocationPut | CompanyLocationRemoved | BuyerPut | BuyerRemoved


def evolve_company(company: Company | None, event: AnyCompanyEvent) -> Company:
    """The company after one event."""
    if isinstance(event, CompanyPut):
        about = {name: getattr(event, name) for name in event.__struct_fields__ if name in _PUT}
        return Company(id=event.id, key=event.key, **about) if company is None else replace(company, **about)
    assert company is not None, "the first event of a company puts it"
    match event:
        case CompanyLocationPut(location=location):
            others = tuple(each for each in company.locations if each.code != location.code)
            return replace(company, locations=(*others, location), people=company.people + 1)
        case CompanyLocationRemoved():
            left = tuple(each for each in company.locations if each.code != event.location)
            return replace(company, locations=left)
        case BuyerPut(buyer=buyer):
            others = tuple(each for each in company.buyers if each.code != buyer.code)
            return replace(company, buyers=(*others, buyer), people=company.people + 1)
        case BuyerRemoved():
            return replace(company, buyers=tuple(each for each in company.buyers if each.code != event.buyer))


_PUT: Final = ("name", "state", "vat_id", "tax_number", "registration", "endpoint", "reference", "entity", "terms")


def erased_by(event: Any) -> tuple[PersonToken, ...]:
    """The tokens of people of whom nothing is to be known after an event of a company."""
    return event.erases if isinstance(event, CompanyEvent) else ()


def review_credit(company: str, now: datetime) -> FollowUp:
    """See whether orders of a company that were held for its limit fit under it now."""
    return FollowUp(JobKind.REVIEW_CREDIT, f"company {company} {JobKind.REVIEW_CREDIT}", JobBody(key=company), now)


COMPANY: Final = RecordKind(
    "company",
    Company,
    AnyCompanyEvent,
    evolve_company,
    lambda company: Window(company.state, company.name),
    follow_ups=lambda world, company, events, now: (
        [review_credit(company.id, now)] if any(isinstance(each, CompanyPut) for each in events) else []
    ),
)
