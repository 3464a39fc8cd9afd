"""Work of several orders that could leave in one parcel: one location, one recipient and address, one delivery method."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from orderline.core.orders.guards import is_blocked
from orderline.core.orders.state import FulfillmentOrder, Order
from orderline.core.shipments.combination_commands import Work
from orderline.core.shipments.combining import MOST_MEMBERS, CombinationRefusal
from orderline.store.documents import load_people_of
from orderline.store.loading import load_orders
from orderline.store.reading.source import Source
from orderline.store.reading.work import WorkFilter, load_fulfillments
from orderline.store.working import KnownPerson
from orderline.values.failures import Refused
from orderline.values.ids import OrderId, PersonToken

_MOST_READ: Final = 2_000


class ProposedWork(msgspec.Struct, frozen=True):
    """A fulfillment order of a proposal. units: that are still to be packed."""

    order: OrderId
    order_number: str
    fulfillment: int
    units: int


class Proposal(msgspec.Struct, frozen=True):
    """Work that could leave in one parcel: one location, one recipient and address, one delivery method."""

    location: str
    method: str
    city: str
    country: str
    work: tuple[ProposedWork, ...]


def load_proposals(source: Source, location: str, channels: Sequence[str] = ()) -> tuple[Proposal, ...]:
    """What could leave a location together, the most orders first; nothing where a partner runs it.

    channels: only orders of these; of all, when none are given.
    """
    known = source.settings().locations.get(location)
    if known is None or known.partner:
        return ()
    rows, _ = load_fulfillments(source, WorkFilter(locations=(location,), channels=tuple(channels)), most=_MOST_READ)
    orders = load_orders(source.connection, source.cell, sorted({row.order for row in rows}))
    work = [(orders[row.order], orders[row.order].fulfillments[row.number - 1]) for row in rows]
    work = [(order, each) for order, each in work if _may_join(order, each)]
    people = load_people_of(source, {order.group_of(each.group).recipient for order, each in work})
    groups: dict[Any, list[tuple[Order, FulfillmentOrder]]] = {}
    for order, each in work:
        group = order.group_of(each.group)
        to = _recipient(people, group.recipient)
        if to is not None:
            groups.setdefault((to, group.place, group.method, order.is_test), []).append((order, each))
    found = [_proposal(location, members) for members in groups.values() if len({o.id for o, _ in members}) > 1]
    return tuple(sorted(found, key=lambda each: (-len(each.work), each.work[0].order_number)))


def _may_join(order: Order, fulfillment: FulfillmentOrder) -> bool:
    units = [item.units for item in fulfillment.items]
    wanted = any(each.allocated + each.released + each.picked for each in units) and not any(u.packed for u in units)
    sent = order.group_of(fulfillment.group).pickup_location is None
    return wanted and sent and not fulfillment.combined and not is_blocked(order, "label")


def _proposal(location: str, members: list[tuple[Order, FulfillmentOrder]]) -> Proposal:
    order, fulfillment = members[0]
    group = order.group_of(fulfillment.group)
    work = tuple(
        ProposedWork(
            each.id,
            each.number,
            its.number,
            sum(item.units.allocated + item.units.released + item.units.picked for item in its.items),
        )
        for each, its in members[:MOST_MEMBERS]
    )
    return Proposal(location, group.method, group.place.city, group.place.country, work)


def check_recipients(source: Source, work: Sequence[Work]) -> None:
    """Refused COMBINATION_WORK: they go to different people, or to other addresses."""
    orders = load_orders(source.connection, source.cell, sorted({each.order for each in work}))
    tokens: list[tuple[str, PersonToken]] = []
    for each in work:
        order = orders.get(each.order)
        fulfillment = order.fulfillment_of(each.fulfillment) if order is not None else None
        if order is not None and fulfillment is not None:
            tokens.append((order.number, order.group_of(fulfillment.group).recipient))
    people = load_people_of(source, {token for _, token in tokens})
    first = _recipient(people, tokens[0][1]) if tokens else None
    for number, token in tokens:
        to = _recipient(people, token)
        if to is None or to != first:
            allowed = "one recipient at one address"
            raise Refused(CombinationRefusal.COMBINATION_WORK, field="work", value=number, allowed=allowed)


def _recipient(people: Mapping[PersonToken, KnownPerson], token: PersonToken) -> tuple[Any, ...] | None:
    """What tells recipients apart, however it is written; None: nobody knows where it goes."""
    person = people.get(token)
    address = person.address if person is not None else None
    if person is None or address is None:
        return None
    parts = (address.name or person.name, address.company, *address.lines, address.city, address.region)
    told = tuple(" ".join(part.casefold().split()) for part in parts)
    return (*told, "".join(address.postal_code.split()).upper(), address.country)
