"""What becomes of a job that was not done: tried again, waited with, given up; or done, since its effect is there."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from orderline.core.orders.refusals import OrderRefusal as R
from orderline.engine.submissions import EngineRefusal
from orderline.store.jobs import Job, Verdict
from orderline.values.failures import Refused, Trouble

WAIT_AT_MOST_S: Final = 900.0
ERROR_MOST: Final = 500


class Ending(StrEnum):
    """What a refusal means for the job whose command was refused."""

    DONE = "done"
    WAIT = "wait"
    DEAD = "dead"


# The effect is there already, or is not wanted any more. Every refusal that stands in neither table is for a person.
DONE: Final = frozenset(
    {
        EngineRefusal.JOB_ALREADY_DONE.value,
        EngineRefusal.FACT_ALREADY_TAKEN_IN.value,
        R.PAYMENT_REQUEST_UNKNOWN.value,
        R.FULFILLMENT_NOT_OPEN.value,
        R.FULFILLMENT_STARTED.value,
        R.NOTHING_TO_DO.value,
        R.NOT_PAID.value,
        R.BLOCKED_BY_HOLD.value,
        R.ORDER_CLOSED.value,
        R.ORDER_CANCELED.value,
        R.PARCEL_NOT_LABELABLE.value,
        R.PARCEL_ALREADY_THERE.value,
        "RETURN_NOT_SENDABLE",
        "RETURN_NEWS_OLD",
        "CART_UNKNOWN",
        "NOTHING_TO_INVOICE",
        "NOTHING_TO_CREDIT",
        "CART_NOT_EXPIRED",
        "COMPANY_UNKNOWN",
        "AGREEMENT_UNKNOWN",
        "APPROVAL_UNKNOWN",
        "APPROVAL_STATE",
        "CONTRACT_UNKNOWN",
        "CONTRACT_STATE",
    }
)
WAIT: Final = frozenset(
    {
        R.ROUTE_LOST_RACE.value, R.SCREENED_OTHERWISE.value, R.ORDER_NOT_DONE.value, "PICKUP_NOT_DUE", "DECISION_NOT_DUE", "DRAFT_NOT_DUE", "ACCEPTANCE_NOT_DUE", "APPROVAL_NOT_DUE",
        "DOCUMENT_ENTITY",
        "CREDIT_STATE",
        "SELLER_NOT_DUE", "SELLER_HELD",
    }
)  # fmt: skip


def ending_of(code: str) -> Ending:
    """What a refusal means for its job."""
    if code in DONE:
        return Ending.DONE
    return Ending.WAIT if code in WAIT else Ending.DEAD


def after_failure(job: Job, error: BaseException, ladder_s: Sequence[float], now: datetime) -> Verdict:
    """Up the ladder, or given up at its end; a partner that says when to come again is obeyed."""
    told = told_error(error)
    if job.attempts > len(ladder_s):
        return Verdict(job.id, now, job.attempts, told, dead=True)
    pause_s = ladder_s[job.attempts - 1] * random.uniform(0.8, 1.2)
    asked_s = error.retry_after_s if isinstance(error, Trouble) else None
    return Verdict(job.id, now + timedelta(seconds=max(pause_s, asked_s or 0)), job.attempts, told)


def after_waiting(job: Job, reason: str, now: datetime) -> Verdict:
    """Nothing failed, but something has to happen first: look again after as long as it has waited, 15 minutes at most."""
    waited_s = (now - job.created_at).total_seconds()
    pause_s = min(max(waited_s, 1.0), WAIT_AT_MOST_S) * random.uniform(0.9, 1.1)
    return Verdict(job.id, now + timedelta(seconds=pause_s), 0, reason)


def given_up(job: Job, reason: str, now: datetime) -> Verdict:
    """A person has to look at it; trying again would change nothing."""
    return Verdict(job.id, now, job.attempts, reason[:ERROR_MOST], dead=True)


def told_error(error: BaseException) -> str:
    """An error in a line, for the person who looks at a dead letter."""
    match error:
        case Refused():
            told = str(error)
        case Trouble():
            told = str(error)
        case _:
            told = f"{type(error).__name__}: {error}"
    return " ".join(told.split())[:ERROR_MOST]
