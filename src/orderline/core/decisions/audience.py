"""Whom a question is put to, and what is put beside it: a note, and what there is to be seen."""

from orderline.core.decisions.asking import Asked, DecisionCause
from orderline.core.decisions.commands import DraftDecision
from orderline.core.decisions.state import Subject
from orderline.core.decisions.texts import question_of
from orderline.core.orders.guards import check_text
from orderline.core.orders.state import Order
from orderline.core.stock.state import LocationKind
from orderline.core.world import Draft


def asked_of(draft: Draft, order: Order, cause: DecisionCause, subject: Subject, to: Asked | None = None) -> Asked:
    """Whom the question is put to: customers of what concerns them, locations of their work, approvers of holds."""
    if cause is DecisionCause.CHANGE:
        return to or Asked.CUSTOMER
    if cause is DecisionCause.APPROVAL:
        return Asked.APPROVER
    location = draft.world.settings.locations.get(location_of(order, cause, subject))
    if location is None:
        return Asked.CUSTOMER
    return Asked.VENDOR if location.kind is LocationKind.VENDOR else Asked.STORE


def location_of(order: Order, cause: DecisionCause, subject: Subject) -> str:
    """The location that a question is put to; empty: it is put to people."""
    fulfillment = order.fulfillment_of(subject.fulfillment or 0) if cause is DecisionCause.LATE_WORK else None
    return fulfillment.location if fulfillment is not None else ""


def question_for(order: Order, command: DraftDecision, subject: Subject) -> str:
    """The question, with what is said beside it. Refused TEXT_NOT_ACCEPTABLE."""
    asked = question_of(order, command.cause, subject)
    note = check_text(command.note, "note", 1_000)
    return f"{asked}\n\n{note}" if note else asked
