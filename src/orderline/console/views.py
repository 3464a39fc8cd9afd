"""Views of a list: those that are kept of it, and what would be kept now."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

from orderline.console.visits import Visit

MOST: Final = 200
# Not of a view: where a page begins, what was done before it, and what may name a person.
_LEFT_OUT: Final = frozenset({"cursor", "q", "email", "name", "customer", "did"})


def shown_of(visit: Visit, columns: Sequence[str], usual: Sequence[str] = ()) -> dict[str, Any]:
    """The columns that are shown, and those that were chosen. usual: shown where none are chosen; all, when empty."""
    chosen = [each for each in columns if each in visit.many.get("show", ())]
    return {"shown": tuple(chosen or usual or columns), "chosen": chosen}


async def offered(visit: Visit) -> dict[str, Any]:
    """What the template of a list says about views: those there are of it, and what would be kept now."""
    if not visit.may("list_views"):
        return {"views": (), "view_query": "", "view_kept": None}
    found = (await visit.ask("list_views", query={"state": "kept", "limit": MOST}))["items"]
    pairs = [(name, value) for name, values in visit.many.items() if name not in _LEFT_OUT for value in values if value]
    query = urlencode(sorted(pairs))
    views = [{**each, "to": address_of(each)} for each in found if each["path"] == visit.at]
    return {"views": views, "view_query": query, "view_kept": next((v for v in views if v["query"] == query), None)}


def address_of(view: dict[str, Any]) -> str:
    """Where the view is seen."""
    return f"{view['path']}?{view['query']}" if view["query"] else str(view["path"])
