"""The evidence in a dispute, as a paper."""

import asyncio
from typing import Final

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.papers.drawing import draw
from orderline.api.papers.parcels import PDF, answer_paper
from orderline.api.reading.disputes import look_at
from orderline.core.disputes.evidence import evidence_paper


async def read_evidence(call: Call[None, None]) -> Answer:
    """What the order says for us in a dispute."""
    order, dispute, recipient, course = await look_at(call)
    paper = evidence_paper(order, dispute, course, recipient)
    return answer_paper(paper, await asyncio.to_thread(draw, paper))


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="read_evidence", method="GET", path="/v1/orders/{order}/disputes/{number}/evidence", right=Right.ORDERS_READ,
        summary="Print what the order says for us in a dispute", handler=read_evidence, capability="disputes", output=PDF,
        description="What was bought, who was to get it, and what happened when: payments, handovers, scans, collections.",
        refusals=("ORDER_UNKNOWN", "DISPUTE_UNKNOWN"),
    ),
)  # fmt: skip
