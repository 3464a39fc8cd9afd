"""Rules of appeasements: given at once within limits; above them, somebody else is asked. Source: domain model 6.2."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from orderline.core.appeasements.commands import GiveAppeasement, Given, PutBudget
from orderline.core.appeasements.refusals import AppeasementRefusal as A
from orderline.core.appeasements.state import BUDGET, BudgetPut
from orderline.core.context import Context
from orderline.core.orders.commands import Command
from orderline.core.stock.checks import check_code
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.money import MAX_MINOR, check_currency, render_minor

Run = Callable[[Draft, Command, Context], Any]

SET: Final = ("channel", "team")


def decide_give(draft: Draft, command: GiveAppeasement, context: Context, *, run: Run) -> Given:
    """Give it, or ask an approver. Refused as the change set with it would be, but for limits."""
    trial = Draft(draft.world, draft.now)
    try:
        run(trial, command.change(command.giving), context)
    except Refused as refused:
        trial.roll_back()
        if not isinstance(refused.code, A) or refused.code is not A.APPEASEMENT_LIMIT:
            raise
        currency = draft.world.order(command.order).currency
        limit, left = str(refused.facts["limit"]), int(refused.facts["allowed"])
        note = f"{command.reason}\n{limit}: {render_minor(left, currency)} {currency} left for {context.actor.name}"
        run(draft, command.asking(context.actor.name, note[:1_000]), context)
        return Given(decision=command.decision, limit=limit, allowed_minor=left)
    draft.absorb(trial)
    return Given(credit=draft.world.order(command.order).credits[-1])


def decide_put_budget(draft: Draft, command: PutBudget, context: Context) -> None:
    """Refused BUDGET_NOT_ACCEPTABLE: it is neither a channel's nor a team's, or an amount is out of range."""
    kind, _, code = command.budget.partition(":")
    if kind not in SET:
        allowed = [f"{each}:CODE" for each in SET]
        raise Refused(A.BUDGET_NOT_ACCEPTABLE, field="budget", value=command.budget[:100], allowed=allowed)
    check_code(code, "budget")
    if kind == "channel" and code not in draft.world.settings.channels:
        raise Refused(A.BUDGET_NOT_ACCEPTABLE, field="budget", value=code, allowed="a channel that there is")
    for currency, amount in command.amounts.items():
        check_currency(currency, field="amounts")
        if not 0 <= amount <= MAX_MINOR:
            allowed = f"from 0 to {MAX_MINOR}"
            raise Refused(A.BUDGET_NOT_ACCEPTABLE, field=f"amounts.{currency}", value=amount, allowed=allowed)
    put = BudgetPut(id=command.budget, period=command.period, amounts=command.amounts, at=context.now)
    draft.tell_record(BUDGET, command.budget, put)


def rules(run: Run) -> dict[type[Command], Callable[[Draft, Any, Context], Any]]:
    """The rules. run: decides one command within a draft, as it would be decided by itself."""
    return {GiveAppeasement: partial(decide_give, run=run), PutBudget: decide_put_budget}
