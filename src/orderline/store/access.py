"""API keys: who may come in, and for what. A secret is shown once and kept as a hash."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Protocol

import msgspec

from orderline.core.appeasements.state import AppeasementLimits
from orderline.core.holds.state import HoldAuthority
from orderline.core.limits import MoneyLimits
from orderline.store.database import Database
from orderline.store.queries import query

PREFIX: Final = "ol"
ADMIN: Final = "admin"
TAKEN: Final = "-"
_encode: Final = msgspec.json.Encoder().encode
_ID_ALPHABET: Final = "abcdefghijkmnpqrstuvwxyz23456789"


class Operation(Protocol):
    """What is known of an operation here. does: operations that it carries out, many at once or as a part of it."""

    @property
    def name(self) -> str: ...

    @property
    def right(self) -> str: ...

    @property
    def does(self) -> tuple[str, ...]: ...


class Access(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a key may do. channels, locations: the only ones it sees and works on; all, when empty.

    per_minute: requests a minute, also the most at once; 0: no limit. holds: what it may do about them; None: all.
    person: who holds it; empty: it stands for itself. appeasements: how much it may give by itself; None: as much as budgets
    have. money: how much it may move by its own word at once; None: as much as there is.

    scopes: areas and operations that it may call, and, with `-` before them, operations that it may not.
    """

    id: str
    name: str
    scopes: frozenset[str]
    channels: frozenset[str] = frozenset()
    locations: frozenset[str] = frozenset()
    per_minute: int = 0
    holds: HoldAuthority | None = None
    person: str = ""
    appeasements: AppeasementLimits | None = None
    money: MoneyLimits | None = None

    @property
    def who(self) -> str:
        """Whose word it gives: its person's, or its own."""
        return self.person or self.name

    def may(self, operation: Operation) -> bool:
        """May it call the operation? What is taken away is taken away from administrators as well."""
        if not self.scopes.isdisjoint(f"{TAKEN}{name}" for name in (operation.name, *operation.does)):
            return False
        return not self.scopes.isdisjoint((operation.right, operation.name, ADMIN))

    def sees_channel(self, channel: str) -> bool:
        """Is it one of the key's channels?"""
        return not self.channels or channel in self.channels

    def sees_location(self, location: str) -> bool:
        """Is it one of the key's locations?"""
        return not self.locations or location in self.locations


class KeyRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """A key as people see it in a list; its secret is not known to anybody but its holder."""

    id: str
    name: str
    scopes: tuple[str, ...]
    channels: tuple[str, ...]
    locations: tuple[str, ...]
    per_minute: int
    created_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    holds: HoldAuthority | None = None
    person: str = ""
    appeasements: AppeasementLimits | None = None
    money: MoneyLimits | None = None


def create_key(
    database: Database,
    name: str,
    scopes: Sequence[str],
    channels: Sequence[str] = (),
    locations: Sequence[str] = (),
    per_minute: int = 0,
    holds: HoldAuthority | None = None,
    person: str = "",
    appeasements: AppeasementLimits | None = None,
    money: MoneyLimits | None = None,
) -> tuple[str, str]:
    """Make a key; returns its id and its secret (`ol_<id>_<43 characters>`), which is shown this once."""
    made = create_key_once(
        database, name, scopes, channels, locations, per_minute, holds, person, appeasements, money, key_id=draw_id()
    )
    assert made is not None
    return made


def create_key_once(
    database: Database,
    name: str,
    scopes: Sequence[str],
    channels: Sequence[str],
    locations: Sequence[str],
    per_minute: int,
    holds: HoldAuthority | None = None,
    person: str = "",
    appeasements: AppeasementLimits | None = None,
    money: MoneyLimits | None = None,
    *,
    key_id: str,
) -> tuple[str, str] | None:
    """As `create_key`; None when there is a key of that id."""
    secret = f"{PREFIX}_{key_id}_{secrets.token_urlsafe(32)}"
    rows = database.rows(
        query("access", "insert_key"),
        {
            "id": key_id,
            "name": name,
            "hash": hash_secret(secret),
            "scopes": sorted(set(scopes)),
            "channels": sorted(set(channels)),
            "locations": sorted(set(locations)),
            "per_minute": per_minute,
            "holds": _encode(holds).decode() if holds is not None else "",
            "person": person,
            "appeasements": _encode(appeasements).decode() if appeasements is not None else "",
            "money": _encode(money).decode() if money is not None else "",
        },
    )
    return (key_id, secret) if rows else None


def draw_id(intention: bytes | None = None) -> str:
    """The id of a new key; the same for the same intention (any bytes, at least 12)."""
    drawn = intention[:12] if intention is not None else secrets.token_bytes(12)
    return "".join(_ID_ALPHABET[byte % 32] for byte in drawn)


def hash_secret(secret: str) -> bytes:
    """SHA-256: the secret has 256 random bits, so there is nothing to guess that a slow hash would slow down."""
    return hashlib.sha256(secret.encode()).digest()


def find_access(database: Database, secret: str) -> Access | None:
    """What the holder of a secret may do; None when there is no such key, or it was revoked. Notes the use."""
    key_id = id_of(secret)
    if key_id is None:
        return None
    rows = database.rows(query("access", "find_key"), {"id": key_id})
    if not rows or not hmac.compare_digest(bytes(rows[0][6]), hash_secret(secret)):
        return None
    row = rows[0]
    return Access(
        row[0], row[1], frozenset(row[2]), frozenset(row[3]), frozenset(row[4]), row[5], _authority(row[7]), row[8],
        _limits(row[9]), _money(row[10]),
    )  # fmt: skip


def id_of(secret: str) -> str | None:
    """The id in a secret; None when it does not have the form of one."""
    prefix, _, rest = secret.partition("_")
    key_id, _, random = rest.partition("_")
    return key_id if prefix == PREFIX and len(key_id) == 12 and len(random) == 43 and secret.isascii() else None


def note_use(database: Database, key_id: str) -> None:
    """Remember that a key is in use."""
    database.rows(query("access", "note_use"), {"id": key_id})


def list_keys(database: Database) -> list[KeyRecord]:
    """All keys, newest first."""
    return [_record(row) for row in database.rows(query("access", "list_keys"))]


def find_key(database: Database, key_id: str) -> KeyRecord | None:
    """A key as people see it; None: there is none of that id."""
    rows = database.rows(query("access", "read_key"), {"id": key_id})
    return _record(rows[0]) if rows else None


def revoke_key(database: Database, key_id: str) -> KeyRecord | None:
    """End a key; None when there is none of that id. Processes that know it stop taking it within seconds."""
    rows = database.rows(query("access", "revoke_key"), {"id": key_id})
    return _record(rows[0]) if rows else None


def _record(row: tuple[Any, ...]) -> KeyRecord:
    return KeyRecord(
        row[0], row[1], tuple(row[2]), tuple(row[3]), tuple(row[4]), row[5], row[6], row[7], row[8],
        _authority(row[9]), row[10], _limits(row[11]), _money(row[12]),
    )  # fmt: skip


def _limits(body: str) -> AppeasementLimits | None:
    return msgspec.json.decode(body, type=AppeasementLimits) if body else None


def _money(body: str) -> MoneyLimits | None:
    return msgspec.json.decode(body, type=MoneyLimits) if body else None


def _authority(body: str) -> HoldAuthority | None:
    return msgspec.json.decode(body, type=HoldAuthority) if body else None
