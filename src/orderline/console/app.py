"""The console as an ASGI application: from a request to a page and back. Who may see what is asked here, once."""

import logging
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote

from starlette.types import Receive, Scope, Send

from orderline.console.listings import SECTIONS
from orderline.console.pages import PAGES, Page
from orderline.console.ports import Parts
from orderline.console.rendering import STATIC, assets, render
from orderline.console.sessions import Sessions, csrf_of, read_cookie, render_cookie
from orderline.console.visits import ADMIN, Failed, Gone, NotAllowed, Shown, Visit
from orderline.store.sign_ins import SignedIn
from orderline.values.failures import Trouble

MOST_FORM: Final = 256 * 1024
MOST_FIELDS: Final = 1_000
LONGEST_TARGET: Final = 8_000
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
_FOR_EVER: Final = b"public, max-age=31536000, immutable"
_FORM: Final = b"application/x-www-form-urlencoded"
_logger = logging.getLogger(__name__)


class Console:
    """Pages under `/`, each by its row of the table."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._sessions = Sessions(parts.database)
        self._assets = assets()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path.startswith(STATIC):
            await self._send_asset(send, path)
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        secret = read_cookie(headers.get(b"cookie"))
        who: SignedIn | None = None
        try:
            who = await self._sessions.find(secret)
            answer = await self._answer(scope, receive, headers, who, secret if who is not None else "")
        except Failed as failed:
            answer = Shown("failed.html", {"problem": failed.problem}, failed.status)
        except NotAllowed as missing:
            problem = {"title": "This page is not for you", "detail": f"It needs the right {missing.right}."}
            answer = Shown("failed.html", {"problem": problem}, 403)
        except Trouble as trouble:
            problem = {
                "title": "Orderline can't do this now",
                "detail": f"{trouble.system} can't be reached. Try again.",
            }
            answer = Shown("failed.html", {"problem": problem}, 503)
        except Exception:
            page, _ = _find(scope)  # the path itself may be a link that lets somebody in
            _logger.exception("a page failed: %s %s", scope["method"], page.path if page is not None else "none")
            problem = {"title": "Something is wrong here", "detail": "It has been noted. Nothing was changed halfway."}
            answer = Shown("failed.html", {"problem": problem}, 500)
        if isinstance(answer, Gone):
            await self._send_on(send, answer, secret)
            return
        about = {
            "who": who,
            "csrf": csrf_of(secret),
            "path": path,
            "may": self._asker(who),
            "sections": SECTIONS,
            **answer.about,
        }
        await _send(send, answer.status, render(answer.template, about), hide=scope["method"] == "HEAD")

    async def _answer(
        self, scope: Scope, receive: Receive, headers: Mapping[bytes, bytes], who: SignedIn | None, secret: str
    ) -> Shown | Gone:
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > LONGEST_TARGET:
            return _failed(414, "The address is too long")
        page, path = _find(scope)
        if page is None:
            return _failed(404, "There is no such page", "The address may be old, or mistyped.")
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True, max_num_fields=200))
        target = scope["path"] + ("?" + scope["query_string"].decode("latin-1") if scope["query_string"] else "")
        if who is None and not page.open:
            return Gone(f"/sign-in?next={quote(target if page.method == 'GET' else '/', safe='')}")
        if page.calls:
            self._check(page, who)
        form: dict[str, str] = {}
        if page.method == "POST":
            if not _same_site(headers):
                return _failed(403, "The form came from another site", "Open the page again and send it from there.")
            body = await _read(receive, headers)
            if body is None:
                return _failed(413, "The form is too large, or of another kind", "Send less at once.")
            form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS))
            if not page.open and form.get("csrf") != csrf_of(secret):
                return _failed(403, "The form is not yours any more", "You signed in anew: open the page again.")
        address = (scope.get("client") or ("",))[0]
        visit = Visit(
            self._parts, page.calls, who, path=path, query=query, form=form, secret=secret, csrf=csrf_of(secret),
            url=target, at=scope["path"], address=address,
        )  # fmt: skip
        return await page.show(visit)

    def _check(self, page: Page, who: SignedIn | None) -> None:
        right = self._parts.backend.operations[page.calls[0]].right
        assert who is not None
        if right not in who.access.scopes and ADMIN not in who.access.scopes:
            raise NotAllowed(right)

    def _asker(self, who: SignedIn | None) -> Any:
        operations = self._parts.backend.operations

        def may(operation: str) -> bool:
            scopes = who.access.scopes if who is not None else frozenset[str]()
            return operations[operation].right in scopes or ADMIN in scopes

        return may

    async def _send_on(self, send: Send, gone: Gone, secret: str) -> None:
        headers = [(b"location", gone.to.encode("ascii", "ignore")), (b"content-length", b"0"), *SECURITY]
        if gone.cookie is not None:
            self._sessions.forget(secret)
            headers.append((b"set-cookie", render_cookie(gone.cookie, secure=self._parts.secure).encode()))
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def _send_asset(self, send: Send, path: str) -> None:
        found = self._assets.get(path)
        content, media = found or (b"There is no such file.", "text/plain")
        headers = [
            (b"content-type", f"{media}; charset=utf-8".encode() if media.startswith("text/") else media.encode()),
            (b"content-length", str(len(content)).encode()),
            (b"cache-control", _FOR_EVER if found else b"no-store"),
            (b"x-content-type-options", b"nosniff"),
        ]
        await send({"type": "http.response.start", "status": 200 if found else 404, "headers": headers})
        await send({"type": "http.response.body", "body": content})


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


def _failed(status: int, title: str, detail: str = "") -> Shown:
    return Shown("failed.html", {"problem": {"title": title, "detail": detail}}, status)


async def _send(send: Send, status: int, content: bytes, *, hide: bool) -> None:
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
        *SECURITY,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if hide else content})
