"""Waves: fulfillment orders of a location picked together, as lists; each list is scanned and completed as a whole.

A list by order is one fulfillment order's; a batch is one walk for all, put to orders at its end; lists by zone are walks
through a part of the location each.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, assert_never

import msgspec
from msgspec.structs import replace

from orderline.core.next_steps import FollowUp, JobBody, JobKind
from orderline.core.records import Record, RecordEvent, RecordKind, Window
from orderline.core.stock.lots import LotUnits, Tracking, added, first_of, less
from orderline.core.world import World
from orderline.values.ids import OrderId


class WaveBy(StrEnum):
    """How the work of a wave is made into lists."""

    ORDER = "order"
    BATCH = "batch"
    ZONE = "zone"


class WaveState(StrEnum):
    """Whether lists are open; a void wave has left its work to others."""

    OPEN = "open"
    DONE = "done"
    VOID = "void"


class Share(msgspec.Struct, frozen=True, omit_defaults=True):
    """Units of a stop that a line of a fulfillment order is to get. put: those put to it so far."""

    order: OrderId
    order_number: str
    fulfillment: int
    line: int
    quantity: int
    put: int = 0


class Stop(msgspec.Struct, frozen=True, omit_defaults=True):
    """A SKU to be taken, for all that want it. picked: units scanned; short: units not found, and why.

    tracking: whether lots or serial numbers are scanned with it; lots: those that were.
    """

    sku: str
    quantity: int
    shares: tuple[Share, ...]
    gtin: str = ""
    picked: int = 0
    short: int = 0
    reason: str = ""
    tracking: Tracking = Tracking.NONE
    lots: tuple[LotUnits, ...] = ()


class WaveList(msgspec.Struct, frozen=True, omit_defaults=True):
    """One walk. wrong_scans: how often something was scanned that does not belong there."""

    number: int
    stops: tuple[Stop, ...]
    zone: str = ""
    done: bool = False
    wrong_scans: int = 0


class Wave(Record, frozen=True, kw_only=True):
    """What was released together."""

    id: str
    location: str
    by: WaveBy
    state: WaveState
    lists: tuple[WaveList, ...]
    created_at: datetime
    created_by: str
    due_at: datetime | None = None
    reason: str = ""

    def list_of(self, number: int) -> WaveList | None:
        """The list of that number."""
        return self.lists[number - 1] if 0 < number <= len(self.lists) else None


class WaveCreated(RecordEvent, frozen=True, kw_only=True, tag="wave_created"):
    """Fulfillment orders are to be picked together."""

    id: str
    location: str
    by: WaveBy
    lists: tuple[WaveList, ...]
    at: datetime
    created_by: str
    due_at: datetime | None = None


class ItemScanned(RecordEvent, frozen=True, kw_only=True, tag="item_scanned"):
    """Units of a list were scanned when picked; with an order, when put to it."""

    list: int
    sku: str
    quantity: int
    order: OrderId | None = None
    lot: str = ""


class WrongScanCounted(RecordEvent, frozen=True, kw_only=True, tag="wrong_scan_counted"):
    """Something was scanned that is not wanted there, and was noticed in time."""

    list: int
    code: str


class ListCompleted(RecordEvent, frozen=True, kw_only=True, tag="list_completed"):
    """A walk is over: what was picked, and what was not found."""

    list: int
    stops: tuple[Stop, ...]
    at: datetime
    by: str


class WaveVoided(RecordEvent, frozen=True, kw_only=True, tag="wave_voided"):
    """What is not picked yet is no longer picked together."""

    reason: str


AnyWaveEvent = WaveCreated | ItemScanned | WrongScanCounted | ListCompleted | WaveVoided


def evolve_wave(wave: Wave | None, event: AnyWaveEvent) -> Wave:
    """The wave after an event."""
    if isinstance(event, WaveCreated):
        return Wave(
            id=event.id,
            location=event.location,
            by=event.by,
            state=WaveState.OPEN,
            lists=event.lists,
            created_at=event.at,
            created_by=event.created_by,
            due_at=event.due_at,
        )
    assert wave is not None
    if isinstance(event, WaveVoided):
        return replace(wave, state=WaveState.VOID, reason=event.reason)
    before = wave.lists[event.list - 1]
    match event:
        case ItemScanned():
            changed = replace(before, stops=tuple(_scanned(stop, event) for stop in before.stops))
        case WrongScanCounted():
            changed = replace(before, wrong_scans=before.wrong_scans + 1)
        case ListCompleted():
            changed = replace(before, stops=event.stops, done=True)
        case _:
            assert_never(event)
    lists = tuple(changed if each.number == changed.number else each for each in wave.lists)
    return replace(wave, lists=lists, state=WaveState.DONE if all(each.done for each in lists) else wave.state)


def shared_out(stop: Stop) -> dict[tuple[OrderId, int, int], int]:
    """What was picked at a stop by (order, fulfillment order, line): the first in the list are served first."""
    left = stop.picked
    given: dict[tuple[OrderId, int, int], int] = {}
    for share in stop.shares:
        given[share.order, share.fulfillment, share.line] = min(left, share.quantity)
        left -= min(left, share.quantity)
    return given


def lots_shared_out(stop: Stop) -> dict[tuple[OrderId, int, int], tuple[LotUnits, ...]]:
    """The lots of what was picked at a stop, as `shared_out`; none for a share whose lots were not all scanned."""
    left = stop.lots
    given: dict[tuple[OrderId, int, int], tuple[LotUnits, ...]] = {}
    for key, units in shared_out(stop).items():
        taken = first_of(left, units)
        left = less(left, taken)
        given[key] = taken if sum(each.quantity for each in taken) == units else ()
    return given


def _scanned(stop: Stop, event: ItemScanned) -> Stop:
    if stop.sku != event.sku:
        return stop
    if event.order is None:
        lots = added(stop.lots, [LotUnits(event.lot, event.quantity)]) if event.lot else stop.lots
        return replace(stop, picked=stop.picked + event.quantity, lots=lots)
    shares: list[Share] = []
    left = event.quantity
    for share in stop.shares:
        taken = min(left, share.quantity - share.put) if share.order == event.order else 0
        shares.append(replace(share, put=share.put + taken))
        left -= taken
    return replace(stop, shares=tuple(shares))


def _window(wave: Wave) -> Window:
    is_open = wave.state is WaveState.OPEN
    return Window(wave.state, wave.location, "location" if is_open else "", wave.due_at if is_open else None)


def _follow_ups(world: World, wave: Any, events: Sequence[Any], now: datetime) -> list[FollowUp]:
    """A completed list is told to each order that was served from it, or was not."""
    jobs: dict[tuple[OrderId, int, int], FollowUp] = {}
    for event in events:
        if isinstance(event, ListCompleted):
            for share in (share for stop in event.stops for share in stop.shares):
                body = JobBody(key=wave.id, fulfillment=share.fulfillment, version=event.list)
                key = (share.order, share.fulfillment, event.list)
                jobs[key] = FollowUp(JobKind.PICK, str(share.order), body, now)
    return list(jobs.values())


WAVE: Final = RecordKind("wave", Wave, AnyWaveEvent, evolve_wave, _window, _follow_ups)
