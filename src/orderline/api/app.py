"""The application: from a request to an operation and back. Rights are asked here, once for all operations."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final
from urllib.parse import unquote

import msgspec
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from orderline.api.bodies import GoneAway, check_json, check_length, read_body, stream_body
from orderline.api.calls import Answer, Body, Call, Operation, Right, Services
from orderline.api.decoding import decoder, query_decoder
from orderline.api.keyring import Holder, Keyring
from orderline.api.operations import OPERATIONS
from orderline.api.problems import answer_fault, answer_refused, answer_trouble
from orderline.api.refusals import ApiRefusal
from orderline.api.routes import Routes
from orderline.core.context import Actor
from orderline.core.orders.guards import check_text
from orderline.store.access import Access
from orderline.values.failures import Refused, Trouble

MOST_HEADERS: Final = 100
LONGEST_HEADERS: Final = 32 * 1024
SECURITY: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
_JSON: Final = (b"content-type", b"application/json")
_KEY: Final = re.compile(rb"[A-Za-z0-9_.:/+=@~-]{1,200}")
MOST_REASON: Final = 500
_NOBODY: Final = Holder(Access("", "nobody", frozenset()))
_encode: Final = msgspec.json.Encoder(enc_hook=str).encode
_WITH_HEADERS: Final = (Body.NONE, Body.RAW, Body.STREAM)


def create_app(services: Services) -> "ApiApplication":
    """The API as an ASGI application. Boot starts and stops what is in `services`."""
    return ApiApplication(services)


class ApiApplication(Starlette):
    """Starlette, with its middleware and router left out of the way of requests that an operation answers.

    Measured per request: docs/adr/0004-operations-table-and-starlette.md.
    """

    def __init__(self, services: Services, operations: Iterable[Operation] = OPERATIONS) -> None:
        super().__init__()
        self.services = services
        self.keyring = Keyring(services.database)
        self.table = Routes([_Entry(services, operation) for operation in operations])
        self._unrouted = services.metrics.observer("none")
        services.metrics.watch(lambda: services.engine.waiting)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        began = perf_counter()
        entry: _Entry | None = None
        try:
            entry, path = self.table.find(scope)
            answer = await self._answer(entry, path, scope, receive)
        except Refused as refused:
            answer = answer_refused(refused)
        except Trouble as trouble:
            answer = answer_trouble(trouble)
        except GoneAway:
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets an answer and a person a trace
            answer = answer_fault(error, entry.operation.name if entry is not None else "routing")
        status = answer.status or (entry.operation.success if entry is not None else 200)
        await _send(send, answer, status, hide=scope["method"] == "HEAD")
        (entry.observe if entry is not None else self._unrouted)(status, perf_counter() - began)

    async def perform(self, asked: "Asked") -> Answer:
        """An operation for somebody whom another way in has let in: the same rights, limits and refusals as over HTTP.

        Refused as over HTTP, RIGHT_MISSING first; Trouble: the database can't be reached. The answer has its status; a fault
        is answered as over HTTP.
        """
        path, _, query = asked.target.partition("?")
        entry, names = self.table.find({"method": asked.method, "path": path, "raw_path": path.encode()})
        if not entry.open:
            _check_right(entry, asked.access)
        actor = Actor(asked.access.who, "console")
        given = entry.read_input(asked.body) if entry.takes is Body.JSON else None
        key = f"{asked.access.id}:{asked.key}" if asked.key and entry.operation.writes else ""
        call = Call(
            self.services, asked.access, names, entry.read_query(query.encode()), given,
            actor=actor, operation=entry.operation, idempotency_key=key, body=asked.body, headers={},
            reason=check_text(asked.reason, "reason", MOST_REASON) if entry.operation.writes else "",
        )  # fmt: skip
        try:
            answer = await entry.operation.handler(call)
        except (Refused, Trouble):
            raise
        except Exception as error:  # noqa: BLE001 - as over HTTP; the path is not told, it may be a link that lets somebody in
            answer = answer_fault(error, entry.operation.name)
        answer.status = answer.status or entry.operation.success
        if answer.body is not None and not isinstance(answer.body, bytes):
            answer.body = _encode(answer.body)
        return answer

    async def _answer(self, entry: "_Entry", path: dict[str, str], scope: Scope, receive: Receive) -> Answer:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        _check_headers(scope["headers"])
        holder = await self._admit(entry, headers)
        _check_accept(entry, headers)
        operation = entry.operation
        query = entry.read_query(scope["query_string"])
        key = _idempotency_key(headers, holder) if operation.writes else ""
        reason = _reason(headers) if operation.writes else ""
        body, chunks, given = b"", None, None
        if entry.takes is Body.JSON:
            body = await read_body(receive, headers, entry.most)
            if body:
                check_json(headers)
            given = entry.read_input(body)
        elif entry.takes is Body.RAW:
            body = await read_body(receive, headers, entry.most)
        elif entry.takes is Body.STREAM:
            check_length(headers, entry.most)
            chunks = stream_body(receive, entry.most)
        call = Call(
            self.services, holder.access, path, query, given,
            actor=holder.actor, operation=operation, idempotency_key=key, reason=reason, body=body, chunks=chunks,
            headers=_Headers(headers) if entry.takes in _WITH_HEADERS else None,
        )  # fmt: skip
        return await operation.handler(call)

    async def _admit(self, entry: "_Entry", headers: Mapping[bytes, bytes]) -> Holder:
        """The caller, if it may call this. Refused KEY_MISSING, KEY_INVALID, RATE_EXCEEDED, RIGHT_MISSING."""
        if entry.open:
            return _NOBODY
        holder = await self.keyring.admit(headers.get(b"authorization"))
        _check_right(entry, holder.access)
        return holder


@dataclass(frozen=True, kw_only=True)
class Asked:
    """An operation that another way in asks for. target: the path, percent-encoded, with its query. body: JSON.

    key: makes a repetition harmless; unique to `access`. reason: for the journal.
    """

    access: Access
    method: str
    target: str
    body: bytes = b""
    key: str = ""
    reason: str = ""


def _check_right(entry: "_Entry", access: Access) -> None:
    if not access.may(entry.operation):
        allowed = sorted(access.scopes)
        raise Refused(ApiRefusal.RIGHT_MISSING, right=entry.right, operation=entry.operation.name, allowed=allowed)


class _Entry:
    """An operation, made ready for calls."""

    __slots__ = ("method", "most", "observe", "open", "operation", "path", "read_input", "read_query", "right", "takes")

    def __init__(self, services: Services, operation: Operation) -> None:
        self.operation = operation
        self.method = operation.method
        self.path = operation.path
        self.right = operation.right.value
        self.open = operation.right in (Right.PUBLIC, Right.SIGNATURE) or (
            operation.name == "read_metrics" and services.open_metrics
        )
        self.takes = operation.takes
        limits = services.limits
        whole = limits.bulk_bytes if operation.bulk else limits.body_bytes
        self.most = {Body.STREAM: limits.feed_bytes, Body.RAW: limits.inbound_bytes}.get(self.takes, whole)
        self.read_query = query_decoder(operation.query)
        self.read_input: Callable[[bytes], Any] = decoder(operation.decodes or operation.input)
        self.observe = services.metrics.observer(operation.name)


class _Headers(Mapping[str, str]):
    """Headers by name, in lower case."""

    def __init__(self, headers: Mapping[bytes, bytes]) -> None:
        self._headers = headers

    def __getitem__(self, name: str) -> str:
        return self._headers[name.lower().encode("latin-1")].decode("latin-1")

    def __iter__(self) -> Any:
        return (name.decode("latin-1") for name in self._headers)

    def __len__(self) -> int:
        return len(self._headers)


def _check_headers(headers: list[tuple[bytes, bytes]]) -> None:
    if len(headers) > MOST_HEADERS or sum(len(name) + len(value) for name, value in headers) > LONGEST_HEADERS:
        allowed = f"{MOST_HEADERS} headers of {LONGEST_HEADERS} bytes together"
        raise Refused(ApiRefusal.HEADERS_TOO_LARGE, allowed=allowed)


def _check_accept(entry: "_Entry", headers: Mapping[bytes, bytes]) -> None:
    accept = headers.get(b"accept")
    if accept is None or b"*/*" in accept or b"application/json" in accept:
        return
    output = entry.operation.output
    offered = output.split(", ") if isinstance(output, str) else ["application/json"]
    wanted = {each.partition(";")[0].strip().lower() for each in accept.decode("latin-1").split(",")}
    if not wanted & {*offered, *(f"{media.partition('/')[0]}/*" for media in offered)}:
        allowed = ", ".join(offered)
        raise Refused(ApiRefusal.NOT_ACCEPTABLE, field="Accept", value=accept.decode("latin-1"), allowed=allowed)


def _idempotency_key(headers: Mapping[bytes, bytes], holder: Holder) -> str:
    given = headers.get(b"idempotency-key")
    if given is None:
        return ""
    if not _KEY.fullmatch(given):
        raise Refused(
            ApiRefusal.IDEMPOTENCY_KEY_MALFORMED, field="Idempotency-Key", value=given.decode("latin-1"),
            allowed="1 to 200 letters, digits, or one of _ . : / + = @ ~ -",
        )  # fmt: skip
    return f"{holder.access.id}:{given.decode()}"


def _reason(headers: Mapping[bytes, bytes]) -> str:
    """Why, in words; what is not ASCII is percent-encoded, as in an address."""
    given = headers.get(b"reason", b"")
    try:
        return check_text(unquote(given.decode("ascii"), errors="strict"), "Reason", MOST_REASON)
    except UnicodeDecodeError:
        value = given[:80].decode("latin-1")
        raise Refused(
            ApiRefusal.INPUT_INVALID, field="Reason", value=value, allowed="ASCII, and UTF-8 percent-encoded"
        ) from None


async def _send(send: Send, answer: Answer, status: int, *, hide: bool) -> None:
    body = answer.body
    if body is None:
        content = b""
    elif isinstance(body, bytes):
        content = body
    else:
        content = _encode(body)
    headers = [
        _JSON if answer.media == "application/json" else (b"content-type", answer.media.encode()),
        (b"content-length", str(len(content)).encode()),
        *SECURITY,
    ]
    if answer.headers:
        headers += [
            (name.lower().encode(), value.encode("latin-1", "replace")) for name, value in answer.headers.items()
        ]
    if status == 413:
        headers.append((b"connection", b"close"))
    if body is None:
        del headers[:2]
        if status != 204:
            headers.append((b"content-length", b"0"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if hide else content})
