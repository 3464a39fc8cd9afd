"""What an amendment changes of an order, and which decision requests it waits for: told by events alone."""

from msgspec.structs import replace

from orderline.core.decisions.asking import OpenDecision
from orderline.core.moves import Units
from orderline.core.orders.agreed_events import DecisionClosed, DecisionOpened
from orderline.core.orders.state import AgreedLine, Agreement, Line, LineKind, Order


def amended(order: Order, agreement: Agreement) -> Order:
    """The order with its next agreement; its lines are fulfilled as that says, and those that are new wait."""
    kinds = {line.line: line.kind for line in agreement.lines}
    known = {line.line for line in order.lines}
    lines = (
        *(line if kinds[line.line] is line.kind else replace(line, kind=kinds[line.line]) for line in order.lines),
        *(
            Line(line.line, line.sku, units_of(line), line.kind, line.group, line.parent)
            for line in agreement.lines
            if line.line not in known
        ),
    )
    return replace(order, lines=lines, agreements=(*order.agreements, agreement))


def units_of(agreed: AgreedLine) -> Units:
    """The units of a line that was just agreed; a bundle's stand on its components."""
    return Units() if agreed.kind is LineKind.BUNDLE else Units(unplanned=agreed.quantity)


def told_of(order: Order, agreement: Agreement) -> str:
    """Which notice tells the customer of an agreement; empty: none does."""
    new = agreement.lines[len(order.agreements[agreement.number - 2].lines) :]
    if any(line.replaces for line in new):
        return "order_substituted"
    return "order_changed" if agreement.reason else ""


def evolve_open(
    decisions: tuple[OpenDecision, ...], event: DecisionOpened | DecisionClosed
) -> tuple[OpenDecision, ...]:
    """The open decision requests of an order after an event; one that is told again stands anew."""
    told = event.decision.id if isinstance(event, DecisionOpened) else event.decision
    others = tuple(each for each in decisions if each.id != told)
    return (*others, event.decision) if isinstance(event, DecisionOpened) else others
