"""Customers said to be one person and not, and links by which they see their orders."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random
from typing import Any

from orderline.core.credits.merging import MergeCredits
from orderline.core.customer_links.decide import MakeCustomerLink, RevokeCustomerLink
from orderline.core.customer_links.policy import LinkMay
from orderline.core.identities.decide import MergeCustomers, UndoMerge
from orderline.core.orders.commands import Command
from orderline.core.orders.state import Order
from support.shop import NOON


def person_command(dice: Random, orders: Sequence[Order], known: Callable[[str], Sequence[Any]]) -> Command:
    """What is said of who has ordered, or let them see it; most of it suits what there is."""
    name = f"{dice.getrandbits(30):x}"
    identities, links = known("identity"), known("customer_link")
    match dice.randrange(4):
        case 0 if identities:
            one = dice.choice(identities)
            if dice.random() < 0.4:
                return MergeCredits(identity=one.id, among=one.orders)
            return UndoMerge(identity=one.id, among=one.orders[: dice.choice([99, 99, 1])], reason="apart")
        case 1 if links:
            return RevokeCustomerLink(link=dice.choice(links).id, reason=dice.choice(["", "lost"]))
        case 2:
            may = tuple(dice.sample(list(LinkMay), dice.randint(0, 3)))
            until = dice.choice([None, NOON + timedelta(days=dice.randint(-1, 500))])
            return MakeCustomerLink(link=name, order=dice.choice(orders).id, token_hash=name, may=may, until=until)
        case _:
            among = tuple(each.id for each in dice.choices(orders, k=dice.randint(1, 3)))
            return MergeCustomers(identity=name, among=among, reason=dice.choice(["same email", ""]))
