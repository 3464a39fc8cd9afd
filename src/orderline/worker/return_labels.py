"""Labels for the way back: bought of the carrier when a return is approved, kept, and sent to the customer."""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from orderline.contracts.carriers import Labeled, LabelOutcome, LabelRequest, NotLabeled, Package
from orderline.contracts.registry import Kind
from orderline.core.orders.state import Order, ParcelDocument
from orderline.core.returns.carried import wants_label
from orderline.core.returns.commands import LabelReturn
from orderline.core.returns.state import NO_PARCEL, Custody, Return, ReturnLabel
from orderline.core.stock.state import Settings, Sku
from orderline.engine.recipients import recipient_of, sender_of
from orderline.engine.submissions import KeptDocument
from orderline.store.documents import load_skus_of
from orderline.store.jobs import Job
from orderline.store.reading.source import Source
from orderline.store.working import KnownPerson, load_people
from orderline.values.failures import Trouble
from orderline.values.ids import PersonToken
from orderline.worker.inbound import Inbound
from orderline.worker.work import Work, order_of

Asked = tuple[Job, Order, Return]


async def label_returns(work: Work, jobs: Sequence[Job], *, inbound: Inbound) -> None:
    """One call to the carrier for all returns claimed together. Where none sells labels, customers find their own way."""
    carrier = work.partners.chosen(Kind.CARRIERS)
    orders = await work.orders(jobs)
    settings = await work.settings()
    groups: dict[bool, list[Asked]] = {}
    idle: list[Job] = []
    for job in jobs:
        order = orders.get(order_of(job))
        returned = order.returns[job.body.returned - 1] if order is not None else None
        if not carrier or order is None or returned is None or not _is_sendable(settings, order, returned):
            idle.append(job)
        else:
            groups.setdefault(job.body.test, []).append((job, order, returned))
    await work.finish(idle)
    for test, asked in groups.items():
        work.spawn([job for job, _, _ in asked], _buy(work, inbound, settings, carrier, test, asked))


def _is_sendable(settings: Settings, order: Order, returned: Return) -> bool:
    """Is there anything to be sent, from an address, to a location?"""
    sent_to = _sent_to(order, returned)
    return wants_label(returned) and returned.to in settings.locations and not order.group_of(sent_to).pickup_location


def _sent_to(order: Order, returned: Return) -> int:
    """The demand group that the goods went to."""
    return order.lines[returned.items[0].line - 1].group


async def _buy(
    work: Work, inbound: Inbound, settings: Settings, carrier: str, test: bool, asked: Sequence[Asked]
) -> None:
    partner = work.partners.partner(Kind.CARRIERS, carrier, test=test)
    tokens = {order.group_of(_sent_to(order, returned)).recipient for _, order, returned in asked}
    people = await work.read(load_people, work.database, tokens)
    codes = {order.lines[item.line - 1].sku for _, order, returned in asked for item in returned.items}
    skus = await work.read(_skus, work, codes)
    requests = [_request(order, returned, settings, people, skus) for _, order, returned in asked]
    outcomes: list[LabelOutcome] | None = await work.call(
        partner, [job for job, _, _ in asked], lambda contract: contract.buy_labels(requests)
    )
    if outcomes is None:
        return
    pairs: list[tuple[Job, LabelReturn]] = []
    kept: list[tuple[KeptDocument, ...]] = []
    for (job, order, returned), outcome in zip(asked, outcomes, strict=True):
        match outcome:
            case Labeled():
                command, documents = _bought(order, returned, carrier, outcome)
                pairs.append((job, command))
                kept.append(documents)
            case NotLabeled():
                await work.give_up([job], f"{carrier} does not take it: {outcome.code} {outcome.message}".strip())
            case Trouble():
                await work.fail([job], outcome)
    await work.submit(pairs, kept)
    await inbound.replay_about([command.label.tracking_number for _, command in pairs])


def _request(
    order: Order,
    returned: Return,
    settings: Settings,
    people: Mapping[PersonToken, KnownPerson],
    skus: Mapping[str, Sku],
) -> LabelRequest:
    group = order.group_of(_sent_to(order, returned))
    sent = [item for item in returned.items if item.custody is Custody.APPROVED and not item.terms.keep]
    known = ((skus.get(order.lines[item.line - 1].sku), item.quantity) for item in sent)
    weight_g = sum(sku.weight_g * quantity for sku, quantity in known if sku is not None)
    name = f"return-{order.id}-{returned.number}"
    return LabelRequest(
        key=f"label-{name}",
        parcel_ref=name,
        service=group.method,
        ship_from=recipient_of(group, people),
        ship_to=sender_of(settings.locations[returned.to]),
        package=Package(weight_g=max(1, weight_g)),
        order_number=order.number,
        currency=order.currency,
        drop_off=True,
    )


def _bought(
    order: Order, returned: Return, carrier: str, outcome: Labeled
) -> tuple[LabelReturn, tuple[KeptDocument, ...]]:
    papers = [each for each in outcome.documents if each.fits]
    label = ReturnLabel(
        carrier=outcome.carrier,
        service=outcome.service,
        tracking_number=outcome.tracking_number,
        partner=carrier,
        code=outcome.drop_off_code,
        cost_minor=outcome.cost_minor,
        cost_currency=outcome.currency,
        documents=tuple(
            ParcelDocument(each.format.value, len(each.content), sha256(each.content).hexdigest()) for each in papers
        ),
    )
    documents = tuple(
        KeptDocument(order.id, NO_PARCEL, outcome.tracking_number, each.format.value, each.content) for each in papers
    )
    return LabelReturn(order=order.id, number=returned.number, label=label), documents


def _skus(work: Work, codes: set[str]) -> dict[str, Sku]:
    with work.database.connection() as connection:
        return load_skus_of(Source(connection, work.database.cell), codes)
