"""Ship to store: goods that another location sends to a store, from where they are until they can be collected there."""

from datetime import datetime
from typing import NamedTuple

from orderline.core.promises.network import Network
from orderline.core.promises.timing import offers, pickup_offer
from orderline.core.promises.ways import Load, ServiceOffer, Step, steps


class StoreLeg(NamedTuple):
    """The service to the store, and the counter there once it has come."""

    leg: ServiceOffer
    counter: ServiceOffer


def store_leg(source: str, store: str, load: Load, now: datetime, network: Network) -> StoreLeg | None:
    """The cheapest service to the store; None: nothing goes there, or the store is not open within reach."""
    site = network.rules.sites.get(store)
    found = offers(source, site.place, load, now, network) if site is not None else ()
    leg = min(found, key=lambda each: (each.cost_minor, each.latest_at), default=None)
    counter = pickup_offer(store, load, leg.latest_at, network) if leg is not None else None
    return StoreLeg(leg, counter) if leg is not None and counter is not None else None


def leg_steps(way: StoreLeg) -> tuple[Step, ...]:
    """The steps of both, which add up; those at the store are named after it."""
    there = (Step(f"{way.counter.location}: {s.name}", s.seconds, s.until, s.rule) for s in steps(way.counter))
    return (*steps(way.leg), *there)
