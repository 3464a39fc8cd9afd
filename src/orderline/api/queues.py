"""What needs a person now: every queue with whose it is, how much waits, for how long, and where exactly those rows are listed."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from orderline.api import (
    approvals,
    audit,
    counts,
    decisions,
    fulfillments,
    mappings,
    orphans,
    partners,
    returns,
    supply,
    tasks,
    transfers,
)
from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.papers import carrier_pickups, claims
from orderline.api.reading import alarms, differences, disputes, jobs, orders, rejected, stock, work
from orderline.api.reading.paging import MOST, Texts, page, readers
from orderline.core.holds.rules import TYPES
from orderline.core.record_kinds import KINDS
from orderline.core.returns.state import Custody
from orderline.engine.readers import Readers
from orderline.store.reading.queues import Counted, Seen, count_all

AT_RISK: Final = timedelta(hours=2)
_MOST_PAGES: Final = 50
_OWNED_BY: Final = "owner"
TEAM: Final = "operations"


@dataclass(frozen=True, kw_only=True)
class Queue:
    """A queue: the rows that `operation` lists when it is asked with `query`; an owner's with `owned_by` as well.

    owned_by: "": the list has no such filter, and all its rows are one owner's. source, whats: the query that counts them, and by
    which words; without a source its few rows are read, by `asked`, which is the query as the operation takes it. group: what
    it is about.
    """

    name: str
    title: str
    operation: str
    query: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    owned_by: str = _OWNED_BY
    source: str = ""
    whats: tuple[str, ...] = ("rows",)
    asked: Mapping[str, Any] = field(default_factory=dict[str, Any])
    soon: bool = False  # only what is due soon
    standing: bool = False  # what there is, is looked now and then, and that there is nothing is told as well
    group: str = ""


def _steps(name: str, title: str, *steps: str) -> Queue:
    return Queue(
        name=name, title=title, operation="list_orders", query={"next_step": steps or (name,)}, source="count_steps",
        whats=steps or (name,),
    )  # fmt: skip


def _records(name: str, title: str, kind: str, *states: str, operation: str = "", owned_by: str = _OWNED_BY) -> Queue:
    return Queue(
        name=name, title=title, operation=operation or f"list_{name}", query={"state": states}, owned_by=owned_by,
        source="count_records", whats=tuple(f"{kind} {state}" for state in states),
    )  # fmt: skip


def _returns(
    name: str, title: str, *custody: Custody, what: str = "", owned_by: str = "location", **more: Sequence[str]
) -> Queue:
    """what: the word that they are counted by, where it is not where the goods are."""
    values = tuple(each.value for each in custody)
    return Queue(
        name=name, title=title, operation="list_returns", query={"custody": values, **more}, owned_by=owned_by,
        source="count_returns", whats=(what,) if what else values,
    )  # fmt: skip


_GROUPS: Final[dict[str, tuple[Queue, ...]]] = {
    "First of all": (
        Queue(name="stuck", title="Nothing moves it", operation="list_alarms", owned_by="", source="count_alarmed", whats=("alarms",)),
        Queue(
            name="drift", title="Drift", operation="list_drift", owned_by="", source="count_drift", whats=("drift",), standing=True,
        ),
        Queue(name="dead_letters", title="Failed for good", operation="list_dead_letters", owned_by="", source="count_dead", whats=("dead",)),
        Queue(
            name="at_risk", title="Promise at risk", operation="list_fulfillments", owned_by="location", source="count_work",
            whats=("at_risk",), soon=True,
        ),
        _steps("in_doubt", "Money in doubt", "ask_provider"),
        Queue(
            name="differences", title="Payments that differ", operation="list_payment_differences", source="count_differences",
            whats=("differences",),
        ),
        _records("unmapped", "Unmapped values", "mapping", "unmapped", operation="list_mappings"),
        Queue(
            name="channel_lag", title="Channels behind", operation="list_channel_health", query={"late": ("true",)}, owned_by="",
            asked={"late": True},
        ),
        Queue(name="oversold", title="Oversold", operation="list_oversold", owned_by="", source="count_oversold", whats=("oversold",)),
    ),
    "Held": (
        *(
            Queue(
                name=f"hold_{each}", title=each.replace("_", " ").capitalize(), operation="list_holds", query={"type": (each,)},
                source="count_holds", whats=(each,),
            )
            for each in TYPES
        ),
    ),
    "Questions": (
        _records("decisions_to_send", "Questions to look at", "decision", "drafted", operation="list_decisions", owned_by="to"),
        _records("decisions", "Questions not answered", "decision", "sent", owned_by="to"),
        Queue(
            name="swap", title="Substitutions asked", operation="list_decisions", owned_by="",
            query={"state": ("sent",), "to": ("customer",), "offers": ("swap",)}, source="count_swaps", whats=("swap",),
        ),
        _records("approvals", "Approvals", "approval", "pending"),
    ),
    "Money": (
        _steps("collect_payment", "Money to collect", "collect_payment", "pay_installment"),
        _steps("resolve_decline", "Payment declined"),
        _steps("refund_again", "Refund came back"),
        _steps(
            "by_hand", "Payments by hand", "authorize_by_hand", "capture_by_hand", "extend_by_hand", "refund_by_hand",
            "void_by_hand",
        ),
        Queue(
            name="disputes", title="Disputes to answer", operation="list_disputes", query={"answer": ("awaited",)}, owned_by="",
            source="count_disputes", whats=("awaited",),
        ),
    ),
    "Parcels and locations": (
        _steps("answer_cancel_request", "Cancellations to answer"),
        _steps("decide_lost_parcel", "Parcels lost"),
        _records("missing_parcels", "Parcels not received", "missing_parcel", "open"),
        _records("carrier_claims", "Carrier claims", "carrier_claim", "drafted", "filed", "accepted", "rejected", "appealed"),
        _records("discrepancies", "Sent though it was not to be", "discrepancy", "open"),
        Queue(
            name="rejected", title="Rejected and not served again", operation="list_rejected_units", owned_by="",
            source="count_rejected", whats=("rejected",),
        ),
        Queue(name="to_fulfill", title="To fulfill", operation="list_fulfillments", owned_by="location", source="count_work", whats=("open",)),
        _records("carrier_pickups", "Pick-ups refused", "carrier_pickup", "refused"),
    ),
    "Returns": (
        _returns("returns_to_decide", "Returns to decide", Custody.REQUESTED, owned_by=""),
        _returns("returns_to_grade", "Returns to grade", Custody.RECEIVED),
        _returns("returns_to_dispose", "Returns to put away", Custody.GRADED),
        _returns("refunds_due", "Refunds due", Custody.GRADED, Custody.DISPOSED, what="refund", owned_by="", money=("not_due",)),
        _returns("returns_to_repair", "Repairs to finish", Custody.REPAIRING),
        _returns("returns_beyond_repair", "Beyond repair", Custody.UNREPAIRABLE, owned_by=""),
        _returns("returns_to_send_back", "Goods to send back", Custody.REPAIRED, Custody.UNREPAIRED),
        _records("orphans", "Goods with no order", "orphan", "waiting"),
    ),
    "Stock and supply": (
        _steps("supply", "Waiting for supply"),
        _records("tasks", "Tasks", "task", "open"),
        _records("counts", "Counts", "count", "planned", "open", "submitted", "recount"),
        _records("transfers", "Transfers", "transfer", "draft", "approved", "picked", "in_transit", "partly_received"),
        _records("purchase_orders", "Purchase orders", "purchase_order", "draft", "sent", "confirmed", "partly_received", "received"),
    ),
}  # fmt: skip
QUEUES: Final = tuple(replace(each, group=group) for group, found in _GROUPS.items() for each in found)
LISTS: Final = {
    each.name: each
    for module in (
        alarms, approvals, carrier_pickups, claims, counts, decisions, differences, disputes, fulfillments, jobs, mappings, orders, orphans,
        partners, rejected, returns, stock, supply, tasks, transfers, work,
    )
    for each in module.OPERATIONS
} | {audit.LIST_DRIFT.name: audit.LIST_DRIFT}  # fmt: skip
# Of these only whoever sees all channels and all locations sees any.
_WHOLE: Final = frozenset({"count_differences", "count_dead", "count_drift"})


class QueuesQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """owner: what these have to do alone; without it, queues in which nothing waits are told as well."""

    owner: Texts = ()


class WorkQueue(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What waits for one owner in a queue. overdue: past its time. oldest_at: since when the one waits that has waited longest,
    for records since their last change; due_at: when the most urgent is due. rows: where exactly these are listed; filters: by what.
    standing: that nothing waits there is to be seen as well; looked_at: when it was last looked what there is, if ever.
    """

    queue: str
    title: str
    group: str
    operation: str
    rows: str
    count: int
    owner: str = ""
    overdue: int = 0
    oldest_at: datetime | None = None
    due_at: datetime | None = None
    filters: Mapping[str, Sequence[str]] = {}
    standing: bool = False
    looked_at: datetime | None = None


async def list_queues(call: Call[QueuesQuery, None]) -> Answer:
    """Every queue that the key may list, by owner."""
    key, now = call.key, datetime.now(UTC)
    seen = Seen(
        now=now, before=now + AT_RISK, channels=tuple(sorted(key.channels)), locations=tuple(sorted(key.locations)),
        records=_kinds(),
    )  # fmt: skip
    limited = bool(key.channels or key.locations)
    mine = [each for each in QUEUES if _may(call, LISTS[each.operation]) and not (limited and each.source in _WHOLE)]
    walked = [each for each in mine if not each.source or (limited and each.source == "count_records")]
    names = list(dict.fromkeys(each.source for each in mine if each not in walked))
    walks = asyncio.gather(*(_walk(call, each, now) for each in walked))
    found, read = await asyncio.gather(_count(readers(call), names, seen), walks)
    rows_of = dict(zip((each.name for each in walked), read, strict=True))
    items: list[WorkQueue] = []
    for each in mine:
        rows = _shown(each, rows_of[each.name] if each.name in rows_of else found[each.source], seen.before)
        if call.query.owner:
            items += [row for row in rows if row.count and row.owner in call.query.owner]
        else:
            items += rows or [_row(each, Counted(each.name, "", 0, 0, None, None), seen.before)]
    return page(items, None)


async def _count(reads: Readers, names: Sequence[str], seen: Seen) -> dict[str, list[Counted]]:
    """The rows of each source. Orders by their next step are as many as all else, and are counted beside it."""
    parts = [[each for each in names if (each == "count_steps") is alone] for alone in (True, False)]
    one, other = await asyncio.gather(*(reads.run(partial(count_all, names=part, seen=seen)) for part in parts))
    return one | other


def _kinds() -> tuple[tuple[str, str], ...]:
    told = (what.split(" ") for each in QUEUES if each.source == "count_records" for what in each.whats)
    return tuple((kind, state) for kind, state in told)


def _may(call: Call[Any, Any], operation: Operation) -> bool:
    return call.key.may(operation)


def _shown(queue: Queue, counted: Sequence[Counted], before: datetime) -> list[WorkQueue]:
    """One row for each owner, the one with the most past its time first."""
    owners: dict[str, Counted] = {}
    for each in counted:
        if each.what in queue.whats:
            owners[each.owner] = _sum(owners[each.owner], each) if each.owner in owners else each
    rows = [_row(queue, each, before) for each in owners.values()]
    return sorted(rows, key=lambda row: (-row.overdue, -row.count, row.owner))


def _sum(one: Counted, other: Counted) -> Counted:
    return Counted(
        one.what, one.owner, one.count + other.count, one.overdue + other.overdue,
        _first(one.oldest_at, other.oldest_at), _first(one.due_at, other.due_at),
    )  # fmt: skip


def _first(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((each for each in (one, other) if each is not None), default=None)


def _row(queue: Queue, counted: Counted, before: datetime) -> WorkQueue:
    owner = counted.owner if counted.count else ""
    rows, filters = _listed(queue.name, owner)
    if queue.soon:
        due: dict[str, Sequence[str]] = {"due_before": (before.isoformat(),)}
        rows, filters = rows + ("&" if filters else "?") + urlencode(due, doseq=True), {**filters, **due}
    return WorkQueue(
        queue=queue.name, title=queue.title, group=queue.group, operation=queue.operation, owner=owner, count=counted.count,
        rows=rows, filters=filters,
        overdue=counted.overdue, oldest_at=counted.oldest_at if counted.count else None, due_at=counted.due_at,
        standing=queue.standing, looked_at=counted.oldest_at if queue.standing else None,
    )  # fmt: skip


@lru_cache(1_000)
def _listed(name: str, owner: str) -> tuple[str, Mapping[str, Sequence[str]]]:
    """Where the rows of a queue are listed, and by which filters; but for the instant before which they are due."""
    queue = next(each for each in QUEUES if each.name == name)
    query: dict[str, Sequence[str]] = dict(queue.query)
    if queue.owned_by and owner:
        query[queue.owned_by] = (owner,)
    path = LISTS[queue.operation].path
    return f"{path}?{urlencode(query, doseq=True)}" if query else path, query


async def _walk(call: Call[Any, Any], queue: Queue, now: datetime) -> list[Counted]:
    """The rows of a queue as the key sees them: whether it sees a record, the record itself tells."""
    operation, cursor, found = LISTS[queue.operation], "", list[Counted]()
    kind = KINDS[queue.whats[0].split(" ")[0]] if queue.source else None
    for _ in range(_MOST_PAGES):
        query = operation.query(**(queue.asked or queue.query), limit=MOST, cursor=cursor)
        answer = await operation.handler(
            Call(call.services, call.key, {}, query, None, actor=call.actor, operation=operation)
        )
        for record in answer.body["items"]:
            if kind is None:
                found.append(Counted(queue.whats[0], TEAM, 1, 0, record.oldest_at, None))
                continue
            about = kind.window(record)
            late = about.due_at is not None and about.due_at <= now
            found.append(Counted(queue.whats[0], about.owner, 1, int(late), None, about.due_at))
        cursor = answer.body["next"] or ""
        if not cursor:
            break
    return found


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="list_queues", method="GET", path="/v1/queues", right=Right.ORDERS_READ,
        summary="Count what needs a person now, by queue and owner",
        description="Holds by type, orders by their next step, questions, approvals, work of locations, returns, records: of all"
        " that the key may list. `rows` is the list of exactly what was counted.",
        handler=list_queues, capability="queues", query=QueuesQuery, output=WorkQueue, page=True,
    ),
)  # fmt: skip
