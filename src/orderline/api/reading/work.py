"""Work read: holds, fulfillment orders, shipments, parcels."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import Page, Text, Texts, page, page_of, parse_cursor, readers, seen
from orderline.api.scoping import check_fulfillment, order_of
from orderline.api.shipments import load_order
from orderline.core.orders.guards import check_fulfillment as fulfillment_in
from orderline.core.orders.state import Execution, Negotiation
from orderline.store.documents import load_skus_of
from orderline.store.reading.source import Source
from orderline.store.reading.work import (
    FulfillmentRow,
    HoldRow,
    ParcelFound,
    ShipmentRow,
    WorkFilter,
    find_parcels,
    fulfillment_row,
    load_fulfillments,
    load_holds,
    load_shipments,
)
from orderline.values.time import utc

HoldNumber = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class HoldsQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    type: Texts = ()
    owner: Texts = ()
    channel: Texts = ()
    due_before: datetime | None = None


class FulfillmentsQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Without `execution`: those that are open or in progress, the most urgent first."""

    location: Texts = ()
    execution: tuple[Execution, ...] = ()
    negotiation: tuple[Negotiation, ...] = ()
    due_before: datetime | None = None


class ShipmentsQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    location: Texts = ()
    carrier: Texts = ()


class ParcelsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    tracking_number: Annotated[tuple[Text, ...], msgspec.Meta(min_length=1, max_length=50)]


async def list_holds(call: Call[HoldsQuery, None]) -> Answer:
    """Open holds, the most urgent first."""
    query = call.query
    channels = seen(query.channel, call.key.channels)
    if channels is None:
        return page([], None)
    filter_ = WorkFilter(
        types=query.type,
        owners=query.owner,
        channels=channels,
        locations=tuple(call.key.locations),
        due_before=utc(query.due_before, field="due_before") if query.due_before else None,
    )
    after = parse_cursor(query.cursor, tuple[datetime, UUID, HoldNumber])
    found = await readers(call).run(lambda source: load_holds(source, filter_, after=after, most=query.limit + 1))
    return page_of(found, query.limit, lambda row: (row.due_at, row.order, row.number))


async def list_fulfillments(call: Call[FulfillmentsQuery, None]) -> Answer:
    """Fulfillment orders with what is to be picked."""
    query = call.query
    locations = seen(query.location, call.key.locations)
    if locations is None:
        return page([], None)
    filter_ = WorkFilter(
        locations=locations,
        channels=tuple(call.key.channels),
        executions=tuple(query.execution),
        negotiations=tuple(query.negotiation),
        due_before=utc(query.due_before, field="due_before") if query.due_before else None,
    )
    after = parse_cursor(query.cursor, tuple[datetime, UUID])
    found, place = await readers(call).run(
        lambda source: load_fulfillments(source, filter_, after=after, most=query.limit)
    )
    return page(found, place)


async def read_fulfillment(call: Call[None, None]) -> Answer:
    """One fulfillment order, whether it is open or not, with the barcodes of its SKUs."""
    order_id = await order_of(call, anywhere=True)
    number = await check_fulfillment(call, order_id)

    def load(source: Source) -> FulfillmentRow:
        order = load_order(source, order_id)
        work = fulfillment_in(order, number)
        agreed = {each.line: each.sku for each in order.agreement.lines}
        skus = {agreed[item.line] for item in work.items if item.line in agreed}
        return fulfillment_row(order, work, load_skus_of(source, skus))

    return Answer(await readers(call).run(load))


async def list_shipments(call: Call[ShipmentsQuery, None]) -> Answer:
    """Shipments, newest first."""
    query = call.query
    locations = seen(query.location, call.key.locations)
    if locations is None:
        return page([], None)
    filter_ = WorkFilter(locations=locations, carriers=query.carrier, channels=tuple(call.key.channels))
    after = parse_cursor(query.cursor, UUID)
    found, place = await readers(call).run(
        lambda source: load_shipments(source, filter_, after=after, most=query.limit)
    )
    return page(found, place)


async def find_parcels_by_tracking(call: Call[ParcelsQuery, None]) -> Answer:
    """Parcels by tracking number."""
    key = call.key
    found = await readers(call).run(
        lambda source: find_parcels(
            source, call.query.tracking_number, channels=tuple(key.channels), locations=tuple(key.locations)
        )
    )
    return page(found, None)


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="list_holds", method="GET", path="/v1/holds", right=Right.ORDERS_READ,
        summary="List open holds, the most urgent first", handler=list_holds, capability="holds",
        query=HoldsQuery, output=HoldRow, page=True,
    ),
    Operation(
        name="list_fulfillments", method="GET", path="/v1/fulfillments", right=Right.FULFILLMENTS_READ,
        summary="List fulfillment orders with what is to be picked", handler=list_fulfillments,
        capability="fulfillments", query=FulfillmentsQuery, output=FulfillmentRow, page=True,
    ),
    Operation(
        name="read_fulfillment", method="GET", path="/v1/orders/{order}/fulfillments/{number}",
        right=Right.FULFILLMENTS_READ, summary="Read a fulfillment order", handler=read_fulfillment,
        capability="fulfillments", output=FulfillmentRow, refusals=("ORDER_UNKNOWN", "FULFILLMENT_UNKNOWN"),
    ),
    Operation(
        name="list_shipments", method="GET", path="/v1/shipments", right=Right.FULFILLMENTS_READ,
        summary="List shipments, newest first", handler=list_shipments, capability="shipments",
        query=ShipmentsQuery, output=ShipmentRow, page=True,
    ),
    Operation(
        name="find_parcels", method="GET", path="/v1/parcels", right=Right.FULFILLMENTS_READ,
        summary="Find parcels by tracking number", handler=find_parcels_by_tracking, capability="shipments",
        query=ParcelsQuery, output=ParcelFound, page=True,
    ),
)  # fmt: skip
