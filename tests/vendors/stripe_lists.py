"""Lists as Stripe gives them, page by page."""

from typing import Any


def list_of(url: str, data: list[Any], more: bool) -> Any:
    return {"object": "list", "url": url, "has_more": more, "data": data}


def page_of(found: list[Any], query: Any) -> tuple[list[Any], bool]:
    after = query.get("starting_after")
    start = next((n + 1 for n, each in enumerate(found) if each["id"] == after), 0) if after else 0
    limit = int(query.get("limit", 10))
    return found[start : start + limit], len(found) > start + limit
