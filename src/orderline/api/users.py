"""People who work with Orderline: their roles, who has them, and the links by which they set a password."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from orderline.api.access import check_authority, check_limits, check_money_limits, check_rights
from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import readers
from orderline.api.records import Records
from orderline.core.orders.guards import check_text
from orderline.core.stock.checks import check_seen
from orderline.core.users.decide import DisableUser, PutRole, PutUser
from orderline.core.users.refusals import UserRefusal as R
from orderline.core.users.state import ROLES, USERS, RoleState, UserState
from orderline.store.sign_ins import LINK_HOLDS, invite
from orderline.values.failures import Refused

_ROLES: Final = Records(
    kind=ROLES,
    one="role",
    many="roles",
    capability="users",
    read=Right.ADMIN,
    write=Right.ADMIN,
    unknown=R.ROLE_UNKNOWN,
    states=RoleState,
    for_all=True,
    of_all=True,
)
_USERS: Final = replace(_ROLES, kind=USERS, one="user", many="users", unknown=R.USER_UNKNOWN, states=UserState)


class Invited(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """name: as people read it, and as the journal names who did something."""

    name: str


class Invitation(msgspec.Struct, frozen=True):
    """Where the person sets a password: once, before `ends_at`. Whoever has the link can: pass it on by a safe way."""

    user: str
    path: str
    ends_at: datetime


async def _put_role(call: Call[Any, Any]) -> Answer:
    check_rights(call.input.rights, "rights")
    if call.input.holds is not None:
        check_authority(call.input.holds)
    if call.input.appeasements is not None:
        check_limits(call.input.appeasements)
    if call.input.money is not None:
        check_money_limits(call.input.money)
    return await _PUT_ROLE.handler(call)


async def _put_user(call: Call[Any, Any]) -> Answer:
    if call.input.channels or call.input.locations:
        settings = await readers(call).run(lambda source: source.settings())
        check_seen(settings, call.input.channels, call.input.locations)
    return await _PUT_USER.handler(call)


async def _invite(call: Call[None, Invited]) -> Answer:
    user = await _USERS.found(call)
    if user.state is not UserState.ACTIVE:
        raise Refused(R.USER_DISABLED, field="id", value=user.id)
    name = check_text(call.input.name, "name", 100, required=True)
    now = datetime.now(UTC)
    secret = await asyncio.to_thread(invite, call.services.database, user.id, name, now)
    return Answer(Invitation(user.id, f"/welcome/{secret}", now + LINK_HOLDS))


_PUT_ROLE: Final = _ROLES.creating(
    PutRole, summary="Create a role, or say anew what it may do", names="role",
    refusals=("ROLE_NOT_ACCEPTABLE", "SCOPE_UNKNOWN", "HOLD_TYPE_UNKNOWN", "CURRENCY_UNKNOWN", "CODE_NOT_ACCEPTABLE"),
)  # fmt: skip
_PUT_USER: Final = _USERS.creating(
    PutUser, summary="Create a user, or give another role", names="user",
    refusals=("ROLE_UNKNOWN", "USER_DISABLED", "USER_NOT_ACCEPTABLE", "CHANNEL_UNKNOWN", "LOCATION_UNKNOWN", "CODE_NOT_ACCEPTABLE"),
)  # fmt: skip

OPERATIONS: Final[tuple[Operation, ...]] = (
    *_ROLES.reading(),
    replace(_PUT_ROLE, handler=_put_role),
    *_USERS.reading(),
    replace(_PUT_USER, handler=_put_user),
    _USERS.acting(DisableUser, path="disablings", summary="Let a user come in no more", names="user"),
    Operation(
        name="invite_user", method="POST", path="/v1/users/{id}/invitations", right=Right.ADMIN,
        summary="Make a link by which a user sets a password",
        description="A password and a second factor that were set before, and open sessions, end when it is used.",
        handler=_invite, capability="users", input=Invited, output=Invitation, refusals=("USER_UNKNOWN", "USER_DISABLED"),
    ),
)  # fmt: skip
