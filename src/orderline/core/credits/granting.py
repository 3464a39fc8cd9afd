"""Put money of an order on the account of its customer, in the same transaction; and what all changes of accounts are made of."""

from datetime import datetime

import msgspec

from orderline.core.context import Context
from orderline.core.credits.goodwill import goodwill_left, lapses_at
from orderline.core.credits.state import (
    CREDIT_ACCOUNT,
    KIND,
    CreditAccount,
    CreditAccountOpened,
    CreditCause,
    CreditEntered,
    CreditEntry,
    CreditKind,
    CreditState,
    account_of,
)
from orderline.core.ledger.events import CreditGranted
from orderline.core.ledger.posting import books_of, post
from orderline.core.ledger.rules import Cause, entries
from orderline.core.ledger.state import Account
from orderline.core.orders.credited import Credit, Destination
from orderline.core.orders.state import Order
from orderline.core.tenders.sums import credited_minor, earned_minor, secured_minor
from orderline.core.world import Draft
from orderline.values.ids import OrderId


def grant_credit(draft: Draft, order_id: OrderId, credit: Credit, bonus_minor: int, context: Context) -> None:
    """Grant a credit; what of it becomes store credit is on the customer's account with the same fact.

    The command that leads to it must name the account (`account_of`) among its records. bonus_minor: on top. What nobody
    has paid for of the order's money goes first, and stays what nobody has paid for. Where less stands behind the order than
    is due with it, the customer owes that much less instead.
    """
    order, total = draft.world.order(order_id), credit.total_minor
    if credit.destination is Destination.STORE_CREDIT and _is_owed(order, total):
        credit = msgspec.structs.replace(credit, destination=Destination.TENDERS)
    if credit.destination is not Destination.STORE_CREDIT or not total:
        draft.tell(order_id, CreditGranted(credit, context.now))
        return
    known = last_of(draft, account_of(order_id))
    id_, kind = (known.id, known.kind) if known is not None else (account_of(order_id), CreditKind.STORE_CREDIT)
    goodwill = max(0, min(total, goodwill_left(order)))
    credit = msgspec.structs.replace(credit, account=id_, bonus_minor=bonus_minor, goodwill_minor=goodwill)
    draft.tell(order_id, CreditGranted(credit, context.now))
    about = f"{credit.reason} {credit.refers_to}".strip()
    told = [entry_of(CreditCause.GIVEN, total, context, order=order, reason=about, goodwill=goodwill)]
    if bonus_minor:
        told.append(entry_of(CreditCause.BONUS, bonus_minor, context, order=order, reason=about))
    _put(draft, draft.world.order(order_id), tuple(told), context)
    debit = [(Account.REFUNDS_PAYABLE, "", total), (Account.APPEASEMENT, "", bonus_minor)]
    made = entries(Cause.GIVEN_AS_CREDIT, debit, [(kind.account, id_, total + bonus_minor)])
    post(draft, order_id, Cause.GIVEN_AS_CREDIT, made)


def give_back(
    draft: Draft, order_id: OrderId, amount_minor: int, goodwill_minor: int, context: Context
) -> CreditAccount:
    """Put what could not be given back to a tender on the account of the order's customer; the account. See `grant_credit`."""
    order = draft.world.order(order_id)
    entry = entry_of(
        CreditCause.GIVEN, amount_minor, context, order=order, reason="refund", goodwill=goodwill_minor
    )  # fmt: skip
    return _put(draft, order, (entry,), context)


def _is_owed(order: Order, total_minor: int) -> bool:
    """Would more be given than stands behind the order, beyond what was supplied and not credited?"""
    due = max(0, earned_minor(order) - credited_minor(order) - total_minor)
    return bool(order.tenders) and total_minor > secured_minor(order) - due


def _put(draft: Draft, order: Order, told: tuple[CreditEntry, ...], context: Context) -> CreditAccount:
    """Enter it on the customer's account, or on the one that has taken its place: neither is opened anew by it."""
    account = last_of(draft, account_of(order.id))
    id_ = account.id if account is not None else account_of(order.id)
    entered = CreditEntered(apart=True, entries=told)
    if account is None:
        opened = CreditAccountOpened(
            id=id_, kind=CreditKind.STORE_CREDIT, currency=order.currency, at=context.now, holder=id_,
            entity=books_of(draft.world.settings, order),
        )  # fmt: skip
        draft.tell_record(CREDIT_ACCOUNT, id_, opened)
    elif account.expires_at is not None and any(each.amount_minor > each.gift_minor for each in told):
        # the date of a gift that was there before would cut short what was paid for
        gifts_end = None if any(each.gift_minor for each in told) else lapses_at(account)
        entered = CreditEntered(apart=True, entries=told, goodwill_expires_at=gifts_end, endless=True)
    draft.tell_record(CREDIT_ACCOUNT, id_, entered)
    after = account_in(draft, id_)
    assert after is not None
    return after


def entry_of(
    cause: CreditCause, amount: int, context: Context, *, order: Order | None = None, tender: int = 0, key: str = "",
    reason: str = "", goodwill: int = 0,
) -> CreditEntry:  # fmt: skip
    """A change of a balance, by whoever asked for it now. goodwill: what of it nobody has paid for."""
    return CreditEntry(
        cause=cause, amount_minor=amount, at=context.now, by=context.actor.name, tender=tender, key=key, reason=reason,
        order=str(order.id) if order is not None else "", goodwill_minor=goodwill,
    )  # fmt: skip


def account_in(draft: Draft, id_: str) -> CreditAccount | None:
    """The account of an id, if there is one."""
    found = draft.world.records.get((KIND, id_))
    return found if isinstance(found, CreditAccount) else None


def last_of(draft: Draft, id_: str) -> CreditAccount | None:
    """The account of an id, or the one that its balance was moved to in the end."""
    account, passed = account_in(draft, id_), {id_}
    while account is not None and account.state is CreditState.MOVED and account.moved_to not in passed:
        passed.add(account.moved_to)
        account = account_in(draft, account.moved_to) or account
    return account


def is_over(account: CreditAccount, now: datetime) -> bool:
    """Is the time of all that is on the account over?"""
    return account.expires_at is not None and account.expires_at <= now
