"""Sellers by the clock: what they are owed is stated when a period is over and nothing of it is kept in reserve any more."""

from collections.abc import Sequence

from orderline.core.orders.commands import Command
from orderline.core.sellers.commands import StateSeller
from orderline.core.sellers.schedule import last_day, period_end
from orderline.core.sellers.state import KIND, Seller
from orderline.store.jobs import Job
from orderline.store.reading.sellers import read_due
from orderline.store.working import read_records
from orderline.worker.work import Work


async def state_sellers(work: Work, jobs: Sequence[Job]) -> None:
    """State what sellers are owed; nothing but the next time, while nothing is due or payouts are held."""
    now = work.services.clock()
    known = await work.read(read_records, work.database, KIND, [job.body.key for job in jobs])
    pairs: list[tuple[Job, Command]] = []
    idle: list[Job] = []
    for job in jobs:
        seller = known.get(job.body.key)
        if not isinstance(seller, Seller) or now < seller.next_at:
            idle.append(job)  # another job of it comes later
            continue
        until = period_end(seller.schedule, last_day(now, seller.reserve_days))
        due = () if seller.held else await work.read(read_due, work.database, seller, until)
        owed = tuple(each for each in due if each.amount_minor > 0)
        pairs.append((job, StateSeller(seller=seller.id, until=until, due=owed)))
    await work.finish(idle)
    await work.submit(pairs)
