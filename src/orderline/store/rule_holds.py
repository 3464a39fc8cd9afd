"""Holds that rules have placed, and what has come of them: what the rules are measured by."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from orderline.core.holds.events import HoldPlaced, HoldReleased
from orderline.core.orders.events import AnyOrderEvent

PLACED_COLUMNS: Final = ("order_id", "number", "rule", "type", "placed_at")
ENDED_COLUMNS: Final = ("order_id", "number", "outcome", "ended_at")

Row = tuple[Any, ...]


def placed_and_ended(order_id: UUID, events: Iterable[AnyOrderEvent]) -> tuple[list[Row], list[Row]]:
    """Of what an order tells, the holds that rules have placed, and how holds have ended."""
    placed: list[Row] = []
    ended: list[Row] = []
    for event in events:
        if isinstance(event, HoldPlaced) and event.hold.rule:
            hold = event.hold
            placed.append((order_id, hold.number, hold.rule, hold.type, hold.placed_at))
        elif isinstance(event, HoldReleased):
            ended.append((order_id, event.hold, event.outcome.value, event.at))
    return placed, ended


def rule_hold_rows(order_id: UUID, events: Iterable[AnyOrderEvent]) -> list[Row]:
    """The rows of an order, by all that it has told: those of holds that are open have no outcome and no end."""
    placed, ended = placed_and_ended(order_id, events)
    ends = {number: (outcome, at) for _, number, outcome, at in ended}
    return sorted((*row, *ends.get(row[1], ("", None))) for row in placed)
