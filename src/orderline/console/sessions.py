"""Cookies, and who has which session; known for seconds, so that a page costs no query for it."""

import asyncio
import hashlib
import hmac
from datetime import UTC, datetime
from time import monotonic
from typing import Final

from orderline.store.database import Database
from orderline.store.sign_ins import LONGEST, SignedIn, find_signed_in

COOKIE: Final = "orderline_session"
# Of somebody on the way to the provider of single sign-on, and back.
BEGUN: Final = "orderline_single_sign_on"
FRESH_FOR_S: Final = 3.0
MOST_KNOWN: Final = 10_000


class Sessions:
    """The sessions in use, by their secret's hash."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[bytes, tuple[float, SignedIn | None]] = {}

    async def find(self, secret: str) -> SignedIn | None:
        """Who has the session; None: nobody, or not any more."""
        if not secret or len(secret) > 100:
            return None
        digest = hashlib.sha256(secret.encode()).digest()
        known = self._known.get(digest)
        if known is not None and monotonic() - known[0] < FRESH_FOR_S:
            return known[1]
        who = await asyncio.to_thread(find_signed_in, self._database, secret, datetime.now(UTC))
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[digest] = (monotonic(), who)
        return who

    def forget(self, secret: str) -> None:
        """What is known of it may not hold any more."""
        self._known.pop(hashlib.sha256(secret.encode()).digest(), None)


def csrf_of(secret: str) -> str:
    """What forms of a session carry, so that no other site can send one. Before there is a session, of its absence."""
    return hmac.new(secret.encode(), b"form", hashlib.sha256).hexdigest()[:32]


def read_cookie(header: bytes | None, cookie: str = COOKIE) -> str:
    """The value of a cookie, that of the session when none is named; "" when there is none."""
    for part in (header or b"").decode("latin-1").split(";"):
        name, _, value = part.strip().partition("=")
        if name == cookie:
            return value
    return ""


def render_cookie(secret: str, *, secure: bool) -> str:
    """The Set-Cookie header; secret "": it ends."""
    age = int(LONGEST.total_seconds()) if secret else 0
    return f"{COOKIE}={secret}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{'; Secure' if secure else ''}"
