"""Who is calling: keys looked up once, kept in memory for seconds, and given no more requests than they may have."""

import asyncio
import hashlib
from time import monotonic
from typing import Final

from orderline.api.refusals import ApiRefusal
from orderline.core.context import Actor
from orderline.store.access import Access, find_access, id_of, note_use
from orderline.store.database import Database
from orderline.values.failures import Refused

# A revoked key is taken this long at most by a process that knows it.
FRESH_FOR_S: Final = 3.0
NOTE_EVERY_S: Final = 60.0
MOST_KNOWN: Final = 10_000
# Secrets that nobody has are looked up this often at most, so that guessing costs the database nothing.
UNKNOWN_PER_S: Final = 20.0
UNKNOWN_AT_ONCE: Final = 100.0


class Bucket:
    """A token bucket: `most` at once, refilled evenly."""

    __slots__ = ("_filled_at", "_left", "most", "per_s")

    def __init__(self, most: float, per_s: float) -> None:
        self.most = most
        self.per_s = per_s
        self._left = most
        self._filled_at = monotonic()

    def take(self) -> float:
        """Take one; returns 0, or the seconds to wait for one."""
        now = monotonic()
        left = min(self.most, self._left + (now - self._filled_at) * self.per_s)
        self._filled_at = now
        if left < 1:
            self._left = left
            return (1 - left) / self.per_s
        self._left = left - 1
        return 0.0

    def wait(self) -> float:
        """Seconds until one could be taken; takes none."""
        left = min(self.most, self._left + (monotonic() - self._filled_at) * self.per_s)
        return 0.0 if left >= 1 else (1 - left) / self.per_s


class Holder:
    """A caller that this process knows."""

    __slots__ = ("access", "actor", "bucket", "checked_at", "noted_at")

    def __init__(self, access: Access) -> None:
        self.noted_at = 0.0
        self.bucket: Bucket | None = None
        self.renew(access)

    def renew(self, access: Access) -> None:
        """Take over what the database says now; what is left of the bucket stays."""
        self.access = access
        self.actor = Actor(access.who, f"api:{access.id}")
        self.checked_at = monotonic()
        if not access.per_minute:
            self.bucket = None
        elif self.bucket is None or self.bucket.most != access.per_minute:
            self.bucket = Bucket(access.per_minute, access.per_minute / 60)


class Keyring:
    """The keys in use, by the hash of their secret."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[bytes, Holder] = {}
        self._asked: dict[bytes, asyncio.Future[Holder | None]] = {}
        self._guesses = Bucket(UNKNOWN_AT_ONCE, UNKNOWN_PER_S)

    async def admit(self, header: bytes | None) -> Holder:
        """The caller whose key is in the header Authorization, one request taken off its rate.

        Refused KEY_MISSING, KEY_INVALID, RATE_EXCEEDED.
        """
        if header is None:
            raise Refused(ApiRefusal.KEY_MISSING)
        # By the secret alone: another way of writing the header is no other caller, with a rate of its own.
        if header[:7].lower() != b"bearer ":
            raise Refused(ApiRefusal.KEY_INVALID)
        secret = header[7:].strip()
        digest = hashlib.sha256(secret).digest()
        holder = self._known.get(digest)
        if holder is None or monotonic() - holder.checked_at > FRESH_FOR_S:
            holder = await self._ask(digest, secret.decode("latin-1"), holder)
        if holder.bucket is not None and (wait := holder.bucket.take()):
            raise Refused(
                ApiRefusal.RATE_EXCEEDED, allowed=f"{holder.access.per_minute} a minute", retry_after_s=int(wait) + 1
            )
        return holder

    async def _ask(self, digest: bytes, secret: str, known: Holder | None) -> Holder:
        if id_of(secret) is None:
            raise Refused(ApiRefusal.KEY_INVALID)
        asked = self._asked.get(digest)
        if asked is None:
            if known is None and (wait := self._guesses.take()):
                raise Refused(ApiRefusal.RATE_EXCEEDED, retry_after_s=int(wait) + 1)
            asked = self._asked[digest] = asyncio.ensure_future(self._renew(digest, secret, known))
            asked.add_done_callback(lambda _: self._asked.pop(digest, None))
        holder = await asyncio.shield(asked)
        if holder is None:
            raise Refused(ApiRefusal.KEY_INVALID)
        return holder

    async def _renew(self, digest: bytes, secret: str, known: Holder | None) -> Holder | None:
        note = known is None or monotonic() - known.noted_at > NOTE_EVERY_S
        access = await asyncio.to_thread(self._find, secret, note)
        if access is None:
            self._known.pop(digest, None)
            return None
        if known is None:
            known = Holder(access)
        else:
            known.renew(access)
        if note:
            known.noted_at = monotonic()
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[digest] = known
        return known

    def _find(self, secret: str, note: bool) -> Access | None:
        access = find_access(self._database, secret)
        if access is not None and note:
            note_use(self._database, access.id)
        return access
