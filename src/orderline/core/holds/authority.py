"""Who may place and resolve holds: by type, by role, and up to an amount; and what two have to say."""

from typing import Final

from orderline.core.context import Context
from orderline.core.holds.state import HoldAuthority, Outcome
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.state import Hold, Order
from orderline.values.failures import Refused

APPROVAL: Final = "approval"
_SYSTEM: Final = "system"


def check_may_place(order: Order, type_: str, authority: HoldAuthority | None) -> None:
    """Refused HOLD_NOT_YOURS: the key may not place holds of this type."""
    if authority is not None and authority.types and type_ not in authority.types:
        raise Refused(R.HOLD_NOT_YOURS, field="type", value=type_, allowed=list(authority.types))


def check_may_resolve(order: Order, hold: Hold, authority: HoldAuthority | None) -> None:
    """Refused HOLD_NOT_YOURS: by type, by role, or by the total of the order; facts say who may."""
    if authority is None:
        return
    check_may_place(order, hold.type, authority)
    if hold.may_release and not set(hold.may_release) & set(authority.roles):
        raise Refused(
            R.HOLD_NOT_YOURS, field="hold", value=hold.number, allowed=list(hold.may_release), unblock=hold.owner
        )
    if authority.limits:
        limit, total = authority.limits.get(order.currency, 0), order.agreement.total_minor
        if total > limit:
            raise Refused(
                R.HOLD_NOT_YOURS, field="hold", value=total, allowed=f"orders up to {limit} {order.currency}",
                unblock=hold.owner,
            )  # fmt: skip


def check_not_own(hold: Hold, context: Context) -> None:
    """Refused HOLD_NOT_YOURS: whoever asked for approval can't give it by lifting the hold either."""
    if hold.type == APPROVAL and context.actor.via != _SYSTEM and context.actor.name == hold.placed_by:
        raise Refused(R.HOLD_NOT_YOURS, field="hold", value=hold.number, allowed="somebody else", unblock=hold.owner)


def needs_another(order: Order, hold: Hold, outcome: Outcome, context: Context) -> bool:
    """Has a second one to confirm this? Refused HOLD_CONFIRMED_BY_ANOTHER: whoever said it first can't confirm it.

    What the clock brings about is confirmed by the policy that says so.
    """
    above = hold.four_eyes_above_minor
    if above is None or order.agreement.total_minor <= above or context.actor.via == _SYSTEM:
        return False
    first = hold.confirming
    if first is None or first.outcome is not outcome:
        return True
    if first.by == context.actor.name:
        raise Refused(
            R.HOLD_CONFIRMED_BY_ANOTHER, field="hold", value=hold.number, outcome=outcome, unblock="somebody else"
        )
    return False
