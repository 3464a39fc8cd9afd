"""The station of a store or warehouse: what is to be done at one location, by the next thing to do with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from orderline.console.languages import word
from orderline.console.station import waves
from orderline.console.station.counts import waiting
from orderline.console.station.places import frame, path_of, work_path
from orderline.console.station.receiving import expected
from orderline.console.station.verdicts import judged
from orderline.console.visits import Gone, Shown, Visit

PAGE: Final = 200
MOST: Final = 1_000
_WAITING: Final = frozenset({"packed", "labeled"})
# What is done with a fulfillment order, one after the other: the bucket that its units stand in until then.
_BUCKETS: Final = {"accept": "allocated", "pick": "released", "pack": "picked"}
TABS: Final[Mapping[str, tuple[str, str]]] = {
    "accept": (word("Accept"), word("Nothing waits to be accepted.")),
    "pick": (word("Pick"), word("Nothing waits to be picked.")),
    "waves": (word("Waves"), word("Nothing is being picked for several orders at once.")),
    "pack": (word("Pack"), word("Nothing waits to be packed.")),
    "send": (word("Hand over"), word("No parcel waits for a carrier.")),
    "collect": (word("Collect"), word("Nothing waits for a customer.")),
    "receive": (word("Receive"), word("Nothing is on its way here.")),
    "count": (word("Count"), word("Nothing waits to be counted.")),
}


@dataclass
class Tab:
    """count: as many as were found; more: there are others that were not looked at."""

    name: str
    title: str
    count: int
    more: bool = False


def steps_of(work: Mapping[str, Any]) -> list[str]:
    """What is to be done with a fulfillment order; several, where its units have come differently far."""
    found = [step for step, bucket in _BUCKETS.items() if any(each["units"].get(bucket) for each in work["items"])]
    if any(each["state"] in _WAITING for each in work["parcels"]):
        found.append("collect" if work.get("pickup") else "send")
    return found


async def choose(visit: Visit) -> Shown | Gone:
    """The locations that somebody may work at; who has one alone is there at once."""
    known = await _locations(visit)
    if len(known) == 1 and visit.user.access.locations:
        return Gone(path_of(known[0]["code"]))
    asked = visit.query.get("location", "").strip()[:100]
    if asked and not known:
        return Gone(path_of(asked))
    return Shown("station/choose.html", {"locations": known})


async def station(visit: Visit) -> Shown | Gone:
    """What is to be done here, the most urgent first. What was scanned leads to the one thing it can only mean."""
    asked = visit.query.get("q", "").strip()[:100]
    board = await _board(visit, asked, visit.query.get("show", ""))
    found = board.about["rows"] if board.about["found"] else []
    return Gone(found[0]["path"]) if len(found) == 1 else board


@judged
async def begin_wave(visit: Visit) -> Shown | Gone:
    """Have some of what waits picked in one walk."""
    wrong = await waves.create(visit)
    if not wrong:
        return Gone(f"{path_of(visit.path['location'])}?show=waves&done=create_wave")
    board = await _board(visit, "", "waves")
    board.about["wrong"], board.status = wrong, 422
    return board


async def _board(visit: Visit, asked: str, shown: str) -> Shown:
    code = visit.path["location"]
    framed = await frame(visit)
    work, more = await _work(visit, code)
    others = {
        "waves": await waves.walks(visit, code), "receive": await expected(visit, code),
        "count": await waiting(visit, code) if visit.may("list_counts") else [],
    }  # fmt: skip
    counts = {
        name: len(others[name]) if name in others else sum(name in steps_of(each) for each in work) for name in TABS
    }
    if shown not in TABS:
        shown = next((name for name in TABS if counts[name]), "pick")
    found = [each for each in work if _is_meant(each, asked)] if asked else []
    about = {
        **framed, "tabs": [
            Tab(name, title, counts[name], more and name not in others) for name, (title, _) in TABS.items()
            if counts[name] or _may_see(visit, name)
        ],
        "shown": shown, "empty": TABS[shown][1], "asked": asked, "found": len(found), "coming": others["receive"],
        "waves": others["waves"], "counts": others["count"], "may_begin": visit.may("create_wave") and counts["pick"] + counts["accept"] > 0,
        "rows": [_row(code, each) for each in (found or work) if found or shown in steps_of(each)],
        "address": visit.url, "listening": visit.may("list_queues"),
    }  # fmt: skip
    return Shown("station/list.html", about)


async def _locations(visit: Visit) -> list[dict[str, Any]]:
    """Those that the person may see: all, where settings may be read, else those that the person is limited to."""
    if visit.may("list_locations"):
        return (await visit.ask("list_locations", query={"limit": PAGE}))["items"]
    return [{"code": each} for each in sorted(visit.user.access.locations)]


async def _work(visit: Visit, location: str) -> tuple[list[dict[str, Any]], bool]:
    """Open work, the most urgent first, and whether there is more than is looked at."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = await visit.ask(
            "list_fulfillments", query={"location": location, "limit": PAGE, "cursor": cursor}
        )  # fmt: skip
        found += page["items"]
        cursor = page.get("next") or ""
        if not cursor or len(found) >= MOST:
            return found, bool(cursor)


def _is_meant(work: Mapping[str, Any], asked: str) -> bool:
    """Is it the order, a product of it, or one of its parcels that was scanned?"""
    told: Iterable[str] = (
        work["order_number"], *(each["sku"] for each in work["items"]),
        *(each.get("tracking_number", "") for each in work["parcels"]),
    )  # fmt: skip
    return asked.lower() in (each.lower() for each in told)


def _row(location: str, work: Mapping[str, Any]) -> dict[str, Any]:
    items = [each for each in work["items"] if _open(each["units"])]
    return {
        **work, "path": work_path(location, work), "items": items, "units": sum(_open(each["units"]) for each in items),
        "ready": any(each.get("ready") for each in work["parcels"]),
        "labels": [each.get("tracking_number") for each in work["parcels"] if each["state"] == "labeled"],
    }  # fmt: skip


def _open(units: Mapping[str, int]) -> int:
    return sum(units.get(bucket, 0) for bucket in (*_BUCKETS.values(), "packed"))


def _may_see(visit: Visit, tab: str) -> bool:
    match tab:
        case "receive":
            return visit.may("list_transfers") or visit.may("list_returns")
        case "count":
            return visit.may("list_counts")
        case _:
            return True
