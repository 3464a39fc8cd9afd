"""Orders without money: a storefront has said that they are paid, and the provider does not know of it, or of less."""

from collections.abc import Collection
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from orderline.contracts.payments import CannotTell, Query, Transaction, TransactionState
from orderline.contracts.registry import Kind
from orderline.core.orders.events import OrderPlaced, TenderAdded
from orderline.core.orders.state import Tender
from orderline.engine.sealing import Entry
from orderline.store.database import Database
from orderline.store.reconciling import Difference, tenders_between
from orderline.store.working import read_orders
from orderline.values.ids import OrderId
from orderline.worker.work import Work

KIND: Final = "unpaid"
NEXT_STEP: Final = "ask the storefront for the payment: cancel the order, or have it paid by another tender"
_entries: Final = msgspec.json.Decoder(Entry)


class _Vouched(NamedTuple):
    """A tender that came as paid."""

    order: OrderId
    tender: Tender

    @property
    def claimed_minor(self) -> int:
        return max(self.tender.authorized_minor, self.tender.captured_minor)


async def unpaid(
    work: Work, provider: str, since: int, until: int, listed: Collection[Transaction]
) -> list[Difference]:
    """Tenders told as paid between two positions of the journal that the provider has never heard of, or holds less of.

    listed: what is known from its lists already; of the rest it is asked by the payment's name, where it can be.
    """
    vouched = await work.read(_vouched, work.database, provider, since, until)
    if not vouched:
        return []
    orders = await work.read(read_orders, work.database, {each.order for each in vouched})
    real = [
        each
        for each in vouched
        if each.order in orders and not (orders[each.order].history or orders[each.order].is_test)
    ]
    there = {each.reference: each for each in listed}
    unheard = [each for each in real if each.tender.reference not in there]
    if unheard:
        partner = work.partners.partner(Kind.PAYMENTS, provider)
        async with partner.calls:
            told = await partner.contract.query([Query(reference=each.tender.reference) for each in unheard])
        answers = dict(zip([each.tender.reference for each in unheard], told, strict=True))
    else:
        answers = {}
    found: list[Difference] = []
    for each in real:
        reference = each.tender.reference
        known = there.get(reference) or answers.get(reference)
        order = orders[each.order]
        missing = each.claimed_minor - _held(known, order.currency, each.claimed_minor)
        if missing > 0:
            found.append(
                Difference(
                    provider=provider, event_id=f"unpaid-{each.order}-{each.tender.number}", kind=KIND,
                    order=UUID(str(each.order)), reference=reference, operation="authorize", amount_minor=missing,
                    currency=order.currency, next_step=NEXT_STEP, occurred_at=order.accepted_at, payment=reference,
                )
            )  # fmt: skip
    return found


def _held(known: Transaction | CannotTell | None, currency: str, claimed_minor: int) -> int:
    """What the provider has of a payment; of one that it cannot be asked about, all that is claimed."""
    if isinstance(known, CannotTell):
        return claimed_minor
    if known is None or known.state is TransactionState.DECLINED or known.currency != currency:
        return 0
    return known.amount_minor


def _vouched(database: Database, provider: str, since: int, until: int) -> list[_Vouched]:
    found: list[_Vouched] = []
    for order, body in tenders_between(database, since, until):
        for event in _entries.decode(body).events:
            tenders = event.tenders if isinstance(event, OrderPlaced) else ()
            tenders = (event.tender,) if isinstance(event, TenderAdded) else tenders
            for tender in tenders:
                paid = tender.authorized_minor or tender.captured_minor
                if tender.provider == provider and tender.reference and paid:
                    found.append(_Vouched(OrderId(order), tender))
    return found
