"""Make postings: on which day, in which books, at which rate; and what follows at once from where money then stands."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from orderline.core.credits.sold import CARD_SPENT, liable_minor
from orderline.core.credits.state import PROVIDER, CreditKind
from orderline.core.disputes.events import DisputeTold
from orderline.core.disputes.state import TAKEN, DisputeStage
from orderline.core.entities.state import MAIN, TEST, LegalEntity, pair_of, worth_of
from orderline.core.ledger.deposit_tax import deposit_tax
from orderline.core.ledger.events import CreditGranted, DocumentIssued, MoneyPosted
from orderline.core.ledger.rules import Cause, entries, moved
from orderline.core.ledger.state import ORDER_ACCOUNTS, Account, Books, Entry, Posted
from orderline.core.orders.credited import Credit, Destination
from orderline.core.orders.events import (
    AnyOrderEvent,
    OrderPlaced,
    PaymentAnswered,
    PaymentRequested,
    TenderAdded,
)
from orderline.core.orders.priced import SoldAs
from orderline.core.orders.state import Order, PaymentKind, Tender
from orderline.core.sellers.sharing import SHARED_BY, has_sellers, shares_due, told_by
from orderline.core.stock.state import Settings
from orderline.core.tenders.events import RefundReversed
from orderline.core.tenders.rules import TERMS
from orderline.core.tenders.sums import refundable_minor
from orderline.values.ids import OrderId
from orderline.values.money import CURRENCY_DIGITS, split_minor

if TYPE_CHECKING:
    from orderline.core.world import Draft

A = Account
_ALONE: Final = LegalEntity(code=MAIN)  # until something is said of it


def post(
    draft: "Draft",
    order_id: OrderId,
    cause: Cause,
    made: Sequence[Entry],
    *,
    document: str = "",
    currency: str = "",
    reason: str = "",
) -> None:
    """Tell that money of an order moved. Nothing, when there are no entries, or the order is history.

    currency: of the entries, where it is not that of the order. reason: that a person gave.
    """
    order = draft.world.order(order_id)
    if made and not order.history:
        entity = books_of(draft.world.settings, order)
        posted = posted_in(
            draft.world.settings, entity, currency or order.currency, cause, made, draft.now, document, order.books
        )
        draft.tell(order_id, MoneyPosted(posted, reason))


def books_of(settings: Settings, order: Order) -> str:
    """In whose books an order stands: of who sells on its channel when the first of its money moved. Tests apart."""
    if order.books is not None:
        return order.books.entity
    channel = settings.channels.get(order.channel)
    entity = channel.entity if channel is not None else MAIN
    return f"{entity}{TEST}" if order.is_test else entity


def entity_of(settings: Settings, code: str) -> LegalEntity:
    """The entity behind the code of books."""
    return settings.entities.get(code.removesuffix(TEST), _ALONE)


def posted_in(
    settings: Settings,
    entity: str,
    currency: str,
    cause: str,
    made: Sequence[Entry],
    now: datetime,
    document: str = "",
    books: Books | None = None,
) -> Posted:
    """A posting of today in the books of an entity, at the rate of today. books: what stood before, of an order.

    An account of an order that comes to nothing in its own currency comes to nothing in that of the books: what the
    rates between then and now make of it is a difference of exchange.
    """
    about = entity_of(settings, entity)
    day = day_of(about, now)
    if not about.currency or about.currency == currency:
        return Posted(
            cause=cause, entity=entity, day=day, currency=currency, entries=tuple(made), base=about.currency,
            document=document,
        )  # fmt: skip
    table = settings.rates.get(pair_of(currency, about.currency))
    rate = table.on(day) if table is not None else None
    worth = worth_of(rate) if rate is not None else Decimal(0)
    valued = _valued(made, worth, CURRENCY_DIGITS[about.currency] - CURRENCY_DIGITS[currency])
    return Posted(
        cause=cause, entity=entity, day=day, currency=currency, entries=(*valued, *_exchanged(books, valued)),
        base=about.currency, rate=rate.rate if rate is not None else "", document=document,
    )  # fmt: skip


def day_of(entity: LegalEntity, now: datetime) -> date:
    """The day in the books of an entity: today, as it is there; never one of a period that is closed."""
    today = now.astimezone(ZoneInfo(entity.time_zone)).date()
    closed = entity.closed_until
    return today if closed is None or today > closed else closed + timedelta(days=1)


def _valued(made: Sequence[Entry], worth: Decimal, digits: int) -> list[Entry]:
    """Entries with what they are in the books: one sum for each side, shared over its entries, so that they stay even."""
    debit = sum(entry.amount_minor for entry in made if entry.amount_minor > 0)
    base = int((debit * worth).scaleb(digits).quantize(Decimal(1), ROUND_HALF_EVEN))
    valued: dict[int, int] = {}
    for sign in (1, -1):
        places = [place for place, entry in enumerate(made) if entry.amount_minor * sign > 0]
        shares = split_minor(base, [abs(made[place].amount_minor) for place in places]) if places else []
        valued.update((place, sign * share) for place, share in zip(places, shares, strict=True))
    return [
        Entry(entry.account, entry.amount_minor, entry.sub, valued.get(place, 0)) for place, entry in enumerate(made)
    ]


def _exchanged(books: Books | None, valued: Sequence[Entry]) -> list[Entry]:
    """What rates have made of accounts that these entries bring to nothing."""
    if books is None:
        return []
    touched = {(entry.account, entry.sub) for entry in valued if entry.account in ORDER_ACCOUNTS}
    after = books.after(valued)
    left = [each for each in after.balances if not each.amount_minor and (each.account, each.sub) in touched]
    gone = [Entry(each.account, 0, each.sub, -each.base_minor) for each in left]
    difference = sum(each.base_minor for each in left)
    return [*gone, Entry(A.FX, 0, "", difference)] if difference else gone


# --- what an event of an order posts -----------------------------------------------------------------------------------


def post_following(draft: "Draft", order_id: OrderId, event: AnyOrderEvent) -> None:
    """Post what follows for the books from an event that was just told of an order; nothing, for most."""
    order = draft.world.order(order_id)
    if not order.history:
        for cause, made in POSTED_BY[type(event)](order, event):
            post(draft, order_id, cause, made)
        if isinstance(event, SHARED_BY) and has_sellers(order):
            due = shares_due(draft.world.order(order_id))
            post(draft, order_id, Cause.SELLER_SHARED, due, document=told_by(event))
        if type(event) is MoneyPosted:
            entity = entity_of(draft.world.settings, event.posted.entity)
            for cause, made in deposit_tax(entity, draft.world.order(order_id)):
                post(draft, order_id, cause, made)


# How people say that money went back where a provider could not send it.
BANK: Final = "bank"
STORE_CREDIT: Final = CreditKind.STORE_CREDIT.value
_KINDS: Final = frozenset(kind.value for kind in CreditKind)  # of the account that it went to

Rule = Callable[[Order, Any], list[tuple[Cause, tuple[Entry, ...]]]]


def _placed(order: Order, event: OrderPlaced) -> list[tuple[Cause, tuple[Entry, ...]]]:
    return [_captured(tender) for tender in event.tenders if tender.captured_minor]


def _added(order: Order, event: TenderAdded) -> list[tuple[Cause, tuple[Entry, ...]]]:
    return [_captured(event.tender)] if event.tender.captured_minor else []


def _captured(tender: Tender) -> tuple[Cause, tuple[Entry, ...]]:
    kept = tender.captured_minor - tender.refunded_minor
    if tender.provider == PROVIDER:
        return _redeemed(tender, kept)
    if tender.provider == TERMS:
        return Cause.PAYMENT_RECEIVED, moved(Cause.PAYMENT_RECEIVED, kept)
    return Cause.CAPTURED, moved(Cause.CAPTURED, kept, debit_sub=tender.provider)


def _redeemed(tender: Tender, amount_minor: int) -> tuple[Cause, tuple[Entry, ...]]:
    """Money that we owed the customer pays for the order."""
    from_ = [(CreditKind(tender.method).account, tender.reference, amount_minor)]
    return Cause.CREDIT_REDEEMED, entries(Cause.CREDIT_REDEEMED, from_, [(A.DEPOSITS, "", amount_minor)])


def _to_credit(kind: CreditKind, account: str, amount_minor: int) -> tuple[Cause, tuple[Entry, ...]]:
    """What is to be given back is owed to the holder of an account."""
    back = [(kind.account, account, amount_minor)]
    return Cause.GIVEN_AS_CREDIT, entries(Cause.GIVEN_AS_CREDIT, [(A.REFUNDS_PAYABLE, "", amount_minor)], back)


def _answered(order: Order, event: PaymentAnswered) -> list[tuple[Cause, tuple[Entry, ...]]]:
    if event.in_doubt or event.declined:
        return []
    tender = order.tenders[event.tender - 1]
    provider = tender.provider
    if event.through in _KINDS:
        return [_to_credit(CreditKind(event.through), event.reference, event.amount_minor)]
    if provider == TERMS or event.through == BANK:
        if event.kind is PaymentKind.CAPTURE:
            return [(Cause.PAYMENT_RECEIVED, moved(Cause.PAYMENT_RECEIVED, event.amount_minor))]
        paid = [(A.REFUNDS_PAYABLE, "", event.amount_minor)], [(A.BANK, "", event.amount_minor)]
        return [(Cause.REFUNDED, entries(Cause.REFUNDED, *paid))] if event.kind is PaymentKind.REFUND else []
    if provider == PROVIDER:
        if event.kind is PaymentKind.CAPTURE:
            return [_redeemed(tender, event.amount_minor)]
        refunded = event.kind is PaymentKind.REFUND
        return [_to_credit(CreditKind(tender.method), event.reference, event.amount_minor)] if refunded else []
    if event.kind is PaymentKind.CAPTURE:
        return [(Cause.CAPTURED, moved(Cause.CAPTURED, event.amount_minor, debit_sub=provider))]
    if event.kind is PaymentKind.REFUND:
        return [(Cause.REFUNDED, moved(Cause.REFUNDED, event.amount_minor, credit_sub=provider))]
    return []


def _asked(order: Order, event: PaymentRequested) -> list[tuple[Cause, tuple[Entry, ...]]]:
    """Money is owed back from when it is asked for; what a credit has made owed already is not owed twice."""
    if event.kind is not PaymentKind.REFUND:
        return []
    owed = -order.books.of(A.REFUNDS_PAYABLE) if order.books is not None else 0
    return [(Cause.REFUND_DUE, moved(Cause.REFUND_DUE, max(0, refunds_asked(order) - max(0, owed))))]


def _reversed(order: Order, event: RefundReversed) -> list[tuple[Cause, tuple[Entry, ...]]]:
    """The mirror of what was posted when it went."""
    provider, amount = order.tenders[event.tender - 1].provider, -event.amount_minor
    if provider == TERMS or event.through == BANK:
        return [(Cause.REFUNDED, entries(Cause.REFUNDED, [(A.REFUNDS_PAYABLE, "", amount)], [(A.BANK, "", amount)]))]
    return [(Cause.REFUNDED, moved(Cause.REFUNDED, amount, credit_sub=provider))]


def _credited(order: Order, event: CreditGranted) -> list[tuple[Cause, tuple[Entry, ...]]]:
    """Goods, charges and their tax are taken back; what is kept of it for a fee is earned. Of gift cards less is owed."""
    credit = event.credit
    given = (*credit.lines, *credit.charges)
    taken = sum(each.net_minor for each in given)
    taxes = [(A.TAX_PAYABLE, tax.name, tax.amount_minor) for each in given for tax in each.taxes]
    whole = sum(each.total_minor for each in given)
    earned = [fee for fee in credit.fees if fee.kind != CARD_SPENT]
    spent = sum(fee.net_minor for fee in credit.fees if fee.kind == CARD_SPENT)
    fees = [(A.FEE_REVENUE, fee.kind, fee.net_minor) for fee in earned]
    fee_taxes = [(A.TAX_PAYABLE, tax.name, tax.amount_minor) for fee in earned for tax in fee.taxes]
    kept = sum(fee.total_minor for fee in earned)
    charged = entries(Cause.FEE_CHARGED, [(A.REFUNDS_PAYABLE, "", kept)], [*merged(fees), *merged(fee_taxes)])
    # Nobody was owed goodwill: it is an expense of ours, and no lower price.
    account = A.APPEASEMENT if credit.goodwill else A.RETURNS_ALLOWANCES
    cards = _cards_less(order, credit)
    sold = (A.GIFT_CARDS, SoldAs.GIFT_CARD.value, cards - spent)
    back = [(account, credit.reason, taken - cards), sold, *merged(taxes)]
    made = entries(Cause.CREDITED, back, [(A.REFUNDS_PAYABLE, "", whole - spent)])
    carried = moved(Cause.CARRIED_OVER, _carried(order, credit))
    return [(Cause.FEE_CHARGED, charged), (Cause.CREDITED, made), (Cause.CARRIED_OVER, carried)]


def _cards_less(order: Order, credit: Credit) -> int:
    """What is not owed on gift cards any more, the money of some units being given back: the mirror of what was invoiced."""
    before = replace(order, credits=tuple(each for each in order.credits if each.number != credit.number))
    cards = {each.line for each in order.agreement.lines if each.sold_as is SoldAs.GIFT_CARD}
    lines = {each.line for each in credit.lines} & cards
    return sum(liable_minor(before, line) - liable_minor(order, line) for line in lines)


def _carried(order: Order, credit: Credit) -> int:
    """What of a credit pays for goods sent in exchange that are on no invoice yet. What it exceeds them by is given back."""
    if credit.destination is not Destination.EXCHANGE or credit.total_minor <= 0:
        return 0
    owed = max(0, order.books.of(A.RECEIVABLE)) if order.books is not None else 0
    return max(0, credit.total_minor - owed - refundable_minor(order))


def _stands(order: Order, event: MoneyPosted) -> list[tuple[Cause, tuple[Entry, ...]]]:
    """Money that came meets what is owed; so does what we owe back and nobody has been asked to send."""
    books = order.books
    assert books is not None
    owed, deposits = books.of(A.RECEIVABLE, ""), -books.of(A.DEPOSITS, "")
    deposited = min(owed, deposits) if owed > 0 else max(owed, deposits)
    if owed * deposits > 0:  # and then it is looked at again
        return [(Cause.DEPOSIT_APPLIED, moved(Cause.DEPOSIT_APPLIED, deposited))]
    if owed < 0 <= deposits and event.posted.cause == Cause.INVOICED:  # what was paid for has not been supplied
        return [(Cause.DEPOSIT_APPLIED, moved(Cause.DEPOSIT_APPLIED, owed))]
    payable = -books.of(A.REFUNDS_PAYABLE, "") - refunds_asked(order)
    if payable < 0 and event.posted.cause == Cause.CREDITED:  # a credit was taken back: the customer owes it
        return [(Cause.SET_OFF, moved(Cause.SET_OFF, payable))]
    return [(Cause.SET_OFF, moved(Cause.SET_OFF, min(owed, max(0, payable))))] if owed > 0 else []


def refunds_asked(order: Order) -> int:
    """What providers have been asked to send back and have not answered, in minor units."""
    requests = (request for tender in order.tenders for request in tender.requests)
    return sum(request.amount_minor for request in requests if request.kind is PaymentKind.REFUND)


def merged(amounts: Sequence[tuple[Account, str, int]]) -> list[tuple[Account, str, int]]:
    """One amount for each account and sub-account."""
    sums: dict[tuple[Account, str], int] = {}
    for account, sub, amount in amounts:
        sums[account, sub] = sums.get((account, sub), 0) + amount
    return [(account, sub, amount) for (account, sub), amount in sums.items()]


def _disputed(order: Order, event: DisputeTold) -> list[tuple[Cause, tuple[Entry, ...]]]:
    """Money goes when it is taken, comes when it is given back, and is lost when that is decided."""
    provider = order.tenders[event.tender - 1].provider
    books = order.books
    receivable = books.of(A.DISPUTES_RECEIVABLE, event.reference) if books is not None else 0
    made: list[tuple[Cause, tuple[Entry, ...]]] = []
    if event.stage in TAKEN and event.stage is not DisputeStage.LOST:
        amount = event.amount_minor - receivable
        made.append((Cause.DISPUTED, moved(Cause.DISPUTED, amount, debit_sub=event.reference, credit_sub=provider)))
    elif event.stage is DisputeStage.LOST:
        amount = event.amount_minor - receivable
        made.append((Cause.DISPUTED, moved(Cause.DISPUTED, amount, debit_sub=event.reference, credit_sub=provider)))
        made.append((Cause.DISPUTE_LOST, moved(Cause.DISPUTE_LOST, event.amount_minor, credit_sub=event.reference)))
    else:
        won = moved(Cause.DISPUTE_WON, receivable, debit_sub=provider, credit_sub=event.reference)
        made.append((Cause.DISPUTE_WON, won))
    return made


def _nothing(order: Order, event: DocumentIssued) -> list[tuple[Cause, tuple[Entry, ...]]]:
    """Who issues it posts it; what sellers have of it follows."""
    return []


POSTED_BY: Final[dict[type, Rule]] = {
    DisputeTold: _disputed,
    OrderPlaced: _placed,
    TenderAdded: _added,
    PaymentRequested: _asked,
    PaymentAnswered: _answered,
    RefundReversed: _reversed,
    CreditGranted: _credited,
    DocumentIssued: _nothing,
    MoneyPosted: _stands,
}
