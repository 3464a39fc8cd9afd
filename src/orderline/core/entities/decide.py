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
MOST_YEARS: Final = 100  # that credit lasts
# Electronic address schemes (EAS), as EN 16931 knows them.
SCHEMES: Final = frozenset(
    [
        "0002",
        "0007",
        "0009",
        "0037",
        "0060",
        "0088",
        "0096",
        "0097",
        "0106",
        "0130",
        "0135",
        "0142",
        "0147",
        "0151",
        "0154",
        "0158",
        "0170",
        "0177",
        "0183",
        "0184",
        "0188",
        "0190",
        "0191",
        "0192",
        "0193",
        "0194",
        "0195",
        "0196",
        "0198",
        "0199",
        "0200",
        "0201",
        "0202",
        "0203",
        "0204",
        "0205",
        "0208",
        "0209",
        "0210",
        "0211",
        "0212",
        "0213",
        "0215",
        "0216",
        "0217",
        "0218",
        "0219",
        "0220",
        "0221",
        "0225",
        "0230",
        "0235",
        "0240",
        "0242",
        "0244",
        "0245",
        "0246",
        "0248",
        "9910",
        "9913",
        "9914",
        "9915",
        "9918",
        "9919",
        "9920",
        "9922",
        "9923",
        "9924",
        "9925",
        "9926",
        "9927",
        "9928",
        "9929",
        "9930",
        "9931",
        "9932",
        "9933",
        "9934",
        "9935",
        "9936",
        "9937",
        "9938",
        "9939",
        "9940",
        "9941",
        "9942",
        "9943",
        "9944",
        "9945",
        "9946",
        "9947",
        "9948",
        "9949",
        "9950",
        "9951",
        "9952",
        "9953",
        "9957",
        "9959",
        "AN",
        "AQ",
        "AS",
        "AU",
        "EM",
    ]
)
_RATE: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,12})?")
_NUMBERS: Final = re.compile(r"[A-Za-z0-9/_. -]*(\{year\}[A-Za-z0-9/_. -]*)?\{number\}")
_TEXTS: Final = (
    "name", "street", "postal_code", "city", "email", "phone", "vat_id", "tax_number", "registration", "iban",
)  # fmt: skip


def decide_put_entity(draft: Draft, command: PutEntity, context: Context) -> None:
    """Create or replace an entity.

    Refused COUNTRY_UNKNOWN, CURRENCY_UNKNOWN, TIME_ZONE_UNKNOWN: as they are called.
    Refused ENTITY_CHANGES_CURRENCY: its books are kept in another one.
    Refused ENDPOINT_NOT_ACCEPTABLE: no address for electronic invoices.
    Refused NUMBERS_NOT_ACCEPTABLE: numbers of documents without a place for the count, or two series that are one.
    """
    entity = command.entity
    check_code(entity.code, "entity.code")
    if ":" in entity.code:
        raise Refused(StockRefusal.CODE_NOT_ACCEPTABLE, field="entity.code", value=entity.code, allowed="no colon")
    for name in _TEXTS:
        check_text(getattr(entity, name), f"entity.{name}", 200)
    check_endpoint(entity.endpoint, "entity.endpoint")
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
    if not 0 <= (entity.credit_lasts_years or 0) <= MOST_YEARS:
        raise Refused(
            StockRefusal.QUANTITY_NEGATIVE, field="entity.credit_lasts_years", value=entity.credit_lasts_years,
            allowed=f"0 to {MOST_YEARS}",
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


def check_endpoint(endpoint: str, field: str) -> None:
    """Refused ENDPOINT_NOT_ACCEPTABLE: it is no electronic address, as "0204:991-12345-67"."""
    scheme, _, id_ = endpoint.partition(":")
    if endpoint and (scheme not in SCHEMES or not 0 < len(id_) <= 100 or not id_.isprintable() or id_ != id_.strip()):
        allowed = "a scheme of the EAS code list, a colon, and the id"
        raise Refused(R.ENDPOINT_NOT_ACCEPTABLE, field=field, value=endpoint[:120], allowed=allowed)


def check_entity(draft: Draft, code: str, field: str) -> None:
    """Refused ENTITY_UNKNOWN: there is no such entity; the main one is always there."""
    known: dict[str, LegalEntity] = draft.world.settings.entities
    if code != MAIN and code not in known:
        raise Refused(R.ENTITY_UNKNOWN, field=field, value=code[:100], allowed=sorted({MAIN, *known}))


RULES: Final[dict[type, Any]] = {PutEntity: decide_put_entity, PutRates: decide_put_rates}
