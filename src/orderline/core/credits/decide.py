"""Rules of credit accounts: who may put money on them, take it, and take it away.

What an order spends is posted by the order, for its deposits change; all else by the account.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from orderline.core.context import Context
from orderline.core.credits import commands as c
from orderline.core.credits.goodwill import goodwill_returned, goodwill_spent, lapsed_minor, lapses_at, spendable_minor
from orderline.core.credits.granting import account_in, entry_of, is_over
from orderline.core.credits.lawful import earliest_expiry
from orderline.core.credits.refusals import CreditRefusal as R
from orderline.core.credits.state import (
    CREDIT_ACCOUNT,
    PROVIDER,
    CreditAccount,
    CreditAccountClosed,
    CreditAccountOpened,
    CreditCause,
    CreditEntered,
    CreditKind,
    CreditState,
)
from orderline.core.entities.decide import check_entity
from orderline.core.entities.state import TEST
from orderline.core.ledger.posting import books_of, entity_of, posted_in
from orderline.core.ledger.rules import Cause, entries
from orderline.core.ledger.state import Account
from orderline.core.limits import check_money
from orderline.core.orders.events import PaymentAnswered, PaymentRequested, TenderAdded
from orderline.core.orders.guards import check_text, known_order, ongoing_order
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.orders.settle import settle
from orderline.core.orders.state import Order, PaymentKind, Tender
from orderline.core.stock.checks import check_code
from orderline.core.tenders.paying_again import guard_release, missing_minor
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.money import MAX_MINOR, check_currency
from orderline.values.time import utc


def decide_issue(draft: Draft, command: c.IssueCredit, context: Context) -> None:
    """Put money on an account.

    Refused CREDIT_STATE: its balance was moved; CREDIT_MISMATCH: it is of another kind, currency or entity, or has a code.
    Refused CREDIT_EXPIRES_TOO_SOON: by the law of the entity's country what was paid for lasts longer.
    """
    check_code(command.account, "account")
    amount = _check_amount(command.amount_minor)
    check_currency(command.currency)
    check_money(context.limits, "credits", amount, command.currency)
    check_entity(draft, command.entity.removesuffix(TEST), "entity")
    kept = check_text(command.reason, "reason", 500, required=command.why == "goodwill")
    expires_at = _to_come(command.expires_at, "expires_at", context)
    gifts_end = _to_come(command.goodwill_expires_at, "goodwill_expires_at", context)
    account = account_in(draft, command.account)
    _check_lasts(draft, command, account, expires_at, context)
    if account is None:
        _open(draft, command.account, command.kind, command.currency, command.entity, command, context)
    elif account.state is CreditState.MOVED:
        raise _in_state(account)
    else:
        for name in ("kind", "currency", "entity"):
            _check_same(name, getattr(command, name), getattr(account, name))
        if command.code_hash:
            _check_same("code_hash", "a code", "none: it has one, or needs none")
    cause = CreditCause.SOLD if command.why == "sold" else CreditCause.GOODWILL
    credit = [(command.kind.account, command.account, amount)]
    if cause is CreditCause.SOLD:
        check_text(command.paid_by, "paid_by", 100)
        into = Account.PSP_CLEARING if command.paid_by else Account.BANK
        posted = (Cause.CREDIT_SOLD, entries(Cause.CREDIT_SOLD, [(into, command.paid_by, amount)], credit))
    else:
        posted = (Cause.APPEASED, entries(Cause.APPEASED, [(Account.APPEASEMENT, "", amount)], credit))
    about = (draft.world.settings, command.entity, command.currency)
    event = CreditEntered(
        apart=True,
        entries=(entry_of(cause, amount, context, reason=kept),),
        posted=(posted_in(*about, *posted, context.now),),
        expires_at=expires_at,
        goodwill_expires_at=_later(account, gifts_end) if cause is CreditCause.GOODWILL else gifts_end,
    )
    if account is not None and cause is CreditCause.SOLD and _is_cut_short(draft, account, expires_at, context):
        event = replace(event, goodwill_expires_at=gifts_end or lapses_at(account), endless=True)
    draft.tell_record(CREDIT_ACCOUNT, command.account, event)


def decide_transfer(draft: Draft, command: c.TransferCredit, context: Context) -> None:
    """Move all that is on an account to another. Refused CREDIT_STATE, CREDIT_MISMATCH; REASON_REQUIRED."""
    account = _open_account(draft, command.account, context)
    if command.to == command.account:
        raise Refused(R.CREDIT_MISMATCH, field="to", value=command.to, allowed="another account")
    check_code(command.to, "to")
    reason = check_text(command.reason, "reason", 500, required=True)
    target = account_in(draft, command.to)
    if target is None:
        _open(draft, command.to, account.kind, account.currency, account.entity, command, context, account.holder)
    else:
        _check_open(target, context)
        for name in ("currency", "entity"):
            _check_same(name, getattr(target, name), getattr(account, name))
    amount, gifts = account.balance_minor, account.goodwill_minor
    kind = target.kind if target is not None else account.kind
    made = entries(
        Cause.CREDIT_MOVED, [(account.kind.account, account.id, amount)], [(kind.account, command.to, amount)]
    )
    posted = (
        posted_in(draft.world.settings, account.entity, account.currency, Cause.CREDIT_MOVED, made, context.now),
    ) if made else ()  # fmt: skip
    away = CreditAccountClosed(
        apart=True,
        state=CreditState.MOVED,
        entries=(entry_of(CreditCause.MOVED_OUT, -amount, context, reason=reason, goodwill=-gifts),),
        posted=posted,
        moved_to=command.to,
    )
    told = (entry_of(CreditCause.MOVED_IN, amount, context, reason=reason, goodwill=gifts),) if amount else ()
    draft.tell_record(CREDIT_ACCOUNT, account.id, away)
    ends = [account.expires_at, *([target.expires_at] if target is not None else [])]
    endless = None in ends  # the later of both: nothing that was paid for is cut short
    there = lapses_at(target) if target is not None else None
    entered = CreditEntered(
        apart=True,
        entries=told,
        expires_at=None if endless else max(each for each in ends if each is not None),
        goodwill_expires_at=_later(target, lapses_at(account)) if gifts else there,
        endless=endless and target is not None and target.expires_at is not None,
    )
    draft.tell_record(CREDIT_ACCOUNT, command.to, entered)


def decide_expire(draft: Draft, command: c.ExpireCredit, context: Context) -> None:
    """What is left lapses: paid for, it is other income; what was given is no expense any more.

    What was given may lapse before the account does. Refused NOTHING_TO_DO: no time is over, or it is not open.
    """
    account = _known(draft, command.account)
    over, gifts = is_over(account, context.now), lapsed_minor(account, context.now)
    if account.state is not CreditState.OPEN or not (over or gifts):
        raise Refused(OrderRefusal.NOTHING_TO_DO, value=account.id)
    if over:
        gifts = account.goodwill_minor
    left = account.balance_minor if over else gifts
    lapsed = [(Account.OTHER_INCOME, "breakage", left - gifts), (Account.APPEASEMENT, "", gifts)]
    made = entries(Cause.CREDIT_EXPIRED, [(account.kind.account, account.id, left)], lapsed)
    posted = (
        posted_in(draft.world.settings, account.entity, account.currency, Cause.CREDIT_EXPIRED, made, context.now),
    ) if made else ()  # fmt: skip
    told = (entry_of(CreditCause.EXPIRED, -left, context, goodwill=-gifts),) if left else ()
    if over:
        closed = CreditAccountClosed(apart=True, state=CreditState.EXPIRED, entries=told, posted=posted)
        draft.tell_record(CREDIT_ACCOUNT, account.id, closed)
    else:
        draft.tell_record(CREDIT_ACCOUNT, account.id, CreditEntered(apart=True, entries=told, posted=posted))


def decide_redeem(draft: Draft, command: c.RedeemCredit, context: Context) -> None:
    """Pay from an account what is not covered.

    Refused CREDIT_STATE, CREDIT_MISMATCH, CREDIT_NOT_ENOUGH; TENDERS_EXCEED_TOTAL: less is missing.
    """
    order = ongoing_order(draft.world, command)
    account = _open_account(draft, command.account, context)
    _check_same("currency", order.currency, account.currency)
    _check_same("entity", books_of(draft.world.settings, order), account.entity)
    missing = missing_minor(order)
    there = spendable_minor(account, context.now)
    amount = min(missing, there)
    if command.amount_minor is not None:
        amount = _check_amount(command.amount_minor)
    if amount > missing or not missing:
        raise Refused(OrderRefusal.TENDERS_EXCEED_TOTAL, field="amount_minor", value=amount, allowed=missing)
    if amount > there or not amount:
        raise Refused(R.CREDIT_NOT_ENOUGH, field="amount_minor", value=amount, allowed=there)
    goodwill = _goodwill_spent(draft, account, amount, context)
    tender = Tender(
        number=len(order.tenders) + 1, provider=PROVIDER, method=account.kind.value, amount_minor=amount,
        token=account.id, reference=account.id, authorized_minor=amount, captured_minor=amount,
        goodwill_minor=goodwill,
    )  # fmt: skip
    _enter(draft, account, CreditCause.SPENT, -amount, -goodwill, context, order, tender.number)
    draft.tell(order.id, TenderAdded(tender))
    settle(draft, order.id, context)
    guard_release(draft, order, context)


def decide_answer(draft: Draft, command: c.AnswerByCredit, context: Context) -> None:
    """Take what is asked for from an account, or give it back to it; what can't be done is declined, as by a provider.

    Refused TENDER_UNKNOWN, PAYMENT_REQUEST_UNKNOWN: it was never asked, or was answered before.
    Refused CREDIT_STATE: the account was moved meanwhile.
    """
    order = known_order(draft.world, command)
    tender = next((each for each in order.tenders if each.number == command.tender), None)
    if tender is None or tender.provider != PROVIDER:
        raise Refused(OrderRefusal.TENDER_UNKNOWN, field="tender", value=command.tender)
    request = next((r for r in tender.requests if r.key == command.key and r.kind is command.kind), None)
    if request is None:
        raise Refused(OrderRefusal.PAYMENT_REQUEST_UNKNOWN, field="key", value=command.key)
    account = _at_the_end(draft, tender, command.accounts)
    amount = request.amount_minor
    declined = _objection(draft, order, tender, account, request.kind, amount, context)
    goodwill = 0
    if not declined and account is not None:
        if request.kind is PaymentKind.REFUND:
            goodwill = goodwill_returned(order, tender, amount)
            _enter(draft, account, CreditCause.RETURNED, amount, goodwill, context, order, tender.number, request.key)
        else:
            goodwill = _goodwill_spent(draft, account, amount, context)
            _enter(draft, account, CreditCause.SPENT, -amount, -goodwill, context, order, tender.number, request.key)

    def answered(kind: PaymentKind, key: str, goodwill: int = 0) -> None:
        answer = PaymentAnswered(
            tender=tender.number, key=key, kind=kind, amount_minor=amount, at=context.now, declined=declined,
            reference=account.id if account is not None else "", goodwill_minor=goodwill,
        )  # fmt: skip
        draft.tell(order.id, answer)

    answered(request.kind, request.key, goodwill)
    if request.kind is PaymentKind.AUTHORIZE and not declined:
        # it has left the account: nothing is held there
        key = f"{request.key}-spent"
        asked = PaymentRequested(
            tender=tender.number, key=key, kind=PaymentKind.CAPTURE, amount_minor=amount, at=context.now
        )
        draft.tell(order.id, asked)
        answered(PaymentKind.CAPTURE, key)
    settle(draft, order.id, context)
    guard_release(draft, order, context)


def _objection(
    draft: Draft, order: Order, tender: Tender, account: CreditAccount | None, kind: PaymentKind, amount: int,
    context: Context,
) -> str:  # fmt: skip
    """Why a request can't be done; empty: it can."""
    if account is None:
        return "credit_unknown"
    if kind not in (PaymentKind.AUTHORIZE, PaymentKind.REFUND):
        return "credit_holds_nothing"
    if account.state is not CreditState.OPEN or is_over(account, context.now):
        return "credit_expired"
    if kind is PaymentKind.REFUND:
        return ""
    if account.kind.value != tender.method or account.currency != order.currency:
        return "credit_of_another_kind"
    if account.entity != books_of(draft.world.settings, order):
        return "credit_of_another_entity"
    return "" if spendable_minor(account, context.now) >= amount else "credit_not_enough"


def _enter(
    draft: Draft, account: CreditAccount, cause: CreditCause, amount: int, goodwill: int, context: Context,
    order: Order, tender: int, key: str = "",
) -> None:  # fmt: skip
    entry = entry_of(cause, amount, context, order=order, tender=tender, key=key, goodwill=goodwill)
    draft.tell_record(CREDIT_ACCOUNT, account.id, CreditEntered(apart=True, entries=(entry,)))


def _goodwill_spent(draft: Draft, account: CreditAccount, amount: int, context: Context) -> int:
    first = entity_of(draft.world.settings, account.entity).goodwill_first
    return goodwill_spent(account, amount, context.now, first=first)


def _to_come(given: datetime | None, field: str, context: Context) -> datetime | None:
    if given is None:
        return None
    at = utc(given, field=field)
    if at <= context.now:
        raise Refused(R.CREDIT_STATE, field=field, value=at, allowed="a time to come")
    return at


def _later(account: CreditAccount | None, until: datetime | None) -> datetime | None:
    """When all that was given lapses, with more of it: the later of both. None: by no date of its own."""
    if account is None or not account.goodwill_minor or until is None:
        return until
    known = lapses_at(account)
    return max(known, until) if known is not None else None


def _check_lasts(
    draft: Draft, command: c.IssueCredit, account: CreditAccount | None, expires_at: datetime | None, context: Context
) -> None:
    """What was paid for lasts as long as the law wants, and what is given away does not cut that short."""
    if expires_at is None:
        return
    if command.why == "sold":
        least = earliest_expiry(entity_of(draft.world.settings, command.entity), context.now)
        if expires_at < least:
            raise Refused(R.CREDIT_EXPIRES_TOO_SOON, field="expires_at", value=expires_at, allowed=least)
    elif account is not None and account.balance_minor > account.goodwill_minor:
        if account.expires_at is None or expires_at < account.expires_at:
            raise Refused(
                R.CREDIT_EXPIRES_TOO_SOON, field="expires_at", value=expires_at, allowed=account.expires_at,
                unblock="goodwill_expires_at",
            )  # fmt: skip


def _is_cut_short(draft: Draft, account: CreditAccount, expires_at: datetime | None, context: Context) -> bool:
    """Would what is sold without a date lapse by that of a gift, or sooner than the law wants?"""
    if expires_at is not None or account.expires_at is None:
        return False
    least = earliest_expiry(entity_of(draft.world.settings, account.entity), context.now)
    return account.balance_minor == account.goodwill_minor or account.expires_at < least


def _open(
    draft: Draft,
    id_: str,
    kind: CreditKind,
    currency: str,
    entity: str,
    command: Any,
    context: Context,
    holder: str = "",
) -> None:
    code_hash = command.code_hash
    if bool(code_hash) is not (kind is CreditKind.GIFT_CARD):
        allowed = "a code, for a gift card" if kind is CreditKind.GIFT_CARD else "none: store credit has no code"
        raise Refused(R.CREDIT_CODE_NOT_ACCEPTABLE, field="code", value="", allowed=allowed)
    holder = check_text(getattr(command, "holder", "") or holder, "holder", 200)
    opened = CreditAccountOpened(
        id=id_, kind=kind, currency=currency, entity=entity, at=context.now, holder=holder, code_hash=code_hash
    )
    draft.tell_record(CREDIT_ACCOUNT, id_, opened)


def _at_the_end(draft: Draft, tender: Tender, accounts: Sequence[str]) -> CreditAccount | None:
    """The account that stands for that of a tender now. Refused CREDIT_STATE: those named do not lead there."""
    account = account_in(draft, tender.token)
    for id_ in accounts:
        if account is not None and account.state is CreditState.MOVED and account.moved_to == id_:
            account = account_in(draft, id_)
    if account is not None and account.state is CreditState.MOVED:
        raise _in_state(account)
    return account


def _known(draft: Draft, id_: str) -> CreditAccount:
    account = account_in(draft, id_)
    if account is None:
        raise Refused(R.CREDIT_UNKNOWN, field="account", value=id_[:100])
    return account


def _open_account(draft: Draft, id_: str, context: Context) -> CreditAccount:
    account = _known(draft, id_)
    _check_open(account, context)
    return account


def _check_open(account: CreditAccount, context: Context) -> None:
    if account.state is not CreditState.OPEN or is_over(account, context.now):
        raise _in_state(account)


def _in_state(account: CreditAccount) -> Refused:
    return Refused(R.CREDIT_STATE, field="account", value=account.id, state=account.state, moved_to=account.moved_to)


def _check_same(name: str, given: object, kept: object) -> None:
    if given != kept:
        raise Refused(R.CREDIT_MISMATCH, field=name, value=str(given), allowed=str(kept))


def _check_amount(amount: int) -> int:
    if not 0 < amount <= MAX_MINOR:
        raise Refused(
            OrderRefusal.AMOUNT_OUT_OF_RANGE, field="amount_minor", value=amount, allowed=f"from 1 to {MAX_MINOR}"
        )
    return amount


RULES: Final[dict[type, Any]] = {
    c.IssueCredit: decide_issue,
    c.TransferCredit: decide_transfer,
    c.ExpireCredit: decide_expire,
    c.RedeemCredit: decide_redeem,
    c.AnswerByCredit: decide_answer,
}
