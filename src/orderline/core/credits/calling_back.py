"""Gift cards that are sold no longer: their hand-over was undone, or their money is given back. What is on them goes with it.

The mirror of opening a card, in whatever order things happen: what is left goes back to what was sold and stands on no
card; what was spent the customer owes, and is kept back of what is given back. Sold again, a card has its money again.
Source: domain model, law L7: undo is the mirror posting of what was posted.
"""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from orderline.core.context import Context
from orderline.core.credits.granting import account_in, entry_of, last_of
from orderline.core.credits.sold import CARD_SPENT, card_accounts, card_lines, owed_minor, sold_of
from orderline.core.credits.state import CREDIT_ACCOUNT, CreditAccount, CreditCause, CreditEntered, CreditEntry
from orderline.core.ledger.events import CreditGranted
from orderline.core.ledger.posting import post, posted_in
from orderline.core.ledger.rules import Cause, entries
from orderline.core.ledger.state import Account
from orderline.core.orders.credited import Credit, CreditCharge
from orderline.core.orders.priced import SoldAs
from orderline.core.orders.state import AgreedLine, Order
from orderline.core.world import Draft
from orderline.values.ids import OrderId
from orderline.values.money import split_minor

_SOLD: Final = SoldAs.GIFT_CARD.value


def cards_in(draft: Draft, order: Order, line: int) -> list[CreditAccount]:
    """The cards of a line that were opened, whatever is on them now."""
    names = [each for each in card_accounts(order) if each.startswith(f"{order.number}-{line}-")]
    found = (account_in(draft, each) for each in names)
    return [each for each in found if each is not None and each.sold_on == str(order.id)]


def follow_cards(draft: Draft, order_id: OrderId, context: Context) -> None:
    """Let the cards of an order follow what of it is sold: those that are not are emptied, those that are again are filled."""
    order = draft.world.order(order_id)
    lines = card_lines(order) if order.billed and not order.history else []
    if not lines:
        return
    for agreed in lines:
        _follow(draft, order, agreed, context)
    accounts = [each for agreed in lines for each in cards_in(draft, order, agreed.line)]
    more = sum(each.owed_minor for each in accounts) - _kept(order)
    if more:
        fee = CreditCharge(CARD_SPENT, more)
        number = len(order.credits) + 1
        owed = Credit(number=number, reason=CARD_SPENT, total_minor=-more, fees=(fee,), by=context.actor.name)
        draft.tell(order_id, CreditGranted(owed, context.now))


def less_spent(draft: Draft, order: Order, credit: Credit) -> Credit:
    """A credit without what was spent of the cards that it is for: that is kept back of it, as far as it goes."""
    after = replace(order, credits=(*order.credits, credit))
    spent = 0
    for agreed in card_lines(order):
        cards = [each for each in cards_in(draft, order, agreed.line) if each.sold_minor]
        ended = _ended(draft, cards, sold_of(after, agreed))
        spent += sum(each.sold_minor - _left(draft, each) for each in ended)
    kept = min(spent, credit.total_minor)
    if kept <= 0:
        return credit
    return replace(credit, total_minor=credit.total_minor - kept, fees=(*credit.fees, CreditCharge(CARD_SPENT, kept)))


def _follow(draft: Draft, order: Order, agreed: AgreedLine, context: Context) -> None:
    cards = cards_in(draft, order, agreed.line)
    sold = sold_of(order, agreed)
    worth = owed_minor(order, agreed.line, sold)
    on = [each for each in cards if each.sold_minor]
    for each in _ended(draft, on, sold):
        _call_back(draft, order, each, context)
    missing = sold - len(on)
    if missing > 0:
        shares = split_minor(max(0, worth - sum(each.sold_minor for each in on)), [1] * missing)
        for each, share in zip([each for each in cards if not each.sold_minor], shares, strict=False):
            _fill(draft, order, each, share, context)
    _lessen(draft, order, agreed.line, worth, context)


def _lessen(draft: Draft, order: Order, line: int, worth: int, context: Context) -> None:
    """Take off the cards of a line what was put on them beyond what its units are worth, as far as it is there."""
    cards = cards_in(draft, order, line)
    over = sum(each.sold_minor for each in cards) - worth
    for each in cards:
        less = min(over, each.sold_minor, _left(draft, each))
        if less > 0:
            _enter(draft, order, each, -less, each.owed_minor, context)
            over -= less


def _ended(draft: Draft, on: Sequence[CreditAccount], sold: int) -> list[CreditAccount]:
    """The cards that are sold no longer, of those that have money: what nobody has spent of comes first."""
    unspent_first = sorted(on, key=lambda each: (each.sold_minor - _left(draft, each), -each.sold_minor))
    return unspent_first[: max(0, len(on) - sold)]


def _left(draft: Draft, card: CreditAccount) -> int:
    """What is left of the money of a card, wherever it was moved."""
    last = last_of(draft, card.id)
    return max(0, min(card.sold_minor, last.balance_minor - last.goodwill_minor)) if last is not None else 0


def _call_back(draft: Draft, order: Order, card: CreditAccount, context: Context) -> None:
    left = _left(draft, card)
    _enter(draft, order, card, -left, card.owed_minor + card.sold_minor - left, context)


def _fill(draft: Draft, order: Order, card: CreditAccount, amount: int, context: Context) -> None:
    """What was spent of it is owed no longer, and is not put on it again."""
    _enter(draft, order, card, max(0, amount - card.owed_minor), 0, context)


def _enter(draft: Draft, order: Order, card: CreditAccount, amount: int, owed: int, context: Context) -> None:
    """Put money of a sale on a card, or take it back, by way of the card where it was moved since.

    owed: what the customer owes of it from now on.
    """
    cause = CreditCause.SOLD if amount > 0 else CreditCause.CALLED_BACK
    told: tuple[CreditEntry, ...] = (entry_of(cause, amount, context, order=order),) if amount else ()
    last = last_of(draft, card.id)
    if last is not None and last.id != card.id and amount:
        away, here = CreditCause.MOVED_OUT, CreditCause.MOVED_IN
        reason = f"card {card.id} of {order.number}"
        made = entries(
            Cause.CREDIT_MOVED, [(card.kind.account, card.id, amount)], [(last.kind.account, last.id, amount)]
        )
        posted = posted_in(draft.world.settings, last.entity, last.currency, Cause.CREDIT_MOVED, made, context.now)
        own = entry_of(away if amount < 0 else here, amount, context, reason=reason)
        draft.tell_record(CREDIT_ACCOUNT, last.id, CreditEntered(apart=True, entries=(own,), posted=(posted,)))
        told = (*told, entry_of(here if amount < 0 else away, -amount, context, reason=reason))
    changed = owed if owed != card.owed_minor else None
    draft.tell_record(CREDIT_ACCOUNT, card.id, CreditEntered(apart=True, entries=told, owed_minor=changed))
    both = entries(Cause.CREDIT_MOVED, [(Account.GIFT_CARDS, _SOLD, amount)], [(Account.GIFT_CARDS, card.id, amount)])
    post(draft, order.id, Cause.CREDIT_MOVED, both)


def _kept(order: Order) -> int:
    """What was spent of cards, and stands in the credits of the order as owed."""
    return sum(fee.net_minor for credit in order.credits for fee in credit.fees if fee.kind == CARD_SPENT)
