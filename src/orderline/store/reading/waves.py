"""Waves: the work for one, which is in no other that is open, and its lists as papers."""

from datetime import date, datetime
from typing import Annotated, Final

import msgspec

from orderline.core.documents.handing import wave_paper
from orderline.core.documents.paper import Paper
from orderline.core.fulfillments import wave_rules as w
from orderline.core.fulfillments.waves import Wave, WaveBy, WaveList
from orderline.core.stock.lots import Tracking
from orderline.store.documents import load_skus_of
from orderline.store.loading import load_orders
from orderline.store.reading.lots import load_lots
from orderline.store.reading.records import load_record
from orderline.store.reading.source import Source
from orderline.store.reading.work import WorkFilter, load_fulfillments
from orderline.values.ids import OrderId

_MOST_READ: Final = 2_000
_MOST_LOTS: Final = 10_000


class WaveAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Work at a location that is in no open wave, the most urgent first; only such as the filters say.

    method: delivery methods of orders. priority: at least this. by: how it is made into lists. most: fulfillment orders.
    """

    location: str
    by: WaveBy = WaveBy.BATCH
    method: Annotated[tuple[str, ...], msgspec.Meta(max_length=20)] = ()
    priority: int | None = None
    due_before: datetime | None = None
    zones: Annotated[tuple[w.ZoneSkus, ...], msgspec.Meta(max_length=200)] = ()
    most: Annotated[int, msgspec.Meta(ge=1, le=w.MOST_WORK)] = 50
    due_at: datetime | None = None


def choose_work(source: Source, name: str, asked: WaveAsked, channels: tuple[str, ...] = ()) -> w.CreateWave:
    """The wave `name` of what was asked for. channels: only their orders; of all, when empty."""
    filter_ = WorkFilter(locations=(asked.location,), channels=channels, due_before=asked.due_before)
    rows, _ = load_fulfillments(source, filter_, most=_MOST_READ)
    wanted = [
        row
        for row in rows
        if (not asked.method or row.method in asked.method)
        and (asked.priority is None or row.priority >= asked.priority)
        and not row.blocked
    ]
    orders = load_orders(source.connection, source.cell, sorted({row.order for row in wanted}))
    before: dict[str, Wave | None] = {}
    work: list[w.WaveWork] = []
    goods: set[str] = set()
    for row in wanted:
        order = orders[OrderId(row.order)]
        fulfillment = order.fulfillments[row.number - 1]
        each = w.WaveWork(order.id, row.number)
        if fulfillment.wave and fulfillment.wave not in before:
            before[fulfillment.wave] = load_record(source, "wave", fulfillment.wave)
        left = [item.line for item in fulfillment.items if item.units.allocated + item.units.released]
        if left and len(work) < asked.most and not w.is_waved(before.get(fulfillment.wave), each):
            work.append(each)
            goods.update(line.sku for line in order.lines if line.line in left)
    return w.CreateWave(
        wave=name,
        location=asked.location,
        work=tuple(work),
        by=asked.by,
        zones=asked.zones,
        due_at=asked.due_at,
        goods=tuple(sorted(goods)),
        after=tuple(sorted(before)),
    )


def list_paper(source: Source, wave: Wave, found: WaveList, day: date) -> Paper:
    """A list of a wave as it stands on a day: what to take first, of a SKU that is tracked, is what expires first."""
    location = source.settings().locations[wave.location]
    tracked = [stop.sku for stop in found.stops if stop.tracking is not Tracking.NONE]
    levels = load_lots(source, skus=tracked, locations=(wave.location,), most=_MOST_LOTS) if tracked else []
    skus = load_skus_of(source, {stop.sku for stop in found.stops})
    return wave_paper(wave, found, location, skus, levels, day)
