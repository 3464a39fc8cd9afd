"""Rules of credit accounts: who may put money on them, take it, and take it away.

What an order spends is posted by the order, for its deposits change; all else by the account.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from orderline.core.context import Context
from orderline.core.credits import commands as c
from orderline.core.credits.refusals import CreditRefusal as R
from orderline.core.credits.state import (
    CREDIT_ACCOUNT,
    KIND,
    PROVIDER,
    CreditAccount,
    CreditAccountClosed,
    CreditAccountOpened,
    CreditCause,
    CreditEntered,
    CreditEntry,
    CreditKind,
    CreditState,
    account_of,
)
from orderline.core.entities.decide import check_entity
from orderline.core.entities.state import TEST
from orderline.core.ledger.events import CreditGranted
from orderline.core.ledger.posting import books_of, post, posted_in
from orderline.core.ledger.rules import Cause, entries
from orderline.core.ledger.state import Account
from orderline.core.orders.credited import Credit, Destination
from orderline.core.orders.events import PaymentAnswered, PaymentRequested, TenderAdded
from orderline.core.orders.guards import check_text, known_order, ongoing_order
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.orders.settle import settle
from orderline.core.orders.state import Order, PaymentKind, Tender
from orderline.core.stock.checks import check_code
from orderline.core.tenders.paying_again import guard_release, missing_minor
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from orderline.values.money import MAX_MINOR, check_currency
from orderline.values.time import utc


def decide_issue(draft: Draft, command: c.IssueCredit, context: Context) -> None:
    """Put money on an account.

    Refused CREDIT_STATE: its balance was moved; CREDIT_MISMATCH: it is of another kind, currency or entity, or has a code.
    """
    check_code(command.account, "account")
    amount = _check_amount(command.amount_minor)
    check_currency(command.currency)
    check_entity(draft, command.entity.removesuffix(TEST), "entity")
    kept = check_text(command.reason, "reason", 500, required=command.why == "goodwill")
    expires_at = None
    if command.expires_at is not None:
        expires_at = utc(command.expires_at, field="expires_at")
        if expires_at <= context.now:
            raise Refused(R.CREDIT_STATE, field="expires_at", value=expires_at, allowed="a time to come")
    account = _account(draft, command.account)
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
        entries=(_entry(cause, amount, context, reason=kept),),
        posted=(posted_in(*about, *posted, context.now),),
        expires_at=expires_at,
    )
    draft.tell_record(CREDIT_ACCOUNT, command.account, event)


def decide_transfer(draft: Draft, command: c.TransferCredit, context: Context) -> None:
    """Move all that is on an account to another. Refused CREDIT_STATE, CREDIT_MISMATCH; REASON_REQUIRED."""
    account = _open_account(draft, command.account, context)
    if command.to == command.account:
        raise Refused(R.CREDIT_MISMATCH, field="to", value=command.to, allowed="another account")
    check_code(command.to, "to")
    reason = check_text(command.reason, "reason", 500, required=True)
    target = _account(draft, command.to)
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
        state=CreditState.MOVED,
        entries=(_entry(CreditCause.MOVED_OUT, -amount, context, reason=reason),),
        posted=posted,
        moved_to=command.to,
    )
    paid = (_entry(CreditCause.MOVED_IN, amount - gifts, context, reason=reason),) if amount > gifts else ()
    given = (_entry(CreditCause.GOODWILL, gifts, context, reason=reason),) if gifts else ()
    draft.tell_record(CREDIT_ACCOUNT, account.id, away)
    lasts = account.expires_at
    if target is not None and (lasts is None or (target.expires_at is not None and target.expires_at > lasts)):
        lasts = target.expires_at
    draft.tell_record(CREDIT_ACCOUNT, command.to, CreditEntered(entries=(*paid, *given), expires_at=lasts))


def decide_expire(draft: Draft, command: c.ExpireCredit, context: Context) -> None:
    """What is left lapses: paid for, it is other income; what was given is no expense any more.

    Refused NOTHING_TO_DO: its time is not over, or it is not open.
    """
    account = _known(draft, command.account)
    if account.state is not CreditState.OPEN or account.expires_at is None or account.expires_at > context.now:
        raise Refused(OrderRefusal.NOTHING_TO_DO, value=account.id)
    left, gifts = account.balance_minor, account.goodwill_minor
    lapsed = [(Account.OTHER_INCOME, "breakage", left - gifts), (Account.APPEASEMENT, "", gifts)]
    made = entries(Cause.CREDIT_EXPIRED, [(account.kind.account, account.id, left)], lapsed)
    posted = (
        posted_in(draft.world.settings, account.entity, account.currency, Cause.CREDIT_EXPIRED, made, context.now),
    ) if made else ()  # fmt: skip
    told = (_entry(CreditCause.EXPIRED, -left, context),) if left else ()
    closed = CreditAccountClosed(state=CreditState.EXPIRED, entries=told, posted=posted)
    draft.tell_record(CREDIT_ACCOUNT, account.id, closed)


def decide_redeem(draft: Draft, command: c.RedeemCredit, context: Context) -> None:
    """Pay from an account what is not covered.

    Refused CREDIT_STATE, CREDIT_MISMATCH, CREDIT_NOT_ENOUGH; TENDERS_EXCEED_TOTAL: less is missing.
    """
    order = ongoing_order(draft.world, command)
    account = _open_account(draft, command.account, context)
    _check_same("currency", order.currency, account.currency)
    _check_same("entity", books_of(draft.world.settings, order), account.entity)
    missing = missing_minor(order)
    amount = min(missing, account.balance_minor)
    if command.amount_minor is not None:
        amount = _check_amount(command.amount_minor)
    if amount > missing or not missing:
        raise Refused(OrderRefusal.TENDERS_EXCEED_TOTAL, field="amount_minor", value=amount, allowed=missing)
    if amount > account.balance_minor or not amount:
        raise Refused(R.CREDIT_NOT_ENOUGH, field="amount_minor", value=amount, allowed=account.balance_minor)
    tender = Tender(
        number=len(order.tenders) + 1, provider=PROVIDER, method=account.kind.value, amount_minor=amount,
        token=account.id, reference=account.id, authorized_minor=amount, captured_minor=amount,
    )  # fmt: skip
    _enter(draft, account, CreditCause.SPENT, -amount, context, order, tender.number)
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

    def answered(kind: PaymentKind, key: str) -> None:
        answer = PaymentAnswered(
            tender=tender.number, key=key, kind=kind, amount_minor=amount, at=context.now, declined=declined,
            reference=account.id if account is not None else "",
        )  # fmt: skip
        draft.tell(order.id, answer)

    if not declined and account is not None and request.kind is PaymentKind.REFUND:
        _enter(draft, account, CreditCause.RETURNED, amount, context, order, tender.number, request.key)
    elif not declined and account is not None and request.kind is PaymentKind.AUTHORIZE:
        _enter(draft, account, CreditCause.SPENT, -amount, context, order, tender.number, request.key)
    answered(request.kind, request.key)
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
    if account.state is not CreditState.OPEN or _is_over(account, context):
        return "credit_expired"
    if kind is PaymentKind.REFUND:
        return ""
    if account.kind.value != tender.method or account.currency != order.currency:
        return "credit_of_another_kind"
    if account.entity != books_of(draft.world.settings, order):
        return "credit_of_another_entity"
    return "" if account.balance_minor >= amount else "credit_not_enough"


def grant_credit(draft: Draft, order_id: OrderId, credit: Credit, bonus_minor: int, context: Context) -> None:
    """Grant a credit; what of it becomes store credit is on the customer's account with the same fact.

    The command that leads to it must name the account (`account_of`) among its records. bonus_minor: on top.
    """
    if credit.destination is not Destination.STORE_CREDIT or not credit.total_minor:
        draft.tell(order_id, CreditGranted(credit, context.now))
        return
    id_ = account_of(order_id)
    order = draft.world.order(order_id)
    credit = msgspec.structs.replace(credit, account=id_, bonus_minor=bonus_minor)
    draft.tell(order_id, CreditGranted(credit, context.now))
    total = credit.total_minor
    about = f"{credit.reason} {credit.refers_to}".strip()
    told = [_entry(CreditCause.GIVEN, total, context, order=order, reason=about)]
    if bonus_minor:
        told.append(_entry(CreditCause.BONUS, bonus_minor, context, order=order, reason=about))
    _put(draft, draft.world.order(order_id), tuple(told), context)
    debit = [(Account.REFUNDS_PAYABLE, "", total), (Account.APPEASEMENT, "", bonus_minor)]
    made = entries(Cause.GIVEN_AS_CREDIT, debit, [(Account.STORE_CREDIT, id_, total + bonus_minor)])
    post(draft, order_id, Cause.GIVEN_AS_CREDIT, made)


def give_back(draft: Draft, order_id: OrderId, amount_minor: int, context: Context) -> str:
    """Put what could not be given back to a tender on the account of the order's customer; the account. See `grant_credit`."""
    order = draft.world.order(order_id)
    entry = _entry(CreditCause.GIVEN, amount_minor, context, order=order, reason="refund")
    return _put(draft, order, (entry,), context)


def _put(draft: Draft, order: Order, told: tuple[CreditEntry, ...], context: Context) -> str:
    id_ = account_of(order.id)
    if _account(draft, id_) is None:
        opened = CreditAccountOpened(
            id=id_, kind=CreditKind.STORE_CREDIT, currency=order.currency, at=context.now, holder=id_,
            entity=books_of(draft.world.settings, order),
        )  # fmt: skip
        draft.tell_record(CREDIT_ACCOUNT, id_, opened)
    draft.tell_record(CREDIT_ACCOUNT, id_, CreditEntered(entries=told))
    return id_


def _enter(
    draft: Draft, account: CreditAccount, cause: CreditCause, amount: int, context: Context, order: Order, tender: int,
    key: str = "",
) -> None:  # fmt: skip
    entry = _entry(cause, amount, context, order=order, tender=tender, key=key)
    draft.tell_record(CREDIT_ACCOUNT, account.id, CreditEntered(entries=(entry,)))


def _entry(
    cause: CreditCause, amount: int, context: Context, *, order: Order | None = None, tender: int = 0, key: str = "",
    reason: str = "",
) -> CreditEntry:  # fmt: skip
    return CreditEntry(
        cause=cause, amount_minor=amount, at=context.now, by=context.actor.name, tender=tender, key=key, reason=reason,
        order=str(order.id) if order is not None else "",
    )  # fmt: skip


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
    account = _account(draft, tender.token)
    for id_ in accounts:
        if account is not None and account.state is CreditState.MOVED and account.moved_to == id_:
            account = _account(draft, id_)
    if account is not None and account.state is CreditState.MOVED:
        raise _in_state(account)
    return account


def _account(draft: Draft, id_: str) -> CreditAccount | None:
    found = draft.world.records.get((KIND, id_))
    return found if isinstance(found, CreditAccount) else None


def _known(draft: Draft, id_: str) -> CreditAccount:
    account = _account(draft, id_)
    if account is None:
        raise Refused(R.CREDIT_UNKNOWN, field="account", value=id_[:100])
    return account


def _open_account(draft: Draft, id_: str, context: Context) -> CreditAccount:
    account = _known(draft, id_)
    _check_open(account, context)
    return account


def _check_open(account: CreditAccount, context: Context) -> None:
    if account.state is not CreditState.OPEN or _is_over(account, context):
        raise _in_state(account)


def _is_over(account: CreditAccount, context: Context) -> bool:
    return account.expires_at is not None and account.expires_at <= context.now


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
