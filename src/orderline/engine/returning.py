"""Returns before they are asked for: by which policy they go, and what they would give."""

from datetime import datetime

import msgspec

from orderline.core.context import Actor
from orderline.core.orders.credited import Credit
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.orders.state import Order
from orderline.core.policies.state import PolicyKind
from orderline.core.returns.amounts import credit_for
from orderline.core.returns.commands import PolicyReference, RequestReturn
from orderline.core.returns.policy import policy_of
from orderline.core.returns.state import CustomerHistory, Return
from orderline.engine.previewing import order_after
from orderline.store.database import Database
from orderline.store.holds import count_earlier, count_returned
from orderline.store.policies import load_policies
from orderline.store.working import load_people, read_orders
from orderline.values.failures import Refused
from orderline.values.ids import OrderId


class ReturnQuote(msgspec.Struct, frozen=True):
    """A return as it would be opened, and the credit it would come to if all goods came back as they went.

    instead_minor: what is sent in exchange costs; balance_minor: what of it the customer pays; below zero: gets back.
    """

    opened: Return
    credit: Credit
    currency: str
    instead_minor: int = 0
    balance_minor: int = 0


def policy_at_sale(database: Database, order_id: OrderId) -> PolicyReference | None:
    """The return policy that held when an order was placed; None: the one that is built in. Refused ORDER_UNKNOWN."""
    return _policy(database, _order(database, order_id))


def quote_return(database: Database, command: RequestReturn, actor: Actor, now: datetime) -> ReturnQuote:
    """What a return would be and give; nothing is kept. Raises what asking for it would be refused for."""
    reference = policy_at_sale(database, command.order)
    after = order_after(database, msgspec.structs.replace(command, policy=reference), actor, now)
    opened = after.returns[-1]
    before = msgspec.structs.replace(after, credits=after.credits[: len(_order(database, command.order).credits)])
    paid = [each for each in opened.items if not each.terms.service]
    credit = credit_for(before, opened, paid, actor.name)
    lines = opened.exchange.lines if opened.exchange is not None else ()
    instead = sum(each.total_minor for each in after.agreement.lines if each.line in lines and each.parent is None)
    return ReturnQuote(opened, credit, after.currency, instead, instead - credit.total_minor)


def _order(database: Database, order_id: OrderId) -> Order:
    found = read_orders(database, [order_id]).get(order_id)
    if found is None:
        raise Refused(OrderRefusal.ORDER_UNKNOWN, field="order", value=str(order_id))
    return found


def _policy(database: Database, order: Order) -> PolicyReference | None:
    found = policy_of(load_policies(database, PolicyKind.RETURNS), order)
    if found is None:
        return None
    policy, number = found
    return PolicyReference(policy.id, number, policy.versions[number - 1].digest, _history(database, order))


def _history(database: Database, order: Order) -> CustomerHistory:
    person = load_people(database, {order.person}).get(order.person)
    if person is None or not person.email:
        return CustomerHistory()
    emails = {order.id: person.email}
    orders, units = count_returned(database, emails).get(order.id, (0, 0))
    earlier = count_earlier(database, emails).get(order.id, 0)
    return CustomerHistory(orders=earlier, returned_orders=orders, returned_units=units)
