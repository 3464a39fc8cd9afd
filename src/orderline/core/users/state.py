"""People who work with Orderline: who may do what, by the role they have.

What they sign in with (password, second factor, sessions) is not here: `store.sign_ins` keeps it, and no journal does.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final

from msgspec.structs import replace

from orderline.core.appeasements.state import AppeasementLimits
from orderline.core.holds.state import HoldAuthority
from orderline.core.limits import MoneyLimits
from orderline.core.records import Record, RecordEvent, RecordKind, Window

USER: Final = "user"
ROLE: Final = "role"


class RoleState(StrEnum):
    """A role is there for good: what nobody is to have any more is given to nobody."""

    DEFINED = "defined"


class UserState(StrEnum):
    """May the person come in?"""

    ACTIVE = "active"
    DISABLED = "disabled"


class Role(Record, frozen=True, kw_only=True):
    """What people of a kind of work may do. rights: as of API keys, areas and operations. holds: what it may do about holds; None: all.

    appeasements: how much each of them may give by itself; None: as much as budgets have.
    money: how much each may move by its own word at once; None: as much as there is.
    """

    id: str
    name: str = ""
    rights: tuple[str, ...] = ()
    holds: HoldAuthority | None = None
    appeasements: AppeasementLimits | None = None
    money: MoneyLimits | None = None
    state: RoleState = RoleState.DEFINED


class User(Record, frozen=True, kw_only=True):
    """A person of the merchant's, with one role. channels, locations: the only ones it sees and works on; all, when empty."""

    id: str
    role: str
    channels: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    state: UserState = UserState.ACTIVE


class RolePut(RecordEvent, frozen=True, kw_only=True, tag="role_put"):
    """There is a role, with these rights."""

    id: str
    name: str
    rights: tuple[str, ...]
    by: str
    at: datetime
    holds: HoldAuthority | None = None
    appeasements: AppeasementLimits | None = None
    money: MoneyLimits | None = None


class UserPut(RecordEvent, frozen=True, kw_only=True, tag="user_put"):
    """There is a user, with this role and these limits; one who was disabled may come in again."""

    id: str
    role: str
    by: str
    at: datetime
    channels: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()


class UserDisabled(RecordEvent, frozen=True, kw_only=True, tag="user_disabled"):
    """The user may not come in any more."""

    by: str
    at: datetime
    reason: str = ""


UserEvent = UserPut | UserDisabled


def evolve_role(known: Role | None, event: RolePut) -> Role:
    """The role after it was put."""
    role = known or Role(id=event.id)
    return replace(
        role,
        name=event.name,
        rights=event.rights,
        holds=event.holds,
        appeasements=event.appeasements,
        money=event.money,
    )


def evolve_user(known: User | None, event: UserEvent) -> User:
    """The user after an event."""
    match event:
        case UserPut():
            user = known or User(id=event.id, role=event.role)
            return replace(
                user, role=event.role, channels=event.channels, locations=event.locations, state=UserState.ACTIVE
            )
        case UserDisabled():
            assert known is not None
            return replace(known, state=UserState.DISABLED)


ROLES: Final = RecordKind(ROLE, Role, RolePut, evolve_role, lambda role: Window(role.state, role.name))
USERS: Final = RecordKind(USER, User, UserEvent, evolve_user, lambda user: Window(user.state, user.role))
