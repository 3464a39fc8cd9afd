"""Where returns stand: which items still need something, and what; what is wrong between goods and money."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from orderline.core.orders.parcels import UNDER_WAY
from orderline.core.returns.concerns import alarm_of
from orderline.core.returns.state import Custody, Return, ReturnItem, ReturnMoney, WayBack

if TYPE_CHECKING:
    from orderline.core.orders.state import Order, Parcel

DECIDE_WITHIN: Final = timedelta(days=2)
RECEIVE_WITHIN: Final = timedelta(days=14)
HERE_WITHIN: Final = timedelta(days=1)
TRACE_WITHIN: Final = timedelta(days=2)
GRADE_WITHIN: Final = timedelta(days=2)
ANSWER_WITHIN: Final = timedelta(days=14)
REPAIR_WITHIN: Final = timedelta(days=14)
_GIVEN_UP: Final = frozenset({Custody.DECLINED, Custody.WITHDRAWN, Custody.EXPIRED, Custody.SENT_BACK})
_CAME: Final = frozenset(Custody) - {
    Custody.REQUESTED, Custody.APPROVED, Custody.IN_TRANSIT, Custody.DECLINED, Custody.WITHDRAWN, Custody.EXPIRED,
}  # fmt: skip
# Why customers ask for goods that never came.
CLAIMED_LOST: Final = frozenset({"missing", "lost"})
_ENDED: Final = frozenset({*_GIVEN_UP, Custody.DISPOSED})


class Waiting(NamedTuple):
    """What an item waits for, of whom, and until when."""

    what: str
    owner: str
    due_at: datetime
    returned: Return
    item: ReturnItem


def is_open(item: ReturnItem) -> bool:
    """Does anybody have to do anything about it yet?"""
    if item.terms.keep and item.money is not ReturnMoney.NOT_DUE:
        return False
    return item.custody not in _ENDED or alarm_of(item) is not None


def is_awaited(returned: Return) -> bool:
    """Has it items whose goods may come, or are here, and whose money was not decided?"""
    undecided = (item for item in returned.items if item.money is ReturnMoney.NOT_DUE and not item.terms.service)
    return any(item.custody not in _GIVEN_UP for item in undecided)


def has_open_returns(order: "Order") -> bool:
    """Is anything of the order's returns still open?"""
    return any(is_open(item) for each in order.returns for item in each.items)


def rest_of(order: "Order", parcel: "Parcel") -> dict[int, int]:
    """Units by line of a parcel that came back, and that did not come with it: nobody has seen them since."""
    left: dict[int, int] = {}
    if parcel.state != "returned":
        return left
    mates = [e for e in order.parcels if e.fulfillment == parcel.fulfillment and e.state in UNDER_WAY]
    for item in order.fulfillments[parcel.fulfillment - 1].items:
        held = sum(each.quantity for mate in mates for each in mate.items if each.line == item.line)
        own = sum(each.quantity for each in parcel.items if each.line == item.line)
        units = min(own, item.units.shipped - held)
        if units > 0:
            left[item.line] = units
    return left


def lost_units(order: "Order") -> int:
    """Units that were lost and that nobody has settled: by a refund, by others sent, or by a claim that was declined."""
    return sum(
        max(0, line.units.lost - _settled_units(order, line.line, line.units.shipped + line.units.delivered))
        for line in order.lines
        if line.units.lost
    )


def _settled_units(order: "Order", line: int, elsewhere: int) -> int:
    """Units of a line whose loss is settled: claimed as lost, or given the money for beyond those that are elsewhere."""
    claimed = given = 0
    for each in order.returns:
        parcel = order.parcel_of(each.claimed) if each.claimed else None
        of_lost = parcel is None or parcel.state == "lost"
        for item in each.items:
            if item.line != line or item.custody in _CAME:
                continue
            paid = item.money in (ReturnMoney.CREDITED, ReturnMoney.WAIVED)
            given += item.quantity if paid else 0
            refused = item.custody is Custody.DECLINED or item.money in (ReturnMoney.DENIED, ReturnMoney.UPHELD)
            if of_lost and item.reason in CLAIMED_LOST and (paid or refused):
                claimed += item.quantity
    return max(claimed, given - elsewhere)


def waiting_items(order: "Order") -> Iterable[Waiting]:
    """What the open items of an order's returns wait for."""
    for each in order.returns:
        for item in each.items:
            if is_open(item) and item.custody not in _ENDED:
                yield _waiting(each, item)
            if is_open(item) and (alarm := alarm_of(item)) is not None:
                what, owner, within = alarm
                yield Waiting(what, owner, each.moved_at + within, each, item)


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
        case Custody.RECEIVED if item.terms.service:
            return Waiting("assess_return", location, returned.moved_at + GRADE_WITHIN, returned, item)
        case Custody.QUOTED:
            due_at = returned.expires_at or returned.moved_at + ANSWER_WITHIN
            return Waiting("answer_repair_quote", "customer", due_at, returned, item)
        case Custody.REPAIRING:
            return Waiting("finish_repair", location, returned.moved_at + REPAIR_WITHIN, returned, item)
        case Custody.UNREPAIRABLE:
            return Waiting("decide_repair", "support", returned.moved_at + DECIDE_WITHIN, returned, item)
        case Custody.REPAIRED | Custody.UNREPAIRED:
            return Waiting("send_back_return", location, returned.moved_at + GRADE_WITHIN, returned, item)
        case Custody.RECEIVED:
            return Waiting("grade_return", location, returned.moved_at + GRADE_WITHIN, returned, item)
        case _:
            return Waiting("dispose_return", location, returned.moved_at + GRADE_WITHIN, returned, item)


def _tracked(returned: Return) -> datetime:
    return returned.tracked_at or returned.moved_at
