"""Promises: options for a cart with dates, costs and parcels, quotes of them, and what they stand on."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import REPLAYED, answered_before, decide
from orderline.api.reading.paging import Page, Text, page_of, parse_cursor, readers
from orderline.api.records import Records
from orderline.api.scoping import check_channel, check_location, check_unlimited
from orderline.core.orders.guards import check_text
from orderline.core.orders.promised import PromiseCause
from orderline.core.promises import commands as c
from orderline.core.promises import settings as s
from orderline.core.promises.figures import EndedPromise, KeptFigures
from orderline.core.promises.hours import HoursAhead
from orderline.core.promises.model import Option
from orderline.core.promises.refusals import PromiseRefusal as R
from orderline.core.records import RecordKind
from orderline.core.stock.refusals import StockRefusal
from orderline.engine.promising import PromiseAsked, Promised, WantedLine
from orderline.store.reading.promising import EndedFilter, load_ended, load_hours, load_kept
from orderline.values.address import MAX_LENGTHS, Place
from orderline.values.failures import Refused
from orderline.values.ids import CartHoldId, new_id

MOST_LINES: Final = 100
MOST_PICKUP: Final = 20
_Parcels = Annotated[int, msgspec.Meta(ge=1, le=20_000)]


class PromiseLineInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A SKU wanted, and how many."""

    sku: Text
    quantity: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1


class PromiseInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A cart and where it is to go. methods: the delivery methods wanted; all there are, when none is given.

    pickup_locations: where it might be collected, each an option. quote_for_s: keep the answer as a quote to order by,
    for so many seconds; hold: and the units with it.
    """

    channel: Text
    lines: Annotated[tuple[PromiseLineInput, ...], msgspec.Meta(min_length=1, max_length=MOST_LINES)]
    place: Place
    methods: Annotated[tuple[Text, ...], msgspec.Meta(max_length=20)] = ()
    pickup_locations: Annotated[tuple[Text, ...], msgspec.Meta(max_length=MOST_PICKUP)] = ()
    ship_complete: bool = False
    quote_for_s: Annotated[int, msgspec.Meta(ge=0, le=86_400)] = 0
    hold: bool = False


class PromiseAnswer(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Options, those that are best at something first. quote: what to order by until `expires_at`."""

    asked_at: datetime
    options: tuple[Option, ...]
    quote: str = ""
    expires_at: datetime | None = None
    cart_hold: str = ""


async def make_promise(call: Call[None, PromiseInput]) -> Answer:
    """The options for a cart; kept as a quote where that is asked for."""
    given = call.input
    check_channel(call, given.channel)
    for name in ("region", "postal_code", "city"):
        check_text(getattr(given.place, name), f"place.{name}", MAX_LENGTHS[name])
    asked_at = datetime.now(UTC)
    kept = bool(given.quote_for_s or given.hold)
    asked = PromiseAsked(
        channel=given.channel,
        lines=tuple(WantedLine(line.sku, line.quantity) for line in given.lines),
        place=given.place,
        methods=given.methods,
        pickup=given.pickup_locations,
        ship_complete=given.ship_complete,
        hold=given.hold,
    )
    try:
        promised = await readers(call).promise(asked)
    except Refused:
        # the last units may be those that are held for this very request, whose answer was lost
        before = await answered_before(call, c.MakeQuote) if kept else None
        if before is None:
            raise
        return _quoted(Answer(before, headers={REPLAYED: "true"}))
    if not kept:
        return Answer(PromiseAnswer(asked_at=asked_at, options=promised.options))
    if given.hold and any(part.hours for part in promised.options[0].parts):
        async with readers(call).booking:
            return await _quote(call, await readers(call).promise(asked), asked_at)
    return await _quote(call, promised, asked_at)


async def _quote(call: Call[None, PromiseInput], promised: Promised, asked_at: datetime) -> Answer:
    """Keep the answer as a quote, with its units and hours where that is asked for."""
    given = call.input
    command = c.MakeQuote(
        quote=str(new_id()),
        channel=given.channel,
        place=given.place,
        lines=promised.cart.lines,
        options=promised.options,
        expires_at=asked_at + timedelta(seconds=given.quote_for_s or 600),
        cart=CartHoldId(new_id()) if given.hold else None,
    )
    return _quoted(await decide(call, command, found=True))


def _quoted(answer: Answer) -> Answer:
    quote = msgspec.json.decode(answer.body, type=s.Quote)
    told = PromiseAnswer(
        asked_at=quote.quoted_at,
        options=quote.options,
        quote=quote.id,
        expires_at=quote.expires_at,
        cart_hold=quote.cart_hold,
    )
    return Answer(told, headers=answer.headers)


class KeptQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """parcels: how many of those delivered last are looked at."""

    parcels: _Parcels = 2_000


async def read_kept(call: Call[KeptQuery, None]) -> Answer:
    """How well promises are kept."""
    check_unlimited(call)
    return Answer(await readers(call).run(lambda source: load_kept(source, call.query.parcels)))


class EndedQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """parcels: of the orders of how many of those delivered last. location, carrier: that the last promise stood on; policy: that
    the first did, `none` without one. kept, kept_last: by the first promise, by the last. cause: why it was missed.
    """

    parcels: _Parcels = 2_000
    location: Text = ""
    carrier: Text = ""
    policy: Annotated[Text, msgspec.Meta(description="The policy of the first promise; `none`: it had none.")] = ""
    kept: bool | None = None
    kept_last: bool | None = None
    cause: PromiseCause | None = None


async def list_ended(call: Call[EndedQuery, None]) -> Answer:
    """The promises behind the figures."""
    check_unlimited(call)
    query = call.query
    after = parse_cursor(query.cursor, tuple[UUID, int])
    wanted = EndedFilter(
        parcels=query.parcels, location=query.location, carrier=query.carrier, policy=query.policy, kept=query.kept,
        kept_last=query.kept_last, cause=query.cause,
    )  # fmt: skip
    found = await readers(call).run(lambda source: load_ended(source, wanted, after=after, most=query.limit + 1))
    return page_of(found, query.limit, lambda row: (row.order, row.line))


class HoursQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """hours: how many hours of work ahead are told."""

    hours: Annotated[int, msgspec.Meta(ge=1, le=500)] = 40


async def read_hours(call: Call[HoursQuery, None]) -> Answer:
    """What a location can do in the hours to come."""
    location = call.path["location"]
    check_location(call, location)
    now, most = datetime.now(UTC), call.query.hours
    found = await readers(call).run(lambda source: load_hours(source, location, now, most))
    if found is None:
        raise Refused(StockRefusal.LOCATION_UNKNOWN, field="location", value=location[:100])
    return Answer(found)


def _location_of(record: Any) -> str | None:
    """How a location works is its own; everything else concerns all of them."""
    return getattr(record, "handling", record.id if isinstance(record, s.HandlingSetting) else None)


def _records(kind: RecordKind, many: str, *, states: Any = s.SettingState, unknown: Any = R.SETTING_UNKNOWN) -> Records:
    return Records(
        kind=kind, one=kind.name, many=many, capability="promises", read=Right.SETTINGS_READ,
        write=Right.SETTINGS_WRITE, unknown=unknown, states=states,
        location_of=_location_of, for_all=True,
        channel_of=lambda record: record.channel if isinstance(record, s.Quote) else "",
    )  # fmt: skip


def _setting(kind: RecordKind, many: str, command: Any, summary: str, refusals: Sequence[str]) -> tuple[Operation, ...]:
    records = _records(kind, many)
    names = kind.name
    return *records.reading(), records.creating(command, summary=summary, names=names, refusals=tuple(refusals))


_HOURS: Final = ("TIME_OF_DAY_NOT_ACCEPTABLE", "HOURS_NOT_ACCEPTABLE")

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="make_promise", method="POST", path="/v1/promises", right=Right.ORDERS_WRITE,
        summary="Ask what can be promised for a cart", handler=make_promise, capability="promises",
        input=PromiseInput, output=PromiseAnswer,
        refusals=("CHANNEL_UNKNOWN", "SKU_UNKNOWN", "LOCATION_UNKNOWN", "NOTHING_TO_PROMISE", "STOCK_NOT_AVAILABLE"),
        description="Each option has a window, a cost, its parcels and its carbon, and for each parcel the steps that "
        "add up to its date. With `quote_for_s` the answer is kept as a quote; with `hold` its units are kept, too, "
        "in the same transaction.",
    ),
    Operation(
        name="read_kept_promises", method="GET", path="/v1/promises/kept", right=Right.ORDERS_READ,
        summary="Read how well promises are kept", handler=read_kept, capability="promises", query=KeptQuery,
        output=KeptFigures,
        description="Of the parcels delivered last: by location, carrier and policy, by the first promise and the last.",
    ),
    Operation(
        name="list_ended_promises", method="GET", path="/v1/promises/ended", right=Right.ORDERS_READ,
        summary="List the promises that were kept or missed", handler=list_ended, capability="promises", query=EndedQuery,
        output=EndedPromise, page=True,
        description="Of the parcels delivered last, those of the last order first: what `GET /v1/promises/kept` counts. With its"
        " `parcels`, and the name of one of its figures as the filter, there are as many as the figure says.",
    ),
    Operation(
        name="read_hours", method="GET", path="/v1/locations/{location}/hours", right=Right.STOCK_READ,
        summary="Read the capacity of a location by the hour", handler=read_hours, capability="promises",
        query=HoursQuery, output=HoursAhead, refusals=("LOCATION_UNKNOWN",),
        description="The next hours in which it works: what it can do in each, what waits for it, what quotes and the "
        "orders by them have booked, and what is left. Hours and days that are closed have none and are not told.",
    ),
    *_setting(s.CALENDAR, "calendars", c.PutCalendar, "Write a work calendar", (*_HOURS, "HOLIDAYS_UNKNOWN")),
    *_setting(s.ZONE_TABLE, "zone_tables", c.PutZoneTable, "Write a table of zones", ("TABLE_NOT_ACCEPTABLE",)),
    *_setting(
        s.SERVICE, "carrier_services", c.PutCarrierService, "Write a carrier's service",
        ("ZONE_UNKNOWN", "CALENDAR_UNKNOWN", "TABLE_NOT_ACCEPTABLE", *_HOURS),
    ),
    *_setting(
        s.HANDLING, "handling", c.PutHandling, "Write how a location works",
        ("LOCATION_UNKNOWN", "CALENDAR_UNKNOWN", "TABLE_NOT_ACCEPTABLE"),
    ),
    *_setting(
        s.DELAY, "delays", c.PutDelay, "Mark a carrier, a location or a region as delayed",
        ("TABLE_NOT_ACCEPTABLE", "LOCATION_UNKNOWN"),
    ),
    *_records(s.QUOTE, "quotes", states=s.QuoteState, unknown=R.QUOTE_UNKNOWN).reading(),
)  # fmt: skip
