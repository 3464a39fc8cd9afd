"""Companies by the clock: credit that has room again, and approvals that nobody has answered."""

from collections.abc import Sequence
from typing import Final

from orderline.core.agreements.decide import ReviewCallOff
from orderline.core.approvals.decide import ExpireApproval
from orderline.core.approvals.state import Approval
from orderline.core.companies.commands import ReviewCredit
from orderline.core.orders.commands import Command
from orderline.store.jobs import Job
from orderline.store.reading.companies import load_held
from orderline.store.working import read_records
from orderline.worker.work import Work, order_of

MOST_HELD: Final = 100


async def review_credits(work: Work, jobs: Sequence[Job]) -> None:
    """Look at the orders that are held for the limit of a company; nothing to do, where none is."""
    pairs: list[tuple[Job, Command]] = []
    idle: list[Job] = []
    for job in jobs:
        held = await work.read(load_held, work.database, job.body.key, MOST_HELD)
        if held:
            pairs.append((job, ReviewCredit(company=job.body.key, held=tuple(held))))
        else:
            idle.append(job)
    await work.finish(idle)
    await work.submit(pairs)


async def review_call_offs(work: Work, jobs: Sequence[Job]) -> None:
    """Give what was canceled back to the agreements it was called off of."""
    await work.submit([(job, ReviewCallOff(agreement=job.body.key, caller=order_of(job))) for job in jobs])


async def expire_approvals(work: Work, jobs: Sequence[Job]) -> None:
    """End approvals whose time is over."""
    known = await work.read(read_records, work.database, "approval", [job.body.key for job in jobs])
    pairs: list[tuple[Job, Command]] = []
    idle: list[Job] = []
    for job in jobs:
        approval = known.get(job.body.key)
        if isinstance(approval, Approval):
            about = {"approval": approval.id, "order": approval.order, "company": approval.company}
            pairs.append((job, ExpireApproval(**about)))
        else:
            idle.append(job)
    await work.finish(idle)
    await work.submit(pairs)
