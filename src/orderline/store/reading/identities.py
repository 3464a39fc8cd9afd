"""Who may be the same person: other orders whose customer is like that of an order. What is known of people stays here."""

from datetime import datetime
from uuid import UUID

import msgspec

from orderline.core.identities.state import Likeness, is_suggested
from orderline.core.people.normal import normal_address, normal_email, normal_name, normal_phone
from orderline.store.reading.source import Source
from orderline.store.working import KnownPerson, people_of

# Orders that are compared: more by one name are seldom one person's.
MOST = 500


class AlikeOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Another order, and in what its customer is like the one asked about."""

    order: UUID
    number: str
    channel: str
    placed_at: datetime
    alike: tuple[Likeness, ...]


def load_alike(source: Source, order: UUID) -> list[AlikeOrder]:
    """Orders whose customers are alike enough to be suggested as the same person, the newest first."""
    customers = people_of(source.rows("identities", "customer_of", order=order))
    asked = next(iter(customers.values()), None)
    if asked is None:
        return []
    rows = source.rows(
        "identities", "alike_customers", order=order, email=asked.email, called=asked.name, most=MOST
    )  # fmt: skip
    people = people_of(row[4:9] for row in rows)
    found: list[AlikeOrder] = []
    for row in rows:
        alike = alike_in(asked, people[row[4]], card=bool(row[9]))
        if is_suggested(alike):
            found.append(AlikeOrder(order=row[0], number=row[1], channel=row[2], placed_at=row[3], alike=alike))
    return found


def alike_in(one: KnownPerson, other: KnownPerson, *, card: bool) -> tuple[Likeness, ...]:
    """In what two are alike, by normal forms; what neither has told says nothing."""
    pairs = (
        (Likeness.EMAIL, normal_email(one.email), normal_email(other.email)),
        (Likeness.PHONE, normal_phone(one.phone), normal_phone(other.phone)),
        (Likeness.ADDRESS, normal_address(one.address), normal_address(other.address)),
        (Likeness.NAME, normal_name(one.name), normal_name(other.name)),
    )
    alike = [kind for kind, this, that in pairs if this and this == that]
    return (*alike, Likeness.CARD) if card else tuple(alike)
