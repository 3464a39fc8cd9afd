"""Invoices and credit notes, issued after what they state has happened."""

from collections.abc import Sequence

from orderline.core.documents.issuing import IssueCreditNote, IssueInvoice
from orderline.core.ledger.posting import books_of
from orderline.core.next_steps import CREDIT_NOTE
from orderline.core.orders.commands import Command
from orderline.store.jobs import Job
from orderline.worker.work import Work, order_of


async def issue_documents(work: Work, jobs: Sequence[Job]) -> None:
    """One command for each; whatever stands on a document already is refused, and the job is done."""
    orders = await work.orders(jobs)
    settings = await work.settings()
    pairs: list[tuple[Job, Command]] = []
    idle: list[Job] = []
    for job in jobs:
        order = orders.get(order_of(job))
        if order is None:
            idle.append(job)
            continue
        entity = books_of(settings, order)
        if job.body.template == CREDIT_NOTE:
            pairs.append((job, IssueCreditNote(order=order.id, entity=entity, credit=job.body.version)))
        else:
            pairs.append((job, IssueInvoice(order=order.id, entity=entity)))
    await work.finish(idle)
    await work.submit(pairs)
