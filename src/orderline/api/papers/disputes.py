"""The evidence in a dispute, as a paper."""

import asyncio
from typing import Final

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.papers.drawing import draw
from orderline.api.papers.parcels import PDF, answer_paper
from orderline.api.papers.parties import recipient_lines
from orderline.api.reading.paging import readers
from orderline.api.scoping import number_in, order_of
from orderline.api.shipments import load_order
from orderline.core.disputes.evidence import evidence_paper, timeline
from orderline.core.disputes.refusals import DisputeRefusal
from orderline.core.orders.state import Order
from orderline.engine.journaled import journaled
from orderline.store.documents import load_people_of
from orderline.store.reading.source import Source
from orderline.values.failures import Refused


async def read_evidence(call: Call[None, None]) -> Answer:
    """What the order says for us in a dispute."""
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
    paper = evidence_paper(order, dispute, timeline(order, events), recipient)
    return answer_paper(paper, await asyncio.to_thread(draw, paper))


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="read_evidence", method="GET", path="/v1/orders/{order}/disputes/{number}/evidence", right=Right.ORDERS_READ,
        summary="Print what the order says for us in a dispute", handler=read_evidence, capability="disputes", output=PDF,
        description="What was bought, who was to get it, and what happened when: payments, handovers, scans, collections.",
        refusals=("ORDER_UNKNOWN", "DISPUTE_UNKNOWN"),
    ),
)  # fmt: skip
