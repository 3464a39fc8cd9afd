"""Invoices and credit notes, issued after what they state has happened."""

from collections.abc import Sequence
from contextlib import closing
from typing import Final

from orderline.core.documents.collecting import commands_for
from orderline.core.documents.issuing import IssueCreditNote, IssueInvoice
from orderline.core.ledger.posting import books_of
from orderline.core.next_steps import CREDIT_NOTE
from orderline.core.orders.commands import Command
from orderline.engine.submissions import Outcome, Submission
from orderline.store.database import Database
from orderline.store.jobs import Job
from orderline.store.reading.companies import load_billable
from orderline.store.reading.source import Source, open_source
from orderline.store.working import read_orders
from orderline.values.ids import OrderId
from orderline.worker.work import Work, order_of

MOST_BILLABLE: Final = 5_000  # orders, of which invoices are made at a time


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


def _billable(database: Database, companies: set[str]) -> list[OrderId]:
    with closing(open_source(database).connection) as connection:
        return load_billable(Source(connection, database.cell), companies, MOST_BILLABLE)


async def collect_invoices(work: Work, jobs: Sequence[Job]) -> None:
    """Invoice all that is due of the companies, until nothing is left; whoever comes second finds nothing, and is done."""
    settings = await work.settings()
    companies = {job.body.key for job in jobs}
    outcomes: list[Outcome] = []
    while companies and not any(each.failed is not None for each in outcomes):
        found = await work.read(_billable, work.database, companies)
        orders = await work.read(read_orders, work.database, found)
        commands = commands_for(settings, [orders[each] for each in found])
        outcomes = await work.engine.answer_all([Submission(command=command) for command in commands])
        if len(found) < MOST_BILLABLE or all(each.refused is not None for each in outcomes):
            break
    failed = next((each for each in outcomes if each.failed is not None), None)
    if failed is not None:
        await work.end([(job, failed) for job in jobs])
    else:
        await work.finish(jobs)
