"""What an option comes to when it is chosen: its commands with what came with the answer, and as they were shown."""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from orderline.core.appeasements.giving import check_limit
from orderline.core.changes.actions import Appease, ChangeAddress
from orderline.core.changes.commands import ChangeOrder
from orderline.core.changes.decide import decide_change
from orderline.core.changes.refusals import ChangeRefusal
from orderline.core.context import Context
from orderline.core.decisions.asking import Asked, DecisionCause, DelayConsent, DelayStage
from orderline.core.decisions.commands import AnswerDecision, ResendDecision, also_touched
from orderline.core.decisions.offering import current
from orderline.core.decisions.refusals import DecisionRefusal
from orderline.core.decisions.state import Decision, LinePreview, Option, OptionCommand, OptionPreview
from orderline.core.holds.authority import check_may_resolve
from orderline.core.holds.commands import hold_of
from orderline.core.orders.agreed_events import DelayConsented
from orderline.core.orders.commands import Command, PromiseLines, ReleaseHold
from orderline.core.orders.delivery import ChangeDelivery
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.world import Draft
from orderline.values.address import Address, check_address
from orderline.values.failures import Refused


def check_proposal(draft: Draft, change: ChangeOrder | None, context: Context) -> None:
    """Refused as the change itself would be; ADDRESS_GIVEN: what is asked keeps no address, an answer brings it."""
    for index, each in enumerate(change.actions if change is not None else ()):
        if isinstance(each, ChangeAddress) and each.address is not None:
            raise Refused(ChangeRefusal.ADDRESS_GIVEN, field=f"actions[{index}].address")
    trial = Draft(draft.world, draft.now)
    try:
        if change is not None:
            decide_change(trial, change, context, probe=True)
    finally:
        trial.roll_back()


def address_in(option: Option, command: AnswerDecision) -> Address | None:
    """The address that came with an answer, or was suggested, as far as the option needs one; refused as at intake."""
    given = {"address": command.address, "suggestion": command.suggestion}.get(option.needs)
    return check_address(given) if given is not None else None


def completed(
    draft: Draft, command: OptionCommand, address: Address | None, date: datetime | None, context: Context
) -> Command | None:
    """The command with what came with the answer; None: with it there is nothing to do."""
    if isinstance(command, ChangeDelivery) and command.to_address and address is not None:
        return replace(command, address=address)
    if isinstance(command, ChangeOrder) and address is not None:
        actions = [
            replace(each, address=address) if isinstance(each, ChangeAddress) and each.address is None else each
            for each in command.actions
        ]
        return replace(command, actions=tuple(actions))
    if isinstance(command, PromiseLines) and date is not None:
        order = draft.world.orders[command.order]
        promised = {each.line: each.window.latest_at for each in order.promises} if order is not None else {}
        lines = tuple(
            replace(each, earliest_at=min(context.now, date), latest_at=date)
            for each in command.lines
            if each.line not in promised or promised[each.line] < date
        )
        return replace(command, lines=lines) if lines else None
    return command


def check_as_shown(decision: Decision, option: Option, now: OptionPreview) -> None:
    """Refused VERSION_STALE: what was proposed would come to other goods or other money than was shown.

    Where the units stand meanwhile does not matter, as long as the change can be made.
    """
    shown = option.preview
    if decision.cause is DecisionCause.CHANGE and (
        shown.money_minor != now.money_minor or _given(shown.lines) != _given(now.lines)
    ):
        raise Refused(OrderRefusal.VERSION_STALE, field="option", value=shown.money_minor, current=now.money_minor)


def check_giving(draft: Draft, decision: Decision, option: Option, command: AnswerDecision) -> None:
    """Refused APPEASEMENT_LIMIT: who approves may not give so much, either. DECISION_STATE: it was offered anew meanwhile."""
    if not set(also_touched(decision)) <= set(command.records()):
        raise Refused(DecisionRefusal.DECISION_STATE, field="decision", value=decision.id, state=decision.state)
    if decision.to is Asked.APPROVER:
        check_approving(draft, decision, option, command)


def check_approving(draft: Draft, decision: Decision, option: Option, command: AnswerDecision | ResendDecision) -> None:
    """Refused APPEASEMENT_LIMIT, HOLD_NOT_YOURS: the option gives more, or lifts another hold, than whoever approves may."""
    order = draft.world.order(decision.order)
    for each in option.commands:
        hold = hold_of(order, each.hold) if isinstance(each, ReleaseHold) else None
        if hold is not None:
            check_may_resolve(order, hold, command.authority)
    changes = [each for each in option.commands if isinstance(each, ChangeOrder)]
    gives = [action for each in changes for action in each.actions if isinstance(action, Appease)]
    if gives:
        check_limit(order, sum(each.total_minor for each in gives), command.limits)


def _given(lines: Sequence[LinePreview]) -> list[tuple[int, int, int]]:
    """Units by line that would be given up, and that would be new."""
    given = [
        (each.line, each.after.canceled - each.before.canceled, each.after.total() - each.before.total())
        for each in lines
    ]
    return [each for each in given if each[1] or each[2]]


def consented(draft: Draft, decision: Decision, context: Context) -> None:
    """Note on the order that its customer has agreed to the delay, and how."""
    about, evidence = decision.about, current(draft, decision.id).evidence
    consent = DelayConsent(
        decision=decision.id,
        lines=tuple(each.line for each in about.lines),
        stage=about.stage or DelayStage.FIRST,
        how=evidence.channel if evidence is not None else "",
        at=context.now,
        promised_at=about.promised_at,
        latest_at=about.latest_at,
    )
    draft.tell(decision.order, DelayConsented(consent))
