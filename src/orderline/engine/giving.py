"""What is looked up for change sets that give money or take goods back: budgets, limits, and the policy of the time of the sale."""

from msgspec.structs import replace

from orderline.core.appeasements.state import AppeasementLimits, Giving, budgets_for
from orderline.core.changes.actions import Appease, ReturnUnits
from orderline.core.changes.commands import ChangeOrder, UndoChange
from orderline.core.orders.refusals import OrderRefusal
from orderline.engine.returning import policy_at_sale
from orderline.store.database import Database
from orderline.store.working import read_orders
from orderline.values.failures import Refused
from orderline.values.ids import OrderId


def giving_for(database: Database, order_id: OrderId, limits: AppeasementLimits | None, by: str) -> Giving:
    """Who gives on an order, within which limits, counted on which budgets; those that were counted on before as well.

    Refused ORDER_UNKNOWN.
    """
    order = read_orders(database, [order_id]).get(order_id)
    if order is None:
        raise Refused(OrderRefusal.ORDER_UNKNOWN, field="order", value=str(order_id))
    last = order.credits[-1].counted if order.credits else ()
    budgets = dict.fromkeys((*budgets_for(order.channel, limits, by), *last))
    return Giving(by=by, limits=limits, budgets=tuple(budgets))


def filled(
    database: Database, command: ChangeOrder | UndoChange, limits: AppeasementLimits | None, by: str
) -> ChangeOrder | UndoChange:
    """A change set with what is looked up for it, whatever was said there before."""
    actions = command.actions if isinstance(command, ChangeOrder) else ()
    gives = isinstance(command, UndoChange) or any(isinstance(each, Appease) for each in actions)
    returns = any(isinstance(each, ReturnUnits) for each in actions)
    return replace(
        command,
        giving=giving_for(database, command.order, limits, by) if gives else None,
        policy=policy_at_sale(database, command.order) if returns else None,
    )
