"""Payments that providers know and we do not, or the other way round: listed until a person has looked at them."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Final

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import Page, Texts, page_of, parse_cursor, readers
from orderline.api.refusals import ApiRefusal
from orderline.api.scoping import check_unlimited
from orderline.store.reconciling import (
    Difference,
    assign_difference,
    load_difference,
    load_differences,
    settle_difference,
)
from orderline.values.failures import Refused


class DifferencesQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """open: those that nobody has looked at, or the others; both, when not given. owner: those of these owners."""

    open: bool | None = True
    owner: Texts = ()


class SettleDifferenceInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """note: what was found, and done."""

    note: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]


class AssignDifferenceInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """owner: who works it off: a team or a person, by the name that is used here."""

    owner: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


async def list_differences(call: Call[DifferencesQuery, None]) -> Answer:
    """Differences, the oldest first."""
    check_unlimited(call)
    query = call.query
    after = parse_cursor(query.cursor, tuple[datetime, str, str])
    found = await readers(call).run(
        lambda source: load_differences(
            source, is_open=query.open, most=query.limit + 1, owners=query.owner, after=after
        )
    )
    return page_of(found, query.limit, lambda each: (each.found_at, each.provider, each.event_id))


async def settle(call: Call[None, SettleDifferenceInput]) -> Answer:
    """A person has looked at a difference; a second time changes nothing."""
    check_unlimited(call)
    database, path = call.services.database, call.path
    found = await asyncio.to_thread(
        settle_difference, database, path["partner"], path["event"], by=call.actor.name, note=call.input.note,
        now=datetime.now(UTC),
    )  # fmt: skip
    if found is None:
        raise Refused(ApiRefusal.DIFFERENCE_UNKNOWN, field="event", value=path["event"][:100])
    return Answer(found)


async def assign(call: Call[None, AssignDifferenceInput]) -> Answer:
    """Who works a difference off."""
    check_unlimited(call)
    database, path = call.services.database, call.path
    await asyncio.to_thread(assign_difference, database, path["partner"], path["event"], call.input.owner)
    found = await readers(call).run(lambda source: load_difference(source, path["partner"], path["event"]))
    if found is None:
        raise Refused(ApiRefusal.DIFFERENCE_UNKNOWN, field="event", value=path["event"][:100])
    return Answer(found)


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="list_payment_differences", method="GET", path="/v1/payment-differences", right=Right.ORDERS_READ,
        summary="List payments that a provider and we do not know alike",
        description="Every quarter of an hour the transactions of each provider are compared with the journal, both ways."
        " There should be none; each says what a person does next.",
        handler=list_differences, capability="access", query=DifferencesQuery, output=Difference, page=True,
        refusals=("CHANNEL_NOT_YOURS", "LOCATION_NOT_YOURS"),
    ),
    Operation(
        name="settle_payment_difference", method="POST", path="/v1/payment-differences/{partner}/{event}/settlements",
        right=Right.ORDERS_WRITE, summary="Say what a difference was, and that it is settled", handler=settle,
        capability="access", input=SettleDifferenceInput, output=Difference,
        refusals=("DIFFERENCE_UNKNOWN", "CHANNEL_NOT_YOURS", "LOCATION_NOT_YOURS"),
    ),
    Operation(
        name="assign_payment_difference", method="POST", path="/v1/payment-differences/{partner}/{event}/assignments",
        right=Right.ORDERS_WRITE, summary="Say who works a difference off", handler=assign,
        capability="access", input=AssignDifferenceInput, output=Difference,
        refusals=("DIFFERENCE_UNKNOWN", "CHANNEL_NOT_YOURS", "LOCATION_NOT_YOURS"),
    ),
)  # fmt: skip
