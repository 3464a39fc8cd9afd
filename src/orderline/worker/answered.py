"""What our journal says that providers have answered, and which refund it is that they say has come back."""

from collections.abc import Collection, Mapping, Sequence
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


SentBack = tuple[PaymentFact | Transaction, Order, str]  # what is said, of which order, by which provider


def refunds_sent_back(
    told: Sequence[SentBack], answers: Mapping[str, Answered]
) -> dict[tuple[str, str], PaymentAnswered]:
    """The refunds of ours that had gone through, and that are said to have come back: by provider, and its name for that.

    Each is known by its key, or a part of it by what follows the comma, or by its own name. What is said to have come back
    is one of the same payment and amount where the provider names neither: of those told together each is another one.
    """
    found: dict[tuple[str, str], PaymentAnswered] = {}
    said = {(partner, fact.reference): (fact, order, partner) for fact, order, partner in told if says_sent_back(fact)}
    for find in (_named, _alike):
        for name, (fact, order, partner) in said.items():
            taken = {each.key for each in found.values()}
            if name not in found and (refund := find(fact, order, _sent(order, partner, answers), taken)) is not None:
                found[name] = refund
    return found


def _sent(order: Order, partner: str, answers: Mapping[str, Answered]) -> list[PaymentAnswered]:
    """The refunds that a provider says it has made."""
    own = {tender.number for tender in order.tenders if tender.provider == partner}
    return [
        each.event
        for each in answers.values()
        if each.order == order.id and each.event.kind is PaymentKind.REFUND and each.event.tender in own
        if not (each.event.declined or each.event.in_doubt or each.event.through)
    ]


def _named(
    fact: PaymentFact | Transaction, order: Order, sent: Sequence[PaymentAnswered], taken: Collection[str]
) -> PaymentAnswered | None:
    names = {fact.key, (fact.key or "").partition(",")[0]}
    return next((each for each in sent if each.key in names or each.reference == fact.reference), None)


def _alike(
    fact: PaymentFact | Transaction, order: Order, sent: Sequence[PaymentAnswered], taken: Collection[str]
) -> PaymentAnswered | None:
    if fact.operation is not Operation.REFUND_REVERSED:
        return None
    gone = {back.key for tender in order.tenders for back in tender.sent_back}.union(taken)
    return next(
        (
            each
            for each in sent
            if order.tenders[each.tender - 1].reference == fact.authorization
            if each.amount_minor == fact.amount_minor and each.key not in gone
        ),
        None,
    )


def is_known_back(fact: PaymentFact | Transaction, order: Order) -> bool:
    """Does the order know that it has come back?"""
    return any(back.reference == fact.reference for tender in order.tenders for back in tender.sent_back)
