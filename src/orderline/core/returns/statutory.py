"""What the law gives to consumers who bought at a distance: until when they may withdraw, and what that may cost them.

One row for each law. Whatever the rules of a policy say, what the row of the customer's country says is the least. The law is
that of the day of the sale. Businesses have no such right. The rows were written by nobody who is a lawyer: a policy may have
others in their place (`OwnLaw`).
"""

from calendar import monthrange
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec.structs import replace

from orderline.core.returns.state import Grade

_SATURDAY: Final = 5


class Exemption(StrEnum):
    """Why the right to withdraw does not apply to goods. Of those that are sealed: once the seal is broken."""

    MADE_TO_ORDER = "made_to_order"
    PERISHABLE = "perishable"
    MIXED = "mixed"
    SEALED_HYGIENE = "sealed_hygiene"
    SEALED_MEDIA = "sealed_media"
    PRESS = "press"
    MARKET_PRICE = "market_price"


SEALED: Final = frozenset({Exemption.SEALED_HYGIENE, Exemption.SEALED_MEDIA})
# What a customer may have done to see what it is costs nothing; what lessens the worth beyond that may be deducted.
LESSENED: Final = frozenset({Grade.WORN, Grade.DAMAGED})
_EVERY: Final = frozenset(Exemption)


class Law(msgspec.Struct, frozen=True, kw_only=True):
    """A right to withdraw. source: where it stands.

    days: from the day after the goods came; a period that ends on a weekend goes on to Monday where weekends_extend.
    uninformed_months: so much longer where the merchant did not tell of the right. shipping: what the goods were sent by
    is given back with all of them, as the standard way costs. way_back: the way back costs the customer nothing.
    deducts: what the goods lost in worth by use may be deducted. east_h, west_h: hours from UTC, of where a day begins
    first and ends last.
    """

    countries: frozenset[str]
    days: int
    source: str
    since: date
    uninformed_months: int = 0
    shipping: bool = True
    way_back: bool = False
    deducts: bool = True
    weekends_extend: bool = False
    exemptions: frozenset[Exemption] = frozenset()
    east_h: int = 0
    west_h: int = 0


_EUROPE: Final = Law(
    countries=frozenset(
        [
            "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT",
            "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
        ]
    ),
    days=14,
    source="Directive 2011/83/EU, articles 9 to 16; Regulation 1182/71, article 3",
    since=date(2014, 6, 13),
    uninformed_months=12,
    weekends_extend=True,
    exemptions=_EVERY,
    east_h=3,
    west_h=-1,
)  # fmt: skip

LAWS: Final[tuple[Law, ...]] = (
    _EUROPE,
    replace(
        _EUROPE, countries=frozenset(["GB"]), weekends_extend=False, east_h=1, west_h=0,
        source="Consumer Contracts Regulations 2013 (SI 2013/3134), regulations 28 to 36",
    ),
    replace(
        _EUROPE, countries=frozenset(["TR"]), weekends_extend=False, east_h=3, west_h=3, since=date(2014, 5, 28),
        source="Law 6502 on the Protection of the Consumer, article 48",
    ),
    Law(
        countries=frozenset(["BR"]),
        days=7,
        source="Consumer Protection Code (Law 8.078/1990), article 49",
        since=date(1991, 3, 11),
        way_back=True,
        deducts=False,
        east_h=-2,
        west_h=-5,
    ),
    Law(
        countries=frozenset(["CN"]),
        days=7,
        source="Law on the Protection of Consumer Rights and Interests, article 25",
        since=date(2014, 3, 15),
        shipping=False,
        exemptions=frozenset(
            {Exemption.MADE_TO_ORDER, Exemption.PERISHABLE, Exemption.SEALED_MEDIA, Exemption.PRESS}
        ),
        east_h=8,
        west_h=8,
    ),
    Law(
        countries=frozenset(["KR"]),
        days=7,
        source="Act on the Consumer Protection in Electronic Commerce, articles 17 and 18",
        since=date(2002, 7, 1),
        shipping=False,
        exemptions=frozenset({Exemption.MADE_TO_ORDER, Exemption.PERISHABLE, Exemption.SEALED_MEDIA}),
        east_h=9,
        west_h=9,
    ),
    Law(
        countries=frozenset(["TW"]),
        days=7,
        source="Consumer Protection Act, article 19",
        since=date(2003, 1, 22),
        way_back=True,
        exemptions=_EVERY - {Exemption.MIXED},
        east_h=8,
        west_h=8,
    ),
)  # fmt: skip


class OwnLaw(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a merchant says of the law of countries, in the place of the row for them. days: nought: there is no such right.

    What is left out is as the row has it; where there is none, as `Law` does, with days that end wherever that is latest.
    """

    countries: Annotated[tuple[Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")], ...], msgspec.Meta(min_length=1)]
    days: Annotated[int, msgspec.Meta(ge=0, le=3_650)]
    source: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] = "as the merchant says"
    uninformed_months: Annotated[int, msgspec.Meta(ge=0, le=120)] | None = None
    shipping: bool | None = None
    way_back: bool | None = None
    deducts: bool | None = None
    weekends_extend: bool | None = None
    exemptions: frozenset[Exemption] | None = None


_CHANGED: Final = ("uninformed_months", "shipping", "way_back", "deducts", "weekends_extend", "exemptions")


def law_of(country: str, sold_on: date, own: Iterable[OwnLaw] = ()) -> Law | None:
    """The law that a consumer in a country who bought on a day may go by; None: there is none that is known here.

    own: what the merchant says of laws; the first for the country holds.
    """
    known = next((each for each in LAWS if country in each.countries and sold_on >= each.since), None)
    said = next((each for each in own if country in each.countries), None)
    if said is None or not said.days:
        return known if said is None else None
    if known is None:
        anywhere = frozenset(said.countries)
        known = Law(countries=anywhere, days=said.days, source=said.source, since=date.min, east_h=14, west_h=-12)
    changes = {name: value for name in _CHANGED if (value := getattr(said, name)) is not None}
    return replace(known, days=said.days, source=said.source, **changes)


def withdraw_by(law: Law, came_at: datetime, *, informed: bool = True) -> datetime:
    """The end of the last day on which a consumer may withdraw, wherever in the country they are."""
    last = (came_at + timedelta(hours=law.east_h)).date() + timedelta(days=law.days)
    if not informed:
        last = months_later(last, law.uninformed_months)
    if law.weekends_extend and last.weekday() >= _SATURDAY:
        last += timedelta(days=7 - last.weekday())
    return datetime.combine(last + timedelta(days=1), time(), UTC) - timedelta(hours=law.west_h)


def months_later(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
