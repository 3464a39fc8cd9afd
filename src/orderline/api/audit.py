"""Who did what: the journals of orders and of all records, as one list that is searched by who, what, of what, and when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Final

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import Page, Text, page, parse_cursor, readers
from orderline.api.records import Records
from orderline.api.scoping import check_unlimited, orders_of
from orderline.core.context import Actor
from orderline.core.record_kinds import KINDS
from orderline.store.reading.auditing import (
    BY_HAND,
    ORDER,
    Asked,
    Drift,
    Found,
    Place,
    Verified,
    Via,
    load_audit,
    load_drift,
    load_said_before,
    load_verified,
)
from orderline.store.reading.records import load_named

# Times that it is looked further when what was looked at has nothing that fits.
_MOST_ROUNDS: Final = 5
_OF_THE_ENTRY: Final = frozenset({"event", "at", "by", "id"})
_Word = Annotated[str, msgspec.Meta(pattern="^[a-z0-9_]{0,100}$")]


class AuditQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """actor: who it was, as the journal names it. via: how it came. kind: `order`, or a kind of records. record: an order by its id
    or number, or a record by its id. what: a command, such as `cancel_units`, or a fact, such as `order_placed`.
    """

    actor: Text = ""
    via: Via | None = None
    kind: _Word = ""
    record: Text = ""
    what: _Word = ""
    since: datetime | None = None
    until: datetime | None = None


class DriftQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All are one page."""


class Changed(msgspec.Struct, frozen=True):
    """A value that was said anew: what it was, and what it is since."""

    name: str
    before: Any
    after: Any


class AuditEntry(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One command that somebody gave, and what it did to one order or record.

    id: what the ids of its events begin with, in the feed and in webhooks; position: that of its transaction. by, via: who, and
    how it came. record: the id of the order or record. reason: the one that was given. changes: of what was said anew as a
    whole, that which differs from before. events: all that happened, as the journal tells it.
    """

    id: str
    position: int
    at: datetime
    by: str
    via: str
    command: str
    kind: str
    record: str
    seq: int
    order_number: str = ""
    channel: str = ""
    currency: str = ""
    reason: str = ""
    facts: tuple[str, ...] = ()
    changes: tuple[Changed, ...] = ()
    events: tuple[dict[str, Any], ...] = ()


class Verification(msgspec.Struct, frozen=True):
    """The last time that `orderline verify` computed the hashes of the journals again; null: it was never run."""

    last: Verified | None


class _Body(msgspec.Struct):
    at: datetime
    actor: Actor
    command: str
    events: tuple[dict[str, Any], ...]
    reason: str = ""


_bodies: Final = msgspec.json.Decoder(_Body)


@dataclass(frozen=True)
class _Seen:
    """What a key sees of the journals. kinds: those of records, with how each tells whose it is; None: of all kinds."""

    orders: bool
    kinds: Mapping[str, Records]
    every: bool

    @property
    def names(self) -> list[str] | None:
        return None if self.every else sorted(self.kinds)


async def list_audit(call: Call[AuditQuery, None], *, kinds: Mapping[str, Records]) -> Answer:
    """A page, the last first."""
    asked = await _asked(call, _seen(call, kinds))
    place = parse_cursor(call.query.cursor, Place)
    most, found = call.query.limit, list[Found]()
    for _ in range(_MOST_ROUNDS):
        wanted, after = most - len(found), place
        rows, place = await readers(call).run(lambda source: load_audit(source, asked, after, most=wanted))  # noqa: B023 - it is awaited here
        found += await _visible(call, rows, kinds)
        if place is None or len(found) >= most:
            break
    entries = [_read(each) for each in found]
    anew = [
        (each.kind, each.record, each.seq, fact)
        for each in entries
        for fact in each.facts
        if each.kind != ORDER and fact.endswith("_put")
    ]
    before = await readers(call).run(lambda source: load_said_before(source, anew))
    return page([_with_changes(each, before.get((each.kind, each.record, each.seq))) for each in entries], place)


async def read_verification(call: Call[None, None]) -> Answer:
    """When the journals were verified."""
    check_unlimited(call)
    return Answer(Verification(await readers(call).run(load_verified)))


async def list_drift(call: Call[DriftQuery, None]) -> Answer:
    """What does not add up; there should be nothing. As many as there are invariants at most, so that it is one page."""
    check_unlimited(call)
    return page(await readers(call).run(load_drift), None)


def _seen(call: Call[Any, Any], kinds: Mapping[str, Records]) -> _Seen:
    """Of each kind what those may see who may read it; what no list shows is for administrators without limits."""
    key = call.key
    admin, limited = Right.ADMIN in key.scopes, bool(key.channels or key.locations)
    mine = {name: each for name, each in kinds.items() if admin or each.read in key.scopes}
    return _Seen(admin or Right.ORDERS_READ in key.scopes, mine, admin and not limited)


async def _asked(call: Call[AuditQuery, None], may: _Seen) -> Asked:
    query, key = call.query, call.key
    of = query.kind if query.kind != ORDER else ""
    order, records = None, query.kind != ORDER and (may.every or bool(may.kinds))
    orders = may.orders and query.kind in ("", ORDER)
    if of and (of not in KINDS if may.every else of not in may.kinds):
        records = False
    if query.record and orders:
        [order] = await orders_of(call, (query.record,))
        orders = order is not None
    return Asked(
        actor=query.actor, way=query.via, what=query.what, order=order, one=query.record, orders=orders, records=records,
        named=[of] if of else may.names or sorted(KINDS), of=of, kinds=[of] if of else may.names, since=query.since, until=query.until,
        channels=sorted(key.channels), locations=sorted(key.locations),
    )  # fmt: skip


async def _visible(call: Call[Any, Any], found: Sequence[Found], kinds: Mapping[str, Records]) -> list[Found]:
    """Those that a key with limits sees: whether it sees a record, the record tells as it is now."""
    if not (call.key.channels or call.key.locations):
        return list(found)
    named: dict[str, set[str]] = {}
    for each in found:
        if each.kind != ORDER:
            named.setdefault(each.kind, set()).add(each.id)
    seen: set[tuple[str, str]] = set()
    for kind, ids in named.items():
        known = await readers(call).run(partial(load_named, kind=kind, ids=sorted(ids)))
        shown = await kinds[kind].visible(call, list(known.values()))
        seen |= {(kind, id_) for id_, record in known.items() if any(record is each for each in shown)}
    return [each for each in found if each.kind == ORDER or (each.kind, each.id) in seen]


def _read(found: Found) -> AuditEntry:
    body = _bodies.decode(found.body)
    return AuditEntry(
        id=f"{found.id}-{found.seq}", position=found.place[0], at=body.at, by=body.actor.name, via=body.actor.via,
        command=body.command, kind=found.kind, record=found.id, seq=found.seq, order_number=found.number,
        channel=found.channel, currency=found.currency, reason=body.reason or _reason(body.events),
        facts=tuple(str(each.get("event", "")) for each in body.events), events=body.events,
    )  # fmt: skip


def _reason(events: Iterable[Mapping[str, Any]]) -> str:
    """What was given as the reason; it stands in the fact, or in what the fact is about, such as a hold."""
    for event in events:
        for told in (event, *(each for each in event.values() if isinstance(each, dict))):
            if isinstance(told.get("reason"), str) and told["reason"]:
                return told["reason"]
    return ""


def _with_changes(entry: AuditEntry, before: bytes | None) -> AuditEntry:
    """What of a record was said anew, beside what was said the last time before."""
    changes: list[Changed] = []
    for event in entry.events if entry.kind != ORDER else ():
        name = event.get("event", "")
        if not str(name).endswith("_put"):
            continue
        said = _bodies.decode(before).events if before is not None else ()
        old: dict[str, Any] = next((each for each in said if each.get("event") == name), {})
        changes += [
            Changed(each, old.get(each), event.get(each))
            for each in dict.fromkeys((*old, *event))
            if each not in _OF_THE_ENTRY and (old.get(each) or None) != (event.get(each) or None)
        ]
    return msgspec.structs.replace(entry, changes=tuple(changes))


LIST_DRIFT: Final = Operation(
    name="list_drift", method="GET", path="/v1/audit/drift", right=Right.AUDIT_READ,
    summary="List the invariants that did not hold when it was last verified",
    description="There should be none. `orderline verify` looks; it is told when that was with each, and by `read_verification`.",
    handler=list_drift, capability="audit", query=DriftQuery, output=Drift, page=True,
)  # fmt: skip


def over(operations: Iterable[Operation]) -> tuple[Operation, ...]:
    """The operations of the audit log: whose a record is, those tell that read records of its kind."""
    found = (getattr(each.handler, "__self__", None) for each in operations)
    kinds = {each.kind.name: each for each in found if isinstance(each, Records)}
    by_hand = " or ".join(f"`{each.value}`" for each in BY_HAND)
    return (
        Operation(
            name="list_audit", method="GET", path="/v1/audit", right=Right.AUDIT_READ, summary="Read who did what, the last first",
            description="Of orders, to those who may read orders; of records, to those who may read records of the kind; of their"
            f" channels and locations. What people did is found at once by `actor` and a `via` of {by_hand}, and so is what happened"
            " to one order or record, or to one kind of records. Anything else is looked for among the last entries: a page may be"
            " short, even empty, while there is a `next`.",
            handler=partial(list_audit, kinds=kinds), capability="audit", query=AuditQuery, output=AuditEntry, page=True,
        ),
        Operation(
            name="read_verification", method="GET", path="/v1/audit/verification", right=Right.AUDIT_READ,
            summary="Read when the journals were last verified",
            description="Each entry is hashed together with the one before; `orderline verify` computes all hashes again.",
            handler=read_verification, capability="audit", output=Verification,
        ),
        LIST_DRIFT,
    )  # fmt: skip
