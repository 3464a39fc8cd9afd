"""One request of a person: who it is, what was sent, and what is answered."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec

from orderline.console.forms import label_of
from orderline.console.languages import Language, word
from orderline.console.ports import Parts, Reply
from orderline.console.refusals import plain
from orderline.store.access import TAKEN, Access
from orderline.store.sign_ins import SignedIn

ADMIN: Final = "admin"
PEOPLE: Final = "people:read"
# Whoever has a link: it may do what needs no right, and that is told by the operation itself.
# The field of a form that asks why, where its operation does not.
BECAUSE: Final = "because"
STRANGER: Final = Access(id="link", name="link", scopes=frozenset())
_decode: Final = msgspec.json.decode
_encode: Final = msgspec.json.Encoder(enc_hook=str).encode


# What is told where a page is asked for that there is not.
NO_PAGE: Final = {
    "title": word("There is no such page"),
    "detail": word("The address may be old, or mistyped."),
}
# What is told of a refusal that says nothing itself.
NOT_DONE: Final = word("This could not be done.")


class NotAllowed(Exception):
    """The person has no right to see the page. right: the one that is missing."""

    def __init__(self, right: str) -> None:
        super().__init__(right)
        self.right = right


class Failed(Exception):
    """An operation was refused, or could not be done, where the page can't go on without it. shown: in its place."""

    def __init__(self, status: int, problem: dict[str, Any], shown: "Shown | None" = None) -> None:
        super().__init__(problem.get("title", ""))
        self.status = status
        self.problem = problem
        self.shown = shown


@dataclass(slots=True)
class Shown:
    """A page: the name of its template and what it is filled with. images: where else they may come from."""

    template: str
    about: dict[str, Any] = field(default_factory=dict[str, Any])
    status: int = 200
    images: str = ""


@dataclass(slots=True)
class Gone:
    """Go on at another address (303). cookie: of the session from now on; "": signed out; None: as it is.

    also: more cookies that are set, as their headers say it.
    """

    to: str
    cookie: str | None = None
    also: Sequence[str] = ()


@dataclass(slots=True)
class Sent:
    """A file, sent while it is made. name: what it is kept as. picture: it stands in a page, with styles of its own."""

    parts: AsyncIterator[bytes]
    media: str
    name: str
    picture: bool = False


async def whole(content: bytes) -> AsyncIterator[bytes]:
    """A file that is made already."""
    yield content


def sent_whole(body: bytes, media: str, name: str) -> Sent:
    """A file that is made already. In its name stands nothing that a header could not say."""
    return Sent(whole(body), media, re.sub(r"[^\w.-]+", "-", name, flags=re.ASCII))


@dataclass(slots=True)
class Streamed:
    """Events, as long as somebody listens. topics: what is watched. seen: the id of the last event that had come before."""

    topics: list[str]
    seen: str


class Visit:
    """at: the path that was asked for. live: a part of a page is asked for, by htmx. seen: the last event that had come, when a
    stream goes on. query, form: the last value of each name; many: all values of the query.

    calls: the operations that the page may ask for. accepts: the languages that the browser does. spoken: the one that people of
    the merchant's are told things in. begun: what stands in the cookie of somebody on the way to the provider of single sign-on.
    """

    __slots__ = (
        "_calls", "_parts", "accepts", "address", "at", "begun", "csrf", "form", "live", "many", "path", "query", "secret", "seen",
        "spoken", "url", "who",
    )  # fmt: skip

    def __init__(
        self, parts: Parts, calls: Sequence[str], who: SignedIn | None, *, path: Mapping[str, str],
        query: Mapping[str, str], many: Mapping[str, list[str]], form: Mapping[str, str], secret: str, csrf: str, url: str,
        at: str, address: str, spoken: Language, live: bool = False, seen: str = "", accepts: str = "", begun: str = "",
    ) -> None:  # fmt: skip
        self._parts = parts
        self._calls = calls
        self.who = who
        self.path = path
        self.query = query
        self.many = many
        self.form = form
        self.secret = secret
        self.csrf = csrf
        self.url = url
        self.at = at
        self.address = address
        self.seen = seen
        self.live = live
        self.accepts = accepts
        self.spoken = spoken
        self.begun = begun

    @property
    def parts(self) -> Parts:
        """What the console stands on."""
        return self._parts

    @property
    def user(self) -> SignedIn:
        """Who it is, on pages that only those who are signed in come to."""
        assert self.who is not None
        return self.who

    @property
    def key(self) -> str:
        """By what a form that is sent twice has one effect: drawn when it was shown; a new one, where it has none."""
        key = self.form.get("key", "")
        return key if re.fullmatch(r"[\w-]{8,64}", key, re.ASCII) else token_urlsafe(16)

    def may(self, operation: str) -> bool:
        """May the person call the operation?"""
        return self.who is not None and self.who.access.may(self._parts.backend.operations[operation])

    def is_taken(self, operation: str) -> bool:
        """Was the operation taken away from the person, whatever right it needs?"""
        return self.who is not None and f"{TAKEN}{operation}" in self.who.access.scopes

    @property
    def sees_people(self) -> bool:
        """Are names and addresses shown in full?"""
        return self.who is not None and bool({PEOPLE, ADMIN} & self.who.access.scopes)

    def say(self, text: str, /, **places: Any) -> str:
        """A text in the language of the person. places: what is filled in."""
        return self.spoken.gettext(text, **places)

    async def ask(
        self, operation: str, path: Mapping[str, str] | None = None, *, query: Mapping[str, Any] | None = None
    ) -> Any:
        """What an operation that reads answers, decoded. Failed: it was refused."""
        reply = await self.fetch(operation, path, query=query)
        return _decode(reply.body) if reply.body else None

    async def fetch(
        self, operation: str, path: Mapping[str, str] | None = None, *, query: Mapping[str, Any] | None = None
    ) -> Reply:
        """What an operation that reads answers, as it is. Failed: it was refused."""
        reply = await self._perform(operation, path or {}, query or {})
        if reply.status >= 400:
            raise Failed(reply.status, self._problem(reply))
        return reply

    async def do(
        self, operation: str, path: Mapping[str, str] | None = None, input: Any = None, *, key: str,
        query: Mapping[str, Any] | None = None, currency: str = "",
    ) -> tuple[int, Any]:  # fmt: skip
        """An operation that changes something: its status, and what it answers; of a refusal, its problem document.

        A reason that the form asks for, where the operation itself takes none, stays in the journal with it.
        key: drawn when the form was shown, so that a form sent twice has one effect. currency: of what is asked for.
        """
        body = _encode(input) if input is not None else b""
        reply = await self._perform(operation, path or {}, query or {}, body, key)
        if reply.status >= 400:
            problem = self._problem(reply, currency)
            if BECAUSE in self.form and problem.get("field") == "reason":
                problem["field"] = BECAUSE
            return reply.status, problem
        return reply.status, _decode(reply.body) if reply.body else None

    def _problem(self, reply: Reply, currency: str = "") -> dict[str, Any]:
        """Why an operation was refused; nothing, where it does not say."""
        problem = _decode(reply.body) if reply.body else None
        return self.told(problem, currency) if isinstance(problem, dict) else {}

    def told(self, problem: dict[str, Any], currency: str = "") -> dict[str, Any]:
        """A problem document in the language of the person. currency: of its amounts, where it is known."""
        if "code" not in problem:
            return problem
        named = {name: problem.get(name) for name in ("field", "value")} | problem.get("facts", {})
        about = plain(named, currency, lambda name: self.say(label_of(name)))
        said = self._said(problem["code"], about)
        return {**problem, "title": said["title"], "detail": said["detail"]}

    def refuse(self, code: str, **facts: Any) -> Failed:
        """A refusal that the page itself comes to, as that of an operation. facts: `field`, `value`, `allowed`, `hint` ..."""
        said = self._said(code, facts)
        return Failed(said["status"], said)

    def _said(self, code: str, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Advice on calls and codes is for programs: it is left out."""

        def say(text: str) -> str:
            return "" if "/v1/" in text or text.endswith("this API gives") else self.say(text)

        return self._parts.backend.problem(code, facts, say, lambda name: self.say(label_of(name)))

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
        access = self.who.access if self.who is not None else STRANGER
        reason = self.form.get(BECAUSE, "")
        return await self._parts.backend.perform(access, operation.method, target, body, key, reason)
