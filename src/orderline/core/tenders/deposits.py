"""Deposits by rule: how orders are paid in installments that name no payment schedule themselves."""

from collections.abc import Iterable
from typing import Final

import msgspec

from orderline.core.orders.guards import check_text
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.tenders.installments import WHOLE_PPM, Due, ScheduleInput
from orderline.core.tenders.rules import DepositRule, MoneyRules
from orderline.values.failures import Refused
from orderline.values.money import MAX_MINOR, check_currency
from orderline.values.patterns import MOST_PATTERNS, fits

MOST_RULES: Final = 50
MOST_INSTALLMENTS: Final = 24
MOST_DAYS: Final = 365


class Bought(msgspec.Struct, frozen=True, gc=False):
    """What rules look at: what is bought in all, by which company ("": by none), and of which SKUs."""

    total_minor: int
    currency: str
    company: str
    skus: tuple[str, ...]


def deposit_of(rules: MoneyRules, bought: Bought) -> DepositRule | None:
    """The first rule that fits."""
    return next((each for each in rules.deposits if _holds(each, bought)), None)


def check_deposits(rules: MoneyRules, *, invoices: bool) -> None:
    """Refused SCHEDULE_NOT_POSSIBLE: a rule that some order could not be paid by; CURRENCY_UNKNOWN, TEXT_NOT_ACCEPTABLE.

    invoices: whether the channel issues them.
    """
    if len(rules.deposits) > MOST_RULES:
        raise impossible("channel.money.deposits", len(rules.deposits), f"at most {MOST_RULES}")
    for index, each in enumerate(rules.deposits):
        field = f"channel.money.deposits[{index}]"
        check_text(each.name, f"{field}.name", 100, required=True)
        if each.currency:
            check_currency(each.currency, field=f"{field}.currency")
        if not 0 <= each.from_minor <= MAX_MINOR or (each.from_minor and not each.currency):
            raise impossible(f"{field}.from_minor", each.from_minor, "none below 0, and beside a currency")
        for name in ("companies", "skus"):
            patterns = getattr(each, name)
            if len(patterns) > MOST_PATTERNS:
                raise impossible(f"{field}.{name}", len(patterns), f"at most {MOST_PATTERNS}")
            for pattern in patterns:
                check_text(pattern, f"{field}.{name}", 200, required=True)
        check_shape(each.schedule, f"{field}.schedule", invoices=invoices)
        for number, installment in enumerate(each.schedule.installments):
            at = f"{field}.schedule.installments[{number}]"
            if installment.due is Due.DATE:
                raise impossible(f"{at}.due", installment.due, "another: no date is that of every order")
            if installment.amount_minor is not None or installment.tender:
                raise impossible(f"{at}.amount_minor", installment.amount_minor, "a share, by any means of payment")
        shares = sum(installment.share_ppm or 0 for installment in each.schedule.installments)
        if shares > WHOLE_PPM:
            raise impossible(f"{field}.schedule.installments", shares, f"shares of {WHOLE_PPM} at most")


def check_shape(given: ScheduleInput, field: str, *, invoices: bool) -> None:
    """Refused SCHEDULE_NOT_POSSIBLE: what no order could be paid by. invoices: whether its channel issues them."""
    if not 0 < len(given.installments) <= MOST_INSTALLMENTS:
        raise impossible(f"{field}.installments", len(given.installments), f"from 1 to {MOST_INSTALLMENTS}")
    if not 0 <= given.within_days <= MOST_DAYS:
        raise impossible(f"{field}.within_days", given.within_days, f"from 0 to {MOST_DAYS}")
    check_text(given.escalate_to, f"{field}.escalate_to", 100, required=True)
    for number, each in enumerate(given.installments, 1):
        at = f"{field}.installments[{number - 1}]"
        last = number == len(given.installments)
        amounts = (each.share_ppm is not None) + (each.amount_minor is not None)
        if amounts != (0 if last else 1):
            allowed = "neither: it is what the others leave" if last else "a share, or an amount"
            raise impossible(f"{at}.share_ppm", each.share_ppm, allowed)
        if min(each.share_ppm or 0, each.amount_minor or 0) < 0:
            raise impossible(f"{at}.share_ppm", each.share_ppm, "none below 0")
        if (each.on is not None) != (each.due is Due.DATE):
            raise impossible(f"{at}.on", str(each.on), "a time, of an installment that is due on a date")
        if not 0 <= each.days <= (MOST_DAYS if each.due is Due.INVOICE else 0):
            raise impossible(f"{at}.days", each.days, f"from 0 to {MOST_DAYS}, of one that is due after invoices")
        if each.due is Due.INVOICE and not invoices:
            raise impossible(f"{at}.due", each.due, "another: the channel has no invoices of ours")


def impossible(field: str, value: object, allowed: object) -> Refused:
    """The refusal of a schedule that can't be."""
    return Refused(R.SCHEDULE_NOT_POSSIBLE, field=field, value=value, allowed=allowed)


def _holds(rule: DepositRule, bought: Bought) -> bool:
    if rule.currency and (rule.currency != bought.currency or bought.total_minor < rule.from_minor):
        return False
    if rule.companies and not (bought.company and fits(bought.company, rule.companies)):
        return False
    return not rule.skus or _any(bought.skus, rule.skus)


def _any(codes: Iterable[str], patterns: tuple[str, ...]) -> bool:
    return any(fits(code, patterns) for code in codes)
