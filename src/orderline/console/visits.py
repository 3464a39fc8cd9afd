"""One request of a person: who it is, what was sent, and what is answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec

from orderline.console.ports import Parts, Reply
from orderline.store.sign_ins import SignedIn

ADMIN: Final = "admin"
_decode: Final = msgspec.json.decode
_encode: Final = msgspec.json.Encoder(enc_hook=str).encode


class NotAllowed(Exception):
    """The person has no right to see the page. right: the one that is missing."""

    def __init__(self, right: str) -> None:
        super().__init__(right)
        self.right = right


class Failed(Exception):
    """An operation was refused, or could not be done, where the page can't go on without it."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(problem.get("title", ""))
        self.status = status
        self.problem = problem


@dataclass(slots=True)
class Shown:
    """A page: the name of its template and what it is filled with."""

    template: str
    about: dict[str, Any] = field(default_factory=dict[str, Any])
    status: int = 200


@dataclass(slots=True)
class Gone:
    """Go on at another address (303). cookie: of the session from now on; "": signed out; None: as it is."""

    to: str
    cookie: str | None = None


class Visit:
    """at: the path that was asked for. query, form: the last value of each name. calls: the operations that the page may ask for."""

    __slots__ = ("_calls", "_parts", "address", "at", "csrf", "form", "path", "query", "secret", "url", "who")

    def __init__(
        self, parts: Parts, calls: Sequence[str], who: SignedIn | None, *, path: Mapping[str, str],
        query: Mapping[str, str], form: Mapping[str, str], secret: str, csrf: str, url: str, at: str, address: str,
    ) -> None:  # fmt: skip
        self._parts = parts
        self._calls = calls
        self.who = who
        self.path = path
        self.query = query
        self.form = form
        self.secret = secret
        self.csrf = csrf
        self.url = url
        self.at = at
        self.address = address

    @property
    def parts(self) -> Parts:
        """What the console stands on."""
        return self._parts

    @property
    def user(self) -> SignedIn:
        """Who it is, on pages that only those who are signed in come to."""
        assert self.who is not None
        return self.who

    def may(self, operation: str) -> bool:
        """Has the person the right that the operation needs?"""
        right = self._parts.backend.operations[operation].right
        return self.who is not None and (right in self.who.access.scopes or ADMIN in self.who.access.scopes)

    async def ask(
        self, operation: str, path: Mapping[str, str] | None = None, *, query: Mapping[str, Any] | None = None
    ) -> Any:
        """What an operation that reads answers, decoded. Failed: it was refused."""
        reply = await self._perform(operation, path or {}, query or {})
        body = _decode(reply.body) if reply.body else None
        if reply.status >= 400:
            raise Failed(reply.status, body if isinstance(body, dict) else {})
        return body

    async def do(
        self, operation: str, path: Mapping[str, str] | None = None, input: Any = None, *, key: str
    ) -> tuple[int, Any]:
        """An operation that changes something: its status, and what it answers; of a refusal, its problem document.

        key: drawn when the form was shown, so that a form sent twice has one effect.
        """
        reply = await self._perform(operation, path or {}, {}, _encode(input) if input is not None else b"", key)
        return reply.status, _decode(reply.body) if reply.body else None

    async def _perform(
        self, name: str, path: Mapping[str, str], query: Mapping[str, Any], body: bytes = b"", key: str = ""
    ) -> Reply:
        if name not in self._calls:
            raise AssertionError(f"the page does not say that it calls {name}")
        operation = self._parts.backend.operations[name]
        target = operation.path.format(**{each: quote(value, safe="") for each, value in path.items()})
        given = {each: value for each, value in query.items() if value not in (None, "", [], ())}
        if given:
            target += "?" + urlencode(given, doseq=True)
        return await self._parts.backend.perform(self.user.access, operation.method, target, body, key)
