"""Look at an order by the hold policy: facts, score, and the holds that follow. Nothing goes on before it was done.

Intake places a hold of the type `screening` while a policy is active for the channel; it stops routing, releasing and
capturing. Whoever has looked lifts it, in the same transaction that places what was found.
"""

from datetime import timedelta
from typing import Any, Final

import msgspec

from orderline.core.context import Context
from orderline.core.holds.commands import Looked, ScreenOrder
from orderline.core.holds.events import HoldPlaced, HoldReleased, OrderScreened
from orderline.core.holds.policy import HoldPolicy, Per, Rule, RuleTable, Trigger, compile_holds
from orderline.core.holds.rules import new_hold
from orderline.core.holds.state import SCREENING, HoldInput, ScorePoint
from orderline.core.orders.guards import known_order
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.settle import settle
from orderline.core.orders.state import AgreedLine, Order, is_canceled
from orderline.core.policies.state import POLICY, TEXT, Policy, PolicyText, named, text_id
from orderline.core.tenders.sums import is_releasable
from orderline.core.world import Draft
from orderline.values.failures import Refused

PPM: Final = 1_000_000
LOOKED_AT: Final = "looked at"
OUTSIDE: Final = "told from outside"  # the name of the points that an outside scorer gives
# What channels tell of where a buyer pays from and orders from, as custom fields of the order.
_COUNTRIES: Final = {"billing": "billing_country", "ip": "ip_country", "card": "card_country"}
# What orders that were charged back may have in common with one.
CHARGED_BACK: Final = ("person", "email", "phone", "address", "card", "fraud")
# Facts that stand in the order's document already, or may say anything, are not written down again.
_NOT_KEPT: Final = frozenset({"custom"})

Facts = dict[str, dict[str, Any]]


def facts_of(order: Order, looked: Looked, trigger: str, resolved: str) -> Facts:
    """What conditions can ask of, but for the score and lines."""
    agreement = order.agreement
    group = agreement.groups[0]
    country = group.place.country
    custom = countries_of(order)
    return {
        "order": {
            "channel": order.channel,
            "currency": order.currency,
            "country": country,
            "total_minor": agreement.total_minor,
            "lines": len(agreement.lines),
            "units": sum(line.units.total() - line.units.canceled for line in order.lines),
            "without_stock": sum(line.units.unplanned for line in order.lines),
            "tags": list(order.tags),
            "custom": dict(order.custom),
            "method": group.method,
            "trigger": trigger,
            "resolved": resolved,
        },
        "customer": {
            "first": looked.orders.get("customer", 0) == 0,
            "orders": looked.orders.get("customer", 0),
            "returned_orders": looked.returned_orders,
            "returned_units": looked.returned_units,
        },
        "velocity": {kind: looked.orders.get(kind, 0) for kind in ("email", "phone", "address", "card")},
        "twins": {"orders": len(looked.twins)},
        "charged_back": {kind: looked.charged_back.get(kind, 0) for kind in CHARGED_BACK},
        "payment": {
            "providers": sorted({each.provider for each in order.tenders}),
            "methods": sorted({each.method for each in order.tenders}),
            "authorized_minor": sum(each.authorized_minor for each in order.tenders),
            "captured_minor": sum(each.captured_minor for each in order.tenders),
            "declined": any(each.declined for each in order.tenders),
            "covered": is_releasable(order),
        },
        "mismatch": {name: custom.get(name, country) != country for name in _COUNTRIES},
        "lists": {"blocked": list(looked.blocked), "allowed": list(looked.allowed)},
        "address": {"problems": list(looked.address)},
    }


def countries_of(order: Order) -> dict[str, str]:
    """Where the customer pays and orders from, as far as the channel has told."""
    told = {name: str(order.custom.get(field, "")).upper() for name, field in _COUNTRIES.items()}
    return {name: country for name, country in told.items() if country}


def line_facts(agreed: AgreedLine) -> dict[str, Any]:
    """What conditions of rules for lines can ask of. Without a cost nothing is known of the margin: it is all of the price."""
    gross = agreed.unit_price_minor * agreed.quantity
    cost = agreed.custom.get("cost_minor", 0)
    cost_minor = cost if isinstance(cost, int) else 0
    net = gross - agreed.discount_minor
    return {
        "sku": agreed.sku,
        "kind": agreed.kind.value,
        "quantity": agreed.quantity,
        "unit_price_minor": agreed.unit_price_minor,
        "total_minor": agreed.total_minor,
        "discount_ppm": agreed.discount_minor * PPM // gross if gross else 0,
        "cost_minor": cost_minor,
        "margin_ppm": (net - cost_minor * agreed.quantity) * PPM // net if net > 0 else 0,
        "custom": dict(agreed.custom),
    }


def score_of(policy: HoldPolicy, facts: Facts, outside: int | None) -> tuple[int, tuple[ScorePoint, ...]]:
    """The points of all rules of the score that fit, and their sum with what was told from outside; never below nought."""
    seen = {**facts, "score": {"total": 0, "outside": outside or 0, "answered": outside is not None}}
    points = tuple(
        ScorePoint(each.table.name, each.table.points) for each in policy.scores if each.when.holds(seen) is True
    )
    if outside is not None:
        points = (*points, ScorePoint(OUTSIDE, outside))
    return max(0, sum(each.points for each in points)), points


class Finding(msgspec.Struct, frozen=True):
    """A hold that is to be placed, by which rule."""

    rule: RuleTable
    line: int | None = None

    @property
    def key(self) -> str:
        """How the order remembers it."""
        return self.rule.name if self.line is None else f"{self.rule.name}/{self.line}"


def findings_of(policy: HoldPolicy, order: Order, facts: Facts, trigger: Trigger, resolved: str) -> list[Finding]:
    """The holds that the rules for a trigger would place, in their order.

    One that still stands is not placed again. Where nothing else was agreed, one that somebody has resolved is not either.
    """
    placed = set(order.screening.placed) if order.screening is not None and trigger is not Trigger.EDIT else set[str]()
    placed |= {hold.rule if hold.line is None else f"{hold.rule}/{hold.line}" for hold in order.holds if hold.rule}
    found: list[Finding] = []
    for rule in policy.rules:
        if trigger not in rule.table.on or (
            trigger is Trigger.RESOLVED and rule.table.after and resolved not in rule.table.after
        ):
            continue
        found += [each for each in _fitting(rule, order, facts) if each.key not in placed]
    return found


def decide_screen(draft: Draft, command: ScreenOrder, context: Context) -> None:
    """Place what the policy finds, and let go of the order otherwise.

    Refused SCREENED_OTHERWISE: another version holds by now; whoever looked looks again.
    Refused NOTHING_TO_DO: there is nothing to look at any more.
    """
    order = known_order(draft.world, command)
    over = order.closed_at is not None or all(map(is_canceled, order.lines))
    waiting = [hold for hold in order.holds if hold.type == SCREENING]
    trigger = Trigger(command.trigger)
    policy = None if over else _policy(draft, order, command, context)
    if policy is not None:
        looked = command.looked
        facts = facts_of(order, looked, trigger, command.resolved)
        score, points = score_of(policy, facts, looked.outside)
        facts["score"] = {"total": score, "outside": looked.outside or 0, "answered": looked.outside is not None}
        found = findings_of(policy, order, facts, trigger, command.resolved)
        if trigger is not Trigger.ACCEPT and not found:
            raise Refused(R.NOTHING_TO_DO, value=order.number)
        kept = {root: {k: v for k, v in of.items() if k not in _NOT_KEPT} for root, of in facts.items()}
        draft.tell(
            order.id,
            OrderScreened(
                policy=policy.version,
                trigger=trigger,
                at=context.now,
                facts=kept,
                score=score,
                points=points,
                placed=tuple(each.key for each in found),
            ),
        )
        for index, each in enumerate(found, 1):
            asked = _hold(each, policy, score, looked, context)
            draft.tell(order.id, HoldPlaced(new_hold(asked, order.holds_placed + index, context, rule=each.rule.name)))
    elif not waiting:
        raise Refused(R.NOTHING_TO_DO, value=order.number)
    for hold in waiting if trigger is Trigger.ACCEPT else ():
        draft.tell(order.id, HoldReleased(hold.number, context.actor.name, context.now, LOOKED_AT, type=SCREENING))
    settle(draft, order.id, context)


def _policy(draft: Draft, order: Order, command: ScreenOrder, context: Context) -> HoldPolicy | None:
    reference = command.policy
    if reference is None:
        return None
    policy = draft.world.records.get((POLICY, reference.policy))
    text = draft.world.records.get((TEXT, text_id(reference.policy, reference.digest)))
    at = order.accepted_at if command.trigger == Trigger.ACCEPT else context.now
    version = policy.active_at(at) if isinstance(policy, Policy) else None
    if version is None or version.number != reference.version or not isinstance(text, PolicyText):
        raise Refused(R.SCREENED_OTHERWISE, field="policy", value=named(reference.policy, reference.version))
    return compile_holds(text.text, named(reference.policy, reference.version))


def _fitting(rule: Rule, order: Order, facts: Facts) -> list[Finding]:
    if rule.table.per is Per.ORDER:
        return [Finding(rule.table)] if rule.when.holds(facts) is True else []
    live = {line.line for line in order.lines if line.units.total() and not is_canceled(line)}
    return [
        Finding(rule.table, agreed.line)
        for agreed in order.agreement.lines
        if agreed.line in live and rule.when.holds({**facts, "line": line_facts(agreed)}) is True
    ]


def _hold(found: Finding, policy: HoldPolicy, score: int, looked: Looked, context: Context) -> HoldInput:
    rule = found.rule
    told = rule.reason or rule.name
    if rule.type == "fraud":
        told += f" (score {score})"
        if looked.reasons:
            told += f": {', '.join(looked.reasons)}"
    if rule.type == "duplicate" and looked.twins:
        told += f" ({', '.join(looked.twins[:5])})"
    if rule.type == "address" and looked.address:
        told += f" ({', '.join(looked.address)})"
    return HoldInput(
        type=rule.type,
        reason=f"{told}; {policy.version}"[:500],
        blocks=rule.blocks,
        owner=rule.owner,
        due_at=context.now + timedelta(minutes=rule.due_minutes) if rule.due_minutes is not None else None,
        line=found.line,
        escalate_to=rule.escalate_to,
        on_breach=rule.on_breach,
        on_reject=rule.on_reject,
        may_release=rule.may_release,
        four_eyes_above_minor=rule.four_eyes_above_minor,
    )
