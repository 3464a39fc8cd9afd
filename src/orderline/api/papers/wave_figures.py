"""How picking went: figures of waves by location, and the waves that they are made of."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.papers.waves import WAVES
from orderline.api.reading.paging import Page, Texts, page, page_of, parse_cursor, readers, seen
from orderline.core.fulfillments.waves import Wave, WaveState
from orderline.store.reading.records import load_records

_MOST_READ: Final = 2_000
_Days = Annotated[int, msgspec.Meta(ge=1, le=366)]
_DAYS: Final = 30


class Having(StrEnum):
    """What is counted of a wave."""

    PICKED = "picked"
    SHORT = "short"
    WRONG_SCANS = "wrong_scans"


class WaveFiguresQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """days: how far back waves were begun that are counted."""

    location: Texts = ()
    days: _Days = _DAYS


class CountedWavesQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As for the figures. having: waves of which there is any of it."""

    location: Texts = ()
    days: _Days = _DAYS
    having: Having | None = None


class WaveFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How picking went at a location: units picked and not found, and scans of the wrong thing that were noticed in time.

    wrong_ppm: of a million scans, how many were wrong.
    """

    location: str
    waves: int
    picked: int
    short: int
    wrong_scans: int
    wrong_ppm: int


class CountedWave(msgspec.Struct, frozen=True, kw_only=True):
    """How picking went in a wave."""

    wave: str
    location: str
    state: WaveState
    created_at: datetime
    picked: int
    short: int
    wrong_scans: int


async def _read(call: Call[WaveFiguresQuery, None]) -> Answer:
    """Figures by location, over the waves of the last days."""
    waves: dict[str, list[CountedWave]] = {}
    async for each in _counted(call, call.query.location, call.query.days, ""):
        waves.setdefault(each.location, []).append(each)
    return page([_figure(location, some) for location, some in sorted(waves.items())], None)


async def _list(call: Call[CountedWavesQuery, None]) -> Answer:
    """The waves behind the figures."""
    given, found = call.query, list[CountedWave]()
    after = parse_cursor(given.cursor, str) or ""
    async for each in _counted(call, given.location, given.days, after):
        if given.having is None or getattr(each, given.having):
            found.append(each)
        if len(found) > given.limit:
            break
    return page_of(found, given.limit, lambda row: row.wave)


async def _counted(call: Call[Any, None], asked: tuple[str, ...], days: int, after: str) -> AsyncIterator[CountedWave]:
    """The waves begun in the last days that the key sees, by name."""
    locations, since = seen(asked, call.key.locations), datetime.now(UTC) - timedelta(days=days)
    while locations is not None:
        found: list[Wave] = await readers(call).run(
            lambda source, after=after: load_records(source, "wave", subjects=locations, after=after, most=_MOST_READ)
        )
        for each in await WAVES.visible(call, found):
            if each.created_at >= since:
                yield _count(each)
        if len(found) < _MOST_READ:
            return
        after = found[-1].id


def _count(wave: Wave) -> CountedWave:
    stops = [stop for each in wave.lists for stop in each.stops]
    return CountedWave(
        wave=wave.id,
        location=wave.location,
        state=wave.state,
        created_at=wave.created_at,
        picked=sum(stop.picked for stop in stops),
        short=sum(stop.short for stop in stops),
        wrong_scans=sum(each.wrong_scans for each in wave.lists),
    )


def _figure(location: str, waves: list[CountedWave]) -> WaveFigures:
    picked, wrong = sum(each.picked for each in waves), sum(each.wrong_scans for each in waves)
    return WaveFigures(
        location=location,
        waves=len(waves),
        picked=picked,
        short=sum(each.short for each in waves),
        wrong_scans=wrong,
        wrong_ppm=wrong * 1_000_000 // (picked + wrong) if wrong else 0,
    )


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="read_wave_figures", method="GET", path="/v1/wave-figures", right=Right.FULFILLMENTS_READ,
        summary="Read how picking went by location, and how many wrong scans were noticed in time",
        description="Each wrong scan is a wrong parcel that was not sent.",
        handler=_read, capability="fulfillments", query=WaveFiguresQuery, output=WaveFigures, page=True,
    ),
    Operation(
        name="list_counted_waves", method="GET", path="/v1/wave-figures/waves", right=Right.FULFILLMENTS_READ,
        summary="List the waves that figures of picking are made of",
        description="By name, each with what it counts. With the same `days`, those of a `location` add up to its figures; with"
        " `having`, those alone that add to that one.",
        handler=_list, capability="fulfillments", query=CountedWavesQuery, output=CountedWave, page=True,
    ),
)  # fmt: skip
