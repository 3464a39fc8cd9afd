"""Finding an order or a page from wherever somebody is: while they type, and as a page of its own."""

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

from orderline.console.listings import SECTIONS
from orderline.console.visits import Gone, Shown, Visit

MOST: Final = 8
_NUMBER: Final = re.compile(r"so-\d", re.IGNORECASE)
_PLACES: Final = (("Home", "/", "list_orders"), ("Orders", "/orders", "list_orders"))


async def find(visit: Visit) -> Shown | Gone:
    """What is like the words, the very number of an order before all. Who asks for a page with one is there at once.

    In a row of a form it is a SKU that is typed.
    """
    code = next((value for name, value in visit.query.items() if name.endswith(".sku")), None)
    if code is not None:
        return await _skus(visit, code.strip()[:60])
    q = visit.query.get("q", "").strip()[:200]
    orders: list[dict[str, Any]] = []
    if q:
        named = (await visit.ask("list_orders", query={"number": q, "limit": 1}))["items"] if _NUMBER.match(q) else []
        if named and not visit.live:
            return Gone(f"/orders/{quote(named[0]['number'], safe='')}")
        found: list[dict[str, Any]] = (await visit.ask("list_orders", query={"q": q, "limit": MOST + 1}))["items"]
        orders = [*named, *(each for each in found if each["number"] != q.upper())]
    places = [each for each in _places(visit) if q.lower() in f"{each[0]} {each[2]}".lower()]
    about = {
        "q": q, "live": visit.live, "orders": orders[:MOST], "more": len(orders) > MOST, "places": places if q else places[:MOST],
    }  # fmt: skip
    return Shown("found.html" if visit.live else "find.html", about)


async def _skus(visit: Visit, code: str) -> Shown:
    """SKUs whose codes begin so, to be chosen from."""
    query = {"prefix": code.upper(), "limit": MOST}
    found = (await visit.ask("list_skus", query=query))["items"] if code and visit.may("list_skus") else []
    return Shown("skus.html", {"skus": found})


def _places(visit: Visit) -> Iterator[tuple[str, str, str]]:
    """Title, path and section of each page that the person may see."""
    for title, path, operation in _PLACES:
        if visit.may(operation):
            yield title, path, ""
    yield "You", "/me", ""
    for section, listed in SECTIONS.items():
        for each in listed:
            if visit.may(each.operation):
                yield each.title, each.path, section
