"""Say which roles there are, and who has them."""

import re
from collections.abc import Iterable
from typing import Any, Final

from orderline.core.appeasements.state import AppeasementLimits
from orderline.core.context import Context
from orderline.core.holds.state import HoldAuthority
from orderline.core.limits import MoneyLimits
from orderline.core.orders.guards import check_text
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.stock.checks import check_code
from orderline.core.stock.refusals import StockRefusal
from orderline.core.users.refusals import UserRefusal as R
from orderline.core.users.state import ROLE, ROLES, USER, USERS, Role, RolePut, User, UserDisabled, UserPut, UserState
from orderline.core.world import Draft
from orderline.values.failures import Refused

MOST_CODES: Final = 200
# As a code, and addresses: providers of single sign-on name people by them.
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+@\-]{0,99}")


class PutRole(RecordCommand, frozen=True, gc=False, kw_only=True, tag="put_role"):
    """Create a role, or say anew what it may do; whoever has it may do that within seconds.

    rights: as of API keys: areas (`orders:write`), single operations (`cancel_units`), and operations taken away from an area
    (`-erase_people`). holds: which holds it may place and resolve; all, when not given. appeasements: how much each of its people
    may give on orders by itself; as much as budgets have, when not given. money: the most that each of them may record or give
    by hand at once; as much as there is, when not given.
    """

    role: str
    rights: tuple[str, ...]
    name: str = ""
    holds: HoldAuthority | None = None
    appeasements: AppeasementLimits | None = None
    money: MoneyLimits | None = None

    def records(self) -> Iterable[RecordKey]:
        """The role."""
        return ((ROLE, self.role),)


class PutUser(RecordCommand, frozen=True, gc=False, kw_only=True, tag="put_user"):
    """Create a user, or say anew which role the person has. One who was disabled may come in again.

    channels, locations: the only ones the person sees and works on; all, when empty. stay_disabled: refused for one who was
    disabled, who then may not come in again.
    """

    user: str
    role: str
    channels: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    stay_disabled: bool = False

    def records(self) -> Iterable[RecordKey]:
        """The user and the role."""
        return ((USER, self.user), (ROLE, self.role))


class DisableUser(RecordCommand, frozen=True, gc=False, kw_only=True, tag="disable_user"):
    """Let a user come in no more: sessions that are open end within seconds. What the person did stays told."""

    user: str
    reason: str = ""

    def records(self) -> Iterable[RecordKey]:
        """The user."""
        return ((USER, self.user),)


def decide_put_role(draft: Draft, command: PutRole, context: Context) -> None:
    """Refused CODE_NOT_ACCEPTABLE; ROLE_NOT_ACCEPTABLE: it has no right, or one twice."""
    check_code(command.role, "role")
    check_text(command.name, "name", 100)
    if not command.rights or len(set(command.rights)) < len(command.rights):
        raise Refused(R.ROLE_NOT_ACCEPTABLE, field="rights", value=list(command.rights[:50]), allowed="each right once")
    known = draft.world.records.get((ROLE, command.role))
    said = (command.name, command.rights, command.holds, command.appeasements, command.money)
    if isinstance(known, Role) and (known.name, known.rights, known.holds, known.appeasements, known.money) == said:
        return
    draft.tell_record(
        ROLES, command.role,
        RolePut(
            id=command.role, name=command.name, rights=command.rights, holds=command.holds,
            appeasements=command.appeasements, money=command.money, by=context.actor.name, at=context.now,
        ),
    )  # fmt: skip


def decide_put_user(draft: Draft, command: PutUser, context: Context) -> None:
    """Refused CODE_NOT_ACCEPTABLE; ROLE_UNKNOWN; USER_DISABLED; USER_NOT_ACCEPTABLE: too many channels or locations."""
    if not NAME.fullmatch(command.user):
        allowed = "1 to 100 letters, digits, or one of . _ : / + - @ (a letter or digit first)"
        raise Refused(StockRefusal.CODE_NOT_ACCEPTABLE, field="user", value=command.user[:120], allowed=allowed)
    if not isinstance(draft.world.records.get((ROLE, command.role)), Role):
        raise Refused(R.ROLE_UNKNOWN, field="role", value=command.role[:100])
    for field, codes in (("channels", command.channels), ("locations", command.locations)):
        if len(codes) > MOST_CODES:
            raise Refused(R.USER_NOT_ACCEPTABLE, field=field, value=len(codes), allowed=f"at most {MOST_CODES}")
    known = draft.world.records.get((USER, command.user))
    if command.stay_disabled and isinstance(known, User) and known.state is UserState.DISABLED:
        raise Refused(R.USER_DISABLED, field="user", value=command.user)
    said = (command.role, command.channels, command.locations, UserState.ACTIVE)
    if isinstance(known, User) and (known.role, known.channels, known.locations, known.state) == said:
        return
    draft.tell_record(
        USERS, command.user,
        UserPut(
            id=command.user, role=command.role, channels=command.channels, locations=command.locations,
            by=context.actor.name, at=context.now,
        ),
    )  # fmt: skip


def decide_disable_user(draft: Draft, command: DisableUser, context: Context) -> None:
    """Refused USER_UNKNOWN."""
    known = draft.world.records.get((USER, command.user))
    if not isinstance(known, User):
        raise Refused(R.USER_UNKNOWN, field="user", value=command.user[:100])
    reason = check_text(command.reason, "reason", 200)
    if known.state is not UserState.DISABLED:
        draft.tell_record(USERS, command.user, UserDisabled(by=context.actor.name, at=context.now, reason=reason))


RULES: Final[dict[type, Any]] = {
    PutRole: decide_put_role,
    PutUser: decide_put_user,
    DisableUser: decide_disable_user,
}
