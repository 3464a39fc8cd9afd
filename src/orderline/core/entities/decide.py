"""Legal entities and rates: what may be said of them."""

import re
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from orderline.core.context import Context
from orderline.core.entities.commands import PutEntity, PutRates
from orderline.core.entities.refusals import EntityRefusal as R
from orderline.core.entities.state import MAIN, DayRate, LegalEntity, RateTable, pair_of
from orderline.core.orders.guards import check_text
from orderline.core.stock.checks import check_code
from orderline.core.stock.events import EntityPut, RatesPut
from orderline.core.stock.refusals import StockRefusal
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.money import MAX_MINOR, check_currency

DAYS_KEPT: Final = 62  # of a table; what older postings were made at stands in them
MOST_DUE_DAYS: Final = 365
_RATE: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,12})?")
_NUMBERS: Final = re.compile(r"[A-Za-z0-9/_. -]*(\{year\}[A-Za-z0-9/_. -]*)?\{number\}")
_TEXTS: Final = (
    "name", "street", "postal_code", "city", "email", "phone", "vat_id", "tax_number", "registration", "iban",
)  # fmt: skip


def decide_put_entity(draft: Draft, command: PutEntity, context: Context) -> None:
    """Create or replace an entity.

    Refused COUNTRY_UNKNOWN, CURRENCY_UNKNOWN, TIME_ZONE_UNKNOWN: as they are called.
    Refused ENTITY_CHANGES_CURRENCY: its books are kept in another one.
    Refused NUMBERS_NOT_ACCEPTABLE: numbers of documents without a place for the count, or two series that are one.
    """
    entity = command.entity
    check_code(entity.code, "entity.code")
    if ":" in entity.code:
        raise Refused(StockRefusal.CODE_NOT_ACCEPTABLE, field="entity.code", value=entity.code, allowed="no colon")
    for name in _TEXTS:
        check_text(getattr(entity, name), f"entity.{name}", 200)
    if entity.country and not re.fullmatch("[A-Z]{2}", entity.country):
        allowed = "two capital letters (ISO 3166-1)"
        raise Refused(StockRefusal.COUNTRY_UNKNOWN, field="entity.country", value=entity.country[:20], allowed=allowed)
    if entity.currency:
        check_currency(entity.currency, field="entity.currency")
    try:
        ZoneInfo(entity.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Refused(StockRefusal.TIME_ZONE_UNKNOWN, field="entity.time_zone", value=entity.time_zone[:80]) from None
    before = draft.world.settings.entities.get(entity.code)
    if before is not None and before.currency and before.currency != entity.currency:
        raise Refused(
            R.ENTITY_CHANGES_CURRENCY, field="entity.currency", value=entity.currency, allowed=before.currency
        )
    for name in ("invoice_numbers", "credit_numbers"):
        pattern = getattr(entity, name)
        if len(pattern) > 40 or not _NUMBERS.fullmatch(pattern):
            allowed = "letters, digits and / _ . - with {number} at the end, and {year} before it if you like"
            raise Refused(R.NUMBERS_NOT_ACCEPTABLE, field=f"entity.{name}", value=pattern[:80], allowed=allowed)
    if entity.invoice_numbers == entity.credit_numbers:
        raise Refused(R.NUMBERS_NOT_ACCEPTABLE, field="entity.credit_numbers", value=entity.credit_numbers)
    if not 0 <= entity.due_days <= MOST_DUE_DAYS:
        raise Refused(
            StockRefusal.QUANTITY_NEGATIVE, field="entity.due_days", value=entity.due_days,
            allowed=f"from 0 to {MOST_DUE_DAYS}",
        )  # fmt: skip
    if not 0 <= entity.write_off_minor <= MAX_MINOR:
        raise Refused(StockRefusal.QUANTITY_NEGATIVE, field="entity.write_off_minor", value=entity.write_off_minor)
    # What is closed stays so, whatever is put.
    entity = msgspec.structs.replace(entity, closed_until=before.closed_until if before is not None else None)
    if before != entity:
        draft.tell_stock(EntityPut(entity))


def decide_put_rates(draft: Draft, command: PutRates, context: Context) -> None:
    """Take over rates of a pair. Refused RATE_NOT_ACCEPTABLE: no days, a pair of one currency, or no rate above zero."""
    currency = check_currency(command.currency)
    base = check_currency(command.base, field="base")
    if currency == base or not command.days:
        raise Refused(R.RATE_NOT_ACCEPTABLE, field="days" if currency != base else "base", value=base)
    code = pair_of(currency, base)
    known = draft.world.settings.rates.get(code)
    days = {each.day: each for each in (known.days if known is not None else ())}
    for index, each in enumerate(command.days):
        days[each.day] = _checked(each, index)
    table = RateTable(code, tuple(days[day] for day in sorted(days)[-DAYS_KEPT:]))
    if table != known:
        draft.tell_stock(RatesPut(table))


def _checked(rate: DayRate, index: int) -> DayRate:
    if not _RATE.fullmatch(rate.rate) or not Decimal(rate.rate):
        allowed = "a decimal number above zero, with up to twelve digits behind the point"
        raise Refused(R.RATE_NOT_ACCEPTABLE, field=f"days[{index}].rate", value=rate.rate[:40], allowed=allowed)
    return rate


def check_entity(draft: Draft, code: str, field: str) -> None:
    """Refused ENTITY_UNKNOWN: there is no such entity; the main one is always there."""
    known: dict[str, LegalEntity] = draft.world.settings.entities
    if code != MAIN and code not in known:
        raise Refused(R.ENTITY_UNKNOWN, field=field, value=code[:100], allowed=sorted({MAIN, *known}))


RULES: Final[dict[type, Any]] = {PutEntity: decide_put_entity, PutRates: decide_put_rates}
