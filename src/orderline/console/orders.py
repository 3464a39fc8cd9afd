"""Orders: found and filtered, and one with all that is known of it."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from secrets import token_urlsafe
from typing import Any, Final

from orderline.console import listings, views
from orderline.console.acting import ACTIONS
from orderline.console.bulk import offered
from orderline.console.journeys import journey_of
from orderline.console.languages import word
from orderline.console.listings import LISTINGS
from orderline.console.maps import HEIGHT, WIDTH
from orderline.console.order_parts import about_of, actions_of, doubts_of, figures_of, parcels_of, promises_of
from orderline.console.visits import Failed, Shown, Visit

MOST: Final = 50
PHASES: Final = (
    "held", "blocked", "exception", "accepted", "routing", "waiting_supply", "in_work", "partly_shipped", "shipped",
    "partly_delivered", "delivered", "closed", "canceled",
)  # fmt: skip
# The filters that are always seen; the others that the operation knows are folded.
FIRST: Final = ("q", "phase", "channel", "owner")
_OF_PEOPLE: Final = frozenset({"email", "name"})
_CUSTOM: Final = "custom."
# What can be left out of the list, beside the number of each order.
COLUMNS: Final = (
    ("phase", word("Phase")), ("payment", word("Payment")), ("fulfillment", word("Fulfillment")), ("returns", word("Returns")),
    ("customer", word("Customer")), ("country", word("Country")), ("channel", word("Channel")), ("placed", word("Placed")),
    ("units", word("Units")), ("total", word("Total")), ("tags", word("Tags")), ("next", word("Next step")), ("due", word("Due")),
)  # fmt: skip
USUAL: Final = ("phase", "customer", "channel", "placed", "total", "next", "due")
ALSO: Final = ("units", "country")  # columns that are asked for when they are shown
# From what nobody has found yet to what is over, as the bar of a line shows them.
BUCKETS: Final = (
    "unplanned", "pooled", "pegged", "allocated", "released", "picked", "packed", "shipped", "delivered", "returned",
    "lost", "canceled",
)  # fmt: skip


async def list_orders(visit: Visit) -> Shown:
    """The newest first, fifty a page."""
    given, operation = filters_of(visit), visit.parts.backend.operations["list_orders"]
    shown = views.shown_of(visit, [each for each, _ in COLUMNS], USUAL)
    paged = {
        "limit": MOST,
        "cursor": visit.query.get("cursor", ""),
        "also": [each for each in ALSO if each in shown["shown"]],
    }
    found, kept, channels = await asyncio.gather(
        visit.ask("list_orders", query={**paged, **given}), views.offered(visit), _channels(visit)
    )
    fields = {
        each.name: each for each in listings.filters_of(operation) if visit.sees_people or each.name not in _OF_PEOPLE
    }
    fields["phase"] = replace(fields["phase"], choices=PHASES)
    fields["q"] = replace(fields["q"], kind="search", label=word("Number, email, SKU, tracking, name"))
    fields["owner"] = replace(fields["owner"], label=word("Owner of the next step"))
    if channels:
        fields["channel"] = replace(fields["channel"], kind="codes", choices=tuple(each["code"] for each in channels))
    about = {
        "given": given, "orders": found["items"], "next": found["next"], "bulk": offered(visit, "orders"),
        "filters": tuple(fields[each] for each in FIRST),
        "rarer": tuple(each for each in fields.values() if each.name not in FIRST),
        "more_given": any(name not in FIRST for name in given),
        "unknown": [each for each in listings.unknown_of(visit, operation) if not each.startswith(_CUSTOM)],
        "columns": COLUMNS, **shown, **kept, "now": datetime.now(UTC),
    }  # fmt: skip
    return Shown("orders.html", about)


async def _channels(visit: Visit) -> list[dict[str, Any]]:
    """Those there are, as far as the person may know of them."""
    return (await visit.ask("list_channels"))["items"] if visit.may("list_channels") else []


def filters_of(visit: Visit) -> dict[str, list[str]]:
    """The filters that are given, of all that the operation takes."""
    given = listings.given_of(visit, visit.parts.backend.operations["list_orders"])
    return given | {
        name: values[-1:] for name, values in visit.many.items() if name.startswith(_CUSTOM) and any(values)
    }


async def show_order(visit: Visit) -> Shown:
    """One order: where its units and its money stand, what happened, what is next and what can be done."""
    read = await visit.ask("read_order", {"order": visit.path["order"]})
    order: dict[str, Any] = read["order"]
    told = visit.parts.backend.tell(read["timeline"], order["currency"], visit.spoken)
    agreement, done = order["agreements"][-1], visit.query.get("done", "")
    acts = actions_of(visit, read)
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
            "acts": acts,
            "offered": {each["name"] for each in acts["allowed"]},
            "doubts": doubts_of(read),
            "key": token_urlsafe(16),
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
