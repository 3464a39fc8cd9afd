"""Requests about companies."""

from collections.abc import Iterable

from orderline.core.companies.state import CompanyState, CompanyTerms
from orderline.core.records import RecordCommand, RecordKey
from orderline.values.address import Address
from orderline.values.ids import OrderId


class CompanyCommand(RecordCommand, frozen=True, gc=False, kw_only=True):
    """A command on a company."""

    company: str

    def records(self) -> Iterable[RecordKey]:
        """The company."""
        return (("company", self.company),)


class PutCompany(CompanyCommand, frozen=True, gc=False, kw_only=True, tag="put_company"):
    """Create a company, or replace what is known of it and agreed with it. The currency of its terms is kept.

    endpoint: where it takes electronic invoices, as "scheme:id"; reference: what it wants to find on each (a Leitweg-ID).
    """

    name: str
    state: CompanyState = CompanyState.ACTIVE
    vat_id: str = ""
    tax_number: str = ""
    registration: str = ""
    endpoint: str = ""
    reference: str = ""
    entity: str = ""
    terms: CompanyTerms = CompanyTerms()


class PutCompanyLocation(CompanyCommand, frozen=True, gc=False, kw_only=True, tag="put_company_location"):
    """Add a location, or replace it; orders that are placed already keep the address they had."""

    location: str
    name: str = ""
    address: Address
    email: str = ""


class RemoveCompanyLocation(CompanyCommand, frozen=True, gc=False, kw_only=True, tag="remove_company_location"):
    """The company has left the location; nothing more goes there."""

    location: str


class PutBuyer(CompanyCommand, frozen=True, gc=False, kw_only=True, tag="put_buyer"):
    """Add somebody who orders or approves, or replace what was said of them."""

    buyer: str
    name: str = ""
    email: str
    roles: tuple[str, ...] = ("buyer",)
    limit_minor: int | None = None
    catalog: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()


class RemoveBuyer(CompanyCommand, frozen=True, gc=False, kw_only=True, tag="remove_buyer"):
    """Somebody buys for the company no longer; what is known of the person is erased."""

    buyer: str


class ReviewCredit(CompanyCommand, frozen=True, gc=False, kw_only=True, tag="review_credit"):
    """Let go of orders that were held for the limit and fit under it now, in the order given."""

    held: tuple[OrderId, ...]

    def orders(self) -> Iterable[OrderId]:
        """The orders that are held."""
        return self.held

    def companies(self) -> Iterable[str]:
        """The company whose exposure is asked for."""
        return (self.company,)
