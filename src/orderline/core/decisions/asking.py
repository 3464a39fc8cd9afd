"""What orders and settings know of decision requests: whom, about what, until when, and what is asked without a person."""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec


class Asked(StrEnum):
    """Whom a decision request is put to; the queue it stands in."""

    CUSTOMER = "customer"
    STORE = "store"
    VENDOR = "vendor"
    APPROVER = "approver"
    CSR = "csr"


class DecisionCause(StrEnum):
    """Why somebody has to decide."""

    UNFILLABLE = "unfillable"
    DELAY = "delay"
    UNCOLLECTED = "uncollected"
    LATE_WORK = "late_work"  # a store or a vendor says when its work will be done
    CHANGE = "change"  # somebody would agree something anew, and asks whether that is wanted
    APPROVAL = "approval"  # somebody who may lifts a hold
    ADDRESS = "address"  # an address is doubted, and a hold stands for it


class DelayStage(StrEnum):
    """Which delay it is that a customer is asked about; what silence means depends on it."""

    FIRST = "first"  # the first one, with a date
    NEXT = "next"  # another one, after the customer has agreed to one
    INDEFINITE = "indefinite"  # nobody knows until when


class DelayConsent(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """A customer has agreed to a delay of lines, and how: by `link`, to `staff`, or by `silence`.

    promised_at: what was promised at first; latest_at: what was agreed to; None: without end, which can be canceled any time.
    """

    decision: str
    lines: tuple[int, ...]
    stage: DelayStage
    how: str
    at: datetime
    promised_at: datetime | None = None
    latest_at: datetime | None = None


UNFILLABLE: Final = "unfillable"  # the hold on units that no location has, and that somebody decides about
MOST_ANSWER_HOURS: Final = 24 * 90
ALL_CAUSES: Final = tuple(DecisionCause)


class AskPolicy(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """What the customers of a channel are asked.

    drafts: causes for which a decision request is drafted; sends: those that are sent without a person looking.
    delay_days: a promise that is revised by more days asks. answer_hours, answer_s: for how long an answer is awaited,
    hours and seconds together. reminder_hours: how long before that the customer is reminded.
    """

    drafts: tuple[DecisionCause, ...] = ALL_CAUSES
    sends: tuple[DecisionCause, ...] = ALL_CAUSES
    delay_days: int = 3
    answer_hours: int = 72
    answer_s: int = 0
    reminder_hours: tuple[int, ...] = (24,)


class OpenDecision(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """A decision request that an order waits for. due_at: when it is sent, or decided by its default. sent: it was."""

    id: str
    cause: DecisionCause
    to: Asked
    due_at: datetime
    lines: tuple[int, ...] = ()
    fulfillment: int | None = None
    sent: bool = False
