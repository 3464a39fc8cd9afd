"""Measure orders again from their journals: what is kept of them must be the same, and the sums of days theirs."""

from typing import Final, Literal
from uuid import UUID

import psycopg

from orderline.core.reports.measures import Parts
from orderline.engine.verifying.invariants import Invariant
from orderline.engine.verifying.report import Tally
from orderline.store.measured import decode_parts, load_measured, slice_of
from orderline.store.queries import query
from orderline.store.reading.source import Source

AT_ONCE: Final = 500
I = Invariant  # noqa: E741


def check_indicators(connection: psycopg.Connection, cell: int, most: int | Literal["all"], tally: Tally) -> None:
    """Check the latest orders, as many as are folded, or all and the sums of days. Orders that have moved on since are measured soon, and
    are passed over.
    """
    tally.checked(I.INDICATORS, 0)
    source = Source(connection, cell)
    before, left = UUID(int=2**128 - 1), most if most != "all" else None
    while left is None or left > 0:
        at_once = AT_ONCE if left is None else min(left, AT_ONCE)
        rows = source.rows("measured", "measured_before", before=before, most=at_once)
        standing = {row[0]: row[2] for row in rows if row[1] == row[3]}
        _check_parts(source, standing, tally)
        for order_id, version, _, now in rows:
            if now is None or version > now:
                tally.fault(I.INDICATORS, f"order {order_id}: version {version} is measured, and it is at {now}")
            before = order_id
        if len(rows) < at_once:
            break
        left = None if left is None else left - len(rows)
    if most == "all":
        _check_days(source, tally)


def _check_parts(source: Source, standing: dict[UUID, str], tally: Tally) -> None:
    again = load_measured(source, standing) if standing else {}
    kept: dict[UUID, set[tuple[object, ...]]] = {id_: set() for id_ in standing}
    for order_id, *row in source.rows("measured", "parts_of", ids=list(standing)):
        kept[order_id].add(tuple(row))
    for order_id, text in standing.items():
        tally.checked(I.INDICATORS)
        if order_id not in again:
            tally.fault(I.INDICATORS, f"order {order_id}: it can't be measured")
            continue
        _, parts = again[order_id]
        if decode_parts(text) != parts:
            tally.fault(I.INDICATORS, f"order {order_id}: measured again, it counts as something else")
        elif kept[order_id] != _rows(parts):
            wrong = sorted(map(str, kept[order_id] ^ _rows(parts)))[:1]
            tally.fault(I.INDICATORS, f"order {order_id}: its parts are not those that are kept of it: {wrong}")


def _rows(parts: Parts) -> set[tuple[object, ...]]:
    return {(key[0].value, key[1], slice_of(key[2]), *sums) for key, sums in parts.items()}


def _check_days(source: Source, tally: Tally) -> None:
    """The sums of days are those of the parts; what was measured lacks no order."""
    for measure, day, _, *sums in source.rows("measured", "days_and_parts_differ"):
        about = f"{measure} on {day}"
        tally.fault(I.INDICATORS, f"{about}: the sums are {sums[:3]}, those of its orders {sums[3:]}")
    for measure, day, channel, *sums in source.rows("measured", "grains_differ"):
        tally.fault(I.INDICATORS, f"{measure} on {day}, {channel}: its sums differ from the finest by {sums}")
    rows = source.connection.execute(query("measured", "measured_to"), {"cell": source.cell}).fetchall()
    for position, order_id, seq in rows:
        [(missing,)] = source.rows("measured", "unmeasured", position=position, until_order=order_id, seq=seq)
        if missing:
            tally.fault(I.INDICATORS, f"{missing} orders are not measured, though the journal is read beyond them")
