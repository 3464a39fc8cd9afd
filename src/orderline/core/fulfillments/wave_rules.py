"""Rules of waves: nothing is in two open waves, nothing is scanned that is not wanted, nothing is left unsaid at the end."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

import msgspec
from msgspec.structs import replace

from orderline.core.context import Context
from orderline.core.fulfillments.waves import (
    WAVE,
    ItemScanned,
    ListCompleted,
    Share,
    Stop,
    Wave,
    WaveBy,
    WaveCreated,
    WaveList,
    WaveState,
    WaveVoided,
    WrongScanCounted,
)
from orderline.core.moves import StockBucket
from orderline.core.orders.events import FulfillmentWaved
from orderline.core.orders.guards import check_text
from orderline.core.orders.state import FulfillmentOrder, Order
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.stock.checks import check_code, check_location
from orderline.core.stock.lot_rules import check_here, check_named
from orderline.core.stock.lots import LotUnits, Tracking
from orderline.core.world import Draft, World
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from orderline.values.quantity import check_quantity
from orderline.values.time import utc

MOST_WORK: Final = 500


class WaveRefusal(StrEnum):
    WAVE_UNKNOWN = "WAVE_UNKNOWN"
    WAVE_EXISTS = "WAVE_EXISTS"
    WAVE_WORK = "WAVE_WORK"
    WAVE_STATE = "WAVE_STATE"
    WRONG_SCAN = "WRONG_SCAN"
    LIST_INCOMPLETE = "LIST_INCOMPLETE"


R = WaveRefusal


class WaveCommand(RecordCommand, frozen=True, gc=False, kw_only=True):
    """A command on a wave that exists."""

    wave: str

    def records(self) -> Iterable[RecordKey]:
        """The wave."""
        return (("wave", self.wave),)


class WaveWork(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fulfillment order by its order and number."""

    order: OrderId
    fulfillment: int


class ZoneSkus(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A zone, and how the codes of the SKUs in it begin."""

    zone: str
    beginnings: tuple[str, ...]


class CreateWave(WaveCommand, frozen=True, gc=False, kw_only=True, tag="create_wave"):
    """Release fulfillment orders together. They are served in the order given, should units be short.

    goods: their SKUs. after: waves that some of them were in before. zones: for lists by zone; what is in none is a zone too.
    """

    location: str
    work: tuple[WaveWork, ...]
    by: WaveBy = WaveBy.BATCH
    zones: tuple[ZoneSkus, ...] = ()
    due_at: datetime | None = None
    goods: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    def records(self) -> Iterable[RecordKey]:
        """The wave, and those before."""
        return (("wave", self.wave), *(("wave", each) for each in self.after))

    def orders(self) -> Iterable[OrderId]:
        """The orders whose work it is."""
        return {each.order for each in self.work}

    def skus(self) -> Iterable[str]:
        """The goods."""
        return self.goods


class ScanItem(WaveCommand, frozen=True, gc=False, kw_only=True, tag="scan_item"):
    """A barcode was scanned: the GTIN or the code of a SKU. With an order, when units are put to it.

    lot: the lot or serial number that was scanned with it, of a SKU that is tracked; to be scanned for serial numbers.
    Refused WRONG_SCAN, with what is expected, when it does not belong there.
    """

    list: int
    code: str
    quantity: int = 1
    order: OrderId | None = None
    lot: str = ""

    def shelves(self, world: World) -> Iterable[tuple[str, str]]:
        """The shelf whose lots are looked at."""
        wave = world.records.get(("wave", self.wave))
        found = wave.list_of(self.list) if isinstance(wave, Wave) else None
        stop = stop_of(found, self.code) if found is not None else None
        if isinstance(wave, Wave) and stop is not None and stop.tracking is not Tracking.NONE:
            yield stop.sku, wave.location


class CountWrongScan(WaveCommand, frozen=True, gc=False, kw_only=True, tag="count_wrong_scan"):
    """A scan was refused as wrong."""

    list: int
    code: str


class NotFound(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A SKU of which fewer units were found than wanted, and why."""

    sku: str
    quantity: int
    reason: Literal["missing", "damaged"] = "missing"


class CompleteList(WaveCommand, frozen=True, gc=False, kw_only=True, tag="complete_list"):
    """A walk is over. Units not scanned must be named as not found, unless nothing is scanned at this location.

    unscanned: all was picked but for what was not found.
    """

    list: int
    short: tuple[NotFound, ...] = ()
    unscanned: bool = False


class VoidWave(WaveCommand, frozen=True, gc=False, kw_only=True, tag="void_wave"):
    """Give the open lists of a wave up; their work may go into another."""

    reason: str


def decide_create_wave(draft: Draft, command: CreateWave, context: Context) -> None:
    """Refused WAVE_EXISTS: the name is taken. WAVE_WORK: none, too much, twice, elsewhere, not open, or in an open wave."""
    world = draft.world
    check_code(command.wave, "wave")
    if ("wave", command.wave) in world.records:
        raise Refused(R.WAVE_EXISTS, field="wave", value=command.wave)
    check_location(world, command.location)
    if not 0 < len(command.work) <= MOST_WORK or len(set(command.work)) < len(command.work):
        allowed = f"1 to {MOST_WORK} fulfillment orders, each once"
        raise Refused(R.WAVE_WORK, field="work", value=len(command.work), allowed=allowed)
    work = [_work(world, command, each, f"work[{index}]") for index, each in enumerate(command.work)]
    lists = _lists(world, command, work)
    for order, fulfillment in work:
        draft.tell(order.id, FulfillmentWaved(fulfillment=fulfillment.number, wave=command.wave, at=context.now))
    due_at = None if command.due_at is None else utc(command.due_at, field="due_at")
    draft.tell_record(
        WAVE,
        command.wave,
        WaveCreated(
            id=command.wave,
            location=command.location,
            by=command.by,
            lists=lists,
            at=context.now,
            created_by=context.actor.name,
            due_at=due_at or min(fulfillment.due_at for _, fulfillment in work),
        ),
    )


def decide_scan_item(draft: Draft, command: ScanItem, context: Context) -> None:
    """Refused WRONG_SCAN: nothing of the kind is wanted (there, or any more). WAVE_STATE: the list is done.

    Refused LOTS_REQUIRED: no serial number was scanned. LOT_NOT_HERE: the shelf does not have what was, or not as many
    units beside those that were scanned already. SKU_NOT_TRACKED.
    """
    wave, found = _list_of(draft, command, command.list)
    quantity = check_quantity(command.quantity)
    stop = stop_of(found, command.code)
    if command.order is None:
        left = {s.sku: s.quantity - s.picked for s in found.stops}
    else:
        left = {
            s.sku: sum(share.quantity - share.put for share in s.shares if share.order == command.order)
            for s in found.stops
        }
    if stop is None or left[stop.sku] < quantity:
        expected = [f"{sku} x {units}" for sku, units in left.items() if units]
        raise Refused(R.WRONG_SCAN, field="code", value=command.code[:80], expected=", ".join(expected[:20]))
    lot = _scanned_lot(draft.world, wave, stop, command) if command.order is None else ""
    scanned = ItemScanned(list=found.number, sku=stop.sku, quantity=quantity, order=command.order, lot=lot)
    draft.tell_record(WAVE, wave.id, scanned)


def stop_of(found: WaveList, code: str) -> Stop | None:
    """The stop that a code belongs to: of the SKU, or its GTIN."""
    return next((stop for stop in found.stops if code and code in (stop.sku, stop.gtin)), None)


def _scanned_lot(world: World, wave: Wave, stop: Stop, command: ScanItem) -> str:
    if stop.tracking is Tracking.SERIAL or command.lot:
        units = (LotUnits(command.lot, command.quantity),) if command.lot else ()
        check_named(world, stop.sku, units, command.quantity, "lot")
        stops = (each for found in wave.lists if not found.done for each in found.stops if each.sku == stop.sku)
        before = sum(each.quantity for other in stops for each in other.lots if each.lot == command.lot)
        wanted = (LotUnits(command.lot, command.quantity + before),)
        check_here(world, stop.sku, wave.location, StockBucket.SELLABLE, wanted, "lot")
    return command.lot


def decide_count_wrong_scan(draft: Draft, command: CountWrongScan, context: Context) -> None:
    """Refused WAVE_STATE: the list is done."""
    wave, found = _list_of(draft, command, command.list)
    draft.tell_record(WAVE, wave.id, WrongScanCounted(list=found.number, code=command.code[:80]))


def decide_complete_list(draft: Draft, command: CompleteList, context: Context) -> None:
    """Refused LIST_INCOMPLETE: units were neither scanned nor named as not found; WAVE_STATE: it is done."""
    wave, found = _list_of(draft, command, command.list)
    short = {each.sku: each for each in command.short}
    unknown = short.keys() - {stop.sku for stop in found.stops}
    if unknown or len(short) < len(command.short):
        raise Refused(
            R.LIST_INCOMPLETE, field="short", value=sorted(unknown)[:20], expected="SKUs of the list, each once"
        )
    stops: list[Stop] = []
    missing: list[str] = []
    for stop in found.stops:
        told = short.get(stop.sku)
        lacking = told.quantity if told is not None else 0
        picked = stop.quantity - lacking if command.unscanned else stop.picked
        if lacking < 0 or picked < 0 or picked + lacking != stop.quantity:
            missing.append(f"{stop.sku}: {stop.quantity} wanted, {picked} picked, {lacking} not found")
        if stop.tracking is Tracking.SERIAL and sum(each.quantity for each in stop.lots) != picked:
            missing.append(f"{stop.sku}: serial numbers of {picked}")
        reason = told.reason if told is not None and lacking else ""
        stops.append(replace(stop, picked=max(0, picked), short=lacking, reason=reason))
    if missing:
        raise Refused(R.LIST_INCOMPLETE, field="list", value=found.number, expected="; ".join(missing[:20]))
    draft.tell_record(
        WAVE, wave.id, ListCompleted(list=found.number, stops=tuple(stops), at=context.now, by=context.actor.name)
    )


def decide_void_wave(draft: Draft, command: VoidWave, context: Context) -> None:
    """Refused WAVE_STATE: it is done or void."""
    wave = _open_wave(draft, command)
    reason = check_text(command.reason, "reason", 500, required=True)
    draft.tell_record(WAVE, wave.id, WaveVoided(reason=reason))


def _work(world: World, command: CreateWave, each: WaveWork, field: str) -> tuple[Order, FulfillmentOrder]:
    order = world.orders.get(each.order)
    fulfillment = order.fulfillment_of(each.fulfillment) if order is not None else None
    about = f"{each.order}/{each.fulfillment}"
    if order is None or fulfillment is None or fulfillment.location != command.location:
        raise Refused(R.WAVE_WORK, field=field, value=about, allowed=f"work at {command.location}")
    if not any(item.units.allocated + item.units.released for item in fulfillment.items):
        raise Refused(R.WAVE_WORK, field=field, value=about, allowed="with units to be picked")
    before = world.records.get(("wave", fulfillment.wave))
    known = before if isinstance(before, Wave) else None
    if (fulfillment.wave and known is None) or is_waved(known, each):
        raise Refused(R.WAVE_WORK, field=field, value=about, wave=fulfillment.wave)
    return order, fulfillment


def is_waved(wave: Wave | None, work: WaveWork) -> bool:
    """Is the fulfillment order in an open list of the wave?"""
    if wave is None or wave.state is not WaveState.OPEN:
        return False
    key = (work.order, work.fulfillment)
    stops = (stop for each in wave.lists if not each.done for stop in each.stops)
    return any((share.order, share.fulfillment) == key for stop in stops for share in stop.shares)


def _lists(world: World, command: CreateWave, work: list[tuple[Order, FulfillmentOrder]]) -> tuple[WaveList, ...]:
    by_list: dict[str, dict[str, list[Share]]] = {}
    for order, fulfillment in work:
        for item in fulfillment.items:
            line = order.line_of(item.line)
            units = item.units.allocated + item.units.released
            if line is None or not units:
                continue
            share = Share(order.id, order.number, fulfillment.number, item.line, units)
            match command.by:
                case WaveBy.ORDER:
                    name = f"{order.id}/{fulfillment.number}"
                case WaveBy.ZONE:
                    name = _zone_of(command, line.sku)
                case WaveBy.BATCH:
                    name = ""
            by_list.setdefault(name, {}).setdefault(line.sku, []).append(share)
    names = list(by_list) if command.by is WaveBy.ORDER else sorted(by_list)
    return tuple(
        WaveList(
            number,
            tuple(_stop(world, sku, shares) for sku, shares in sorted(by_list[name].items())),
            zone=name if command.by is WaveBy.ZONE else "",
        )
        for number, name in enumerate(names, 1)
    )


def _stop(world: World, code: str, shares: list[Share]) -> Stop:
    sku = world.skus.get(code)
    quantity = sum(share.quantity for share in shares)
    if sku is None:
        return Stop(code, quantity, tuple(shares))
    return Stop(code, quantity, tuple(shares), gtin=sku.gtin, tracking=sku.tracking)


def _zone_of(command: CreateWave, sku: str) -> str:
    return next((each.zone for each in command.zones if sku.startswith(each.beginnings)), "")


def _open_wave(draft: Draft, command: WaveCommand) -> Wave:
    wave = draft.world.records.get(("wave", command.wave))
    if not isinstance(wave, Wave):
        raise Refused(R.WAVE_UNKNOWN, field="wave", value=command.wave[:100])
    if wave.state is not WaveState.OPEN:
        raise Refused(R.WAVE_STATE, field="wave", value=wave.id, state=wave.state)
    return wave


def _list_of(draft: Draft, command: WaveCommand, number: int) -> tuple[Wave, WaveList]:
    wave = _open_wave(draft, command)
    found = wave.list_of(number)
    if found is None or found.done:
        raise Refused(R.WAVE_STATE, field="list", value=number, allowed=[e.number for e in wave.lists if not e.done])
    return wave, found


RULES: Final = {
    CreateWave: decide_create_wave,
    ScanItem: decide_scan_item,
    CountWrongScan: decide_count_wrong_scan,
    CompleteList: decide_complete_list,
    VoidWave: decide_void_wave,
}
