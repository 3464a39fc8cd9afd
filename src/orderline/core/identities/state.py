"""Customers of several orders that are one person: said by somebody, and taken back as a whole. It names nobody.

Every order has its customer apart, behind a token. Which of them are the same person stands here, by order, so that nothing of
it is left to guess once a person is erased, and taking it back leaves no trace in the orders.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Final

from orderline.core.records import Record, RecordEvent, RecordKind, Window
from orderline.values.ids import OrderId

IDENTITY: Final = "identity"
MEMBER: Final = "identity_member"


class IdentityState(StrEnum):
    """merged: the customers of its orders are one person. undone: they are not, or not for sure."""

    MERGED = "merged"
    UNDONE = "undone"


class Likeness(StrEnum):
    """In what two customers are alike."""

    EMAIL = "email"
    PHONE = "phone"
    CARD = "card"
    ADDRESS = "address"
    NAME = "name"


class Identity(Record, frozen=True, kw_only=True):
    """One person, by the orders they placed. reason: of the last word about it, which `by` has said at `at`."""

    id: str
    state: IdentityState
    orders: tuple[OrderId, ...]
    reason: str
    by: str
    at: datetime


class Membership(Record, frozen=True, kw_only=True):
    """Which identity the customer of an order belongs to; empty: none."""

    id: str
    identity: str


class IdentityMerged(RecordEvent, frozen=True, kw_only=True, tag="identity_merged"):
    """The customers of orders are one person."""

    id: str
    orders: tuple[OrderId, ...]
    reason: str
    by: str
    at: datetime


class IdentityUndone(RecordEvent, frozen=True, kw_only=True, tag="identity_undone"):
    """They are apart again."""

    reason: str
    by: str
    at: datetime


class MemberPut(RecordEvent, frozen=True, kw_only=True, tag="identity_member_put"):
    """The customer of an order belongs to an identity, or to none any more."""

    id: str
    identity: str


AnyIdentityEvent = IdentityMerged | IdentityUndone


def evolve_identity(identity: Identity | None, event: AnyIdentityEvent) -> Identity:
    """The identity after an event."""
    if isinstance(event, IdentityMerged):
        return Identity(
            id=event.id, state=IdentityState.MERGED, orders=event.orders, reason=event.reason, by=event.by, at=event.at
        )
    assert identity is not None
    return Identity(
        id=identity.id,
        state=IdentityState.UNDONE,
        orders=identity.orders,
        reason=event.reason,
        by=event.by,
        at=event.at,
        version=identity.version,
        chain=identity.chain,
    )


def evolve_member(member: Membership | None, event: MemberPut) -> Membership:
    """Where the customer of an order belongs after an event."""
    if member is None:
        return Membership(id=event.id, identity=event.identity)
    return Membership(id=event.id, identity=event.identity, version=member.version, chain=member.chain)


IDENTITY_KIND: Final = RecordKind(
    IDENTITY, Identity, AnyIdentityEvent, evolve_identity, lambda identity: Window(identity.state)
)
MEMBER_KIND: Final = RecordKind(
    MEMBER, Membership, MemberPut, evolve_member, lambda member: Window("merged" if member.identity else "apart")
)

# How much each says for two customers being one person, and from how much on that is suggested.
WEIGHTS: Final = {Likeness.EMAIL: 3, Likeness.PHONE: 2, Likeness.CARD: 2, Likeness.ADDRESS: 1, Likeness.NAME: 1}
ENOUGH: Final = 3


def is_suggested(alike: Iterable[Likeness]) -> bool:
    """Are two customers alike enough to be shown to somebody as one? An address and a name alone may be a family's."""
    return sum(WEIGHTS[each] for each in alike) >= ENOUGH
