"""Orders read: one with its story, lists and search, its events and decisions."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.custom_fields import custom_of
from orderline.api.reading.paging import (
    MOST,
    Page,
    Text,
    Texts,
    cursor_not_usable,
    page,
    parse_cursor,
    readers,
)
from orderline.api.refusals import ApiRefusal
from orderline.core.orders.actions import Action
from orderline.core.orders.explain import OrderExplanation
from orderline.core.orders.next_step import NextStep
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.orders.state import Order
from orderline.core.orders.status import FulfillmentStatus, PaymentStatus, Phase, ReturnStatus, Status
from orderline.core.tenders.planning import CapturePlan, plan_captures
from orderline.engine.sealing import Entry
from orderline.store.reading.documents import PARTS, ask_order, sees_people
from orderline.store.reading.driving import order_of
from orderline.store.reading.events import CloudEvent, load_order_events, page_body
from orderline.store.reading.listed import OrderFilter, OrderRow, Place
from orderline.store.reading.listing import load_page
from orderline.values.address import Address
from orderline.values.failures import Refused
from orderline.values.ids import PersonToken
from orderline.values.time import utc


class PersonShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """The customer or a recipient. masked: the key may not see names, so that only their beginnings are shown."""

    token: PersonToken
    customer: bool
    groups: tuple[int, ...]
    name: str = ""
    email: str = ""
    phone: str = ""
    address: Address | None = None
    erased_at: datetime | None = None
    masked: bool = False


class Doubted(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The address of a group that a hold is about. problems: what is odd, by code; suggestion: as it would rather be written."""

    hold: int
    group: int
    problems: tuple[str, ...] = ()
    suggestion: Address | None = None


class OrderDocument(msgspec.Struct, frozen=True, omit_defaults=True):
    """An order with its story: where it stands, why, what happened, what may be done, what must happen next."""

    order: Order
    status: Status
    next_step: NextStep | None
    people: tuple[PersonShown, ...] = ()
    doubted: tuple[Doubted, ...] = ()
    actions: tuple[Action, ...] = ()
    explain: OrderExplanation | None = None
    timeline: tuple[Entry, ...] = ()
    decisions: tuple[dict[str, Any], ...] = ()


class OrderQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """parts: which of people, actions, explain, timeline, decisions, with commas between; all, when not given."""

    parts: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class Also(StrEnum):
    """What is told of each order of a list when it is asked for."""

    UNITS = "units"
    COUNTRY = "country"


class OrdersQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters that all must hold; one that is given several times holds for any of its values (tag: for all).

    name, and email with `*` at its end: the beginning, in any case. q: external id, email, SKU or tracking number, or
    the beginning of a number (of which a few thousand are looked for at most) or of a name. placed_to and due_before are not included. custom.NAME: an indexed custom field.
    also: what is told of each order beside what always is.
    """

    number: Texts = ()
    external_id: Texts = ()
    channel: Texts = ()
    email: Annotated[str, msgspec.Meta(max_length=254)] = ""
    name: Text = ""
    sku: Texts = ()
    tracking_number: Texts = ()
    phase: tuple[Phase, ...] = ()
    payment: tuple[PaymentStatus, ...] = ()
    fulfillment: tuple[FulfillmentStatus, ...] = ()
    returns: tuple[ReturnStatus, ...] = ()
    tag: Texts = ()
    custom: dict[str, Text] = msgspec.field(default_factory=dict[str, Text])
    placed_from: datetime | None = None
    placed_to: datetime | None = None
    has_hold: bool | None = None
    is_test: bool | None = None
    location: Texts = ()
    next_step: Texts = ()
    owner: Texts = ()
    due_before: datetime | None = None
    q: Text = ""
    also: tuple[Also, ...] = ()


class EventsOfOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """after: only events after this version of the order."""

    after: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST)] = 100


async def read_order(call: Call[OrderQuery, None]) -> Answer:
    """One order; with If-None-Match of its ETag, nothing when it is still that version."""
    key = call.key
    parts = _parts(call.query.parts)
    full = "" if sees_people(key) else "-masked"
    told = call.headers.get("if-none-match", "")
    asked = ask_order(call.path["order"], parts=parts, access=key, unless=_version_in(told, full))
    found = await readers(call).order(asked)
    if found is None:
        raise Refused(OrderRefusal.ORDER_UNKNOWN, field="order", value=call.path["order"])
    headers = {"etag": f'"{found.version}{full}"'}
    return Answer(found.body, headers=headers) if found.body else Answer(None, 304, headers)


async def list_orders(call: Call[OrdersQuery, None]) -> Answer:
    """A page of orders."""
    query, key = call.query, call.key
    filter_ = filter_of(query, tuple(sorted(key.channels)), tuple(sorted(key.locations)))
    if query.custom:
        defined = (await readers(call).run(lambda source: source.settings())).fields
        filter_ = msgspec.structs.replace(filter_, custom=custom_of(query.custom, defined))
    after = parse_cursor(query.cursor, Place)
    if after is not None and after.order != order_of(filter_):
        raise cursor_not_usable(query.cursor)
    in_full = sees_people(key)
    if not in_full and (query.email or query.name):
        field = "email" if query.email else "name"
        raise Refused(ApiRefusal.RIGHT_MISSING, field=field, right="people:read", allowed=sorted(key.scopes))
    found = await readers(call).run(
        lambda source: load_page(source, filter_, most=query.limit, after=after, with_people=in_full, also=query.also)
    )
    return page(found.items, found.place)


def filter_of(query: OrdersQuery, channels: tuple[str, ...], locations: tuple[str, ...]) -> OrderFilter:
    """The filter that a query asks for, within what a key sees. Refused TIME_NOT_AWARE, TIME_OUT_OF_RANGE."""
    return OrderFilter(
        numbers=tuple(number.upper() for number in query.number),
        external_ids=query.external_id,
        channels=query.channel,
        email=query.email.strip(),
        name=query.name.strip(),
        skus=query.sku,
        tracking=query.tracking_number,
        phases=tuple(query.phase),
        payments=tuple(query.payment),
        fulfillments=tuple(query.fulfillment),
        returns=tuple(query.returns),
        tags=query.tag,
        placed_from=_instant(query.placed_from, "placed_from"),
        placed_to=_instant(query.placed_to, "placed_to"),
        has_hold=query.has_hold,
        is_test=query.is_test,
        open_at=query.location,
        next_steps=query.next_step,
        owners=query.owner,
        due_before=_instant(query.due_before, "due_before"),
        q=query.q.strip(),
        channels_seen=channels,
        locations_seen=locations,
    )


async def list_order_events(call: Call[EventsOfOrder, None]) -> Answer:
    """What happened to one order."""
    found, channel = await _found(call)
    query = call.query
    events = await readers(call).run(
        lambda source: load_order_events(source, found, channel, after=query.after, most=query.limit)
    )
    return Answer(page_body(events.items, None, after=events.place[2], more=events.more))


async def plan_order_captures(call: Call[None, None]) -> Answer:
    """What will be captured of one order, when, of which tender and by which rule."""
    found = await readers(call).order(ask_order(call.path["order"], parts=frozenset(), access=call.key))
    if found is None:
        raise Refused(OrderRefusal.ORDER_UNKNOWN, field="order", value=call.path["order"])
    order = msgspec.json.decode(found.body, type=_Whole).order
    channels = (await readers(call).run(lambda source: source.settings())).channels
    return Answer(plan_captures(order, channels[order.channel].money))


async def list_order_decisions(call: Call[None, None]) -> Answer:
    """How the units of one order were given to locations, with the reasons."""
    asked = ask_order(call.path["order"], parts=frozenset({"decisions"}), access=call.key)
    found = await readers(call).order(asked)
    if found is None:
        raise Refused(OrderRefusal.ORDER_UNKNOWN, field="order", value=call.path["order"])
    decisions = msgspec.json.decode(found.body, type=_Decisions).decisions
    return Answer({"items": decisions, "next": None})


class _Whole(msgspec.Struct):
    order: Order


class _Decisions(msgspec.Struct):
    decisions: list[msgspec.Raw]


class _Header(msgspec.Struct):
    channel: str


class _Body(msgspec.Struct):
    order: _Header


class OrderEvents(msgspec.Struct, frozen=True):
    """Events of one order. after: the version to ask after for the next ones; more: there are some now."""

    items: list[CloudEvent]
    after: int
    more: bool
    next: str | None = None


async def _found(call: Call[Any, None]) -> tuple[Any, str]:
    found = await readers(call).order(ask_order(call.path["order"], parts=frozenset(), access=call.key))
    if found is None:
        raise Refused(OrderRefusal.ORDER_UNKNOWN, field="order", value=call.path["order"])
    return found.id, msgspec.json.decode(found.body, type=_Body).order.channel


def _parts(asked: str | None) -> frozenset[str]:
    if asked is None:
        return PARTS
    parts = frozenset(part.strip() for part in asked.split(",") if part.strip())
    if not parts <= PARTS:
        unknown = min(parts - PARTS)
        raise Refused(ApiRefusal.INPUT_INVALID, field="parts", value=unknown, allowed=sorted(PARTS))
    return parts


def _version_in(etag: str, full: str) -> int | None:
    """The version in an ETag of ours; None: it is none, or of what somebody else was shown."""
    text = etag.strip().removeprefix("W/").strip('"')
    version = text.removesuffix(full) if full else text
    return (
        int(version) if text.endswith(full) and version.isascii() and version.isdigit() and len(version) < 10 else None
    )


def _instant(given: datetime | None, field: str) -> datetime | None:
    return None if given is None else utc(given, field=field)


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="read_order", method="GET", path="/v1/orders/{order}", right=Right.ORDERS_READ,
        summary="Read an order with its timeline, actions, next step and explanation",
        description="By id or number. The ETag is its version: with If-None-Match the answer is 304 while nothing has"
        " changed. Names and addresses are masked for keys without the right `people:read`.",
        handler=read_order, capability="orders", query=OrderQuery, output=OrderDocument,
        refusals=("ORDER_UNKNOWN",),
    ),
    Operation(
        name="list_orders", method="GET", path="/v1/orders", right=Right.ORDERS_READ,
        summary="List and search orders",
        description="Newest first; by `placed_from` or `placed_to`, the last placed first; by `next_step`, `owner` or"
        " `due_before`, the most urgent next step first. A page may hold fewer than `limit`, even none, while there is a `next`: a"
        " page looks at a bounded number of orders.",
        handler=list_orders, capability="orders", query=OrdersQuery, output=OrderRow, page=True,
        refusals=("INPUT_INVALID",),
    ),
    Operation(
        name="list_order_events", method="GET", path="/v1/orders/{order}/events", right=Right.ORDERS_READ,
        summary="List what happened to an order", handler=list_order_events, capability="orders",
        query=EventsOfOrder, output=OrderEvents, refusals=("ORDER_UNKNOWN",),
    ),
    Operation(
        name="plan_order_captures", method="GET", path="/v1/orders/{order}/capture-plan", right=Right.ORDERS_READ,
        summary="See what will be captured of an order, when and by which rule",
        description="As if all that is open of it was supplied as it stands, and nothing else changed: the amounts in turn,"
        " each with what it waits for, the tender it is of and the rule that says so. Nothing is captured by that.",
        handler=plan_order_captures, capability="orders", output=CapturePlan, refusals=("ORDER_UNKNOWN",),
    ),
    Operation(
        name="list_order_decisions", method="GET", path="/v1/orders/{order}/decisions", right=Right.ORDERS_READ,
        summary="List the routing decisions of an order, with their reasons", handler=list_order_decisions,
        capability="orders", output=dict[str, Any], page=True, refusals=("ORDER_UNKNOWN",),
    ),
)  # fmt: skip
