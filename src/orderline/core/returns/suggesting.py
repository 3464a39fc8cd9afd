"""Which orders goods with no order known may be of: by clues, and by what their customers could have sent back."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from orderline.core.orders.state import STOCKED, Order
from orderline.core.returns.orphans import Orphan
from orderline.core.returns.steps import free_units, is_spoken_for
from orderline.values.ids import OrderId

MOST: Final = 20


class Clue(StrEnum):
    """What speaks for an order."""

    RETURN_TRACKING = "return_tracking"
    SERIAL = "serial"
    PARCEL_TRACKING = "parcel_tracking"
    REFERENCE = "reference"
    EMAIL = "email"
    NAME = "name"
    LOT = "lot"
    SKU = "sku"


# How much a clue says; those of one order are added up.
WEIGHTS: Final[dict[Clue, int]] = {
    Clue.RETURN_TRACKING: 100,
    Clue.SERIAL: 90,
    Clue.PARCEL_TRACKING: 80,
    Clue.REFERENCE: 70,
    Clue.EMAIL: 60,
    Clue.NAME: 30,
    Clue.LOT: 20,
    Clue.SKU: 5,
}


class SuggestedItem(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Units of an item, and the line they may be of. number: of the return that waits for them."""

    item: int
    line: int
    quantity: int
    number: int = 0


class Suggestion(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An order that goods may be of. clues: what speaks for it; weight: how much."""

    order: OrderId
    order_number: str
    channel: str
    placed_at: datetime
    clues: tuple[Clue, ...]
    weight: int
    items: tuple[SuggestedItem, ...]


def suggest(orphan: Orphan, orders: Iterable[Order], clues: Mapping[OrderId, Collection[Clue]]) -> list[Suggestion]:
    """The likeliest orders first, the newest of those that are as likely; none that could not have sent any of it."""
    found: list[Suggestion] = []
    for order in orders:
        items = _items(orphan, order)
        if not items or order.history:
            continue
        told = tuple(each for each in Clue if each in clues.get(order.id, ()) or each is Clue.SKU)
        weight = sum(WEIGHTS[each] for each in told) + WEIGHTS[Clue.SKU] * (len(items) - 1)
        found.append(
            Suggestion(
                order=order.id, order_number=order.number, channel=order.channel, placed_at=order.placed_at,
                clues=told, weight=weight, items=items,
            )
        )  # fmt: skip
    found.sort(key=lambda each: (each.weight, each.placed_at), reverse=True)
    return found[:MOST]


def _items(orphan: Orphan, order: Order) -> tuple[SuggestedItem, ...]:
    """What of the goods the customer of an order may have sent: what a return waits for, else what went to them."""
    waiting: dict[int, tuple[int, int]] = {}  # by line: the return, and units that it waits for
    for returned in order.returns:
        for item in filter(is_spoken_for, returned.items):
            waiting.setdefault(item.line, (returned.number, item.quantity))
    free = {line.line: free_units(order, line) for line in order.lines if line.kind in STOCKED}
    found: list[SuggestedItem] = []
    for each in orphan.items:
        for line in order.lines if each.left and each.sku else ():
            if line.sku != each.sku or line.line not in free:
                continue
            number, coming = waiting.get(line.line, (0, 0))
            number = number if coming >= each.left else 0
            units = each.left if number else min(each.left, free[line.line])
            if units <= 0:
                continue
            if number:
                del waiting[line.line]
            else:
                free[line.line] -= units
            found.append(SuggestedItem(item=each.item, line=line.line, quantity=units, number=number))
            break
    return tuple(found)
