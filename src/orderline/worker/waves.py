"""Waves: what was picked in a walk is told to the orders it was picked for."""

from collections.abc import Sequence

from orderline.core.fulfillments.waves import Wave, lots_shared_out, shared_out
from orderline.core.orders.commands import PickUnits
from orderline.core.orders.parcels import PickedLot
from orderline.core.orders.state import LineQuantity
from orderline.store.documents import load_wave
from orderline.store.jobs import Job
from orderline.values.ids import OrderId
from orderline.worker.work import Work, order_of


async def pick_lists(work: Work, jobs: Sequence[Job]) -> None:
    """One pick for each fulfillment order of a completed list; what was not found is short, by its reason."""
    pairs: list[tuple[Job, PickUnits]] = []
    idle: list[Job] = []
    for job in jobs:
        wave = await work.read(load_wave, work.database, job.body.key)
        command = None if wave is None else pick_of(wave, job.body.version, order_of(job), job.body.fulfillment)
        if command is None:
            idle.append(job)
        else:
            pairs.append((job, command))
    await work.finish(idle)
    await work.submit(pairs)


def pick_of(wave: Wave, number: int, order: OrderId, fulfillment: int) -> PickUnits | None:
    """What a list has for a fulfillment order; None: nothing."""
    found = wave.list_of(number)
    picked: dict[int, int] = {}
    short: dict[int, int] = {}
    damaged = False
    lots: list[PickedLot] = []
    for stop in found.stops if found is not None else ():
        given, named = shared_out(stop), lots_shared_out(stop)
        for share in stop.shares:
            if (share.order, share.fulfillment) != (order, fulfillment):
                continue
            got = given[share.order, share.fulfillment, share.line]
            picked[share.line] = picked.get(share.line, 0) + got
            short[share.line] = short.get(share.line, 0) + share.quantity - got
            about = named[share.order, share.fulfillment, share.line]
            lots.extend(PickedLot(share.line, each.lot, each.quantity) for each in about)
            damaged = damaged or (got < share.quantity and stop.reason == "damaged")
    if not any(picked.values()) and not any(short.values()):
        return None
    return PickUnits(
        order=order,
        fulfillment=fulfillment,
        lines=tuple(LineQuantity(line, units) for line, units in picked.items() if units),
        short=tuple(LineQuantity(line, units) for line, units in short.items() if units),
        short_shelf="damaged" if damaged else "missing",
        lots=tuple(lots),
    )
