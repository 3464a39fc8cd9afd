"""Requests about who may take from whom, and to take. `reallocation` is the caller's own name for it."""

from collections.abc import Iterable

import msgspec

from orderline.core.orders.claims import pools_of
from orderline.core.orders.commands import Command, PullBack, ReclaimUnits
from orderline.core.orders.state import Order
from orderline.core.reallocations.state import PriorityClass, Reallocation, TakingRule
from orderline.core.reallocations.taking import withdrawable
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.supply.commands import PegUnits
from orderline.core.world import World
from orderline.values.ids import OrderId

DEFAULT = "default"


class PutPriorityRules(RecordCommand, frozen=True, gc=False, kw_only=True, tag="put_priority_rules"):
    """Replace the classes of orders and the rules about who may take from whom."""

    priority_rules: str
    classes: tuple[PriorityClass, ...]
    takings: tuple[TakingRule, ...] = ()

    def records(self) -> Iterable[RecordKey]:
        return (("priority_rules", self.priority_rules),)


class TakeInput(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Units that a line of another order is to give."""

    order: OrderId
    line: int
    quantity: int


class Reallocate(RecordCommand, frozen=True, gc=False, kw_only=True, tag="reallocate"):
    """Give units of other orders to one that lacks them, all of them or none.

    The others get what other stock or dated supply covers, with a new promise where it is later. Work that a
    location has accepted, and units that are picked or packed, are never touched.
    """

    reallocation: str
    sku: str
    order: OrderId
    line: int
    takes: tuple[TakeInput, ...]
    reason: str = ""

    def records(self) -> Iterable[RecordKey]:
        return (("reallocation", self.reallocation), ("priority_rules", DEFAULT), ("taken_units", self.sku))

    def orders(self) -> Iterable[OrderId]:
        return (self.order, *(take.order for take in self.takes))

    def skus(self) -> Iterable[str]:
        return (self.sku,)

    def inner(self, world: World) -> Iterable[Command]:
        yield PegUnits(order=self.order)
        for take in self.takes:
            order = world.orders.get(take.order)
            yield ReclaimUnits(order=take.order)
            for fulfillment in withdrawable(order, take.line) if order is not None else ():
                yield PullBack(order=take.order, fulfillment=fulfillment.number)

    def supplies(self, world: World) -> Iterable[tuple[str, str]]:
        sku = world.skus.get(self.sku)
        known = [order for id_ in self.orders() if (order := world.orders.get(id_)) is not None]
        return {(self.sku, pool) for order in known for pool in _pools(world, order)} if sku is not None else ()


class ProposeReallocation(Reallocate, frozen=True, gc=False, kw_only=True, tag="propose_reallocation"):
    """Propose to give units of other orders to one that lacks them: who gives and what slips is kept, nothing moves."""


class ApproveReallocation(Reallocate, frozen=True, gc=False, kw_only=True, tag="approve_reallocation"):
    """Carry out what somebody else has proposed, just as it was shown; all of it, or none."""


class WithdrawReallocation(RecordCommand, frozen=True, gc=False, kw_only=True, tag="withdraw_reallocation"):
    """Do not carry out what was proposed."""

    reallocation: str
    reason: str = ""

    def records(self) -> Iterable[RecordKey]:
        return (("reallocation", self.reallocation),)


def approval_of(proposed: Reallocation) -> ApproveReallocation:
    """The command that carries out what was proposed."""
    return ApproveReallocation(
        reallocation=proposed.id,
        sku=proposed.sku,
        order=proposed.order,
        line=proposed.line,
        takes=tuple(TakeInput(each.order, each.line, each.quantity) for each in proposed.givers),
        reason=proposed.reason,
    )


def _pools(world: World, order: Order) -> set[str]:
    channel = world.settings.channels[order.channel]
    pools = {pool for group in order.agreement.groups for pool in pools_of(world, channel, order.is_test, group)}
    return pools | {share.pool for line in order.lines for share in line.claims} & set(world.settings.pools)
