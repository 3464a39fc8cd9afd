"""Gift cards that were sold on an order: what was invoiced for them is owed, and is put on a card each.

Until then it stands in the ledger as sold (`gift_cards`, "gift_card"), under no card; it is never revenue.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from orderline.core.context import Context
from orderline.core.credits.calling_back import cards_in
from orderline.core.credits.granting import account_in, entry_of
from orderline.core.credits.lawful import earliest_expiry
from orderline.core.credits.refusals import CreditRefusal as R
from orderline.core.credits.sold import MOST, cards_of, cards_sold, owed_minor
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
from orderline.values.money import split_minor
from orderline.values.time import utc


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
    for line, units in sold:
        for each in cards_of(order.number, line, units):
            _check_own(draft, order, each)
    wanted = sum(len(cards) for _, cards in missing)
    if not wanted or order.history:
        raise Refused(OrderRefusal.NOTHING_TO_DO, value=order.number)
    if len(command.code_hashes) != wanted or len(set(command.code_hashes)) != wanted or not all(command.code_hashes):
        raise Refused(R.CREDIT_MISMATCH, field="code_hashes", value=len(command.code_hashes), allowed=wanted)
    entity = books_of(draft.world.settings, order)
    expires_at = _checked(draft, command, entity, context)
    codes, debit, credit = iter(command.code_hashes), 0, list[tuple[Account, str, int]]()
    for (line, cards), (_, units) in zip(missing, sold, strict=True):
        left = owed_minor(order, line, units) - sum(each.sold_minor for each in cards_in(draft, order, line))
        for card, amount in zip(cards, split_minor(max(0, left), [1] * len(cards)) if cards else (), strict=True):
            check_code(card, "number")
            opened = CreditAccountOpened(
                id=card, kind=CreditKind.GIFT_CARD, currency=order.currency, entity=entity, at=context.now,
                code_hash=next(codes),
            )  # fmt: skip
            draft.tell_record(CREDIT_ACCOUNT, card, opened)
            told = entry_of(CreditCause.SOLD, amount, context, order=order)
            draft.tell_record(CREDIT_ACCOUNT, card, CreditEntered(apart=True, entries=(told,), expires_at=expires_at))
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
    least = max(context.now, earliest_expiry(entity_of(draft.world.settings, entity), context.now))
    if expires_at < least or expires_at == context.now:
        raise Refused(R.CREDIT_EXPIRES_TOO_SOON, field="expires_at", value=expires_at, allowed=least)
    return expires_at


def _check_own(draft: Draft, order: Order, card: str) -> None:
    """Refused CREDIT_MISMATCH: somebody has opened another account by the name of a card."""
    account = account_in(draft, card)
    if account is not None and account.sold_on != str(order.id):
        raise Refused(R.CREDIT_MISMATCH, field="account", value=card, allowed="a card of this order")


RULES: Final = {IssueSoldCards: decide_issue_sold}
