"""Erase what is known about the people of an order. Its journal names tokens alone, so nothing else changes."""

from collections.abc import Iterable

import msgspec

from orderline.core.context import Context
from orderline.core.orders.commands import OrderCommand
from orderline.core.orders.guards import check_text, known_order
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.state import Order, is_canceled
from orderline.core.people.events import PeopleErased
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.ids import OrderId, PersonToken


class ErasePeople(OrderCommand, frozen=True, gc=False, kw_only=True, tag="erase_people"):
    """Erase the personal data of an order that is at its end: names, streets, emails, phones, and its labels.

    people: the tokens of those to be erased; all of the order, when none is given.
    """

    people: tuple[PersonToken, ...] = ()
    reason: str = ""


class OrderOfPerson(msgspec.Struct, frozen=True):
    """An order that somebody placed (`customer`), or that only comes to them, under one of their tokens."""

    order: OrderId
    number: str
    token: PersonToken
    customer: bool


def decide_erase_people(draft: Draft, command: ErasePeople, context: Context) -> None:
    """Refused ORDER_NOT_DONE: somebody may still have to be reached. PERSON_UNKNOWN, NOTHING_TO_DO: they are erased."""
    order = known_order(draft.world, command)
    everyone = people_of(order)
    for index, token in enumerate(command.people):
        if token not in everyone:
            raise Refused(R.PERSON_UNKNOWN, field=f"people[{index}]", value=str(token))
    if not is_over(order):
        raise Refused(R.ORDER_NOT_DONE, value=order.number, unblock="operations: close the order first")
    reason = check_text(command.reason, "reason", 500)
    wanted = tuple(token for token in command.people or everyone if token not in order.erased)
    if not wanted:
        raise Refused(R.NOTHING_TO_DO, value=order.number)
    draft.tell(order.id, PeopleErased(tuple(dict.fromkeys(wanted)), context.now, reason))


def erasures(found: Iterable[OrderOfPerson], reason: str) -> list[ErasePeople]:
    """What erases a person: all people of the orders they placed, and themselves alone in those of others."""
    tokens: dict[OrderId, list[PersonToken]] = {}
    placed: set[OrderId] = set()
    for each in found:
        tokens.setdefault(each.order, []).append(each.token)
        if each.customer:
            placed.add(each.order)
    return [
        ErasePeople(order=order, people=() if order in placed else tuple(theirs), reason=reason)
        for order, theirs in tokens.items()
    ]


def people_of(order: Order) -> tuple[PersonToken, ...]:
    """The tokens of all people of an order, the customer first; of earlier agreements as well."""
    recipients = (group.recipient for agreement in order.agreements for group in agreement.groups)
    # where it went is known of the company, whatever becomes of the order
    kept = order.company.recipient if order.company is not None else None
    recipients = (token for token in recipients if token != kept)
    return tuple(dict.fromkeys((order.person, *recipients)))


def is_over(order: Order) -> bool:
    """Is nobody to be reached any more: closed, or canceled as a whole with no money under way?"""
    if order.closed_at is not None:
        return True
    return all(map(is_canceled, order.lines)) and not any(tender.requests for tender in order.tenders)
