"""Inbound: calls of partners, verified before they are read; each fact has one effect, however often it is told.

Facts about one order go to the engine as a chain, so that none overtakes another. A fact that comes too early is
parked in the inbox and tried again when something has happened to its order, and by the clock. A call is answered
well only when every fact of it is taken in, parked or refused for good.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import msgspec

from orderline.contracts.carriers import TrackingFact
from orderline.contracts.channels import ChannelCancellationRequested, ChannelOrderPlaced
from orderline.contracts.disputes import DisputeFact
from orderline.contracts.payments import PaymentFact
from orderline.contracts.registry import Capability, Kind, RegistryRefusal
from orderline.contracts.warehouses import WarehouseFact
from orderline.core.orders.commands import RejectUnits
from orderline.core.orders.state import Order
from orderline.core.stock.state import Settings
from orderline.engine.submissions import Outcome
from orderline.store.documents import load_combination
from orderline.store.inbox import (
    KeptFact,
    Place,
    locate_fulfillments,
    locate_orders,
    locate_parcels,
    locate_returns,
    parked_due,
    parked_of_subjects,
    put_facts,
)
from orderline.store.reconciling import locate_payments
from orderline.store.working import read_orders
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from orderline.worker.answered import answers_of, refunds_sent_back, says_sent_back
from orderline.worker.channel_facts import channel_of
from orderline.worker.facts import order_in
from orderline.worker.meanings import meanings, note_words, park_lacking
from orderline.worker.partners import Partners
from orderline.worker.services import Services
from orderline.worker.told import (
    Told,
    Verdict,
    discrepancy_of,
    is_done,
    judge,
    name_of,
    numbers_in,
    paid_by,
    park_unmapped,
    payment_of,
    plan_cancellation,
    plan_channel_order,
    plan_dispute,
    plan_payment,
    plan_tracking,
    plan_warehouse,
    shelf_is_empty,
    submissions_of,
    told_again,
)
from orderline.worker.waiting import WaitingRoom
from orderline.worker.words import UNMAPPED, in_our_words
from orderline.worker.work import Work

# Seconds until a parked fact is tried by the clock, time after time; after the last it is refused.
PARKED_S: Final = (2.0, 10.0, 30.0, 120.0, 600.0, 3_600.0, 21_600.0)
ROUNDS: Final = 10
MANY: Final = 1_000
MONEY: Final = (PaymentFact, DisputeFact)

_encode = msgspec.json.Encoder().encode


class FactVerdict(msgspec.Struct, frozen=True, omit_defaults=True):
    event_id: str
    verdict: Verdict
    reason: str = ""


class InboundAnswer(msgspec.Struct, frozen=True):
    """One verdict for each fact, in order. A partner need not tell any of them again."""

    verdicts: list[FactVerdict]


class Inbound:
    """Takes in what partners tell; belongs to one event loop."""

    def __init__(self, services: Services, work: Work | None = None) -> None:
        self._services = services
        self._own = work is None
        self._work = work or Work(services, "inbound")
        self._partners: Partners = self._work.partners
        self._room = WaitingRoom()

    async def take_in(self, partner: str, headers: Mapping[str, str], body: bytes) -> InboundAnswer:
        """Verify, read and apply a call of a partner.

        Refused CONNECTOR_UNKNOWN, CONNECTOR_NOT_CONFIGURED: nobody of that name is a partner here.
        Refused SIGNATURE_MISSING, SIGNATURE_INVALID, BODY_TOO_LARGE, BODY_MALFORMED: nothing was taken in.
        Trouble: the database, or the partner that has to be asked whether it is genuine, did not answer; to be told again.
        """
        installed = self._services.installed.get(partner)
        if installed is None:
            raise Refused(RegistryRefusal.CONNECTOR_UNKNOWN, value=partner, allowed=sorted(self._services.connectors))
        opened = self._partners.partner(installed.kind, partner)
        if installed.can(Capability.VERIFY_BY_CALL):
            await opened.contract.verify_inbound(headers, body)
        facts = opened.contract.parse_inbound(headers, body)
        opened.calls.told(len(facts))
        told = [Told(partner, fact) for fact in facts]
        await self._apply(told)
        return InboundAnswer(
            [FactVerdict(each.fact.event_id, each.verdict or Verdict.REFUSED, each.reason) for each in told]
        )

    async def take_told(self, partner: str, facts: Sequence[Any]) -> None:
        """Apply facts that a partner told when it was asked."""
        await self._apply([Told(partner, fact) for fact in facts])

    async def replay_parked(self) -> int:
        """Try parked facts again whose time has come; returns how many were tried."""
        found = await self._work.read(parked_due, self._work.database, self._services.clock())
        told = [told_again(each, by_clock=True) for each in found]
        await self._apply(told)
        return len(told)

    async def replay_about(self, subjects: Sequence[str]) -> None:
        """Try parked facts again that wait for something to happen to these."""
        found = await self._work.read(parked_of_subjects, self._work.database, subjects)
        await self._apply([told_again(each, by_clock=False) for each in found])

    async def close(self) -> None:
        """Let go of connections."""
        if self._own:
            await self._work.close()

    async def _apply(self, told: list[Told]) -> None:
        """Bring facts to their verdicts, and then those parked ones that these made possible."""
        for _ in range(ROUNDS):
            if not told:
                return
            await self._bring(told)
            await self._keep(told)
            await note_words(self._work, told)
            for each in told:
                if each.first is not None:
                    each.first.verdict, each.first.reason = each.verdict, each.reason
            moved = _moved(told)
            found = await self._work.read(parked_of_subjects, self._work.database, moved) if moved else []
            # What was parked just now is looked at once more: what it waits for may have come before it was parked,
            # and whatever comes later finds it there.
            names = {(each.partner, each.event_id) for each in found}
            new = [e for e in told if e.verdict is Verdict.PARKED and not e.known and name_of(e) not in names]
            told = [told_again(each, by_clock=False) for each in found]
            told += [Told(e.partner, e.fact, e.attempts, known=True, first=e) for e in new]

    async def _bring(self, told: Sequence[Told]) -> None:
        """Plan and submit. Facts that come a moment too early wait for those before, which may be on their way."""
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + self._services.patience_s
        waiting = told
        while True:
            with self._room.seat(_expected(waiting)) as seat:
                await self._plan(waiting)
                seat.also(str(each.order) for each in waiting if each.order is not None)
                await self._submit(waiting)
                await park_lacking(self._work, waiting)
                self._room.call(_moved(waiting))
                waiting = [e for e in waiting if e.verdict is Verdict.PARKED and not e.known and e.reason != UNMAPPED]
                if not waiting or not await seat.called(give_up_at - loop.time()):
                    return
            for each in waiting:
                each.verdict, each.reason = None, ""

    async def _plan(self, told: Sequence[Told]) -> None:
        """Find what facts are about, and the commands they are."""
        work = self._work
        fulfillments = {each.fact.fulfillment_id for each in told if isinstance(each.fact, WarehouseFact)}
        numbers = {each.fact.tracking_number for each in told if isinstance(each.fact, TrackingFact)}
        keyed = {id_ for each in told if isinstance(each.fact, MONEY) and (id_ := order_in(each.fact.key))}
        settings = await work.settings()
        works = await work.read(locate_fulfillments, work.database, fulfillments) if fulfillments else {}
        parcels = await work.read(locate_parcels, work.database, numbers) if numbers else {}
        combined = {place.combined for places in parcels.values() for place in places if place.combined}
        combinations = {id_: await work.read(load_combination, work.database, id_) for id_ in sorted(combined)}
        carrier = self._partners.chosen(Kind.CARRIERS)
        named = await self._named(told, settings)
        located = await self._located(told)
        returning = await work.read(locate_returns, work.database, numbers) if numbers else {}
        wanted = {order for order, _ in returning.values()} | keyed | set(named.values()) | set(located.values())
        orders = await work.read(read_orders, work.database, wanted) if wanted else {}
        sent_back = [
            (each.fact, order, each.partner)
            for each in told
            if isinstance(each.fact, PaymentFact) and says_sent_back(each.fact)
            if (order := paid_by(each, each.fact, orders, located)) is not None
        ]
        doubted = {order.id for _, order, _ in sent_back}
        answers = await work.read(answers_of, work.database, doubted, orders) if doubted else {}
        came_back = refunds_sent_back(sent_back, answers)
        known = await meanings(work, told)
        for each in told:
            fact, waits, ignored = in_our_words(each.partner, each.fact, known)
            if ignored:
                each.verdict, each.reason = Verdict.REFUSED, ignored
            elif waits:
                park_unmapped(each, waits)
            elif isinstance(fact, WarehouseFact):
                plan_warehouse(each, fact, works.get(fact.fulfillment_id), settings)
            elif isinstance(fact, TrackingFact):
                places, back = parcels.get(fact.tracking_number, ()), returning.get(fact.tracking_number)
                plan_tracking(each, fact, places, carrier, combinations, _back(orders, back))
            elif isinstance(fact, PaymentFact):
                plan_payment(each, fact, orders, located, came_back)
            elif isinstance(fact, DisputeFact):
                plan_dispute(each, fact, orders, located)
            elif isinstance(fact, ChannelOrderPlaced):
                plan_channel_order(each, fact, settings)
            elif isinstance(fact, ChannelCancellationRequested):
                order_id = named.get((each.partner, fact.external_id))
                plan_cancellation(each, fact, orders.get(order_id) if order_id is not None else None)
            else:
                each.verdict, each.reason = Verdict.NO_EFFECT, "nothing follows from it yet"

    async def _located(self, told: Sequence[Told]) -> dict[tuple[str, str], OrderId]:
        """The orders of payments, by (partner, name of the payment there)."""
        names = {(each.partner, payment_of(each.fact)) for each in told if isinstance(each.fact, MONEY)}
        found = await self._work.read(locate_payments, self._work.database, names) if names else {}
        return {name: OrderId(order) for name, order in found.items()}

    async def _named(self, told: Sequence[Told], settings: Settings) -> dict[tuple[str, str], OrderId]:
        """The orders that channels want canceled, by (partner, external id)."""
        asked = {
            (each.partner, each.fact.external_id): (channel.code, each.fact.external_id)
            for each in told
            if isinstance(each.fact, ChannelCancellationRequested)
            and (channel := channel_of(settings, each.partner)) is not None
        }
        if not asked:
            return {}
        found = await self._work.read(locate_orders, self._work.database, set(asked.values()))
        return {partner: found[name] for partner, name in asked.items() if name in found}

    async def _submit(self, told: Sequence[Told]) -> None:
        by_subject: dict[str, list[Told]] = {}
        for each in told:
            if each.verdict is None:
                by_subject.setdefault(str(each.order or each.subject), []).append(each)
        chains = list(by_subject.values())
        again: list[Told] = []
        unasked: list[Told] = []
        for chain, answers in zip(chains, await self._answer(chains), strict=True):
            for each, own in zip(chain, answers, strict=True):
                judge(each, own)
                if each.verdict is Verdict.PARKED and shelf_is_empty(each, own):
                    again.append(each)
                elif (reported := discrepancy_of(each, own)) is not None:
                    # It has happened all the same: it is kept, and a person sees to it.
                    each.verdict, each.reason, each.commands = None, "", [reported]
                    unasked.append(each)
        if unasked:
            await self._submit(unasked)
        if again:
            # The shelf had fewer units than were missing on it: the rejection stands, the record needs a count.
            for each in again:
                each.verdict, each.reason, each.without_shelf = None, "", True
                each.commands = [
                    msgspec.structs.replace(c, shelf="") if isinstance(c, RejectUnits) else c for c in each.commands
                ]
            await self._submit(again)

    async def _answer(self, chains: Sequence[Sequence[Told]]) -> list[list[list[Outcome]]]:
        """The outcomes of each fact of each chain; fewer than it has commands, when one of them was not done."""
        engine = self._work.engine
        simple = [all(len(each.commands) == 1 for each in chain) for chain in chains]
        together = [
            [s for each in chain for s in submissions_of(each)]
            for chain, alone in zip(chains, simple, strict=True)
            if alone
        ]
        at_once, *one_by_one = await asyncio.gather(
            engine.answer_chains(together),
            *(self._answer_in_steps(chain) for chain, alone in zip(chains, simple, strict=True) if not alone),
        )
        first, second = iter(at_once), iter(one_by_one)
        return [[[outcome] for outcome in next(first)] if alone else next(second) for alone in simple]

    async def _answer_in_steps(self, chain: Sequence[Told]) -> list[list[Outcome]]:
        """As `_answer`, of a chain with facts of several commands: none is taken in before all of it is done."""
        answers: list[list[Outcome]] = []
        for each in chain:
            own: list[Outcome] = []
            for submission in submissions_of(each):
                own += (await self._work.engine.answer_chains([[submission]]))[0]
                if not is_done(own[-1]):
                    break
            answers.append(own)
        return answers

    async def _keep(self, told: Sequence[Told]) -> None:
        """Remember what has no effect: parked to be tried again, or refused."""
        now = self._services.clock()
        kept: list[KeptFact] = []
        for each in told:
            if each.verdict is Verdict.PARKED:
                # What waits for a person waits as long as that takes.
                attempts = min(each.attempts + each.by_clock, len(PARKED_S) - 1 if each.reason == UNMAPPED else MANY)
                if attempts >= len(PARKED_S):
                    each.verdict = Verdict.REFUSED
                else:
                    kept.append(
                        KeptFact(
                            each.partner,
                            each.fact.event_id,
                            each.reason,
                            subject=each.subject,
                            body=_encode(each.fact).decode(),
                            due_at=now + timedelta(seconds=PARKED_S[attempts]),
                            attempts=attempts,
                        )
                    )
            if each.verdict in (Verdict.REFUSED, Verdict.NO_EFFECT):
                kept.append(KeptFact(each.partner, each.fact.event_id, each.reason, subject=each.subject))
        if kept:
            await self._work.read(put_facts, self._work.database, kept, now)


def _back(orders: Mapping[OrderId, Order], found: tuple[OrderId, int] | None) -> Place | None:
    """The return of a parcel, and who may tell of it."""
    order = orders.get(found[0]) if found is not None else None
    if order is None or found is None:
        return None
    returned = order.returns[found[1] - 1]
    partner = returned.label.partner if returned.label is not None else ""
    sold = order.parcel_of(returned.parcel) if returned.parcel else None
    return Place(
        order.id,
        returned.number,
        partner=partner or (sold.partner if sold is not None else ""),
        carrier=returned.carrier,
    )


def _expected(told: Sequence[Told]) -> set[str]:
    """What facts may be waiting for, as far as they say it themselves."""
    return {getattr(each.fact, "tracking_number", "") for each in told} - {""}


def _moved(told: Sequence[Told]) -> set[str]:
    """What others may have waited for: the orders, and the tracking numbers, that facts have moved."""
    taken = [each for each in told if each.verdict is Verdict.TAKEN]
    moved = {str(each.order) for each in taken if each.order is not None}
    moved.update(each.subject for each in taken)
    moved.update(number for each in taken for number in numbers_in(each.fact))
    return moved
