"""API keys: made, listed and revoked by administrators."""

import asyncio
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

import msgspec

from orderline.api.calls import GRANTABLE, Answer, Call, Operation, Right
from orderline.api.deciding import decide
from orderline.api.reading.paging import readers
from orderline.api.refusals import ApiRefusal
from orderline.core.access.decide import CreateKey, RevokeKey
from orderline.core.appeasements.state import AppeasementLimits
from orderline.core.holds.rules import TYPES
from orderline.core.holds.state import HoldAuthority
from orderline.core.limits import MoneyLimits
from orderline.core.orders.guards import check_text
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.stock.checks import check_seen
from orderline.engine.submissions import EngineRefusal
from orderline.store.access import TAKEN, KeyRecord, create_key_once, draw_id, find_key, list_keys, revoke_key
from orderline.values.failures import Refused
from orderline.values.money import check_currency

_MOST_CODES: Final = 200
_MOST_PER_MINUTE: Final = 1_000_000


class KeyInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """channels, locations: the only ones the key sees; all, when empty. per_minute: 0 is no limit.

    scopes: areas (`orders:write`), single operations (`cancel_units`), and operations taken away from an area
    (`-erase_people`). holds: which holds it may place and resolve; all, when not given. appeasements: how much it may give on
    orders by itself; as much as budgets have, when not given. money: the most that it may record or give by hand at once; as
    much as there is, when not given. Keys with the right `admin` may always.
    person: who holds it. What it does is written down as theirs, and where two have to say so, all their keys are one.
    """

    name: str
    scopes: tuple[str, ...]
    channels: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    per_minute: int = 0
    holds: HoldAuthority | None = None
    person: str = ""
    appeasements: AppeasementLimits | None = None
    money: MoneyLimits | None = None


class KeyMade(msgspec.Struct, frozen=True):
    """The new key. Its secret is shown this once and can't be had again."""

    id: str
    secret: str


class Keys(msgspec.Struct, frozen=True):
    """All keys, newest first."""

    items: list[KeyRecord]
    next: str | None = None


def authority_of(call: Call[Any, Any]) -> HoldAuthority | None:
    """What the key may do about holds; None: all that its rights let it."""
    return None if Right.ADMIN in call.key.scopes else call.key.holds


def limits_of(call: Call[Any, Any]) -> AppeasementLimits | None:
    """How much the key may give by itself; None: as much as budgets have."""
    return None if Right.ADMIN in call.key.scopes else call.key.appeasements


def check_not_taken(call: Call[Any, Any], names: Iterable[str]) -> None:
    """Refused RIGHT_MISSING: one of these operations, whose work is a part of this, was taken away from the key."""
    for name in names:
        if f"{TAKEN}{name}" in call.key.scopes:
            raise Refused(ApiRefusal.RIGHT_MISSING, operation=name, allowed=sorted(call.key.scopes))


def check_key(asked: KeyInput) -> None:
    """Refused SCOPE_UNKNOWN, FIELD_REQUIRED, TEXT_NOT_ACCEPTABLE, INPUT_INVALID."""
    check_text(asked.name, "name", 100, required=True)
    check_rights(asked.scopes, "scopes")
    check_text(asked.person, "person", 100)
    if asked.holds is not None:
        check_authority(asked.holds)
    if asked.appeasements is not None:
        check_limits(asked.appeasements)
    if asked.money is not None:
        check_money_limits(asked.money)
    for field, codes in (("channels", asked.channels), ("locations", asked.locations)):
        if len(codes) > _MOST_CODES:
            raise Refused(ApiRefusal.ITEMS_TOO_MANY, field=field, value=len(codes), allowed=_MOST_CODES)
        for index, code in enumerate(codes):
            check_text(code, f"{field}[{index}]", 100, required=True)
    if not 0 <= asked.per_minute <= _MOST_PER_MINUTE:
        allowed = f"from 0 to {_MOST_PER_MINUTE}"
        raise Refused(ApiRefusal.INPUT_INVALID, field="per_minute", value=asked.per_minute, allowed=allowed)


def check_rights(rights: Sequence[str], field: str) -> None:
    """Refused SCOPE_UNKNOWN: nothing is granted, or there is no such area or operation."""
    if not any(not right.startswith(TAKEN) for right in rights):
        raise Refused(ApiRefusal.SCOPE_UNKNOWN, field=field, value=list(rights[:50]), allowed=list(GRANTABLE))
    for index, right in enumerate(rights):
        if right not in GRANTABLE and right.removeprefix(TAKEN) not in grantable_operations():
            allowed = [*GRANTABLE, "the name of an operation", f"{TAKEN} and the name of one"]
            raise Refused(ApiRefusal.SCOPE_UNKNOWN, field=f"{field}[{index}]", value=right[:100], allowed=allowed)


@cache
def grantable_operations() -> frozenset[str]:
    """The operations that ask for a right, by name."""
    from orderline.api.operations import OPERATIONS as EVERY

    return frozenset(each.name for each in EVERY if each.right in GRANTABLE)


def check_authority(holds: HoldAuthority) -> None:
    """Refused HOLD_TYPE_UNKNOWN, CURRENCY_UNKNOWN, INPUT_INVALID, TEXT_NOT_ACCEPTABLE."""
    for index, type_ in enumerate(holds.types):
        if type_ not in TYPES:
            allowed = sorted(TYPES)
            raise Refused(OrderRefusal.HOLD_TYPE_UNKNOWN, field=f"holds.types[{index}]", value=type_, allowed=allowed)
    for index, role in enumerate(holds.roles):
        check_text(role, f"holds.roles[{index}]", 60, required=True)
    for currency, limit in holds.limits.items():
        check_currency(currency, field="holds.limits")
        if limit < 0:
            raise Refused(ApiRefusal.INPUT_INVALID, field=f"holds.limits.{currency}", value=limit, allowed="from 0")


def check_limits(limits: AppeasementLimits) -> None:
    """Refused CURRENCY_UNKNOWN, INPUT_INVALID, TEXT_NOT_ACCEPTABLE."""
    check_text(limits.team, "appeasements.team", 60)
    _check_amounts({"appeasements.per_order": limits.per_order, "appeasements.per_day": limits.per_day})


def check_money_limits(limits: MoneyLimits) -> None:
    """Refused CURRENCY_UNKNOWN, INPUT_INVALID."""
    _check_amounts({f"money.{name}": getattr(limits, name) for name in limits.__struct_fields__})


def _check_amounts(amounts: Mapping[str, Mapping[str, int]]) -> None:
    for field, limits in amounts.items():
        for currency, limit in limits.items():
            check_currency(currency, field=field)
            if limit < 0:
                raise Refused(ApiRefusal.INPUT_INVALID, field=f"{field}.{currency}", value=limit, allowed="from 0")


async def _create(call: Call[None, KeyInput]) -> Answer:
    asked = call.input
    check_key(asked)
    if asked.channels or asked.locations:
        settings = await readers(call).run(lambda source: source.settings())
        check_seen(settings, asked.channels, asked.locations)
    key_id = draw_id(_intention(call))
    told = {name: getattr(asked, name) for name in asked.__struct_fields__}
    await decide(call, CreateKey(id=key_id, **told | {"person": asked.person.strip()}))
    made = await asyncio.to_thread(
        create_key_once, call.services.database, asked.name, asked.scopes, asked.channels, asked.locations,
        asked.per_minute, asked.holds, asked.person.strip(), asked.appeasements, asked.money,
        key_id=key_id,
    )  # fmt: skip
    if made is None:
        # The secret is not kept, so the first answer can't be given again.
        given = call.idempotency_key.partition(":")[2]
        reason = "a key was made with it; its secret was shown once"
        raise Refused(EngineRefusal.IDEMPOTENCY_KEY_REUSED, field="Idempotency-Key", value=given, reason=reason)
    return Answer(KeyMade(*made), headers={"location": f"/v1/keys/{made[0]}"})


async def _list(call: Call[None, None]) -> Answer:
    return Answer(Keys(await asyncio.to_thread(list_keys, call.services.database)))


async def _revoke(call: Call[None, None]) -> Answer:
    key = call.path["key"]
    known = await asyncio.to_thread(find_key, call.services.database, key)
    if known is None:
        raise Refused(ApiRefusal.KEY_UNKNOWN, field="key", value=key)
    await decide(call, RevokeKey(id=key, name=known.name))
    return Answer(await asyncio.to_thread(revoke_key, call.services.database, key))


def _intention(call: Call[Any, Any]) -> bytes | None:
    return hashlib.sha256(call.idempotency_key.encode()).digest() if call.idempotency_key else None


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="create_key", method="POST", path="/v1/keys", right=Right.ADMIN, summary="Make an API key",
        handler=_create, capability="access", input=KeyInput, output=KeyMade, success=201,
        refusals=("SCOPE_UNKNOWN", "HOLD_TYPE_UNKNOWN", "CURRENCY_UNKNOWN", "CHANNEL_UNKNOWN", "LOCATION_UNKNOWN"),
    ),
    Operation(
        name="list_keys", method="GET", path="/v1/keys", right=Right.ADMIN, summary="List API keys",
        handler=_list, capability="access", output=Keys,
    ),
    Operation(
        name="revoke_key", method="DELETE", path="/v1/keys/{key}", right=Right.ADMIN,
        summary="Revoke an API key", description="It is refused within seconds.",
        handler=_revoke, capability="access", output=KeyRecord, refusals=("KEY_UNKNOWN",),
    ),
)  # fmt: skip
