"""What waits to be done, and what has gone out: holds, fulfillment orders with their items, shipments, parcels."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

import msgspec

from orderline.core.holds.state import Breach, Confirming
from orderline.core.moves import Units
from orderline.core.orders.next_step import NextStep
from orderline.core.orders.state import Execution, FulfillmentOrder, LineQuantity, Negotiation, Order, ParcelState
from orderline.core.pickups.stages import pickup_of, ready_parcels
from orderline.core.stock.lots import Tracking
from orderline.core.stock.state import Sku
from orderline.store.loading import decode_state
from orderline.store.reading.listed import FIRST_AT, FIRST_ID, LAST_ID
from orderline.store.reading.source import Source
from orderline.values.address import Place
from orderline.values.ids import FulfillmentId, OrderId, ParcelId, ShipmentId

SCAN: Final = 5_000
OPEN: Final = frozenset({"open", "in_progress"})


class HoldRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """An open hold and the order that it is on.

    breaks_at: when the promise of what it stops is broken; nothing, when none is open. score: of the order, as the hold
    policy has it. confirming: who has resolved it, where a second one has to say so.
    """

    order: OrderId
    order_number: str
    channel: str
    number: int
    type: str
    blocks: list[str]
    owner: str
    reason: str
    placed_by: str
    placed_at: datetime
    due_at: datetime | None = None
    line: int | None = None
    escalate_to: str = ""
    on_breach: Breach = Breach.ESCALATE
    escalated_at: datetime | None = None
    rule: str = ""
    breaks_at: datetime | None = None
    score: int | None = None
    confirming: Confirming | None = None


class RejectedRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """Units of a line that have no location since some have rejected them. locations: those; they are not asked again.

    next_step: of the order.
    """

    order: OrderId
    order_number: str
    channel: str
    line: int
    sku: str
    quantity: int
    locations: list[str]
    placed_at: datetime
    next_step: NextStep | None = None


class ItemRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a location has to pick of one line. gtin, tracking: of its SKU, where one fulfillment order is read."""

    line: int
    sku: str
    description: str
    units: Units
    gtin: str = ""
    tracking: Tracking = Tracking.NONE


class ParcelRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A parcel of a fulfillment order. formats: those that its label is kept in. ready: it lies ready for the customer."""

    number: int
    state: ParcelState
    carrier: str = ""
    tracking_number: str = ""
    items: tuple[LineQuantity, ...] = ()
    formats: tuple[str, ...] = ()
    ready: bool = False


class FulfillmentRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A fulfillment order as the screen of a warehouse shows it. blocked: a hold stops the work.

    wave, combined: what it is worked on with. keep_until, tries_left: of what lies ready for the customer: until when, and
    how many wrong codes more are borne; None, when nothing does, or no code is asked for.
    """

    id: FulfillmentId
    order: OrderId
    order_number: str
    channel: str
    number: int
    location: str
    execution: Execution
    negotiation: Negotiation
    opened_at: datetime
    due_at: datetime
    method: str
    place: Place
    priority: int
    is_test: bool
    items: list[ItemRow]
    parcels: list[ParcelRow]
    blocked: bool = False
    gift: bool = False
    pickup: bool = False
    wave: str = ""
    combined: str = ""
    keep_until: datetime | None = None
    tries_left: int | None = None


class ShipmentParcel(msgspec.Struct, frozen=True):
    """A parcel that went with a shipment."""

    number: int
    state: ParcelState
    tracking_number: str


class ShipmentRow(msgspec.Struct, frozen=True):
    """Parcels that left a location together."""

    id: ShipmentId
    order: OrderId
    order_number: str
    channel: str
    number: int
    location: str
    carrier: str
    handed_over_at: datetime
    parcels: list[ShipmentParcel]
    undone_at: datetime | None = None


class ParcelFound(msgspec.Struct, frozen=True, omit_defaults=True):
    """A parcel, found by its tracking number."""

    id: ParcelId
    order: OrderId
    order_number: str
    channel: str
    number: int
    fulfillment: int
    location: str
    shipment: int | None
    state: ParcelState
    carrier: str
    tracking_number: str
    moved_at: datetime | None = None


class WorkFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which holds, fulfillment orders or shipments; each uses some of it. An empty filter lets everything through."""

    locations: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    executions: tuple[str, ...] = ()
    negotiations: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    carriers: tuple[str, ...] = ()
    due_before: datetime | None = None


_parcels = msgspec.json.Decoder(list[ShipmentParcel])


def load_holds(
    source: Source, filter_: WorkFilter, *, after: tuple[datetime, UUID, int] | None = None, most: int
) -> list[HoldRow]:
    """Open holds, the most urgent first."""
    at, order_id, number = after or (FIRST_AT, FIRST_ID, 0)
    rows = source.rows(
        "reading_work",
        "list_holds",
        after_at=at,
        after=order_id,
        after_number=number,
        due_before=filter_.due_before,
        types=list(filter_.types) or None,
        owners=list(filter_.owners) or None,
        channels=list(filter_.channels) or None,
        seen_at=list(filter_.locations) or None,
        most=most,
    )
    return [_hold_row(row) for row in rows]


def load_rejected(
    source: Source, *, channels: Sequence[str], locations: Sequence[str], after: tuple[UUID, int] | None, most: int
) -> list[RejectedRow]:
    """Rejected units by order and line, of channels and locations where any are given."""
    order, line = after or (UUID(int=0), 0)
    rows = source.rows(
        "fulfillments", "list_rejected", channels=list(channels) or None, locations=list(locations) or None, after=order,
        after_line=line, most=most,
    )  # fmt: skip
    return [
        RejectedRow(
            order=each[0], order_number=each[1], channel=each[2], line=each[3], sku=each[4], quantity=each[5],
            locations=each[6].split("\x1f"), placed_at=each[7], next_step=NextStep(*each[8:]) if each[8] is not None else None,
        )
        for each in rows
    ]  # fmt: skip


def load_fulfillments(
    source: Source, filter_: WorkFilter, *, after: tuple[datetime, UUID] | None = None, most: int
) -> tuple[list[FulfillmentRow], tuple[datetime, UUID] | None]:
    """Fulfillment orders and where the next page begins: open ones by when they are due; with any other state among
    those asked for, all by age, newest first.
    """
    parameters: dict[str, Any] = {
        "locations": list(filter_.locations) or list(source.settings().locations),
        "due_before": filter_.due_before,
        "executions": list(filter_.executions) or None,
        "negotiations": list(filter_.negotiations) or None,
        "most": most + 1,
    }
    if is_open_work(filter_):
        at, id_ = after or (FIRST_AT, FIRST_ID)
        rows = source.rows("reading_work", "open_fulfillments", after_at=at, after=id_, **parameters)
        place = (rows[most - 1][7], rows[most - 1][0]) if len(rows) > most else None
    else:
        id_ = after[1] if after is not None else LAST_ID
        rows = source.rows("reading_work", "all_fulfillments", after=id_, scan=SCAN, **parameters)
        place = (FIRST_AT, rows[most - 1][0]) if len(rows) > most else None
        if place is None:
            ends = source.rows("reading_work", "last_fulfillment", after=id_, scan=SCAN)
            place = (FIRST_AT, ends[0][0]) if ends else None
    shown = [_fulfillment(row) for row in rows[:most]]
    if filter_.channels:
        shown = [each for each in shown if each.channel in filter_.channels]
    return shown, place


def is_open_work(filter_: WorkFilter) -> bool:
    """Are only fulfillment orders asked for that are not finished?"""
    return OPEN.issuperset(filter_.executions)


def load_shipments(
    source: Source, filter_: WorkFilter, *, after: UUID | None = None, most: int
) -> tuple[list[ShipmentRow], UUID | None]:
    """Shipments, newest first, and where the next page begins."""
    after = after or LAST_ID
    rows = source.rows(
        "reading_work",
        "list_shipments",
        after=after,
        scan=SCAN,
        locations=list(filter_.locations) or None,
        carriers=list(filter_.carriers) or None,
        channels=list(filter_.channels) or None,
        most=most + 1,
    )
    shown = [ShipmentRow(*_parcels_decoded(row)) for row in rows[:most]]
    if len(rows) > most:
        return shown, rows[most - 1][0]
    ends = source.rows("reading_work", "last_shipment", after=after, scan=SCAN)
    return shown, ends[0][0] if ends else None


def find_parcels(
    source: Source, tracking: Sequence[str], *, channels: Sequence[str] = (), locations: Sequence[str] = ()
) -> list[ParcelFound]:
    """Parcels of these tracking numbers."""
    rows = source.rows(
        "reading_work",
        "find_parcels",
        tracking=list(tracking),
        channels=list(channels) or None,
        locations=list(locations) or None,
    )
    return [ParcelFound(*row) for row in rows]


def _hold_row(row: tuple[Any, ...]) -> HoldRow:
    blocks: list[str] = row[5].split("\x1f") if row[5] else []
    order, number, line = decode_state(row[16]), row[3], row[11]
    held = next((each for each in order.holds if each.number == number), None)
    promised = [each.window.latest_at for each in order.promises if each.outcome is None and line in (None, each.line)]
    stopped = {each.group for each in order.lines if line in (None, each.line)}
    told_by = (group.promised_by for group in order.agreement.groups if group.group in stopped)
    promised += [each for each in told_by if each is not None]  # what the channel has told the customer
    score = order.screening.score if order.screening is not None else None
    confirming = held.confirming if held is not None else None
    breaks_at = min(promised, default=None)
    told: list[Any] = [*row[:5], blocks, *row[6:13], Breach(row[13]), *row[14:16], breaks_at, score, confirming]
    return HoldRow(*told)


def _parcels_decoded(row: tuple[Any, ...]) -> list[Any]:
    return [*row[:8], _parcels.decode(row[8] or "[]"), *row[9:]]


def _fulfillment(row: tuple[Any, ...]) -> FulfillmentRow:
    order, number = decode_state(row[8]), int(row[2])
    return fulfillment_row(order, order.fulfillments[number - 1])


def fulfillment_row(
    order: Order, work: FulfillmentOrder, skus: Mapping[str, Sku] = MappingProxyType({})
) -> FulfillmentRow:
    """A fulfillment order as it is shown, with what is told of these SKUs."""
    group = order.group_of(work.group)
    pickup = pickup_of(order, work)
    ready = {each.number for each in ready_parcels(order, pickup)} if pickup is not None else set[int]()
    return FulfillmentRow(
        id=work.id,
        order=order.id,
        order_number=order.number,
        channel=order.channel,
        number=work.number,
        location=work.location,
        execution=work.execution,
        negotiation=work.negotiation,
        opened_at=work.opened_at,
        due_at=work.due_at,
        method=group.method,
        place=group.place,
        priority=order.priority,
        is_test=order.is_test,
        items=_items(order, work, skus),
        parcels=[
            ParcelRow(
                each.number, each.state, each.carrier, each.tracking_number, each.items,
                tuple(document.format for document in each.documents), each.number in ready,
            )
            for each in order.parcels
            if each.fulfillment == work.number
        ],
        blocked=any("release" in hold.blocks for hold in order.holds),
        gift=group.gift,
        pickup=group.pickup_location is not None,
        wave=work.wave,
        combined=work.combined,
        keep_until=pickup.deadline_at if pickup is not None and ready else None,
        tries_left=pickup.tries_left if pickup is not None and ready and pickup.code_hash else None,
    )  # fmt: skip


def _items(order: Order, work: FulfillmentOrder, skus: Mapping[str, Sku]) -> list[ItemRow]:
    agreed = {each.line: each for each in order.agreement.lines}
    rows: list[ItemRow] = []
    for item in work.items:
        if item.line in agreed:
            line = agreed[item.line]
            sku = skus.get(line.sku, Sku(line.sku))
            rows.append(ItemRow(item.line, line.sku, line.description, item.units, sku.gtin, sku.tracking))
    return rows
