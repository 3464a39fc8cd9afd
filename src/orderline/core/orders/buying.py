"""The company that an order is for: as it is asked for, and as the order keeps it."""

from enum import StrEnum

import msgspec

from orderline.values.ids import PersonToken


class Invoicing(StrEnum):
    """When goods on terms are invoiced: as they are supplied, or all orders of a company together after a time."""

    SUPPLY = "supply"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class CompanyInput(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """The company that buys. location: where to, for groups without an address; po_number: the company's own name for it.

    agreement: what it calls off.
    """

    company: str
    location: str = ""
    buyer: str = ""
    po_number: str = ""
    agreement: str = ""


class BillTo(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """What an invoice says of a company besides its name. endpoint: where it takes electronic invoices, as "scheme:id".

    reference: what it wants to find on each invoice, such as a Leitweg-ID.
    """

    vat_id: str = ""
    endpoint: str = ""
    reference: str = ""


class BuyingCompany(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """The company an order is for. net_days: how long after the date of an invoice it is due, by the terms of that day.

    invoices: what its invoices are collected over, by the same terms. recipient: the token of the location whose address the
    order goes to; it is the company's, not the order's. contact: the token of who is told about the order, where it names
    no email address of its own: its buyer, or else the location. bill_to: what its invoices say of it.
    """

    company: str
    location: str = ""
    buyer: str = ""
    po_number: str = ""
    agreement: str = ""
    net_days: int | None = None
    invoices: Invoicing = Invoicing.SUPPLY
    recipient: PersonToken | None = None
    contact: PersonToken | None = None
    bill_to: BillTo | None = None
