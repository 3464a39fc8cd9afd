"""A price list, and the prices of one SKU on it: versions by the day they hold from, with quantity breaks."""

from datetime import date, datetime
from enum import StrEnum
from typing import Final

import msgspec
from msgspec.structs import replace

from orderline.core.records import Record, RecordEvent, RecordKind, Window

LIST: Final = "price_list"
PRICE: Final = "price"


class PriceState(StrEnum):
    """Prices are on a list, and stay there: what holds is a question of the day."""

    LISTED = "listed"


class Break(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """From so many units on, one costs so much, in minor units of the currency of the list."""

    quantity: int
    price_minor: int


class PriceVersion(msgspec.Struct, frozen=True, gc=False):
    """What holds from a day on, until the next version. No breaks: the SKU is not sold by the list from then on."""

    valid_from: date
    breaks: tuple[Break, ...]


class PriceList(Record, frozen=True, kw_only=True):
    """A list of prices in one currency, with tax or without."""

    id: str
    currency: str
    taxes_included: bool = False
    name: str = ""
    state: PriceState = PriceState.LISTED


class Price(Record, frozen=True, kw_only=True):
    """The prices of one SKU on a list; its versions stand in the order of their days, and none is ever taken away."""

    id: str
    price_list: str
    sku: str
    versions: tuple[PriceVersion, ...] = ()
    state: PriceState = PriceState.LISTED

    def on(self, day: date, quantity: int) -> int | None:
        """What one unit costs on a day, when so many are bought. None: it has no price."""
        version = next((each for each in reversed(self.versions) if each.valid_from <= day), None)
        fitting = [each for each in version.breaks if each.quantity <= quantity] if version is not None else []
        return fitting[-1].price_minor if fitting else None


class PriceListPut(RecordEvent, frozen=True, kw_only=True, tag="price_list_put"):
    """There is a price list."""

    id: str
    currency: str
    taxes_included: bool
    name: str
    by: str
    at: datetime


class PricesSet(RecordEvent, frozen=True, kw_only=True, tag="prices_set"):
    """From a day on, a SKU costs this on a list."""

    id: str
    price_list: str
    sku: str
    version: PriceVersion
    by: str
    at: datetime


def evolve_list(known: PriceList | None, event: PriceListPut) -> PriceList:
    """The list after it was put."""
    about = {"currency": event.currency, "taxes_included": event.taxes_included, "name": event.name}
    return PriceList(id=event.id, **about) if known is None else replace(known, **about)


def evolve_price(known: Price | None, event: PricesSet) -> Price:
    """The prices of a SKU with another version."""
    price = known or Price(id=event.id, price_list=event.price_list, sku=event.sku)
    others = [each for each in price.versions if each.valid_from != event.version.valid_from]
    versions = sorted((*others, event.version), key=lambda each: each.valid_from)
    return replace(price, versions=tuple(versions))


def price_id(price_list: str, sku: str) -> str:
    """The id of the prices of a SKU on a list."""
    return f"{price_list}/{sku}"


PRICE_LIST: Final = RecordKind(
    LIST, PriceList, PriceListPut, evolve_list, lambda known: Window(known.state, known.name)
)
PRICES: Final = RecordKind(PRICE, Price, PricesSet, evolve_price, lambda price: Window(price.state, price.price_list))
