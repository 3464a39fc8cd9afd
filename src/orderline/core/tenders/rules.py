"""How a channel collects and gives back money."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from orderline.core.tenders.installments import ScheduleInput
from orderline.values.money import split_minor

if TYPE_CHECKING:
    from orderline.core.orders.state import Tender

# The provider of tenders that nobody is asked for: money comes by invoice, or in advance, to the bank. People say so.
TERMS: Final = "terms"


class CaptureAt(StrEnum):
    """When authorized money is collected: with what was supplied, or with the order, as soon as it may be."""

    SUPPLY = "supply"
    ORDER = "order"


class RefundSpread(StrEnum):
    """How a refund is spread over tenders: one after the other, or all by what is left of each."""

    IN_TURN = "in_turn"
    SHARED = "shared"


class DepositRule(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """How orders are paid that name no schedule: such as a deposit with the order, and the rest before goods are released.

    companies: only those of companies with these names, or patterns of names. skus: only those with one of these SKUs, or
    patterns. currency, from_minor: only those in it, of so much in all or more. All that is given must fit.
    """

    name: str
    schedule: ScheduleInput
    companies: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()
    currency: str = ""
    from_minor: int = 0


class MoneyRules(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The rules of a channel. capture_pickups: of groups that are collected.

    refund_to: methods or providers of tenders, those that are given money back first at the front; those of one place by
    their numbers. Without it the tender that came last is the first. renew_before_h: how long before an authorization
    lapses it is asked for anew; nought: never. deposits: how orders are paid that name no schedule; the first that fits counts.
    """

    capture: CaptureAt = CaptureAt.SUPPLY
    capture_pickups: CaptureAt = CaptureAt.SUPPLY
    refund_to: tuple[str, ...] = ()
    refund_spread: RefundSpread = RefundSpread.IN_TURN
    renew_before_h: int = 24
    deposits: tuple[DepositRule, ...] = ()

    @property
    def captures_early(self) -> bool:
        """May money be due before anything was supplied?"""
        return CaptureAt.ORDER in (self.capture, self.capture_pickups)


RULES_NOT_SET: Final = MoneyRules()


def in_order(tenders: "Sequence[Tender]", rules: MoneyRules) -> "list[Tender]":
    """Tenders as they are given money back."""
    if not rules.refund_to:
        return list(reversed(tenders))
    places = {name: place for place, name in reversed(list(enumerate(rules.refund_to)))}
    last = len(rules.refund_to)

    def place(tender: "Tender") -> tuple[int, int]:
        return min(places.get(tender.method, last), places.get(tender.provider, last)), tender.number

    return sorted(tenders, key=place)


def spread(amount_minor: int, left_minor: Sequence[int], rules: MoneyRules) -> list[int]:
    """What of an amount each tender gets, in their order: never more than is left of it, and nothing is lost.

    The parts add up to the amount, or to all that is left where that is less; largest remainder.
    """
    amount = max(0, min(amount_minor, sum(left_minor)))
    if rules.refund_spread is RefundSpread.SHARED:
        return split_minor(amount, left_minor) if amount else [0] * len(left_minor)
    parts: list[int] = []
    for left in left_minor:
        parts.append(min(amount, left))
        amount -= parts[-1]
    return parts


def is_owed_by_hand(tender: "Tender") -> bool:
    """Does money of a tender go back by people alone? What its provider declined, and what came to the bank."""
    return tender.captured_minor > tender.refunded_minor and (bool(tender.declined) or tender.provider == TERMS)
