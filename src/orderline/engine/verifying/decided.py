"""Make recorded routing decisions again from what they were made of: the same bytes, by the version they name."""

from typing import Any, Final, Literal
from uuid import UUID

import msgspec
import psycopg

from orderline.core.policies.state import TEXT, PolicyKind, named
from orderline.core.policies.state import Policy as PolicyRecord
from orderline.core.routing.compiling import compile_routing
from orderline.core.routing.model import RouteLocation
from orderline.core.routing.policy import DEFAULT_POLICY, Policy
from orderline.core.routing.replaying import encode_decision, route_again, unpack, unpack_network
from orderline.engine.verifying.invariants import Invariant
from orderline.engine.verifying.report import Tally
from orderline.store.loading import decode_record
from orderline.store.queries import query

AT_ONCE: Final = 500
_LOWEST: Final = UUID(int=0)
_BROKEN: Final = (AssertionError, LookupError, TypeError, ValueError, msgspec.MsgspecError)


def check_decisions(connection: psycopg.Connection, cell: int, most: int | Literal["all"], tally: Tally) -> None:
    """Check decisions, the latest ones; as many as orders are folded, or all."""
    tally.checked(Invariant.DECISIONS, 0)
    rules = _rules(connection, cell)
    networks: dict[str, dict[str, RouteLocation]] = {}
    before: tuple[Any, ...] = ("infinity", _LOWEST, _LOWEST)
    left = most if most != "all" else None
    while left is None or left > 0:
        at_once = AT_ONCE if left is None else min(left, AT_ONCE)
        parameters = {
            "cell": cell, "before_at": before[0], "before_order": before[1], "before_id": before[2], "most": at_once,
        }  # fmt: skip
        rows = connection.execute(query("policies", "decisions_before"), parameters, binary=True).fetchall()
        for at, order, id_, body, inputs, hash_, network in rows:
            tally.checked(Invariant.DECISIONS)
            if hash_ not in networks:
                networks[hash_] = unpack_network(network)
            fault = _fault_of(body, inputs, networks[hash_], rules)
            if fault:
                tally.fault(Invariant.DECISIONS, f"decision {id_} of order {order}: {fault}")
            before = (at, order, id_)
        if len(rows) < at_once:
            return
        left = None if left is None else left - len(rows)


def _fault_of(body: str, packed: str, network: dict[str, RouteLocation], rules: dict[str, Policy]) -> str:
    try:
        inputs = unpack(packed, network)
        policy = rules.get(inputs.policy)
        if policy is None:
            return f"there is no policy {inputs.policy}"
        again = encode_decision(route_again(inputs, policy)).decode()
    except _BROKEN as wrong:
        return f"it can't be made again: {type(wrong).__name__}: {wrong}"
    return "" if again == body else "made again, it is another"


def _rules(connection: psycopg.Connection, cell: int) -> dict[str, Policy]:
    """Every version that was ever put, by the name that decisions give it."""
    rules = {DEFAULT_POLICY.version: DEFAULT_POLICY}
    rows = connection.execute(query("policies", "all_policies"), {"cell": cell}, binary=True).fetchall()
    texts: dict[str, Any] = {id_: decode_record(TEXT, body) for kind, id_, body in rows if kind == TEXT}
    for kind, id_, body in rows:
        if kind == TEXT:
            continue
        policy: PolicyRecord = decode_record(kind, body)
        for version in policy.versions:
            if version.state != "draft" and policy.kind is PolicyKind.ROUTING:
                name = named(id_, version.number)
                rules[name] = compile_routing(texts[f"{id_} {version.digest}"].text, name)
    return rules
