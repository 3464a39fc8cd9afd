"""Contracts as records: what is bought again, how often, and what came of it."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from orderline.core.jobs import FollowUp, JobBody, JobKind
from orderline.core.orders.commands import LineInput
from orderline.core.orders.priced import Charge
from orderline.core.records import Record, RecordEvent, RecordKind, Window
from orderline.values.ids import OrderId

if TYPE_CHECKING:
    from orderline.core.world import World


class ContractState(StrEnum):
    """Does it renew? suspended: it could not, or was not paid for, so often that somebody has to look."""

    ACTIVE = "active"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    ENDED = "ended"


class Unit(StrEnum):
    """What a contract counts its time in."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Contract(Record, frozen=True, kw_only=True):
    """What is bought again. order: the one it began with: its customer, addresses, company and means of payment hold on.

    renewal: the number of the next order, from 1. due: which of the days of the calendar is next, counted from
    `starts_at`; skipped ones count. times: how many orders there will be; None: until somebody ends it. retry_days: how
    long to wait after each failure, in turn. tries: failures of the renewal that is due. token: pays for renewals.
    chased: the order that is waited to be paid for, and how often it was asked for.
    """

    id: str
    order: OrderId
    channel: str
    lines: tuple[LineInput, ...]
    charges: tuple[Charge, ...] = ()
    token: str = ""
    every: int
    unit: Unit
    starts_at: datetime
    next_at: datetime
    retry_days: tuple[int, ...]
    times: int | None = None
    due: int = 0
    renewal: int = 1
    tries: int = 0
    chased: OrderId | None = None
    chases: int = 0
    last_order: OrderId | None = None
    reason: str = ""
    state: ContractState = ContractState.ACTIVE


def day_of(starts_at: datetime, every: int, unit: Unit, place: int) -> datetime:
    """A day of a calendar. Months keep the day they began on; where a month is shorter, it is its last."""
    if unit is not Unit.MONTH:
        return starts_at + timedelta(days=every * place * (7 if unit is Unit.WEEK else 1))
    years, month = divmod(starts_at.month - 1 + every * place, 12)
    year = starts_at.year + years
    return starts_at.replace(year=year, month=month + 1, day=min(starts_at.day, monthrange(year, month + 1)[1]))


class ContractEvent(RecordEvent, frozen=True, kw_only=True):
    """A fact about a contract."""

    by: str
    at: datetime


class ContractStarted(ContractEvent, frozen=True, kw_only=True, tag="contract_started"):
    """Something is bought again from now on."""

    contract: Contract


class ContractChanged(ContractEvent, frozen=True, kw_only=True, tag="contract_changed"):
    """What is bought, by whom it is paid, or when, is another thing from the next renewal on."""

    lines: tuple[LineInput, ...]
    charges: tuple[Charge, ...]
    token: str
    every: int
    unit: Unit
    starts_at: datetime
    due: int


class RenewalSkipped(ContractEvent, frozen=True, kw_only=True, tag="renewal_skipped"):
    """Nothing is bought until the day of the calendar that is named."""

    due: int


class ContractPaused(ContractEvent, frozen=True, kw_only=True, tag="contract_paused"):
    """Nothing is bought until somebody says so; suspended: it could not go on."""

    state: ContractState
    reason: str = ""


class ContractResumed(ContractEvent, frozen=True, kw_only=True, tag="contract_resumed"):
    """It goes on with a day of its calendar."""

    due: int


class ContractEnded(ContractEvent, frozen=True, kw_only=True, tag="contract_ended"):
    """Nothing is bought any more."""

    reason: str


class RenewalPlaced(ContractEvent, frozen=True, kw_only=True, tag="renewal_placed"):
    """An order was placed; chase_at: when it is seen whether it was paid for."""

    renewal: int
    order: OrderId
    due: int
    chase_at: datetime


class RenewalRefused(ContractEvent, frozen=True, kw_only=True, tag="renewal_refused"):
    """No order could be placed; it is tried again."""

    renewal: int
    reason: str
    retry_at: datetime


class PaymentChased(ContractEvent, frozen=True, kw_only=True, tag="payment_chased"):
    """The payment of a renewal was asked for again."""

    order: OrderId
    chase_at: datetime


AnyContractEvent = (
    ContractStarted
    | ContractChanged
    | RenewalSkipped
    | ContractPaused
    | ContractResumed
    | ContractEnded
    | RenewalPlaced
    | RenewalRefused
    | PaymentChased
)


def evolve_contract(contract: Contract | None, event: AnyContractEvent) -> Contract:
    """The contract after one event."""
    if isinstance(event, ContractStarted):
        return event.contract
    assert contract is not None, "the first event of a contract starts it"
    match event:
        case ContractChanged():
            changed = replace(
                contract, lines=event.lines, charges=event.charges, token=event.token, every=event.every,
                unit=event.unit, starts_at=event.starts_at,
            )  # fmt: skip
            return _due(changed, event.due)
        case RenewalSkipped():
            return _due(contract, event.due)
        case ContractPaused():
            return replace(contract, state=event.state, reason=event.reason)
        case ContractResumed():
            return _due(replace(contract, state=ContractState.ACTIVE, reason=""), event.due)
        case ContractEnded():
            return replace(contract, state=ContractState.ENDED, reason=event.reason)
        case RenewalPlaced():
            placed = replace(
                contract, renewal=event.renewal + 1, last_order=event.order, chased=event.order, chases=0, reason=""
            )
            return _due(placed, event.due)
        case RenewalRefused():
            return replace(contract, tries=contract.tries + 1, next_at=event.retry_at, reason=event.reason)
        case PaymentChased():
            return replace(contract, chases=contract.chases + 1)


def _due(contract: Contract, due: int) -> Contract:
    next_at = day_of(contract.starts_at, contract.every, contract.unit, due)
    return replace(contract, due=due, next_at=next_at, tries=0)


def _window(contract: Contract) -> Window:
    active = contract.state is ContractState.ACTIVE
    return Window(contract.state, str(contract.order), "", contract.next_at if active else None)


def _follow_ups(world: "World", contract: Contract, events: Sequence[Any], now: datetime) -> list[FollowUp]:
    jobs: list[FollowUp] = []
    for event in events:
        if isinstance(event, RenewalPlaced | PaymentChased):
            body = JobBody(key=contract.id, version=contract.renewal - 1)
            jobs.append(FollowUp(JobKind.CHASE, f"contract {contract.id} {JobKind.CHASE}", body, event.chase_at))
    if contract.state is ContractState.ACTIVE and any(not isinstance(event, PaymentChased) for event in events):
        body = JobBody(key=contract.id)
        jobs.append(FollowUp(JobKind.RENEW, f"contract {contract.id} {JobKind.RENEW}", body, contract.next_at))
    return jobs


CONTRACT: Final = RecordKind("contract", Contract, AnyContractEvent, evolve_contract, _window, follow_ups=_follow_ups)
