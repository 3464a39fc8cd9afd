"""The company that an order is for: as it is asked for, and as the order keeps it."""

import msgspec

from orderline.values.ids import PersonToken


class CompanyInput(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """The company that buys. location: where to, for groups without an address; po_number: the company's own name for it."""

    company: str
    location: str = ""
    buyer: str = ""
    po_number: str = ""


class BuyingCompany(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """The company an order is for. net_days: how long after the date of an invoice it is due, by the terms of that day.

    recipient: the token of the location whose address the order goes to; it is the company's, not the order's.
    """

    company: str
    location: str = ""
    buyer: str = ""
    po_number: str = ""
    net_days: int | None = None
    recipient: PersonToken | None = None
