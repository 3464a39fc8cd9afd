"""Orders: found and filtered, and one with all that is known of it."""

from datetime import UTC, datetime
from typing import Any, Final

from orderline.console.acting import ACTIONS
from orderline.console.visits import Shown, Visit

MOST: Final = 50
PHASES: Final = (
    "held", "blocked", "exception", "accepted", "routing", "waiting_supply", "in_work", "partly_shipped", "shipped",
    "partly_delivered", "delivered", "closed", "canceled",
)  # fmt: skip
FILTERS: Final = ("q", "phase", "channel", "owner")
# From what nobody has found yet to what is over, as the bar of a line shows them.
BUCKETS: Final = (
    "unplanned", "pooled", "pegged", "allocated", "released", "picked", "packed", "shipped", "delivered", "returned",
    "lost", "canceled",
)  # fmt: skip


async def list_orders(visit: Visit) -> Shown:
    """The newest first, fifty a page."""
    given = {name: visit.query.get(name, "").strip() for name in FILTERS}
    found = await visit.ask("list_orders", query={"limit": MOST, "cursor": visit.query.get("cursor", ""), **given})
    channels = (await visit.ask("list_channels"))["items"] if visit.may("list_channels") else []
    about = {
        "given": given, "orders": found["items"], "next": found["next"], "phases": PHASES,
        "channels": [each["code"] for each in channels], "now": datetime.now(UTC),
    }  # fmt: skip
    return Shown("orders.html", about)


async def show_order(visit: Visit) -> Shown:
    """One order: where its units and its money stand, what happened, what is next and what can be done."""
    read = await visit.ask("read_order", {"order": visit.path["order"]})
    order: dict[str, Any] = read["order"]
    told = visit.parts.backend.tell(read["timeline"], order["currency"])
    agreement, done = order["agreements"][-1], visit.query.get("done", "")
    return Shown(
        "order.html",
        {
            "read": read,
            "order": order,
            "agreement": agreement,
            "agreed": {each["line"]: each for each in agreement["lines"]},
            "people": {group: each for each in read["people"] for group in each.get("groups", ())},
            "customer": next((each for each in read["people"] if each.get("customer")), None),
            "timeline": list(reversed(list(zip(read["timeline"], told, strict=True)))),
            "allowed": [
                (each["name"], visit.parts.backend.operations[each["name"]].summary)
                for each in read["actions"]
                if each["allowed"] and each["name"] in ACTIONS and visit.may(each["name"])
            ],
            "done": visit.parts.backend.operations[done].summary if done in ACTIONS else "",
            "refused": [
                {**each, "title": visit.parts.backend.title(each["refused"])}
                for each in read["actions"]
                if not each["allowed"]
            ],
            "buckets": BUCKETS,
            "now": datetime.now(UTC),
        },
    )
