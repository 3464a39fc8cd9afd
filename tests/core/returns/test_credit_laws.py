"""Orders that are paid by a gift card in part: whatever is done, each account has what the ledger owes, and what was
given never becomes money.

Each day is one order that goes out quickly, with a card on which something was paid for and something given.
"""

import contextlib
import sys
from collections import Counter
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from tests.core.credits.test_credits import CreditShop, issue, owed, paid_by
from tests.core.returns.test_money_laws import onward

from orderline.core.credits import commands as cc
from orderline.core.credits.state import PROVIDER, CreditAccount
from orderline.core.disputes.commands import TellDispute
from orderline.core.entities.commands import PutEntity
from orderline.core.entities.state import LegalEntity
from orderline.core.ledger.state import Account
from orderline.core.orders import commands as c
from orderline.core.orders.state import Order
from orderline.values.failures import Refused
from support.always import assert_order_sound
from support.depth import deep
from support.money_nonsense import channel_with_rules
from support.returns_nonsense import return_command
from support.shop import order_of

DAYS = deep(50)
STEPS = 40
DISPUTED = (Account.DISPUTES_RECEIVABLE, Account.DISPUTE_LOSS)


def of_cards(dice: Random, order: Order, command: c.Command) -> c.Command | None:
    """What is asked of a card only the card answers, and no bank disputes it."""
    cards = {each.number for each in order.tenders if each.provider == PROVIDER}
    if isinstance(command, TellDispute) and command.tender in cards:
        return None
    if isinstance(command, c.AnswerPayment) and command.tender in cards:
        return cc.AnswerByCredit(
            order=order.id, tender=command.tender, key=command.key, kind=command.kind, accounts=("card",)
        )
    if dice.random() < 0.06:
        return cc.RedeemCredit(order=order.id, account="card", amount_minor=dice.choice([None, 1, 333]))
    return cc.ExpireCredit(account="card") if dice.random() < 0.05 else command


def money_out(shop: CreditShop) -> int:
    """What has left by banks and providers, less what has come: by the ledger."""
    outside = (Account.BANK, Account.PSP_CLEARING)
    return -sum(e.amount_minor for posted in shop.posted for e in posted.entries if e.account in outside)


def assert_credit_sound(shop: CreditShop, order: Order) -> None:
    """Accounts, ledger and order agree; what nobody has paid for is on an account, on the order, or gone."""
    accounts = [each for each in shop.world.records.values() if isinstance(each, CreditAccount)]
    for each in accounts:
        assert each.balance_minor == owed(shop, each.id) >= each.goodwill_minor >= 0
    given = sum(credit.goodwill_minor for credit in order.credits)  # as store credit: no tender has got it back
    for tender in order.tenders:
        assert 0 <= tender.goodwill_minor <= max(0, tender.captured_minor - tender.refunded_minor) + given
        assert not tender.goodwill_minor or tender.provider == PROVIDER
    # What was paid for is more than nothing: it is never paid out twice, nor is what was given.
    paid_left = sum(each.balance_minor - each.goodwill_minor for each in accounts)
    assert money_out(shop) <= _debited(shop, DISPUTED)  # a bank may take the same money for two disputes
    assert paid_left <= -money_out(shop) + _forgiven(shop)


def _forgiven(shop: CreditShop) -> int:
    """What was not paid by anybody, and is not owed by the customer any more: written off, or let go of in a dispute."""
    return _debited(shop, (Account.WRITE_OFF, Account.FEES, *DISPUTED))


def _debited(shop: CreditShop, accounts: tuple[Account, ...]) -> int:
    return sum(e.amount_minor for posted in shop.posted for e in posted.entries if e.account in accounts)


def a_day(seed: int) -> tuple[CreditShop, Order, Counter[str]]:
    dice = Random(seed)
    shop = CreditShop()
    shop.do(channel_with_rules(dice))
    shop.do(PutEntity(entity=LegalEntity(code="main", goodwill_first=dice.random() < 0.5)))
    lapses: dict[str, Any] = {"goodwill_expires_at": shop.now + timedelta(days=15)} if dice.random() < 0.3 else {}
    ends: dict[str, Any] = {"expires_at": shop.now + timedelta(days=18)} if dice.random() < 0.5 else {}
    issue(shop, amount=dice.choice([1, 700, 5000]), **ends)
    issue(shop, amount=dice.choice([1, 333, 2000]), why="goodwill", reason="spring", **lapses)
    whole, by_card = 0, 0
    lines: list[tuple[str, int, int]] = []
    for sku in dice.sample(["TEE-M", "MUG"], dice.randint(1, 2)):
        lines.append((sku, dice.randint(1, 4), dice.choice([1, 99, 333, 1999])))
        whole += lines[-1][1] * lines[-1][2]
    by_card = min(whole, dice.choice([whole, max(1, whole // 3), 500]))
    tenders = [paid_by("card", by_card)]
    if whole > by_card:
        tenders.append(c.TenderInput(provider="sandbox", amount_minor=whole - by_card, token="t", state="captured"))
    order_id = shop.place(order_of(f"C-{seed}", *lines, total_minor=whole, tenders=tuple(tenders)))
    done: Counter[str] = Counter()
    for _ in range(STEPS):
        order = shop.order(order_id)
        sent = any(line.units.gone for line in order.lines)
        command = return_command(dice, order) if sent and dice.random() < 0.45 else onward(dice, order)
        asked = [(each.number, r) for each in order.tenders if each.provider == PROVIDER for r in each.requests]
        if asked and dice.random() < 0.5:
            number, request = dice.choice(asked)
            command = cc.AnswerByCredit(
                order=order_id, tender=number, key=request.key, kind=request.kind, accounts=("card",)
            )
        chosen = of_cards(dice, order, command)
        if chosen is not None:
            with contextlib.suppress(Refused):
                shop.do(chosen)
                done[str(chosen.__struct_config__.tag)] += 1
        if dice.random() < 0.05:
            shop.later(days=dice.choice([1, 20]))
        assert_order_sound(shop, shop.order(order_id))
        assert_credit_sound(shop, shop.order(order_id))
    return shop, shop.order(order_id), done


@pytest.mark.slow
def test_what_was_given_is_never_money_under_any_sequence() -> None:
    done: Counter[str] = Counter()
    mixed = returned = 0
    for seed in range(DAYS):
        _, order, told = a_day(seed)
        done += told
        mixed += any(tender.goodwill_minor for tender in order.tenders)
        returned += any(credit.goodwill_minor for credit in order.credits)
    sys.stdout.write(
        f"{DAYS} sequences, {sum(done.values())} commands, {mixed} with gifts, {returned} gave gifts back\n"
    )
    assert mixed > DAYS // 10
    assert returned
    for command in ("answer_by_credit", "redeem_credit", "settle_refund", "expire_credit", "credit_return"):
        assert done[command], command
