"""Orders looked at by the hold policy, and holds whose time is over."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from msgspec.structs import replace

from orderline.contracts.registry import Kind
from orderline.contracts.scores import Score, ScoreAsk, ScoreItem, ScoreOutcome, ScorePayment
from orderline.contracts.terms import Recipient
from orderline.core.holds.commands import BreachHold, Looked, ScreenOrder
from orderline.core.holds.lists import ListEntry, PutListEntry, Side, TraceKind, entry_id, hint_of
from orderline.core.holds.policy import HoldPolicy, Trigger, compile_holds
from orderline.core.holds.screening import OUTSIDE, countries_of
from orderline.core.orders.commands import Command
from orderline.core.orders.state import Order
from orderline.core.people.checking import problems_of
from orderline.core.people.normal import TRACES, digest, normal_address, normal_email, normal_phone
from orderline.core.policies.state import Policy, PolicyKind, named, text_id
from orderline.core.returns.commands import PolicyReference
from orderline.engine.submissions import Submission
from orderline.store.database import Database
from orderline.store.holds import (
    Counted,
    Trace,
    count_charged_back,
    count_earlier,
    count_returned,
    count_traces,
    due_holds,
    find_twins,
    load_entries,
    save_traces,
)
from orderline.store.jobs import Job
from orderline.store.policies import load_policies, load_texts
from orderline.store.secrets import secret_of
from orderline.store.working import KnownPerson, load_people
from orderline.values.failures import Refused, Trouble
from orderline.values.ids import OrderId
from orderline.worker.work import Work, order_of

GOODS: Final = "goods"
MOST: Final = 500
_NOBODY: Final = KnownPerson("", "", "", None)


class Look(NamedTuple):
    """An order that the policy is to look at. asked: of whom, and what; required: nothing is decided without the answer."""

    job: Job
    command: ScreenOrder
    scorer: str = ""
    asked: ScoreAsk | None = None
    required: bool = False


async def screen_orders(work: Work, jobs: Sequence[Job]) -> None:
    """Look up what the policy asks for, ask the scorer it names, and have the rule decide."""
    orders = await work.orders(jobs)
    looks = await work.read(_screenings, work.database, jobs, orders, work.services.clock())
    wanted = {look.job.id for look in looks}
    await work.finish([job for job in jobs if job.id not in wanted])
    groups: dict[tuple[str, bool], list[Look]] = {}
    for look in looks:
        if look.asked is not None:
            groups.setdefault((look.scorer, look.job.body.test), []).append(look)
    for (scorer, test), some in groups.items():
        work.spawn([look.job for look in some], _scored(work, scorer, test, some))
    await work.submit([(look.job, look.command) for look in looks if look.asked is None])


async def _scored(work: Work, scorer: str, test: bool, looks: Sequence[Look]) -> None:
    """Decide with what the scorer says; without it, where the policy goes on without."""
    asks = [look.asked for look in looks if look.asked is not None]
    jobs = [look.job for look in looks]
    try:
        partner = work.partners.partner(Kind.SCORES, scorer, test=test)
    except Refused as refused:  # nobody of that name is known here
        outcomes: list[ScoreOutcome] | None = [Trouble(scorer, str(refused)) for _ in asks]
    else:
        outcomes = await work.call(partner, jobs, lambda contract: contract.score(asks))
    if outcomes is None:
        return
    pairs: list[tuple[Job, Command]] = []
    for look, outcome in zip(looks, outcomes, strict=True):
        if isinstance(outcome, Score):
            looked = replace(look.command.looked, outside=outcome.points, reasons=outcome.reasons)
            pairs.append((look.job, replace(look.command, looked=looked)))
        elif look.required:
            await work.fail([look.job], outcome)
        else:
            pairs.append((look.job, look.command))
    await work.submit(pairs)


async def breach_holds(work: Work) -> int:
    """Do what holds say is done when nobody has acted in time; returns how many there were."""
    done = 0
    while True:
        found = await work.read(due_holds, work.database, work.services.clock(), MOST)
        commands = [BreachHold(order=order, hold=number) for order, number in found]
        outcomes = await work.engine.answer_all([Submission(command=command) for command in commands])
        acted = sum(1 for outcome in outcomes if outcome.refused is None and outcome.failed is None)
        done += acted
        if len(found) < MOST or not acted:
            return done


async def suggest_entries(work: Work, jobs: Sequence[Job]) -> None:
    """Suggest for the block list what an order is recognized by that was fraud or was charged back; a person has to say yes."""
    orders = await work.orders(jobs)
    asked = [(order, job.body.template) for job in jobs if (order := orders.get(order_of(job))) is not None]
    commands = await work.read(_suggestions, work.database, asked)
    await work.engine.answer_all([Submission(command=command) for command in commands])
    await work.finish(jobs)


def _screenings(database: Database, jobs: Sequence[Job], orders: Mapping[OrderId, Order], now: datetime) -> list[Look]:
    policies = load_policies(database, PolicyKind.HOLDS)
    wanted: list[tuple[Job, Order, PolicyReference | None]] = []
    for job in jobs:
        order = orders.get(order_of(job))
        if order is not None:
            at = order.accepted_at if job.body.template == Trigger.ACCEPT else now
            wanted.append((job, order, policy_for(policies, order, at)))
    named_ = {each for _, _, each in wanted if each is not None}
    texts = load_texts(database, {text_id(each.policy, each.digest) for each in named_})
    compiled = {
        each: compile_holds(texts[text_id(each.policy, each.digest)], named(each.policy, each.version))
        for each in named_
    }
    asked = [(order, compiled[each]) for _, order, each in wanted if each is not None]
    looked = look_up(database, asked, now)
    people = load_people(database, {order.person for order, policy in asked if policy.table.fraud.ask})
    made: list[Look] = []
    for job, order, reference in wanted:
        trigger = Trigger(job.body.template)
        if trigger is not Trigger.ACCEPT and (reference is None or not compiled[reference].looks_on(trigger)):
            continue
        found = looked.get(order.id, Looked())
        command = ScreenOrder(
            order=order.id, trigger=trigger, policy=reference, looked=found, resolved=job.body.key
        )  # fmt: skip
        fraud = compiled[reference].table.fraud if reference is not None else None
        if fraud is None or not fraud.ask:
            made.append(Look(job, command))
        elif trigger in (Trigger.ACCEPT, Trigger.EDIT):
            ask = ask_of(str(job.id), order, people.get(order.person, _NOBODY), found)
            made.append(Look(job, command, fraud.ask, ask, fraud.required))
        else:  # what was told before still holds: nothing else was agreed
            made.append(Look(job, replace(command, looked=replace(found, outside=told_before(order)))))
    return made


def ask_of(key: str, order: Order, person: KnownPerson, looked: Looked) -> ScoreAsk:
    """An order as an outside scorer is asked about it."""
    address = person.address
    place = order.agreement.groups[0].place
    return ScoreAsk(
        key=key,
        number=order.number,
        channel=order.channel,
        currency=order.currency,
        total_minor=order.agreement.total_minor,
        placed_at=order.accepted_at,
        buyer=Recipient(
            name=person.name,
            lines=address.lines if address is not None else (),
            city=place.city,
            region=place.region,
            postal_code=place.postal_code,
            country=place.country,
            phone=person.phone,
            email=person.email,
        ),
        items=tuple(
            ScoreItem(sku=line.sku, quantity=line.quantity, total_minor=line.total_minor)
            for line in order.agreement.lines
        ),
        payments=tuple(
            ScorePayment(provider=each.provider, method=each.method, token=each.token, amount_minor=each.amount_minor)
            for each in order.tenders
        ),
        countries=countries_of(order),
        earlier={kind: count for kind, count in looked.orders.items() if kind != "customer"},
    )


def told_before(order: Order) -> int | None:
    """The points that a scorer gave the last time."""
    points = order.screening.points if order.screening is not None else ()
    return next((each.points for each in points if each.rule == OUTSIDE), None)


def policy_for(policies: Sequence[Policy], order: Order, at: datetime) -> PolicyReference | None:
    """The hold policy that is for an order at an instant: the narrowest, then by name."""
    brand, store = str(order.custom.get("brand", "")), str(order.custom.get("store", ""))
    found = sorted(
        (-version.scope.width, each.id, version.number, version.digest)
        for each in policies
        if (version := each.active_at(at)) is not None and version.scope.holds(order.channel, brand, store)
    )
    return PolicyReference(*found[0][1:]) if found else None


def look_up(database: Database, asked: Sequence[tuple[Order, HoldPolicy]], now: datetime) -> dict[OrderId, Looked]:
    """What the policies of orders ask for that their documents do not say."""
    if not asked:
        return {}
    secret = secret_of(database, TRACES)
    persons = {order.person for order, _ in asked}
    people = load_people(database, persons)
    traces: dict[OrderId, list[Trace]] = {}
    for order, _ in asked:
        traces[order.id] = traces_of(secret, order, people.get(order.person, _NOBODY))
    save_traces(database, {each for some in traces.values() for each in some}, persons)
    counted: list[Counted] = []
    twins: list[Counted] = []
    for order, policy in asked:
        fraud = policy.table.fraud
        for each in traces[order.id]:
            if each.kind == GOODS:
                twins.append(Counted(each, order.accepted_at - timedelta(minutes=fraud.twins_minutes)))
            else:
                counted.append(Counted(each, order.accepted_at - timedelta(hours=fraud.window_hours)))
    counts = count_traces(database, counted)
    same = find_twins(database, twins)
    emails = {order.id: person.email for order, _ in asked if (person := people.get(order.person)) and person.email}
    earlier, returned = count_earlier(database, emails), count_returned(database, emails)
    disputed = count_charged_back(database, {each for some in traces.values() for each in some if each.kind != GOODS})
    ids = {entry_id(TraceKind(each.trace.kind), each.trace.digest) for each in counted}
    entries = {id_: entry for id_, entry in load_entries(database, ids).items() if entry.counts(now)}
    return {
        order.id: Looked(
            orders={
                "customer": earlier.get(order.id, 0),
                **{each.kind: counts.get((order.id, each.kind), 0) for each in traces[order.id] if each.kind != GOODS},
            },
            returned_orders=returned.get(order.id, (0, 0))[0],
            returned_units=returned.get(order.id, (0, 0))[1],
            charged_back=disputed.get(order.id, {}),
            twins=tuple(same.get(order.id, ())),
            blocked=_listed(traces[order.id], entries, Side.BLOCK),
            allowed=_listed(traces[order.id], entries, Side.ALLOW),
            address=problems_of(order, people.get(order.person, _NOBODY).address),
        )
        for order, _ in asked
    }


def traces_of(secret: bytes, order: Order, person: KnownPerson) -> list[Trace]:
    """What an order is recognized by: its customer, where it goes, its cards, and its goods together with the customer.

    Nothing, once nothing is known of its customer any more.
    """
    if order.person in order.erased:
        return []
    normal = {
        TraceKind.EMAIL: normal_email(person.email),
        TraceKind.PHONE: normal_phone(person.phone),
        TraceKind.ADDRESS: normal_address(person.address),
        TraceKind.CARD: next((each.token for each in order.tenders if each.token), ""),
    }
    who = next((text for text in normal.values() if text), "")
    goods = sorted((line.sku, line.quantity) for line in order.agreement.lines)
    texts = {kind.value: text for kind, text in normal.items() if text}
    if who:
        texts[GOODS] = f"{who} {goods}"
    return [Trace(order.id, kind, digest(secret, kind, text), order.accepted_at) for kind, text in texts.items()]


def _listed(traces: Sequence[Trace], entries: Mapping[str, ListEntry], side: Side) -> tuple[str, ...]:
    return tuple(
        each.kind
        for each in traces
        if each.kind != GOODS
        and (entry := entries.get(entry_id(TraceKind(each.kind), each.digest))) is not None
        and entry.side is side
    )


def _suggestions(database: Database, asked: Sequence[tuple[Order, str]]) -> list[PutListEntry]:
    secret = secret_of(database, TRACES)
    people = load_people(database, {order.person for order, _ in asked})
    made: list[PutListEntry] = []
    for order, why in asked:
        person = people.get(order.person, _NOBODY)
        hints = {
            "email": person.email,
            "phone": person.phone,
            "address": person.address.postal_code if person.address is not None else "",
            "card": next((each.token for each in order.tenders if each.token), ""),
        }
        for each in traces_of(secret, order, person):
            if each.kind != GOODS:
                kind = TraceKind(each.kind)
                made.append(
                    PutListEntry(
                        entry=entry_id(kind, each.digest),
                        side=Side.BLOCK,
                        kind=kind,
                        shown=hint_of(kind, hints[each.kind]),
                        reason=f"order {order.number} {why}"[:500],
                        suggested=True,
                    )
                )
    return made
