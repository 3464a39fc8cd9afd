"""Items of returns, for whoever waits for them; and the policies that returns go by."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from orderline.core.returns.concerns import Concern, concern_of
from orderline.core.returns.state import Custody, ReturnMoney, ReturnSource
from orderline.store.database import Database
from orderline.store.queries import query
from orderline.store.reading.listed import FIRST_AT, FIRST_ID
from orderline.store.reading.source import Source
from orderline.values.ids import OrderId


class ReturnItemRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """An item of a return. location: where the goods are, or are to go. moved_at: when the goods last went on.

    concern: what is to be thought of goods and money that stand so.
    """

    order: OrderId
    number: int
    item: int
    order_number: str
    channel: str
    line: int
    sku: str
    quantity: int
    reason: str
    source: ReturnSource
    custody: Custody
    money: ReturnMoney
    location: str
    tracking_number: str
    requested_at: datetime
    moved_at: datetime
    expires_at: datetime | None = None
    concern: Concern = Concern.NORMAL


class ReturnFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which items; what is empty lets everything through."""

    custody: tuple[Custody, ...] = ()
    money: tuple[ReturnMoney, ...] = ()
    tracking_number: str = ""
    locations: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


def load_return_items(
    source: Source, filter_: ReturnFilter, *, after: tuple[datetime, UUID, int, int] | None = None, most: int
) -> list[ReturnItemRow]:
    """Items of returns, the one that has waited longest first."""
    at, order_id, number, item = after or (FIRST_AT, FIRST_ID, 0, 0)
    text = query("returns", "list_return_items")
    only = "   AND " + query("returns", "where_waiting") if _all_wait(filter_) else ""
    given: dict[str, Any] = {
        "custody": [each.value for each in filter_.custody] or None,
        "money": [each.value for each in filter_.money] or None,
        "tracking_number": filter_.tracking_number or None,
        "locations": list(filter_.locations) or None,
        "channels": list(filter_.channels) or None,
        "moved_at": at,
        "order_id": order_id,
        "number": number,
        "item": item,
        "most": most,
    }
    return [_row(row) for row in source.run(text.replace("/* waiting */", only), given)]


def _all_wait(filter_: ReturnFilter) -> bool:
    """Does every item that is asked for wait for somebody? Those have an index of their own."""
    undecided = filter_.money == (ReturnMoney.NOT_DUE,)
    waiting = {Custody.REQUESTED, Custody.RECEIVED, Custody.GRADED, *([Custody.DISPOSED] if undecided else [])}
    return bool(filter_.custody) and set(filter_.custody) <= waiting


def _row(row: tuple[Any, ...]) -> ReturnItemRow:
    given: dict[str, Any] = dict(zip(ReturnItemRow.__struct_fields__[:-1], row, strict=True))
    for name, kind in (("source", ReturnSource), ("custody", Custody), ("money", ReturnMoney)):
        given[name] = kind(given[name])
    return ReturnItemRow(**given, concern=concern_of(given["custody"], given["money"]))


def load_expired_returns(database: Database, now: datetime, most: int) -> list[tuple[OrderId, int]]:
    """Returns whose goods were to be on their way by now."""
    parameters: dict[str, Any] = {"now": now, "most": most}
    rows = database.rows(query("returns", "returns_to_expire"), parameters)
    return [(OrderId(order), number) for order, number in rows]
