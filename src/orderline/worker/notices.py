"""Notices: tell customers what has happened. The texts are plain until templates become policies."""

from collections.abc import Sequence
from typing import Final

from orderline.contracts.notices import Notice, NoticeOutcome, NotSent, Sent
from orderline.contracts.registry import Kind
from orderline.store.jobs import Job
from orderline.store.working import Customer, load_customers
from orderline.values.failures import Trouble
from orderline.worker.work import Work, order_of

TEMPLATES: Final[dict[str, tuple[str, str]]] = {
    # template           subject                                  text
    "order_accepted":   ("Your order {number}",                  "Thank you. We have received your order {number}."),
    "order_shipped":    ("Your order {number} is on its way",    "Goods of your order {number} have left."),
    "parcel_delivered": ("Your order {number} has arrived",      "A parcel of your order {number} was delivered."),
}  # fmt: skip


async def send_notices(work: Work, jobs: Sequence[Job]) -> None:
    """One call for all messages claimed together; who left no address is not told."""
    name = work.partners.chosen(Kind.NOTICES)
    ids = {order_of(job) for job in jobs}
    customers = await work.read(load_customers, work.database, ids) if name else {}
    groups: dict[bool, list[tuple[Job, Customer]]] = {}
    idle: list[Job] = []
    for job in jobs:
        customer = customers.get(order_of(job))
        if customer is None or not customer.email or job.body.template not in TEMPLATES:
            idle.append(job)
        else:
            groups.setdefault(job.body.test, []).append((job, customer))
    await work.finish(idle)
    for test, asked in groups.items():
        work.spawn([job for job, _ in asked], _send(work, name, test, asked))


async def _send(work: Work, name: str, test: bool, asked: Sequence[tuple[Job, Customer]]) -> None:
    partner = work.partners.partner(Kind.NOTICES, name, test=test)
    notices: list[Notice] = []
    for job, customer in asked:
        subject, text = TEMPLATES[job.body.template]
        notices.append(
            Notice(
                key=str(job.id),
                to=customer.email,
                subject=subject.format(number=customer.number),
                text=f"{customer.name}\n\n{text.format(number=customer.number)}".strip(),
                about=customer.number,
            )
        )
    outcomes: list[NoticeOutcome] | None = await work.call(
        partner, [job for job, _ in asked], lambda contract: contract.send(notices)
    )
    if outcomes is None:
        return
    done: list[Job] = []
    for (job, _), outcome in zip(asked, outcomes, strict=True):
        match outcome:
            case Sent():
                done.append(job)
            case NotSent():
                await work.give_up([job], f"not sent: {outcome.code} {outcome.message}".strip())
            case Trouble():
                await work.fail([job], outcome)
    await work.finish(done)
