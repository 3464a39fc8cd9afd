"""Rules of sellers: terms hold for what is sold from now on; what is owed is stated once, and paid once."""

import re
from collections.abc import Sequence
from typing import Any, Final

from orderline.core.context import Context
from orderline.core.documents.state import SERIES, NumberTaken, Series, next_number
from orderline.core.ledger.posting import day_of, entity_of, posted_in
from orderline.core.ledger.rules import Cause, moved
from orderline.core.ledger.state import Account, Balance, Books, Posted
from orderline.core.orders.guards import check_text
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.sellers import commands as c
from orderline.core.sellers.refusals import SellerRefusal as R
from orderline.core.sellers.schedule import last_day, next_run
from orderline.core.sellers.state import (
    KIND,
    NUMBERS,
    SELLER,
    STATEMENT,
    STATEMENT_KIND,
    PaymentFailed,
    PaymentInstructed,
    PaymentMade,
    PaymentReturned,
    Seller,
    SellerPayment,
    SellerPut,
    SellerStated,
    SellerStatement,
    StatementMade,
    StatementState,
    pair_of,
)
from orderline.core.stock.checks import check_code
from orderline.core.stock.events import SellerRulePut
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.money import MAX_MINOR, check_currency
from orderline.values.time import utc

A = Account
MILLION: Final = 1_000_000
MOST_RESERVE: Final = 365
_PARTY: Final = ("street", "postal_code", "city", "email", "vat_id", "tax_number", "iban", "bic")


def decide_put_seller(draft: Draft, command: c.PutSeller, context: Context) -> None:
    """Refused CODE_NOT_ACCEPTABLE, FIELD_REQUIRED, TEXT_NOT_ACCEPTABLE, CURRENCY_UNKNOWN.

    Refused SELLER_TERMS: a commission above the price, a fee below nothing, no country, too long a reserve.
    """
    check_code(command.seller, "seller")
    check_text(command.party.name, "party.name", 200, required=True)
    for name in _PARTY:
        check_text(getattr(command.party, name), f"party.{name}", 200)
    if command.party.country and not re.fullmatch("[A-Z]{2}", command.party.country):
        _refuse("party.country", command.party.country[:20], "two capital letters (ISO 3166-1)")
    for field, ppm in (
        ("rate_ppm", command.rate_ppm),
        *((f"categories.{k}", v) for k, v in command.categories.items()),
    ):
        if not 0 <= ppm <= MILLION:
            _refuse(field[:120], ppm, f"from 0 to {MILLION}")
    for category in command.categories:
        check_text(category, "categories", 100, required=True)
    for currency, fee in command.fixed_minor.items():
        check_currency(currency, field="fixed_minor")
        if not 0 <= fee <= MAX_MINOR:
            _refuse(f"fixed_minor.{currency}", fee, f"from 0 to {MAX_MINOR}")
    if not 0 <= command.reserve_days <= MOST_RESERVE:
        _refuse("reserve_days", command.reserve_days, f"from 0 to {MOST_RESERVE}")
    check_text(command.held, "held", 500)
    known = draft.world.records.get((KIND, command.seller))
    next_at = next_run(command.schedule, command.reserve_days, context.now)
    if isinstance(known, Seller):
        next_at = min(next_at, known.next_at)  # what is due already is not put off
    seller = Seller(
        id=command.seller, party=command.party, rate_ppm=command.rate_ppm, categories=command.categories,
        fixed_minor=command.fixed_minor, discounts=command.discounts, chargebacks=command.chargebacks,
        shipping=command.shipping, schedule=command.schedule, reserve_days=command.reserve_days, held=command.held,
        next_at=next_at,
    )  # fmt: skip
    draft.tell_record(SELLER, seller.id, SellerPut(seller=seller, by=context.actor.name))
    if draft.world.settings.sellers.get(seller.id) != seller.rule:
        draft.tell_stock(SellerRulePut(seller.rule))


def decide_state(draft: Draft, command: c.StateSeller, context: Context) -> None:
    """Make a statement for each entity and currency in which the seller is owed something; what it owes us is carried over.

    Refused SELLER_UNKNOWN. SELLER_NOT_DUE: the day is not over, is kept in reserve, or it was stated meanwhile.
    Refused SELLER_HELD: something is due, and nothing is to be paid.
    """
    seller = _known(draft, command.seller)
    latest = last_day(context.now, seller.reserve_days)
    if command.until > latest:
        raise Refused(R.SELLER_NOT_DUE, field="until", value=command.until, allowed=f"through {latest}")
    due = [each for each in command.due if each.amount_minor > 0]
    if due and seller.held:
        raise Refused(R.SELLER_HELD, field="seller", value=seller.id, reason=seller.held)
    stated = {pair_of(each.entity, each.currency): command.until for each in due}
    next_at = next_run(seller.schedule, seller.reserve_days, context.now)
    draft.tell_record(SELLER, seller.id, SellerStated(stated=stated, next_at=next_at))
    for each in due:
        since = seller.stated.get(pair_of(each.entity, each.currency))
        if since != each.since or (since is not None and command.until <= since):
            raise Refused(R.SELLER_NOT_DUE, field="until", value=command.until, allowed=f"after {since}")
        _make(draft, seller, command, each, context)


def _make(draft: Draft, seller: Seller, command: c.StateSeller, due: c.SellerDue, context: Context) -> None:
    day = day_of(entity_of(draft.world.settings, due.entity), context.now)
    id_ = c.series_of(due.entity)
    series: Any = draft.world.records.get((SERIES.name, id_))
    known: Series | None = series
    prefix, count, number = next_number(known, NUMBERS, day)
    name = f"{due.entity}:{number}"
    statement = SellerStatement(
        id=name, number=number, seller=seller.id, party=seller.party, entity=due.entity, currency=due.currency,
        since=due.since, until=command.until, goods_minor=due.goods_minor, commission_minor=due.commission_minor,
        amount_minor=due.amount_minor, entries=due.entries, stated_at=context.now, state=StatementState.OPEN,
    )  # fmt: skip
    made = moved(Cause.SELLER_STATED, due.amount_minor, debit_sub=seller.id, credit_sub=seller.id)
    books = Books(due.entity, (Balance(A.SELLER_PAYABLE, -due.amount_minor, seller.id, -due.base_minor),))
    posted = posted_in(
        draft.world.settings, due.entity, due.currency, Cause.SELLER_STATED, made, context.now, number, books
    )
    draft.tell_record(STATEMENT, name, StatementMade(statement=statement, posted=(posted,)))
    draft.tell_record(SERIES, id_, NumberTaken(id=id_, prefix=prefix, number=count, document=name))


def decide_instruct(draft: Draft, command: c.InstructSellerPayment, context: Context) -> None:
    """Refused SELLER_STATEMENT_UNKNOWN; SELLER_STATEMENT_STATE: it is under way, or paid."""
    statement = _statement_in(draft, command, (StatementState.OPEN,))
    payment = SellerPayment(key=_next_key(statement), at=context.now, by=context.actor.name)
    draft.tell_record(STATEMENT, statement.id, PaymentInstructed(payment=payment))


def decide_record(draft: Draft, command: c.RecordSellerPayment, context: Context) -> None:
    """Refused SELLER_STATEMENT_UNKNOWN; NOTHING_TO_DO: it is known; SELLER_STATEMENT_STATE: it is paid by another."""
    reference = check_text(command.reference, "reference", 200, required=True)
    known = draft.world.records.get((STATEMENT_KIND, command.statement))
    if isinstance(known, SellerStatement) and any(each.reference == reference for each in known.payments):
        raise Refused(OrderRefusal.NOTHING_TO_DO, field="reference", value=reference)
    statement = _statement_in(draft, command, (StatementState.OPEN, StatementState.INSTRUCTED))
    paid_at = context.now if command.paid_at is None else utc(command.paid_at, field="paid_at")
    instructed = statement.payments[-1] if statement.state is StatementState.INSTRUCTED else None
    payment = SellerPayment(
        key=instructed.key if instructed is not None else _next_key(statement),
        at=instructed.at if instructed is not None else context.now, by=context.actor.name, reference=reference,
        paid_at=paid_at,
    )  # fmt: skip
    posted = _paid(draft, statement, statement.amount_minor, context)
    draft.tell_record(STATEMENT, statement.id, PaymentMade(payment=payment, posted=posted))


def decide_fail(draft: Draft, command: c.FailSellerPayment, context: Context) -> None:
    """Refused SELLER_STATEMENT_UNKNOWN; SELLER_STATEMENT_STATE: it was not instructed."""
    reason = check_text(command.reason, "reason", 500, required=True)
    statement = _statement_in(draft, command, (StatementState.INSTRUCTED,))
    draft.tell_record(STATEMENT, statement.id, PaymentFailed(reason=reason, at=context.now))


def decide_return(draft: Draft, command: c.ReturnSellerPayment, context: Context) -> None:
    """The mirror of what was posted. Refused SELLER_STATEMENT_UNKNOWN; SELLER_STATEMENT_STATE: it is not paid."""
    reason = check_text(command.reason, "reason", 500, required=True)
    statement = _statement_in(draft, command, (StatementState.PAID,))
    posted = _paid(draft, statement, -statement.amount_minor, context)
    draft.tell_record(STATEMENT, statement.id, PaymentReturned(reason=reason, at=context.now, posted=posted))


def _paid(draft: Draft, statement: SellerStatement, amount: int, context: Context) -> tuple[Posted, ...]:
    made = moved(Cause.SELLER_PAID, amount, debit_sub=statement.seller)
    open_ = -statement.amount_minor if amount > 0 else 0
    books = Books(statement.entity, (Balance(A.SELLER_STATEMENTS, open_, statement.seller, -statement.base_minor),))
    settings = draft.world.settings
    return (
        posted_in(
            settings,
            statement.entity,
            statement.currency,
            Cause.SELLER_PAID,
            made,
            context.now,
            statement.number,
            books,
        ),
    )


def _next_key(statement: SellerStatement) -> str:
    return f"{statement.number}-{len(statement.payments) + 1}"


def _known(draft: Draft, seller: str) -> Seller:
    found = draft.world.records.get((KIND, seller))
    if not isinstance(found, Seller):
        raise Refused(R.SELLER_UNKNOWN, field="seller", value=seller[:100])
    return found


def _statement_in(draft: Draft, command: c.StatementCommand, states: Sequence[StatementState]) -> SellerStatement:
    found = draft.world.records.get((STATEMENT_KIND, command.statement))
    if not isinstance(found, SellerStatement):
        raise Refused(R.SELLER_STATEMENT_UNKNOWN, field="statement", value=command.statement[:100])
    if found.state not in states:
        raise Refused(
            R.SELLER_STATEMENT_STATE, field="statement", value=found.id, state=found.state, allowed=list(states)
        )
    return found


def _refuse(field: str, value: object, allowed: str) -> None:
    raise Refused(R.SELLER_TERMS, field=field, value=value, allowed=allowed)


RULES: Final[dict[type, Any]] = {
    c.PutSeller: decide_put_seller,
    c.StateSeller: decide_state,
    c.InstructSellerPayment: decide_instruct,
    c.RecordSellerPayment: decide_record,
    c.FailSellerPayment: decide_fail,
    c.ReturnSellerPayment: decide_return,
}
