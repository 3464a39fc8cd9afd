"""Hand commands to the engine and answer with what it says, byte for byte."""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from orderline.api.calls import Answer, Call, DryRun
from orderline.api.refusals import ApiRefusal
from orderline.core.context import Expected
from orderline.core.limits import Kind, LimitRefusal
from orderline.core.orders.actions import Action, actions_of
from orderline.core.orders.commands import Command, OrderCommand
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.users.state import ROLE, Role
from orderline.engine.dry_runs import Tried, try_all
from orderline.engine.submissions import EngineRefusal, Submission
from orderline.store.access import ADMIN, Access
from orderline.store.database import Database
from orderline.store.loading import load_orders
from orderline.store.reading.answers import load_answer
from orderline.store.reading.records import load_records
from orderline.values.failures import Refused
from orderline.values.ids import OrderId

REPLAYED: Final = "idempotency-replayed"
# Commands that wait for a batch: more than the engine does in a few seconds.
MOST_WAITING: Final = 20_000
_MOST_ROLES: Final = 200


class Changed(msgspec.Struct, frozen=True):
    """The answer to a change of something that is no order: empty, or what the rule says under `result`."""

    result: Any = None


async def decide(
    call: Call[Any, Any], command: Command, *, wait: bool = False, found: bool = False, expected: Expected | None = None
) -> Answer:
    """The engine's answer to one command. Raises its refusal, trouble, or fault.

    Refused OVERLOADED: too much is waiting; nothing has been done. wait: stand in the queue all the same.
    found: the command says what was found for it; the same request another time may find something else.
    expected: the version that the caller has seen of the record.
    """
    engine = call.services.engine
    if engine.waiting > MOST_WAITING and not wait:
        raise Refused(ApiRefusal.OVERLOADED, retry_after_s=2)
    asked = asked_by(call, type(command)) if found or expected is not None else b""
    submission = _submitted(call, command, call.idempotency_key, expected=expected, asked=asked)
    outcome = (await _tried(call, [submission]))[0].outcome if is_dry(call) else await engine.answer(submission)
    if outcome.refused is not None:
        raise await explain(call, command, outcome.refused)
    if outcome.failed is not None:
        raise outcome.failed
    return Answer(outcome.answer, headers={REPLAYED: "true"} if outcome.replayed else {})


def asked_by(call: Call[Any, Any], command: type[Command]) -> bytes:
    """What a request for a command says, and nothing that was found for it."""
    return _encode([command.__struct_config__.tag, call.path, call.input])


async def answered_before(call: Call[Any, Any], command: type[Command]) -> bytes | None:
    """What was answered to this very request under its key; for those that may find nothing any more.

    Refused IDEMPOTENCY_KEY_REUSED: another request has the key.
    """
    key = call.idempotency_key
    found = await call.services.reads.run(lambda source: load_answer(source, key)) if key else None
    if found is None:
        return None
    if found[0] != hashlib.sha256(asked_by(call, command)).digest():
        raise Refused(EngineRefusal.IDEMPOTENCY_KEY_REUSED, field="Idempotency-Key", value=key.partition(":")[2])
    return found[1]


async def decide_all(call: Call[Any, Any], commands: Sequence[Command]) -> list[Tried]:
    """The engine's outcomes for several commands, put in together; each has a key of its own, made of the caller's.

    Of a dry run, what they would be.
    """
    if call.services.engine.waiting > MOST_WAITING:
        raise Refused(ApiRefusal.OVERLOADED, retry_after_s=2)
    key = call.idempotency_key
    submissions = [_submitted(call, command, f"{key}#{index}" if key else "") for index, command in enumerate(commands)]
    if is_dry(call):
        return await _tried(call, submissions)
    return [Tried(each) for each in await call.services.engine.answer_all(submissions)]


def is_dry(call: Call[Any, Any]) -> bool:
    """Does the caller want to know only what would be done?"""
    return isinstance(call.query, DryRun) and call.query.dry_run


def _submitted(
    call: Call[Any, Any], command: Command, key: str, *, expected: Expected | None = None, asked: bytes = b""
) -> Submission:
    """The command as the caller of an operation gives it: who, why, and how much they may say by themselves."""
    return Submission(
        command=command,
        actor=call.actor,
        reason=call.reason,
        limits=call.limits,
        key=key,
        expected=expected,
        asked=asked,
    )


async def _tried(call: Call[Any, Any], submissions: Sequence[Submission]) -> list[Tried]:
    """A key names what is done, and nothing is."""
    unnamed = [msgspec.structs.replace(each, key="") for each in submissions]
    return await asyncio.to_thread(try_all, call.services.database, unnamed)


async def explain(call: Call[Any, Any], command: Command, refused: Refused) -> Refused:
    """The refusal with what the caller needs beside it: the actions that are legal now, or who may do as much."""
    if refused.code is EngineRefusal.IDEMPOTENCY_KEY_REUSED:
        given = str(refused.facts.get("value", "")).partition(":")[2]
        return Refused(refused.code, field="Idempotency-Key", value=given)
    if refused.code is OrderRefusal.VERSION_STALE and isinstance(command, OrderCommand):
        version, actions = await asyncio.to_thread(_actions, call.services.database, command.order)
        return Refused(refused.code, **(refused.facts | {"current": version, "actions": actions}))
    if refused.code is LimitRefusal.MONEY_LIMIT:
        kind, amount, currency = (refused.facts[name] for name in ("limit", "value", "currency"))
        return Refused(refused.code, **refused.facts, unblock=await _roles(call, kind, amount, currency))
    return refused


async def _roles(call: Call[Any, Any], kind: Kind, amount_minor: int, currency: str) -> str:
    """The roles whose people may do it with as much; the number of roles is small."""
    roles: list[Role] = await call.services.reads.run(lambda source: load_records(source, ROLE, most=_MOST_ROLES))
    found: list[str] = []
    for each in roles:
        access = Access(each.id, each.id, frozenset(each.rights), money=each.money)
        most = access.money.most(kind, currency) if access.money and ADMIN not in access.scopes else None
        if access.may(call.operation) and (most is None or amount_minor <= most):
            found.append(each.name or each.id)
    return ", ".join(found) or "an administrator"


def _actions(database: Database, order_id: OrderId) -> tuple[int, list[dict[str, Any]]]:
    with database.connection() as connection:
        order = load_orders(connection, database.cell, [order_id])[order_id]
    return order.version, [_told(action) for action in actions_of(order)]


_encode: Final = msgspec.json.Encoder(order="deterministic").encode


def _told(action: Action) -> dict[str, Any]:
    return msgspec.structs.asdict(action)
