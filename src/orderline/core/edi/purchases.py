"""A purchase order as a partner sent it, whichever the syntax; and what of it is kept, to answer in the partner's own words."""

from datetime import date
from decimal import Decimal
from enum import StrEnum

import msgspec


class Purpose(StrEnum):
    """What a document is for: it is new, or it takes an earlier one back, or is sent in its place or once more."""

    ORIGINAL = "original"
    CANCELLATION = "cancellation"
    REPLACEMENT = "replacement"
    DUPLICATE = "duplicate"


class Party(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Somebody a document names. role: such as ST or DP. code: qualifier and id, such as 92:0007; "" where only a name is given."""

    role: str
    at: int
    code: str = ""
    name: str = ""
    lines: tuple[str, ...] = ()
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""


class PurchaseLine(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One line. items: names of the goods by qualifier. quantity and price are of `unit`; pack: how many of ours one of it has, if said."""

    number: str
    at: int
    quantity: int
    unit: str
    price: Decimal | None
    items: tuple[tuple[str, str], ...]
    description: str = ""
    pack: int = 0


class PurchaseOrder(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A document that orders. dates: by the partner's qualifiers. total: what all lines come to, where it is said."""

    number: str
    purpose: Purpose
    at: int
    lines: tuple[PurchaseLine, ...]
    ordered_on: date | None = None
    currency: str = ""
    parties: tuple[Party, ...] = ()
    dates: tuple[tuple[str, date], ...] = ()
    note: str = ""
    total: Decimal | None = None

    def party(self, *roles: str) -> Party | None:
        """The first of the roles that somebody has."""
        return next((each for role in roles for each in self.parties if each.role == role), None)


class KeptLine(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A line as it was ordered. line: ours. per: units of ours in one of theirs."""

    line: int
    number: str
    quantity: int
    unit: str
    per: int
    price: Decimal
    items: tuple[tuple[str, str], ...]
    description: str = ""


class KeptPurchase(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What of a purchase order is kept: no name and no street. parties: codes by role."""

    number: str
    currency: str
    lines: tuple[KeptLine, ...]
    ordered_on: date | None = None
    parties: tuple[tuple[str, str], ...] = ()

    def code_of(self, *roles: str) -> str:
        """The code of the first of the roles that somebody has, as qualifier:id; "" when nobody does."""
        known = dict(self.parties)
        return next((known[role] for role in roles if role in known), "")
