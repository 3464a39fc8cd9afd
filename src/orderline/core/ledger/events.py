"""What has happened to the money of an order."""

from datetime import datetime

from orderline.core.ledger.state import Posted
from orderline.core.orders.billed import Billed, DocumentRef
from orderline.core.orders.credited import Credit
from orderline.core.orders.facts import OrderEvent


class MoneyPosted(OrderEvent, frozen=True, gc=False, omit_defaults=True, tag="money_posted"):
    """Money moved between accounts; decided once by the posting table, never worked out anew. reason: of a person."""

    posted: Posted
    reason: str = ""


class CreditGranted(OrderEvent, frozen=True, gc=False, tag="credit_granted"):
    """The customer owes less, or is owed: for goods that came back, for a wrong that was done. What was sold stays."""

    credit: Credit
    at: datetime


class DocumentIssued(OrderEvent, frozen=True, gc=False, omit_defaults=True, tag="document_issued", kw_only=True):
    """A numbered document was issued. billed: what an invoice adds to what is billed; credit: what a credit note is for."""

    document: DocumentRef
    billed: tuple[Billed, ...] = ()
    credit: int = 0
    at: datetime
