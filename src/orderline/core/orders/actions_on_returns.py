"""Which commands on returns an order allows, as it stands."""

from collections.abc import Callable
from enum import StrEnum

from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.state import STOCKED, Order
from orderline.core.returns.concerns import alarm_of
from orderline.core.returns.refusals import ReturnRefusal
from orderline.core.returns.sending_back import may_go_back
from orderline.core.returns.standing import is_open
from orderline.core.returns.state import Custody, ReturnItem, ReturnMoney

Why = tuple[StrEnum, str] | None


def may_request(order: Order) -> Why:
    """Has anything gone to the customer that may come back?"""
    if order.history:
        return R.ORDER_CLOSED, ""
    there = any(line.kind in STOCKED and line.units.shipped + line.units.delivered for line in order.lines)
    return None if there else (ReturnRefusal.RETURN_NOT_SENT, "support: cancel instead")


def in_custody(*custody: Custody) -> Callable[[Order], Why]:
    """Is there an item of a return whose goods are at one of these steps?"""

    def why(order: Order) -> Why:
        if any(item.custody in custody for each in order.returns for item in each.items):
            return None
        return (ReturnRefusal.RETURN_ITEM_STATE if order.returns else ReturnRefusal.RETURN_UNKNOWN), ""

    return why


def is_to_assess(order: Order) -> Why:
    """Are goods here that are to be repaired, and nobody has looked at?"""
    return _with_items(order, lambda item: item.custody is Custody.RECEIVED and item.terms.service)


def is_to_grade(order: Order) -> Why:
    """Are goods here that nobody has looked at?"""
    return _with_items(order, lambda item: item.custody is Custody.RECEIVED and not item.terms.service)


def is_undecided(order: Order) -> Why:
    """Is there an item whose money nobody has decided of?"""
    return _with_items(order, lambda item: item.money is ReturnMoney.NOT_DUE and not item.terms.service)


def is_creditable(order: Order) -> Why:
    """Is there an item whose money was not given?"""
    return _with_items(order, lambda item: item.money not in (ReturnMoney.CREDITED, ReturnMoney.WAIVED))


def goes_back(order: Order) -> Why:
    """Are there goods that may go back to the customer?"""
    return _with_items(order, may_go_back)


def is_unsettled(order: Order) -> Why:
    """Was money given for goods that never came, or not for goods that did?"""
    return _with_items(order, lambda item: is_open(item) and alarm_of(item) is not None)


def _with_items(order: Order, fits: Callable[[ReturnItem], bool]) -> Why:
    if any(fits(item) for each in order.returns for item in each.items):
        return None
    return (ReturnRefusal.RETURN_ITEM_STATE if order.returns else ReturnRefusal.RETURN_UNKNOWN), ""
