"""Tell that keys are made and revoked. What lets requests in is changed after that: what was not told is not done."""

from collections.abc import Iterable
from typing import Any, Final

from orderline.core.access.state import API_KEY, API_KEYS, ApiKey, KeyCreated, KeyRevoked, KeyState
from orderline.core.appeasements.state import AppeasementLimits
from orderline.core.context import Context
from orderline.core.holds.state import HoldAuthority
from orderline.core.limits import MoneyLimits
from orderline.core.orders.guards import check_text
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.world import Draft


class CreateKey(RecordCommand, frozen=True, gc=False, kw_only=True, tag="create_key"):
    """Make an API key. id: that its secret begins with."""

    id: str
    name: str
    scopes: tuple[str, ...]
    channels: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    per_minute: int = 0
    person: str = ""
    holds: HoldAuthority | None = None
    appeasements: AppeasementLimits | None = None
    money: MoneyLimits | None = None

    def records(self) -> Iterable[RecordKey]:
        """The key."""
        return ((API_KEY, self.id),)


class RevokeKey(RecordCommand, frozen=True, gc=False, kw_only=True, tag="revoke_key"):
    """Let nobody in with an API key any more. name: of the key, for those that were made before keys were told of."""

    id: str
    name: str

    def records(self) -> Iterable[RecordKey]:
        """The key."""
        return ((API_KEY, self.id),)


def decide_create_key(draft: Draft, command: CreateKey, context: Context) -> None:
    """Refused TEXT_NOT_ACCEPTABLE. One of that id is told of once."""
    name = check_text(command.name, "name", 100, required=True)
    if isinstance(draft.world.records.get((API_KEY, command.id)), ApiKey):
        return
    draft.tell_record(
        API_KEYS, command.id,
        KeyCreated(
            id=command.id, name=name, scopes=command.scopes, channels=command.channels, locations=command.locations,
            per_minute=command.per_minute, person=command.person, holds=command.holds,
            appeasements=command.appeasements, money=command.money, by=context.actor.name, at=context.now,
        ),
    )  # fmt: skip


def decide_revoke_key(draft: Draft, command: RevokeKey, context: Context) -> None:
    """One that is revoked already stays so."""
    known = draft.world.records.get((API_KEY, command.id))
    if not isinstance(known, ApiKey) or known.state is not KeyState.REVOKED:
        told = KeyRevoked(id=command.id, name=command.name, by=context.actor.name, at=context.now)
        draft.tell_record(API_KEYS, command.id, told)


RULES: Final[dict[type, Any]] = {CreateKey: decide_create_key, RevokeKey: decide_revoke_key}
