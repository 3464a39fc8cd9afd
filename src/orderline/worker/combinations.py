"""Combined parcels: one label for all their orders, bought when they are packed, given back when they are dissolved."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from msgspec.structs import replace

from orderline.contracts.carriers import Labeled, LabelRequest, NotLabeled, NotVoided, Package, Voided, VoidLabel
from orderline.contracts.registry import Kind
from orderline.core.orders.parcels import Dropped
from orderline.core.orders.state import Order, ParcelDocument
from orderline.core.shipments.combination_commands import AnswerCombinationVoid, LabelCombination, RateCombination
from orderline.core.shipments.combinations import Combination, CombinationState
from orderline.core.shipments.rates import Question, choose_without, is_open, promised_by
from orderline.core.stock.state import Settings
from orderline.engine.submissions import KeptDocument, Submission
from orderline.store.documents import load_combination
from orderline.store.jobs import Job
from orderline.store.working import load_people, read_orders
from orderline.values.failures import Trouble
from orderline.worker.inbound import Inbound
from orderline.worker.rates import Asked, choose_rates, request_of, sellers_of
from orderline.worker.work import Work


async def label_combinations(work: Work, jobs: Sequence[Job], *, inbound: Inbound) -> None:
    """Each on its own: there are few."""
    for job in jobs:
        combination = await work.read(load_combination, work.database, job.body.key)
        carrier = work.partners.chosen(Kind.CARRIERS)
        if combination is not None and combination.state is CombinationState.PACKED and carrier:
            work.spawn([job], _label(work, inbound, job, combination))
        elif combination is not None and combination.state is CombinationState.VOIDING:
            work.spawn([job], _void(work, job, combination))
        else:
            await work.finish([job])


async def _label(work: Work, inbound: Inbound, job: Job, combination: Combination) -> None:
    orders = await work.read(read_orders, work.database, {each.order for each in combination.members})
    members = [each for each in combination.members if each.parcel and not each.left]
    order, fulfillment = orders[members[0].order], members[0].fulfillment
    group = order.group_of(order.fulfillments[fulfillment - 1].group)
    people = await work.read(load_people, work.database, {group.recipient})
    package = Package(
        weight_g=max(1, combination.weight_g),
        length_mm=combination.length_mm,
        width_mm=combination.width_mm,
        height_mm=combination.height_mm,
    )
    settings = await work.settings()
    rate = request_of(order, fulfillment, package, settings, people)
    asked = Asked(_question(work, combination, orders, settings), rate)
    combination = await _chosen(work, job, combination, orders, asked)
    taken = combination.choice.taken if combination.choice is not None else None
    seller = taken.partner if taken is not None else work.partners.chosen(Kind.CARRIERS)
    service = taken.service if taken is not None else group.method
    request = LabelRequest(
        key=f"label-{combination.location}-{combination.id}-{service}",
        parcel_ref=f"combination {combination.id}",
        service=service,
        ship_from=rate.ship_from,
        ship_to=rate.ship_to,
        package=package,
        order_number=order.number,
        currency=order.currency,
    )
    partner = work.partners.partner(Kind.CARRIERS, seller, test=combination.test)
    outcomes = await work.call(partner, [job], lambda contract: contract.buy_labels([request]))
    if outcomes is None:
        return
    [outcome] = outcomes
    if isinstance(outcome, Labeled):
        await _keep(work, job, combination, seller, outcome)
        await inbound.replay_about([outcome.tracking_number])
        return
    why = Dropped.REFUSED if isinstance(outcome, NotLabeled) else Dropped.SILENT
    certain = isinstance(outcome, NotLabeled) or not outcome.in_doubt
    choice = combination.choice
    other = choose_without(choice, seller, why, service=service) if certain and choice is not None else None
    if other is not None:
        rated = RateCombination(combination=combination.id, members=_orders(combination), choice=other)
        await work.engine.answer_all([Submission(command=rated)])
        await _label(work, inbound, job, replace(combination, choice=other))
    elif isinstance(outcome, Trouble):
        await work.fail([job], outcome)
    else:
        await work.give_up([job], f"{seller} does not take it: {outcome.code} {outcome.message}".strip())


async def _chosen(work: Work, job: Job, combination: Combination, orders: Any, asked: Asked) -> Combination:
    """With a choice of carrier and service, where there is something to choose; written down before it is acted on."""
    if combination.choice is not None or job.body.test:
        return combination
    network = await work.read(work.network, work.services.clock())
    if not is_open(asked.question, network, sellers_of(work)):
        return combination
    [choice] = await choose_rates(work, [asked], network)
    command = RateCombination(combination=combination.id, members=_orders(combination), choice=choice)
    await work.engine.answer_all([Submission(command=command)])
    return replace(combination, choice=choice)


def _question(work: Work, combination: Combination, orders: dict[Any, Order], settings: Settings) -> Question:
    """Promised by the earliest of its orders."""
    promises = []
    for each in combination.members:
        order = orders[each.order]
        parcel = order.parcel_of(each.parcel)
        group = order.group_of(order.fulfillments[each.fulfillment - 1].group)
        if parcel is not None and not each.left:
            promises.append(promised_by(order, group, (item.line for item in parcel.items)))
    first = combination.members[0]
    order = orders[first.order]
    group = order.group_of(order.fulfillments[first.fulfillment - 1].group)
    return Question(
        origin=combination.location,
        place=group.place,
        method=group.method,
        weight_g=max(1, combination.weight_g),
        now=work.services.clock(),
        promised_by=min((each for each in promises if each is not None), default=None),
        upgrade_minor=min(settings.channels[each.channel].upgrade_minor for each in orders.values()),
    )


async def _keep(work: Work, job: Job, combination: Combination, seller: str, label: Labeled) -> None:
    papers = [each for each in label.documents if each.fits]
    command = LabelCombination(
        combination=combination.id,
        members=_orders(combination),
        carrier=label.carrier,
        service=label.service,
        tracking_number=label.tracking_number,
        partner=seller,
        cost_minor=label.cost_minor,
        cost_currency=label.currency,
        documents=tuple(
            ParcelDocument(each.format.value, len(each.content), sha256(each.content).hexdigest()) for each in papers
        ),
    )
    kept = tuple(
        KeptDocument(member.order, member.parcel, label.tracking_number, each.format.value, each.content)
        for member in combination.members
        if member.parcel and not member.left
        for each in papers
    )
    await work.submit([(job, command)], [kept])


async def _void(work: Work, job: Job, combination: Combination) -> None:
    outcome: Voided | NotVoided | Trouble = NotVoided(key="", code="no_carrier")
    if combination.partner:
        partner = work.partners.partner(Kind.CARRIERS, combination.partner, test=combination.test)
        request = VoidLabel(key=f"void-{combination.id}", tracking_number=combination.tracking_number)
        outcomes = await work.call(partner, [job], lambda contract: contract.void_labels([request]))
        if outcomes is None:
            return
        [outcome] = outcomes
    if isinstance(outcome, Trouble):
        await work.fail([job], outcome)
        return
    command = AnswerCombinationVoid(
        combination=combination.id,
        members=_orders(combination),
        voided=isinstance(outcome, Voided),
        code=outcome.code[:60] if isinstance(outcome, NotVoided) else "",
    )
    await work.submit([(job, command)])


def _orders(combination: Combination) -> tuple[Any, ...]:
    return tuple(each.order for each in combination.members)
