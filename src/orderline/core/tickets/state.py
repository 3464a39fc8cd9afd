"""A ticket: what one till has done with one customer. It is a fact; it is taken in once and never changes."""

from datetime import datetime
from enum import StrEnum

import msgspec

from orderline.core.records import Record, RecordEvent
from orderline.core.stock.lots import LotUnits
from orderline.values.ids import OrderId


class TicketState(StrEnum):
    """A ticket that is known has had its effect."""

    TAKEN = "taken"


class TicketKind(StrEnum):
    """What a line of a ticket did: goods left the store, or came back."""

    SALE = "sale"
    RETURN = "return"


class Condition(StrEnum):
    """How goods came back; decides where on the shelf they stand."""

    SELLABLE = "sellable"
    DAMAGED = "damaged"
    TO_INSPECT = "to_inspect"


class TicketLine(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """Units of a SKU. order, line: of the order that returned units were bought with, when that was not in the store.

    before_count: units of a sale that a count or snapshot taken since had missed on the shelf already.
    """

    kind: TicketKind
    sku: str
    quantity: int
    condition: Condition = Condition.SELLABLE
    order: OrderId | None = None
    line: int = 0
    before_count: int = 0
    lots: tuple[LotUnits, ...] = ()


class Ticket(Record, frozen=True, kw_only=True):
    """What a till told, by its own number."""

    id: str
    location: str
    till: str
    sequence: int
    lines: tuple[TicketLine, ...]
    at: datetime
    reference: str = ""
    state: TicketState = TicketState.TAKEN


class TicketTaken(RecordEvent, frozen=True, kw_only=True, tag="ticket_taken"):
    """A till's ticket was taken in, and the shelf with it."""

    id: str
    location: str
    till: str
    sequence: int
    lines: tuple[TicketLine, ...]
    at: datetime
    reference: str = ""
