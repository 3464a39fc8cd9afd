"""Notices: tell customers what has happened. The texts are plain until templates become policies."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from orderline.contracts.notices import Notice, NoticeFile, NoticeOutcome, NotSent, Sent
from orderline.contracts.registry import Kind
from orderline.core.decisions.commands import StrandDecision
from orderline.core.decisions.doubting import Doubt, suggestion_for
from orderline.core.decisions.links import DECISION_LINKS, QUESTION_PAGE, token_of
from orderline.core.decisions.state import DecisionState
from orderline.core.decisions.texts import shown_of
from orderline.core.pickups.codes import PICKUP_CODES, code_of
from orderline.core.pickups.stages import last_day, pickup_of, ready_parcels
from orderline.core.returns.state import NO_PARCEL, Custody
from orderline.store.documents import load_label
from orderline.store.jobs import Job
from orderline.store.reading.source import Source
from orderline.store.secrets import secret_of
from orderline.store.working import Customer, load_addresses, load_customers, load_decisions, load_people
from orderline.values.address import Address, address_lines
from orderline.values.failures import Trouble
from orderline.values.ids import OrderId, PersonToken
from orderline.values.money import Money
from orderline.worker.notice_links import order_links
from orderline.worker.work import Work, order_of

TEMPLATES: Final[dict[str, tuple[str, str]]] = {
    # template           subject                                  text
    "order_accepted":   ("Your order {number}",                  "Thank you. We have received your order {number}.{order_link}"),
    "order_shipped":    ("Your order {number} is on its way",    "Goods of your order {number} have left.{order_link}"),
    "handover_undone":  ("Your order {number} has not left yet",
                         "We told you that goods of your order {number} have left. They are here still, and will follow.{order_link}"),
    "order_substituted": ("Your order {number}: something else instead",
                         "Goods of your order {number} can't be had. You get something else in their place.{order_link}"),
    "order_changed":    ("Your order {number} was changed",      "Your order {number} was changed as agreed.{order_link}"),
    "order_auto_canceled": ("Your order {number}: goods can't be had",
                            "Goods of your order {number} could not be had in time and were canceled; you pay nothing for them.{order_link}"),
    "promise_revised":  ("Your order {number} will be later", "Goods of your order {number} will come later than promised.{order_link}"),
    "parcel_delivered": ("Your order {number} has arrived",      "A parcel of your order {number} was delivered.{order_link}"),
    "pickup_ready":     ("Your order {number} is ready",
                         "Goods of your order {number} lie ready at {place} until the end of {until}.{code}"),
    "pickup_reminder":  ("Your order {number} is waiting for you",
                         "Goods of your order {number} lie ready at {place} until the end of {until}.{code}"),
    "pickup_expired":   ("Your order {number} was not collected",
                         "Goods of your order {number} go back to the shelf at {place}; what you paid comes back."),
    "return_approved":  ("Your return of goods of {number}",
                         "You may send goods of your order {number} back until the end of {until}, to {place}."),
    "return_label":     ("How to send goods of {number} back",
                         "Send goods of your order {number} back with the label enclosed, until the end of {until}.{code}"),
    "repair_quoted":    ("Your order {number}: what the repair costs",
                         "We have looked at goods of your order {number}. Their repair costs {price}. Please tell us until the end of "
                         "{until} whether we are to go on; else you get them back as they are."),
    "return_sent_back": ("Goods of your order {number} come back to you",
                         "Goods of your order {number} that you have sent to us are on their way back to you."),
    "decision_asked":   ("Your order {number}: please decide",     "{shown}\n\nAnswer here: {link}"),
    "decision_reminder": ("Your order {number}: please decide",    "We have not heard from you.\n\n{shown}\n\nAnswer here: {link}"),
}  # fmt: skip


_LINKED: Final = frozenset(name for name, (_, text) in TEMPLATES.items() if "{order_link}" in text)
_DECISIONS: Final = frozenset({"decision_asked", "decision_reminder"})
_RETURNS: Final = frozenset({"return_approved", "return_label"})
_QUOTES: Final = frozenset({"repair_quoted"})
_PICKUPS: Final = frozenset({"pickup_ready", "pickup_reminder", "pickup_expired"})


async def send_notices(work: Work, jobs: Sequence[Job]) -> None:
    """One call for all messages claimed together; who left no address is not told, and what they were asked is staff's."""
    name = work.partners.chosen(Kind.NOTICES)
    customers = await _customers(work, jobs) if name else {}
    groups: dict[bool, list[tuple[Job, Customer, dict[str, str]]]] = {}
    idle: list[Job] = []
    lost: list[Job] = []
    facts: dict[UUID, dict[str, str]] = {}
    for templates, find in _FOUND_BY.items() if name else ():
        facts |= await find(work, [job for job in jobs if job.body.template in templates])
    linked = {order_of(job) for job in jobs if job.body.template in _LINKED}
    channels = {order: each.channel for order, each in customers.items() if order in linked and each.email}
    links = await order_links(work, channels) if channels else {}
    for job in jobs:
        customer = customers.get(order_of(job))
        is_due = job.id in facts or all(job.body.template not in templates for templates in _FOUND_BY)
        if customer is not None and not customer.email and job.body.template in _DECISIONS and is_due:
            lost.append(job)
        elif customer is None or not customer.email or job.body.template not in TEMPLATES or not is_due:
            idle.append(job)
        else:
            link = links.get(order_of(job), "")
            told = {"order_link": f"\n\nSee your order here: {link}" if link else "", **facts.get(job.id, {})}
            groups.setdefault(job.body.test, []).append((job, customer, told))
    await work.finish(idle)
    await _strand(work, lost, "there is no email address")
    for test, asked in groups.items():
        work.spawn([job for job, _, _ in asked], _send(work, name, test, asked))


async def _customers(work: Work, jobs: Sequence[Job]) -> dict[OrderId, Customer]:
    """Whom messages go to: who ordered, or, where they left no email address, whom the company of the order named."""
    found = await work.read(load_customers, work.database, {order_of(job) for job in jobs})
    without = [job for job in jobs if (known := found.get(order_of(job))) is not None and not known.email]
    if not without:
        return found
    orders = await work.orders(without)
    named = {id_: each.company.contact for id_, each in orders.items() if each.company and each.company.contact}
    people = await work.read(load_people, work.database, set(named.values()))
    for id_, token in named.items():
        if (person := people.get(token)) is not None:
            found[id_] = replace(found[id_], name=found[id_].name or person.name, email=person.email)
    return found


async def _strand(work: Work, jobs: Sequence[Job], reason: str) -> None:
    """Hand questions that reach nobody to staff."""
    await work.submit(
        [
            (job, StrandDecision(decision=job.body.key, order=order_of(job), sending=job.body.version, reason=reason))
            for job in jobs
        ]
    )


async def _pickups(work: Work, jobs: Sequence[Job]) -> dict[UUID, dict[str, str]]:
    """What messages about goods that lie ready say, by job; nothing, where they were collected meanwhile."""
    if not jobs:
        return {}
    orders = await work.orders(jobs)
    settings = await work.settings()
    secret = await work.read(secret_of, work.database, PICKUP_CODES)
    told: dict[UUID, dict[str, str]] = {}
    for job in jobs:
        order = orders.get(order_of(job))
        fulfillment = order.fulfillment_of(job.body.fulfillment) if order is not None else None
        pickup = pickup_of(order, fulfillment) if order is not None and fulfillment is not None else None
        if order is None or fulfillment is None or pickup is None or not ready_parcels(order, pickup):
            continue
        location = settings.locations[fulfillment.location]
        code = code_of(secret, order.id, fulfillment.number, pickup.seed) if pickup.code_hash else ""
        told[job.id] = {
            "place": location.name or location.code,
            "until": last_day(pickup, location.time_zone).isoformat(),
            "code": f" Show this code: {code}" if code else "",
        }
    return told


async def _returns(work: Work, jobs: Sequence[Job]) -> dict[UUID, dict[str, str]]:
    """What messages about returns say, by job; nothing, where the goods are on their way or given up."""
    if not jobs:
        return {}
    orders = await work.orders(jobs)
    settings = await work.settings()
    told: dict[UUID, dict[str, str]] = {}
    for job in jobs:
        order = orders.get(order_of(job))
        returned = order.returns[job.body.returned - 1] if order is not None else None
        if returned is None or all(item.custody is not Custody.APPROVED for item in returned.items):
            continue
        location = settings.locations.get(returned.to)
        until = (returned.expires_at or returned.moved_at).date().isoformat()
        code = returned.label.code if returned.label is not None else ""
        told[job.id] = {
            "place": (location.name or location.code) if location is not None else "us",
            "until": until,
            "code": f" Without a printer, show this code where parcels are taken in: {code}" if code else "",
        }
    return told


async def _quotes(work: Work, jobs: Sequence[Job]) -> dict[UUID, dict[str, str]]:
    """What messages about the price of repairs say, by job; nothing, where the customer has answered."""
    orders = await work.orders(jobs) if jobs else {}
    told: dict[UUID, dict[str, str]] = {}
    for job in jobs:
        order = orders.get(order_of(job))
        if order is None:
            continue
        returned = order.returns[job.body.returned - 1]
        asked = [item.quote.total_minor for item in returned.items if item.quote and item.custody is Custody.QUOTED]
        if asked:
            until = (returned.expires_at or returned.moved_at).date().isoformat()
            told[job.id] = {"price": str(Money(sum(asked), order.currency)), "until": until}
    return told


async def _labels(work: Work, jobs: Sequence[Job]) -> dict[UUID, NoticeFile]:
    """The labels of returns to be printed, by job, as far as they are kept."""
    orders = await work.orders(jobs) if jobs else {}
    files: dict[UUID, NoticeFile] = {}
    for job in jobs:
        order = orders.get(order_of(job))
        label = order.returns[job.body.returned - 1].label if order is not None else None
        if order is not None and label is not None:
            content = await work.read(_label, work, order.id, label.tracking_number)
            if content is not None:
                files[job.id] = NoticeFile(
                    name=f"{label.tracking_number}.pdf", media="application/pdf", content=content
                )
    return files


def _label(work: Work, order: OrderId, tracking_number: str) -> bytes | None:
    with work.database.connection() as connection:
        source = Source(connection, work.database.cell)
        return load_label(source, order, NO_PARCEL, tracking_number, "pdf")


async def _decisions(work: Work, jobs: Sequence[Job]) -> dict[UUID, dict[str, str]]:
    """What messages about decision requests say, by job; nothing, where they were answered or offered anew."""
    if not jobs:
        return {}
    known = await work.read(load_decisions, work.database, {job.body.key for job in jobs})
    secret = await work.read(secret_of, work.database, DECISION_LINKS)
    doubts = {each.about.doubt.recipient for each in known.values() if each.about.doubt is not None}
    addresses = await work.read(load_addresses, work.database, doubts) if doubts else {}
    told: dict[UUID, dict[str, str]] = {}
    for job in jobs:
        decision = known.get(job.body.key)
        if decision is None or decision.state is not DecisionState.SENT or decision.sendings != job.body.version:
            continue
        token = token_of(secret, decision.id, decision.nonce)
        link = f"{work.services.public_url}{QUESTION_PAGE}{token}"
        told[job.id] = {"shown": f"{shown_of(decision)}{_doubted(decision.about.doubt, addresses)}", "link": link}
    return told


def _doubted(doubt: Doubt | None, addresses: Mapping[PersonToken, Address]) -> str:
    """The address that is doubted, and how it would rather be written: in the message alone, which is kept nowhere."""
    address = addresses.get(doubt.recipient) if doubt is not None else None
    if address is None:
        return ""
    suggestion = suggestion_for(doubt, address)
    parts = ["The address we have:", *address_lines(address)]
    if suggestion is not None:
        parts += ["", "We would write it:", *address_lines(suggestion)]
    return "\n\n" + "\n".join(parts)


async def _send(work: Work, name: str, test: bool, asked: Sequence[tuple[Job, Customer, dict[str, str]]]) -> None:
    partner = work.partners.partner(Kind.NOTICES, name, test=test)
    notices: list[Notice] = []
    labels = await _labels(work, [job for job, _, _ in asked if job.body.template == "return_label"])
    for job, customer, facts in asked:
        subject, text = TEMPLATES[job.body.template]
        said = text.format(number=customer.number, **facts)
        notices.append(
            Notice(
                key=str(job.id),
                to=customer.email,
                subject=subject.format(number=customer.number),
                text=f"{customer.name}\n\n{said}".strip(),
                about=customer.number,
                files=(labels[job.id],) if job.id in labels else (),
            )
        )
    outcomes: list[NoticeOutcome] | None = await work.call(
        partner, [job for job, _, _ in asked], lambda contract: contract.send(notices)
    )
    if outcomes is None:
        return
    done: list[Job] = []
    for (job, _, _), outcome in zip(asked, outcomes, strict=True):
        match outcome:
            case Sent():
                done.append(job)
            case NotSent() if job.body.template in _DECISIONS:
                await _strand(work, [job], f"the message was refused: {outcome.code}")
            case NotSent():
                await work.give_up([job], f"not sent: {outcome.code} {outcome.message}".strip())
            case Trouble():
                await work.fail([job], outcome)
    await work.finish(done)


# How it is found what messages of these templates say; those about what is over meanwhile are not sent.
_FOUND_BY: Final = {_PICKUPS: _pickups, _DECISIONS: _decisions, _RETURNS: _returns, _QUOTES: _quotes}
