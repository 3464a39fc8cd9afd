"""Lists of orders: filters and search, page by page, each page in bounded time however many orders are stored.

The most telling filter names the candidates, in order, from an index; the others are applied to them one by one
until the page is full. Where they let hardly any through, the page ends short after a bounded number of candidates,
and its cursor goes on behind the last one.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, LiteralString
from uuid import UUID

import msgspec

from orderline.core.orders.next_step import NextStep
from orderline.core.orders.status import FulfillmentStatus, PaymentStatus, Phase, ReturnStatus
from orderline.store.queries import query
from orderline.store.reading.finding import Found, find_any, find_codes, find_people, find_skus, high_end
from orderline.store.reading.source import Source
from orderline.values.ids import OrderId

SCAN: Final = 5_000
FIRST_ID: Final = UUID(int=0)
LAST_ID: Final = UUID(int=(1 << 128) - 1)
FIRST_AT: Final = datetime(1900, 1, 1, tzinfo=UTC)
LAST_AT: Final = datetime(9000, 1, 1, tzinfo=UTC)
USUAL_PAYMENTS: Final = frozenset({"none", "pending", "authorized", "paid"})

# A live order that is not all gone is in one of these phases (core.orders.status), so that filters on the
# fulfillment axis can use the index on phases.
_FINAL_PHASES: Final = frozenset({"closed", "canceled", "delivered"})
_EMAIL: Final = frozenset({"email_from", "email_to"})
_NAME: Final = frozenset({"name_from", "name_to"})
_OPEN_PHASES: Final = ("accepted", "held", "blocked", "exception", "routing", "waiting_supply", "in_work")
_PHASES_OF: Final = {
    "none": (*_OPEN_PHASES, "canceled"),
    "planned": _OPEN_PHASES,
    "partly": (*_OPEN_PHASES, "partly_shipped"),
}


class OrderFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which orders; every filter that is given must hold, each for one of its values. Texts match whole, except:

    name: the beginning of a customer's or recipient's name, in any case. email: in any case; with a `*` at its end
    its beginning. tags: all of them. q: a number, external id, email, SKU or tracking number, or the beginning of a
    name. placed_from is included, placed_to and due_before are not. open_at: locations with open work for it.
    channels_seen, locations_seen: what the asker may see, when not everything.
    """

    numbers: tuple[str, ...] = ()
    external_ids: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    email: str = ""
    name: str = ""
    skus: tuple[str, ...] = ()
    tracking: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()
    payments: tuple[str, ...] = ()
    fulfillments: tuple[str, ...] = ()
    returns: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    placed_from: datetime | None = None
    placed_to: datetime | None = None
    has_hold: bool | None = None
    is_test: bool | None = None
    open_at: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    due_before: datetime | None = None
    q: str = ""
    channels_seen: tuple[str, ...] = ()
    locations_seen: tuple[str, ...] = ()


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended. order: by which order the list runs; a cursor of another order can't be used."""

    order: str
    id: UUID
    at: datetime | None = None


class AxesShown(msgspec.Struct, frozen=True):
    """The phase and the four axes."""

    phase: Phase
    payment: PaymentStatus
    fulfillment: FulfillmentStatus
    returns: ReturnStatus


class CustomerShown(msgspec.Struct, frozen=True):
    """Who has bought."""

    name: str
    email: str


class OrderRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """An order in a list."""

    id: OrderId
    number: str
    version: int
    channel: str
    external_id: str
    placed_at: datetime
    status: AxesShown
    currency: str
    total_minor: int
    priority: int
    is_test: bool
    tags: list[str]
    next_step: NextStep | None = None
    customer: CustomerShown | None = None


class OrdersPage(msgspec.Struct, frozen=True):
    """Rows, and where the next page begins; None: this was the last."""

    items: list[OrderRow]
    place: Place | None


class _Driver(msgspec.Struct, frozen=True):
    """Where candidates come from: the query that names them, what it takes, and the filters it already applies."""

    name: str
    parameters: dict[str, Any]
    applies: frozenset[str] = frozenset()
    order: str = "newest"


_ORDERS: Final[dict[str, LiteralString]] = {
    "newest": "c.id DESC",
    "placed": "c.at DESC, c.id DESC",
    "due": "c.at, c.id",
}


def order_of(filter_: OrderFilter) -> str:
    """By what the list of these orders is in order: newest first, last placed first, or most urgent first."""
    return {"from_due": "due", "from_placed": "placed"}.get(_driver_name(filter_), "newest")


def load_page(
    source: Source, filter_: OrderFilter, *, most: int, after: Place | None = None, with_people: bool = True
) -> OrdersPage:
    """One page of orders. with_people: names and emails are shown, and may be searched by."""
    driver, floor = _choose(source, filter_, after)
    if driver is None:
        return OrdersPage([], Place("newest", floor) if floor is not None else None)
    parameters = _parameters(filter_, driver, with_people=with_people)
    filtered = any(parameters[name] is not None for name in _FILTERS)
    scan = SCAN if filtered else most + 1
    parameters |= {"most": most + 1, "scan": scan}
    rows = source.run(_statement("page", driver.name, driver.order), parameters)
    items = [_row(row) for row in rows[:most]]
    if len(rows) > most:
        return OrdersPage(items, Place(driver.order, rows[most - 1][0], rows[most - 1][1]))
    if filtered:
        ends = source.run(_statement("last_candidate", driver.name, driver.order), parameters)
        if ends:
            return OrdersPage(items, Place(driver.order, ends[0][0], ends[0][1]))
    return OrdersPage(items, Place("newest", floor) if floor is not None else None)


def _row(row: tuple[Any, ...]) -> OrderRow:
    tags, what, owner, due_at, name, email = row[15:21]
    return OrderRow(
        id=row[0],
        number=row[2],
        version=row[3],
        channel=row[4],
        external_id=row[5],
        placed_at=row[6],
        status=AxesShown(row[7], row[8], row[9], row[10]),
        currency=row[11],
        total_minor=row[12],
        priority=row[13],
        is_test=row[14],
        tags=tags.split("\x1f") if tags else [],
        next_step=NextStep(what, owner, due_at) if what is not None else None,
        customer=CustomerShown(name, email) if name is not None else None,
    )


@cache
def _statement(name: str, driver: str, order: str) -> LiteralString:
    text = query("reading_orders", name).replace("/* order */", _ORDERS[order])
    return text.replace("/* candidates */", query("reading_orders", driver))


def _driver_name(filter_: OrderFilter) -> str:
    """Which query names the candidates: that of the most telling filter."""
    if filter_.q or filter_.numbers or filter_.external_ids or filter_.tracking:
        return "from_ids"
    if filter_.email and not filter_.email.endswith("*"):
        return "from_email"
    if filter_.email or filter_.name:
        return "from_ids"
    if filter_.skus:
        return "from_sku" if len(filter_.skus) == 1 else "from_ids"
    if filter_.tags:
        return "from_tag"
    if filter_.open_at:
        return "from_locations"
    if filter_.has_hold:
        return "from_holds"
    if filter_.payments and USUAL_PAYMENTS.isdisjoint(filter_.payments):
        return "from_payments"
    if filter_.returns and "none" not in filter_.returns:
        return "from_returns"
    if filter_.owners or filter_.due_before is not None:
        return "from_due"
    if _FINAL_PHASES.isdisjoint(_phases(filter_)) and _phases(filter_):
        return "from_phase" if len(_phases(filter_)) == 1 else "from_phases"
    if filter_.placed_from is not None or filter_.placed_to is not None:
        return "from_placed"
    if _phases(filter_):
        return "from_phase" if len(_phases(filter_)) == 1 else "from_phases"
    return "from_newest"


def _choose(source: Source, filter_: OrderFilter, after: Place | None) -> tuple[_Driver | None, UUID | None]:
    """The driver for these filters; for a set that was found before, the id below which nothing was looked for yet.

    No driver: nothing was found above that id.
    """
    name = _driver_name(filter_)
    before = after.id if after is not None else LAST_ID
    newest = {"after": before}
    match name:
        case "from_ids":
            found, applies = _find(source, filter_, before)
            driver = _Driver(name, {"ids": found.ids, **newest}, applies) if found.ids else None
            return driver, found.floor
        case "from_email":
            driver = _Driver(name, {"value": filter_.email.lower(), **newest}, _EMAIL)
        case "from_sku":
            driver = _Driver(name, {"value": filter_.skus[0], **newest}, frozenset({"skus"}))
        case "from_tag":
            applies = frozenset({"tags"}) if len(filter_.tags) == 1 else frozenset[str]()
            driver = _Driver(name, {"value": filter_.tags[0], **newest}, applies)
        case "from_locations":
            driver = _Driver(name, {"values": list(filter_.open_at), **newest}, frozenset({"open_at"}))
        case "from_holds":
            driver = _Driver(name, newest, frozenset({"has_hold"}))
        case "from_payments":
            driver = _Driver(name, {"values": list(filter_.payments), **newest}, frozenset({"payments"}))
        case "from_returns":
            driver = _Driver(name, {"values": list(filter_.returns), **newest}, frozenset({"returns"}))
        case "from_due":
            place = {"after": after.id if after else FIRST_ID, "after_at": (after and after.at) or FIRST_AT}
            to_at = filter_.due_before or LAST_AT
            driver = _Driver(name, {"to_at": to_at, **place}, frozenset({"due_before"}), "due")
        case "from_placed":
            span = {"from_at": filter_.placed_from or FIRST_AT, "to_at": filter_.placed_to or LAST_AT}
            place = {"after": before, "after_at": (after and after.at) or LAST_AT}
            driver = _Driver(name, {**span, **place}, frozenset({"placed_from", "placed_to"}), "placed")
        case "from_phase":
            driver = _Driver(name, {"value": _phases(filter_)[0], **newest}, frozenset({"phases"}))
        case "from_phases":
            driver = _Driver(name, {"values": list(_phases(filter_)), **newest}, frozenset({"phases"}))
        case _:
            driver = _Driver(name, newest)
    return driver, None


def _phases(filter_: OrderFilter) -> tuple[str, ...]:
    """The phases asked for, or those that the fulfillment axis leaves."""
    if filter_.phases or not filter_.fulfillments or any(each not in _PHASES_OF for each in filter_.fulfillments):
        return filter_.phases
    return tuple(dict.fromkeys(phase for each in filter_.fulfillments for phase in _PHASES_OF[each]))


def _find(source: Source, filter_: OrderFilter, before: UUID) -> tuple[Found, frozenset[str]]:
    """Ids that the texts name, and the filters that were applied by that."""
    if filter_.q:
        return find_any(source, filter_.q, before), frozenset()
    if filter_.tracking:
        return find_codes(source, tracking=filter_.tracking), frozenset()
    if filter_.numbers or filter_.external_ids:
        return find_codes(source, numbers=filter_.numbers, external_ids=filter_.external_ids), frozenset()
    if filter_.email:
        return find_people(source, before, email=filter_.email.lower().rstrip("*")), _EMAIL
    if filter_.name:
        return find_people(source, before, name=filter_.name.lower()), _NAME
    return find_skus(source, filter_.skus, before), frozenset({"skus"})


_FILTERS: Final = (
    "channels", "phases", "payments", "fulfillments", "returns", "numbers", "external_ids", "tags", "is_test",
    "owners", "due_before", "placed_from", "placed_to", "skus", "has_hold", "open_at", "seen_at", "email_from",
    "name_from",
)  # fmt: skip


def _parameters(filter_: OrderFilter, driver: _Driver, *, with_people: bool) -> dict[str, Any]:
    """The filters that the driver does not apply itself, as parameters; None: not filtered by."""
    email, name = filter_.email.lower(), filter_.name.lower()
    low, exact = email.rstrip("*"), not email.endswith("*")
    given: dict[str, Any] = {
        "channels": _seen(filter_.channels, filter_.channels_seen),
        "phases": list(filter_.phases) or None,
        "payments": list(filter_.payments) or None,
        "fulfillments": list(filter_.fulfillments) or None,
        "returns": list(filter_.returns) or None,
        "numbers": list(filter_.numbers) or None,
        "external_ids": list(filter_.external_ids) or None,
        "tags": list(filter_.tags) or None,
        "is_test": filter_.is_test,
        "owners": list(filter_.owners) or None,
        "due_before": filter_.due_before,
        "placed_from": filter_.placed_from,
        "placed_to": filter_.placed_to,
        "skus": list(filter_.skus) or None,
        "has_hold": filter_.has_hold,
        "open_at": list(filter_.open_at) or None,
        "seen_at": list(filter_.locations_seen) or None,
        "email_from": low or None,
        "email_to": low if exact else high_end(low),
        "name_from": name or None,
        "name_to": high_end(name),
    }
    given.update(dict.fromkeys(driver.applies, None))
    return {**given, **driver.parameters, "with_people": with_people}


def _seen(asked: Sequence[str], seen: Sequence[str]) -> list[str] | None:
    if not seen:
        return list(asked) or None
    return [each for each in asked if each in seen] if asked else list(seen)
