"""Requests to change what was agreed. What they touch is what the same changes would touch one by one."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from orderline.core.appeasements.state import BUDGET, Giving
from orderline.core.changes import actions as a
from orderline.core.changes.claiming import claimable
from orderline.core.credits.state import KIND, account_of
from orderline.core.orders.commands import (
    AllocateUnits,
    Allotment,
    CancelUnits,
    Command,
    OrderCommand,
    PullBack,
    TenderInput,
)
from orderline.core.orders.delivery import ChangeDelivery
from orderline.core.orders.state import Execution, Line, Order
from orderline.core.orders.substitution import SubstituteUnits
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.returns.commands import PolicyReference, RequestReturn, WithdrawReturn
from orderline.values.ids import OrderId

if TYPE_CHECKING:
    from orderline.core.world import World


class ChangeCommand(OrderCommand, RecordCommand, frozen=True, gc=False, kw_only=True):
    """A command that agrees something anew. giving, policy: filled in by the way in, where money is given or goods come back."""

    answers: ClassVar = "order"
    adds: ClassVar = True

    reason: str
    giving: Giving | None = None
    policy: PolicyReference | None = None

    def orders(self) -> Iterable[OrderId]:
        return (self.order,)

    def records(self) -> Iterable[RecordKey]:
        """What money is counted on, and what goods come back by."""
        budgets = self.giving.budgets if self.giving is not None else ()
        returned = RequestReturn(order=self.order, lines=(), policy=self.policy).records() if self.policy else ()
        return (*((BUDGET.name, each) for each in budgets), *returned)


class ChangeOrder(ChangeCommand, frozen=True, gc=False, kw_only=True, tag="change_order"):
    """Agree several things anew, all of them or none, in one fact.

    tenders: means of payment for what is to be paid beyond before. What is not covered is not sent on before it is.
    """

    actions: tuple[a.ChangeAction, ...]
    tenders: tuple[TenderInput, ...] = ()

    def records(self) -> Iterable[RecordKey]:
        kept = (KIND, account_of(self.order))  # money may become store credit
        gives = any(isinstance(each, a.Appease | a.ReturnUnits) for each in self.actions)
        return dict.fromkeys((*((kept,) if gives else ()), *super().records()))

    def skus(self) -> Iterable[str]:
        for each in self.actions:
            if isinstance(each, a.AddLine):
                yield each.line.sku
            elif isinstance(each, a.Substitute):
                yield each.sku
            elif isinstance(each, a.ReturnUnits) and each.exchange is not None:
                yield from (line.sku for line in each.exchange.lines)

    def inner(self, world: "World") -> Iterable[Command]:
        order = world.orders.get(self.order)
        if order is not None:
            for each in self.actions:
                yield from _alike(world, order, each)

    def supplies(self, world: "World") -> Iterable[tuple[str, str]]:
        order = world.orders.get(self.order)
        if order is None:
            return ()
        added = [each.line.sku for each in self.actions if isinstance(each, a.AddLine)]
        for each in self.actions:
            if isinstance(each, a.ReturnUnits) and each.exchange is not None:
                added += [line.sku for line in each.exchange.lines]
        return claimable(world, order, added)


class UndoChange(ChangeCommand, frozen=True, gc=False, kw_only=True, tag="undo_change"):
    """Agree again what was agreed before the last change: its mirror, as far as nothing has left meanwhile.

    agreement: the number of what is undone; refused, when something else was agreed since.
    """

    agreement: int | None = None

    def skus_of_orders(self, world: "World") -> Iterable[str]:
        order = world.orders.get(self.order)
        return [line.sku for line in _removed(order)] if order is not None else ()

    def inner(self, world: "World") -> Iterable[Command]:
        order = world.orders.get(self.order)
        if order is not None:
            yield CancelUnits(order=order.id, reason="undo")
            yield from (WithdrawReturn(order=order.id, number=each.number) for each in order.returns[-1:])
            for group in order.agreement.groups:
                yield from _moved(world, order, group.group, "")
            for group in order.agreements[max(0, len(order.agreements) - 2)].groups:
                yield from _moved(world, order, group.group, group.pickup_location or "")

    def supplies(self, world: "World") -> Iterable[tuple[str, str]]:
        order = world.orders.get(self.order)
        return claimable(world, order, [line.sku for line in _removed(order)]) if order is not None else ()


def _removed(order: Order) -> list[Line]:
    """The lines that changes gave units up of; what was sent in exchange is agreed after the change that asked for it."""
    removed = {each.line for agreed in order.agreements for each in agreed.removed}
    return [line for line in order.lines if line.line in removed]


def _alike(world: "World", order: Order, action: a.ChangeAction) -> Iterable[Command]:
    """The commands that touch what an action touches."""
    match action:
        case a.RemoveUnits():
            yield CancelUnits(order=order.id, reason="change")
        case a.ReturnUnits():
            yield asked_back(order.id, action, "", None)
        case a.Substitute():
            yield SubstituteUnits(order=order.id, line=action.line, sku=action.sku, quantity=action.quantity)
        case a.ChangeAddress() | a.ChangeMethod():
            yield from _moved(world, order, action.group, "")
        case a.ChangePickup():
            yield from _moved(world, order, action.group, action.pickup_location)
        case a.MoveLocation():
            yield PullBack(order=order.id, fulfillment=action.fulfillment)
            fulfillment = order.fulfillment_of(action.fulfillment)
            if fulfillment is not None and action.to:
                about = [(item.line, fulfillment.pool, action.to, item.units.total()) for item in fulfillment.items]
                yield AllocateUnits(
                    order=order.id, group=fulfillment.group, allotments=tuple(Allotment(*each) for each in about)
                )
        case _:
            pass


def asked_back(order: OrderId, action: a.ReturnUnits, reason: str, policy: PolicyReference | None) -> RequestReturn:
    """The request that goods come back, as it stands alone."""
    return RequestReturn(
        order=order, lines=action.lines, destination=action.destination, exchange=action.exchange, parcel=action.parcel,
        approve=action.approve, to=action.to, reason=reason if action.approve else "", policy=policy,
    )  # fmt: skip


def _moved(world: "World", order: Order, group: int, pickup: str) -> Iterable[Command]:
    yield ChangeDelivery(order=order.id, group=group, pickup_location=pickup or None)
    for each in order.fulfillments:
        if each.group == group and each.execution is Execution.OPEN:
            yield PullBack(order=order.id, fulfillment=each.number)
