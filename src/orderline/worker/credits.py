"""Credit accounts: what orders ask of them, answered in the same transaction; and those whose time is over."""

from collections.abc import Sequence
from typing import Final

from orderline.core.credits.commands import AnswerByCredit, ExpireCredit
from orderline.core.orders.state import Order, Tender
from orderline.engine.submissions import Submission
from orderline.store.jobs import Job
from orderline.store.reading.credits import load_expired_credits, load_successors
from orderline.worker.work import Work

MOST: Final = 500


async def answer_by_credit(work: Work, asked: Sequence[tuple[Job, Order, Tender]]) -> None:
    """Do what was asked for: no partner is called, since the money is ours to give."""
    chains = await work.read(load_successors, work.database, sorted({tender.token for _, _, tender in asked}))
    pairs: list[tuple[Job, AnswerByCredit]] = []
    for job, order, tender in asked:
        assert job.body.payment is not None
        command = AnswerByCredit(
            order=order.id, tender=tender.number, key=job.body.key, kind=job.body.payment, accounts=chains[tender.token]
        )
        pairs.append((job, command))
    await work.submit(pairs)


async def expire_credits(work: Work) -> int:
    """Let lapse what was to be spent by now; returns how many accounts that was."""
    found = await work.read(load_expired_credits, work.database, work.services.clock(), MOST)
    outcomes = await work.engine.answer_all([Submission(command=ExpireCredit(account=each)) for each in found])
    return sum(1 for outcome in outcomes if outcome.refused is None)
