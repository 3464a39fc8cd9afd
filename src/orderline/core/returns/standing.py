"""Where returns stand: which items still need something, and what; what is wrong between goods and money."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from orderline.core.returns.state import Custody, Return, ReturnItem, ReturnMoney, WayBack

if TYPE_CHECKING:
    from orderline.core.orders.state import Order

DECIDE_WITHIN: Final = timedelta(days=2)
RECEIVE_WITHIN: Final = timedelta(days=14)
HERE_WITHIN: Final = timedelta(days=1)
TRACE_WITHIN: Final = timedelta(days=2)
GRADE_WITHIN: Final = timedelta(days=2)
SETTLE_WITHIN: Final = timedelta(days=3)
_GIVEN_UP: Final = frozenset({Custody.DECLINED, Custody.WITHDRAWN, Custody.EXPIRED})
_ENDED: Final = frozenset({Custody.DECLINED, Custody.WITHDRAWN, Custody.DISPOSED})


class Waiting(NamedTuple):
    """What an item waits for, of whom, and until when."""

    what: str
    owner: str
    due_at: datetime
    returned: Return
    item: ReturnItem


def is_open(item: ReturnItem) -> bool:
    """Does anybody have to do anything about it yet?"""
    if item.terms.keep and item.money is ReturnMoney.CREDITED:
        return False
    if item.custody is Custody.EXPIRED:
        return item.money is ReturnMoney.CREDITED
    return item.custody not in _ENDED


def is_awaited(returned: Return) -> bool:
    """Has it items whose goods may come, or are here, and whose money was not decided?"""
    return any(item.money is ReturnMoney.NOT_DUE and item.custody not in _GIVEN_UP for item in returned.items)


def has_open_returns(order: "Order") -> bool:
    """Is anything of the order's returns still open?"""
    return any(is_open(item) for each in order.returns for item in each.items)


def paid_for_missing(order: "Order") -> int:
    """Units that the customer was given the money for, or others, and need not send back."""
    items = (item for each in order.returns for item in each.items)
    return sum(item.quantity for item in items if item.terms.keep and item.money is ReturnMoney.CREDITED)


def waiting_items(order: "Order") -> Iterable[Waiting]:
    """What the open items of an order's returns wait for."""
    for each in order.returns:
        for item in each.items:
            if is_open(item):
                yield _waiting(each, item)


def _waiting(returned: Return, item: ReturnItem) -> Waiting:
    location = item.location or returned.to or "support"
    match item.custody:
        case Custody.REQUESTED:
            return Waiting("decide_return", "support", returned.requested_at + DECIDE_WITHIN, returned, item)
        case Custody.APPROVED:
            due_at = returned.expires_at or returned.requested_at + RECEIVE_WITHIN
            return Waiting("send_return", "customer", due_at, returned, item)
        case Custody.IN_TRANSIT if returned.way is WayBack.LOST:
            return Waiting("trace_return", "support", _tracked(returned) + TRACE_WITHIN, returned, item)
        case Custody.IN_TRANSIT if returned.way is WayBack.DELIVERED:
            return Waiting("receive_return", location, _tracked(returned) + HERE_WITHIN, returned, item)
        case Custody.IN_TRANSIT:
            return Waiting("receive_return", location, returned.moved_at + RECEIVE_WITHIN, returned, item)
        case Custody.RECEIVED:
            return Waiting("grade_return", location, returned.moved_at + GRADE_WITHIN, returned, item)
        case Custody.GRADED:
            return Waiting("dispose_return", location, returned.moved_at + GRADE_WITHIN, returned, item)
        case _:
            return Waiting("settle_expired_return", "support", returned.moved_at + SETTLE_WITHIN, returned, item)


def _tracked(returned: Return) -> datetime:
    return returned.tracked_at or returned.moved_at
