"""One way to get a load from a location to where it is wanted, with the instants and the rules behind each."""

from datetime import datetime

import msgspec


class Load(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What is to be sent: its weight, and the work it makes at a location; none, when it is packed already."""

    weight_g: int = 0
    units: int = 1
    orders: int = 1
    packed: bool = False


class HandOver(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """How goods get out of a location: instants in this order, and the rules behind them.

    asked_at: the end of the minute. begun_at: work on it begins. handled_at: it would be ready if nothing else waited.
    ready_at: it is. at: a carrier collects it, or the door opens to the customer.
    """

    calendar: str
    asked_at: datetime
    begun_at: datetime
    handled_at: datetime
    ready_at: datetime
    at: datetime
    cutoff_at: datetime
    cutoff: str
    collection: str
    backlog: int = 0
    pace: str = ""
    booked: int = 0


class Way(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """How goods get from there to the door: days on the way, and what they become.

    due_at: the last day of the table or of what was learned. delayed_at: with delays that are known. latest_at: with
    the buffer. quantile_ppm: how sure, where it was learned from `learned_from` parcels; 0: by the table.
    """

    calendar: str
    zone: str
    days_min: int
    days_max: int
    earliest_at: datetime
    due_at: datetime
    delayed_at: datetime
    latest_at: datetime
    quantile_ppm: int = 0
    learned_from: int = 0
    delays: tuple[str, ...] = ()


class ServiceOffer(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """One way to get a load from a location to its destination. distance_m: None where an end is not located."""

    location: str
    carrier: str
    service: str
    handover_at: datetime
    earliest_at: datetime
    latest_at: datetime
    cost_minor: int
    currency: str
    carbon_g: int
    parcels: int
    distance_m: int | None
    handover: HandOver
    way: Way


class Step(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A part of the time from the question to the latest delivery, and the rule behind it."""

    name: str
    seconds: int
    until: datetime
    rule: str


def steps(offer: ServiceOffer) -> tuple[Step, ...]:
    """The time from the question to the latest delivery in parts that add up; parts without time are left out."""
    out, way = offer.handover, offer.way
    days = str(way.days_max) if way.days_min == way.days_max else f"{way.days_min} to {way.days_max}"
    source = (
        f"{way.quantile_ppm // 10_000} % of {way.learned_from} parcels" if way.learned_from else "table of the carrier"
    )
    waits = ", ".join(
        part for part in (f"{out.backlog} waiting", f"{out.booked} booked" if out.booked else "", out.pace) if part
    )
    told = (
        ("cut-off", out.asked_at, out.begun_at, f"cut-off {out.cutoff}, calendar {out.calendar}"),
        ("handling", out.begun_at, out.handled_at, f"handling time, calendar {out.calendar}"),
        ("backlog", out.handled_at, out.ready_at, waits),
        ("hand-over", out.ready_at, out.at, f"{out.collection}, calendar {out.calendar}"),
        ("transit", out.at, way.due_at, f"zone {way.zone}: {days} working days by {source}, {way.calendar}"),
        ("delay", way.due_at, way.delayed_at, "; ".join(way.delays)),
        ("buffer", way.delayed_at, way.latest_at, f"buffer of the policy, {way.calendar}"),
    )
    return tuple(
        Step(name, int((until - since).total_seconds()), until, rule)
        for name, since, until, rule in told
        if until != since or (name == "transit" and way.learned_from)  # that it takes no time was learned
    )
