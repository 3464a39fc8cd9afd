"""Payments compared both ways with what their providers list.

What an open request of ours is asked about is resolved by it; nothing else moves, and a person hears of what differs.
"""

import logging
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from orderline.contracts.payments import (
    CannotTell,
    Operation,
    PaymentFact,
    Query,
    Transaction,
    TransactionPage,
    TransactionState,
)
from orderline.contracts.registry import Kind
from orderline.core.orders.state import Order, PaymentKind
from orderline.store.database import Database
from orderline.store.reconciling import (
    Difference,
    answers_between,
    last_check,
    load_lonely,
    locate_payments,
    place_difference,
    position_now,
    save_check,
    settle_difference,
)
from orderline.store.working import read_orders
from orderline.values.failures import Trouble
from orderline.values.ids import OrderId
from orderline.worker.answered import (
    Answered,
    answers_in,
    answers_of,
    is_known_back,
    refunds_sent_back,
    says_sent_back,
)
from orderline.worker.facts import is_about, order_in
from orderline.worker.inbound import Inbound
from orderline.worker.told import payment_of
from orderline.worker.unpaid import unpaid
from orderline.worker.work import Work

OVERLAP: Final = timedelta(minutes=30)
PAGE: Final = 500
BY: Final = "orderline"

NEXT_STEPS: Final = {
    "unknown_here": "find out who has asked for it: give the money back at the provider, or add a tender to its order",
    "missing_there": "ask the provider: the order counts money that it does not know of",
    "differs": "compare the two at the provider, and correct the order by a tender or a refund",
    "dispute": "answer the dispute at the provider before its deadline",
}
_DISPUTES: Final = (Operation.CHARGEBACK, Operation.CHARGEBACK_REVERSED)
_logger = logging.getLogger(__name__)


async def reconcile(work: Work, inbound: Inbound) -> int:
    """Compare all payment providers; one that does not answer is compared the next time. Returns what differs."""
    found = 0
    for name in sorted(work.services.connectors):
        connector = work.services.installed.get(name)
        if connector is not None and connector.kind is Kind.PAYMENTS:
            try:
                found += await _reconcile(work, inbound, name)
            except Trouble as trouble:
                _logger.warning("payments of %s are not compared: %s", name, trouble)
    return found


async def _reconcile(work: Work, inbound: Inbound, provider: str) -> int:
    now = work.services.clock()
    # What happened so lately may be on its way to us still, or into the provider's lists.
    lists_late = timedelta(seconds=work.services.installed[provider].listed_after_s)
    until, position = now - lists_late, await work.read(position_now, work.database)
    last = await work.read(last_check, work.database, provider)
    if last is None:
        # From now on; what was before is for the provider's own reports.
        await work.read(save_check, work.database, provider, (), now, position, now)
        return 0
    since, from_position = last
    await _place_found(work, provider)
    if until <= since:
        return 0
    listed = await _listed(work, provider, since - OVERLAP)
    there = [each for each in listed if each.occurred_at < until]
    here = await work.read(_answered, work, from_position, position)
    located = await _located(work, provider, {payment_of(each) for each in there})
    wanted = {each.order for each in here} | _named(there) | set(located.values())
    orders = await work.read(read_orders, work.database, wanted)
    known = {each.event.key: each for each in here}
    unmatched = [each for each in there if each.key is None or each.key not in known]
    unread = {order for each in unmatched if (order := order_in(each.key))}
    unread |= {o.id for each in there if says_sent_back(each) and (o := _order_of(each, orders, located))}
    older = await work.read(answers_of, work.database, unread, orders)
    told = [(each, order) for each in there if (order := _order_of(each, orders, located)) is not None]
    doubted = [(each, order, provider) for each, order in told if _may_be_back(each, order)]
    back = refunds_sent_back(doubted, older)
    news = [
        (each, order.id)
        for each, order in told
        if _is_open(each, provider, order) or (_may_be_back(each, order) and (provider, each.reference) in back)
    ]
    if news:
        # We have been waiting for it, or a refund has come back: its fact was lost, or could not be asked for.
        await inbound.take_told(provider, [_fact(each) for each, _ in news])
    come_back = {id_ for each, id_ in news if says_sent_back(each)}
    fresh = orders | (await work.read(read_orders, work.database, come_back) if come_back else {})
    found = [
        d
        for each in there
        if (d := _unknown(provider, each, known | older, _order_of(each, orders, located)))
        and since <= each.occurred_at
        and not _is_seen_to(each, _order_of(each, fresh, located))
    ]
    found += await _missing(work, provider, here, {each.key for each in listed}, orders)
    found += await unpaid(work, provider, from_position, position, listed)
    await work.read(save_check, work.database, provider, found, until, position, now)
    if found:
        _logger.error("%s payments differ at %s, the first %s", len(found), provider, found[0].reference)
    return len(found)


async def _listed(work: Work, provider: str, since: datetime) -> list[Transaction]:
    partner = work.partners.partner(Kind.PAYMENTS, provider)
    transactions: list[Transaction] = []
    cursor: str | None = None
    while True:
        async with partner.calls:
            page: TransactionPage = await partner.contract.list_transactions(since, cursor=cursor, limit=PAGE)
        transactions += page.transactions
        if page.cursor is None or page.cursor == cursor:
            return transactions
        cursor = page.cursor


def _unknown(provider: str, there: Transaction, known: dict[str, Answered], order: Order | None) -> Difference | None:
    """What is wrong with a transaction as the provider has it; nothing, as a rule."""
    if there.operation in _DISPUTES:
        if order is not None and any(each.reference == there.reference for each in order.disputes):
            return None  # the order knows, and somebody is asked to answer
        return _difference(provider, "dispute", there, order.id if order else None)
    if there.state is TransactionState.PENDING:
        return None
    ours = known.get(there.key or "")
    if there.state is TransactionState.DECLINED:
        undone = ours is not None and not ours.event.declined and not ours.event.in_doubt
        return _difference(provider, "differs", there, order.id if order else None) if undone else None
    if order is None:
        return _difference(provider, "unknown_here", there, None)
    if _is_open(there, provider, order):
        return None  # it is resolved by this
    if order_in(there.key) is None:
        counted = _is_counted(provider, payment_of(there), there.operation, there.amount_minor, order)
        return None if counted else _difference(provider, "unknown_here", there, order.id)
    if ours is None or ours.event.in_doubt:
        return _difference(provider, "unknown_here", there, order.id)
    voided = there.operation is Operation.VOID
    if ours.event.declined or (not voided and ours.event.amount_minor != there.amount_minor):
        return _difference(provider, "differs", there, order.id)
    return None


async def _missing(
    work: Work, provider: str, here: Sequence[Answered], listed: set[str | None], orders: dict[OrderId, Order]
) -> list[Difference]:
    """Answers of ours that the provider has not listed, and has never heard of when it is asked."""
    wanted: list[Answered] = []
    for each in here:
        order = orders.get(each.order)
        tender = order.tenders[each.event.tender - 1] if order is not None else None
        own = tender is not None and tender.provider == provider and order is not None and not order.is_test
        if own and not each.event.declined and not each.event.in_doubt and each.event.key not in listed:
            wanted.append(each)
    if not wanted:
        return []
    partner = work.partners.partner(Kind.PAYMENTS, provider)
    async with partner.calls:
        told = await partner.contract.query([_question(each, orders[each.order]) for each in wanted])
    return [
        Difference(
            provider=provider,
            event_id=f"ours-{each.event.key}",
            kind="missing_there",
            order=each.order,
            reference=each.event.reference,
            operation=each.event.kind.value,
            amount_minor=each.event.amount_minor,
            currency=orders[each.order].currency,
            next_step=NEXT_STEPS["missing_there"],
            occurred_at=each.event.at,
        )
        for each, found in zip(wanted, told, strict=True)
        if not isinstance(found, CannotTell) and (found is None or found.state is TransactionState.DECLINED)
    ]


async def _located(work: Work, provider: str, payments: Collection[str]) -> dict[str, OrderId]:
    """Orders by the name of their payment at the provider."""
    if not payments:
        return {}
    found = await work.read(locate_payments, work.database, {(provider, each) for each in payments})
    return {reference: OrderId(order) for (_, reference), order in found.items()}


def _order_of(there: Transaction, orders: dict[OrderId, Order], located: dict[str, OrderId]) -> Order | None:
    """The order of a transaction: by our key, or by the payment that it belongs to."""
    for id_ in (order_in(there.key), located.get(payment_of(there))):
        if id_ is not None and id_ in orders:
            return orders[id_]
    return None


def _is_open(there: Transaction, provider: str, order: Order | None) -> bool:
    """Do we wait for what this tells?"""
    if order is None or order.is_test or there.state is TransactionState.PENDING or there.currency != order.currency:
        return False
    return any(
        is_about(there, tender, request)
        for tender in order.tenders
        if tender.provider == provider
        for request in tender.requests
    )


def _may_be_back(there: Transaction, order: Order) -> bool:
    """May it say of a refund that it has come back, and the order does not know?"""
    return not order.is_test and there.currency == order.currency and not is_known_back(there, order)


def _is_seen_to(there: Transaction, order: Order | None) -> bool:
    """Is it a refund that has come back, which the order knows? Then it is owed again, and somebody is asked to see to it."""
    return order is not None and says_sent_back(there) and is_known_back(there, order)


def _is_counted(provider: str, payment: str, operation: Operation, amount_minor: int, order: Order) -> bool:
    """Is what somebody else has asked for, such as a storefront, in the figures of a tender?"""
    for tender in order.tenders:
        if tender.provider == provider and tender.reference == payment:
            match operation:
                case Operation.AUTHORIZE | Operation.EXTEND:
                    return tender.authorized_minor > 0
                case Operation.CAPTURE:
                    return amount_minor <= tender.captured_minor
                case Operation.VOID:
                    return tender.voided_minor > 0
                case Operation.REFUND:
                    return amount_minor <= tender.refunded_minor
                case _:
                    return False
    return False


def _fact(there: Transaction) -> PaymentFact:
    return PaymentFact(**msgspec.structs.asdict(there))


async def _place_found(work: Work, provider: str) -> None:
    """Money without an order, whose order has come since: it is settled when the order counts it."""
    lonely = await work.read(load_lonely, work.database, provider)
    located = await _located(work, provider, {each.payment or each.reference for each in lonely})
    orders = await work.read(read_orders, work.database, set(located.values())) if located else {}
    for each in lonely:
        payment = each.payment or each.reference
        order = orders.get(located[payment]) if payment in located else None
        if order is None:
            continue
        await work.read(place_difference, work.database, provider, each.event_id, order.id)
        if _is_counted(provider, payment, Operation(each.operation), each.amount_minor, order):
            await work.read(_settle_placed, work.database, each, work.services.clock())


def _settle_placed(database: Database, difference: Difference, now: datetime) -> None:
    note = "its order has come"
    settle_difference(database, difference.provider, difference.event_id, by=BY, note=note, now=now)


def _question(answered: Answered, order: Order) -> Query:
    event, tender = answered.event, order.tenders[answered.event.tender - 1]
    return Query(
        key=event.key,
        operation=Operation(event.kind.value),
        authorization=event.reference if event.kind is PaymentKind.AUTHORIZE else tender.reference,
        token=tender.token,
    )


def _difference(provider: str, kind: str, there: Transaction, order: OrderId | None) -> Difference:
    return Difference(
        provider=provider,
        event_id=there.event_id,
        kind=kind,
        order=order,
        reference=there.reference,
        operation=there.operation.value,
        amount_minor=there.amount_minor,
        currency=there.currency,
        next_step=NEXT_STEPS[kind],
        occurred_at=there.occurred_at,
        payment=payment_of(there),
    )


def _named(there: Iterable[Transaction]) -> set[OrderId]:
    return {order for each in there if (order := order_in(each.key)) is not None}


def _answered(work: Work, since: int, until: int) -> list[Answered]:
    """Answers in our journal between two positions; of one key the last."""
    found: dict[str, Answered] = {}
    for order, body in answers_between(work.database, since, until):
        found.update((each.event.key, each) for each in answers_in(OrderId(order), body))
    return list(found.values())
