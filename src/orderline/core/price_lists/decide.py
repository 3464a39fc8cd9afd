"""Put price lists and prices. A price that has held is never changed: a new one holds from another day on."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, Final

import msgspec

from orderline.core.context import Context
from orderline.core.orders.guards import check_text
from orderline.core.price_lists.refusals import PriceRefusal as R
from orderline.core.price_lists.state import (
    LIST,
    PRICE,
    PRICE_LIST,
    PRICES,
    Break,
    Price,
    PriceList,
    PriceListPut,
    PricesSet,
    PriceVersion,
    price_id,
)
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.stock.checks import check_code, check_sku_code
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.money import MAX_MINOR, check_currency
from orderline.values.quantity import MAX_QUANTITY

MOST_PRICES: Final = 1_000
MOST_BREAKS: Final = 50
MOST_VERSIONS: Final = 500


class PutPriceList(RecordCommand, frozen=True, gc=False, kw_only=True, tag="put_price_list"):
    """Create a price list, or rename it. Its currency, and whether tax is in its prices, are kept."""

    price_list: str
    currency: str
    taxes_included: bool = False
    name: str = ""

    def records(self) -> Iterable[RecordKey]:
        """The list."""
        return ((LIST, self.price_list),)


class SkuPrices(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """What a SKU costs from so many units on, the fewest first; without breaks it is not sold any more."""

    sku: str
    breaks: tuple[Break, ...]


class SetPrices(RecordCommand, frozen=True, gc=False, kw_only=True, tag="set_prices"):
    """Say what SKUs cost on a list from a day on (UTC). Prices of a day that is over or has begun are not changed."""

    price_list: str
    valid_from: date
    prices: tuple[SkuPrices, ...]

    def records(self) -> Iterable[RecordKey]:
        """The list, and the prices of each SKU."""
        return ((LIST, self.price_list), *((PRICE, price_id(self.price_list, each.sku)) for each in self.prices))


def decide_put_price_list(draft: Draft, command: PutPriceList, context: Context) -> None:
    """Refused PRICES_IN_FORCE: it has another currency, or stands with or without tax."""
    check_code(command.price_list, "price_list")
    check_currency(command.currency)
    check_text(command.name, "name", 200)
    known: Any = draft.world.records.get((LIST, command.price_list))
    if known is not None and (known.currency, known.taxes_included) != (command.currency, command.taxes_included):
        raise Refused(R.PRICES_IN_FORCE, field="currency", value=command.currency, allowed=known.currency)
    put = PriceListPut(
        id=command.price_list, currency=command.currency, taxes_included=command.taxes_included, name=command.name,
        by=context.actor.name, at=context.now,
    )  # fmt: skip
    draft.tell_record(PRICE_LIST, command.price_list, put)


def decide_set_prices(draft: Draft, command: SetPrices, context: Context) -> None:
    """Refused PRICE_LIST_UNKNOWN; PRICES_NOT_ACCEPTABLE: no SKU, one twice, breaks that do not rise, or amounts below zero.

    Refused PRICES_IN_FORCE: another price of that day has held already.
    """
    if not isinstance(draft.world.records.get((LIST, command.price_list)), PriceList):
        raise Refused(R.PRICE_LIST_UNKNOWN, field="price_list", value=command.price_list[:100])
    skus = [each.sku for each in command.prices]
    if not 1 <= len(skus) <= MOST_PRICES or len(set(skus)) < len(skus):
        _refuse("prices", len(skus), f"1 to {MOST_PRICES}, each SKU once")
    for index, each in enumerate(command.prices):
        field = f"prices[{index}]"
        check_sku_code(each.sku, f"{field}.sku")
        if len(price_id(command.price_list, each.sku)) > 200:
            _refuse(f"{field}.sku", each.sku, "shorter codes")
        _check_breaks(each.breaks, f"{field}.breaks")
        id_ = price_id(command.price_list, each.sku)
        known = draft.world.records.get((PRICE, id_))
        versions = known.versions if isinstance(known, Price) else ()
        same = next((v for v in versions if v.valid_from == command.valid_from), None)
        if same is not None and same.breaks == each.breaks:
            continue
        # The first price of a SKU may hold from a day that is over; nothing that has held is told otherwise.
        if versions and command.valid_from <= context.now.date():
            later = [v for v in versions if v.valid_from >= command.valid_from]
            if later or command.valid_from < context.now.date():
                today = context.now.date()
                free = today + timedelta(days=1) if any(v.valid_from >= today for v in versions) else today
                raise Refused(R.PRICES_IN_FORCE, field=f"{field}.sku", value=each.sku, allowed=f"{free} or later")
        if len(versions) >= MOST_VERSIONS:
            _refuse(f"{field}.sku", len(versions), f"at most {MOST_VERSIONS} versions")
        draft.tell_record(
            PRICES, id_,
            PricesSet(
                id=id_, price_list=command.price_list, sku=each.sku, by=context.actor.name, at=context.now,
                version=PriceVersion(command.valid_from, each.breaks),
            ),
        )  # fmt: skip


def _check_breaks(breaks: tuple[Break, ...], field: str) -> None:
    quantities = [each.quantity for each in breaks]
    if len(breaks) > MOST_BREAKS or quantities != sorted(set(quantities)):
        _refuse(field, quantities[:10], f"at most {MOST_BREAKS}, quantities that rise")
    for index, each in enumerate(breaks):
        if not 1 <= each.quantity <= MAX_QUANTITY or not 0 <= each.price_minor <= MAX_MINOR:
            _refuse(f"{field}[{index}]", each.price_minor, "a quantity above zero, and no price below zero")


def _refuse(field: str, value: object, allowed: str) -> None:
    raise Refused(R.PRICES_NOT_ACCEPTABLE, field=field, value=value, allowed=allowed)


RULES: Final[dict[type, Any]] = {PutPriceList: decide_put_price_list, SetPrices: decide_set_prices}
