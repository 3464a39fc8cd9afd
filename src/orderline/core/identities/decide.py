"""Say that customers are one person, and take it back. Nobody but a person says so, and only about those who are apart."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Final

from orderline.core.context import Context
from orderline.core.identities.state import (
    IDENTITY,
    IDENTITY_KIND,
    MEMBER,
    MEMBER_KIND,
    Identity,
    IdentityMerged,
    IdentityState,
    IdentityUndone,
    MemberPut,
    Membership,
)
from orderline.core.orders.guards import check_text
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.ids import OrderId

MOST: Final = 200


class IdentityRefusal(StrEnum):
    IDENTITY_UNKNOWN = "IDENTITY_UNKNOWN"
    IDENTITY_STATE = "IDENTITY_STATE"
    IDENTITY_ORDERS = "IDENTITY_ORDERS"
    IDENTITY_TAKEN = "IDENTITY_TAKEN"


class IdentityCommand(RecordCommand, frozen=True, gc=False, kw_only=True):
    """A command on an identity. among: its orders; for a change of one that is there, those it has."""

    identity: str
    among: tuple[OrderId, ...]

    def records(self) -> Iterable[RecordKey]:
        """The identity, and where each order belongs."""
        return ((IDENTITY, self.identity), *((MEMBER, str(order)) for order in sorted(set(self.among))))


class MergeCustomers(IdentityCommand, frozen=True, gc=False, kw_only=True, tag="merge_customers"):
    """Say that the customers of orders, over whatever channels, are one person. The orders stay as they are."""

    reason: str

    def orders(self) -> Iterable[OrderId]:
        """Those that are to exist."""
        return sorted(set(self.among))


class UndoMerge(IdentityCommand, frozen=True, gc=False, kw_only=True, tag="undo_merge"):
    """Take it back: the customers are apart again, all of them."""

    reason: str


def decide_merge(draft: Draft, command: MergeCustomers, context: Context) -> None:
    """Refused IDENTITY_ORDERS: fewer than two orders, or too many; ORDER_UNKNOWN; IDENTITY_STATE: the id is used already.

    Refused IDENTITY_TAKEN: one of them belongs to another identity; undo that one, and merge all anew.
    """
    reason = check_text(command.reason, "reason", 500, required=True)
    orders = tuple(sorted(set(command.among)))
    if not 2 <= len(orders) <= MOST:
        raise Refused(IdentityRefusal.IDENTITY_ORDERS, field="orders", value=len(orders), allowed=f"2 to {MOST}")
    if draft.world.records.get((IDENTITY, command.identity)) is not None:
        raise Refused(IdentityRefusal.IDENTITY_STATE, field="identity", value=command.identity[:100])
    for order in orders:
        if draft.world.orders.get(order) is None:
            raise Refused(OrderRefusal.ORDER_UNKNOWN, field="orders", value=str(order))
        member = draft.world.records.get((MEMBER, str(order)))
        if isinstance(member, Membership) and member.identity:
            raise Refused(IdentityRefusal.IDENTITY_TAKEN, field="orders", value=str(order), identity=member.identity)
    merged = IdentityMerged(
        id=command.identity, orders=orders, reason=reason, by=context.actor.name, at=context.now
    )  # fmt: skip
    draft.tell_record(IDENTITY_KIND, command.identity, merged)
    for order in orders:
        draft.tell_record(MEMBER_KIND, str(order), MemberPut(id=str(order), identity=command.identity))


def decide_undo(draft: Draft, command: UndoMerge, context: Context) -> None:
    """Refused IDENTITY_UNKNOWN; IDENTITY_STATE: it was undone already."""
    reason = check_text(command.reason, "reason", 500, required=True)
    identity = draft.world.records.get((IDENTITY, command.identity))
    if not isinstance(identity, Identity) or set(identity.orders) != set(command.among):
        raise Refused(IdentityRefusal.IDENTITY_UNKNOWN, field="identity", value=command.identity[:100])
    if identity.state is not IdentityState.MERGED:
        raise Refused(IdentityRefusal.IDENTITY_STATE, field="identity", value=identity.id, state=identity.state)
    draft.tell_record(
        IDENTITY_KIND, identity.id, IdentityUndone(reason=reason, by=context.actor.name, at=context.now)
    )  # fmt: skip
    for order in identity.orders:
        draft.tell_record(MEMBER_KIND, str(order), MemberPut(id=str(order), identity=""))


RULES: Final[dict[type, Any]] = {MergeCustomers: decide_merge, UndoMerge: decide_undo}
