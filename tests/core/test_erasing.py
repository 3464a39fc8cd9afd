"""Whom it takes to erase a person: all people of their own orders, themselves alone in those of others."""

from uuid import UUID

from orderline.core.people.erasing import ErasePeople, OrderOfPerson, erasures
from orderline.values.ids import OrderId, PersonToken

OWN, OTHERS = OrderId(UUID(int=1)), OrderId(UUID(int=2))
CUSTOMER, FIRST, SECOND = (PersonToken(UUID(int=10 + each)) for each in range(3))


def test_all_that_a_person_is_in_an_order_of_somebody_else_is_erased() -> None:
    found = [
        OrderOfPerson(OWN, "SO-1", FIRST, customer=False),
        OrderOfPerson(OWN, "SO-1", CUSTOMER, customer=True),
        OrderOfPerson(OTHERS, "SO-2", FIRST, customer=False),
        OrderOfPerson(OTHERS, "SO-2", SECOND, customer=False),
    ]
    assert erasures(found, "asked") == [
        ErasePeople(order=OWN, reason="asked"),
        ErasePeople(order=OTHERS, people=(FIRST, SECOND), reason="asked"),
    ]
