"""The work home: what needs a person now, by queue, and how the day goes."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from orderline.console.listings import LISTINGS, SECTIONS
from orderline.console.rendering import query
from orderline.console.visits import Shown, Visit

MINE: Final = "mine"
MOST_OWNERS: Final = 8
HEIGHT: Final = 54  # of the highest bar
OWNED_BY: Final = frozenset({"owner", "location", "to"})  # the filters by which lists show what is one owner's
# Where a list of the API is a page.
PATHS: Final = {"list_orders": "/orders", **{each.operation: each.path for _, each in LISTINGS.values()}}


@dataclass
class Waiting:
    """A queue on the page: its rows of all owners, or of those that are looked at, together.

    standing: it is shown where nothing waits in it as well. looked_at: when it was last looked what there is.
    """

    title: str
    group: str
    path: str
    count: int
    overdue: int
    oldest_at: str
    due_at: str
    owners: list[tuple[str, int, str]]
    looked_at: str
    standing: bool


@dataclass(frozen=True)
class Curve:
    """One figure of the day: how often until now, and a week ago until the same time; both days as a drawing 240 by 60.

    bars: x, y and height of each hour until now; line: the points of the day a week ago. hours: the figures themselves.
    """

    what: str
    total: int
    total_before: int
    bars: tuple[tuple[float, float, float], ...]
    line: str
    hours: tuple[tuple[int, int, int], ...]


async def home(visit: Visit) -> Shown:
    """All queues, or those of one owner, or of whoever is signed in."""
    asked = visit.query.get("owner", "").strip()[:100]
    queues_asked, hours_asked = await asyncio.gather(visit.ask("list_queues"), visit.ask("list_hours"))
    everything: list[dict[str, Any]] = queues_asked["items"]
    mine = owners_of(visit)
    wanted = mine if asked == MINE else {asked} if asked else None
    rows = [each for each in everything if wanted is None or each.get("owner") in wanted]
    queues = _together(rows, whole=wanted is None)
    now = datetime.now(UTC)
    about = {
        "now": now,
        "hour": now.replace(minute=0, second=0, microsecond=0),
        "curves": tuple(curve_of(each, now) for each in hours_asked["items"]),
        "asked": asked,
        "address": visit.url,
        "owners": _owners(everything, asked),
        "mine": sum(each["count"] for each in everything if each.get("owner") in mine),
        "groups": _groups(each for each in queues if each.count or each.standing),
        "clear": [each.title for each in queues if not (each.count or each.standing)],
        "total": sum(each.count for each in queues),
        "overdue": sum(each.overdue for each in queues),
    }
    return Shown("home.html", about)


def elsewhere(may: Callable[[str], bool]) -> str:
    """Where the work of those is who do not look at orders: at a location, else in the first list that they may see."""
    if may("list_fulfillments"):
        return "/station"
    return next((each.path for listed in SECTIONS.values() for each in listed if may(each.operation)), "/me")


def curve_of(row: Mapping[str, Any], now: datetime) -> Curve:
    """Figures by the hour as bars until now, and as a line; of the hour a week ago that is under way, the part that had passed."""
    hours: list[int] = row["hours"]
    before: list[int] = row["before"]
    most = max(*hours, *before, 1)
    return Curve(
        what=row["what"],
        total=sum(hours),
        total_before=sum(before[: now.hour]) + before[now.hour] * now.minute // 60,
        bars=tuple(
            (at * 10 + 1.5, round(58 - HEIGHT * number / most, 1), round(HEIGHT * number / most, 1))
            for at, number in enumerate(hours[: now.hour + 1])
        ),
        line=" ".join(f"{at * 10 + 5},{round(58 - HEIGHT * number / most, 1)}" for at, number in enumerate(before)),
        hours=tuple(zip(range(24), hours, before, strict=True)),
    )


def owners_of(visit: Visit) -> frozenset[str]:
    """Whose work is this person's: the person's own, that of the role, that of the locations."""
    who = visit.user
    return frozenset({who.user, who.role, *who.access.locations} - {""})


def page_of(rows: Sequence[Mapping[str, Any]], *, whole: bool = False) -> str:
    """The page that shows the rows of a queue, of these owners alone; whole: of all owners, told or not."""
    given: dict[str, list[str]] = {}
    for row in rows:
        for name, values in row.get("filters", {}).items():
            known = given.setdefault(name, [])
            known += [each for each in values if each not in known]
    path = PATHS[rows[0]["operation"]]
    told = query({name: values for name, values in given.items() if not whole or name not in OWNED_BY})
    return f"{path}?{told}" if told else path


def _together(rows: Iterable[Mapping[str, Any]], *, whole: bool) -> list[Waiting]:
    """The rows of each queue as one. whole: they are those of all owners."""
    queues: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        queues.setdefault(row["queue"], []).append(row)
    return [
        Waiting(
            title=found[0]["title"],
            group=found[0]["group"],
            path=page_of(found, whole=whole)
            if any(each["count"] for each in found) or found[0].get("standing", False)
            else "",
            count=sum(each["count"] for each in found),
            overdue=sum(each.get("overdue", 0) for each in found),
            oldest_at=min((each["oldest_at"] for each in found if each.get("oldest_at")), default=""),
            due_at=min((each["due_at"] for each in found if each.get("due_at")), default=""),
            looked_at=found[0].get("looked_at", ""),
            standing=found[0].get("standing", False),
            owners=[(each["owner"], each["count"], page_of([each])) for each in found if each["count"]],
        )
        for found in queues.values()
    ]


def _groups(queues: Iterable[Waiting]) -> dict[str, list[Waiting]]:
    groups: dict[str, list[Waiting]] = {}
    for each in queues:
        groups.setdefault(each.group, []).append(each)
    return groups


def _owners(rows: Iterable[Mapping[str, Any]], asked: str) -> list[tuple[str, int]]:
    """Who has most to do, and who was asked for."""
    counts: dict[str, int] = {}
    for row in rows:
        if row["count"]:
            counts[row["owner"]] = counts.get(row["owner"], 0) + row["count"]
    known = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    shown = known[:MOST_OWNERS]
    if asked not in ("", MINE) and asked not in dict(shown):
        shown.append((asked, counts.get(asked, 0)))
    return shown
