"""Promises that the worker makes and moves: of units that wait for dated supply, and of what a marked delay keeps."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from orderline.core.orders.commands import Command, PromiseLines
from orderline.core.orders.promised import LineWindowInput, PromiseCause
from orderline.core.orders.state import Order
from orderline.core.promises.commands import CountRevised
from orderline.core.promises.delays import delayed_windows, source_of
from orderline.core.promises.network import Delay
from orderline.core.promises.windows import arrivals_of
from orderline.engine.submissions import Submission
from orderline.store.jobs import Job
from orderline.store.reading.promising import promised_orders, read_delay
from orderline.store.working import load_supply_of, load_weights
from orderline.worker.work import Work, order_of

PAGE: Final = 500


async def revise_promises(work: Work, jobs: Sequence[Job]) -> None:
    """Go through the open orders once for each delay; a job that is done again finds what is left to do."""
    for job in jobs:
        delay = await work.read(read_delay, work.database, job.body.key)
        if delay is not None and delay.days:
            await _revise(work, delay)
    await work.finish(jobs)


async def promise_supply(work: Work, jobs: Sequence[Job]) -> None:
    """Promise lines whose units wait for dated supply, by the same calendars and carriers as what is there.

    A line that has a promise already is promised anew where that was of supply, or its supply has slipped.
    """
    orders = await work.orders(jobs)
    windows = await work.read(_arrivals, work, {job.id: (job, orders.get(order_of(job))) for job in jobs})
    pairs: list[tuple[Job, Command]] = [
        (
            job,
            PromiseLines(
                order=order_of(job),
                lines=windows[job.id],
                cause=job.body.why,
                reason="supply is late" if job.body.why is not None else "",
                source="supply",
            ),
        )
        for job in jobs
        if windows.get(job.id)
    ]
    await work.finish([job for job in jobs if not windows.get(job.id)])
    await work.submit(pairs)


def _arrivals(work: Work, asked: Mapping[UUID, tuple[Job, Order | None]]) -> dict[UUID, tuple[LineWindowInput, ...]]:
    """By job; those of which nothing can be promised are left out."""
    now = work.services.clock()
    wanted = {
        id_: (order, lines)
        for id_, (job, order) in asked.items()
        if order is not None and order.closed_at is None and (lines := _to_promise(order, job))
    }
    if not wanted:
        return {}
    skus = sorted({line.sku for order, lines in wanted.values() for line in order.lines if line.line in lines})
    rows = {row.id: row for row in load_supply_of(work.database, skus)}
    weights, network = load_weights(work.database, skus), work.network(now)
    return {id_: arrivals_of(order, lines, rows, weights, network, now) for id_, (order, lines) in wanted.items()}


def _to_promise(order: Order, job: Job) -> set[int]:
    known = {each.line: each for each in order.promises}
    lines: set[int] = set()
    for number in job.body.lines:
        promise = known.get(number)
        if promise is None:
            wanted = job.body.why is None  # of what slips unpromised the customer is asked
        else:
            wanted = promise.outcome is None and (job.body.why is not None or bool(promise.window.supply))
        if wanted:
            lines.add(number)
    return lines


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
