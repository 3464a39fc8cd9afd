"""What follows for the credit of a company when one of its orders goes on."""

from collections.abc import Sequence
from datetime import datetime

from orderline.core.companies.state import review_credit
from orderline.core.jobs import FollowUp
from orderline.core.ledger.events import MoneyPosted
from orderline.core.moves import Move
from orderline.core.orders.agreed_events import OrderAmended
from orderline.core.orders.events import AnyOrderEvent, PaymentAnswered, UnitsMoved


def credit_follow_ups(company: str, events: Sequence[AnyOrderEvent], now: datetime) -> list[FollowUp]:
    """Look at the orders that are held for the limit, when money came, or less may be owed than was ordered."""
    freed = any(
        isinstance(event, MoneyPosted | OrderAmended | PaymentAnswered)
        or (isinstance(event, UnitsMoved) and event.move is Move.CANCEL)
        for event in events
    )
    return [review_credit(company, now)] if freed else []
