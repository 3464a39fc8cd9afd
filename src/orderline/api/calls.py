"""What an operation is, what a call of one carries, and what it answers. Every room of `api/` speaks in these."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Generic, Protocol, TypeVar

import msgspec

from orderline.api.metrics import Metrics
from orderline.contracts.carriers import Package
from orderline.contracts.registry import Kind
from orderline.core.context import Actor
from orderline.core.limits import MoneyLimits
from orderline.core.orders.parcels import RateChoice
from orderline.engine.engine import AsyncEngine
from orderline.engine.readers import Readers
from orderline.store.access import Access
from orderline.store.database import Database
from orderline.values.ids import OrderId

Q = TypeVar("Q")
I = TypeVar("I")  # noqa: E741


class Right(StrEnum):
    """What a key must be given to call an operation; `admin` has them all."""

    ORDERS_READ = "orders:read"
    ORDERS_WRITE = "orders:write"
    STOCK_READ = "stock:read"
    STOCK_WRITE = "stock:write"
    FULFILLMENTS_READ = "fulfillments:read"
    FULFILLMENTS_WRITE = "fulfillments:write"
    SETTINGS_READ = "settings:read"
    SETTINGS_WRITE = "settings:write"
    LEDGER_READ = "ledger:read"
    LEDGER_WRITE = "ledger:write"
    LEDGER_WRITE_OFF = "ledger:write_off"  # bad debts, without a limit
    EVENTS_READ = "events:read"
    AUDIT_READ = "audit:read"  # who did what, of that which may be read
    PEOPLE_READ = "people:read"  # names, emails and streets in full, where orders are read
    ADMIN = "admin"
    PUBLIC = "public"  # no key: says nothing that is not for everybody
    SIGNATURE = "signature"  # no key: the caller has signed the body


GRANTABLE: Final = tuple(right for right in Right if right not in (Right.PUBLIC, Right.SIGNATURE))


class Inbound(Protocol):
    """What the worker offers for calls of partners: verify the signature, take the facts in, answer JSON."""

    async def __call__(self, partner: str, headers: Mapping[str, str], body: bytes) -> "Answer": ...


class Rates(Protocol):
    """What the worker offers for rates: ask carriers and tables, and choose; nothing is kept."""

    async def __call__(
        self, order: OrderId, /, *, parcel: int, fulfillment: int, package: Package, live: bool
    ) -> RateChoice: ...


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much a caller may send. Bytes, except where the name says otherwise."""

    body_bytes: int = 1024 * 1024
    bulk_bytes: int = 16 * 1024 * 1024
    feed_bytes: int = 64 * 1024 * 1024
    inbound_bytes: int = 4 * 1024 * 1024
    bulk_items: int = 1_000


@dataclass(frozen=True, kw_only=True)
class Services:
    """What the API stands on; made once, in boot.

    reads: the reading side (`store.reading`). metrics: its `observe_batch` is for the engine.
    partners: those that are set up here, by name. providers: where money can be asked for; empty: nobody knows.
    open_metrics: /metrics without a key, for a private network. allow_private_webhooks: webhooks may go there as well.
    """

    engine: AsyncEngine
    database: Database
    reads: Readers
    metrics: Metrics = field(default_factory=Metrics)
    inbound: Inbound | None = None
    rates: Rates | None = None
    limits: Limits = field(default_factory=Limits)
    partners: Mapping[str, Kind] = field(default_factory=dict[str, Kind])
    providers: frozenset[str] = frozenset()
    open_metrics: bool = False
    allow_private_webhooks: bool = False
    version: str = ""


class DryRun(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """dry_run: say what would be done, and do nothing."""

    dry_run: bool = False


class Call(Generic[Q, I]):
    """One request, authorized and decoded.

    path: the values of the names in the path template. query, input: decoded, or None where the operation has none.
    idempotency_key: made unique to the API key; "" when the caller gave none.
    reason: why a change is wanted, for the journal.
    headers: of reads, and of operations that take a body raw.
    body: the raw bytes, for operations that take no struct. chunks: the body as it comes, for those that stream it.
    """

    __slots__ = (
        "actor", "body", "chunks", "headers", "idempotency_key", "input", "key", "operation", "path", "query", "reason", "services",
    )  # fmt: skip

    def __init__(
        self,
        services: Services,
        key: Access,
        path: dict[str, str],
        query: Q,
        input_: I,
        *,
        actor: Actor,
        operation: "Operation",
        idempotency_key: str = "",
        reason: str = "",
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        chunks: AsyncIterator[bytes] | None = None,
    ) -> None:
        self.services = services
        self.key = key
        self.path = path
        self.query = query
        self.input = input_
        self.actor = actor
        self.operation = operation
        self.idempotency_key = idempotency_key
        self.reason = reason
        self.body = body
        self.headers = headers or {}
        self.chunks = chunks

    @property
    def limits(self) -> MoneyLimits | None:
        """How much the key may move by its own word at once; None: as much as there is."""
        return None if Right.ADMIN in self.key.scopes else self.key.money


@dataclass(slots=True)
class Answer:
    """body: encoded JSON (or what `media` says) as bytes, or a value that is encoded as JSON; None: no content.

    status: the operation's `success`, when 0.
    """

    body: Any = None
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict[str, str])
    media: str = "application/json"


Handler = Callable[[Call[Any, Any]], Awaitable[Answer]]


class Body(StrEnum):
    """How an operation takes its body."""

    NONE = "none"
    JSON = "json"
    RAW = "raw"
    STREAM = "stream"


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One row of the operations table: routes, authorization, OpenAPI and the printed reference are made from it.

    name: unique, in snake_case, imperative. path: a template with names in braces (`/v1/orders/{order}`).
    input: the struct the JSON body is decoded into. decodes: another type to decode it into, when `input` is what callers
    are told but each item is looked at by itself. query: the struct of the query parameters.
    output: the type of the answer; a str: the media types of an answer that is not JSON, with ", " between; None: no content.
    page: the answer is `{"items": [output ...], "next": cursor or null}`.
    bulk: its body may be as large as bulk forms are. does: operations whose work it does, many at once or as a part: whoever
    may not do that may not do this. refusals: codes worth naming in the reference, beside those any operation has.
    """

    name: str
    method: str
    path: str
    right: Right
    summary: str
    handler: Handler
    capability: str
    input: Any = None
    decodes: Any = None
    query: Any = None
    output: Any = None
    success: int = 200
    page: bool = False
    body: Body = Body.NONE
    bulk: bool = False
    does: tuple[str, ...] = ()
    description: str = ""
    refusals: tuple[str, ...] = ()

    @property
    def takes(self) -> Body:
        """How the body comes in: JSON when there is an input struct, as `body` says otherwise."""
        return Body.JSON if self.input is not None and self.body is Body.NONE else self.body

    @property
    def writes(self) -> bool:
        """May it change anything? A preview is posted, and is allowed to those who read."""
        return self.method != "GET" and not self.right.endswith(":read")
