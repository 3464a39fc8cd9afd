"""What is known of a location's feeds: when it told its stock last, and until when that holds."""

from datetime import datetime
from enum import StrEnum

import msgspec

from orderline.core.records import Record, RecordEvent, RecordKind, Window


class FeedState(StrEnum):
    """Does what a location told of its stock still hold?"""

    FRESH = "fresh"
    STALE = "stale"


class FeedAge(Record, frozen=True, kw_only=True):
    """The last feed of a location that has to tell its stock again and again; `id` is the location's code."""

    id: str
    feed: str
    sequence: int
    told_at: datetime
    holds_until: datetime
    state: FeedState = FeedState.FRESH


class FeedTold(RecordEvent, frozen=True, kw_only=True, tag="feed_told"):
    """A location has told its stock."""

    location: str
    feed: str
    sequence: int
    at: datetime
    holds_until: datetime


class FeedWentStale(RecordEvent, frozen=True, kw_only=True, tag="feed_went_stale"):
    """A location has not told its stock for too long: nothing of it is promised until it does."""

    at: datetime


class FeedRenewed(RecordEvent, frozen=True, kw_only=True, tag="feed_renewed"):
    """A location has told its stock again, and it is promised again."""

    at: datetime


AnyFeedAgeEvent = FeedTold | FeedWentStale | FeedRenewed


def evolve_feed_age(age: FeedAge | None, event: AnyFeedAgeEvent) -> FeedAge:
    """The age of a location's feed after an event."""
    if isinstance(event, FeedTold):
        known = age or FeedAge(id=event.location, feed="", sequence=0, told_at=event.at, holds_until=event.holds_until)
        return msgspec.structs.replace(
            known, feed=event.feed, sequence=event.sequence, told_at=event.at, holds_until=event.holds_until
        )
    assert age is not None
    state = FeedState.STALE if isinstance(event, FeedWentStale) else FeedState.FRESH
    return msgspec.structs.replace(age, state=state)


def _window(age: FeedAge) -> Window:
    return Window(age.state, age.id, age.id, age.holds_until)


FEED_AGE = RecordKind("feed_age", FeedAge, AnyFeedAgeEvent, evolve_feed_age, _window)
