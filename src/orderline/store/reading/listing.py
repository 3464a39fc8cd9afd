"""Lists of orders: filters and search, page by page, each page in bounded time however many orders are stored.

The most telling filter names the candidates, in order, from an index; the others are applied to them one by one
until the page is full. Where they let hardly any through, the page ends short after a bounded number of candidates,
and its cursor goes on behind the last one.
"""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any, Final, LiteralString

from orderline.core.orders.next_step import NextStep
from orderline.store.queries import query
from orderline.store.reading.driving import Driver, choose
from orderline.store.reading.finding import high_end
from orderline.store.reading.listed import AxesShown, CustomerShown, OrderFilter, OrderRow, OrdersPage, Place
from orderline.store.reading.source import Source

SCAN: Final = 5_000
DENSE: Final = 50  # of the newest SCAN: one in a hundred

_ORDERS: Final[dict[str, LiteralString]] = {
    "newest": "c.id DESC",
    "placed": "c.at DESC, c.id DESC",
    "due": "c.at, c.id",
}


def load_page(
    source: Source,
    filter_: OrderFilter,
    *,
    most: int,
    after: Place | None = None,
    with_people: bool = True,
    also: Collection[str] = (),
) -> OrdersPage:
    """One page of orders. with_people: names and emails are shown, and may be searched by. also: units, country."""
    if _seen(filter_.channels, filter_.channels_seen) == []:
        return OrdersPage([], None)
    driver, floor = choose(source, filter_, after, with_people=with_people)
    rest = Place("newest", floor) if floor is not None else None
    if driver is None:
        return OrdersPage([], rest)
    if driver.name == "from_tag" and _is_dense(source, filter_, driver):
        driver = Driver("from_tagged", {"after": driver.parameters["after"]})
    found = _read(source, filter_, driver, most, with_people=with_people, also=also)
    return OrdersPage(found.items, found.place or rest)


def _read(
    source: Source, filter_: OrderFilter, driver: Driver, most: int, *, with_people: bool, also: Collection[str]
) -> OrdersPage:
    filters = {name: value for name, value in _filters(filter_).items() if name not in driver.applies}
    parameters = {
        **filters,
        **driver.parameters,
        "custom_values": [value for _, value in filter_.custom],
        "email_end": _end(filter_.email.lower()),
        "name_end": high_end(filter_.name.lower()),
        "with_people": with_people,
        "with_units": "units" in also,
        "with_country": "country" in also,
        "most": most + 1,
        "scan": SCAN if filters else most + 1,
    }
    rows = source.run(page_statement(driver, tuple(filters)), parameters)
    items = [_row(row) for row in rows[:most]]
    if len(rows) > most:
        return OrdersPage(items, Place(driver.order, rows[most - 1][0], rows[most - 1][1]))
    ends = source.run(_statement("last_candidate", driver.name, driver.order, ()), parameters) if filters else []
    return OrdersPage(items, Place(driver.order, ends[0][0], ends[0][1]) if ends else None)


def _is_dense(source: Source, filter_: OrderFilter, driver: Driver) -> bool:
    """Do many of the newest tagged orders have these tags? Then the index by tag would name too many of them."""
    tags = list(filter_.tags)
    rows = source.rows("reading_lists", "count_tagged", after=driver.parameters["after"], tags=tags, scan=SCAN)
    return rows[0][0] >= DENSE


def page_statement(driver: Driver, filters: Sequence[str]) -> LiteralString:
    """The text that reads a page from a driver, with these filters."""
    return _statement("page", driver.name, driver.order, tuple(filters))


@cache
def _statement(name: str, driver: str, order: str, filters: tuple[str, ...]) -> LiteralString:
    text = query("reading_lists", name).replace("/* order */", _ORDERS[order])
    text = text.replace("/* candidates */", query("reading_lists", driver))
    where: LiteralString = ""
    for each in filters:
        where += " WHERE " if where == "" else "\n   AND "
        where += query("reading_filters", f"where_{each}")
    return text.replace("/* filters */", where)


def _filters(filter_: OrderFilter) -> dict[str, Any]:
    """The filters that are given, by the name of their clause, with their value."""
    email = filter_.email.lower()
    given: dict[str, Any] = {
        "channels": _seen(filter_.channels, filter_.channels_seen),
        "phases": filter_.phases,
        "payments": filter_.payments,
        "fulfillments": filter_.fulfillments,
        "returns": filter_.returns,
        "numbers": filter_.numbers,
        "external_ids": filter_.external_ids,
        "tags": filter_.tags,
        "custom": tuple(name for name, _ in filter_.custom),
        "is_test": filter_.is_test,
        "owners": filter_.owners,
        "next_steps": filter_.next_steps,
        "due_before": filter_.due_before,
        "placed_from": filter_.placed_from,
        "placed_to": filter_.placed_to,
        "skus": filter_.skus,
        "has_hold": filter_.has_hold,
        "open_at": filter_.open_at,
        "seen_at": filter_.locations_seen,
        "email": email.rstrip("*"),
        "name": filter_.name.lower(),
    }
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in given.items()
        if value is not None and value != () and value != ""
    }


def _end(email: str) -> str:
    return high_end(email[:-1]) if email.endswith("*") else email


def _seen(asked: tuple[str, ...], seen: tuple[str, ...]) -> list[str] | None:
    """What is both asked for and seen; None: everything. An empty list lets nothing through."""
    if not seen:
        return list(asked) or None
    return [each for each in asked if each in seen] if asked else list(seen)


def _row(row: tuple[Any, ...]) -> OrderRow:
    tags, what, owner, due_at, name, email, units, country = row[15:23]
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
        units=units,
        country=country or "",
    )
