"""Money drawn so that most of it makes sense: what comes by the bank, what goes back by hand, how a channel collects."""

from datetime import timedelta
from random import Random
from typing import Any

from msgspec.structs import replace

from orderline.core.ledger.state import Account
from orderline.core.ledger.writing_off import Recover, WriteOff, WriteOffAs
from orderline.core.orders.commands import Command
from orderline.core.orders.state import Order
from orderline.core.stock.commands import PutChannel
from orderline.core.stock.state import Channel
from orderline.core.tenders.by_hand import ReceivePayment, SettleRefund
from orderline.core.tenders.installments import Due, InstallmentInput, OnLate, ScheduleInput
from orderline.core.tenders.paying_again import missing_minor
from orderline.core.tenders.renewing import RenewAuthorization
from orderline.core.tenders.reversing import ReverseRefund
from orderline.core.tenders.rules import TERMS, CaptureAt, DepositRule, MoneyRules, RefundSpread, is_owed_by_hand
from orderline.core.tenders.schedule_commands import CallInstallments, SchedulePayments
from orderline.core.tenders.sums import open_authorization
from support.shop import NOON


def money_commands(dice: Random, order: Order) -> list[tuple[int, Command]]:
    """What finance does next with an order, and how often beside other things."""
    owed = [open_authorization(tender) for tender in order.tenders if tender.provider == TERMS and not tender.given_up]
    most = max([missing_minor(order), *owed])
    commands: list[tuple[int, Command]] = []
    if most:
        amount = dice.choice([most, dice.randint(1, most)])
        reference = f"B-{dice.randrange(50)}"
        received = ReceivePayment(order=order.id, amount_minor=amount, currency="EUR", reference=reference)
        commands.append((6 if owed else 1, received))
    for tender in order.tenders:
        to: Any = dice.choice(["bank", "store_credit"])
        amount = dice.choice([None, dice.randint(1, tender.captured_minor + 1)])
        settled = SettleRefund(order=order.id, tender=tender.number, to=to, amount_minor=amount, reference="S-1")
        commands.append((8 if is_owed_by_hand(tender) else 1, settled))
        back = ReverseRefund(
            order=order.id, tender=tender.number, amount_minor=dice.randint(1, max(1, tender.refunded_minor + 1)),
            reference=f"R-{dice.randrange(20)}", through=dice.choice(["", "", "bank"]),
        )  # fmt: skip
        commands.append((4 if tender.refunded_minor else 1, back))
    commands += [
        (4, RenewAuthorization(order=order.id, tender=tender.number))
        for tender in order.tenders
        if tender.expires_at is not None
    ]
    if order.tenders:
        commands.append((3 if order.schedule is not None else 1, CallInstallments(order=order.id)))
        commands.append((1, CallInstallments(order=order.id, installment=dice.randint(1, 3))))
        given = dice.choice([None, schedule_of(dice)])
        commands.append((1, SchedulePayments(order=order.id, schedule=given)))
    return commands + _written_off(dice, order)


def schedule_of(dice: Random) -> ScheduleInput:
    """Two or three installments, most of which can be kept."""
    dues = dice.choices(list(Due), k=dice.choice([2, 2, 3]))
    given = [
        InstallmentInput(
            due=due,
            on=NOON + timedelta(days=dice.randint(-1, 3)) if due is Due.DATE else None,
            days=dice.choice([0, 14]) if due is Due.INVOICE else 0,
            **(
                {"amount_minor": dice.choice([1, 500])}
                if dice.random() < 0.3
                else {"share_ppm": dice.choice([333_333, 0, 500_000])}
            ),
        )
        for due in dues
    ]
    given[-1] = replace(given[-1], share_ppm=None, amount_minor=None)
    return ScheduleInput(installments=tuple(given), on_late=dice.choice(list(OnLate)))


def _written_off(dice: Random, order: Order) -> list[tuple[int, Command]]:
    """What is owed and will not be paid, and what is paid after all."""
    if order.books is None:
        return []
    owed, kind = order.books.of(Account.RECEIVABLE), dice.choice(list(WriteOffAs))
    gone = order.books.of(Account.WRITE_OFF, kind)
    commands: list[tuple[int, Command]] = []
    if owed > 0:
        amount = dice.choice([1, owed, owed + 1])
        commands.append((2, WriteOff(order=order.id, amount_minor=amount, kind=kind, reason="insolvent")))
    if gone > 0:
        amount = dice.choice([1, gone, gone + 1])
        commands.append((2, Recover(order=order.id, amount_minor=amount, kind=kind, reason="paid")))
    return commands


_DEPOSIT = DepositRule(
    name="mugs",
    skus=("MUG", "CAM*"),
    schedule=ScheduleInput(
        installments=(InstallmentInput(due=Due.ORDER, share_ppm=300_000), InstallmentInput(due=Due.RELEASE))
    ),
)


def channel_with_rules(dice: Random) -> PutChannel:
    """The web shop, which may come to collect and give back otherwise."""
    rules = MoneyRules(
        capture=dice.choice(list(CaptureAt)),
        capture_pickups=dice.choice(list(CaptureAt)),
        refund_to=dice.choice([(), ("voucher",), ("sandbox", TERMS)]),
        refund_spread=dice.choice(list(RefundSpread)),
        deposits=dice.choice([(), (), (_DEPOSIT,)]),
    )
    return PutChannel(channel=Channel("web", "Web shop", ("eu", "stores"), money=rules))
