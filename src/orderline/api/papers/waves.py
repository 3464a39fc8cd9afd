"""Waves: work chosen by filter, picked as lists, scanned, completed."""

from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import decide
from orderline.api.papers.parcels import PDF, print_paper
from orderline.api.reading.paging import readers
from orderline.api.records import Records
from orderline.api.scoping import check_location
from orderline.core.fulfillments import wave_rules as w
from orderline.core.fulfillments.waves import WAVE, Wave, WaveState
from orderline.store.reading.waves import WaveAsked, choose_work, list_paper
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from orderline.values.time import utc

WAVES: Final = Records(
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
    wave: Wave = await WAVES.found(call)
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
    wave: Wave = await WAVES.found(call)
    number = call.path["number"]
    found = next((each for each in wave.lists if str(each.number) == number), None)
    if found is None:
        raise Refused(
            w.WaveRefusal.WAVE_STATE, field="list", value=number[:100], allowed=[e.number for e in wave.lists]
        )

    return await print_paper(call, lambda source: list_paper(source, wave, found, datetime.now(UTC).date()))


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
    *WAVES.reading(),
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
    WAVES.acting(
        w.CompleteList, path="completions", summary="End a walk: what was picked goes to its orders", names="wave",
        refusals=("WAVE_STATE", "LIST_INCOMPLETE"),
    ),
    WAVES.acting(w.VoidWave, path="voiding", summary="Give the open lists of a wave up", names="wave", refusals=("WAVE_STATE",)),
    Operation(
        name="read_wave_list", method="GET", path="/v1/waves/{id}/lists/{number}", right=Right.FULFILLMENTS_READ,
        summary="Print a list of a wave", handler=read_wave_list, capability="fulfillments", output=PDF,
        refusals=("WAVE_UNKNOWN", "WAVE_STATE"),
    ),
)  # fmt: skip
