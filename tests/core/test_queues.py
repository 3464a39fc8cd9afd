"""Steps that persons take: each is in a queue, by the order itself or by what else stands for it."""

import ast
import re
from pathlib import Path

import orderline.core
from orderline.core.queues.steps import WAITED
from orderline.core.tenders.state import PaymentKind
from orderline.store.queries import query

# What is listed as something else that the order has, and what no person of ours does.
ELSEWHERE = {
    "resolve_hold": "holds",
    "send_decision": "decisions", "answer_decision": "decisions",
    "submit": "fulfillments", "accept": "fulfillments", "pick": "fulfillments", "pack": "fulfillments",
    "hand_over": "fulfillments", "make_ready": "fulfillments", "restock": "fulfillments", "collect": "fulfillments",
    "decide_return": "returns", "trace_return": "returns", "receive_return": "returns", "grade_return": "returns",
    "dispose_return": "returns", "credit_return": "returns", "settle_expired_return": "returns",
    "settle_denied_return": "returns", "assess_return": "returns", "finish_repair": "returns", "decide_repair": "returns",
    "send_back_return": "returns",
    "send_return": "the customer", "answer_repair_quote": "the customer",
    "route": "Orderline", "close": "Orderline", "authorize_payment": "the provider",
    "deliver": "the carrier",
}  # fmt: skip
NO_STEPS = {
    "in_transit",
    "handed_over",
    "out_for_delivery",
    "late_money",
    "claim_back",
    "send_back",
}  # other words in those files
CORE = Path(orderline.core.__file__).parent
_STEP = re.compile(r"[a-z]+(_[a-z]+)+|route|submit|accept|pick|pack|restock|collect|deliver|close|supply")
_IN = re.compile(r"next_step IN \(([^)]*)\)")


def test_every_next_step_is_somebody_s() -> None:
    steps: set[str] = set()
    for path in ("orders/next_step.py", "returns/standing.py", "returns/concerns.py"):
        for node in ast.walk(ast.parse((CORE / path).read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _STEP.fullmatch(node.value):
                steps.add(node.value)
    known = set(WAITED) | set(ELSEWHERE)
    assert {each for each in known if not each.endswith("_by_hand")} <= steps
    assert {f"{kind}_by_hand" for kind in PaymentKind} <= set(WAITED)
    assert not steps - known - NO_STEPS


def test_the_index_and_the_queries_name_the_same_steps() -> None:
    migration = (CORE.parent / "store/migrations/0091_queues.sql").read_text()
    texts = [migration, query("queues", "count_steps"), query("reading_lists", "from_steps")]
    for text in texts:
        named = _IN.findall(text)
        assert len(named) == 1
        assert tuple(re.findall(r"'(\w+)'", named[0])) == WAITED
