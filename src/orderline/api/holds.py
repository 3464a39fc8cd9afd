"""Holds: reasons that stop an order until they are lifted or rejected; and the lists that speak for or against people."""

import asyncio
from datetime import datetime
from typing import Any, Final

import msgspec

from orderline.api.access import authority_of
from orderline.api.actions import fields_of, input_of
from orderline.api.bulk import bulk, on_orders
from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import decide
from orderline.api.records import Records
from orderline.api.scoping import check_unlimited, number_in, order_of
from orderline.core.holds.commands import EscalateHold, RejectHold
from orderline.core.holds.lists import (
    ENTRY_KIND,
    ConfirmListEntry,
    EntryState,
    ListEntry,
    ListRefusal,
    PutListEntry,
    RemoveListEntry,
    Side,
    TraceKind,
    entry_id,
    hint_of,
)
from orderline.core.holds.state import HoldInput, Outcome
from orderline.core.orders.commands import OrderCommand, PlaceHold, ReleaseHold
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.people.normal import TRACES, digest, normal_address, normal_email, normal_phone
from orderline.engine.sealing import OrderAnswer
from orderline.store.secrets import secret_of
from orderline.values.address import Address
from orderline.values.failures import Refused
from orderline.values.ids import OrderId


async def _place(call: Call[None, Any]) -> Answer:
    given = fields_of(call.input)
    version = given.pop("expected_version")
    order = await order_of(call)
    hold = HoldInput(**given)
    return await decide(call, PlaceHold(order=order, expected_version=version, hold=hold, authority=authority_of(call)))


async def _release(call: Call[Any, None]) -> Answer:
    order, number = await order_of(call), number_in(call, OrderRefusal.HOLD_UNKNOWN)
    command = ReleaseHold(order=order, hold=number, authority=authority_of(call), **fields_of(call.query))
    return await decide(call, command)


async def _reject(call: Call[None, Any]) -> Answer:
    order, number = await order_of(call), number_in(call, OrderRefusal.HOLD_UNKNOWN)
    command = RejectHold(order=order, hold=number, authority=authority_of(call), **fields_of(call.input))
    return await decide(call, command)


async def _escalate(call: Call[None, Any]) -> Answer:
    order, number = await order_of(call), number_in(call, OrderRefusal.HOLD_UNKNOWN)
    return await decide(call, EscalateHold(order=order, hold=number, **fields_of(call.input)))


class ResolutionItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a hold of an order (id or number) is resolved, and why."""

    order: str
    hold: int
    outcome: Outcome
    reason: str
    expected_version: int | None = None


async def _placings(call: Call[Any, Any], items: list[Any]) -> Any:
    def command(*, order: OrderId, expected_version: int | None, **hold: Any) -> PlaceHold:
        authority = authority_of(call)
        return PlaceHold(order=order, expected_version=expected_version, hold=HoldInput(**hold), authority=authority)

    return await on_orders(command)(call, items)


async def _releases(call: Call[Any, Any], items: list[Any]) -> Any:
    return await on_orders(lambda **given: ReleaseHold(authority=authority_of(call), **given))(call, items)


async def _resolutions(call: Call[Any, Any], items: list[Any]) -> Any:
    def command(*, outcome: Outcome, **given: Any) -> OrderCommand:
        kind = ReleaseHold if outcome is Outcome.RELEASED else RejectHold
        return kind(authority=authority_of(call), **given)

    return await on_orders(command)(call, items)


class ListEntryInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to stop, or to let through. value: an email address, a telephone number, or what a provider knows a card by.

    address: instead of a value, of entries by address.
    """

    side: Side
    kind: TraceKind
    reason: str
    value: str = ""
    address: Address | None = None
    expires_at: datetime | None = None


async def _put_entry(call: Call[None, ListEntryInput]) -> Answer:
    check_unlimited(call)
    given = call.input
    normal, shown = _normal(given)
    if not normal:
        field = "address" if given.kind is TraceKind.ADDRESS else "value"
        raise Refused(ListRefusal.LIST_VALUE_NOT_ACCEPTABLE, field=field, value=given.value[:20], allowed=given.kind)
    secret = await asyncio.to_thread(secret_of, call.services.database, TRACES)
    command = PutListEntry(
        entry=entry_id(given.kind, digest(secret, given.kind, normal)),
        side=given.side,
        kind=given.kind,
        shown=shown,
        reason=given.reason,
        expires_at=given.expires_at,
    )
    return await decide(call, command)


def _normal(given: ListEntryInput) -> tuple[str, str]:
    match given.kind:
        case TraceKind.EMAIL:
            normal = normal_email(given.value)
        case TraceKind.PHONE:
            normal = normal_phone(given.value)
        case TraceKind.CARD:
            normal = given.value.strip()
        case TraceKind.ADDRESS:
            place = given.address.postal_code or given.address.city if given.address is not None else ""
            return normal_address(given.address), hint_of(given.kind, place)
    return normal, hint_of(given.kind, given.value)


_ENTRIES: Final = Records(
    kind=ENTRY_KIND,
    one="list_entry",
    many="list_entries",
    capability="holds",
    read=Right.ORDERS_READ,
    write=Right.ORDERS_WRITE,
    unknown=ListRefusal.LIST_ENTRY_UNKNOWN,
    states=EntryState,
    of_all=True,
    for_all=True,
)
_REFUSALS: Final = ("ORDER_UNKNOWN", "VERSION_STALE", "ORDER_CLOSED")
_RESOLVING: Final = (*_REFUSALS, "HOLD_UNKNOWN", "HOLD_NOT_YOURS", "HOLD_CONFIRMED_BY_ANOTHER")

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="place_hold", method="POST", path="/v1/orders/{order}/holds", right=Right.ORDERS_WRITE,
        summary="Place a hold",
        description="Stops the commands that its type blocks, or those named, on the order or on one line of it.",
        handler=_place, capability="holds", output=OrderAnswer,
        input=input_of(HoldInput, "PlaceHoldInput", optional={"expected_version": int | None}),
        refusals=(*_REFUSALS, "HOLD_NOT_YOURS", "HOLD_TYPE_UNKNOWN", "COMMAND_NOT_BLOCKABLE", "HOLD_LETS_GO", "LINE_UNKNOWN"),
    ),
    Operation(
        name="release_hold", method="DELETE", path="/v1/orders/{order}/holds/{number}", right=Right.ORDERS_WRITE,
        summary="Lift a hold",
        description="What the hold alone has stopped goes on. Where two have to say so, the first one's word is noted in its"
        " `confirming`, and that of another key lifts it.",
        handler=_release, capability="holds", output=OrderAnswer,
        query=input_of(ReleaseHold, "ReleaseHoldQuery", without=("order", "hold", "authority", "answered")),
        refusals=_RESOLVING,
    ),
    Operation(
        name="reject_hold", method="POST", path="/v1/orders/{order}/holds/{number}/rejection", right=Right.ORDERS_WRITE,
        summary="Reject what a hold is about",
        description="Ends the hold and does what its `on_reject` says, in one: cancels its line, or the order, which pays it"
        " back; has sent goods come back; or nothing. What can't be done refuses the whole.",
        handler=_reject, capability="holds", output=OrderAnswer,
        input=input_of(RejectHold, "RejectHoldInput", without=("order", "hold", "authority")),
        refusals=(*_RESOLVING, "FIELD_REQUIRED", "BLOCKED_BY_HOLD", "ALREADY_SHIPPED"),
    ),
    Operation(
        name="escalate_hold", method="POST", path="/v1/orders/{order}/holds/{number}/escalation", right=Right.ORDERS_WRITE,
        summary="Put a hold to somebody else",
        description="To `to`, or to whom it escalates, or its owner once more. The clock does nothing about it from then on.",
        handler=_escalate, capability="holds", output=OrderAnswer,
        input=input_of(EscalateHold, "EscalateHoldInput", without=("order", "hold")),
        refusals=(*_REFUSALS, "HOLD_UNKNOWN", "FIELD_REQUIRED"),
    ),
    bulk(
        "bulk_hold", "/v1/bulk/holds",
        input_of(HoldInput, "HoldItem", more={"order": str}, optional={"expected_version": int | None}),
        "Place holds on many orders", capability="holds", right=Right.ORDERS_WRITE, commands=_placings,
        does=("place_hold",),
    ),
    bulk(
        "bulk_release", "/v1/bulk/releases",
        input_of(ReleaseHold, "ReleaseItem", without=("order", "authority", "answered"), more={"order": str}),
        "Lift holds of many orders", capability="holds", right=Right.ORDERS_WRITE, commands=_releases, does=("release_hold",),
    ),
    bulk(
        "bulk_resolve", "/v1/bulk/resolutions", ResolutionItem, "Release or reject holds of many orders",
        capability="holds", right=Right.ORDERS_WRITE, commands=_resolutions, does=("release_hold", "reject_hold"),
    ),
    *_ENTRIES.reading(),
    Operation(
        name="put_list_entry", method="POST", path="/v1/list-entries", right=Right.ORDERS_WRITE,
        summary="Stop somebody, or let them through",
        description="By what they are recognized by, in its normal form, which is kept as a keyed digest with a hint for"
        " people. The hold policy asks for it: `lists.blocked`, `lists.allowed`.",
        handler=_put_entry, capability="holds", input=ListEntryInput, output=ListEntry,
        refusals=("LIST_VALUE_NOT_ACCEPTABLE", "FIELD_REQUIRED", "CHANNEL_NOT_YOURS", "LOCATION_NOT_YOURS"),
    ),
    _ENTRIES.acting(
        ConfirmListEntry, path="confirmation", summary="Let a suggested entry count", names="entry",
        refusals=("LIST_ENTRY_STATE",),
    ),
    _ENTRIES.acting(
        RemoveListEntry, path="removal", summary="Take somebody off a list, or decline a suggestion", names="entry",
        refusals=("LIST_ENTRY_STATE",),
    ),
)  # fmt: skip
