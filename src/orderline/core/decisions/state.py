"""A decision request: a question with priced options, of which one is carried out, asked or unasked."""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from orderline.core.changes.commands import ChangeOrder
from orderline.core.decisions.asking import Asked, DecisionCause, DelayStage
from orderline.core.decisions.doubting import Doubt
from orderline.core.holds.commands import EscalateHold
from orderline.core.moves import Units
from orderline.core.orders.commands import CancelUnits, PlaceHold, PromiseLines, RejectUnits, ReleaseHold
from orderline.core.orders.delivery import ChangeDelivery
from orderline.core.orders.facts import Attachment
from orderline.core.orders.state import LineQuantity
from orderline.core.orders.substitution import SubstituteUnits
from orderline.core.pickups.commands import RenewPickup
from orderline.core.records import Record, RecordEvent
from orderline.core.stock.state import CartLine
from orderline.values.ids import CartHoldId, OrderId

OptionCommand = (
    CancelUnits
    | ChangeDelivery
    | ChangeOrder
    | EscalateHold
    | PlaceHold
    | PromiseLines
    | RejectUnits
    | ReleaseHold
    | RenewPickup
    | SubstituteUnits
)


class DecisionState(StrEnum):
    """Where a decision request stands. Answered, defaulted and failed are passed through within one command."""

    DRAFTED = "drafted"
    SENT = "sent"
    ANSWERED = "answered"
    DEFAULTED = "defaulted"
    EXECUTED = "executed"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


OPEN: Final = (DecisionState.DRAFTED, DecisionState.SENT)


class LinePreview(msgspec.Struct, frozen=True, gc=False):
    """The units of a line as they stand, and as they would stand."""

    line: int
    before: Units
    after: Units


class OptionPreview(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What an option would do. money_minor: what is agreed would change by; below zero: it goes back to the customer."""

    lines: tuple[LinePreview, ...] = ()
    money_minor: int = 0
    promised_by: datetime | None = None


class Option(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An answer that may be chosen. reserved: units kept for it meanwhile.

    needs: what has to come with it ("address", "date"; a "suggestion" is made by the way in).
    """

    code: str
    title: str
    commands: tuple[OptionCommand, ...] = ()
    preview: OptionPreview = OptionPreview()
    needs: str = ""
    reserved: tuple[CartLine, ...] = ()


class Evidence(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """How an answer was given. channel: link, staff or silence. shown: the question as it stood then.

    token_hash: SHA-256 of the link that was used. by, reason: who answered for somebody else, and why. date: what came with
    an option that needs one.
    """

    channel: str
    at: datetime
    answer: str
    shown: str
    token_hash: str = ""
    by: str = ""
    reason: str = ""
    date: datetime | None = None
    attachments: tuple[Attachment, ...] = ()


class Subject(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What is to be decided about. latest_at: when the units would be there now; None: nobody knows.

    change: what is proposed. stage, promised_at: of a delay: which one it is, and what was promised at first. doubt: of an
    address, for which `hold` stands.
    """

    lines: tuple[LineQuantity, ...] = ()
    fulfillment: int | None = None
    supply: str = ""
    latest_at: datetime | None = None
    cause: str = ""
    hold: int | None = None
    change: ChangeOrder | None = None
    stage: DelayStage | None = None
    promised_at: datetime | None = None
    doubt: Doubt | None = None


class Decision(Record, frozen=True, kw_only=True):
    """A decision request. `default` is carried out when nobody has answered by the deadline.

    nonce, token_hash: of the link, whose token is made of the nonce with a secret that stands elsewhere.
    sendings: how often options were offered. hold: units kept for options until the deadline. failed: why an option
    could not be carried out that was chosen last; failures: how often that was. at: the location that is asked.
    stranded: why the question reached nobody, so that staff have to ask by another way.
    """

    id: str
    order: OrderId
    number: str
    channel: str
    currency: str
    cause: DecisionCause
    to: Asked
    about: Subject
    state: DecisionState
    question: str
    options: tuple[Option, ...]
    default: str
    made_at: datetime
    made_by: str
    sent_at: datetime | None = None
    deadline_at: datetime | None = None
    reminders: tuple[datetime, ...] = ()
    nonce: str = ""
    token_hash: str = ""
    sendings: int = 0
    hold: CartHoldId | None = None
    evidence: Evidence | None = None
    executed_at: datetime | None = None
    failed: str = ""
    failures: int = 0
    reason: str = ""
    at: str = ""
    attachments: tuple[Attachment, ...] = ()
    stranded: str = ""

    def option_of(self, code: str) -> Option | None:
        """The option of that code."""
        return next((each for each in self.options if each.code == code), None)


class DecisionDrafted(RecordEvent, frozen=True, kw_only=True, tag="decision_drafted"):
    """Somebody has to decide; the question with its options is there, and nobody was asked."""

    id: str
    order: OrderId
    number: str
    channel: str
    currency: str
    cause: DecisionCause
    to: Asked
    about: Subject
    question: str
    options: tuple[Option, ...]
    default: str
    at: datetime
    by: str
    location: str = ""
    attachments: tuple[Attachment, ...] = ()


class DecisionSent(RecordEvent, frozen=True, kw_only=True, tag="decision_sent"):
    """The options are offered until a deadline."""

    at: datetime
    deadline_at: datetime
    reminders: tuple[datetime, ...]
    nonce: str
    token_hash: str
    about: Subject
    question: str
    options: tuple[Option, ...]
    default: str
    hold: CartHoldId | None = None


class DecisionLinked(RecordEvent, frozen=True, kw_only=True, tag="decision_linked"):
    """The question was sent again, with another link; the one before is good for nothing."""

    at: datetime
    nonce: str
    token_hash: str


class DecisionStranded(RecordEvent, frozen=True, kw_only=True, tag="decision_stranded"):
    """The question reached nobody, and silence is no answer to it: staff ask by another way. reason: why it did not."""

    at: datetime
    reason: str


class DecisionAnswered(RecordEvent, frozen=True, kw_only=True, tag="decision_answered"):
    """Somebody has chosen an option."""

    evidence: Evidence


class DecisionDefaulted(RecordEvent, frozen=True, kw_only=True, tag="decision_defaulted"):
    """Nobody has answered by the deadline: the default stands."""

    evidence: Evidence


class DecisionExecuted(RecordEvent, frozen=True, kw_only=True, tag="decision_executed"):
    """What was chosen is done."""

    at: datetime


class DecisionFailed(RecordEvent, frozen=True, kw_only=True, tag="decision_failed"):
    """What was chosen can't be done any more; nothing of it was."""

    at: datetime
    code: str


class DecisionWithdrawn(RecordEvent, frozen=True, kw_only=True, tag="decision_withdrawn"):
    """There is nothing to decide any more."""

    at: datetime
    by: str
    reason: str


AnyDecisionEvent = (
    DecisionDrafted
    | DecisionSent
    | DecisionLinked
    | DecisionStranded
    | DecisionAnswered
    | DecisionDefaulted
    | DecisionExecuted
    | DecisionFailed
    | DecisionWithdrawn
)
