"""Force majeure: a delay that was marked moves the promises that it keeps, and their customers are told."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from orderline.core.orders.commands import PromiseLines
from orderline.core.orders.promised import PromiseCause
from orderline.core.promises.commands import CountRevised
from orderline.core.promises.delays import delayed_windows, source_of
from orderline.core.promises.network import Delay
from orderline.engine.submissions import Submission
from orderline.store.jobs import Job
from orderline.store.reading.promising import promised_orders, read_delay
from orderline.worker.work import Work

PAGE: Final = 500


async def revise_promises(work: Work, jobs: Sequence[Job]) -> None:
    """Go through the open orders once for each delay; a job that is done again finds what is left to do."""
    for job in jobs:
        delay = await work.read(read_delay, work.database, job.body.key)
        if delay is not None and delay.days:
            await _revise(work, delay)
    await work.finish(jobs)


async def _revise(work: Work, delay: Delay) -> None:
    network = await work.read(work.network, work.services.clock())
    after, revised = UUID(int=0), 0
    while orders := await work.read(promised_orders, work.database, after, PAGE):
        after = orders[-1].id
        asked: list[PromiseLines] = []
        for order in orders:
            windows = delayed_windows(order, delay, network)
            if windows:
                asked.append(
                    PromiseLines(
                        order=order.id,
                        lines=windows,
                        cause=PromiseCause.FORCE_MAJEURE,
                        reason=delay.reason,
                        source=source_of(delay),
                    )
                )
        outcomes = await work.engine.answer_all([Submission(command=command) for command in asked])
        revised += sum(len(command.lines) for command, told in zip(asked, outcomes, strict=True) if told.answer)
    if revised:
        await work.engine.answer_all([Submission(command=CountRevised(delay=delay.id, promises=revised))])
