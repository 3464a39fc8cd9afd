"""Papers that go with parcels: packing slips, pick lists, customs declarations."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.papers.drawing import draw
from orderline.api.papers.parties import filled, recipient_lines
from orderline.api.reading.paging import readers
from orderline.api.scoping import check_fulfillment, check_parcel, order_of
from orderline.api.shipments import load_order
from orderline.core.documents.customs import customs_paper
from orderline.core.documents.paper import Paper, Party
from orderline.core.documents.slips import packing_slip, pick_list
from orderline.core.orders.guards import check_fulfillment as fulfillment_in
from orderline.core.orders.guards import check_parcel as parcel_in
from orderline.core.orders.state import FulfillmentOrder, Order
from orderline.core.stock.state import Location, Sku
from orderline.store.documents import load_people_of, load_skus_of
from orderline.store.reading.source import Source
from orderline.values.ids import OrderId

_PARCEL: Final = "/v1/orders/{order}/parcels/{number}"
_FULFILLMENT: Final = "/v1/orders/{order}/fulfillments/{number}"
PDF: Final = "application/pdf"


def answer_paper(paper: Paper, content: bytes) -> Answer:
    """A paper as it is printed."""
    name = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in f"{paper.title} {paper.number}")
    headers = {"content-disposition": f'inline; filename="{name}.pdf"', "cache-control": "no-store"}
    return Answer(content, headers=headers, media=PDF)


async def print_paper(call: Call[Any, Any], make: Callable[[Source], Paper]) -> Answer:
    """Make a paper of what stands now, and print it."""
    paper = await readers(call).run(make)
    return answer_paper(paper, await asyncio.to_thread(draw, paper))


async def read_packing_slip(call: Call[None, None]) -> Answer:
    """The slip that goes into a parcel."""
    order_id = await order_of(call, anywhere=True)
    number = await check_parcel(call, order_id)

    def make(source: Source) -> Paper:
        order, parcel, fulfillment, location = _parcel(source, order_id, number)
        sender, to = _parties(source, order, fulfillment, location)
        return packing_slip(order, parcel, sender, to, _skus(source, order))

    return await print_paper(call, make)


async def read_customs(call: Call[None, None]) -> Answer:
    """The customs declaration of a parcel."""
    order_id = await order_of(call, anywhere=True)
    number = await check_parcel(call, order_id)

    def make(source: Source) -> Paper:
        order, parcel, fulfillment, location = _parcel(source, order_id, number)
        sender, to = _parties(source, order, fulfillment, location)
        places = (location.place, order.group_of(fulfillment.group).place)
        return customs_paper(order, parcel, sender, to, places, _skus(source, order))

    return await print_paper(call, make)


async def read_pick_list(call: Call[None, None]) -> Answer:
    """What is to be picked of a fulfillment order."""
    order_id = await order_of(call, anywhere=True)
    number = await check_fulfillment(call, order_id)

    def make(source: Source) -> Paper:
        order = load_order(source, order_id)
        fulfillment = fulfillment_in(order, number)
        location = source.settings().locations[fulfillment.location]
        return pick_list(order, fulfillment, location, _skus(source, order))

    return await print_paper(call, make)


def _parcel(source: Source, order_id: OrderId, number: int) -> tuple[Order, Any, FulfillmentOrder, Location]:
    order = load_order(source, order_id)
    parcel = parcel_in(order, number)
    fulfillment = fulfillment_in(order, parcel.fulfillment)
    return order, parcel, fulfillment, source.settings().locations[fulfillment.location]


def _skus(source: Source, order: Order) -> dict[str, Sku]:
    return load_skus_of(source, {line.sku for line in order.lines})


def _parties(source: Source, order: Order, fulfillment: FulfillmentOrder, location: Location) -> tuple[Party, Party]:
    group = order.group_of(fulfillment.group)
    people = load_people_of(source, {group.recipient})
    place = location.place
    sender = Party("From", filled((location.name or location.code, f"{place.postal_code} {place.city}", place.country)))
    return sender, Party("To", recipient_lines(people, group.recipient, group.place))


def _paper(name: str, path: str, summary: str, handler: Any, *refusals: str, **more: Any) -> Operation:
    return Operation(
        name=name, method="GET", path=path, right=Right.FULFILLMENTS_WRITE, summary=summary, handler=handler,
        capability="shipments", output=PDF, refusals=("ORDER_UNKNOWN", *refusals), **more,
    )  # fmt: skip


OPERATIONS: Final[tuple[Operation, ...]] = (
    _paper(
        "read_packing_slip", f"{_PARCEL}/packing-slip", "Print the packing slip of a parcel", read_packing_slip,
        "PARCEL_UNKNOWN",
        description="What is in the parcel and what is to follow. Gift orders show no prices, and their message.",
    ),
    _paper(
        "read_customs", f"{_PARCEL}/customs", "Print the customs declaration and commercial invoice of a parcel",
        read_customs, "PARCEL_UNKNOWN", "CUSTOMS_NOT_NEEDED", "CUSTOMS_DATA_MISSING",
        description="Needed where the parcel leaves the customs union of its location. Tells which SKUs lack their HS"
        " code, country of origin or weight.",
    ),
    _paper(
        "read_pick_list", f"{_FULFILLMENT}/pick-list", "Print what is to be picked of a fulfillment order",
        read_pick_list, "FULFILLMENT_UNKNOWN",
    ),
)  # fmt: skip
