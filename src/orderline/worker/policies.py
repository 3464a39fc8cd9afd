"""The routing policies that hold at the moment of a decision, what their rules need to know, and what is kept of it."""

from collections.abc import Sequence
from datetime import datetime
from time import monotonic
from typing import Final

import msgspec

from orderline.core.decisions.asking import DecisionCause
from orderline.core.orders.auto_cancel import ClearAutoCancel, SetAutoCancel
from orderline.core.orders.commands import CancelUnits, Command, HoldInput, PlaceHold, ReclaimUnits
from orderline.core.orders.delivery import ChangeDelivery
from orderline.core.orders.parcels import LineQuantity
from orderline.core.routing.model import Action, Decision, Inputs, RoutableOrder, Shortfall, Snapshot
from orderline.core.routing.replaying import Network, encode_decision, network_of, pack, route_again
from orderline.core.routing.scoped import route_by
from orderline.engine.routing import facts_of, live_policies, with_facts
from orderline.engine.submissions import DecisionRecord
from orderline.store.database import Database
from orderline.values.ids import DecisionId
from orderline.worker.decisions import ask

# Longest that the orders of a batch are looked at together; what was found by then is taken.
TOGETHER_FOR_S: Final = 20.0


class Kept(msgspec.Struct):
    """Records of the decisions made, by id."""

    records: dict[DecisionId, DecisionRecord]


def decide_by_policies(
    database: Database, orders: Sequence[RoutableOrder], snapshot: Snapshot, now: datetime
) -> tuple[list[Decision], Kept]:
    """Decisions by the policies that hold, with all that is kept of them."""
    live = live_policies(database, now)
    skus = {line.sku for order in orders for line in order.lines}
    facts = facts_of(live)
    snapshot = with_facts(database, snapshot, facts, skus, now)
    network = network_of(snapshot.locations)
    kept = Kept({})
    shadows = {each.policy.version: each.shadow for each in live if each.shadow is not None}

    def watch(decision: Decision, inputs: Inputs) -> None:
        if decision.allotments:
            shadow = shadows.get(decision.policy)
            told = encode_decision(route_again(inputs, shadow, dry_run=True)).decode() if shadow is not None else None
            kept.records[decision.id] = record_of(decision, inputs, network, told)

    begun = monotonic()
    late = lambda: monotonic() - begun > TOGETHER_FOR_S  # noqa: E731
    return route_by(orders, snapshot, now, live, watch=watch, should_stop=late), kept


def record_of(decision: Decision, inputs: Inputs, network: Network, shadow: str | None = None) -> DecisionRecord:
    """A decision as it is kept."""
    return DecisionRecord(
        decision.id,
        decision.order_id,
        encode_decision(decision).decode(),
        pack(inputs, network.hash).decode(),
        network.hash,
        network.body.decode(),
        shadow,
    )


def follow_up(decisions: Sequence[Decision], secret: bytes) -> list[Command]:
    """What rules want done with units that they leave; empty: the usual, which is to claim them elsewhere.

    secret: of the links by which customers answer.
    """
    commands: list[Command] = []
    for decision in decisions:
        left = {each.line: 0 for each in decision.unassigned}
        for each in decision.unassigned:
            if each.reason is not Shortfall.NOT_CLAIMED:
                left[each.line] += each.quantity
        lines = tuple(LineQuantity(line, units) for line, units in left.items() if units)
        if lines:
            commands += [made for action in decision.actions for made in _commands(decision, action, lines, secret)]
    return commands


def _commands(decision: Decision, action: Action, lines: tuple[LineQuantity, ...], secret: bytes) -> list[Command]:
    order, told = decision.order_id, f"routing rule {decision.rule}"
    match action.do:
        case "backorder":
            return [ReclaimUnits(order=order)]
        case "queue":
            return [
                PlaceHold(
                    order=order,
                    hold=HoldInput(
                        type="manual", blocks=("allocate",), owner=action.value, reason=told, line=each.line
                    ),
                )
                for each in lines
            ]
        case "hold":
            return [
                PlaceHold(order=order, hold=HoldInput(type=action.value, reason=told, line=each.line)) for each in lines
            ]
        case "cancel":
            return [CancelUnits(order=order, reason=action.value, lines=lines)]
        case "set_auto_cancel_days":
            numbers = tuple(each.line for each in lines)
            return [SetAutoCancel(order=order, days=int(action.value), lines=numbers, reason=told, keep=True)]
        case "clear_auto_cancel_days":
            return [ClearAutoCancel(order=order, lines=tuple(each.line for each in lines), reason=told)]
        case "split_group" if any(each.reason is Shortfall.SHIP_COMPLETE_NOT_POSSIBLE for each in decision.unassigned):
            return [ChangeDelivery(order=order, group=decision.group, ship_complete=False)]
        case "substitute":
            return [ReclaimUnits(order=order, give_up=lines, reason=told)]
        case "ask_customer":
            asked = ask(order, DecisionCause.UNFILLABLE, secret, lines=tuple(each.line for each in lines), by_hand=True)
            return [ReclaimUnits(order=order, give_up=lines, reason=told), asked]
        case _:
            return []
