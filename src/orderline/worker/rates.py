"""Rates: ask all carriers at once what a parcel would cost, for a moment, and choose of what is known then."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from msgspec.structs import replace

from orderline.contracts.carriers import Package, Rate, RateRequest
from orderline.contracts.registry import Capability, Kind
from orderline.core.orders.guards import check_fulfillment, check_parcel
from orderline.core.orders.parcels import RateChoice
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.state import Order
from orderline.core.promises.network import Network
from orderline.core.shipments.rates import (
    LiveRate,
    Question,
    Sellers,
    choose,
    find_offers,
    promised_by,
    question_of,
)
from orderline.core.stock.state import Settings
from orderline.engine.recipients import recipient_of, sender_of
from orderline.store.documents import load_skus_of
from orderline.store.reading.source import Source
from orderline.store.working import KnownPerson, load_people, read_orders
from orderline.values.failures import Refused, Trouble
from orderline.values.ids import OrderId, PersonToken
from orderline.worker.work import Work

# What a parcel weighs of which nothing is known; a carrier takes none without a weight.
LEAST_G: Final = 1
_logger = logging.getLogger(__name__)


class Asked(NamedTuple):
    """A question, and how carriers are asked it."""

    question: Question
    request: RateRequest


def sellers_of(work: Work) -> Sellers:
    """All connectors that sell labels here."""
    return Sellers(work.partners.sellers(), work.partners.chosen(Kind.CARRIERS))


async def choose_rates(work: Work, asked: Sequence[Asked], network: Network) -> list[RateChoice]:
    """A choice for each, made of what carriers tell in time and of their tables."""
    sellers = sellers_of(work)
    names = [name for name in sellers.names if work.partners.partner(Kind.CARRIERS, name).can(Capability.RATES)]
    answers = await asyncio.gather(*(_ask(work, name, [each.request for each in asked]) for name in names))
    told = {name: answer for name, answer in zip(names, answers, strict=True) if answer is not None}
    silent = [name for name in names if name not in told]
    choices: list[RateChoice] = []
    for index, (question, _) in enumerate(asked):
        live = [
            LiveRate(name, rate.carrier, rate.service, rate.cost_minor, rate.currency, rate.transit_days)
            for name, answer in told.items()
            for rate in answer[index]
        ]
        choices.append(choose(question, find_offers(question, network, sellers, live, told), silent))
    return choices


async def _ask(work: Work, name: str, requests: Sequence[RateRequest]) -> list[tuple[Rate, ...]] | None:
    """The rates of a carrier; None: it has not told them in time."""
    partner = work.partners.partner(Kind.CARRIERS, name)
    try:
        async with asyncio.timeout(work.services.rates_within_s), partner.calls:
            answers: list[tuple[Rate, ...]] = await partner.contract.rate(requests)
    except (Trouble, TimeoutError) as error:
        if isinstance(error, TimeoutError):
            partner.calls.missed("no rates in time")
        _logger.warning("%s tells no rates, its tables are taken: %s", name, error)
        return None
    return answers if len(answers) == len(requests) else None


async def preview_rates(
    work: Work, order_id: OrderId, *, parcel: int, fulfillment: int, package: Package, live: bool
) -> RateChoice:
    """The choice that would be made now for a parcel, or for what is to be packed of a fulfillment order.

    package: what it weighs and measures; a weight of 0 is what was told, or what its SKUs weigh together. live: carriers
    are asked. Refused ORDER_UNKNOWN, PARCEL_UNKNOWN, FULFILLMENT_UNKNOWN.
    """
    now = work.services.clock()
    found = await work.read(read_orders, work.database, {order_id})
    order = found.get(order_id)
    if order is None:
        raise Refused(R.ORDER_UNKNOWN, field="order", value=str(order_id))
    settings = await work.settings()
    network = await work.read(work.network, now)
    if parcel:
        upgrade_minor = settings.channels[order.channel].upgrade_minor
        asked = question_of(order, check_parcel(order, parcel), now, upgrade_minor)
        question = asked._replace(weight_g=package.weight_g or asked.weight_g)
    else:
        question = await work.read(_question, work, order, fulfillment, package.weight_g, now)
        question = question._replace(upgrade_minor=settings.channels[order.channel].upgrade_minor)
    if not live:
        sellers = sellers_of(work)
        return choose(question, find_offers(question, network, sellers, (), ()), ())
    number = check_parcel(order, parcel).fulfillment if parcel else fulfillment
    package = replace(package, weight_g=question.weight_g)
    group = order.group_of(check_fulfillment(order, number).group)
    people = await work.read(load_people, work.database, {group.recipient})
    request = request_of(order, number, package, settings, people)
    [choice] = await choose_rates(work, [Asked(question, request)], network)
    return choice


def request_of(
    order: Order, number: int, package: Package, settings: Settings, people: Mapping[PersonToken, KnownPerson]
) -> RateRequest:
    """How carriers are asked about a package of a fulfillment order."""
    fulfillment = check_fulfillment(order, number)
    return RateRequest(
        ship_from=sender_of(settings.locations[fulfillment.location]),
        ship_to=recipient_of(order.group_of(fulfillment.group), people),
        packages=(package,),
    )


def _question(work: Work, order: Order, number: int, weight_g: int, now: datetime) -> Question:
    fulfillment = check_fulfillment(order, number)
    group = order.group_of(fulfillment.group)
    units: dict[str, int] = {}
    for item in fulfillment.items:
        line = order.line_of(item.line)
        left = item.units.allocated + item.units.released + item.units.picked
        if line is not None and left:
            units[line.sku] = units.get(line.sku, 0) + left
    with work.database.connection() as connection:
        skus = load_skus_of(Source(connection, work.database.cell), units)
    known_g = sum(skus[code].weight_g * count for code, count in units.items() if code in skus)
    return Question(
        origin=fulfillment.location,
        place=group.place,
        method=group.method,
        weight_g=weight_g or max(LEAST_G, known_g),
        now=now,
        promised_by=promised_by(order, group, (item.line for item in fulfillment.items)),
        units=max(1, sum(units.values())),
        packed=False,
    )
