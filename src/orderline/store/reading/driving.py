"""Which index a list of orders is read from: that of its most telling filter. It names candidates, in order."""

from typing import Any, Final
from uuid import UUID

import msgspec

from orderline.core.queues.steps import WAITED
from orderline.store.reading.finding import Found, find_any, find_codes, find_people, find_skus
from orderline.store.reading.listed import FIRST_AT, FIRST_ID, LAST_AT, LAST_ID, OrderFilter, Place
from orderline.store.reading.source import Source

USUAL_PAYMENTS: Final = frozenset({"none", "pending", "authorized", "paid"})

# A live order that is not all gone is in one of these phases (core.orders.status), so that filters on the
# fulfillment axis can use the index on phases.
_OPEN_PHASES: Final = ("accepted", "held", "blocked", "exception", "routing", "waiting_supply", "in_work")
_FINAL_PHASES: Final = frozenset({"closed", "canceled", "delivered"})
_PHASES_OF: Final = {
    "none": (*_OPEN_PHASES, "canceled"),
    "planned": _OPEN_PHASES,
    "partly": (*_OPEN_PHASES, "partly_shipped"),
}


class Driver(msgspec.Struct, frozen=True):
    """Where candidates come from: the query that names them, what it takes, and the filters it already applies."""

    name: str
    parameters: dict[str, Any]
    applies: frozenset[str] = frozenset()
    order: str = "newest"


def order_of(filter_: OrderFilter) -> str:
    """By what the list of these orders is in order: newest first, last placed first, or most urgent first."""
    return {"from_due": "due", "from_steps": "due", "from_placed": "placed"}.get(driver_name(filter_), "newest")


def driver_name(filter_: OrderFilter) -> str:
    """Which query names the candidates: that of the most telling filter."""
    if filter_.q or filter_.numbers or filter_.external_ids or filter_.tracking:
        return "from_ids"
    if filter_.email and not filter_.email.endswith("*"):
        return "from_email"
    if filter_.email or filter_.name:
        return "from_ids"
    if filter_.skus:
        return "from_sku" if len(filter_.skus) == 1 else "from_ids"
    if filter_.custom:
        return "from_custom"
    if filter_.tags:
        return "from_tag"
    if filter_.open_at:
        return "from_locations"
    if filter_.has_hold:
        return "from_holds"
    if filter_.payments and USUAL_PAYMENTS.isdisjoint(filter_.payments):
        return "from_payments"
    if filter_.returns and "none" not in filter_.returns:
        return "from_returns"
    if filter_.next_steps and set(filter_.next_steps) <= set(WAITED):
        return "from_steps"
    if filter_.next_steps or filter_.owners or filter_.due_before is not None:
        return "from_due"
    if _FINAL_PHASES.isdisjoint(_phases(filter_)) and _phases(filter_):
        return "from_phase" if len(_phases(filter_)) == 1 else "from_phases"
    if filter_.placed_from is not None or filter_.placed_to is not None:
        return "from_placed"
    if _phases(filter_):
        return "from_phase" if len(_phases(filter_)) == 1 else "from_phases"
    return "from_seen" if filter_.locations_seen else "from_newest"


def choose(
    source: Source, filter_: OrderFilter, after: Place | None, *, with_people: bool = True
) -> tuple[Driver | None, UUID | None]:
    """The driver for these filters; for a set that was found before, the id below which nothing was looked for yet.

    No driver: nothing was found above that id.
    """
    name = driver_name(filter_)
    before = after.id if after is not None else LAST_ID
    newest = {"after": before}
    match name:
        case "from_ids":
            found, applies = _find(source, filter_, before, with_people=with_people)
            driver = Driver(name, {"ids": found.ids, **newest}, applies) if found.ids else None
            return driver, found.floor
        case "from_email":
            driver = Driver(name, {"value": filter_.email.lower(), **newest}, frozenset({"email"}))
        case "from_sku":
            driver = Driver(name, {"value": filter_.skus[0], **newest}, frozenset({"skus"}))
        case "from_custom":
            field, value = filter_.custom[0]
            applies = frozenset({"custom"}) if len(filter_.custom) == 1 else frozenset[str]()
            driver = Driver(name, {"name_of": field, "value": value, **newest}, applies)
        case "from_tag":
            driver = Driver(name, {"values": list(filter_.tags), **newest}, frozenset({"tags"}))
        case "from_locations":
            driver = Driver(name, {"values": list(filter_.open_at), **newest}, frozenset({"open_at"}))
        case "from_seen":
            driver = Driver(name, {"values": list(filter_.locations_seen), **newest}, frozenset({"seen_at"}))
        case "from_holds":
            driver = Driver(name, newest, frozenset({"has_hold"}))
        case "from_payments":
            driver = Driver(name, {"values": list(filter_.payments), **newest}, frozenset({"payments"}))
        case "from_returns":
            driver = Driver(name, {"values": list(filter_.returns), **newest}, frozenset({"returns"}))
        case "from_due" | "from_steps":
            place = {"after": after.id if after else FIRST_ID, "after_at": (after and after.at) or FIRST_AT}
            parameters = {"to_at": filter_.due_before or LAST_AT, **place}
            if name == "from_steps":
                steps = sorted(set(filter_.next_steps))
                driver = Driver(name, {"values": steps, **parameters}, frozenset({"due_before", "next_steps"}), "due")
            else:
                driver = Driver(name, parameters, frozenset({"due_before"}), "due")
        case "from_placed":
            span = {"from_at": filter_.placed_from or FIRST_AT, "to_at": filter_.placed_to or LAST_AT}
            place = {"after": before, "after_at": (after and after.at) or LAST_AT}
            driver = Driver(name, {**span, **place}, frozenset({"placed_from", "placed_to"}), "placed")
        case "from_phase":
            driver = Driver(name, {"value": _phases(filter_)[0], **newest}, frozenset({"phases"}))
        case "from_phases":
            driver = Driver(name, {"values": list(_phases(filter_)), **newest}, frozenset({"phases"}))
        case _:
            driver = Driver(name, newest)
    return driver, None


def _phases(filter_: OrderFilter) -> tuple[str, ...]:
    """The phases asked for, or those that the fulfillment axis leaves."""
    if filter_.phases or not filter_.fulfillments or any(each not in _PHASES_OF for each in filter_.fulfillments):
        return filter_.phases
    return tuple(dict.fromkeys(phase for each in filter_.fulfillments for phase in _PHASES_OF[each]))


def _find(source: Source, filter_: OrderFilter, before: UUID, *, with_people: bool) -> tuple[Found, frozenset[str]]:
    """Ids that the texts name, and the filters that were applied by that."""
    if filter_.q:
        return find_any(source, filter_.q, before, with_people=with_people), frozenset()
    if filter_.tracking:
        return find_codes(source, tracking=filter_.tracking), frozenset()
    if filter_.numbers or filter_.external_ids:
        return find_codes(source, numbers=filter_.numbers, external_ids=filter_.external_ids), frozenset()
    if filter_.email:
        return find_people(source, before, email=filter_.email.lower().rstrip("*")), frozenset({"email"})
    if filter_.name:
        return find_people(source, before, name=filter_.name.lower()), frozenset({"name"})
    return find_skus(source, filter_.skus, before), frozenset({"skus"})
