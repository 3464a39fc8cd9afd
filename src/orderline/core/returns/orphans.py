"""Orphans: goods that came back to a location with no order known. They wait apart, and no money is given for them.

They are matched to an order, where they become a return that nobody had announced, or disposed of after a time.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, assert_never

import msgspec
from msgspec.structs import replace

from orderline.core.jobs import FollowUp
from orderline.core.orders.facts import Attachment
from orderline.core.records import Record, RecordEvent, RecordKind, Window
from orderline.core.returns.state import Disposition, Grade
from orderline.core.shipments.deadlines import deadline
from orderline.core.stock.lots import LotUnits, less
from orderline.core.world import World
from orderline.values.ids import OrderId

KIND: Final = "orphan"
SUPPORT: Final = "support"
DISPOSE_WITHIN: Final = timedelta(days=7)
MATCH: Final = "match_orphan"
DISPOSE: Final = "dispose_orphan"


class OrphanRefusal(StrEnum):
    """Why commands on orphans are refused; ordered, the first that applies wins."""

    ORPHAN_UNKNOWN = "ORPHAN_UNKNOWN"
    ORPHAN_EXISTS = "ORPHAN_EXISTS"
    ORPHAN_STATE = "ORPHAN_STATE"
    ORPHAN_ITEM = "ORPHAN_ITEM"
    ORPHAN_QUANTITY = "ORPHAN_QUANTITY"
    ORPHAN_SKU = "ORPHAN_SKU"
    ORPHAN_KEPT = "ORPHAN_KEPT"


class OrphanState(StrEnum):
    """waiting: for somebody to find their order. matched: all were, or the rest was disposed of; disposed: none was."""

    WAITING = "waiting"
    MATCHED = "matched"
    DISPOSED = "disposed"


class OrphanItem(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Units that came. sku: empty, while nobody can tell what they are; lots: those that are still here.

    matched, disposed: units that are here as orphans no longer.
    """

    item: int
    quantity: int
    sku: str = ""
    lots: tuple[LotUnits, ...] = ()
    grade: Grade | None = None
    matched: int = 0
    disposed: int = 0
    note: str = ""
    photos: tuple[Attachment, ...] = ()

    @property
    def left(self) -> int:
        """Units that are here and of no order."""
        return self.quantity - self.matched - self.disposed


class OrphanMatch(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Units that were found to be of a line of an order; returned: the number of its return."""

    order: OrderId
    order_number: str
    returned: int
    item: int
    line: int
    quantity: int
    at: datetime
    by: str
    lots: tuple[LotUnits, ...] = ()


class Orphan(Record, frozen=True, kw_only=True):
    """Goods with no order known. reference: what is written on them; keep_until: before, nobody disposes of them.

    next_step, owner, due_at: who is to do what with them, and by when; overdue: nobody found their order in time.
    """

    id: str
    location: str
    state: OrphanState
    items: tuple[OrphanItem, ...]
    received_at: datetime
    received_by: str
    keep_until: datetime
    next_step: str = ""
    owner: str = ""
    due_at: datetime | None = None
    carrier: str = ""
    tracking_number: str = ""
    reference: str = ""
    note: str = ""
    photos: tuple[Attachment, ...] = ()
    matches: tuple[OrphanMatch, ...] = ()
    disposition: Disposition | None = None
    reason: str = ""
    overdue: bool = False

    def item_of(self, number: int) -> OrphanItem | None:
        """The item of that number, if there is one."""
        return next((each for each in self.items if each.item == number), None)


class OrphanUnits(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Units of an item, and which lots they are of."""

    item: int
    quantity: int
    lots: tuple[LotUnits, ...] = ()


class OrphanReceived(RecordEvent, frozen=True, kw_only=True, tag="orphan_received"):
    """Goods came, and nobody knows of which order."""

    orphan: Orphan


class OrphanIdentified(RecordEvent, frozen=True, kw_only=True, tag="orphan_identified"):
    """It was found out what an item is."""

    item: int
    sku: str
    lots: tuple[LotUnits, ...] = ()


class OrphanMatched(RecordEvent, frozen=True, kw_only=True, tag="orphan_matched"):
    """Units were found to be of an order, and are a return of it from now on."""

    matches: tuple[OrphanMatch, ...]


class OrphanDisposed(RecordEvent, frozen=True, kw_only=True, tag="orphan_disposed"):
    """Units of which nobody found the order were put elsewhere."""

    units: tuple[OrphanUnits, ...]
    disposition: Disposition
    reason: str
    at: datetime
    by: str


class OrphanOverdue(RecordEvent, frozen=True, kw_only=True, tag="orphan_overdue"):
    """Nobody found their order in time: their location is to dispose of them."""

    at: datetime


AnyOrphanEvent = OrphanReceived | OrphanIdentified | OrphanMatched | OrphanDisposed | OrphanOverdue


def evolve_orphan(orphan: Orphan | None, event: AnyOrphanEvent) -> Orphan:
    """The orphan after an event."""
    if isinstance(event, OrphanReceived):
        return event.orphan
    assert orphan is not None
    match event:
        case OrphanIdentified():
            return replace(
                orphan,
                items=tuple(
                    replace(each, sku=event.sku, lots=event.lots) if each.item == event.item else each
                    for each in orphan.items
                ),
            )
        case OrphanMatched():
            items = orphan.items
            for each in event.matches:
                items = _taken(items, each.item, each.lots, matched=each.quantity)
            return _ended(replace(orphan, items=items, matches=(*orphan.matches, *event.matches)))
        case OrphanDisposed():
            items = orphan.items
            for units in event.units:
                items = _taken(items, units.item, units.lots, disposed=units.quantity)
            return _ended(replace(orphan, items=items, disposition=event.disposition, reason=event.reason))
        case OrphanOverdue():
            return replace(
                orphan, overdue=True, next_step=DISPOSE, owner=orphan.location, due_at=event.at + DISPOSE_WITHIN
            )
        case _:
            assert_never(event)


def _taken(
    items: Sequence[OrphanItem], number: int, lots: Sequence[LotUnits], *, matched: int = 0, disposed: int = 0
) -> tuple[OrphanItem, ...]:
    return tuple(
        replace(
            each, matched=each.matched + matched, disposed=each.disposed + disposed, lots=less(each.lots, lots)
        )
        if each.item == number
        else each
        for each in items
    )  # fmt: skip


def _ended(orphan: Orphan) -> Orphan:
    """Nothing is to be done any more, once nothing is left."""
    if any(each.left for each in orphan.items):
        return orphan
    state = OrphanState.MATCHED if orphan.matches else OrphanState.DISPOSED
    return replace(orphan, state=state, next_step="", owner="", due_at=None)


def _window(orphan: Orphan) -> Window:
    return Window(orphan.state, orphan.location, orphan.owner, orphan.due_at)


def _follow_ups(world: World, orphan: Any, events: Sequence[Any], now: datetime) -> list[FollowUp]:
    """It is looked at when its time is over."""
    received = any(isinstance(event, OrphanReceived) for event in events)
    return [deadline(ORPHAN, orphan.id, orphan.keep_until)] if received else []


ORPHAN: Final = RecordKind(KIND, Orphan, AnyOrphanEvent, evolve_orphan, _window, _follow_ups)
