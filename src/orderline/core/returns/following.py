"""What follows from what has happened to a return: a label is got, and the customer is told."""

from datetime import datetime

from orderline.core.jobs import FollowUp, JobBody, JobKind
from orderline.core.orders.state import Order
from orderline.core.returns.carried import wants_label
from orderline.core.returns.events import ReturnLabeled, ReturnProgressed
from orderline.core.returns.state import Custody


def return_follow_ups(order: Order, event: ReturnProgressed | ReturnLabeled, now: datetime) -> list[FollowUp]:
    """The jobs that a fact of a return leads to; nothing on the order waits for them."""
    body = JobBody(returned=event.number, test=order.is_test)
    own = f"{order.id} return {event.number}"

    def notice(template: str) -> FollowUp:
        told = JobBody(returned=event.number, template=template, test=order.is_test)
        return FollowUp(JobKind.NOTICE, f"{own} {JobKind.NOTICE}", told, now)

    if isinstance(event, ReturnLabeled):
        return [notice("return_label")]
    returned = order.returns[event.number - 1]
    allowed = {step.item for step in event.steps if step.custody is Custody.APPROVED}
    if not any(item.item in allowed and not item.terms.keep for item in returned.items):
        return []
    label = FollowUp(JobKind.RETURN_LABEL, f"{own} {JobKind.RETURN_LABEL}", body, now)
    return [notice("return_approved"), *([label] if wants_label(returned) else [])]
