"""The same offers for routing: what promise counts with is what the router counts with."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from orderline.core.promises.network import Network
from orderline.core.promises.timing import Terms, board_of, pickup_offer
from orderline.core.promises.ways import Load, ServiceOffer
from orderline.core.routing.model import Offer, RoutableOrder, RouteLocation

_DAY: Final = timedelta(days=1)

Offering = Callable[[RoutableOrder, RouteLocation], tuple[Offer, ...]]


def routing_offers(network: Network, now: datetime) -> Offering:
    """What `Snapshot.offers` takes: the services from a location to an order, or the counter where it is collected."""
    last: list[tuple[RoutableOrder, Callable[[str], tuple[Offer, ...]]]] = []

    def offers(order: RoutableOrder, location: RouteLocation) -> tuple[Offer, ...]:
        # Routing asks for all locations of one order before it asks for the next.
        if not last or last[0][0] is not order:
            last[:] = [(order, _offered(network, order, now))]
        return last[0][1](location.code)

    return offers


def load_of(order: RoutableOrder) -> Load:
    """What an order weighs and how many units it has."""
    weight_g = sum(line.weight_g * line.quantity for line in order.lines)
    return Load(weight_g, sum(line.quantity for line in order.lines))


def _offered(network: Network, order: RoutableOrder, now: datetime) -> Callable[[str], tuple[Offer, ...]]:
    load = load_of(order)
    if order.pickup_location is None:
        board = board_of(network, order.place, load, now, order.method)
        asked_at, told, terms = board.asked_at, board.told, board.terms

        def on_the_way(code: str) -> tuple[Offer, ...]:
            found = told.get(code)
            if found is None:
                found = told[code] = tuple([_offer(each, asked_at) for each in terms(code)])
            return found

        return on_the_way

    def at_the_counter(code: str) -> tuple[Offer, ...]:
        found = pickup_offer(code, load, now, network)
        return () if found is None else (_offer(found, now),)

    return at_the_counter


def _offer(offer: ServiceOffer | Terms, asked_at: datetime) -> Offer:
    days = -((asked_at - offer.latest_at) // _DAY)
    return Offer(offer.service, days, offer.cost_minor, offer.carbon_g, offer.latest_at)
