"""How long what was paid for on a gift card must last, by the law of the country that the legal entity is in.

A floor for what is issued, not advice, and written by nobody who is a lawyer: where a country is not named here, no date is
refused, and `credit_lasts_years` of the entity holds in the place of what stands here. Sources: US 15 USC 1693l-1
(five years); IE Consumer Protection Act 2007, 66A (five years); AU Australian Consumer Law, 99B (three years); NZ Fair
Trading Act 1986, gift card expiry (three years); DE BGB 195 and 199 (three years from the end of the year); CA provincial
law (what was paid for does not expire).
"""

from datetime import UTC, datetime
from typing import Final

from orderline.core.entities.state import LegalEntity

NEVER: Final = datetime(9999, 12, 31, tzinfo=UTC)
_YEARS: Final = {"US": 5, "IE": 5, "AU": 3, "NZ": 3}
_YEARS_FROM_END: Final = {"DE": 3}
_NEVER: Final = ("CA",)


def earliest_expiry(entity: LegalEntity, paid_at: datetime) -> datetime:
    """Before which instant nothing may lapse that was paid for then. NEVER: at no time."""
    country, own = entity.country, entity.credit_lasts_years
    if own is None and country in _NEVER:
        return NEVER
    if own is None and country in _YEARS_FROM_END:
        return datetime(paid_at.year + _YEARS_FROM_END[country] + 1, 1, 1, tzinfo=UTC)
    years = _YEARS.get(country, 0) if own is None else own
    try:
        return paid_at.replace(year=paid_at.year + years)
    except ValueError:  # the 29th of February
        return paid_at.replace(year=paid_at.year + years, month=3, day=1)
