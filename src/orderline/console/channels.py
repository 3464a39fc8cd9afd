"""A channel: what it has not been told yet, and what it calls each status."""

from datetime import UTC, datetime

from orderline.console.listings import LISTINGS, tabs
from orderline.console.visits import Failed, Shown, Visit


async def show(visit: Visit) -> Shown:
    """Its health, where a partner is told for it, and its words by axis; all statuses have one."""
    code = visit.path["code"]
    try:
        told = await visit.ask("read_channel_words", {"code": code})
    except Failed as failed:
        unknown = failed.problem.get("code") == "CHANNEL_UNKNOWN"
        raise Failed(404 if unknown else failed.status, failed.problem) from None
    rows = (await visit.ask("list_channel_health", query={"channel": code}))["items"]
    section, listing = LISTINGS["/channel-health"]
    axes: dict[str, list[tuple[str, str]]] = {}
    for key, word in told["words"].items():
        axis, _, status = key.partition(".")
        axes.setdefault(axis, []).append((status, word))
    about = {
        "section": section, "listing": listing, "tabs": tabs(visit, section), "code": code, "axes": axes,
        "row": rows[0] if rows else None, "now": datetime.now(UTC),
    }  # fmt: skip
    return Shown("channel.html", about)
