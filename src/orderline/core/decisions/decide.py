"""Rules of decision requests. Source: domain model 3 (decision request) and 10.

Whatever is chosen is carried out in the same transaction, under the locks of all it touches: one answer, one effect.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from msgspec.structs import replace

from orderline.core.context import Context
from orderline.core.decisions import commands as c
from orderline.core.decisions.asking import Asked, DecisionCause
from orderline.core.decisions.audience import asked_of, location_of, question_for
from orderline.core.decisions.carrying import (
    address_in,
    check_approving,
    check_as_shown,
    check_giving,
    check_proposal,
    completed,
    consented,
)
from orderline.core.decisions.evolve import DECISION
from orderline.core.decisions.offering import (
    Run,
    current,
    feasible,
    fresh,
    offer,
    open_decision,
    preview_of,
    release_hold,
    withdraw,
)
from orderline.core.decisions.options import ACCEPT, SPLIT, WAIT, default_of, is_borne
from orderline.core.decisions.refusals import DecisionRefusal as R
from orderline.core.decisions.state import (
    OPEN,
    Decision,
    DecisionAnswered,
    DecisionDefaulted,
    DecisionDrafted,
    DecisionExecuted,
    DecisionFailed,
    DecisionLinked,
    DecisionState,
    DecisionStranded,
    Evidence,
    Option,
    Subject,
)
from orderline.core.decisions.subjects import check_about, is_long, is_there, subject_of
from orderline.core.decisions.texts import shown_of
from orderline.core.orders.agreed_events import DecisionClosed
from orderline.core.orders.commands import Command
from orderline.core.orders.guards import check_attachments, check_text
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.orders.state import Order
from orderline.core.orders.substitution import SubstituteUnits
from orderline.core.orders.swapping import substitutes_of
from orderline.core.world import Draft
from orderline.values.address import Address
from orderline.values.failures import Refused
from orderline.values.time import utc

MOST_FAILURES: Final = 5
NOTHING_LEFT: Final = "nothing is left to decide"
_MADE_UNUSABLE: Final = "nothing that is offered could be done; a person decides"


def decide_draft(draft: Draft, command: c.DraftDecision, context: Context, *, run: Run) -> None:
    """Draft a request with all options that can be done now, and send it where the channel's policy says so.

    Refused NOTHING_TO_DO: the policy does not ask, somebody is asked already, or there is nothing to choose. Of a change:
    as `check_proposal` says.
    """
    order = _order(draft, command)
    policy = draft.world.settings.channels[order.channel].asks
    if command.by_hand:
        check_about(order, command.about())
    subject = subject_of(order, command.cause, command.about())
    swapped = _swapped(draft, order, subject, context, run) if command.cause is DecisionCause.UNFILLABLE else False
    if swapped:
        order = _order(draft, command)
        subject = subject_of(order, command.cause, command.about())
        if subject is None or command.cause not in policy.drafts:
            return
    if subject is None or order.history or not (command.by_hand or command.cause in policy.drafts):
        raise Refused(OrderRefusal.NOTHING_TO_DO, field="cause", value=command.cause)
    if command.cause is DecisionCause.DELAY and not command.by_hand and not is_long(order, subject, policy.delay_days):
        raise Refused(
            OrderRefusal.NOTHING_TO_DO, field="cause", value=command.cause, allowed=f"above {policy.delay_days} days"
        )
    if command.cause is DecisionCause.DELAY and not command.by_hand and is_borne(subject) and is_there(order, subject):
        # what a location is about to send would be no question any more before anybody has answered
        raise Refused(
            OrderRefusal.NOTHING_TO_DO,
            field="cause",
            value=command.cause,
            reason="on its way, and told by the new promise",
        )
    try:
        subject = _not_asked_yet(draft, order, command, subject, context)
    except Refused:
        if swapped:
            return
        raise
    if command.cause is DecisionCause.CHANGE:
        check_proposal(draft, command.change, context)
    options = feasible(draft, order, command.cause, subject, context, run)
    default = default_of(command.cause, subject, options)
    if not default and swapped:
        return
    if not default:
        raise Refused(OrderRefusal.NOTHING_TO_DO, field="cause", value=command.cause)
    drafted = DecisionDrafted(
        id=command.decision,
        order=order.id,
        number=order.number,
        channel=order.channel,
        currency=order.currency,
        cause=command.cause,
        to=asked_of(draft, order, command.cause, subject, command.to),
        about=subject,
        question=question_for(order, command, subject),
        options=options,
        default=default,
        at=context.now,
        by=context.actor.name,
        location=location_of(order, command.cause, subject),
        attachments=check_attachments(command.attachments),
    )
    draft.tell_record(DECISION, command.decision, drafted)
    if command.by_hand or command.cause in policy.sends:
        offer(draft, _decision(draft, command), context, command.nonce, command.token_hash)
    else:
        open_decision(draft, _decision(draft, command), context)


def decide_send(draft: Draft, command: c.SendDecision, context: Context, *, run: Run) -> None:
    """Offer what can be done now. Refused DECISION_STATE: it was sent, or is at its end.

    Refused NOTHING_TO_DO: nothing of what it is about is left to decide; it should be withdrawn.
    """
    decision = _decision_in(draft, command, (DecisionState.DRAFTED,))
    anew = fresh(draft, decision, context, run)
    if anew is None:
        raise Refused(OrderRefusal.NOTHING_TO_DO, value=decision.number)
    offer(draft, anew, context, command.nonce, command.token_hash)


def decide_resend(draft: Draft, command: c.ResendDecision, context: Context) -> None:
    """Refused DECISION_STATE: it is not open; DECISION_OVER: its deadline is past.

    Refused OWN_QUESTION: who asks for approval is given no link by which to approve. APPEASEMENT_LIMIT: nor is who may not
    give so much, or HOLD_NOT_YOURS: lift the hold.
    """
    decision = _decision_in(draft, command, (DecisionState.SENT,))
    _check_in_time(decision, context)
    if decision.to is Asked.APPROVER:
        _check_not_own(decision, context)
        for option in decision.options:
            check_approving(draft, decision, option, command)
    linked = DecisionLinked(at=context.now, nonce=command.nonce, token_hash=command.token_hash)
    draft.tell_record(DECISION, decision.id, linked)


def decide_strand(draft: Draft, command: c.StrandDecision, context: Context) -> None:
    """Take an offer back that reached nobody: what is kept for it is given back, and staff ask by another way.

    Refused NOTHING_TO_DO: it was answered or offered anew, or staff have sent it since, who know how the customer is reached.
    """
    decision = _decision(draft, command)
    awaited = decision.state is DecisionState.SENT and decision.to is Asked.CUSTOMER
    if not awaited or decision.stranded or decision.sendings != command.sending:
        raise Refused(OrderRefusal.NOTHING_TO_DO, value=decision.id)
    release_hold(draft, decision)
    draft.tell_record(DECISION, decision.id, DecisionStranded(at=context.now, reason=command.reason))
    open_decision(draft, current(draft, decision.id), context)


def decide_answer(draft: Draft, command: c.AnswerDecision, context: Context, *, run: Run) -> None:
    """Carry an option out. What can't be done any more is not done at all: what can is offered anew.

    Refused DECISION_STATE: somebody has answered, or the deadline has; DECISION_OVER: the link is too old.
    Refused OPTION_UNKNOWN; ANSWER_INCOMPLETE: the option needs an address, which is checked as at intake.
    Refused FIELD_REQUIRED: staff give a reason.
    """
    decision = _decision_in(draft, command, (DecisionState.SENT,))
    if command.token_hash:
        if command.token_hash != decision.token_hash:
            raise Refused(R.DECISION_UNKNOWN, field="token")
        _check_in_time(decision, context)
    option = decision.option_of(command.option)
    if option is None:
        allowed = [each.code for each in decision.options]
        raise Refused(R.OPTION_UNKNOWN, field="option", value=command.option[:100], allowed=allowed)
    if option.needs and getattr(command, option.needs) is None:
        raise Refused(R.ANSWER_INCOMPLETE, field=option.needs, value="", option=option.code)
    if decision.to is Asked.APPROVER and not command.token_hash:
        _check_not_own(decision, context)
    address = address_in(option, command)
    date = utc(command.date, field="date") if option.needs == "date" and command.date is not None else None
    if date is not None and date <= context.now:
        raise Refused(R.ANSWER_INCOMPLETE, field="date", value=date, option=option.code, allowed="in the future")
    check_giving(draft, decision, option, command)
    reason = check_text(command.reason, "reason", 500, required=not command.token_hash)
    evidence = Evidence(
        channel="link" if command.token_hash else "staff",
        at=context.now,
        answer=option.code,
        shown=shown_of(decision),
        token_hash=command.token_hash,
        by="" if command.token_hash else context.actor.name,
        reason=reason,
        date=date,
        attachments=check_attachments(command.attachments),
    )
    draft.tell_record(DECISION, decision.id, DecisionAnswered(evidence=evidence))
    _execute(draft, decision, option, address, context, run, date)


def _check_not_own(decision: Decision, context: Context) -> None:
    if context.actor.name == decision.made_by:
        raise Refused(R.OWN_QUESTION, field="decision", value=decision.id, unblock="somebody else")


def decide_lapse(draft: Draft, command: c.LapseDecision, context: Context, *, run: Run) -> None:
    """Refused NOTHING_TO_DO: somebody has answered, or it was offered anew; DECISION_NOT_DUE: there is time left."""
    decision = _decision(draft, command)
    due_at = decision.deadline_at
    if decision.state is not DecisionState.SENT or decision.sendings != command.sending or due_at is None:
        raise Refused(OrderRefusal.NOTHING_TO_DO, value=decision.id)
    if context.now < due_at:
        raise Refused(R.DECISION_NOT_DUE, value=decision.id, deadline_at=due_at)
    option = decision.option_of(decision.default)
    assert option is not None, "the default is among the options"
    evidence = Evidence(channel="silence", at=context.now, answer=option.code, shown=shown_of(decision))
    draft.tell_record(DECISION, decision.id, DecisionDefaulted(evidence=evidence))
    _execute(draft, decision, option, None, context, run)


def decide_review(draft: Draft, command: c.ReviewDecision, context: Context) -> None:
    """Withdraw what there is nothing to decide about any more. Refused NOTHING_TO_DO: there is, or it has ended."""
    decision = _decision(draft, command)
    order = draft.world.orders.get(decision.order)
    if decision.state not in OPEN or order is None or subject_of(order, decision.cause, decision.about) is not None:
        raise Refused(OrderRefusal.NOTHING_TO_DO, value=decision.id)
    withdraw(draft, decision, context, NOTHING_LEFT)


def decide_withdraw(draft: Draft, command: c.WithdrawDecision, context: Context) -> None:
    """Refused DECISION_STATE: it is at its end; FIELD_REQUIRED: no reason is given."""
    decision = _decision_in(draft, command, OPEN)
    withdraw(draft, decision, context, check_text(command.reason, "reason", 500, required=True))


def _execute(
    draft: Draft,
    decision: Decision,
    option: Option,
    address: Address | None,
    context: Context,
    run: Run,
    date: datetime | None = None,
) -> None:
    release_hold(draft, decision)
    trial = Draft(draft.world, draft.now)
    before = draft.world.order(decision.order)
    try:
        for offered in option.commands:
            command = completed(draft, offered, address, date, context)
            if command is not None:
                run(trial, command, context)
        check_as_shown(decision, option, preview_of(before, draft.world.order(decision.order)))
    except Refused as refused:
        trial.roll_back()
        _offer_again(draft, decision, refused, context, run)
        return
    draft.absorb(trial)
    draft.tell_record(DECISION, decision.id, DecisionExecuted(at=context.now))
    if decision.cause is DecisionCause.DELAY and option.code in (ACCEPT, WAIT, SPLIT):
        consented(draft, decision, context)
    evidence = current(draft, decision.id).evidence
    how = evidence.channel if evidence is not None else ""
    closed = DecisionClosed(decision.id, decision.to, decision.cause, option.code, option.title, how)
    draft.tell(decision.order, closed)


def _swapped(draft: Draft, order: Order, subject: Subject | None, context: Context, run: Run) -> bool:
    """Send something else for lines whose rules do not ask the customer, and nobody has; whether any was."""
    done = False
    asked = {line for each in order.asked for line in each.lines}
    for each in subject.lines if subject is not None and not order.history else ():
        if each.line in asked:
            continue
        line = order.line_of(each.line)
        for substitute, _ in substitutes_of(draft.world, order, line) if line is not None else ():
            if substitute.consent:
                break  # what comes first in the list comes first: the customer is asked about it
            trial = Draft(draft.world, draft.now)
            try:
                run(
                    trial,
                    SubstituteUnits(order=order.id, line=each.line, sku=substitute.sku, quantity=each.quantity),
                    context,
                )
            except Refused:
                trial.roll_back()
                continue
            draft.absorb(trial)
            done = True
            break
    return done


def _offer_again(draft: Draft, decision: Decision, refused: Refused, context: Context, run: Run) -> None:
    draft.tell_record(DECISION, decision.id, DecisionFailed(at=context.now, code=refused.code.value))
    failed = current(draft, decision.id)
    anew = fresh(draft, failed, context, run)
    if anew is not None and failed.failures < MOST_FAILURES:
        offer(draft, anew, context, decision.nonce, decision.token_hash)
        return
    order = draft.world.orders[decision.order]
    over = order is None or subject_of(order, decision.cause, decision.about) is None
    withdraw(draft, failed, context, NOTHING_LEFT if over else _MADE_UNUSABLE)


def _not_asked_yet(draft: Draft, order: Order, command: c.DraftDecision, subject: Subject, context: Context) -> Subject:
    """The subject without what somebody is asked already; what the command takes the place of is withdrawn."""
    asked: set[int] = set()
    for each in order.asked:
        known = draft.world.records.get(("decision", each.id))
        if each.cause is not command.cause or each.fulfillment != subject.fulfillment:
            continue
        overlaps = {line.line for line in subject.lines} & set(each.lines)
        newer = isinstance(known, Decision) and known.about.latest_at != subject.latest_at
        if isinstance(known, Decision) and overlaps and newer and each.id in command.replaces:
            withdraw(draft, known, context, "another date")
        else:
            asked |= overlaps
    left = tuple(line for line in subject.lines if line.line not in asked)
    if not left:
        raise Refused(OrderRefusal.NOTHING_TO_DO, field="cause", value=command.cause, reason="it was asked")
    return replace(subject, lines=left)


def _check_in_time(decision: Decision, context: Context) -> None:
    if decision.deadline_at is not None and context.now >= decision.deadline_at:
        raise Refused(R.DECISION_OVER, value=decision.id, deadline_at=decision.deadline_at)


def _order(draft: Draft, command: c.DecisionCommand) -> Order:
    order = draft.world.orders.get(command.order)
    if order is None:
        raise Refused(OrderRefusal.ORDER_UNKNOWN, field="order", value=str(command.order))
    return order


def _decision(draft: Draft, command: c.DecisionCommand) -> Decision:
    decision = draft.world.records.get(("decision", command.decision))
    if not isinstance(decision, Decision) or decision.order != command.order:
        raise Refused(R.DECISION_UNKNOWN, field="decision", value=command.decision[:100])
    return decision


def _decision_in(draft: Draft, command: c.DecisionCommand, states: Sequence[DecisionState]) -> Decision:
    decision = _decision(draft, command)
    if decision.state not in states:
        answer = decision.evidence.answer if decision.evidence is not None else ""
        raise Refused(
            R.DECISION_STATE,
            field="decision",
            value=decision.id,
            state=decision.state,
            answer=answer,
            allowed=[str(state) for state in states],
        )
    return decision


def rules(run: Run) -> dict[type[Command], Callable[[Draft, Any, Context], Any]]:
    """The rules. run: decides one command within a draft, as it would be decided by itself."""
    return {
        c.DraftDecision: partial(decide_draft, run=run),
        c.SendDecision: partial(decide_send, run=run),
        c.ResendDecision: decide_resend,
        c.AnswerDecision: partial(decide_answer, run=run),
        c.StrandDecision: decide_strand,
        c.LapseDecision: partial(decide_lapse, run=run),
        c.ReviewDecision: decide_review,
        c.WithdrawDecision: decide_withdraw,
    }
