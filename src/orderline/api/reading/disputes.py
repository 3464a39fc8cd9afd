"""Disputes read: all that there are, by due date or amount, and one with what its order says for us."""

import asyncio
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.papers.parties import recipient_lines
from orderline.api.reading.paging import (
    Page,
    Texts,
    cursor_not_usable,
    page,
    page_of,
    parse_cursor,
    readers,
    seen,
)
from orderline.api.scoping import number_in, order_of
from orderline.api.shipments import load_order
from orderline.core.disputes.evidence import delivered_parcel, timeline
from orderline.core.disputes.refusals import DisputeRefusal
from orderline.core.disputes.state import Dispute, DisputeAnswer, DisputeStage, answer_of
from orderline.core.orders.state import Order
from orderline.engine.journaled import journaled
from orderline.store.documents import load_people_of
from orderline.store.reading.disputes import DisputeFilter, DisputeRow, load_disputes, place_of
from orderline.store.reading.source import Source
from orderline.values.failures import Refused


class Sort(StrEnum):
    """What disputes are listed by: when an answer is due, the soonest first, or their amount, the largest first."""

    DUE = "due"
    AMOUNT = "amount"


class DisputesQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """answer: where ours stands; `awaited` is for us to do. due_before: an answer is due before then.

    sort: the most urgent first, or the largest amount.
    """

    answer: DisputeAnswer | None = None
    stage: Annotated[tuple[DisputeStage, ...], msgspec.Meta(max_length=10)] = ()
    provider: Texts = ()
    reason: Texts = ()
    channel: Texts = ()
    due_before: datetime | None = None
    sort: Sort = Sort.DUE


class Said(msgspec.Struct, frozen=True):
    """A line of the course of an order, as an outsider may read it."""

    at: datetime
    text: str


class EvidencePack(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A dispute with all that is sent to the provider when it is answered. parcel: the tracking number that proves most."""

    order_number: str
    currency: str
    provider: str
    answer: DisputeAnswer
    dispute: Dispute
    recipient: tuple[str, ...]
    timeline: tuple[Said, ...]
    carrier: str = ""
    parcel: str = ""


async def list_disputes(call: Call[DisputesQuery, None]) -> Answer:
    """Disputes of all orders that the key sees."""
    query = call.query
    channels = seen(query.channel, call.key.channels)
    if channels is None:
        return page([], None)
    by_amount = query.sort is Sort.AMOUNT
    after = parse_cursor(query.cursor, tuple[str, UUID, int])
    if after is not None and not (_is_place(after[0], by_amount=by_amount) and 0 < after[2] < 2**31):
        raise cursor_not_usable(query.cursor)
    wanted = DisputeFilter(
        answer=query.answer, stages=tuple(each.value for each in query.stage), providers=query.provider,
        reasons=query.reason, channels=channels, locations=tuple(sorted(call.key.locations)),
        due_before=query.due_before, by_amount=by_amount,
    )  # fmt: skip
    found = await readers(call).run(lambda source: load_disputes(source, wanted, after=after, most=query.limit + 1))
    return page_of(found, query.limit, lambda row: place_of(row, by_amount=by_amount))


async def look_at(call: Call[None, None]) -> tuple[Order, Dispute, tuple[str, ...], list[tuple[datetime, str]]]:
    """The dispute that the path names: its order, itself, who was to get the goods, and the course of the order.

    Raises Refused(DISPUTE_UNKNOWN).
    """
    order_id = await order_of(call)
    number = number_in(call, DisputeRefusal.DISPUTE_UNKNOWN)

    def look(source: Source) -> tuple[Order, tuple[str, ...]]:
        order = load_order(source, order_id)
        group = order.agreement.groups[0]
        people = load_people_of(source, {group.recipient})
        return order, recipient_lines(people, group.recipient, group.place)

    order, recipient = await readers(call).run(look)
    dispute = next((each for each in order.disputes if each.number == number), None)
    if dispute is None:
        allowed = [each.number for each in order.disputes]
        raise Refused(DisputeRefusal.DISPUTE_UNKNOWN, field="number", value=number, allowed=allowed)
    events = await asyncio.to_thread(journaled, call.services.database, order)
    return order, dispute, recipient, timeline(order, events)


async def read_dispute(call: Call[None, None]) -> Answer:
    """A dispute and its evidence."""
    order, dispute, recipient, course = await look_at(call)
    parcel = delivered_parcel(order)
    return Answer(
        EvidencePack(
            order_number=order.number, currency=order.currency, provider=order.tenders[dispute.tender - 1].provider,
            answer=answer_of(dispute), dispute=dispute, recipient=recipient,
            timeline=tuple(Said(at, text) for at, text in course),
            carrier=parcel.carrier if parcel is not None else "",
            parcel=parcel.tracking_number if parcel is not None else "",
        )
    )  # fmt: skip


def _is_place(key: str, *, by_amount: bool) -> bool:
    try:
        if by_amount:
            return abs(int(key)) < 2**62
        return key == "infinity" or datetime.fromisoformat(key).tzinfo is not None
    except ValueError:
        return False


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="list_disputes", method="GET", path="/v1/disputes", right=Right.ORDERS_READ, summary="List disputes",
        description="Of all orders, the most urgent first, or the largest. `answer=awaited` are those that wait for ours.",
        handler=list_disputes, capability="disputes", query=DisputesQuery, output=DisputeRow, page=True,
    ),
    Operation(
        name="read_dispute", method="GET", path="/v1/orders/{order}/disputes/{number}", right=Right.ORDERS_READ,
        summary="Read a dispute, and what its order says for us",
        description="What is sent to the provider when the dispute is answered; as a paper, it is `read_evidence`.",
        handler=read_dispute, capability="disputes", output=EvidencePack, refusals=("ORDER_UNKNOWN", "DISPUTE_UNKNOWN"),
    ),
)  # fmt: skip
