"""Payouts and fees: what providers list of our balance there is matched to orders and put into the books.

What cannot be matched is listed among the differences of payments until somebody has worked it off.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from orderline.contracts.registry import Capability, Kind
from orderline.contracts.settlements import SettlementEntry, SettlementKind, SettlementPage
from orderline.core.context import Actor
from orderline.core.ledger.posting import entity_of
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.orders.state import Order
from orderline.core.payouts.commands import BookPayout, PayoutCommand, ReturnPayout
from orderline.core.payouts.state import payout_id
from orderline.engine.submissions import Submission
from orderline.store.payouts import (
    ListedEntry,
    OpenPayout,
    Settled,
    Unsettled,
    assign_entries,
    failed_payouts,
    is_named,
    mark_booked,
    open_payouts,
    parts_of,
    place_entries,
    reach_of,
    save_entries,
    save_reach,
    settle_found,
    settled_of,
    standing_of,
    unsettled,
)
from orderline.store.reconciling import Difference, keep_differences, locate_payments
from orderline.store.working import read_orders
from orderline.values.failures import Trouble
from orderline.values.ids import OrderId
from orderline.worker.facts import order_in
from orderline.worker.paid_parts import exchanged_of, is_untold, sums_of
from orderline.worker.work import Work

# A payout is listed days after its parts, which are listed with it once more.
OVERLAP: Final = timedelta(days=7)
SETTLED_WITHIN: Final = timedelta(days=14)
PAGE: Final = 500
BY: Final = "orderline"

NEXT_STEPS: Final = {
    "settled_unknown": "find whose money it is: add a tender to its order, or give it back at the provider",
    "settled_differs": "compare the two at the provider: it has settled more than the order counts",
    "not_settled": "ask the provider where the money is: it was captured, and not settled",
    "adjusted": "ask the provider what it is for, then correct the payout by it",
    "payout_differs": "compare the payout with the provider's report, then correct it",
    "exchanged": "ask the provider what it has exchanged, and correct the payout by it: its list does not say so",
}
_PAYMENTS: Final = (SettlementKind.CAPTURE, SettlementKind.REFUND, SettlementKind.REFUND_REVERSED)
_DISPUTES: Final = (SettlementKind.CHARGEBACK, SettlementKind.CHARGEBACK_REVERSED)
_logger = logging.getLogger(__name__)


async def read_payouts(work: Work) -> int:
    """Read the settlements of all providers that list them; one that does not answer is read the next time.

    Returns how many payouts were put into the books.
    """
    booked = 0
    for name in sorted(work.services.connectors):
        connector = work.services.installed.get(name)
        if connector is not None and connector.kind is Kind.PAYMENTS and connector.can(Capability.SETTLEMENTS):
            try:
                booked += await _read(work, name)
            except Trouble as trouble:
                _logger.warning("payouts of %s are not read: %s", name, trouble)
    return booked


async def _read(work: Work, provider: str) -> int:
    database, now = work.database, work.services.clock()
    reach = await work.read(reach_of, database, provider)
    if reach is None:
        return 0  # payments are compared first
    since = reach.settled_to or reach.checked_to
    found = await _listed(work, provider, since - OVERLAP)
    orders = await _orders_of(work, provider, found)
    kept = [_kept(each, orders.get(each.entry)) for each in found]
    new = await work.read(save_entries, database, provider, kept, now) if kept else set[str]()
    await work.read(place_entries, database, provider)
    fresh = [each for each in found if each.entry in new]
    differing = [*_lonely(provider, fresh, orders), *await _compared(work, provider, fresh, orders)]
    late = await work.read(unsettled, database, provider, since - SETTLED_WITHIN, now - SETTLED_WITHIN)
    differing += [_late(provider, each) for each in late]
    booked = 0
    for payout in await work.read(open_payouts, database, provider):
        told = await _book(work, provider, payout)
        booked += told is not None
        differing += told or ()
    for entry, payout, at in await work.read(failed_payouts, database, provider):
        if await _done(work, ReturnPayout(payout=payout_id(provider, payout), at=at)):
            await work.read(mark_booked, database, provider, [entry])
    if differing:
        await work.read(keep_differences, database, differing, now)
    await work.read(settle_found, database, provider, BY, now)
    await work.read(save_reach, database, provider, now)
    return booked


async def _listed(work: Work, provider: str, since: datetime) -> list[SettlementEntry]:
    """All there is, each entry once: as a part of its payout, where that is known."""
    partner = work.partners.partner(Kind.PAYMENTS, provider)
    found: dict[str, SettlementEntry] = {}
    cursor: str | None = None
    while True:
        async with partner.calls:
            page: SettlementPage = await partner.contract.list_settlements(since, cursor=cursor, limit=PAGE)
        for each in page.entries:
            if each.payout or each.entry not in found:
                found[each.entry] = each
        if page.cursor is None or page.cursor == cursor:
            return list(found.values())
        cursor = page.cursor


async def _orders_of(work: Work, provider: str, found: Sequence[SettlementEntry]) -> dict[str, UUID]:
    """Whose payments entries are of, by the entry's name: by our key, or by the payment."""
    names = {(provider, _payment(each)) for each in found}
    located = await work.read(locate_payments, work.database, names) if names else {}
    wanted = {id_ for each in found if (id_ := order_in(each.key)) is not None}
    known = await work.read(read_orders, work.database, wanted) if wanted else {}
    orders: dict[str, UUID] = {}
    for each in found:
        own = order_in(each.key)
        order = own if own in known else located.get((provider, _payment(each)))
        if order is not None:
            orders[each.entry] = UUID(str(order))
    return orders


def _kept(each: SettlementEntry, order: UUID | None) -> ListedEntry:
    return ListedEntry(
        entry=each.entry, kind=each.kind.value, gross_minor=each.gross_minor, fee_minor=each.fee_minor,
        net_minor=each.net_minor, currency=each.currency, occurred_at=each.occurred_at, reference=each.reference or "",
        payment=_payment(each), order=order, text=each.text, payout=each.payout or "",
        original_minor=each.original_minor, original_currency=each.original_currency or "", rate=each.rate or "",
    )  # fmt: skip


def _payment(each: SettlementEntry) -> str:
    return each.authorization or each.reference or ""


def _lonely(provider: str, fresh: Iterable[SettlementEntry], orders: dict[str, UUID]) -> list[Difference]:
    """Payments of no order, and what the provider has done with our balance for reasons of its own."""
    found: list[Difference] = []
    for each in fresh:
        if each.kind in (*_PAYMENTS, *_DISPUTES) and each.entry not in orders:
            found.append(_difference(provider, "settled_unknown", f"settled-{each.entry}", each, None))
        elif each.kind is SettlementKind.ADJUSTMENT and each.gross_minor:
            order = orders.get(each.entry)
            found.append(_difference(provider, "adjusted", f"settled-{each.entry}", each, order))
    return found


async def _compared(
    work: Work, provider: str, fresh: Sequence[SettlementEntry], orders: dict[str, UUID]
) -> list[Difference]:
    """Orders of which more was settled than they count."""
    touched = {orders[each.entry] for each in fresh if each.kind in _PAYMENTS and each.entry in orders}
    if not touched:
        return []
    loaded = await work.read(read_orders, work.database, {OrderId(each) for each in touched})
    settled: dict[UUID, list[Settled]] = {}
    for each in await work.read(settled_of, work.database, provider, touched):
        settled.setdefault(each.order, []).append(each)
    return [
        found
        for id_, rows in sorted(settled.items())
        if (order := loaded.get(OrderId(id_))) is not None and (found := _more(provider, order, rows)) is not None
    ]


def _more(provider: str, order: Order, rows: Sequence[Settled]) -> Difference | None:
    """What was settled beyond what an order counts, as it was before the provider has exchanged it."""
    own = [each for each in order.tenders if each.provider == provider]
    same = [each for each in rows if each.currency == order.currency]
    captured = sum(each.gross_minor for each in same if each.kind == SettlementKind.CAPTURE.value)
    refunded = -sum(each.gross_minor for each in same if each.kind == SettlementKind.REFUND.value)
    more = captured - sum(each.captured_minor for each in own)
    # what came back was sent, too
    back = refunded - sum(each.refunded_minor + sum(one.amount_minor for one in each.sent_back) for each in own)
    if more <= 0 and back <= 0:
        return None
    last = max(same, key=lambda each: (each.occurred_at, each.entry))
    return Difference(
        provider=provider, event_id=f"settled-{last.entry}", kind="settled_differs", order=UUID(str(order.id)),
        reference=own[0].reference if own else "", operation="capture" if more > 0 else "refund",
        amount_minor=max(more, back), currency=order.currency, next_step=NEXT_STEPS["settled_differs"],
        occurred_at=last.occurred_at,
    )  # fmt: skip


async def _book(work: Work, provider: str, payout: OpenPayout) -> list[Difference] | None:
    """Put a payout into the books with its fees. What differs in it; None: it is not booked."""
    database = work.database
    named = await work.read(is_named, database, provider, payout.payout)
    if not named:
        await work.read(assign_entries, database, provider, payout)
    parts = await work.read(parts_of, database, provider, payout.payout)
    sums, exchanged = sums_of(parts, payout.currency), exchanged_of(parts, payout.currency)
    entity = work.services.connectors[provider].extra.get("entity", "main")
    valued = entity_of(await work.settings(), entity).currency  # else nothing is worth anything but itself
    command = BookPayout(
        payout=payout_id(provider, payout.payout), provider=provider, reference=payout.payout, currency=payout.currency,
        amount_minor=-payout.gross_minor, sums=sums, paid_at=payout.occurred_at, entity=entity, exchanged=exchanged,
        standing=await work.read(standing_of, database, provider, entity) if valued else (),
    )  # fmt: skip
    if not await _done(work, command):
        return None
    await work.read(mark_booked, database, provider, [each.entry for each in parts])
    kind = ""
    if is_untold(parts, payout.currency, exchanged):
        kind = "exchanged"
    elif named and sums.net_minor != -payout.gross_minor:
        kind = "payout_differs"
    if not kind:
        return []
    return [
        Difference(
            provider=provider, event_id=f"payout-{payout.payout}", kind=kind, reference=payout.payout, operation="payout",
            amount_minor=abs(-payout.gross_minor - sums.net_minor), currency=payout.currency,
            next_step=NEXT_STEPS[kind], occurred_at=payout.occurred_at,
        )
    ]  # fmt: skip


async def _done(work: Work, command: PayoutCommand) -> bool:
    """Carry a command out; whatever keeps it from being done is for a person to read in the log."""
    submission = Submission(command=command, actor=Actor(BY, "worker"))
    [outcome] = await work.engine.answer_all([submission])
    if outcome.refused is not None and outcome.refused.code is not OrderRefusal.NOTHING_TO_DO:
        _logger.error("%s is not booked: %s", command.payout, outcome.refused)
        return False
    if outcome.failed is not None:
        raise outcome.failed
    return True


def _late(provider: str, each: Unsettled) -> Difference:
    return Difference(
        provider=provider, event_id=f"unsettled-{each.order}", kind="not_settled", order=each.order, reference="",
        operation="capture", amount_minor=each.amount_minor, currency=each.currency,
        next_step=NEXT_STEPS["not_settled"], occurred_at=each.captured_at,
    )  # fmt: skip


def _difference(provider: str, kind: str, event_id: str, each: SettlementEntry, order: UUID | None) -> Difference:
    amount = each.gross_minor if each.original_minor is None else each.original_minor
    return Difference(
        provider=provider, event_id=event_id, kind=kind, order=order, reference=each.reference or "",
        operation=each.kind.value, amount_minor=abs(amount), currency=each.original_currency or each.currency,
        next_step=NEXT_STEPS[kind], occurred_at=each.occurred_at, payment=_payment(each),
    )  # fmt: skip
