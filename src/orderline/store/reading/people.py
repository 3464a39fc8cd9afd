"""What is known of somebody, by email address: for those who ask what it is, or want it gone."""

from typing import Final
from uuid import UUID

import msgspec

from orderline.core.people.erasing import OrderOfPerson
from orderline.store.reading.documents import PARTS, OrderAsked, load_order_documents
from orderline.store.reading.source import Source

MOST_AT_ONCE: Final = 100
FIRST: Final = UUID(int=0)


def orders_of_email(source: Source, email: str, after: UUID, most: int) -> list[OrderOfPerson]:
    """Orders after one, by id; a row for each of their people who have the address."""
    rows = source.rows("people", "orders_by_email", email=email, after=after, most=most)
    return [OrderOfPerson(order, number, token, customer) for order, token, customer, number in rows]


def some_orders(source: Source, email: str, after: UUID) -> tuple[list[OrderOfPerson], UUID | None]:
    """Some orders of a person after one, and behind which to go on; all of the people that an order has of them."""
    found = orders_of_email(source, email, after, MOST_AT_ONCE + 1)
    if len(found) <= MOST_AT_ONCE:
        return found, None
    kept = [each for each in found if each.order != found[-1].order] or found
    return kept, kept[-1].order


def documents_of(source: Source, found: list[OrderOfPerson]) -> list[msgspec.Raw]:
    """The orders that they placed, as they are read by those who see people in full."""
    parts = PARTS - {"actions"}
    asked = [OrderAsked(id=each.order, number="", parts=parts) for each in found if each.customer]
    return [msgspec.Raw(read.body) for read in load_order_documents(source, asked) if read is not None]
