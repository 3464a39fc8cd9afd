"""The console put beside the API in one application, on the same operations."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from orderline.api.app import ApiApplication, Asked
from orderline.api.calls import Answer, Operation
from orderline.api.operations import OPERATIONS
from orderline.api.problem_table import PROBLEMS
from orderline.api.problems import answer_refused, answer_trouble, problem
from orderline.boot.spoken import words_of
from orderline.cli.words import tell_in_turn
from orderline.console.app import Console
from orderline.console.languages import Language
from orderline.console.ports import Parts, SingleSignOn
from orderline.core.orders.events import AnyOrderEvent
from orderline.core.orders.state import Order
from orderline.store.access import Access
from orderline.store.database import Database
from orderline.store.reading.places import load_places
from orderline.values.address import Place
from orderline.values.failures import Refused, Trouble

_API: Final = ("/v1/", "/metrics")
_encode: Final = msgspec.json.Encoder(enc_hook=str).encode


class _Told(msgspec.Struct):
    events: tuple[AnyOrderEvent, ...]


class Operations:
    """What `console.ports.Backend` asks for, by the API in this process."""

    def __init__(self, api: ApiApplication, database: Database) -> None:
        self._api = api
        self._database = database
        self.operations: Mapping[str, Operation] = {each.name: each for each in OPERATIONS}

    async def perform(
        self, access: Access, method: str, target: str, body: bytes, key: str, reason: str = ""
    ) -> Answer:
        """The answer of an operation; of a refusal, its problem document."""
        try:
            asked = Asked(access=access, method=method, target=target, body=body, key=key, reason=reason)
            return await self._api.perform(asked)
        except Refused as refused:
            answer = answer_refused(refused)
        except Trouble as trouble:
            answer = answer_trouble(trouble)
        answer.body = _encode(answer.body)
        return answer

    def tell(
        self, entries: Sequence[Any], currency: str, spoken: Language, order: Mapping[str, Any] | None = None
    ) -> list[list[str]]:
        """The events of journal entries, or of such as are not written, in words, entry by entry."""
        found = (each.events for each in msgspec.convert(entries, list[_Told]))
        before = msgspec.convert(order, Order) if order is not None else None
        return tell_in_turn(found, currency, words_of(spoken), before)

    def places(self, locations: Sequence[str]) -> Mapping[str, Place]:
        """Of each location its place."""
        return load_places(self._database, locations)

    def meaning(self, code: str) -> str:
        """What a refusal's code means."""
        row = PROBLEMS.get(code)
        return row.title if row is not None else code

    def problem(
        self, code: str, facts: Mapping[str, Any], say: Callable[[str], str], call: Callable[[str], str]
    ) -> dict[str, Any]:
        """The problem document of a refusal."""
        return msgspec.to_builtins(problem(code, facts, say, call))


def with_pages(
    api: ApiApplication,
    database: Database,
    *,
    public_url: str,
    version: str,
    single_sign_on: SingleSignOn | None = None,
    password_users: frozenset[str] | None = None,
) -> "Pages":
    """The API under its paths, the console under all others."""
    provider = None
    if single_sign_on is not None:
        from orderline.console.provider import Provider

        provider = Provider(single_sign_on)
    parts = Parts(
        backend=Operations(api, database), database=database, secure=public_url.startswith("https:"), version=version,
        provider=provider, password_users=password_users, public_url=public_url.rstrip("/"),
    )  # fmt: skip
    return Pages(api, Console(parts))


class Pages:
    """The application that is served. stop: nobody is to wait for pages that are watched."""

    def __init__(self, api: ASGIApp, console: Console) -> None:
        self._api = api
        self._console = console
        self.stop = console.stop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ours = scope["type"] == "http" and not scope["path"].startswith(_API)
        await (self._console if ours else self._api)(scope, receive, send)
