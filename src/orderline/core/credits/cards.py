"""Gift cards that were sold on an order: what was invoiced for them is owed, and is put on a card each.

Until then it stands in the ledger as sold (`gift_cards`, "gift_card"), under no card; it is never revenue.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from orderline.core.context import Context
from orderline.core.credits.granting import account_in, entry_of
from orderline.core.credits.lawful import earliest_expiry
from orderline.core.credits.refusals import CreditRefusal as R
from orderline.core.credits.state import (
    CREDIT_ACCOUNT,
    KIND,
    CreditAccountOpened,
    CreditCause,
    CreditEntered,
    CreditKind,
)
from orderline.core.ledger.posting import books_of, entity_of, post
from orderline.core.ledger.rules import Cause, entries
from orderline.core.ledger.state import Account
from orderline.core.orders.commands import OrderCommand
from orderline.core.orders.guards import known_order
from orderline.core.orders.priced import SoldAs
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.orders.state import Order
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.stock.checks import check_code
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from orderline.values.money import share_so_far, split_minor
from orderline.values.time import utc

MOST: Final = 200  # cards of one order


class IssueSoldCards(OrderCommand, RecordCommand, frozen=True, gc=False, kw_only=True, tag="issue_sold_cards"):
    """Open a card for each one that was sold on an order and invoiced, and put on it what was paid for it.

    number: of the order; sold: its lines of gift cards with the units invoiced; code_hashes: one for each card that is not
    there yet, line by line. expires_at: when what is on them lapses.
    """

    number: str
    sold: tuple[tuple[int, int], ...]
    code_hashes: tuple[str, ...]
    expires_at: datetime | None = None

    def records(self) -> Iterable[RecordKey]:
        """The cards, those that are there and those that are not."""
        return ((KIND, card) for line, units in self.sold for card in cards_of(self.number, line, units))

    def orders(self) -> Iterable[OrderId]:
        """The order alone."""
        return (self.order,)


def cards_sold(order: Order) -> tuple[tuple[int, int], ...]:
    """The lines of an order that are gift cards, with the units that were invoiced and whose money was not given back."""
    cards = {each.line for each in order.agreement.lines if each.sold_as is SoldAs.GIFT_CARD}
    sold = ((each.line, each.quantity - _credited(order, each.line)) for each in order.billed if each.line in cards)
    return tuple((line, units) for line, units in sold if units > 0)


def cards_of(number: str, line: int, units: int) -> list[str]:
    """The accounts of the cards of a line."""
    return [f"{number}-{line}-{n}" for n in range(1, min(units, MOST) + 1)]


def decide_issue_sold(draft: Draft, command: IssueSoldCards, context: Context) -> None:
    """Each card gets its share of what was invoiced for its line, and all of them exactly that.

    Refused NOTHING_TO_DO: every card that was invoiced is there, or its money was given back. CREDIT_EXPIRES_TOO_SOON: the
    law wants them to last longer.
    Refused CREDIT_MISMATCH: the order has sold others meanwhile, more than `MOST`, or one of their names is taken.
    """
    order = known_order(draft.world, command)
    sold = cards_sold(order)
    if sold != command.sold or order.number != command.number or sum(units for _, units in sold) > MOST:
        raise Refused(R.CREDIT_MISMATCH, field="sold", value=str(command.sold)[:100], allowed=str(sold)[:100])
    missing = [
        (line, [card for card in cards_of(order.number, line, units) if account_in(draft, card) is None])
        for line, units in sold
    ]
    wanted = sum(len(cards) for _, cards in missing)
    if not wanted or order.history:
        raise Refused(OrderRefusal.NOTHING_TO_DO, value=order.number)
    if len(command.code_hashes) != wanted or len(set(command.code_hashes)) != wanted or not all(command.code_hashes):
        raise Refused(R.CREDIT_MISMATCH, field="code_hashes", value=len(command.code_hashes), allowed=wanted)
    entity = books_of(draft.world.settings, order)
    expires_at = _checked(draft, command, entity, context)
    codes, debit, credit = iter(command.code_hashes), 0, list[tuple[Account, str, int]]()
    for (line, cards), (_, units) in zip(missing, sold, strict=True):
        left = _owed(order, line, units) - sum(
            _put_on(draft, order, each) for each in cards_of(order.number, line, units)
        )
        for card, amount in zip(cards, split_minor(max(0, left), [1] * len(cards)) if cards else (), strict=True):
            check_code(card, "number")
            opened = CreditAccountOpened(
                id=card, kind=CreditKind.GIFT_CARD, currency=order.currency, entity=entity, at=context.now,
                code_hash=next(codes),
            )  # fmt: skip
            draft.tell_record(CREDIT_ACCOUNT, card, opened)
            told = entry_of(CreditCause.SOLD, amount, context, order=order)
            draft.tell_record(CREDIT_ACCOUNT, card, CreditEntered(entries=(told,), expires_at=expires_at))
            debit += amount
            credit.append((Account.GIFT_CARDS, card, amount))
    post(
        draft, order.id, Cause.CREDIT_MOVED,
        entries(Cause.CREDIT_MOVED, [(Account.GIFT_CARDS, SoldAs.GIFT_CARD.value, debit)], credit),
    )  # fmt: skip


def _checked(draft: Draft, command: IssueSoldCards, entity: str, context: Context) -> datetime | None:
    if command.expires_at is None:
        return None
    expires_at = utc(command.expires_at, field="expires_at")
    least = max(context.now, earliest_expiry(entity_of(draft.world.settings, entity).country, context.now))
    if expires_at < least or expires_at == context.now:
        raise Refused(R.CREDIT_EXPIRES_TOO_SOON, field="expires_at", value=expires_at, allowed=least)
    return expires_at


def _owed(order: Order, line: int, units: int) -> int:
    """What is owed for cards of a line: their share of the price without tax, whatever was taken off it."""
    billed = next(each for each in order.billed if each.line == line)
    return share_so_far(billed.net_minor + billed.discount_minor, units, billed.quantity)


def _credited(order: Order, line: int) -> int:
    """Units that came damaged, wrong or not at all, and whose money was given back: nothing is owed on their cards."""
    return sum(each.quantity for credit in order.credits for each in credit.lines if each.line == line)


def _put_on(draft: Draft, order: Order, card: str) -> int:
    """What was put on a card when it was sold; nothing, for one that is not there."""
    account = account_in(draft, card)
    if account is None:
        return 0
    if not account.entries or account.entries[0].order != str(order.id):
        raise Refused(R.CREDIT_MISMATCH, field="account", value=card, allowed="a card of this order")
    return account.entries[0].amount_minor


RULES: Final = {IssueSoldCards: decide_issue_sold}
