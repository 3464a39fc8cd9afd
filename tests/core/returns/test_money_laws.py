"""Money adds up under any sequence of shipments, cancellations, returns, credits, denials and answers of providers.

Each day is one order whose goods go out quickly, so that most of what is drawn is about what comes back.
"""

import contextlib
import sys
from collections import Counter
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from orderline.core.orders import commands as c
from orderline.core.orders.guards import is_blocked
from orderline.core.orders.priced import Charge, TaxLine
from orderline.core.orders.state import LineQuantity, Order
from orderline.core.returns import amounts
from orderline.core.sellers.sharing import shares_of
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from orderline.values.money import share_so_far
from support.always import assert_order_sound
from support.depth import deep
from support.likely import next_command
from support.money_nonsense import channel_with_rules
from support.returns_nonsense import return_command
from support.sellers import selling
from support.shop import NOON, MemoryShop, order_of

STOCK = (("TEE-M", "lyon", 60), ("MUG", "lyon", 60), ("CAP-9", "lyon", 60))
DAYS = deep(30)
STEPS = 45


def odd_order(dice: Random, name: str) -> c.PlaceOrder:
    """Prices, discounts and taxes that do not divide."""
    included = dice.random() < 0.5
    lines: list[c.LineInput] = []
    for sku in dice.sample(["TEE-M", "MUG", "CAP-9"], dice.randint(1, 3)):
        quantity, price = dice.randint(1, 5), dice.choice([1, 99, 333, 1999, 10_001])
        discount = dice.choice([0, 1, price * quantity // 3])
        net = price * quantity - discount
        taxes = dice.choice(
            [(), (TaxLine("VAT", net * 20 // 120, 200_000),), (TaxLine("A", 1), TaxLine("B", net // 7))]
        )
        total = net + (0 if included else sum(tax.amount_minor for tax in taxes))
        lines.append(
            c.LineInput(
                sku=sku, quantity=quantity, unit_price_minor=price, discount_minor=discount, taxes=taxes,
                total_minor=total,
            )
        )  # fmt: skip
    goods = sum(line.total_minor or 0 for line in lines)
    charges: list[Charge] = []
    if dice.random() < 0.5:
        charges.append(Charge("shipping", 499, taxes=dice.choice([(), (TaxLine("VAT", 83, 200_000),)])))
    if dice.random() < 0.4 and goods > 10:
        charges.append(Charge("discount", -dice.randint(1, goods // 2)))
    whole = goods + sum(each.amount_minor for each in charges)
    whole += 0 if included else sum(tax.amount_minor for each in charges for tax in each.taxes)
    state: Any = dice.choice(["authorized", "captured"])
    first = dice.choice([whole, min(whole, max(1, whole // 3))])
    lapses_at = dice.choice([None, NOON + timedelta(days=dice.randint(1, 9))])
    tenders = tuple(
        c.TenderInput(provider=provider, amount_minor=amount, token="t", state=state, expires_at=lapses_at)
        for provider, amount in ((dice.choice(["sandbox", "terms"]), first), ("voucher", whole - first))
        if amount > 0
    )
    return order_of(name, *lines, total_minor=whole, charges=tuple(charges), tenders=tenders, taxes_included=included)


def onward(dice: Random, order: Order) -> c.Command:
    """What brings goods to the customer next; else what may happen there."""
    for line in order.lines:
        if is_blocked(order, "allocate", line.line):
            continue
        for share in line.claims:
            allotment = c.Allotment(line.line, share.pool, "lyon", share.quantity)
            return c.AllocateUnits(order=order.id, group=1, allotments=(allotment,))
    for each in order.fulfillments:
        here = [item for item in each.items if item.units.at_location]
        if not here or dice.random() < 0.1:
            continue
        if any(item.units.allocated for item in here):
            return c.AcceptFulfillment(order=order.id, fulfillment=each.number)
        if any(item.units.released for item in here):
            lines = tuple(LineQuantity(item.line, item.units.released) for item in here if item.units.released)
            return c.PickUnits(order=order.id, fulfillment=each.number, lines=lines)
        if any(item.units.picked for item in here):
            items = tuple(LineQuantity(item.line, item.units.picked) for item in here if item.units.picked)
            return c.PackUnits(order=order.id, fulfillment=each.number, parcels=(c.ParcelInput(items=items),))
        return c.ShipParcels(order=order.id, fulfillment=each.number, carrier="post")
    return next_command(dice, order)


def a_day(seed: int) -> tuple[MemoryShop, OrderId, Counter[str]]:
    """One order from its placement to wherever it comes; what was done."""
    dice = Random(seed)
    shop = MemoryShop(STOCK)
    shop.do(channel_with_rules(dice))
    for command in selling(dice):
        shop.do(command)
    order_id = shop.place(odd_order(dice, f"M-{seed}"))
    done: Counter[str] = Counter()
    for _ in range(STEPS):
        order = shop.order(order_id)
        sent = any(line.units.gone for line in order.lines)
        command = return_command(dice, order) if sent and dice.random() < 0.55 else onward(dice, order)
        with contextlib.suppress(Refused):
            shop.do(command)
            done[str(command.__struct_config__.tag)] += 1
        if dice.random() < 0.03:
            shop.later(days=dice.choice([1, 20]))
        assert_order_sound(shop, shop.order(order_id))
    return shop, order_id, done


@pytest.mark.slow
def test_money_adds_up_under_any_sequence() -> None:
    done: Counter[str] = Counter()
    longest = credited = exchanged = sent_instead = shared = 0
    given: Counter[str] = Counter()
    for seed in range(DAYS):
        shop, order_id, told = a_day(seed)
        done += told
        longest = max(longest, sum(told.values()))
        order = shop.order(order_id)
        credited += len(order.credits)
        shared += bool(shares_of(order))
        for each in order.credits:
            if each.given_at is not None:
                given["taken back" if each.undoes else "goodwill" if each.goodwill else "allowances"] += 1
        exchanged += sum(1 for each in order.returns if each.exchange is not None)
        sent_instead += sum(
            1 for agreed in order.agreement.lines if agreed.exchanged and order.lines[agreed.line - 1].units.gone
        )
    told_of = f"{DAYS} sequences, the longest of {longest} commands, {sum(done.values())} in all, {credited} credits"
    told_of += f", {dict(given)}"
    told_of += f", {exchanged} exchanges, {sent_instead} of them sent, {shared} with sellers"
    sys.stdout.write(f"{told_of}, 0 faults\n")
    for command in (
        "request_return",
        "receive_return",
        "grade_return",
        "dispose_return",
        "credit_return",
        "cancel_units",
        "undo_handover",
        "send_back_return",
        "assess_return",
        "answer_repair_quote",
        "finish_repair",
        "replace_return",
    ):
        assert done[command] > DAYS // 60, command
    assert credited > DAYS
    assert shared > DAYS // 8
    assert min(given["goodwill"], given["allowances"], given["taken back"]) > DAYS // 20
    assert exchanged > DAYS // 4
    assert sent_instead > DAYS // 20


@pytest.mark.slow
@pytest.mark.parametrize("step", [1, -1])
def test_a_cent_too_many_or_too_few_is_found(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """The laws catch what they are for: a share that is off by one minor unit now and then."""
    shares = share_so_far

    def wrong(total: int, done: int, whole: int) -> int:
        found = shares(total, done, whole)
        return found + step if 0 < done <= whole and total > 50 else found

    monkeypatch.setattr(amounts, "share_so_far", wrong)
    with pytest.raises(AssertionError):
        list(map(a_day, range(DAYS)))
