"""Offer options: what can be done now, by the rules that would do it, with units kept for what was chosen."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec.structs import replace

from orderline.core.changes.commands import ChangeOrder
from orderline.core.changes.decide import decide_change, decide_change_delivery
from orderline.core.context import Context
from orderline.core.decisions.asking import Asked, DecisionCause, DelayStage, OpenDecision
from orderline.core.decisions.commands import hold_of
from orderline.core.decisions.evolve import DECISION
from orderline.core.decisions.options import candidates, default_of
from orderline.core.decisions.state import (
    Decision,
    DecisionSent,
    DecisionState,
    DecisionWithdrawn,
    LinePreview,
    Option,
    OptionPreview,
    Subject,
)
from orderline.core.decisions.subjects import subject_of
from orderline.core.decisions.texts import question_of
from orderline.core.moves import Units
from orderline.core.orders.agreed_events import DecisionClosed, DecisionOpened
from orderline.core.orders.commands import Command
from orderline.core.orders.delivery import ChangeDelivery
from orderline.core.orders.state import Order
from orderline.core.promises.keeping import promised_latest
from orderline.core.stock.events import CartHeld, CartReleased
from orderline.core.stock.state import CartHold, CartLine
from orderline.core.tenders.sums import credited_minor, net_agreed_minor
from orderline.core.world import Draft
from orderline.values.failures import Refused

Run = Callable[[Draft, Command, Context], Any]

DRAFT_WITHIN: Final = timedelta(days=1)


def fresh(draft: Draft, decision: Decision, context: Context, run: Run) -> Decision | None:
    """The request with what it is about, and what can be done about it, as they are now."""
    order = draft.world.orders.get(decision.order)
    subject = subject_of(order, decision.cause, decision.about) if order is not None else None
    if order is None or subject is None:
        return None
    options = feasible(draft, order, decision.cause, subject, context, run)
    default = default_of(decision.cause, subject, options)
    # What somebody said beside the question stays.
    note = decision.question.partition("\n\n")[2]
    question = question_of(order, decision.cause, subject) + (f"\n\n{note}" if note else "")
    return replace(decision, about=subject, question=question, options=options, default=default) if default else None


def feasible(
    draft: Draft, order: Order, cause: DecisionCause, subject: Subject, context: Context, run: Run
) -> tuple[Option, ...]:
    """Each option that can be done now, with what it would do; by the rules that would carry it out."""
    found: list[Option] = []
    for option in candidates(draft.world, order, cause, subject, context.now):
        trial = Draft(draft.world, draft.now)
        try:
            for command in option.commands:
                if isinstance(command, ChangeDelivery):
                    decide_change_delivery(trial, command, context, probe=True)
                elif isinstance(command, ChangeOrder):
                    decide_change(trial, command, context, probe=True)
                else:
                    run(trial, command, context)
        except Refused:
            continue
        else:
            after = draft.world.order(order.id)
            found.append(replace(option, preview=preview_of(order, after)))
        finally:
            trial.roll_back()
    return tuple(found)


def preview_of(before: Order, after: Order) -> OptionPreview:
    """What an option has made of an order: its units, its money, its promise."""
    known = {line.line: line.units for line in before.lines}
    lines = [
        LinePreview(line.line, known.get(line.line, Units()), line.units)
        for line in after.lines
        if line.units != known.get(line.line)
    ]
    latest = [promised for group in after.agreement.groups if (promised := promised_latest(after, group.group))]
    return OptionPreview(
        lines=tuple(lines),
        money_minor=_owed(after) - _owed(before),
        promised_by=max(latest, default=None),
    )


def _owed(order: Order) -> int:
    return net_agreed_minor(order) - credited_minor(order)


def offer(draft: Draft, decision: Decision, context: Context, nonce: str, token_hash: str) -> None:
    """Send it, and keep units for its options as far as there are any."""
    policy = draft.world.settings.channels[decision.channel].asks
    deadline_at = context.now + timedelta(hours=policy.answer_hours, seconds=policy.answer_s)
    agreed_until = _agreed_until(draft, decision)
    if agreed_until is not None and agreed_until > context.now:
        deadline_at = min(deadline_at, agreed_until)
    reminders = sorted({deadline_at - timedelta(hours=hours) for hours in policy.reminder_hours})
    options, cart = _reserve(draft, decision, CartHold(hold_of(decision.id), decision.channel, deadline_at, ()))
    sent = DecisionSent(
        at=context.now,
        deadline_at=deadline_at,
        reminders=tuple(due_at for due_at in reminders if due_at > context.now),
        nonce=nonce,
        token_hash=token_hash,
        about=decision.about,
        question=decision.question,
        options=options,
        default=decision.default,
        hold=cart.id if cart is not None else None,
    )
    draft.tell_record(DECISION, decision.id, sent)
    open_decision(draft, current(draft, decision.id), context)


def _agreed_until(draft: Draft, decision: Decision) -> datetime | None:
    """Of another delay: the date that was agreed to before, by which the customer must have been asked again."""
    order = draft.world.orders.get(decision.order)
    if order is None or decision.about.stage is not DelayStage.NEXT:
        return None
    lines = {each.line for each in decision.about.lines}
    dates = [each.latest_at for each in order.consents if lines & set(each.lines) and each.latest_at is not None]
    return max(dates, default=None)


def _reserve(draft: Draft, decision: Decision, cart: CartHold) -> tuple[tuple[Option, ...], CartHold | None]:
    """The options with what is kept for them; an option whose units can't all be kept is offered without."""
    world = draft.world
    taken: dict[tuple[str, str], int] = {}
    options: list[Option] = []
    for option in decision.options:
        wanted: dict[tuple[str, str], int] = {}
        for line in option.reserved:
            wanted[line.sku, line.pool] = wanted.get((line.sku, line.pool), 0) + line.quantity
        # options of one pool stand for the same units: one of them alone will be chosen
        more = {key: max(0, units - taken.get(key, 0)) for key, units in wanted.items()}
        if all(taken.get(key, 0) + units <= world.pool_level(*key).atp for key, units in more.items()):
            for key, units in more.items():
                taken[key] = taken.get(key, 0) + units
            options.append(option)
        else:
            options.append(replace(option, reserved=()))
    lines = tuple(CartLine(sku, pool, units) for (sku, pool), units in sorted(taken.items()) if units)
    if not lines:
        return tuple(options), None
    kept = replace(cart, lines=lines)
    draft.tell_stock(CartHeld(kept, world.carts.get(kept.id)))
    return tuple(options), kept


def open_decision(draft: Draft, decision: Decision, context: Context) -> None:
    """Tell the order what it waits for."""
    draft.tell(
        decision.order,
        DecisionOpened(
            OpenDecision(
                id=decision.id,
                cause=decision.cause,
                to=decision.to if decision.state is DecisionState.SENT else Asked.CSR,
                due_at=decision.deadline_at or context.now + DRAFT_WITHIN,
                lines=tuple(line.line for line in decision.about.lines),
                fulfillment=decision.about.fulfillment,
                sent=decision.state is DecisionState.SENT,
            )
        ),
    )


def withdraw(draft: Draft, decision: Decision, context: Context, reason: str) -> None:
    """Ask no more."""
    release_hold(draft, decision)
    withdrawn = DecisionWithdrawn(at=context.now, by=context.actor.name, reason=reason)
    draft.tell_record(DECISION, decision.id, withdrawn)
    draft.tell(decision.order, DecisionClosed(decision.id, decision.to, decision.cause, reason=reason))


def release_hold(draft: Draft, decision: Decision) -> None:
    """Give back what is kept for the options, unless its time was over before."""
    cart = draft.world.carts.get(decision.hold) if decision.hold is not None else None
    if cart is not None:
        draft.tell_stock(CartReleased(cart.id))


def current(draft: Draft, id_: str) -> Decision:
    """The request as it stands after what was told of it."""
    decision = draft.world.records[("decision", id_)]
    assert isinstance(decision, Decision)
    return decision
