"""What follows from what has happened to a return: a label is got, and the customer is told."""

from datetime import datetime
from typing import Final

from orderline.core.jobs import FollowUp, JobBody, JobKind
from orderline.core.orders.state import Order
from orderline.core.returns.carried import wants_label
from orderline.core.returns.events import ReturnLabeled, ReturnOpened, ReturnProgressed
from orderline.core.returns.policy import MISSING, REASONS
from orderline.core.returns.state import Custody, Return

DAMAGED: Final = "damaged"


def return_follow_ups(
    order: Order, event: ReturnOpened | ReturnProgressed | ReturnLabeled, now: datetime
) -> list[FollowUp]:
    """The jobs that a fact of a return leads to; nothing on the order waits for them."""
    if isinstance(event, ReturnOpened):
        return _carrier_claim(order, event.opened, now)
    body = JobBody(returned=event.number, test=order.is_test)
    own = f"{order.id} return {event.number}"

    def notice(template: str) -> FollowUp:
        told = JobBody(returned=event.number, template=template, test=order.is_test)
        return FollowUp(JobKind.NOTICE, f"{own} {JobKind.NOTICE}", told, now)

    if isinstance(event, ReturnLabeled):
        return [notice("return_label")]
    returned = order.returns[event.number - 1]
    if any(step.custody is Custody.QUOTED for step in event.steps):
        return [notice("repair_quoted")]
    allowed = {step.item for step in event.steps if step.custody is Custody.APPROVED}
    if not any(item.item in allowed and not item.terms.keep for item in returned.items):
        return []
    label = FollowUp(JobKind.RETURN_LABEL, f"{own} {JobKind.RETURN_LABEL}", body, now)
    return [notice("return_approved"), *([label] if wants_label(returned) else [])]


def _carrier_claim(order: Order, opened: Return, now: datetime) -> list[FollowUp]:
    """The carrier is asked to pay for what was missing from its parcel, or came to harm in it."""
    parcel = order.parcel_of(opened.claimed) if opened.claimed else None
    if parcel is None or not parcel.tracking_number:
        return []
    reasons = {item.reason for item in opened.items}
    lost = any(REASONS[reason] == MISSING for reason in reasons)
    if not lost and DAMAGED not in reasons:
        return []
    body = JobBody(parcel=parcel.number, template="lost" if lost else DAMAGED, test=order.is_test)
    return [FollowUp(JobKind.CLAIM, f"{order.id} {JobKind.CLAIM}", body, now)]
