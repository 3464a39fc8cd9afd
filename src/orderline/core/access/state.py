"""API keys as the journal knows them: what each may do, and that it was revoked.

What lets a request in is not here: `store.access` keeps the hash of each secret, and no journal does.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final

from msgspec.structs import replace

from orderline.core.appeasements.state import AppeasementLimits
from orderline.core.holds.state import HoldAuthority
from orderline.core.limits import MoneyLimits
from orderline.core.records import Record, RecordEvent, RecordKind, Window

API_KEY: Final = "api_key"


class KeyState(StrEnum):
    """Does the key let anybody in?"""

    ACTIVE = "active"
    REVOKED = "revoked"


class ApiKey(Record, frozen=True, kw_only=True):
    """What a key may do. Of one that was made before keys were told of, only its name is known."""

    id: str
    name: str
    scopes: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    per_minute: int = 0
    person: str = ""
    holds: HoldAuthority | None = None
    appeasements: AppeasementLimits | None = None
    money: MoneyLimits | None = None
    state: KeyState = KeyState.ACTIVE


class KeyCreated(RecordEvent, frozen=True, kw_only=True, tag="key_created"):
    """There is a key, with these rights and limits; its secret stands nowhere."""

    id: str
    name: str
    scopes: tuple[str, ...]
    by: str
    at: datetime
    channels: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    per_minute: int = 0
    person: str = ""
    holds: HoldAuthority | None = None
    appeasements: AppeasementLimits | None = None
    money: MoneyLimits | None = None


class KeyRevoked(RecordEvent, frozen=True, kw_only=True, tag="key_revoked"):
    """The key lets nobody in any more."""

    id: str
    name: str
    by: str
    at: datetime


KeyEvent = KeyCreated | KeyRevoked


def evolve_key(known: ApiKey | None, event: KeyEvent) -> ApiKey:
    """The key after an event."""
    key = known or ApiKey(id=event.id, name=event.name)
    match event:
        case KeyCreated():
            return replace(
                key, name=event.name, scopes=event.scopes, channels=event.channels, locations=event.locations,
                per_minute=event.per_minute, person=event.person, holds=event.holds, appeasements=event.appeasements,
                money=event.money,
            )  # fmt: skip
        case KeyRevoked():
            return replace(key, state=KeyState.REVOKED)


API_KEYS: Final = RecordKind(API_KEY, ApiKey, KeyEvent, evolve_key, lambda key: Window(key.state, key.name))
