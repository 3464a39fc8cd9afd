"""Why a ticket is not taken in; when several apply, the first wins."""

from enum import StrEnum


class TicketRefusal(StrEnum):
    TICKET_UNKNOWN = "TICKET_UNKNOWN"
    TICKET_NUMBER = "TICKET_NUMBER"
    TICKET_KNOWN = "TICKET_KNOWN"
    TICKET_DIFFERS = "TICKET_DIFFERS"
    TICKET_LINES = "TICKET_LINES"
    RETURN_NOT_DELIVERED = "RETURN_NOT_DELIVERED"
