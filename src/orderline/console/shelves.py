"""Stock by SKU and location; and a SKU: its units everywhere, what can be promised of it, what is to come and what has moved."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from orderline.console.deeds import does
from orderline.console.listings import LISTINGS, PAGES_OF, head_of, tabs
from orderline.console.visits import Failed, Shown, Visit

FIELDS: Final = (
    "on_hand", "allocated", "picked", "safety", "damaged", "quality_control", "blocked", "missing", "promisable",
)  # fmt: skip


MOST: Final = 50
ROWS: Final = 200
GRID: Final = "/stock-grid"


async def grid(visit: Visit) -> Shown:
    """A row for each SKU, a column for each location, of one figure of its shelves. A page ends where a SKU does."""
    figure = visit.query.get("figure", "")
    figure = figure if figure in FIELDS else "promisable"
    skus = visit.query.get("sku", "").replace(",", " ").split()[:20]
    places = visit.query.get("location", "").replace(",", " ").split()[:50]
    query = {"sku": skus, "location": places, "limit": ROWS, "cursor": visit.query.get("cursor", "")}
    found = await visit.ask("list_stock", query=query)
    shelves: list[dict[str, Any]] = found["items"]
    following = found["next"] or ""
    if following:  # the last SKU may go on: it is read anew, by a page that ends before it
        whole = sum(each["sku"] != shelves[-1]["sku"] for each in shelves)
        if whole:
            cut = await visit.ask("list_stock", query={**query, "limit": whole})
            shelves, following = cut["items"], cut["next"] or ""
    about = {
        **head_of(visit, GRID), "rows": rows_of(shelves, figure), "locations": sorted({each["location"] for each in shelves}),
        "fields": FIELDS, "figure": figure, "next": following,
        "given": {"figure": figure, "sku": " ".join(skus), "location": " ".join(places)},
    }  # fmt: skip
    return Shown("grid.html", about)


def rows_of(shelves: Sequence[Mapping[str, Any]], figure: str) -> list[tuple[str, dict[str, int], int]]:
    """Each SKU with the figure at each location that has a shelf of it, and their sum."""
    found: dict[str, dict[str, int]] = {}
    for each in shelves:
        found.setdefault(each["sku"], {})[each["location"]] = each[figure]
    return [(sku, places, sum(places.values())) for sku, places in found.items()]


async def show(visit: Visit) -> Shown:
    """The shelves of a SKU with their sums, and the terms that its figure is made of; of one channel, when it is given.

    With them what feeds have said of it, what is to come, and what has moved, the last first.
    """
    at, channel = {"sku": visit.path["sku"]}, visit.query.get("channel", "").strip()
    try:
        found = await visit.ask("read_sku_stock", at)
    except Failed as failed:
        # The API refuses a code that it does not know; a page of that code is simply not there.
        raise Failed(404 if failed.problem.get("code") == "SKU_UNKNOWN" else failed.status, failed.problem) from None
    told = await visit.ask("explain_atp", at, query={"channel": channel})
    moved = await visit.ask("list_stock_entries", at, query={"limit": MOST, "cursor": visit.query.get("cursor", "")})
    coming = await visit.ask("list_supply", query={"sku": visit.path["sku"], "limit": MOST})
    feeds = (await visit.ask("list_sku_feeds", at))["items"]
    section, listing = LISTINGS["/stock"]
    levels: list[dict[str, Any]] = found["levels"]
    about = {
        "section": section, "listing": listing, "tabs": tabs(visit, section), "sku": found["sku"], "levels": levels,
        "fields": FIELDS, "sums": {each: sum(level[each] for level in levels) for each in FIELDS}, "told": told,
        "channel": channel, "moved": moved["items"], "next": moved["next"], "coming": coming["items"],
        "feeds": feeds, "now": datetime.now(UTC), "pages_of": PAGES_OF,
        "does": does(visit, "/stock/{sku}", {"sku": visit.path["sku"]}),
        "at_each": [[to for label, to in does(visit, "/stock/{sku}", level) if label == "Safety stock"] for level in levels],
    }  # fmt: skip
    return Shown("sku.html", about)


async def recall(visit: Visit) -> Shown:
    """A lot: the shelves that have units of it, and the orders that got some."""
    section, listing = LISTINGS["/lots"]
    found = await visit.ask("recall_lot", {"sku": visit.path["sku"], "lot": visit.path["lot"]})
    return Shown("recall.html", {"section": section, "listing": listing, "tabs": tabs(visit, section), "found": found})
