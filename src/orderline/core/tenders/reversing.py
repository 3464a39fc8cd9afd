"""A refund that went through comes back: the account was closed, the bank does not take it. The customer is owed it again.

It is not sent again by itself: where it was sent to does not take it. A person asks the provider again, or gives it back
another way.
"""

from datetime import datetime
from typing import Any, Final, Literal

from orderline.core.context import Context
from orderline.core.credits.state import PROVIDER
from orderline.core.limits import check_money
from orderline.core.orders.commands import OrderCommand
from orderline.core.orders.guards import check_text, known_order, occurred
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.settle import settle
from orderline.core.tenders.events import RefundReversed
from orderline.core.world import Draft
from orderline.values.failures import Refused


class ReverseRefund(OrderCommand, frozen=True, gc=False, kw_only=True, tag="reverse_refund"):
    """A refund of a tender has come back. reference: what the provider or the bank calls that; told twice it counts once.

    key, sent_minor: of our request for the refund, and how much was sent under it, where that is known: no more comes
    back of it. through: "bank", where it was sent by hand.
    """

    tender: int
    reference: str
    amount_minor: int
    key: str = ""
    sent_minor: int | None = None
    through: Literal["", "bank"] = ""
    reason: str = ""
    occurred_at: datetime | None = None


def decide_reverse_refund(draft: Draft, command: ReverseRefund, context: Context) -> None:
    """Owe it again, also of an order that is closed: it has happened.

    Refused TENDER_UNKNOWN; NOTHING_TO_DO: it is known, or was given as credit, which stays.
    Refused AMOUNT_OUT_OF_RANGE: so much was not given back. MONEY_LIMIT.
    """
    order = known_order(draft.world, command)
    tender = next((each for each in order.tenders if each.number == command.tender), None)
    if tender is None:
        allowed = [each.number for each in order.tenders]
        raise Refused(R.TENDER_UNKNOWN, field="tender", value=command.tender, allowed=allowed)
    reference = check_text(command.reference, "reference", 200, required=True)
    if tender.provider == PROVIDER or any(each.reference == reference for each in tender.sent_back):
        raise Refused(R.NOTHING_TO_DO, field="reference", value=reference)
    most = tender.refunded_minor
    if command.sent_minor is not None:
        before = sum(each.amount_minor for each in tender.sent_back if each.key == command.key)
        most = min(most, command.sent_minor - before)
    if not 0 < command.amount_minor <= most:
        allowed = f"from 1 to {most}" if most > 0 else "nothing is left of it"
        raise Refused(R.AMOUNT_OUT_OF_RANGE, field="amount_minor", value=command.amount_minor, allowed=allowed)
    check_money(context.limits, "refunds", command.amount_minor, order.currency)
    told = RefundReversed(
        tender=tender.number, reference=reference, amount_minor=command.amount_minor, key=command.key,
        at=occurred(command.occurred_at, context), through=command.through,
        reason=check_text(command.reason, "reason", 200),
    )  # fmt: skip
    draft.tell(order.id, told)
    settle(draft, order.id, context)


RULES: Final[dict[type, Any]] = {ReverseRefund: decide_reverse_refund}
