"""Orders: found and filtered, and one with all that is known of it."""

from datetime import UTC, datetime
from typing import Any, Final

from orderline.console import views
from orderline.console.acting import ACTIONS
from orderline.console.bulk import offered
from orderline.console.journeys import journey_of
from orderline.console.languages import word
from orderline.console.listings import LISTINGS
from orderline.console.maps import HEIGHT, WIDTH
from orderline.console.order_parts import about_of, actions_of, figures_of, parcels_of, promises_of
from orderline.console.visits import Failed, Shown, Visit

MOST: Final = 50
PHASES: Final = (
    "held", "blocked", "exception", "accepted", "routing", "waiting_supply", "in_work", "partly_shipped", "shipped",
    "partly_delivered", "delivered", "closed", "canceled",
)  # fmt: skip
FILTERS: Final = ("q", "phase", "channel", "owner")
SEVERAL: Final = ("next_step",)
# What can be left out of the list, beside the number of each order.
COLUMNS: Final = (
    ("phase", word("Phase")), ("customer", word("Customer")), ("channel", word("Channel")), ("placed", word("Placed")), ("total", word("Total")),
    ("next", word("Next step")), ("due", word("Due")),
)  # fmt: skip
# From what nobody has found yet to what is over, as the bar of a line shows them.
BUCKETS: Final = (
    "unplanned", "pooled", "pegged", "allocated", "released", "picked", "packed", "shipped", "delivered", "returned",
    "lost", "canceled",
)  # fmt: skip


async def list_orders(visit: Visit) -> Shown:
    """The newest first, fifty a page."""
    given = filters_of(visit)
    found = await visit.ask("list_orders", query={"limit": MOST, "cursor": visit.query.get("cursor", ""), **given})
    channels = (await visit.ask("list_channels"))["items"] if visit.may("list_channels") else []
    about = {
        "given": given, "orders": found["items"], "next": found["next"], "phases": PHASES,
        "channels": [each["code"] for each in channels], "bulk": offered(visit, "orders"),
        "columns": COLUMNS, **await views.offered(visit, [each for each, _ in COLUMNS]), "now": datetime.now(UTC),
    }  # fmt: skip
    return Shown("orders.html", about)


def filters_of(visit: Visit) -> dict[str, Any]:
    """The filters of the list, empty where one was not given."""
    given: dict[str, Any] = {name: visit.query.get(name, "").strip() for name in FILTERS}
    return given | {name: [each for each in visit.many.get(name, ()) if each] for name in SEVERAL}


async def show_order(visit: Visit) -> Shown:
    """One order: where its units and its money stand, what happened, what is next and what can be done."""
    read = await visit.ask("read_order", {"order": visit.path["order"]})
    order: dict[str, Any] = read["order"]
    told = visit.parts.backend.tell(read["timeline"], order["currency"], visit.spoken)
    agreement, done = order["agreements"][-1], visit.query.get("done", "")
    parcels = parcels_of(order, read["timeline"], await _brand(visit, order), visit.spoken)
    return Shown(
        "order.html",
        {
            "read": read,
            "order": order,
            "agreement": agreement,
            "agreed": {each["line"]: each for each in agreement["lines"]},
            "explained": {each["line"]: each for each in read["explain"]["lines"]},
            "people": {group: each for each in read["people"] for group in each.get("groups", ())},
            "customer": next((each for each in read["people"] if each.get("customer")), None),
            "timeline": list(reversed(list(zip(read["timeline"], told, strict=True)))),
            "parcels": parcels,
            "journey": journey_of(order, parcels),
            "map_size": (WIDTH, HEIGHT),
            "promises": promises_of(read["timeline"], visit.spoken),
            "next_about": about_of(visit.spoken, (read.get("next_step") or {}).get("about", "")),
            "papers": LISTINGS["/documents"][1].papers,
            "figures": figures_of(visit.say, order, read["explain"]["money"]),
            "acts": actions_of(visit, read),
            "done": visit.parts.backend.operations[done].summary if done in ACTIONS else "",
            "done_name": done,
            "is_asked": bool(visit.query.get("asked")),
            "buckets": BUCKETS,
            "now": datetime.now(UTC),
        },
    )


async def _brand(visit: Visit, order: dict[str, Any]) -> dict[str, Any]:
    """Where the channel's parcels can be looked for, as far as the person may know of it."""
    tracked = any(each.get("tracking_number") for each in order.get("parcels", ()))
    if not tracked or not visit.may("read_channel"):
        return {}
    try:
        return (await visit.ask("read_channel", {"code": order["channel"]})).get("brand") or {}
    except Failed:
        return {}
