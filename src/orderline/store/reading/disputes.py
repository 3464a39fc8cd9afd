"""Disputes of all orders, by when an answer is due or by how much they are about."""

from datetime import datetime
from functools import cache
from typing import Any, LiteralString
from uuid import UUID

import msgspec

from orderline.core.disputes.state import DisputeAnswer, DisputeStage
from orderline.store.queries import query
from orderline.store.reading.source import Source
from orderline.values.ids import OrderId

Place = tuple[str, UUID, int]


class DisputeRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A dispute of an order. answer: where ours stands; due_at: until when the provider takes one."""

    order: OrderId
    order_number: str
    channel: str
    number: int
    provider: str
    reference: str
    stage: DisputeStage
    answer: DisputeAnswer
    amount_minor: int
    currency: str
    opened_at: datetime
    reason: str = ""
    fraud: bool = False
    due_at: datetime | None = None


class DisputeFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which disputes; of what is empty, all. by_amount: the largest first, else the most urgent."""

    answer: DisputeAnswer | None = None
    stages: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    due_before: datetime | None = None
    by_amount: bool = False


def load_disputes(source: Source, filter_: DisputeFilter, *, after: Place | None, most: int) -> list[DisputeRow]:
    """A page of disputes. after: the place of the last one before."""
    begin = str(-(2**62)) if filter_.by_amount else "-infinity"
    key, order, number = after or (begin, UUID(int=0), 0)
    rows = source.run(
        _statement(by_amount=filter_.by_amount, by_answer=filter_.answer is not None),
        {
            "after": key, "after_order": order, "after_number": number, "due_before": filter_.due_before, "most": most,
            "answer": filter_.answer.value if filter_.answer is not None else "",
            **{
                name: list(getattr(filter_, name)) or None
                for name in ("stages", "providers", "reasons", "channels", "locations")
            },
        },
    )  # fmt: skip
    return [_row(row) for row in rows]


def place_of(row: DisputeRow, *, by_amount: bool) -> Place:
    """Where a list goes on behind a dispute."""
    due = row.due_at.isoformat() if row.due_at is not None else "infinity"
    return (str(-row.amount_minor) if by_amount else due, row.order, row.number)


@cache
def _statement(*, by_amount: bool, by_answer: bool) -> LiteralString:
    text = query("disputes", "list_disputes")
    if by_answer:
        text = text.replace("/* answer */", "AND d.answer = %(answer)b")
    if by_amount:
        text = text.replace("coalesce(d.due_at, 'infinity'::timestamptz)", "(-d.amount_minor)")
        text = text.replace("::text::timestamptz", "::text::bigint")
    return text


def _row(row: tuple[Any, ...]) -> DisputeRow:
    return DisputeRow(
        order=row[0], order_number=row[1], channel=row[2], currency=row[3], number=row[4], provider=row[5],
        reference=row[6], stage=DisputeStage(row[7]), answer=DisputeAnswer(row[8]), reason=row[9], fraud=row[10],
        amount_minor=row[11], opened_at=row[12], due_at=row[13],
    )  # fmt: skip
