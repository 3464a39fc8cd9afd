"""Waves: work chosen by filter, picked as lists, scanned, completed."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import decide
from orderline.api.papers.parcels import PDF, print_paper
from orderline.api.reading.paging import Texts, page, readers, seen
from orderline.api.records import Records
from orderline.api.scoping import check_location
from orderline.core.fulfillments import wave_rules as w
from orderline.core.fulfillments.waves import WAVE, Wave, WaveState
from orderline.store.reading.records import load_records
from orderline.store.reading.source import Source
from orderline.store.reading.waves import WaveAsked, choose_work, list_paper
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from orderline.values.time import utc

_MOST_READ: Final = 2_000

_WAVES: Final = Records(
    kind=WAVE,
    one="wave",
    many="waves",
    capability="fulfillments",
    read=Right.FULFILLMENTS_READ,
    write=Right.FULFILLMENTS_WRITE,
    unknown=w.WaveRefusal.WAVE_UNKNOWN,
    states=WaveState,
    location_of=lambda wave: wave.location,
    orders_in=lambda wave: [each.order for row in wave.lists for stop in row.stops for each in stop.shares],
)


async def create_wave(call: Call[None, WaveAsked]) -> Answer:
    """Choose the work and release it together."""
    check_location(call, call.input.location)
    if call.input.due_before is not None:
        utc(call.input.due_before, field="due_before")
    channels = tuple(sorted(call.key.channels))
    command = await readers(call).run(lambda source: choose_work(source, call.path["id"], call.input, channels))
    return await decide(call, command, found=True)


async def scan_item(call: Call[None, Any]) -> Answer:
    """A scan; a wrong one is refused with what is expected, and counted."""
    wave: Wave = await _WAVES.found(call)
    asked = call.input
    command = w.ScanItem(
        wave=wave.id, list=asked.list, code=asked.code, quantity=asked.quantity, order=asked.order, lot=asked.lot
    )
    try:
        return await decide(call, command)
    except Refused as refused:
        if refused.code is w.WaveRefusal.WRONG_SCAN:
            counted = Call(
                call.services, call.key, call.path, None, None, actor=call.actor, operation=call.operation,
                idempotency_key=f"{call.idempotency_key}#wrong" if call.idempotency_key else "",
            )  # fmt: skip
            call.services.metrics.count_wrong_scan(wave.location)
            await decide(counted, w.CountWrongScan(wave=wave.id, list=asked.list, code=asked.code))
        raise


async def read_wave_list(call: Call[None, None]) -> Answer:
    """A list as a paper."""
    wave: Wave = await _WAVES.found(call)
    number = call.path["number"]
    found = next((each for each in wave.lists if str(each.number) == number), None)
    if found is None:
        raise Refused(
            w.WaveRefusal.WAVE_STATE, field="list", value=number[:100], allowed=[e.number for e in wave.lists]
        )

    return await print_paper(call, lambda source: list_paper(source, wave, found, datetime.now(UTC).date()))


class WaveFiguresQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """days: how far back waves were begun that are counted."""

    location: Texts = ()
    days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 30


class WaveFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How picking went at a location: units picked and not found, and scans of the wrong thing that were noticed in time.

    wrong_ppm: of a million scans, how many were wrong.
    """

    location: str
    waves: int
    picked: int
    short: int
    wrong_scans: int
    wrong_ppm: int


async def read_figures(call: Call[WaveFiguresQuery, None]) -> Answer:
    """Figures by location, over the waves of the last days."""
    locations = seen(call.query.location, call.key.locations)
    if locations is None:
        return page([], None)
    since = datetime.now(UTC) - timedelta(days=call.query.days)
    return page(await readers(call).run(lambda source: _figures(source, locations, since)), None)


def _figures(source: Source, locations: Sequence[str], since: datetime) -> list[WaveFigures]:
    waves: dict[str, list[Wave]] = {}
    after = ""
    while True:
        found: list[Wave] = load_records(source, "wave", subjects=locations, after=after, most=_MOST_READ)
        for each in found:
            if each.created_at >= since:
                waves.setdefault(each.location, []).append(each)
        if len(found) < _MOST_READ:
            return [_figure(location, some) for location, some in sorted(waves.items())]
        after = found[-1].id


def _figure(location: str, waves: Sequence[Wave]) -> WaveFigures:
    lists = [each for wave in waves for each in wave.lists]
    picked = sum(stop.picked for each in lists for stop in each.stops)
    wrong = sum(each.wrong_scans for each in lists)
    return WaveFigures(
        location=location,
        waves=len(waves),
        picked=picked,
        short=sum(stop.short for each in lists for stop in each.stops),
        wrong_scans=wrong,
        wrong_ppm=wrong * 1_000_000 // (picked + wrong) if wrong else 0,
    )


class ScanItemInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """code: the GTIN or the code of a SKU. order: the one that units are put to; none, when they are picked.

    lot: the lot or serial number scanned with it, of a SKU that is tracked.
    """

    list: int
    code: str
    quantity: int = 1
    order: OrderId | None = None
    lot: str = ""


OPERATIONS: Final[tuple[Operation, ...]] = (
    *_WAVES.reading(),
    Operation(
        name="create_wave", method="PUT", path="/v1/waves/{id}", right=Right.FULFILLMENTS_WRITE,
        summary="Release work of a location together, as lists by order, batch or zone", handler=create_wave,
        capability="fulfillments", input=WaveAsked, output=Wave,
        refusals=("WAVE_EXISTS", "WAVE_WORK", "LOCATION_UNKNOWN"),
    ),
    Operation(
        name="scan_item", method="POST", path="/v1/waves/{id}/scans", right=Right.FULFILLMENTS_WRITE,
        summary="Scan an item when it is picked, or put to an order",
        description="The GTIN or the code of a SKU. What is not wanted is refused with what is, and counted on the list.",
        handler=scan_item, capability="fulfillments", input=ScanItemInput, output=Wave,
        refusals=("WAVE_UNKNOWN", "WAVE_STATE", "WRONG_SCAN", "LOTS_REQUIRED", "LOT_NOT_HERE"),
    ),
    _WAVES.acting(
        w.CompleteList, path="completions", summary="End a walk: what was picked goes to its orders", names="wave",
        refusals=("WAVE_STATE", "LIST_INCOMPLETE"),
    ),
    _WAVES.acting(w.VoidWave, path="voiding", summary="Give the open lists of a wave up", names="wave", refusals=("WAVE_STATE",)),
    Operation(
        name="read_wave_figures", method="GET", path="/v1/wave-figures", right=Right.FULFILLMENTS_READ,
        summary="Read how picking went by location, and how many wrong scans were noticed in time",
        description="Each wrong scan is a wrong parcel that was not sent. Also counted as `orderline_wrong_scans_total`.",
        handler=read_figures, capability="fulfillments", query=WaveFiguresQuery, output=WaveFigures, page=True,
    ),
    Operation(
        name="read_wave_list", method="GET", path="/v1/waves/{id}/lists/{number}", right=Right.FULFILLMENTS_READ,
        summary="Print a list of a wave", handler=read_wave_list, capability="fulfillments", output=PDF,
        refusals=("WAVE_UNKNOWN", "WAVE_STATE"),
    ),
)  # fmt: skip
