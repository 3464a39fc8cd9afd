"""Requests about holds and what places them. Placing and lifting one by hand stand beside those on orders."""

from collections.abc import Iterable

import msgspec

from orderline.core.holds.rules import FRAUD
from orderline.core.holds.state import HoldAuthority, Rejection
from orderline.core.orders.commands import CancelUnits, Command, OrderCommand
from orderline.core.orders.state import Hold, LineQuantity, Order
from orderline.core.policies.state import POLICY, TEXT, text_id
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.returns.commands import PolicyReference, RequestReturn, ReturnLineInput
from orderline.core.returns.state import ReturnSource
from orderline.core.world import World
from orderline.values.ids import OrderId


class HoldCommand(OrderCommand, RecordCommand, frozen=True, gc=False, kw_only=True):
    """A command on a hold, which may do what the hold says is done when it is rejected."""

    hold: int

    def orders(self) -> Iterable[OrderId]:
        return (self.order,)

    def inner(self, world: World) -> Iterable[Command]:
        """What rejecting does."""
        order = world.orders.get(self.order)
        hold = hold_of(order, self.hold) if order is not None else None
        command = on_reject(order, hold, "rejected") if order is not None and hold is not None else None
        return () if command is None else (command,)


class RejectHold(HoldCommand, frozen=True, gc=False, kw_only=True, tag="reject_hold"):
    """Say no to what a hold is about, and do what it says is done then: cancel the order or the line, have it sent back.

    authority: filled in by the way in.
    """

    reason: str
    authority: HoldAuthority | None = None


class BreachHold(HoldCommand, frozen=True, gc=False, kw_only=True, tag="breach_hold"):
    """Nobody has resolved a hold until it was due. Sent by the clock."""


class EscalateHold(OrderCommand, frozen=True, gc=False, kw_only=True, tag="escalate_hold"):
    """Put a hold to somebody else: to whom it escalates, or its owner, when nobody is named. The clock leaves it alone then."""

    hold: int
    reason: str
    to: str = ""


class Looked(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """What was looked up about an order for the hold policy; it names no person.

    orders: placed within the window of the policy by the same email, phone, address and card, this one not counted, and by
    the same customer ever. twins: orders of the same goods by the same customer within minutes, by number.
    returned_orders, returned_units: what the same customer has sent back of other orders. charged_back: other orders that
    were, by what they have in common with this one: `person` (email, phone or card, or as was said of who is one person), each
    of these, the address, and `fraud`: those of them all that were charged back for fraud.
    blocked, allowed: what of it stands on lists, by kind. address: what is wrong with the address, by code.
    outside: the score of who was asked; None: nobody was, or there was no answer. reasons: what they gave for it.
    """

    orders: dict[str, int] = {}
    returned_orders: int = 0
    returned_units: int = 0
    charged_back: dict[str, int] = {}
    twins: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    address: tuple[str, ...] = ()
    outside: int | None = None
    reasons: tuple[str, ...] = ()


class ScreenOrder(OrderCommand, RecordCommand, frozen=True, gc=False, kw_only=True, tag="screen_order"):
    """Look at an order by the hold policy that is for it. policy: None: none is, and nothing is held.

    trigger: accept, edit, condition or resolved; then `resolved` is the type of the hold that was.
    """

    trigger: str
    policy: PolicyReference | None = None
    looked: Looked = Looked()
    resolved: str = ""

    def orders(self) -> Iterable[OrderId]:
        return (self.order,)

    def records(self) -> Iterable[RecordKey]:
        if self.policy is None:
            return ()
        return ((POLICY, self.policy.policy), (TEXT, text_id(self.policy.policy, self.policy.digest)))


def hold_of(order: Order, number: int) -> Hold | None:
    """The open hold of that number."""
    return next((each for each in order.holds if each.number == number), None)


def on_reject(order: Order, hold: Hold, reason: str) -> Command | None:
    """What rejecting a hold does; None: nothing."""
    lines = [line for line in order.lines if hold.line is None or hold.line == line.line]
    match hold.on_reject:
        case Rejection.CANCEL:
            named = () if hold.line is None else tuple(LineQuantity(each.line, each.units.total()) for each in lines)
            live = (
                tuple(
                    LineQuantity(each.line, quantity - line.units.canceled)
                    for each, line in zip(named, lines, strict=True)
                    if (quantity := each.quantity) > line.units.canceled
                )
                if named
                else ()
            )
            if named and not live:
                return None
            return CancelUnits(order=order.id, reason=reason, lines=live)
        case Rejection.RETURN:
            sent = tuple(
                ReturnLineInput(line=each.line, quantity=out, reason=FRAUD if hold.type == FRAUD else "other")
                for each in lines
                if (out := each.units.shipped + each.units.delivered)
            )
            return (
                RequestReturn(order=order.id, lines=sent, source=ReturnSource.SUPPORT, approve=True, reason=reason)
                if sent
                else None
            )
        case Rejection.NONE:
            return None
