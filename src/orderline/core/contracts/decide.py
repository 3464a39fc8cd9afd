"""Rules of contracts: started from an order, changed, skipped, paused, and what follows when a renewal fails."""

from datetime import datetime, timedelta
from typing import Any, Final

from orderline.core.context import Context
from orderline.core.contracts import commands as c
from orderline.core.contracts.refusals import ContractRefusal as R
from orderline.core.contracts.state import (
    CONTRACT,
    Contract,
    ContractChanged,
    ContractEnded,
    ContractPaused,
    ContractResumed,
    ContractStarted,
    ContractState,
    PaymentChased,
    RenewalPlaced,
    RenewalRefused,
    RenewalSkipped,
    Unit,
    day_of,
)
from orderline.core.orders.commands import LineInput
from orderline.core.orders.guards import check_text
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.orders.state import Order
from orderline.core.stock.checks import check_code
from orderline.core.world import Draft, World
from orderline.values.failures import Refused
from orderline.values.time import utc

MOST_LINES: Final = 200
MOST_SKIPPED: Final = 100
NOT_PAID: Final = "not_paid"
_LONGEST: Final = {Unit.DAY: 366, Unit.WEEK: 104, Unit.MONTH: 24}
S = ContractState


def decide_start_contract(draft: Draft, command: c.StartContract, context: Context) -> None:
    """Refused CONTRACT_EXISTS; ORDER_UNKNOWN; CONTRACT_NOT_ACCEPTABLE: a number out of bounds, or a first day that is over."""
    check_code(command.contract, "contract")
    if ("contract", command.contract) in draft.world.records:
        raise Refused(R.CONTRACT_EXISTS, field="contract", value=command.contract)
    order = draft.world.orders.get(command.order)
    if order is None:
        raise Refused(OrderRefusal.ORDER_UNKNOWN, field="order", value=str(command.order))
    _check_every(command.every, command.unit)
    starts_at = _coming(command.starts_at, context.now)
    if command.times is not None and not 1 <= command.times <= 1_000:
        _refuse("times", command.times, "from 1 to 1000")
    if len(command.retry_days) > 10 or not all(1 <= days <= 60 for days in command.retry_days):
        _refuse("retry_days", list(command.retry_days), "at most 10, each from 1 to 60")
    contract = Contract(
        id=command.contract, order=order.id, channel=order.channel, lines=_lines(command.lines) or lines_of(order),
        charges=order.agreement.charges if command.charges is None else command.charges,
        token=check_text(command.token, "token", 200), every=command.every, unit=command.unit, starts_at=starts_at,
        next_at=starts_at, times=command.times, retry_days=command.retry_days,
    )  # fmt: skip
    draft.tell_record(CONTRACT, contract.id, ContractStarted(by=context.actor.name, at=context.now, contract=contract))


def lines_of(order: Order) -> tuple[LineInput, ...]:
    """What an order has, as it would be asked for again."""
    return tuple(
        LineInput(
            sku=line.sku, quantity=line.quantity, unit_price_minor=line.unit_price_minor, description=line.description,
            kind=line.kind, group=line.group, discount_minor=line.discount_minor, taxes=line.taxes,
            gift_message=line.gift_message, custom=line.custom,
        )
        for line in order.agreement.lines
        if line.parent is None and line.quantity
    )  # fmt: skip


def decide_change_contract(draft: Draft, command: c.ChangeContract, context: Context) -> None:
    """Refused CONTRACT_UNKNOWN; CONTRACT_STATE: it has ended; CONTRACT_NOT_ACCEPTABLE: as when it is started."""
    contract = _going(draft.world, command, S.ACTIVE, S.PAUSED, S.SUSPENDED)
    every, unit = command.every or contract.every, command.unit or contract.unit
    _check_every(every, unit)
    anew = command.starts_at is not None or (every, unit) != (contract.every, contract.unit)
    starts_at = contract.starts_at
    if anew:
        starts_at = contract.next_at if command.starts_at is None else _coming(command.starts_at, context.now)
    changed = ContractChanged(
        by=context.actor.name, at=context.now, lines=_lines(command.lines) or contract.lines,
        charges=contract.charges if command.charges is None else command.charges,
        token=check_text(command.token, "token", 200) or contract.token, every=every, unit=unit, starts_at=starts_at,
        due=0 if anew else contract.due,
    )  # fmt: skip
    draft.tell_record(CONTRACT, contract.id, changed)


def decide_skip_renewal(draft: Draft, command: c.SkipRenewal, context: Context) -> None:
    """Refused CONTRACT_UNKNOWN; CONTRACT_STATE: it does not renew; CONTRACT_NOT_ACCEPTABLE: none, or too many."""
    contract = _going(draft.world, command, S.ACTIVE, S.PAUSED)
    if not 1 <= command.renewals <= MOST_SKIPPED:
        _refuse("renewals", command.renewals, f"from 1 to {MOST_SKIPPED}")
    skipped = RenewalSkipped(by=context.actor.name, at=context.now, due=contract.due + command.renewals)
    draft.tell_record(CONTRACT, contract.id, skipped)


def decide_pause_contract(draft: Draft, command: c.PauseContract, context: Context) -> None:
    """Refused CONTRACT_UNKNOWN; CONTRACT_STATE: it does not renew."""
    contract = _going(draft.world, command, S.ACTIVE)
    reason = check_text(command.reason, "reason", 500)
    paused = ContractPaused(by=context.actor.name, at=context.now, state=S.PAUSED, reason=reason)
    draft.tell_record(CONTRACT, contract.id, paused)


def decide_resume_contract(draft: Draft, command: c.ResumeContract, context: Context) -> None:
    """Refused CONTRACT_UNKNOWN; CONTRACT_STATE: it renews already, or has ended."""
    contract = _going(draft.world, command, S.PAUSED, S.SUSPENDED)
    due = contract.due
    if contract.state is S.PAUSED:
        while day_of(contract.starts_at, contract.every, contract.unit, due) < context.now:
            due += 1
    draft.tell_record(CONTRACT, contract.id, ContractResumed(by=context.actor.name, at=context.now, due=due))


def decide_end_contract(draft: Draft, command: c.EndContract, context: Context) -> None:
    """Refused CONTRACT_UNKNOWN; CONTRACT_STATE: it has ended."""
    contract = _going(draft.world, command, S.ACTIVE, S.PAUSED, S.SUSPENDED)
    reason = check_text(command.reason, "reason", 500, required=True)
    draft.tell_record(CONTRACT, contract.id, ContractEnded(by=context.actor.name, at=context.now, reason=reason))


def decide_record_renewal(draft: Draft, command: c.RecordRenewal, context: Context) -> None:
    """Go on to the next day; or, where there is no order, try again, and suspend the contract after the last time.

    Days that are over by then are left out. Refused CONTRACT_UNKNOWN; CONTRACT_STATE: another renewal is due.
    """
    contract = _going(draft.world, command, *S)
    if command.renewal != contract.renewal:
        raise Refused(R.CONTRACT_STATE, field="renewal", value=command.renewal, allowed=contract.renewal)
    by, now = context.actor.name, context.now
    if command.placed is not None:
        due = contract.due + 1
        while day_of(contract.starts_at, contract.every, contract.unit, due) <= now:
            due += 1
        chase_at = now + timedelta(days=contract.retry_days[0] if contract.retry_days else 1)
        placed = RenewalPlaced(
            by=by, at=now, renewal=contract.renewal, order=command.placed, due=due, chase_at=chase_at
        )
        draft.tell_record(CONTRACT, contract.id, placed)
        if contract.renewal == contract.times and contract.state is not S.ENDED:
            draft.tell_record(CONTRACT, contract.id, ContractEnded(by=by, at=now, reason="all renewals were placed"))
        return
    if contract.state is not S.ACTIVE:
        raise Refused(R.CONTRACT_STATE, field="contract", value=contract.state)
    if contract.tries >= len(contract.retry_days):
        suspended = ContractPaused(by=by, at=now, state=S.SUSPENDED, reason=command.refused)
        draft.tell_record(CONTRACT, contract.id, suspended)
        return
    retry_at = now + timedelta(days=contract.retry_days[contract.tries])
    refused = RenewalRefused(by=by, at=now, renewal=contract.renewal, reason=command.refused, retry_at=retry_at)
    draft.tell_record(CONTRACT, contract.id, refused)


def decide_chase_payment(draft: Draft, command: c.ChasePayment, context: Context) -> None:
    """Say that it was asked for again, or suspend the contract. Refused CONTRACT_UNKNOWN; CONTRACT_STATE: somebody was first."""
    contract = _going(draft.world, command, *S)
    if (contract.chased, contract.chases) != (command.chased, command.chases):
        raise Refused(R.CONTRACT_STATE, field="chases", value=command.chases, allowed=contract.chases)
    by, now = context.actor.name, context.now
    if contract.chases < len(contract.retry_days):
        days = contract.retry_days[min(contract.chases + 1, len(contract.retry_days) - 1)]
        chased = PaymentChased(by=by, at=now, order=command.chased, chase_at=now + timedelta(days=days))
        draft.tell_record(CONTRACT, contract.id, chased)
    elif contract.state in (S.ACTIVE, S.PAUSED):
        suspended = ContractPaused(by=by, at=now, state=S.SUSPENDED, reason=NOT_PAID)
        draft.tell_record(CONTRACT, contract.id, suspended)


def _going(world: World, command: c.ContractCommand, *states: ContractState) -> Contract:
    contract = world.records.get(("contract", command.contract))
    if not isinstance(contract, Contract):
        raise Refused(R.CONTRACT_UNKNOWN, field="contract", value=command.contract[:100])
    if contract.state not in states:
        raise Refused(
            R.CONTRACT_STATE, field="contract", value=contract.state, allowed=[str(state) for state in states]
        )
    return contract


def _check_every(every: int, unit: Unit) -> None:
    if not 1 <= every <= _LONGEST[unit]:
        _refuse("every", every, f"from 1 to {_LONGEST[unit]}")


def _coming(starts_at: datetime, now: datetime) -> datetime:
    at = utc(starts_at, field="starts_at")
    if not now <= at <= now + timedelta(days=3 * 366):
        _refuse("starts_at", at.isoformat(), "from now on, within three years")
    return at


def _lines(lines: tuple[LineInput, ...]) -> tuple[LineInput, ...]:
    if len(lines) > MOST_LINES:
        _refuse("lines", len(lines), f"at most {MOST_LINES}")
    return lines


def _refuse(field: str, value: object, allowed: str) -> None:
    raise Refused(R.CONTRACT_NOT_ACCEPTABLE, field=field, value=value, allowed=allowed)


RULES: Final[dict[type, Any]] = {
    c.StartContract: decide_start_contract,
    c.ChangeContract: decide_change_contract,
    c.SkipRenewal: decide_skip_renewal,
    c.PauseContract: decide_pause_contract,
    c.ResumeContract: decide_resume_contract,
    c.EndContract: decide_end_contract,
    c.RecordRenewal: decide_record_renewal,
    c.ChasePayment: decide_chase_payment,
}
