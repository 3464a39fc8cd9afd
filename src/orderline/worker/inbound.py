"""Inbound: calls of partners, verified before they are read; each fact has one effect, however often it is told.

Facts about one order go to the engine as a chain, so that none overtakes another. A fact that comes too early is
parked in the inbox and tried again when something has happened to its order, and by the clock. A call is answered
well only when every fact of it is taken in, parked or refused for good.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import msgspec

from orderline.contracts.carriers import TrackingFact
from orderline.contracts.inbound import AnyFact
from orderline.contracts.payments import PaymentFact
from orderline.contracts.registry import RegistryRefusal
from orderline.contracts.warehouses import WarehouseFact
from orderline.core.context import Actor
from orderline.core.orders.commands import Command, RejectUnits
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.state import Order
from orderline.core.stock.state import Settings
from orderline.engine.submissions import EngineRefusal, Outcome, Submission
from orderline.store.inbox import (
    KeptFact,
    ParkedFact,
    Place,
    locate_fulfillments,
    locate_parcels,
    parked_due,
    parked_of_subjects,
    put_facts,
)
from orderline.store.working import read_orders
from orderline.values.failures import Refused, Trouble
from orderline.values.ids import OrderId
from orderline.worker.facts import parse_payment_fact, parse_tracking_fact, parse_warehouse_fact
from orderline.worker.ladder import DONE, told_error
from orderline.worker.partners import Partners
from orderline.worker.services import Services
from orderline.worker.work import Work

# Seconds until a parked fact is tried by the clock, time after time; after the last it is refused.
PARKED_S: Final = (2.0, 10.0, 30.0, 120.0, 600.0, 3_600.0, 21_600.0)
# Refusals that pass when what comes before has been told.
EARLY: Final = frozenset(
    {
        R.QUANTITY_NOT_AVAILABLE.value,
        R.PARCEL_NOT_PACKED.value,
        R.PARCEL_NOT_SHIPPED.value,
        R.PARCEL_UNKNOWN.value,
        R.LINE_UNKNOWN.value,
        R.BLOCKED_BY_HOLD.value,
    }
)
ROUNDS: Final = 10

_facts = msgspec.json.Decoder(AnyFact)
_encode = msgspec.json.Encoder().encode


class Verdict(StrEnum):
    """What became of a fact."""

    TAKEN = "taken"
    KNOWN = "known"
    PARKED = "parked"
    NO_EFFECT = "no_effect"
    REFUSED = "refused"


class FactVerdict(msgspec.Struct, frozen=True, omit_defaults=True):
    event_id: str
    verdict: Verdict
    reason: str = ""


class InboundAnswer(msgspec.Struct, frozen=True):
    """One verdict for each fact, in order. A partner need not tell any of them again."""

    verdicts: list[FactVerdict]


@dataclass(slots=True)
class _Told:
    """A fact on its way through."""

    partner: str
    fact: Any
    attempts: int = 0
    by_clock: bool = False
    subject: str = ""
    order: OrderId | None = None
    commands: Sequence[Command] = ()
    verdict: Verdict | None = None
    reason: str = ""
    known: bool = False  # it stands in the inbox already
    first: "_Told | None" = None  # the same fact, as the partner told it
    without_shelf: bool = False


class Inbound:
    """Takes in what partners tell; belongs to one event loop."""

    def __init__(self, services: Services, work: Work | None = None) -> None:
        self._services = services
        self._own = work is None
        self._work = work or Work(services, "inbound")
        self._partners: Partners = self._work.partners

    async def take_in(self, partner: str, headers: Mapping[str, str], body: bytes) -> InboundAnswer:
        """Verify, read and apply a call of a partner.

        Refused CONNECTOR_UNKNOWN, CONNECTOR_NOT_CONFIGURED: nobody of that name is a partner here.
        Refused SIGNATURE_MISSING, SIGNATURE_INVALID, BODY_TOO_LARGE, BODY_MALFORMED: nothing was taken in.
        Trouble: the database did not answer; to be told again.
        """
        installed = self._services.installed.get(partner)
        if installed is None:
            raise Refused(RegistryRefusal.CONNECTOR_UNKNOWN, value=partner, allowed=sorted(self._services.connectors))
        opened = self._partners.partner(installed.kind, partner)
        facts = opened.contract.parse_inbound(headers, body)
        told = [_Told(partner, fact) for fact in facts]
        await self._apply(told)
        return InboundAnswer(
            [FactVerdict(each.fact.event_id, each.verdict or Verdict.REFUSED, each.reason) for each in told]
        )

    async def replay_parked(self) -> int:
        """Try parked facts again whose time has come; returns how many were tried."""
        found = await self._work.read(parked_due, self._work.database, self._services.clock())
        told = [_told_again(each, by_clock=True) for each in found]
        await self._apply(told)
        return len(told)

    async def replay_about(self, subjects: Sequence[str]) -> None:
        """Try parked facts again that wait for something to happen to these."""
        found = await self._work.read(parked_of_subjects, self._work.database, subjects)
        await self._apply([_told_again(each, by_clock=False) for each in found])

    async def close(self) -> None:
        """Let go of connections."""
        if self._own:
            await self._work.close()

    async def _apply(self, told: list[_Told]) -> None:
        """Bring facts to their verdicts, and then those parked ones that these made possible."""
        for _ in range(ROUNDS):
            if not told:
                return
            await self._plan(told)
            await self._submit(told)
            await self._keep(told)
            for each in told:
                if each.first is not None:
                    each.first.verdict, each.first.reason = each.verdict, each.reason
            moved = {str(each.order) for each in told if each.verdict is Verdict.TAKEN and each.order is not None}
            moved.update(each.subject for each in told if each.verdict is Verdict.TAKEN)
            moved.update(number for each in told if each.verdict is Verdict.TAKEN for number in _numbers(each.fact))
            found = await self._work.read(parked_of_subjects, self._work.database, moved) if moved else []
            # What was parked just now is looked at once more: what it waits for may have come before it was parked,
            # and whatever comes later finds it there.
            names = {(each.partner, each.event_id) for each in found}
            new = [e for e in told if e.verdict is Verdict.PARKED and not e.known and _name(e) not in names]
            told = [_told_again(each, by_clock=False) for each in found]
            told += [_Told(e.partner, e.fact, e.attempts, known=True, first=e) for e in new]

    async def _plan(self, told: Sequence[_Told]) -> None:
        """Find what facts are about, and the commands they are."""
        work = self._work
        fulfillments = {each.fact.fulfillment_id for each in told if isinstance(each.fact, WarehouseFact)}
        numbers = {each.fact.tracking_number for each in told if isinstance(each.fact, TrackingFact)}
        keyed = {id_ for each in told if isinstance(each.fact, PaymentFact) and (id_ := _order_in(each.fact.key))}
        settings = await work.settings()
        works = await work.read(locate_fulfillments, work.database, fulfillments) if fulfillments else {}
        parcels = await work.read(locate_parcels, work.database, numbers) if numbers else {}
        orders = await work.read(read_orders, work.database, keyed) if keyed else {}
        for each in told:
            fact = each.fact
            if isinstance(fact, WarehouseFact):
                _plan_warehouse(each, fact, works.get(fact.fulfillment_id), settings)
            elif isinstance(fact, TrackingFact):
                _plan_tracking(each, fact, parcels.get(fact.tracking_number))
            elif isinstance(fact, PaymentFact):
                _plan_payment(each, fact, orders)
            else:
                each.verdict, each.reason = Verdict.NO_EFFECT, "nothing follows from it yet"

    async def _submit(self, told: Sequence[_Told]) -> None:
        by_order: dict[OrderId | None, list[_Told]] = {}
        for each in told:
            if each.verdict is None:
                by_order.setdefault(each.order, []).append(each)
        chains = list(by_order.values())
        outcomes = await self._work.engine.answer_chains(
            [[s for e in chain for s in _submissions(e)] for chain in chains]
        )
        again: list[_Told] = []
        for chain, answers in zip(chains, outcomes, strict=True):
            at = 0
            for each in chain:
                own = answers[at : at + len(each.commands)]
                at += len(each.commands)
                _judge(each, own)
                if each.verdict is Verdict.PARKED and _shelf_is_empty(each, own):
                    again.append(each)
        if again:
            # The shelf had fewer units than were missing on it: the rejection stands, the record needs a count.
            for each in again:
                each.verdict, each.reason, each.without_shelf = None, "", True
                each.commands = [
                    msgspec.structs.replace(c, shelf="") if isinstance(c, RejectUnits) else c for c in each.commands
                ]
            await self._submit(again)

    async def _keep(self, told: Sequence[_Told]) -> None:
        """Remember what has no effect: parked to be tried again, or refused."""
        now = self._services.clock()
        kept: list[KeptFact] = []
        for each in told:
            if each.verdict is Verdict.PARKED:
                attempts = each.attempts + each.by_clock
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


def _told_again(parked: ParkedFact, *, by_clock: bool) -> _Told:
    return _Told(parked.partner, _facts.decode(parked.body), parked.attempts, by_clock, known=True)


def _name(each: _Told) -> tuple[str, str]:
    return each.partner, each.fact.event_id


def _plan_warehouse(each: _Told, fact: Any, place: Place | None, settings: Settings) -> None:
    each.subject = str(fact.fulfillment_id)
    if place is None:
        each.verdict, each.reason = Verdict.PARKED, R.FULFILLMENT_UNKNOWN.value
        return
    location = settings.locations.get(place.location)
    if location is None or location.partner != each.partner:
        # It is somebody else's: no word about whether it exists.
        each.verdict, each.reason = Verdict.REFUSED, R.FULFILLMENT_UNKNOWN.value
        return
    each.order, each.subject = place.order, str(place.order)
    _plan_commands(each, parse_warehouse_fact(fact, place))


def _plan_tracking(each: _Told, fact: TrackingFact, place: Place | None) -> None:
    each.subject = fact.tracking_number
    if place is None:
        each.verdict, each.reason = Verdict.PARKED, R.PARCEL_UNKNOWN.value
        return
    each.order, each.subject = place.order, str(place.order)
    _plan_commands(each, parse_tracking_fact(fact, place))


def _plan_payment(each: _Told, fact: PaymentFact, orders: Mapping[OrderId, Order]) -> None:
    each.subject = fact.key or fact.reference
    order_id = _order_in(fact.key)
    order = orders.get(order_id) if order_id is not None else None
    if order is None:
        each.verdict, each.reason = Verdict.REFUSED, R.PAYMENT_REQUEST_UNKNOWN.value
        return
    each.order, each.subject = order.id, str(order.id)
    _plan_commands(each, parse_payment_fact(fact, order, each.partner))


def _plan_commands(each: _Told, commands: Sequence[Command]) -> None:
    each.commands = commands
    if not commands:
        each.verdict, each.reason = Verdict.NO_EFFECT, "it is known"


def _submissions(each: _Told) -> list[Submission]:
    """The commands of a fact; the last carries its name, so that all are done when it is known."""
    actor = Actor(each.partner, "inbound")
    submissions = [Submission(command=command, actor=actor) for command in each.commands]
    submissions[-1] = msgspec.structs.replace(submissions[-1], fact=(each.partner, each.fact.event_id))
    return submissions


def _judge(each: _Told, outcomes: Sequence[Outcome]) -> None:
    failed = next((outcome.failed for outcome in outcomes if outcome.failed is not None), None)
    if isinstance(failed, Trouble):
        raise failed
    last = outcomes[-1]
    if failed is not None:
        each.verdict, each.reason = Verdict.PARKED, told_error(failed)
    elif last.refused is None:
        each.verdict = Verdict.TAKEN
    else:
        code = last.refused.code.value
        each.reason = str(last.refused)[:500]
        if code == EngineRefusal.FACT_ALREADY_TAKEN_IN.value:
            each.verdict, each.reason = Verdict.KNOWN, ""
        elif code in EARLY:
            each.verdict = Verdict.PARKED
        else:
            each.verdict = Verdict.NO_EFFECT if code in DONE else Verdict.REFUSED


def _shelf_is_empty(each: _Told, outcomes: Sequence[Outcome]) -> bool:
    """Was a rejection refused only because the shelf has fewer units on record than are missing?"""
    if each.without_shelf or not any(isinstance(command, RejectUnits) and command.shelf for command in each.commands):
        return False
    return any(
        outcome.refused is not None and outcome.refused.facts.get("bucket") == "sellable" for outcome in outcomes
    )


def _order_in(key: str | None) -> OrderId | None:
    """The order in a payment key of ours."""
    try:
        return OrderId(UUID(key[:36])) if key else None
    except ValueError:
        return None


def _numbers(fact: Any) -> list[str]:
    """Tracking numbers that a fact makes known."""
    return [each.tracking_number for each in getattr(fact, "parcels", ()) if getattr(each, "tracking_number", "")]
