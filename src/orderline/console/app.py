"""The console as an ASGI application: from a request to a page and back. Who may see what is asked here, once."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from typing import Final
from urllib.parse import parse_qs, quote, unquote

from starlette.types import Receive, Scope, Send

from orderline.console import customers
from orderline.console.deeds import done_at
from orderline.console.languages import COOKIE, STAFF, Language, language_for, word
from orderline.console.listings import KEYS, SECTIONS
from orderline.console.live import Changes
from orderline.console.pages import PAGES, Page
from orderline.console.ports import Parts
from orderline.console.rendering import STATIC, assets, brand_sheet, compressed, render
from orderline.console.sessions import BEGUN, Sessions, csrf_of, read_cookie, render_cookie
from orderline.console.visits import NO_PAGE, Failed, Gone, NotAllowed, Sent, Shown, Streamed, Visit
from orderline.store.sign_ins import SignedIn
from orderline.values.failures import Trouble
from orderline.values.hosts import asker_of

MOST_FORM: Final = 256 * 1024
MOST_FIELDS: Final = 4_000
MOST_ASKED: Final = 200
NUL: Final = "\0"  # no text has it, and no database takes it
LONGEST_TARGET: Final = 8_000
FAILED: Final = "failed.html"
# What the addresses of pages for customers begin with; nobody of them is shown what staff reads.
CUSTOMERS: Final = frozenset(page.path.split("/")[1] for page in PAGES if page.links)
SECURITY: Final = (
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        b"connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"referrer-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
)
# A picture runs nothing, even if it is opened by itself.
_PICTURE: Final = ((SECURITY[0][0], b"default-src 'none'; style-src 'unsafe-inline'; sandbox"), *SECURITY[1:])
_WORKER: Final = f"{STATIC}worker."
_FOR_EVER: Final = b"public, max-age=31536000, immutable"
_FORM: Final = b"application/x-www-form-urlencoded"
_logger = logging.getLogger(__name__)


class Console:
    """Pages under `/`, each by its row of the table."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._sessions = Sessions(parts.database)
        self._assets = assets()
        self._changes = Changes(parts)

    def stop(self) -> None:
        """The process is about to stop: who watches pages is let go."""
        self._changes.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path.startswith(STATIC):
            await self._send_asset(send, path, dict(scope["headers"]).get(b"accept-encoding", b""))
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        secret = read_cookie(headers.get(b"cookie"))
        who: SignedIn | None = None
        try:
            who = await self._sessions.find(secret)
            answer = await self._answer(scope, receive, headers, who, secret if who is not None else "")
        except Failed as failed:
            answer = failed.shown or Shown(FAILED, {"problem": failed.problem}, failed.status)
        except NotAllowed as missing:
            answer = _failed(
                403, word("This page is not for you"), word("It needs the right %(right)s."), right=missing.right
            )
        except Trouble as trouble:
            title, detail = word("Orderline can't do this now"), word("%(system)s can't be reached. Try again.")
            answer = _failed(503, title, detail, system=trouble.system)
        except Exception as error:  # noqa: BLE001 - whatever it is, there is a page that says so
            answer = _broken(scope, error)
        if isinstance(answer, Streamed):
            await _stream(send, receive, self._changes.stream(answer.topics, answer.seen))
            return
        if isinstance(answer, Gone):
            await self._send_on(send, answer, secret)
            return
        hide = scope["method"] == "HEAD"
        if isinstance(answer, Sent):
            await _send_file(send, answer, hide=hide)
            return
        shown = _for_whom(scope, headers, answer)
        try:
            content = self._written(scope, headers, who, secret, shown)
        except Exception as error:  # noqa: BLE001 - as above
            shown = _for_whom(scope, headers, _broken(scope, error))
            content = self._written(scope, headers, who, secret, shown)
        await _send(send, shown.status, content, hide=hide, images=shown.images)

    def _written(
        self, scope: Scope, headers: Mapping[bytes, bytes], who: SignedIn | None, secret: str, shown: Shown
    ) -> bytes:
        about = {
            **_spoken(headers, who).template(),
            "who": who,
            "csrf": csrf_of(secret),
            "path": scope["path"],
            "may": self._asker(who),
            "menu": _menu(self._asker(who)),
            "letters": KEYS,
            "keys": tuple(KEYS.items()),
            "did": _did(scope),
            **shown.about,
        }
        return render(shown.template, about)

    async def _answer(
        self, scope: Scope, receive: Receive, headers: Mapping[bytes, bytes], who: SignedIn | None, secret: str
    ) -> Shown | Gone | Sent | Streamed:
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > LONGEST_TARGET:
            return _failed(414, word("The address is too long"))
        page, path = _find(scope)
        if page is None:
            return _failed(404, **NO_PAGE)
        many = _parsed(scope["query_string"].decode("latin-1"), MOST_ASKED)
        if many is None or NUL in "".join(path.values()):
            return _failed(
                400, word("The address can't be read"), word("It may be mistyped, or ask for too much at once.")
            )
        query = {name: values[-1] for name, values in many.items()}
        target = scope["path"] + ("?" + scope["query_string"].decode("latin-1") if scope["query_string"] else "")
        if page.links:
            who = None  # whoever it is comes as a customer here
        elif who is None and not page.open:
            # A form leads back to its page, where what was typed is found again.
            there = target if page.method == "GET" else scope["path"] if _is_shown(page.path) else "/"
            return Gone(f"/sign-in?next={quote(there, safe='')}")
        if page.calls:
            assert who is not None
            if not any(map(self._asker(who), page.rule)):
                if page.instead is not None:
                    return Gone(page.instead(self._asker(who)))
                raise NotAllowed(self._parts.backend.operations[page.rule[0]].right)
        form: dict[str, str] = {}
        if page.method == "POST":
            if not _same_site(headers):
                return _failed(
                    403, word("The form came from another site"), word("Open the page again and send it from there.")
                )
            body = await _read(receive, headers)
            if body is None:
                return _failed(413, word("The form is too large, or of another kind"), word("Send less at once."))
            fields = _parsed(body.decode("utf-8", "replace"), MOST_FIELDS)
            if fields is None:
                return _failed(400, word("The form can't be read"), word("Send less at once, and nothing but text."))
            form = {name: values[-1] for name, values in fields.items()}
            if not (page.open or page.links) and form.get("csrf") != csrf_of(secret):
                return _failed(
                    403, word("The form is not yours any more"), word("You signed in anew: open the page again.")
                )
        address = asker_of((scope.get("client") or ("",))[0], headers.get(b"x-forwarded-for", b"").decode("latin-1"))
        visit = Visit(
            self._parts, page.calls or page.links, who, path=path, query=query, many=many, form=form, secret=secret,
            csrf=csrf_of(secret),
            url=target, at=scope["path"], address=address, live=b"hx-request" in headers,
            seen=headers.get(b"last-event-id", b"").decode("latin-1")[:400],
            accepts=headers.get(b"accept-language", b"").decode("latin-1"), spoken=_spoken(headers, who),
            begun=read_cookie(headers.get(b"cookie"), BEGUN),
        )  # fmt: skip
        return await page.show(visit)

    def _asker(self, who: SignedIn | None) -> Callable[[str], bool]:
        operations = self._parts.backend.operations

        def may(operation: str) -> bool:
            return who is not None and who.access.may(operations[operation])

        return may

    async def _send_on(self, send: Send, gone: Gone, secret: str) -> None:
        headers = [(b"location", gone.to.encode("ascii", "ignore")), (b"content-length", b"0"), *SECURITY]
        if gone.cookie is not None:
            self._sessions.forget(secret)
            headers.append((b"set-cookie", render_cookie(gone.cookie, secure=self._parts.secure).encode()))
        headers += [(b"set-cookie", each.encode()) for each in gone.also]
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def _send_asset(self, send: Send, path: str, accepted: bytes) -> None:
        found = self._assets.get(path) or brand_sheet(path)
        content, media = found or (b"There is no such file.", "text/plain")
        packed = compressed(path) if b"gzip" in accepted else b""
        content = packed or content
        headers = [
            (b"content-type", f"{media}; charset=utf-8".encode() if media.startswith("text/") else media.encode()),
            (b"content-length", str(len(content)).encode()),
            (b"cache-control", _FOR_EVER if found else b"no-store"),
            (b"vary", b"accept-encoding"),
            *([(b"service-worker-allowed", b"/station"), *SECURITY] if path.startswith(_WORKER) else [SECURITY[-1]]),
            *([(b"content-encoding", b"gzip")] if packed else []),
        ]
        await send({"type": "http.response.start", "status": 200 if found else 404, "headers": headers})
        await send({"type": "http.response.body", "body": content})


def _menu(may: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    """Each section by the first of its pages that the person may see."""
    for name, listed in SECTIONS.items():
        path = next((each.path for each in listed if may(each.operation)), "")
        if path:
            yield name, path


def _find(scope: Scope) -> tuple[Page | None, dict[str, str]]:
    method = "GET" if scope["method"] == "HEAD" else scope["method"]
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    parts = [unquote(part) for part in raw.decode("latin-1").split("?")[0].split("/")]
    for page in PAGES:
        names = page.path.split("/")
        if page.method == method and len(names) == len(parts):
            values = {
                name[1:-1]: part for name, part in zip(names, parts, strict=True) if name.startswith("{") and part
            }
            fixed = all(name == part or name.startswith("{") for name, part in zip(names, parts, strict=True))
            if fixed and len(values) == sum(name.startswith("{") for name in names):
                return page, values
    return None, {}


def _parsed(text: str, most: int) -> dict[str, list[str]] | None:
    """The values of each name; None: they are more than `most`, or not text."""
    try:
        found = parse_qs(text, keep_blank_values=True, max_num_fields=most)
    except ValueError:
        return None
    return None if any(NUL in each for name, values in found.items() for each in (name, *values)) else found


def _spoken(headers: Mapping[bytes, bytes], who: SignedIn | None) -> Language:
    """The language that the person has chosen, or whoever was the last to sign in here; else that of the browser."""
    chosen = who.language if who is not None else read_cookie(headers.get(b"cookie"), COOKIE)
    return language_for(chosen, headers.get(b"accept-language", b"").decode("latin-1"), STAFF)


def _did(scope: Scope) -> dict[str, str] | None:
    """What was done last by a form, on the page that it leads to."""
    asked: bytes = scope["query_string"]
    return done_at(parse_qs(asked.decode("latin-1")).get("did", [""])[-1]) if b"did=" in asked else None


def _is_shown(path: str) -> bool:
    return any(page.method == "GET" and page.path == path for page in PAGES)


def _same_site(headers: Mapping[bytes, bytes]) -> bool:
    site = headers.get(b"sec-fetch-site")
    if site is not None and site not in (b"same-origin", b"none"):
        return False
    origin = headers.get(b"origin")
    return origin is None or origin.rpartition(b"//")[2] == headers.get(b"host", b"")


async def _read(receive: Receive, headers: Mapping[bytes, bytes]) -> bytes | None:
    if headers.get(b"content-type", _FORM).partition(b";")[0].strip().lower() != _FORM:
        return None
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MOST_FORM or message["type"] == "http.disconnect":
            return None
        if not message.get("more_body"):
            return body


def _broken(scope: Scope, error: Exception) -> Shown:
    """What is told of a bug of ours; a person finds a trace of it."""
    page, _ = _find(scope)  # the path itself may be a link that lets somebody in
    what = page.path if page is not None else "none"
    _logger.error("a page failed: %s %s", scope["method"], what, exc_info=error)
    detail = word("It has been noted. Nothing was changed halfway.")
    return _failed(500, word("Something is wrong here"), detail)


def _for_whom(scope: Scope, headers: Mapping[bytes, bytes], answer: Shown) -> Shown:
    """The page; customers are told of a failure in words of their own."""
    if answer.template != FAILED or CUSTOMERS.isdisjoint(scope["path"].split("/")[1:2]):
        return answer
    accepts = headers.get(b"accept-language", b"").decode("latin-1")
    return customers.not_shown(answer.status, scope["query_string"].decode("latin-1"), accepts)


def _failed(status: int, title: str, detail: str = "", **places: str) -> Shown:
    """Both texts are marked as words. places: what is filled in."""
    return Shown(FAILED, {"problem": {"title": title, "detail": detail, "places": places}}, status)


async def _stream(send: Send, receive: Receive, events: AsyncGenerator[bytes]) -> None:
    headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store"), *SECURITY]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    gone = asyncio.ensure_future(_gone(receive))
    try:
        async for event in events:
            if gone.done():
                return
            if event:
                await send({"type": "http.response.body", "body": event, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        gone.cancel()
        await events.aclose()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(send: Send, status: int, content: bytes, *, hide: bool, images: str = "") -> None:
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
        *(SECURITY if not images else _with_images(images)),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if hide else content})


async def _send_file(send: Send, file: Sent, *, hide: bool) -> None:
    kept = "inline" if file.picture else "attachment"
    headers = [
        (b"content-type", file.media.encode()),
        (b"content-disposition", f'{kept}; filename="{file.name}"'.encode("latin-1")),
        (b"cache-control", b"no-store"),
        *(_PICTURE if file.picture else SECURITY),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if not hide:
        async for part in file.parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _with_images(origin: str) -> Iterator[tuple[bytes, bytes]]:
    for name, value in SECURITY:
        yield name, value.replace(b"img-src 'self'", b"img-src 'self' " + origin.encode("ascii", "ignore"))
