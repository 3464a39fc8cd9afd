"""A decision request as its events tell it, and what follows them: the question, reminders, and the deadline."""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from orderline.core.decisions.asking import Asked
from orderline.core.decisions.state import (
    OPEN,
    AnyDecisionEvent,
    Decision,
    DecisionAnswered,
    DecisionDefaulted,
    DecisionDrafted,
    DecisionExecuted,
    DecisionFailed,
    DecisionLinked,
    DecisionSent,
    DecisionState,
    DecisionStranded,
    DecisionWithdrawn,
)
from orderline.core.next_steps import FollowUp, JobBody, JobKind
from orderline.core.records import RecordKind, Window
from orderline.core.world import World

ASKED = "decision_asked"
REMINDED = "decision_reminder"


def evolve_decision(decision: Decision | None, event: AnyDecisionEvent) -> Decision:
    """The decision request after an event."""
    if isinstance(event, DecisionDrafted):
        return Decision(
            id=event.id,
            order=event.order,
            number=event.number,
            channel=event.channel,
            currency=event.currency,
            cause=event.cause,
            to=event.to,
            about=event.about,
            state=DecisionState.DRAFTED,
            question=event.question,
            options=event.options,
            default=event.default,
            made_at=event.at,
            made_by=event.by,
            at=event.location,
            attachments=event.attachments,
        )
    assert decision is not None
    match event:
        case DecisionSent():
            return replace(
                decision,
                state=DecisionState.SENT,
                sent_at=event.at,
                deadline_at=event.deadline_at,
                reminders=event.reminders,
                nonce=event.nonce,
                token_hash=event.token_hash,
                about=event.about,
                question=event.question,
                options=event.options,
                default=event.default,
                hold=event.hold,
                sendings=decision.sendings + 1,
            )
        case DecisionLinked():
            return replace(decision, nonce=event.nonce, token_hash=event.token_hash)
        case DecisionStranded():
            return replace(
                decision,
                state=DecisionState.DRAFTED,
                sent_at=None,
                deadline_at=None,
                reminders=(),
                hold=None,
                stranded=event.reason,
            )
        case DecisionAnswered():
            return replace(decision, state=DecisionState.ANSWERED, evidence=event.evidence)
        case DecisionDefaulted():
            return replace(decision, state=DecisionState.DEFAULTED, evidence=event.evidence)
        case DecisionExecuted():
            return replace(decision, state=DecisionState.EXECUTED, executed_at=event.at, hold=None)
        case DecisionFailed():
            failures = decision.failures + 1
            return replace(decision, state=DecisionState.FAILED, failed=event.code, failures=failures, hold=None)
        case DecisionWithdrawn():
            return replace(decision, state=DecisionState.WITHDRAWN, reason=event.reason, hold=None)
        case _:
            assert_never(event)


def decision_follow_ups(
    world: World, decision: Decision, events: Sequence[AnyDecisionEvent], now: datetime
) -> list[FollowUp]:
    """Ask, remind, and see at the deadline whether anybody has answered. Only customers are written to."""
    jobs: list[FollowUp] = []
    order = world.orders.get(decision.order)
    test = order is not None and order.is_test
    body = JobBody(key=decision.id, version=decision.sendings, test=test)
    told = f"{decision.order} {JobKind.NOTICE} {decision.id}"

    def tell(template: str, due_at: datetime) -> None:
        # a reminder must not hold up what is told in between
        stream = told if due_at == now else f"{told} {due_at.isoformat()}"
        jobs.append(FollowUp(JobKind.NOTICE, stream, replace(body, template=template), due_at))

    for event in events:
        if decision.state is not DecisionState.SENT:
            break
        if isinstance(event, DecisionSent):
            stream = f"{decision.order} {JobKind.DECISION_DUE} {decision.id} {decision.sendings}"
            jobs.append(FollowUp(JobKind.DECISION_DUE, stream, body, event.deadline_at))
            if decision.to is Asked.CUSTOMER:
                tell(ASKED, now)
                for due_at in event.reminders:
                    tell(REMINDED, due_at)
        elif isinstance(event, DecisionLinked) and decision.to is Asked.CUSTOMER:
            tell(ASKED, now)
    return jobs


def _window(decision: Decision) -> Window:
    """By channel, for keys that are for some channels alone."""
    is_open = decision.state in OPEN
    return Window(decision.state, decision.channel, decision.to, decision.deadline_at if is_open else None)


DECISION = RecordKind("decision", Decision, AnyDecisionEvent, evolve_decision, _window, decision_follow_ups)
