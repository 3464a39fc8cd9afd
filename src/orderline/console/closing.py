"""Closing a month of the books: what it would post, and then the thing itself."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe
from typing import Any
from urllib.parse import quote

from orderline.console.books import MAIN, entities
from orderline.console.forms import fields_of, names_of
from orderline.console.listings import head_of
from orderline.console.refusals import wrong_of
from orderline.console.visits import Failed, Gone, Shown, Visit


async def form(visit: Visit) -> Shown:
    """A month, the last one when none was asked for, and what closing it would post."""
    return await _shown(visit, {"revalue": "yes", **visit.query}, {})


async def close(visit: Visit) -> Shown | Gone:
    """Close it. What is refused stands beside its field."""
    entity, month = visit.form.get("entity", "") or MAIN, visit.form.get("month", "").strip()
    said = {"month": month, "revalue": visit.form.get("revalue") == "yes"}
    status, told = await visit.do("close_period", {"code": entity}, said, key=visit.key)
    if status < 400:
        return Gone(f"/periods/{quote(told['id'], safe='')}")
    fields = fields_of(visit.parts.backend.operations["close_period"].input)
    return await _shown(
        visit, visit.form, wrong_of(told, names_of(fields), visit.form), status=status if status < 500 else 503
    )


async def _shown(visit: Visit, given: Mapping[str, str], wrong: dict[str, str], *, status: int = 0) -> Shown:
    before = datetime.now(UTC).date().replace(day=1) - timedelta(days=1)
    entity, month = given.get("entity", "") or MAIN, given.get("month", "").strip() or f"{before:%Y-%m}"
    preview: dict[str, Any] | None = None
    try:
        preview = await visit.ask("read_revaluation", query={"entity": entity, "month": month})
    except Failed as failed:
        if failed.status >= 500:
            raise
        wrong = wrong or {"month": str(failed.problem.get("detail") or failed)}
        status = status or failed.status
    about = {
        **head_of(visit, "/closing"), "entity": entity, "month": month, "preview": preview, "wrong": wrong,
        "revalue": given.get("revalue") == "yes", "key": token_urlsafe(16), "entities": await entities(visit, entity),
    }  # fmt: skip
    return Shown("closing.html", about, status or 200)
