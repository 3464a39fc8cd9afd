"""Labels: buy them of the carrier for parcels that were packed, where the location does not buy its own."""

import logging
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from msgspec.structs import replace

from orderline.contracts.carriers import (
    Labeled,
    LabelOutcome,
    LabelRequest,
    NotLabeled,
    NotVoided,
    Package,
    Voided,
    VoidLabel,
    VoidOutcome,
)
from orderline.contracts.registry import Capability, Kind
from orderline.core.orders.commands import LabelParcel
from orderline.core.orders.parcels import Dropped, RateChoice
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.state import Order, Parcel, ParcelDocument, ParcelState
from orderline.core.shipments.commands import AnswerVoid, ChooseRate
from orderline.core.shipments.rates import choose_again, choose_without, is_open, question_of
from orderline.core.stock.state import Settings
from orderline.engine.recipients import recipient_of, sender_of
from orderline.engine.submissions import KeptDocument, Outcome, Submission
from orderline.store.jobs import Job
from orderline.store.working import load_people
from orderline.values.failures import Refused, Trouble
from orderline.worker.inbound import Inbound
from orderline.worker.rates import Asked as RateAsked
from orderline.worker.rates import choose_rates, request_of, sellers_of
from orderline.worker.work import Work, order_of

Asked = tuple[Job, Order, Parcel]
# So often a carrier is asked in vain that may have sold a label; then goods go rather than wait for it.
DOUBTED_MOST: Final = 1
_logger = logging.getLogger(__name__)


async def label_parcels(work: Work, jobs: Sequence[Job], *, inbound: Inbound) -> None:
    """One call to each carrier for all parcels claimed together."""
    carrier = work.partners.chosen(Kind.CARRIERS)
    orders = await work.orders(jobs)
    settings = await work.settings()
    wanted: list[Asked] = []
    idle: list[Job] = []
    held: list[tuple[Job, str]] = []
    for job in jobs:
        order = orders.get(order_of(job))
        parcel = order.parcel_of(job.body.parcel) if order is not None else None
        if order is None or parcel is None or not carrier or not _wants_label(work, settings, order, parcel, job):
            idle.append(job)
        elif any("label" in hold.blocks for hold in order.holds):
            held.append((job, R.BLOCKED_BY_HOLD.value))
        else:
            wanted.append((job, order, parcel))
    await work.finish(idle)
    await work.wait(held)
    if wanted:
        work.spawn([job for job, _, _ in wanted], _choose_and_buy(work, inbound, settings, wanted))


async def _choose_and_buy(work: Work, inbound: Inbound, settings: Settings, wanted: Sequence[Asked]) -> None:
    """Choose where there is something to choose, write the choice down, and buy of each carrier together."""
    network = await work.read(work.network, work.services.clock())
    sellers, now = sellers_of(work), work.services.clock()
    bought: list[Asked] = []
    shopped: list[Asked] = []
    for job, order, parcel in wanted:
        open_ = parcel.choice is None and not parcel.partner and not job.body.test
        shop = open_ and is_open(question_of(order, parcel, now, _spare(settings, order)), network, sellers)
        (shopped if shop else bought).append((job, order, parcel))
    if shopped:
        groups = [order.group_of(order.fulfillments[parcel.fulfillment - 1].group) for _, order, parcel in shopped]
        people = await work.read(load_people, work.database, {group.recipient for group in groups})
        asked: list[RateAsked] = []
        for _, order, parcel in shopped:
            request = request_of(order, parcel.fulfillment, _package(parcel), settings, people)
            asked.append(RateAsked(question_of(order, parcel, now, _spare(settings, order)), request))
        choices = await choose_rates(work, asked, network)
        bought += await _write_down(work, [(*each, choice) for each, choice in zip(shopped, choices, strict=True)])
    _spawn_buying(work, inbound, settings, bought)


def _spawn_buying(work: Work, inbound: Inbound, settings: Settings, bought: Sequence[Asked]) -> None:
    groups: dict[tuple[str, bool], list[Asked]] = {}
    for job, order, parcel in bought:
        groups.setdefault((_seller(work, parcel), job.body.test), []).append((job, order, parcel))
    for (carrier, test), asked in groups.items():
        work.spawn([job for job, _, _ in asked], _buy(work, inbound, settings, carrier, test, asked))


def _spare(settings: Settings, order: Order) -> int:
    """What may be spent on keeping a promise of the order."""
    return settings.channels[order.channel].upgrade_minor


async def _write_down(work: Work, chosen: Sequence[tuple[Job, Order, Parcel, RateChoice]]) -> list[Asked]:
    """Parcels with their choices, as they are journaled; those that can't be any more are done with."""
    commands = [ChooseRate(order=order.id, parcel=p.number, choice=choice) for _, order, p, choice in chosen]
    outcomes = await work.engine.answer_all([Submission(command=command) for command in commands])
    kept: list[Asked] = []
    ended: list[tuple[Job, Outcome]] = []
    for (job, order, parcel, choice), outcome in zip(chosen, outcomes, strict=True):
        if outcome.refused is None and outcome.failed is None:
            kept.append((job, order, replace(parcel, choice=choice)))
        else:
            ended.append((job, outcome))
    await work.end(ended)
    return kept


def _seller(work: Work, parcel: Parcel) -> str:
    """The connector that sells the label of a parcel."""
    taken = parcel.choice.taken if parcel.choice is not None else None
    return parcel.partner or (taken.partner if taken is not None else "") or work.partners.chosen(Kind.CARRIERS)


def _wants_label(work: Work, settings: Settings, order: Order, parcel: Parcel, job: Job) -> bool:
    if parcel.tracking_number or parcel.state is ParcelState.VOIDED:
        return False
    location = settings.locations[order.fulfillments[parcel.fulfillment - 1].location]
    if not location.partner or job.body.test:
        return True
    try:
        partner = work.partners.partner(Kind.WAREHOUSES, location.partner)
    except Refused:
        return True
    return not partner.can(Capability.OWN_LABELS)


async def _buy(
    work: Work, inbound: Inbound, settings: Settings, carrier: str, test: bool, asked: Sequence[Asked]
) -> None:
    partner = work.partners.partner(Kind.CARRIERS, carrier, test=test)
    groups = {job.id: order.group_of(order.fulfillments[p.fulfillment - 1].group) for job, order, p in asked}
    people = await work.read(load_people, work.database, {group.recipient for group in groups.values()})
    requests = [
        LabelRequest(
            key=_key_of(parcel),
            parcel_ref=parcel.ref or str(parcel.id),
            service=_service(parcel) or groups[job.id].method,
            ship_from=sender_of(settings.locations[order.fulfillments[parcel.fulfillment - 1].location]),
            ship_to=recipient_of(groups[job.id], people),
            package=_package(parcel),
            order_number=order.number,
            currency=order.currency,
        )
        for job, order, parcel in asked
    ]
    outcomes: list[LabelOutcome] | None = await work.call(
        partner, [job for job, _, _ in asked], lambda contract: contract.buy_labels(requests)
    )
    if outcomes is None:
        return
    pairs: list[tuple[Job, LabelParcel]] = []
    kept: list[tuple[KeptDocument, ...]] = []
    elsewhere: list[tuple[Job, Order, Parcel, RateChoice]] = []
    for (job, order, parcel), outcome in zip(asked, outcomes, strict=True):
        match outcome:
            case Labeled():
                papers = [each for each in outcome.documents if each.fits]
                if len(papers) < len(outcome.documents):
                    _logger.warning("%s sent a label that no printer takes: %s", carrier, outcome.tracking_number)
                command = LabelParcel(
                    order=order.id,
                    parcel=parcel.number,
                    carrier=outcome.carrier,
                    service=outcome.service,
                    tracking_number=outcome.tracking_number,
                    partner=carrier,
                    cost_minor=outcome.cost_minor,
                    cost_currency=outcome.currency,
                    documents=tuple(
                        ParcelDocument(each.format.value, len(each.content), sha256(each.content).hexdigest())
                        for each in papers
                    ),
                )
                pairs.append((job, command))
                kept.append(
                    tuple(
                        KeptDocument(order.id, parcel.number, outcome.tracking_number, each.format.value, each.content)
                        for each in papers
                    )
                )
            case NotLabeled():
                other = _other(parcel, Dropped.REFUSED, service=_service(parcel))
                if other is not None:
                    elsewhere.append((job, order, parcel, other))
                else:
                    await work.give_up([job], f"{carrier} does not take it: {outcome.code} {outcome.message}".strip())
            case Trouble():
                # What may have been bought is asked for once more under its key, before another carrier sells one.
                certain = not outcome.in_doubt or job.attempts > DOUBTED_MOST
                other = _other(parcel, Dropped.SILENT) if certain else None
                if other is not None:
                    elsewhere.append((job, order, parcel, other))
                    continue
                if parcel.choice is not None and certain:
                    await _write_down(work, [(job, order, parcel, choose_again(parcel.choice))])
                await work.fail([job], outcome)
    if elsewhere:
        _spawn_buying(work, inbound, settings, await _write_down(work, elsewhere))
    await work.submit(pairs, kept)
    # Scans may have come before the number was ours.
    await inbound.replay_about([command.tracking_number for _, command in pairs])


async def void_labels(work: Work, jobs: Sequence[Job]) -> None:
    """Labels that were not used go back to the carrier they were bought of."""
    orders = await work.orders(jobs)
    groups: dict[tuple[str, bool], list[Asked]] = {}
    idle: list[Job] = []
    for job in jobs:
        order = orders.get(order_of(job))
        parcel = order.parcel_of(job.body.parcel) if order is not None else None
        if order is None or parcel is None or not parcel.voiding or parcel.tracking_number != job.body.key:
            idle.append(job)
            continue
        carrier = parcel.partner or work.partners.chosen(Kind.CARRIERS)
        groups.setdefault((carrier, job.body.test), []).append((job, order, parcel))
    await work.finish(idle)
    for (carrier, test), asked in groups.items():
        work.spawn([job for job, _, _ in asked], _void(work, carrier, test, asked))


async def _void(work: Work, carrier: str, test: bool, asked: Sequence[Asked]) -> None:
    outcomes: list[VoidOutcome] | None
    if carrier:
        partner = work.partners.partner(Kind.CARRIERS, carrier, test=test)
        requests = [VoidLabel(key=f"void-{_key_of(p)}", tracking_number=p.tracking_number) for _, _, p in asked]
        outcomes = await work.call(
            partner, [job for job, _, _ in asked], lambda contract: contract.void_labels(requests)
        )
    else:
        # Nobody here sold it, so nobody takes it back.
        outcomes = [NotVoided(key="", code="no_carrier") for _ in asked]
    if outcomes is None:
        return
    pairs: list[tuple[Job, AnswerVoid]] = []
    for (job, order, parcel), outcome in zip(asked, outcomes, strict=True):
        match outcome:
            case Voided() | NotVoided():
                command = AnswerVoid(
                    order=order.id,
                    parcel=parcel.number,
                    tracking_number=parcel.tracking_number,
                    voided=isinstance(outcome, Voided),
                    code=outcome.code[:60] if isinstance(outcome, NotVoided) else "",
                )
                pairs.append((job, command))
            case Trouble():
                await work.fail([job], outcome)
    await work.submit(pairs)


def _other(parcel: Parcel, why: Dropped, *, service: str = "") -> RateChoice | None:
    """The choice without the seller that was asked; None: there is no other."""
    taken = parcel.choice.taken if parcel.choice is not None else None
    if parcel.choice is None or taken is None or parcel.partner:
        return None
    return choose_without(parcel.choice, taken.partner, why, service=service)


def _service(parcel: Parcel) -> str:
    """The service that was chosen, or named; empty: that of the delivery method."""
    taken = parcel.choice.taken if parcel.choice is not None else None
    return taken.service if taken is not None else parcel.service


def _package(parcel: Parcel) -> Package:
    return Package(
        weight_g=max(1, parcel.weight_g),
        length_mm=parcel.length_mm,
        width_mm=parcel.width_mm,
        height_mm=parcel.height_mm,
    )


def _key_of(parcel: Parcel) -> str:
    """The key of the label in force, or of the next one: each label of a parcel is bought once."""
    number = f"-{len(parcel.voided) + 1}" if parcel.voided else ""
    taken = parcel.choice.taken if parcel.choice is not None else None
    return f"label-{parcel.id}{number}" + (f"-{taken.service}" if taken is not None else "")
