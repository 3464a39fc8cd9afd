"""Orders looked at by a hold policy, with whatever is known of their customers; and what becomes of the holds it places."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final

from orderline.core.holds.commands import BreachHold, EscalateHold, Looked, RejectHold, ScreenOrder
from orderline.core.holds.lists import ConfirmListEntry, PutListEntry, RemoveListEntry, Side, TraceKind
from orderline.core.holds.policy import Trigger
from orderline.core.holds.state import SCREENING
from orderline.core.orders.commands import Command, ReleaseHold
from orderline.core.orders.state import Order
from orderline.core.policies.commands import ActivatePolicy, PutPolicy, RetirePolicy
from orderline.core.policies.state import digest_of
from orderline.core.returns.commands import PolicyReference

# A rule for each type that rules are for: by the order, by its lines, by what was looked up, and by other holds.
RISK: Final = """
kind = "holds"
[[rule]]
name = "risky"
when = "score.total >= 60"
type = "fraud"
on_breach = "reject"
four_eyes_above_minor = 4000
[[rule]]
name = "out"
when = "order.without_stock > 0"
type = "stock"
on = ["accept", "edit", "condition"]
on_reject = "none"
[[rule]]
name = "cheap"
when = "line.discount_ppm > 300000"
type = "price"
per = "line"
[[rule]]
name = "thin"
when = "line.unit_price_minor < 800"
type = "margin"
per = "line"
on_breach = "release"
[[rule]]
name = "twice"
when = "twins.orders > 0"
type = "duplicate"
[[rule]]
name = "unpaid"
on = ["condition", "edit"]
when = "!payment.covered"
type = "payment"
[[rule]]
name = "afterwards"
on = ["resolved"]
after = ["fraud", "duplicate"]
when = "true"
type = "compliance"
on_reject = "return"
"""
_REFERENCE: Final = PolicyReference("risk", 1, digest_of(RISK))


def hold_command(dice: Random, orders: Sequence[Order], known: Callable[[str], Sequence[Any]]) -> Command:
    """What the policy, the clock and people do about holds; most of it suits those there are."""
    if not any(each.id == "risk" for each in known("policy")):
        return PutPolicy(policy="risk", text=RISK)
    chance = dice.random()
    if chance < 0.04:
        return dice.choice([ActivatePolicy(policy="risk", policy_version=1)] * 3 + [RetirePolicy(policy="risk")])
    if chance < 0.1:
        return _entry(dice, known)
    waiting = [each for each in orders if any(hold.type == SCREENING for hold in each.holds)]
    order = dice.choice(waiting or list(orders))
    if chance < 0.35 and order.holds and not waiting:
        hold = dice.choice(order.holds)
        about: dict[str, Any] = {"order": order.id, "hold": hold.number}
        return dice.choice(
            [
                ReleaseHold(**about),
                RejectHold(**about, reason="no"),
                BreachHold(**about),
                EscalateHold(**about, reason="not mine"),
            ]
        )
    trigger = Trigger.ACCEPT if order in waiting else dice.choice(list(Trigger))
    return ScreenOrder(
        order=order.id, trigger=trigger, resolved=dice.choice(["fraud", "duplicate", "stock"]),
        policy=_REFERENCE if dice.random() < 0.97 else None, looked=_looked(dice),
    )  # fmt: skip


def _looked(dice: Random) -> Looked:
    kinds = [each.value for each in TraceKind]
    return Looked(
        orders={kind: dice.choice([0, 0, 1, 5]) for kind in (*kinds, "customer")},
        charged_back={kind: dice.choice([0, 0, 0, 1]) for kind in ("person", *kinds, "fraud")},
        twins=("SO-1",) if dice.random() < 0.2 else (),
        blocked=("email",) if dice.random() < 0.1 else (),
        allowed=("card",) if dice.random() < 0.1 else (),
        address=("no_house_number",) if dice.random() < 0.1 else (),
        outside=dice.choice([None, 0, 70]),
    )


def _entry(dice: Random, known: Callable[[str], Sequence[Any]]) -> Command:
    entries = known("list_entry")
    if entries and dice.random() < 0.6:
        one = dice.choice(entries).id
        return dice.choice([ConfirmListEntry(entry=one), RemoveListEntry(entry=one, reason="looked at")])
    return PutListEntry(
        entry=f"email {dice.randint(1, 5)}", side=dice.choice(list(Side)), kind=TraceKind.EMAIL, shown="a***",
        reason="seen before", suggested=dice.random() < 0.5,
    )  # fmt: skip
