"""Requests to give money, and to set what may be given without being asked for."""

from collections.abc import Iterable
from typing import ClassVar

import msgspec

from orderline.core.appeasements.state import BUDGET, Giving, Period
from orderline.core.changes.actions import Appease, AppeasedLine, Number
from orderline.core.changes.commands import ChangeOrder
from orderline.core.decisions.asking import Asked, DecisionCause
from orderline.core.decisions.commands import DraftDecision
from orderline.core.orders.commands import Command, OrderCommand
from orderline.core.orders.credited import Credit, Destination
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.world import World
from orderline.values.ids import CartHoldId, OrderId


class Given(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What came of it: the credit; or the question to an approver, since it is more than who asks may give, and which limit."""

    credit: Credit | None = None
    decision: str = ""
    limit: str = ""
    allowed_minor: int = 0


class GiveAppeasement(OrderCommand, RecordCommand, frozen=True, gc=False, kw_only=True, tag="give_appeasement"):
    """Give money, with tax, for a reason without goods coming back. What is more than who asks may give, an approver is asked.

    why: late, service, courtesy (goodwill); damaged, not_as_described, price_match, price_error (a lower price).
    amount_minor: on the order as a whole; lines: on each; shipping_minor: of shipping. reason: in words.
    """

    answers: ClassVar = "result"

    why: str
    reason: str
    amount_minor: int = 0
    lines: tuple[AppeasedLine, ...] = ()
    shipping_minor: Number = 0
    destination: Destination = Destination.TENDERS
    giving: Giving | None = None
    decision: str
    nonce: str = ""
    token_hash: str = ""

    def change(self, giving: Giving | None) -> ChangeOrder:
        """The change set that it is."""
        action = Appease(
            why=self.why, amount_minor=self.amount_minor, lines=self.lines, shipping_minor=self.shipping_minor,
            destination=self.destination,
        )  # fmt: skip
        return ChangeOrder(order=self.order, reason=self.reason, actions=(action,), giving=giving)

    def asking(self, by: str, note: str) -> DraftDecision:
        """The question to an approver."""
        giving = msgspec.structs.replace(self.giving or Giving(), by=by, limits=None, approved=True)
        return DraftDecision(
            decision=self.decision, order=self.order, cause=DecisionCause.CHANGE, change=self.change(giving),
            to=Asked.APPROVER, note=note, nonce=self.nonce, token_hash=self.token_hash, by_hand=True,
        )  # fmt: skip

    def records(self) -> Iterable[RecordKey]:
        """What it is counted on, and the question."""
        return (*self.change(self.giving).records(), ("decision", self.decision))

    def orders(self) -> Iterable[OrderId]:
        """The order."""
        return (self.order,)

    def carts(self) -> Iterable[CartHoldId]:
        """Of the question."""
        return self.asking("", "").carts()

    def inner(self, world: World) -> Iterable[Command]:
        """The change, or the question."""
        return (self.change(self.giving), self.asking("", ""))


class PutBudget(RecordCommand, frozen=True, gc=False, kw_only=True, tag="put_appeasement_budget"):
    """Set what may be given in each period (UTC), in minor units by currency; currencies that are not named: nothing.

    budget: `channel:CODE`, `team:CODE`. No amounts: it is only counted.
    """

    budget: str
    period: Period
    amounts: dict[str, int]

    def records(self) -> Iterable[RecordKey]:
        """The budget."""
        return ((BUDGET.name, self.budget),)
