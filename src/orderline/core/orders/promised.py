"""What was promised of an order, line by line: quoted, committed, revised with a cause, kept or missed.

The first promise and the last one both stand in the order; those between are in its journal.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec.structs import replace


class PromiseCause(StrEnum):
    """Why a promise was revised or missed."""

    STOCK = "stock"
    SUPPLIER = "supplier"
    LOCATION = "location"
    CARRIER = "carrier"
    HOLD = "hold"
    CUSTOMER = "customer"
    FORCE_MAJEURE = "force_majeure"
    DATA = "data"
    US = "us"


class PromiseOutcome(StrEnum):
    """How a promise ended; void: nothing of its line was delivered, nor is to be."""

    KEPT = "kept"
    MISSED = "missed"
    VOID = "void"


class PromisedWindow(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """When units are to be there. handover_at: when they are to leave by, for who is to blame if they are late.

    source: what it was read from: a quote, a routing decision, a delay. locations, services: where from, and how.
    """

    at: datetime
    earliest_at: datetime
    latest_at: datetime
    handover_at: datetime | None = None
    locations: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    policy: str = ""
    source: str = ""
    supply: str = ""


class LinePromise(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """The promise of a line. `last` is None until it is revised; cause: of the last revision, or of the miss.

    outcome: by the first promise; kept_last: by the last one, which is the milder measure.
    """

    line: int
    first: PromisedWindow
    last: PromisedWindow | None = None
    revisions: int = 0
    cause: PromiseCause | None = None
    outcome: PromiseOutcome | None = None
    kept_last: bool = False
    settled_at: datetime | None = None

    @property
    def window(self) -> PromisedWindow:
        """What stands now."""
        return self.last or self.first


class LineWindowInput(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """A window of one line, as a promise of the order is made or revised."""

    line: int
    earliest_at: datetime
    latest_at: datetime
    handover_at: datetime | None = None
    locations: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    supply: str = ""


def window_of(given: LineWindowInput, at: datetime, policy: str, source: str) -> PromisedWindow:
    """The window as the order keeps it."""
    return PromisedWindow(
        at=at,
        earliest_at=given.earliest_at,
        latest_at=given.latest_at,
        handover_at=given.handover_at,
        locations=given.locations,
        services=given.services,
        policy=policy,
        source=source,
        supply=given.supply,
    )


def with_committed(
    promises: tuple[LinePromise, ...], windows: Iterable[tuple[int, PromisedWindow]]
) -> tuple[LinePromise, ...]:
    """With promises of lines that had none, by line."""
    made = [*promises, *(LinePromise(line=line, first=window) for line, window in windows)]
    return tuple(sorted(made, key=lambda promise: promise.line))


def with_revised(
    promises: tuple[LinePromise, ...], windows: Iterable[tuple[int, PromisedWindow]], cause: PromiseCause
) -> tuple[LinePromise, ...]:
    """With other windows for some lines."""
    new = dict(windows)
    return tuple(
        replace(each, last=new[each.line], revisions=each.revisions + 1, cause=cause) if each.line in new else each
        for each in promises
    )


def with_settled(
    promises: tuple[LinePromise, ...],
    line: int,
    outcome: PromiseOutcome,
    at: datetime,
    cause: PromiseCause | None,
) -> tuple[LinePromise, ...]:
    """With one ended. `at`: when the last of its units was there."""
    return tuple(
        replace(
            each,
            outcome=outcome,
            settled_at=at,
            kept_last=outcome is not PromiseOutcome.VOID and at <= each.window.latest_at,
            cause=cause or each.cause,
        )
        if each.line == line
        else each
        for each in promises
    )
