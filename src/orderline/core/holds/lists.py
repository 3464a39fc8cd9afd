"""Lists of who is stopped and who is let through: entries that run out, known by what they are recognized by.

An entry does not say who it is about: it is the keyed digest of a normal form (`core.people.normal`), with a hint for people.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import msgspec

from orderline.core.context import Context
from orderline.core.orders.guards import check_text
from orderline.core.records import Record, RecordCommand, RecordEvent, RecordKey, RecordKind, Window
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.time import utc

LIST_ENTRY: Final = "list_entry"


class ListRefusal(StrEnum):
    LIST_ENTRY_UNKNOWN = "LIST_ENTRY_UNKNOWN"
    LIST_ENTRY_STATE = "LIST_ENTRY_STATE"
    LIST_VALUE_NOT_ACCEPTABLE = "LIST_VALUE_NOT_ACCEPTABLE"


class Side(StrEnum):
    """What an entry is for."""

    BLOCK = "block"
    ALLOW = "allow"


class TraceKind(StrEnum):
    """What somebody is recognized by. card: what the payment provider knows a card by."""

    EMAIL = "email"
    PHONE = "phone"
    ADDRESS = "address"
    CARD = "card"


class EntryState(StrEnum):
    """suggested: somebody has to say yes. removed: it counts no longer."""

    SUGGESTED = "suggested"
    ACTIVE = "active"
    REMOVED = "removed"


class ListEntry(Record, frozen=True, kw_only=True):
    """Somebody on a list. shown: a hint at who it is. expires_at: it does not count from then on."""

    id: str
    side: Side
    kind: TraceKind
    state: EntryState
    shown: str
    reason: str
    by: str
    at: datetime
    expires_at: datetime | None = None

    def counts(self, now: datetime) -> bool:
        """Does it say anything now?"""
        return self.state is EntryState.ACTIVE and (self.expires_at is None or now < self.expires_at)


class EntryPut(RecordEvent, frozen=True, kw_only=True, tag="list_entry_put"):
    """Somebody was put on a list, or suggested for it."""

    id: str
    side: Side
    kind: TraceKind
    state: EntryState
    shown: str
    reason: str
    by: str
    at: datetime
    expires_at: datetime | None = None


class EntryConfirmed(RecordEvent, frozen=True, kw_only=True, tag="list_entry_confirmed"):
    """A suggestion counts from now on."""

    by: str
    at: datetime
    expires_at: datetime | None = None


class EntryRemoved(RecordEvent, frozen=True, kw_only=True, tag="list_entry_removed"):
    """It counts no longer, or never did."""

    by: str
    at: datetime
    reason: str = ""


AnyEntryEvent = EntryPut | EntryConfirmed | EntryRemoved


def evolve_entry(entry: ListEntry | None, event: AnyEntryEvent) -> ListEntry:
    """The entry after an event."""
    if isinstance(event, EntryPut):
        fields = {name: getattr(event, name) for name in event.__struct_fields__}
        if entry is not None:
            fields |= {"version": entry.version, "chain": entry.chain}
        return ListEntry(**fields)
    assert entry is not None
    if isinstance(event, EntryConfirmed):
        return msgspec.structs.replace(
            entry, state=EntryState.ACTIVE, by=event.by, at=event.at, expires_at=event.expires_at or entry.expires_at
        )
    return msgspec.structs.replace(entry, state=EntryState.REMOVED)


ENTRY_KIND = RecordKind(
    LIST_ENTRY,
    ListEntry,
    AnyEntryEvent,
    evolve_entry,
    lambda entry: Window(entry.state, f"{entry.side} {entry.kind}", due_at=entry.expires_at),
)


class EntryCommand(RecordCommand, frozen=True, kw_only=True):
    """A command on an entry of a list."""

    entry: str

    def records(self) -> Iterable[RecordKey]:
        """The entry."""
        return ((LIST_ENTRY, self.entry),)


class PutListEntry(EntryCommand, frozen=True, kw_only=True, tag="put_list_entry"):
    """Put somebody on a list, or on the other one. Whoever only suggests it changes nothing that is there."""

    side: Side
    kind: TraceKind
    shown: str
    reason: str
    expires_at: datetime | None = None
    suggested: bool = False


class ConfirmListEntry(EntryCommand, frozen=True, kw_only=True, tag="confirm_list_entry"):
    """Let a suggestion count. expires_at: until when; for ever, when not given."""

    expires_at: datetime | None = None


class RemoveListEntry(EntryCommand, frozen=True, kw_only=True, tag="remove_list_entry"):
    """Take somebody off a list, or say no to the suggestion."""

    reason: str


def entry_id(kind: TraceKind, digest: bytes) -> str:
    """How an entry is known."""
    return f"{kind}:{digest.hex()}"


def decide_put_entry(draft: Draft, command: PutListEntry, context: Context) -> None:
    """Refused FIELD_REQUIRED, TEXT_NOT_ACCEPTABLE; LIST_ENTRY_STATE: it was suggested, and there is one already."""
    known = draft.world.records.get((LIST_ENTRY, command.entry))
    if command.suggested and isinstance(known, ListEntry):
        raise Refused(ListRefusal.LIST_ENTRY_STATE, field="entry", value=known.id, state=known.state)
    draft.tell_record(
        ENTRY_KIND,
        command.entry,
        EntryPut(
            id=command.entry,
            side=command.side,
            kind=command.kind,
            state=EntryState.SUGGESTED if command.suggested else EntryState.ACTIVE,
            shown=check_text(command.shown, "shown", 100),
            reason=check_text(command.reason, "reason", 500, required=True),
            by=context.actor.name,
            at=context.now,
            expires_at=_until(command.expires_at, context),
        ),
    )


def decide_confirm_entry(draft: Draft, command: ConfirmListEntry, context: Context) -> None:
    """Refused LIST_ENTRY_UNKNOWN; LIST_ENTRY_STATE: it is no suggestion."""
    entry = _entry(draft, command.entry, EntryState.SUGGESTED)
    expires_at = _until(command.expires_at, context)
    draft.tell_record(
        ENTRY_KIND, entry.id, EntryConfirmed(by=context.actor.name, at=context.now, expires_at=expires_at)
    )


def decide_remove_entry(draft: Draft, command: RemoveListEntry, context: Context) -> None:
    """Refused LIST_ENTRY_UNKNOWN; LIST_ENTRY_STATE: it was removed."""
    entry = _entry(draft, command.entry, EntryState.SUGGESTED, EntryState.ACTIVE)
    reason = check_text(command.reason, "reason", 500, required=True)
    draft.tell_record(ENTRY_KIND, entry.id, EntryRemoved(by=context.actor.name, at=context.now, reason=reason))


def hint_of(kind: TraceKind, value: str) -> str:
    """What people are shown of a value: enough to know it again, not enough to write to it."""
    value = value.strip()
    if kind is TraceKind.EMAIL:
        name, _, domain = value.rpartition("@")
        return f"{name[:1]}***@{domain}"[:100]
    return f"***{value[-3:]}"


def _until(at: datetime | None, context: Context) -> datetime | None:
    until = utc(at, field="expires_at") if at is not None else None
    if until is not None and until <= context.now:
        raise Refused(ListRefusal.LIST_VALUE_NOT_ACCEPTABLE, field="expires_at", value=until, allowed="in the future")
    return until


def _entry(draft: Draft, id_: str, *states: EntryState) -> ListEntry:
    entry = draft.world.records.get((LIST_ENTRY, id_))
    if not isinstance(entry, ListEntry):
        raise Refused(ListRefusal.LIST_ENTRY_UNKNOWN, field="entry", value=id_[:100])
    if entry.state not in states:
        raise Refused(
            ListRefusal.LIST_ENTRY_STATE, field="entry", value=id_, state=entry.state, allowed=[str(s) for s in states]
        )
    return entry


RULES: Final[dict[type, Any]] = {
    PutListEntry: decide_put_entry,
    ConfirmListEntry: decide_confirm_entry,
    RemoveListEntry: decide_remove_entry,
}
