"""What our journal says that providers have answered, and which refund it is that they say has come back."""

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from orderline.contracts.payments import Operation, PaymentFact, Transaction, TransactionState
from orderline.core.orders.events import PaymentAnswered
from orderline.core.orders.state import Order, PaymentKind
from orderline.engine.sealing import Entry
from orderline.store.database import Database
from orderline.store.subscriptions import load_entries
from orderline.values.ids import OrderId

_entries: Final = msgspec.json.Decoder(Entry)


class Answered(NamedTuple):
    """An answer in our journal: approved, unless `declined` says why not."""

    order: OrderId
    event: PaymentAnswered


def answers_in(order: OrderId, body: str | bytes) -> list[Answered]:
    """The answers in an entry of an order's journal."""
    return [Answered(order, each) for each in _entries.decode(body).events if isinstance(each, PaymentAnswered)]


def answers_of(database: Database, ids: Collection[OrderId], orders: Mapping[OrderId, Order]) -> dict[str, Answered]:
    """Answers in the whole journals of some orders, by key; of one key the last."""
    keys = {(UUID(str(id_)), seq) for id_ in ids if id_ in orders for seq in range(1, orders[id_].version + 1)}
    found: dict[str, Answered] = {}
    for (order, _), row in sorted(load_entries(database, keys).items()) if keys else ():
        found.update((each.event.key, each) for each in answers_in(OrderId(order), row.body))
    return found


def says_sent_back(fact: PaymentFact | Transaction) -> bool:
    """Does a provider say that a refund did not go through, or did not stay?"""
    if fact.operation is Operation.REFUND_REVERSED:
        return fact.state is TransactionState.APPROVED
    return fact.operation is Operation.REFUND and fact.state is TransactionState.DECLINED


def refund_sent_back(
    fact: PaymentFact | Transaction, order: Order, partner: str, answers: Mapping[str, Answered]
) -> PaymentAnswered | None:
    """The refund of ours that had gone through, and that a provider says has come back; None: there is none.

    It is known by its key, or a part of it by what follows the comma, or by its own name. What is said to have come back
    is one of the same payment and amount where the provider names neither.
    """
    if not says_sent_back(fact):
        return None
    own = {tender.number: tender for tender in order.tenders if tender.provider == partner}
    sent = [
        each.event
        for each in answers.values()
        if each.order == order.id and each.event.kind is PaymentKind.REFUND and each.event.tender in own
        if not (each.event.declined or each.event.in_doubt or each.event.through)
    ]
    names = {fact.key, (fact.key or "").partition(",")[0]}
    found = next((each for each in sent if each.key in names or each.reference == fact.reference), None)
    if found is not None or fact.operation is not Operation.REFUND_REVERSED:
        return found
    alike = [
        each
        for each in sent
        if own[each.tender].reference == fact.authorization and each.amount_minor == fact.amount_minor
        if all(back.key != each.key for back in own[each.tender].sent_back)
    ]
    return alike[0] if alike else None


def is_known_back(fact: PaymentFact | Transaction, order: Order) -> bool:
    """Does the order know that it has come back?"""
    return any(back.reference == fact.reference for tender in order.tenders for back in tender.sent_back)
