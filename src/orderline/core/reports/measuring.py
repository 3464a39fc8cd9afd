"""Measure an order: what it counts as, on which day, by what it is sliced. A pure function of its journal.

What happened stands with its own instant (`following`); what can only be told of the order as it stands, such as whether
its promise was kept or what it has brought in, stands here. Test orders and history count for nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from orderline.core.ledger.events import MoneyPosted
from orderline.core.ledger.state import Account
from orderline.core.orders.events import PromiseRevised
from orderline.core.orders.promised import PromiseOutcome
from orderline.core.orders.state import LineKind, Order, Parcel, ParcelState, Shipment
from orderline.core.reports.following import Follower
from orderline.core.reports.measures import Decided, Measure, Parts, Slices, Told, seconds_between, word_of
from orderline.core.reports.sheet import Sheet
from orderline.core.returns.policy import REASONS
from orderline.core.returns.state import Custody, Disposition, ReturnItem
from orderline.values.ids import DecisionId

A = Account
M = Measure

# What the accounts of the ledger are of the margin of an order. Provider's fees that are told with payouts are of no one order.
CONTRIBUTIONS: Final = {
    A.REVENUE_GOODS: "revenue",
    A.REVENUE_SHIPPING: "revenue",
    A.REVENUE_OTHER: "revenue",
    A.DISCOUNTS: "revenue",
    A.RETURNS_ALLOWANCES: "returns",
    A.FEE_REVENUE: "returns",
    A.APPEASEMENT: "appeasements",
    A.SELLER_GOODS: "sellers",
    A.COMMISSIONS: "sellers",
    A.DISPUTE_LOSS: "losses",
    A.WRITE_OFF: "losses",
    A.FEES: "losses",
}
_GIVEN_UP: Final = (Custody.DECLINED, Custody.WITHDRAWN, Custody.EXPIRED)


def measured(order: Order, told: Iterable[Told], decided: Mapping[DecisionId, Decided]) -> Parts:
    """All parts of an order. told: its journal up to where `order` stands, in full."""
    if order.is_test or order.history:
        return {}
    sheet = Sheet(order, decided)
    follower = Follower(order, sheet)
    posted: dict[tuple[str, str], int] = defaultdict(int)
    revised = False
    sheet.put(M.ORDERS, order.accepted_at, sheet.at(), sheet.units, 1)
    for number, entry in enumerate(told):
        if entry.by_hand and number:
            sheet.put(M.TOUCHES, entry.at, sheet.at(reason=entry.command), 1)
        follower.follow(entry.events)
        for event in entry.events:
            if isinstance(event, MoneyPosted):
                for each in event.posted.entries:
                    if (kind := CONTRIBUTIONS.get(each.account)) is not None:
                        posted[kind, event.posted.currency] -= each.amount_minor
            elif isinstance(event, PromiseRevised):
                revised = True
    follower.end()
    _promises(order, sheet)
    _risk(order, sheet, astray=bool(follower.astray), revised=revised)
    left = _shipments(order, sheet)
    _returns(order, sheet)
    _money(order, sheet, left, posted)
    return sheet.parts()


def _promises(order: Order, sheet: Sheet) -> None:
    """Promises of lines that have ended, by the parcel that came last."""
    for promise in order.promises:
        if promise.outcome not in (PromiseOutcome.KEPT, PromiseOutcome.MISSED) or promise.settled_at is None:
            continue
        at, about = promise.settled_at, _last_way(order, sheet, promise.line)
        sheet.put(M.PROMISES, at, about, 1 if promise.outcome is PromiseOutcome.KEPT else 0, 1)
        sheet.put(M.DELAYS, at, about, seconds_between(promise.first.latest_at, at), 1)
        if promise.outcome is PromiseOutcome.MISSED:
            cause = promise.cause.value if promise.cause is not None else ""
            sheet.put(M.MISSES, at, about._replace(reason=word_of(cause)), 1)


def _risk(order: Order, sheet: Sheet, *, astray: bool, revised: bool) -> None:
    """Is a customer likely to ask where the order is? Told on the day on which what was promised first ends."""
    promises = [each for each in order.promises if each.outcome is not PromiseOutcome.VOID]
    if not promises:
        return
    last = max(promises, key=lambda each: each.first.latest_at)
    about = _last_way(order, sheet, last.line)
    reasons = [
        *(["not there in time"] if any(each.outcome is not PromiseOutcome.KEPT for each in promises) else []),
        *(["parcel astray"] if astray else []),
        *(["promise revised"] if revised else []),
    ]
    sheet.put(M.DUE, last.first.latest_at, about, 1 if reasons else 0, 1)
    if reasons:
        sheet.put(M.AT_RISK, last.first.latest_at, about._replace(reason=reasons[0]), 1)


def _last_way(order: Order, sheet: Sheet, line: int) -> Slices:
    """The slices of how the units of a line came: of the parcel that moved last; of the fulfillment order, without any."""
    parcels = [
        each
        for each in order.parcels
        if each.state is not ParcelState.VOIDED and not each.returned and any(item.line == line for item in each.items)
    ]
    if parcels:
        last = max(
            parcels, key=lambda each: (each.moved_at is not None, each.moved_at or order.accepted_at, each.number)
        )
        return sheet.at_fulfillment(last.fulfillment)._replace(carrier=_carrier(order, last))
    for each in reversed(order.fulfillments):
        if any(item.line == line and item.units.total() > item.units.canceled for item in each.items):
            return sheet.at_fulfillment(each.number)
    found = order.line_of(line)
    return sheet.at(found.group if found is not None else 0)


def _carrier(order: Order, parcel: Parcel) -> str:
    shipment = next((each for each in order.shipments if each.number == parcel.shipment), None)
    return parcel.carrier or (shipment.carrier if shipment is not None else "")


def _shipments(order: Order, sheet: Sheet) -> list[Shipment]:
    """Shipments that have left to the customer, in the order of their time."""
    back = {each.number for each in order.parcels if each.returned}
    left = [each for each in order.shipments if each.undone_at is None and not back.issuperset(each.parcels)]
    left.sort(key=lambda each: (each.handed_over_at, each.number))
    for each in left:
        about = sheet.at_fulfillment(each.fulfillment)._replace(carrier=each.carrier, location=each.location)
        took = max(0, seconds_between(order.accepted_at, each.handed_over_at))
        sheet.put(M.SHIPMENTS, each.handed_over_at, about, took, 1)
    if left:
        about = sheet.at_fulfillment(left[0].fulfillment)._replace(carrier=left[0].carrier, location=left[0].location)
        sheet.put(M.SPLITS, left[0].handed_over_at, about, 1 if len(left) > 1 else 0, 1)
    return left


def _returns(order: Order, sheet: Sheet) -> None:
    """Units that customers want to give back: by when they asked, and by when they had bought them."""
    for line in order.lines:
        if line.kind is not LineKind.BUNDLE and line.units.gone:
            about = sheet.at(line.group, sku=line.sku)
            sheet.put(M.COHORT_SENT, order.accepted_at, about, line.units.gone)
    for back in order.returns:
        for item in back.items:
            line = order.line_of(item.line)
            if line is None or not _counts(item):
                continue
            about = sheet.at(line.group, sku=line.sku, reason=word_of(item.reason))
            sheet.put(M.RETURNED, back.requested_at, about, item.quantity)
            sheet.put(M.COHORT_RETURNED, order.accepted_at, about, item.quantity)
            if REASONS.get(item.reason) == "wrong":
                wrong = sheet.at(line.group, location=_sent_from(order, item.line), reason=f"returned: {item.reason}")
                sheet.put(M.PICK_ERRORS, back.requested_at, wrong, item.quantity)


def _counts(item: ReturnItem) -> bool:
    """Not what was declined or never came, nor what is only to be repaired."""
    return item.custody not in _GIVEN_UP and not item.terms.service


def _sent_from(order: Order, line: int) -> str:
    """The location that a line was served from; the last one, of several."""
    for each in reversed(order.fulfillments):
        if any(item.line == line and item.units.gone for item in each.items):
            return each.location
    return ""


def _money(order: Order, sheet: Sheet, left: list[Shipment], posted: Mapping[tuple[str, str], int]) -> None:
    """What an order costs to serve, on the day on which it first left; what it brings in, on that of its acceptance."""
    costs = _costs(order, sheet, left)
    if left:
        about = sheet.at_fulfillment(left[0].fulfillment)._replace(location=left[0].location)
        first = left[0].handed_over_at
        for currency in {order.currency, *(currency for _, currency in costs)}:
            sheet.put(M.COSTS, first, about._replace(currency=currency), 0, 1)
        for (kind, currency), minor in costs.items():
            sheet.put(M.COSTS, first, about._replace(reason=kind, currency=currency), minor)
    revenue = {currency for kind, currency in posted if kind == "revenue"}
    if not revenue:
        return
    about = sheet.at_fulfillment(left[0].fulfillment)._replace(location="") if left else sheet.at()
    for currency in revenue:
        _margin(sheet, about, "", currency, 0, 1)
    for (kind, currency), minor in posted.items():
        _margin(sheet, about, kind, currency, minor)
    for (kind, currency), minor in costs.items():
        _margin(sheet, about, kind, currency, -minor)
    _margin(sheet, about, "goods", order.currency, -_goods(order))


def _margin(sheet: Sheet, about: Slices, kind: str, currency: str, amount: int, number: int = 0) -> None:
    at: datetime = sheet.order.accepted_at
    sheet.put(M.MARGIN, at, about._replace(reason=kind, currency=currency), amount, number)


def _costs(order: Order, sheet: Sheet, left: list[Shipment]) -> dict[tuple[str, str], int]:
    """Labels as they were bought, and work as the routing decision has reckoned it; by kind and currency."""
    costs: dict[tuple[str, str], int] = defaultdict(int)
    for parcel in order.parcels:
        if parcel.cost_minor and parcel.state is not ParcelState.VOIDED:
            costs["shipping", parcel.cost_currency or order.currency] += parcel.cost_minor
    for back in order.returns:
        if back.label is not None and back.label.cost_minor:
            costs["return shipping", back.label.cost_currency or order.currency] += back.label.cost_minor
    served = {each.fulfillment for each in left}
    made = {each.decision for each in order.fulfillments if each.number in served and each.decision is not None}
    for decision in made:
        if (known := sheet.decided.get(decision)) is not None and known.labor_minor:
            costs["labor", order.currency] += known.labor_minor
    return costs


def _goods(order: Order) -> int:
    """What the goods have cost that have gone, less those that are for sale again: `cost_minor` of a line, of each unit."""
    prices = {each.line: each.custom.get("cost_minor", 0) for each in order.agreement.lines}
    units = {line.line: line.units.gone for line in order.lines}
    for back in order.returns:
        for item in back.items:
            if item.disposition is Disposition.RESTOCK and item.custody is Custody.DISPOSED and not item.terms.service:
                units[item.line] = units.get(item.line, 0) - item.quantity
    total = 0
    for line, quantity in units.items():
        price = prices.get(line, 0)
        if isinstance(price, int) and not isinstance(price, bool):
            total += price * quantity
    return total
