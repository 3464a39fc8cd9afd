"""The system itself: is it well, what does it count, what can it do."""

import asyncio
from time import monotonic
from typing import Any, Final
from weakref import WeakKeyDictionary

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import MOST_WAITING
from orderline.store.database import Database
from orderline.store.gauges import is_migrated, outbox_gauges
from orderline.store.liveness import count_alarms
from orderline.values.failures import Trouble

_FRESH_FOR_S: Final = 1.0


class Health(msgspec.Struct, frozen=True):
    """`ok`, or what is not: `unavailable` (no answer), `pending` (migrations to be applied), `full` (a queue)."""

    status: str
    database: str
    migrations: str
    engine: str


class _Checked(msgspec.Struct):
    health: Health | None = None
    at: float = 0.0


_checked: WeakKeyDictionary[Database, _Checked] = WeakKeyDictionary()


async def _health(call: Call[None, None]) -> Answer:
    health = await _check(call)
    return Answer(health, status=200 if health.status == "ok" or health.database == "ok" else 503)


async def _ready(call: Call[None, None]) -> Answer:
    health = await _check(call)
    if health.status == "ok":
        return Answer(health)
    return Answer(health, status=503, headers={"retry-after": "1"})


async def _check(call: Call[Any, Any]) -> Health:
    """The health of this process and its database, asked once a second at most."""
    services = call.services
    known = _checked.setdefault(services.database, _Checked())
    if known.health is None or monotonic() - known.at > _FRESH_FOR_S:
        database, migrations = "ok", "ok"
        try:
            if not await asyncio.to_thread(is_migrated, services.database):
                migrations = "pending"
        except Trouble:
            database = migrations = "unavailable"
        engine = "ok" if services.engine.waiting < MOST_WAITING else "full"
        well = {database, migrations, engine} == {"ok"}
        known.health = Health("ok" if well else "unwell", database, migrations, engine)
        known.at = monotonic()
    return known.health


async def _metrics(call: Call[None, None]) -> Answer:
    database, metrics = call.services.database, call.services.metrics

    def figures() -> bytes:
        return metrics.render(outbox_gauges(database), count_alarms(database))

    return Answer(await asyncio.to_thread(figures), media="text/plain; version=0.0.4; charset=utf-8")


async def _openapi(call: Call[None, None]) -> Answer:
    from orderline.api.openapi import encoded_openapi

    return Answer(encoded_openapi(call.services.version))


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="read_health", method="GET", path="/v1/health", right=Right.PUBLIC, summary="Is it alive?",
        description="503 when the database does not answer.", handler=_health, capability="access", output=Health,
    ),
    Operation(
        name="read_readiness", method="GET", path="/v1/ready", right=Right.PUBLIC, summary="May it be sent requests?",
        description="503 while the database, its migrations or the queue are not as they should be.",
        handler=_ready, capability="access", output=Health,
    ),
    Operation(
        name="read_metrics", method="GET", path="/metrics", right=Right.ADMIN, summary="Figures for Prometheus",
        description="Without a key where `ORDERLINE_METRICS_OPEN` is on.", handler=_metrics, capability="access",
        output="text/plain",
    ),
    Operation(
        name="read_openapi", method="GET", path="/v1/openapi.json", right=Right.PUBLIC,
        summary="This description", handler=_openapi, capability="access", output=dict,
    ),
)  # fmt: skip
