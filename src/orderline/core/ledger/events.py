"""What has happened to the money of an order."""

from datetime import datetime

from orderline.core.ledger.state import Posted
from orderline.core.orders.credited import Credit
from orderline.core.orders.facts import OrderEvent


class MoneyPosted(OrderEvent, frozen=True, gc=False, tag="money_posted"):
    """Money moved between accounts; decided once by the posting table, never worked out anew."""

    posted: Posted


class CreditGranted(OrderEvent, frozen=True, gc=False, tag="credit_granted"):
    """The customer owes less, or is owed: for goods that came back, for a wrong that was done. What was sold stays."""

    credit: Credit
    at: datetime
