"""Stock: offer what has come to those who wait for it, and take work away from shelves that have too little."""

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from typing import Final

from orderline.core.fulfillments.moving import open_units
from orderline.core.orders.auto_cancel import CancelDue
from orderline.core.orders.commands import CloseOrder, Command, PullBack, ReserveUnits
from orderline.core.orders.state import Order
from orderline.core.pickups.commands import ExpirePickup
from orderline.core.stock.commands import ExpireLots, SetDoubt, SetSafety, SetThreshold
from orderline.core.stock.keeping import KeepChange, Kept
from orderline.core.supply.commands import LearnVendor, PegUnits
from orderline.core.vendors.commands import CheckFeed, LapseFulfillment
from orderline.engine.submissions import Submission
from orderline.store.database import Database
from orderline.store.jobs import Job
from orderline.store.liveness import due_lots
from orderline.store.reading.doubting import load_doubt_changes
from orderline.store.reading.keeping import load_changes, load_rules
from orderline.store.reading.lagging import measure
from orderline.store.reading.source import Source, open_source
from orderline.store.reading.supply import load_purchases
from orderline.store.working import (
    AT_ONCE,
    feeds_hold_until,
    open_work,
    orders_come_for,
    orders_to_peg,
    oversold_work,
    read_orders,
    waiting_orders,
)
from orderline.values.ids import FulfillmentId, OrderId
from orderline.worker.work import Work, order_of

ROUNDS: Final = 200


async def reserve_waiting(work: Work, jobs: Sequence[Job]) -> None:
    """Give stock that came to those who wait, in order of urgency, and route again what waits with a claim."""
    await offer_stock(work, sorted({job.body.sku for job in jobs}))
    await work.finish(jobs)


async def offer_stock(work: Work, skus: Sequence[str]) -> None:
    """Reserve for waiting orders until the stock of these SKUs is used or nobody waits any more.

    The orders are decided in their order. Those for whom nothing has come (all of it is at locations that have
    rejected their lines) are not asked again, so that the next ones get it.
    """
    in_vain: set[OrderId] = set()
    for _ in range(ROUNDS):
        orders = await work.read(orders_come_for, work.database, skus, in_vain)
        orders = orders or await work.read(waiting_orders, work.database, skus, in_vain)
        if not orders:
            break
        [outcomes] = await work.engine.answer_chains([[Submission(command=ReserveUnits(order=id_)) for id_ in orders]])
        in_vain.update(id_ for id_, outcome in zip(orders, outcomes, strict=True) if not outcome.answer)
    await work.read(work.jobs.wake_routes, skus, work.services.clock())


async def peg_waiting(work: Work, jobs: Sequence[Job]) -> None:
    """Let those who wait do so for the best supply there is: first who was promised in vain, then who waits for none."""
    skus = sorted({job.body.sku for job in jobs})
    seen: set[OrderId] = set()
    for _ in range(ROUNDS):
        orders = await work.read(orders_to_peg, work.database, skus, seen)
        if not orders:
            break
        await work.engine.answer_chains([[Submission(command=PegUnits(order=id_)) for id_ in orders]])
        seen.update(orders)
    await work.finish(jobs)


async def learn_vendors(work: Work, jobs: Sequence[Job]) -> None:
    """Learn of vendors from lines of their purchase orders that have ended."""
    vendors = await work.read(_vendors, work.database, [job.body.key for job in jobs])
    await work.submit(
        [
            (job, LearnVendor(vendor_record=vendors[job.body.key], purchase_order=job.body.key))
            for job in jobs
            if job.body.key in vendors
        ]
    )
    await work.finish([job for job in jobs if job.body.key not in vendors])


def _vendors(database: Database, names: Sequence[str]) -> dict[str, str]:
    with closing(open_source(database).connection) as connection:
        return {each.id: each.vendor for each in load_purchases(Source(connection, database.cell), names)}


async def keep_back(work: Work, jobs: Sequence[Job]) -> None:
    """Set safety stock, thresholds and confidence as the rules say now."""
    await work.engine.answer_all(await work.read(_kept_back, work.database, work.services.clock()))
    await work.finish(jobs)


def _kept_back(database: Database, now: datetime) -> list[Submission]:
    with closing(open_source(database).connection) as connection:
        source = Source(connection, database.cell)
        rules = load_rules(source)
        pages = load_changes(source, source.settings(), rules, now)
        return [Submission(command=_keeping(change)) for page in pages for change in page]


def _keeping(change: KeepChange) -> Command:
    match change.sets:
        case Kept.SAFETY:
            return SetSafety(sku=change.sku, location=change.location, safety=change.after)
        case Kept.THRESHOLD:
            return SetThreshold(sku=change.sku, pool=change.pool, threshold=change.after)
        case Kept.CONFIDENCE:
            return SetDoubt(sku=change.sku, location=change.location, doubt_ppm=change.after)


async def weigh_shelves(work: Work) -> int:
    """Believe the record of shelves by what was found and missed there lately; returns how many that changes."""
    changed = await work.read(_weighed, work.database, work.services.clock())
    await work.engine.answer_all(changed)
    return len(changed)


def _weighed(database: Database, now: datetime) -> list[Submission]:
    with closing(open_source(database).connection) as connection:
        source = Source(connection, database.cell)
        rules = load_rules(source)
        if not any(rule.sets is Kept.CONFIDENCE for rule in rules):
            return []
        pages = load_doubt_changes(source, source.settings(), rules, now, (now - timedelta(days=1)).date())
        return [Submission(command=_keeping(change)) for page in pages for change in page]


async def relieve_shelves(work: Work, jobs: Sequence[Job]) -> None:
    """Pull back what was promised last at oversold shelves, as far as it was not begun; the alarm stays for the rest."""
    shelves = {(job.body.sku, job.body.location) for job in jobs}
    found = await work.read(oversold_work, work.database, shelves)
    orders = await work.read(read_orders, work.database, {each.order for each in found})
    excess = {(each.sku, each.location): each.excess for each in found}
    pulled: dict[tuple[object, int], Submission] = {}
    for each in found:
        order = orders.get(each.order)
        shelf = (each.sku, each.location)
        units = _units_of(order, each.fulfillment, each.sku) if order is not None else 0
        if excess[shelf] <= 0 or not units:
            continue
        excess[shelf] -= units
        command = PullBack(order=each.order, fulfillment=each.fulfillment, reason="oversold")
        pulled[each.order, each.fulfillment] = Submission(command=command)
    await work.engine.answer_all(list(pulled.values()))
    await work.finish(jobs)


async def vacate_locations(work: Work, jobs: Sequence[Job]) -> None:
    """Take away what was not begun at locations that are not active; what was begun there is theirs to finish."""
    gone = sorted({job.body.location for job in jobs})
    after: FulfillmentId | None = None
    while True:
        found = await work.read(open_work, work.database, gone, after)
        pulled = [
            Submission(command=PullBack(order=order, fulfillment=number, reason="the location is not active"))
            for order, number, _ in found
        ]
        await work.engine.answer_all(pulled)
        if len(found) < AT_ONCE:
            break
        after = found[-1][2]
    await work.finish(jobs)


async def cancel_late(work: Work, jobs: Sequence[Job]) -> None:
    """The time is over by which units were to have a location; those that have one are left alone."""
    due = [(job, job.body.latest_at) for job in jobs if job.body.latest_at is not None]
    await work.submit([(job, CancelDue(order=order_of(job), due_at=due_at)) for job, due_at in due])


async def expire_pickups(work: Work, jobs: Sequence[Job]) -> None:
    """The deadline of goods laid ready is over; one that was put off has a job of its own."""
    await work.submit([(job, ExpirePickup(order=order_of(job), fulfillment=job.body.fulfillment)) for job in jobs])


async def lapse_fulfillments(work: Work, jobs: Sequence[Job]) -> None:
    """The time in which a location had to accept work is over; what it has answered is left alone."""
    await work.submit([(job, LapseFulfillment(order=order_of(job), fulfillment=job.body.fulfillment)) for job in jobs])


async def check_feeds(work: Work) -> int:
    """See which locations' feeds have become too old, and which have come again; returns how many that changes."""
    settings = await work.settings()
    watched = {
        code: each for code, each in settings.locations.items() if each.feed_max_age_s is not None or each.feed_stale
    }
    if not watched:
        return 0
    told = await work.read(feeds_hold_until, work.database, watched)
    now = work.services.clock()
    changed = [
        Submission(command=CheckFeed(location=code))
        for code, until in told.items()
        if (until <= now and watched[code].feed_max_age_s is not None) is not watched[code].feed_stale
    ]
    outcomes = await work.engine.answer_all(changed)
    return sum(1 for outcome in outcomes if outcome.answer)


async def expire_lots(work: Work) -> int:
    """Block what may not be sold any more; returns how many shelves had some."""
    expired = 0
    while True:
        found = await work.read(due_lots, work.database, work.services.clock().date(), AT_ONCE)
        commands = [Submission(command=ExpireLots(sku=sku, location=location)) for sku, location in found]
        outcomes = await work.engine.answer_all(commands)
        done = sum(1 for outcome in outcomes if outcome.answer)
        expired += done
        if len(found) < AT_ONCE or not done:
            return expired


async def measure_lags(work: Work) -> int:
    """Measure how late the orders of channels come in, of those that ask for it; returns how many channels change."""
    changed = await work.read(_lags, work.database, work.services.clock())
    outcomes = await work.engine.answer_all(changed)
    return sum(1 for outcome in outcomes if outcome.answer)


def _lags(database: Database, now: datetime) -> list[Submission]:
    with closing(open_source(database).connection) as connection:
        source = Source(connection, database.cell)
        channels = [each for each in source.settings().channels.values() if each.lag_quantile_ppm]
        return [Submission(command=measure(source, each, now)) for each in channels]


async def close_orders(work: Work, jobs: Sequence[Job]) -> None:
    """Close orders whose windows are past."""
    pairs: list[tuple[Job, Command]] = [(job, CloseOrder(order=order_of(job))) for job in jobs]
    await work.submit(pairs)


def _units_of(order: Order, number: int, sku: str) -> int:
    """Units of a SKU that a fulfillment order has not begun to serve."""
    fulfillment = order.fulfillment_of(number)
    if fulfillment is None or not open_units(fulfillment):
        return 0
    return sum(
        item.units.allocated + item.units.released
        for item in fulfillment.items
        if (line := order.line_of(item.line)) is not None and line.sku == sku
    )
