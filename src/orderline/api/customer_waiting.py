"""What waits for a customer, as the link to the order shows it: goods at a counter, and questions that were asked."""

import asyncio
from typing import Any, Final

from orderline.api.calls import Call
from orderline.api.customer_orders import SeenPickup, SeenQuestion
from orderline.api.reading.paging import readers
from orderline.core.customer_links.policy import LinkMay
from orderline.core.customer_links.state import CustomerLink
from orderline.core.decisions.asking import Asked
from orderline.core.decisions.links import DECISION_LINKS, QUESTION_PAGE, token_of
from orderline.core.decisions.state import DecisionState
from orderline.core.orders.state import LineQuantity, Order
from orderline.core.pickups.codes import PICKUP_CODES, code_of
from orderline.core.pickups.stages import last_day, pickup_of, ready_parcels
from orderline.store.secrets import secret_of
from orderline.store.working import load_decisions

# What answers lead to; whose link is for less looks for the question in the message about it.
_ANSWERS: Final = frozenset({LinkMay.CANCEL, LinkMay.ADDRESS})


async def pickups_of(call: Call[Any, Any], order: Order) -> tuple[SeenPickup, ...]:
    """What lies ready to be collected, where, until when, and what is shown there."""
    ready = [
        (fulfillment, pickup, parcels)
        for fulfillment in order.fulfillments
        if (pickup := pickup_of(order, fulfillment)) is not None
        and pickup.uncollected_at is None
        and (parcels := ready_parcels(order, pickup))
    ]
    if not ready:
        return ()
    settings = await readers(call).run(lambda source: source.settings())
    secret = await asyncio.to_thread(secret_of, call.services.database, PICKUP_CODES)
    found: list[SeenPickup] = []
    for fulfillment, pickup, parcels in ready:
        location = settings.locations[fulfillment.location]
        units: dict[int, int] = {}
        for item in (item for parcel in parcels for item in parcel.items):
            units[item.line] = units.get(item.line, 0) + item.quantity
        found.append(
            SeenPickup(
                where=location.name or location.code,
                city=location.place.city,
                postal_code=location.place.postal_code,
                until=last_day(pickup, location.time_zone),
                code=code_of(secret, order.id, fulfillment.number, pickup.seed) if pickup.code_hash else "",
                items=tuple(LineQuantity(line, quantity) for line, quantity in units.items()),
            )
        )
    return tuple(found)


async def questions_of(call: Call[Any, Any], link: CustomerLink, order: Order) -> tuple[SeenQuestion, ...]:
    """What the customer was asked and has not answered; with the page to answer it, where the link is for as much."""
    asked = [each.id for each in order.asked if each.sent and each.to is Asked.CUSTOMER]
    if not asked:
        return ()
    database = call.services.database
    known = await asyncio.to_thread(load_decisions, database, asked)
    secret = await asyncio.to_thread(secret_of, database, DECISION_LINKS)
    return tuple(
        SeenQuestion(
            question=each.question,
            deadline_at=each.deadline_at,
            page=f"{QUESTION_PAGE}{token_of(secret, each.id, each.nonce)}" if set(link.may) >= _ANSWERS else "",
        )
        for each in known.values()
        if each.state is DecisionState.SENT and each.nonce
    )
