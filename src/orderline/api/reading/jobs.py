"""Jobs read: how much waits, and what has failed for good; dead letters are tried again, or given up, here."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec

from orderline.api.calls import Answer, Call, DryRun, Operation, Right
from orderline.api.reading.dead_words import advise, what_of
from orderline.api.reading.paging import Page, Text, page, page_of, parse_cursor
from orderline.api.scoping import check_unlimited
from orderline.store.jobs import DeadLetter, JobCount, count_jobs, dead_among, dead_letters, drop_dead, requeue_dead


class DeadLettersQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: Text = ""


class DeadLetterIds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Dead letters by their ids."""

    ids: Annotated[tuple[UUID, ...], msgspec.Meta(min_length=1, max_length=1000)]


class LetterResult(msgspec.Struct, frozen=True):
    """What became of one. done: it was a dead letter, and is none any more; of a dry run, it would be none."""

    id: UUID
    done: bool


class Touched(msgspec.Struct, frozen=True):
    """The ids of those that were dead, and are no longer; items: each that was asked for, in order."""

    ids: list[UUID]
    items: list[LetterResult]


class ToldLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A job that has failed for good. what: it was to do; why: it was not done; advice: what a person does now.

    stream: what it is about; error: what the last attempt met, as it was told.
    """

    id: UUID
    what: str
    why: str
    advice: str
    kind: str
    stream: str
    body: msgspec.Raw
    attempts: int
    created_at: datetime
    failed_at: datetime
    error: str
    order_number: str


async def list_jobs(call: Call[None, None]) -> Answer:
    """How much is to be done, by kind."""
    counts = await asyncio.to_thread(count_jobs, call.services.database, datetime.now(UTC))
    return page(counts, None)


async def list_dead_letters(call: Call[DeadLettersQuery, None]) -> Answer:
    """Jobs that have failed for good."""
    check_unlimited(call)
    query = call.query
    after = parse_cursor(query.cursor, UUID)
    found = await asyncio.to_thread(
        dead_letters, call.services.database, after=after, kind=query.kind, most=query.limit + 1
    )
    return page_of([_told(each) for each in found], query.limit, lambda letter: letter.id)


def _told(letter: DeadLetter) -> ToldLetter:
    said = advise(letter.kind, letter.error)
    return ToldLetter(what=what_of(letter.kind), why=said.why, advice=said.advice, **msgspec.structs.asdict(letter))


def _touched(asked: Sequence[UUID], done: Sequence[UUID]) -> Answer:
    known = set(done)
    return Answer(Touched([*done], [LetterResult(each, each in known) for each in asked]))


async def replay_dead_letters(call: Call[DryRun, DeadLetterIds]) -> Answer:
    """Try dead letters again."""
    check_unlimited(call)
    now = datetime.now(UTC)
    ids = call.input.ids
    if call.query.dry_run:
        return await _tried(call)
    return _touched(ids, await asyncio.to_thread(requeue_dead, call.services.database, ids, now))


async def drop_dead_letters(call: Call[DryRun, DeadLetterIds]) -> Answer:
    """Give dead letters up."""
    check_unlimited(call)
    ids = call.input.ids
    if call.query.dry_run:
        return await _tried(call)
    return _touched(ids, await asyncio.to_thread(drop_dead, call.services.database, ids))


async def _tried(call: Call[DryRun, DeadLetterIds]) -> Answer:
    ids = call.input.ids
    return _touched(ids, await asyncio.to_thread(dead_among, call.services.database, ids))


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="list_jobs", method="GET", path="/v1/jobs", right=Right.ADMIN, summary="Count what is to be done, by kind",
        handler=list_jobs, capability="jobs", output=JobCount, page=True,
    ),
    Operation(
        name="list_dead_letters", method="GET", path="/v1/dead-letters", right=Right.ADMIN,
        summary="List jobs that have failed for good", handler=list_dead_letters, capability="jobs",
        query=DeadLettersQuery, output=ToldLetter, page=True,
        description="Each with what it was to do, why it was not done, and what a person does now.",
    ),
    Operation(
        name="replay_dead_letters", method="POST", path="/v1/dead-letters/replays", right=Right.ADMIN,
        summary="Try dead letters again", handler=replay_dead_letters, capability="jobs", input=DeadLetterIds,
        query=DryRun, output=Touched,
    ),
    Operation(
        name="drop_dead_letters", method="POST", path="/v1/dead-letters/removals", right=Right.ADMIN,
        summary="Give dead letters up for good", handler=drop_dead_letters, capability="jobs", input=DeadLetterIds,
        query=DryRun, output=Touched,
    ),
)  # fmt: skip
