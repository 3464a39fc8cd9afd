"""Draft orders: their offers end at their time, and give back what was kept for them."""

from collections.abc import Sequence

from orderline.core.drafts.commands import ExpireDraftOrder
from orderline.store.jobs import Job
from orderline.worker.work import Work


async def expire_drafts(work: Work, jobs: Sequence[Job]) -> None:
    """The time of an offer is over; where it was accepted or put anew, there is nothing to do."""
    await work.submit([(job, ExpireDraftOrder(draft_order=job.body.key, revision=job.body.version)) for job in jobs])
