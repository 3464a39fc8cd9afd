"""Rules of payouts: each is booked once, with its fees; what is returned is at the provider again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from orderline.core.context import Context
from orderline.core.entities.decide import check_entity
from orderline.core.entities.state import TEST
from orderline.core.ledger.posting import posted_in
from orderline.core.ledger.rules import Cause, entries
from orderline.core.ledger.state import Account, Entry, Posted
from orderline.core.orders.guards import check_text
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.payouts.commands import BookPayout, CorrectPayout, PayoutCommand, ReturnPayout
from orderline.core.payouts.posting import postings_of
from orderline.core.payouts.refusals import PayoutRefusal as R
from orderline.core.payouts.state import (
    KIND,
    PAYOUT,
    Payout,
    PayoutBooked,
    PayoutCorrected,
    PayoutCorrection,
    PayoutReturned,
    PayoutState,
)
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.money import MAX_MINOR, MoneyRefusal, check_currency
from orderline.values.time import utc

A = Account


def decide_book(draft: Draft, command: BookPayout, context: Context) -> None:
    """Refused ENTITY_UNKNOWN: no such books. NOTHING_TO_DO: it is booked, and is booked once."""
    check_entity(draft, command.entity.removesuffix(TEST), "entity")
    for currency in (command.currency, *(each.currency for each in command.exchanged)):
        check_currency(currency)
    if (KIND, command.payout) in draft.world.records:
        raise Refused(OrderRefusal.NOTHING_TO_DO, field="payout", value=command.payout)
    payout = Payout(
        id=command.payout, provider=command.provider, reference=command.reference, entity=command.entity,
        currency=command.currency, amount_minor=command.amount_minor, sums=command.sums,
        paid_at=utc(command.paid_at, field="paid_at"), booked_at=context.now, exchanged=command.exchanged,
    )  # fmt: skip
    posted = postings_of(draft.world.settings, payout, command.standing, context.now)
    draft.tell_record(PAYOUT, command.payout, PayoutBooked(payout=payout, posted=posted))


def decide_return(draft: Draft, command: ReturnPayout, context: Context) -> None:
    """Refused PAYOUT_UNKNOWN; NOTHING_TO_DO: it was returned."""
    payout = _known(draft, command)
    if payout.state is PayoutState.RETURNED:
        raise Refused(OrderRefusal.NOTHING_TO_DO, field="payout", value=payout.id)
    amount = payout.amount_minor
    made = entries(Cause.PAID_OUT, [(A.BANK, "", -amount)], [(A.PSP_CLEARING, payout.provider, -amount)])
    posted = _posted(draft, payout, Cause.PAID_OUT, made, context.now)
    draft.tell_record(PAYOUT, payout.id, PayoutReturned(at=utc(command.at, field="at"), posted=posted))


def decide_correct(draft: Draft, command: CorrectPayout, context: Context) -> None:
    """Refused PAYOUT_UNKNOWN; AMOUNT_OUT_OF_RANGE: it is nothing. PAYOUT_STATE: the bank has sent it back.

    Refused CURRENCY_MISMATCH: neither its currency, nor one that was exchanged for it.
    """
    payout = _known(draft, command)
    reason = check_text(command.reason, "reason", 500, required=True)
    amount = command.amount_minor
    if not amount or abs(amount) > MAX_MINOR:
        allowed = f"to {MAX_MINOR} either way, and not nothing"
        raise Refused(OrderRefusal.AMOUNT_OUT_OF_RANGE, field="amount_minor", value=amount, allowed=allowed)
    if payout.state is not PayoutState.BOOKED:
        raise Refused(R.PAYOUT_STATE, field="payout", value=payout.id, state=payout.state, allowed=[PayoutState.BOOKED])
    currency = command.currency or payout.currency
    known = [payout.currency, *(each.currency for each in payout.exchanged)]
    if currency not in known:
        raise Refused(MoneyRefusal.CURRENCY_MISMATCH, field="currency", value=currency[:20], allowed=known)
    to = Account(command.to)
    cause = Cause.PAID_OUT if to is A.FEES else Cause.WRITTEN_OFF
    made = entries(cause, [(to, payout.provider, amount)], [(A.PSP_CLEARING, payout.provider, amount)])
    correction = PayoutCorrection(
        to=to, amount_minor=amount, reason=reason, by=context.actor.name, at=context.now,
        currency=currency if currency != payout.currency else "",
    )  # fmt: skip
    posted = _posted(draft, payout, cause, made, context.now, currency)
    draft.tell_record(PAYOUT, payout.id, PayoutCorrected(correction=correction, posted=posted))


def _posted(
    draft: Draft, payout: Payout, cause: Cause, made: Sequence[Entry], now: datetime, currency: str = ""
) -> tuple[Posted, ...]:
    if not made:
        return ()
    currency = currency or payout.currency
    return (posted_in(draft.world.settings, payout.entity, currency, cause, made, now, payout.id),)


def _known(draft: Draft, command: PayoutCommand) -> Payout:
    found = draft.world.records.get((KIND, command.payout))
    if not isinstance(found, Payout):
        raise Refused(R.PAYOUT_UNKNOWN, field="payout", value=command.payout[:100])
    return found


RULES: Final = {
    BookPayout: decide_book,
    ReturnPayout: decide_return,
    CorrectPayout: decide_correct,
}
