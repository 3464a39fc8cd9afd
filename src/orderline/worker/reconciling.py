"""Payments compared both ways with what their providers list: nothing moves by it, a person hears of what differs."""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from orderline.contracts.payments import CannotTell, Operation, Query, Transaction, TransactionPage, TransactionState
from orderline.contracts.registry import Kind
from orderline.core.orders.events import PaymentAnswered
from orderline.core.orders.state import Order, PaymentKind
from orderline.engine.sealing import Entry
from orderline.store.reconciling import Difference, answers_between, last_check, position_now, save_check
from orderline.store.subscriptions import load_entries
from orderline.store.working import read_orders
from orderline.values.failures import Trouble
from orderline.values.ids import OrderId
from orderline.worker.told import order_in
from orderline.worker.work import Work

OVERLAP: Final = timedelta(minutes=30)
PAGE: Final = 500

NEXT_STEPS: Final = {
    "unknown_here": "find out who has asked for it: give the money back at the provider, or add a tender to its order",
    "missing_there": "ask the provider: the order counts money that it does not know of",
    "differs": "compare the two at the provider, and correct the order by a tender or a refund",
    "dispute": "answer the dispute at the provider before its deadline",
}
_DISPUTES: Final = (Operation.CHARGEBACK, Operation.CHARGEBACK_REVERSED)
_entries: Final = msgspec.json.Decoder(Entry)
_logger = logging.getLogger(__name__)


class Answered(NamedTuple):
    """An answer in our journal: approved, unless `declined` says why not."""

    order: OrderId
    event: PaymentAnswered


async def reconcile(work: Work) -> int:
    """Compare all payment providers; one that does not answer is compared the next time. Returns what differs."""
    found = 0
    for name in sorted(work.services.connectors):
        connector = work.services.installed.get(name)
        if connector is not None and connector.kind is Kind.PAYMENTS:
            try:
                found += await _reconcile(work, name)
            except Trouble as trouble:
                _logger.warning("payments of %s are not compared: %s", name, trouble)
    return found


async def _reconcile(work: Work, provider: str) -> int:
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
    if until <= since:
        return 0
    listed = await _listed(work, provider, since - OVERLAP)
    there = [each for each in listed if each.occurred_at < until]
    here = await work.read(_answered, work, from_position, position)
    orders = await work.read(read_orders, work.database, {each.order for each in here} | _named(there))
    known = {each.event.key: each for each in here}
    unmatched = [each for each in there if each.key is None or each.key not in known]
    older = await work.read(_journals, work, {order for each in unmatched if (order := order_in(each.key))}, orders)
    found = [
        d for each in there if (d := _unknown(provider, each, known | older, orders)) and since <= each.occurred_at
    ]
    found += await _missing(work, provider, here, {each.key for each in listed}, orders)
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


def _unknown(
    provider: str, there: Transaction, known: dict[str, Answered], orders: dict[OrderId, Order]
) -> Difference | None:
    """What is wrong with a transaction as the provider has it; nothing, as a rule."""
    if there.operation in _DISPUTES:
        return _difference(provider, "dispute", there, None)
    if there.state is not TransactionState.APPROVED:
        return None
    order_id = order_in(there.key)
    order = orders.get(order_id) if order_id is not None else None
    if order is None or there.key is None:
        return _difference(provider, "unknown_here", there, None)
    if any(request.key == there.key for tender in order.tenders for request in tender.requests):
        return None  # it is asked for what became of it
    ours = known.get(there.key)
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
    )


def _named(there: Iterable[Transaction]) -> set[OrderId]:
    return {order for each in there if (order := order_in(each.key)) is not None}


def _answered(work: Work, since: int, until: int) -> list[Answered]:
    """Answers in our journal between two positions; of one key the last."""
    found: dict[str, Answered] = {}
    for order, body in answers_between(work.database, since, until):
        for event in _entries.decode(body).events:
            if isinstance(event, PaymentAnswered):
                found[event.key] = Answered(OrderId(order), event)
    return list(found.values())


def _journals(work: Work, ids: set[OrderId], orders: dict[OrderId, Order]) -> dict[str, Answered]:
    """Answers in the whole journals of some orders, by key."""
    keys = {(UUID(str(id_)), seq) for id_ in ids if id_ in orders for seq in range(1, orders[id_].version + 1)}
    found: dict[str, Answered] = {}
    for (order, _), row in sorted(load_entries(work.database, keys).items()) if keys else ():
        for event in _entries.decode(row.body).events:
            if isinstance(event, PaymentAnswered):
                found[event.key] = Answered(OrderId(order), event)
    return found
