"""A ticket as its one event tells it."""

from orderline.core.records import RecordKind, Window
from orderline.core.tickets.state import Ticket, TicketTaken


def evolve_ticket(ticket: Ticket | None, event: TicketTaken) -> Ticket:
    """The ticket after its event."""
    return Ticket(
        id=event.id,
        location=event.location,
        till=event.till,
        sequence=event.sequence,
        lines=event.lines,
        at=event.at,
        reference=event.reference,
    )


def _window(ticket: Ticket) -> Window:
    return Window(ticket.state, ticket.location)


TICKET = RecordKind("ticket", Ticket, TicketTaken, evolve_ticket, _window)
