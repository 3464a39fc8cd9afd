"""Finding an order, a SKU, a page or what can be made, from wherever somebody is: while they type, and as a page of its own."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

from orderline.console.deeds import DEEDS
from orderline.console.listings import SECTIONS
from orderline.console.visits import Gone, Shown, Visit

MOST: Final = 8
MOST_SKUS: Final = 4
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
    named, found, skus = await asyncio.gather(
        _orders(visit, number=q if _NUMBER.match(q) else "", limit=1), _orders(visit, q=q, limit=MOST + 1),
        _skus_like(visit, q, MOST_SKUS if visit.may("read_sku_stock") else 0),
    )  # fmt: skip
    if named and not visit.live:
        return Gone(f"/orders/{quote(named[0]['number'], safe='')}")
    orders = [*named, *(each for each in found if each["number"] != q.upper())]
    like = q.lower()
    places = [each for each in _places(visit) if like in f"{visit.say(each[0])} {visit.say(each[2])}".lower()]
    made = [
        (each.path, each.label)
        for each in DEEDS
        if each.is_new
        and "{" not in each.path  # what is made of an order is found with the order
        and like
        and like in visit.say(each.label).lower()
        and visit.may(each.operation)
    ][:MOST]
    about = {
        "q": q, "live": visit.live, "orders": orders[:MOST], "more": len(orders) > MOST, "places": places if q else places[:MOST],
        "skus": skus, "made": made,
    }  # fmt: skip
    return Shown("found.html" if visit.live else "find.html", about)


async def _orders(visit: Visit, *, limit: int, **wanted: str) -> list[dict[str, Any]]:
    """Orders that are so; none for nothing."""
    return (await visit.ask("list_orders", query={**wanted, "limit": limit}))["items"] if any(wanted.values()) else []


async def _skus(visit: Visit, code: str) -> Shown:
    """SKUs to be chosen from."""
    return Shown("skus.html", {"skus": await _skus_like(visit, code, MOST)})


async def _skus_like(visit: Visit, code: str, most: int) -> list[dict[str, Any]]:
    """SKUs whose codes begin so; none for nothing."""
    if not code or not most or not visit.may("list_skus"):
        return []
    return (await visit.ask("list_skus", query={"prefix": code.upper(), "limit": most}))["items"]


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
