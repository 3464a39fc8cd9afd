"""Requests about decision requests. Each names the order besides, which is locked with the decision request."""

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from orderline.core.appeasements.state import AppeasementLimits
from orderline.core.changes.commands import ChangeOrder
from orderline.core.decisions.asking import Asked, DecisionCause
from orderline.core.decisions.doubting import Doubt
from orderline.core.decisions.options import candidates, swaps_of
from orderline.core.decisions.state import Decision, OptionCommand, Subject
from orderline.core.decisions.subjects import subject_of
from orderline.core.holds.state import HoldAuthority
from orderline.core.orders.commands import Command
from orderline.core.orders.facts import Attachment
from orderline.core.orders.promised import PromiseCause
from orderline.core.orders.state import LineQuantity
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.world import World
from orderline.values.address import Address
from orderline.values.ids import CartHoldId, OrderId


def hold_of(decision: str) -> CartHoldId:
    """The cart hold that keeps units for the options of a decision request."""
    return CartHoldId(UUID(int=UUID(decision).int ^ 1))


class DecisionCommand(RecordCommand, frozen=True, gc=False, kw_only=True):
    """A command on a decision request; its id is a UUID."""

    adds: ClassVar = True  # by what stands to choice

    decision: str
    order: OrderId

    def records(self) -> Iterable[RecordKey]:
        return (("decision", self.decision),)

    def orders(self) -> Iterable[OrderId]:
        return (self.order,)

    def carts(self) -> Iterable[CartHoldId]:
        return (hold_of(self.decision),)

    def skus_of_orders(self, world: World) -> Iterable[str]:
        order = world.orders.get(self.order)
        return (line.sku for line in order.lines) if order is not None else ()

    def inner(self, world: World) -> Iterable[Command]:
        """All that stands to choice, and all that would if it were offered anew."""
        known = world.records.get(("decision", self.decision))
        order = world.orders.get(self.order)
        if not isinstance(known, Decision) or known.order != self.order or order is None:
            return ()
        offered: list[OptionCommand] = [each for option in known.options for each in option.commands]
        subject = subject_of(order, known.cause, known.about)
        if subject is not None:
            for option in candidates(world, order, known.cause, subject, None):
                offered.extend(option.commands)
        return offered


class DraftDecision(DecisionCommand, frozen=True, gc=False, kw_only=True, tag="draft_decision"):
    """Ask what becomes of units, where the policy of the channel says so.

    lines, fulfillment: what it is about; all that the cause fits, when not given. latest_at: when delayed units will be
    there; None: nobody knows. nonce, token_hash: of the link. replaces: requests whose place this one takes. by_hand:
    somebody wants it asked, whatever the policy says; hold: the one to be lifted; note: what is said beside the
    question; attachments: to be seen. change: what is proposed; to: who is asked, of a change: the customer, if not given.
    doubt: of an address, filled in by who has looked at it.
    """

    cause: DecisionCause
    lines: tuple[int, ...] = ()
    fulfillment: int | None = None
    latest_at: datetime | None = None
    why: PromiseCause | None = None
    supply: str = ""
    nonce: str = ""
    token_hash: str = ""
    replaces: tuple[str, ...] = ()
    by_hand: bool = False
    hold: int | None = None
    note: str = ""
    attachments: tuple[Attachment, ...] = ()
    change: ChangeOrder | None = None
    to: Asked | None = None
    doubt: Doubt | None = None

    def records(self) -> Iterable[RecordKey]:
        proposed = self.change.records() if self.change is not None else ()
        return (("decision", self.decision), *(("decision", each) for each in self.replaces), *proposed)

    def carts(self) -> Iterable[CartHoldId]:
        return (hold_of(self.decision), *map(hold_of, self.replaces))

    def about(self) -> Subject:
        """What was asked for, before it is known what there is of it."""
        lines = tuple(LineQuantity(line, 0) for line in self.lines)
        why = self.why.value if self.why is not None else ""
        return Subject(
            lines=lines,
            fulfillment=self.fulfillment,
            supply=self.supply,
            latest_at=self.latest_at,
            cause=why,
            hold=self.hold,
            change=self.change,
            doubt=self.doubt,
        )

    def inner(self, world: World) -> Iterable[Command]:
        order = world.orders.get(self.order)
        subject = subject_of(order, self.cause, self.about()) if order is not None else None
        if order is None or subject is None:
            return ()
        offered = [each for option in candidates(world, order, self.cause, subject, None) for each in option.commands]
        return [*offered, *swaps_of(world, order, subject)]


class SendDecision(DecisionCommand, frozen=True, gc=False, kw_only=True, tag="send_decision"):
    """Send what was drafted."""

    nonce: str = ""
    token_hash: str = ""


class ResendDecision(DecisionCommand, frozen=True, gc=False, kw_only=True, tag="resend_decision"):
    """Send the question once more, with another link; the deadline stays.

    limits, authority: how much who is told the link may give, and which holds resolve; filled in by the way in.
    """

    nonce: str = ""
    token_hash: str = ""
    limits: AppeasementLimits | None = None
    authority: HoldAuthority | None = None


class StrandDecision(DecisionCommand, frozen=True, gc=False, kw_only=True, tag="strand_decision"):
    """The question can't reach the customer. sending: the offer that it was about; reason: why it can't."""

    sending: int
    reason: str


class AnswerDecision(DecisionCommand, frozen=True, gc=False, kw_only=True, tag="answer_decision"):
    """Choose an option; it is carried out at once. address, date: for options that need one.

    token_hash: of the link it came by; otherwise somebody answers for the one who was asked, and says why. also: records
    that the options touch; suggestion: the doubted address as it would rather be written; limits, authority: how much who
    approves may give, and which holds resolve; all three filled in by the way in.
    """

    option: str
    reason: str = ""
    address: Address | None = None
    token_hash: str = ""
    date: datetime | None = None
    attachments: tuple[Attachment, ...] = ()
    also: tuple[RecordKey, ...] = ()
    suggestion: Address | None = None
    limits: AppeasementLimits | None = None
    authority: HoldAuthority | None = None

    def records(self) -> Iterable[RecordKey]:
        return (*super().records(), *self.also)


def also_touched(decision: Decision) -> tuple[RecordKey, ...]:
    """The records that its options touch."""
    changes = (each for option in decision.options for each in option.commands if isinstance(each, ChangeOrder))
    return tuple(dict.fromkeys(key for each in changes for key in each.records()))


class LapseDecision(DecisionCommand, frozen=True, gc=False, kw_only=True, tag="lapse_decision"):
    """The deadline is over: the default is carried out. sending: the offer whose deadline it is."""

    sending: int


class ReviewDecision(DecisionCommand, frozen=True, gc=False, kw_only=True, tag="review_decision"):
    """See whether there is still anything to decide, now that units have moved."""


class WithdrawDecision(DecisionCommand, frozen=True, gc=False, kw_only=True, tag="withdraw_decision"):
    """Ask no more; the order goes on as if nobody had been asked."""

    reason: str
