"""What a payout is made of, summed up: in its own currency, and what was exchanged into it from others."""

from collections.abc import Iterable, Sequence

from orderline.contracts.settlements import SettlementKind
from orderline.core.payouts.posting import rate_of
from orderline.core.payouts.state import PayoutExchange, PayoutSums
from orderline.store.payouts import Part

K = SettlementKind


def sums_of(parts: Sequence[Part], currency: str) -> PayoutSums:
    """The parts in the currency of the payout; the payout itself has no more than its fee."""
    own = [each for each in parts if each.currency == currency]
    return PayoutSums(
        captured_minor=_gross(own, K.CAPTURE),
        refunded_minor=_gross(own, K.REFUND, K.REFUND_REVERSED),
        disputed_minor=_gross(own, K.CHARGEBACK, K.CHARGEBACK_REVERSED),
        other_minor=_gross(own, K.ADJUSTMENT, K.PAYOUT_FAILED),
        fees_minor=_fees(own),
        entries=len(parts),
        exchanged_minor=_gross(own, K.EXCHANGE),
    )


def exchanged_of(parts: Sequence[Part], currency: str) -> tuple[PayoutExchange, ...]:
    """What was exchanged into the currency of the payout, a row for each other currency.

    Either an entry says itself what it was before, or the two sides of an exchange are entries of their own.
    """
    sides = [each for each in parts if each.kind == K.EXCHANGE]
    told = [each for each in parts if each.original_currency and each.currency == currency]
    others = {each.original_currency for each in told} | {each.currency for each in sides} - {currency}
    found: list[PayoutExchange] = []
    for other in sorted(others):
        before = [each for each in told if each.original_currency == other]
        given = [each for each in sides if each.currency == other]
        paired = {each.payment for each in given}
        brought = [each for each in sides if each.currency == currency and each.payment in paired]
        original = sum(each.original_minor or 0 for each in before) - sum(each.gross_minor for each in given)
        amount = sum(each.gross_minor for each in (*before, *brought))
        fees = _fees([each for each in parts if each.currency == other])
        found.append(
            PayoutExchange(
                currency=other, original_minor=original, amount_minor=amount, fees_minor=fees,
                rate=rate_of(original, other, amount, currency),
            )
        )  # fmt: skip
    return tuple(found)


def is_untold(parts: Sequence[Part], currency: str, exchanged: Iterable[PayoutExchange]) -> bool:
    """Is there money in it that came from another currency, or went to one, and the provider does not say which?"""
    known = {currency, *(each.currency for each in exchanged)}
    sides = [each for each in parts if each.kind == K.EXCHANGE]
    paired = {each.payment for each in sides if each.currency != currency}
    return any(each.currency not in known for each in parts) or any(
        each.payment not in paired for each in sides if each.currency == currency
    )


def _gross(parts: Iterable[Part], *kinds: SettlementKind) -> int:
    return sum(each.gross_minor for each in parts if each.kind in kinds)


def _fees(parts: Sequence[Part]) -> int:
    return sum(each.fee_minor for each in parts) - _gross(parts, K.FEE)
