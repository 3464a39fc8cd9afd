"""What channels are told: the figure of each SKU and how they offer it, whether they have taken it, and the sets that they were sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import msgspec

from orderline.core.listings.state import LISTING, Listing, ListingState, listing_id
from orderline.store.loading import decode_record
from orderline.store.reading.listed import FIRST_AT
from orderline.store.reading.source import Source


class ToldState(StrEnum):
    """told: taken as it is. waiting: not yet. failed: nor has the channel taken the last set. unknown: it has no such SKU."""

    TOLD = "told"
    WAITING = "waiting"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Pushed(StrEnum):
    """What a set was of."""

    STOCK = "stock"
    LISTINGS = "listings"


class ToldLevel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The figure of a SKU for a channel. quantity: as it is now. told, told_at: the one that it has taken last, and when.

    since: when what it has not taken has changed. error: why it has not taken the last set.
    """

    channel: str
    sku: str
    state: ToldState
    quantity: int
    told: int | None = None
    told_at: datetime | None = None
    since: datetime | None = None
    error: str = ""


class SentSet(msgspec.Struct, frozen=True, omit_defaults=True):
    """A set that a channel was sent. figures: how many; changed_at: when the oldest of them had changed. acked_at: when it had taken
    it; without, it has not, and error says why.
    """

    channel: str
    what: Pushed
    pushed_at: datetime
    acked_at: datetime | None
    figures: int
    changed_at: datetime
    error: str = ""


class Offer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a channel offers a SKU that comes and goes; `id` is that of the listing. since: when it has its state.

    ready_at: of preorders, when the next unit can be counted on; changes_at: the next window. told: whether the channel has taken
    it as it is; null: it is told of no listings.
    """

    id: str
    channel: str
    sku: str
    state: ListingState
    since: datetime
    reason: str = ""
    ready_at: datetime | None = None
    changes_at: datetime | None = None
    told: ToldState | None = None
    error: str = ""


# channel, SKU, and since when it waits, where that is what is asked for.
LevelPlace = tuple[str, str, datetime | None]
SetPlace = tuple[datetime, str]
OfferPlace = tuple[str, str]

_READS: Final = {
    None: "levels", ToldState.TOLD: "levels_told", ToldState.UNKNOWN: "levels_unknown", ToldState.WAITING: "levels_waiting",
    ToldState.FAILED: "levels_waiting",
}  # fmt: skip


@dataclass(frozen=True)
class AskedLevels:
    """Which figures. channels: of these, each once; skus: of these, or all, when none is named."""

    channels: Sequence[str]
    skus: Sequence[str] = ()
    state: ToldState | None = None


@dataclass(frozen=True)
class AskedOffers:
    """Which listings; as of figures. states: as which they are offered."""

    channels: Sequence[str]
    skus: Sequence[str] = ()
    states: Sequence[ListingState] = ()


def load_told(source: Source, asked: AskedLevels, after: LevelPlace | None, *, most: int) -> list[ToldLevel]:
    """Figures by channel and SKU after a place; those that wait by channel, the oldest change first."""
    failed = {
        channel: error
        for channel, acked_at, error in source.rows(
            "told", "last_sets", channels=list(asked.channels), what=Pushed.STOCK.value
        )
        if acked_at is None
    }
    channels = [each for each in asked.channels if _may_be(asked.state, failing=each in failed)]
    channel, sku, at = after or ("", "", None)
    name = "levels_of" if asked.skus else _READS[asked.state]
    rows = source.rows(
        "told", name, channels=channels, skus=sorted(set(asked.skus)), after_channel=channel, after_sku=sku,
        after_at=at or FIRST_AT, most=most,
    )  # fmt: skip
    told = [_level(row, failed) for row in rows]
    return [each for each in told if asked.state in (None, each.state)]


def load_offers(source: Source, asked: AskedOffers, after: OfferPlace, *, most: int) -> list[Offer]:
    """How channels offer SKUs, by channel and SKU after a place."""
    sent = {
        channel: (acked_at is None, error)
        for channel, acked_at, error in source.rows(
            "told", "last_sets", channels=list(asked.channels), what=Pushed.LISTINGS.value
        )
    }
    states = sorted({each.value for each in asked.states})
    name = "listings_of" if asked.skus else "listings_in" if states else "listings"
    rows = source.rows(
        "told", name, channels=list(asked.channels), skus=sorted(set(asked.skus)), states=states, after_channel=after[0],
        after_id=listing_id(*after), most=most,
    )  # fmt: skip
    offers = [_offer(row, sent) for row in rows]
    return [each for each in offers if not asked.states or each.state in asked.states]


def load_sets(source: Source, channels: Sequence[str], after: SetPlace, *, failed: bool, most: int) -> list[SentSet]:
    """Sets before a place, the last first. failed: those alone that were not taken."""
    name = "sets_failed" if failed else "sets"
    rows = source.rows("told", name, channels=list(channels), after_at=after[0], after_channel=after[1], most=most)
    return [SentSet(row[0], Pushed(row[1]), *row[2:]) for row in rows]


def _offer(row: tuple[Any, ...], sent: Mapping[str, tuple[bool, str]]) -> Offer:
    channel, body, version, acked, unknown = row
    listing: Listing = decode_record(LISTING.name, body)
    failing, error = sent.get(channel, (False, ""))
    told = None if acked is None and channel not in sent else ToldState.FAILED if failing else ToldState.WAITING
    if (acked or 0) >= version:
        told = ToldState.UNKNOWN if unknown else ToldState.TOLD
    return Offer(
        id=listing.id, channel=channel, sku=listing.sku, state=listing.state, since=listing.since, told=told,
        reason=listing.offered.reason, ready_at=listing.offered.ready_at, changes_at=listing.offered.changes_at,
        error=error if told is ToldState.FAILED else "",
    )  # fmt: skip


def _may_be(state: ToldState | None, *, failing: bool) -> bool:
    """May a channel whose last set was taken, or was not, have figures in that state?"""
    return not ((state is ToldState.FAILED and not failing) or (state is ToldState.WAITING and failing))


def _level(row: tuple[Any, ...], failed: dict[str, str]) -> ToldLevel:
    channel, sku, quantity, told, told_at, changed_at, waits, unknown = row
    state = ToldState.UNKNOWN if unknown else ToldState.TOLD
    if waits:
        state = ToldState.FAILED if channel in failed else ToldState.WAITING
    return ToldLevel(
        channel=channel, sku=sku, state=state, quantity=quantity, told=told, told_at=told_at,
        since=changed_at if waits else None, error=failed[channel] if state is ToldState.FAILED else "",
    )  # fmt: skip
