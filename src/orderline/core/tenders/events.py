"""What happens to a tender long after it was settled."""

from datetime import datetime

from orderline.core.orders.facts import OrderEvent


class RefundReversed(OrderEvent, frozen=True, gc=False, omit_defaults=True, tag="refund_reversed", kw_only=True):
    """A refund that had gone through came back: the customer is owed it again. reference: what sent it back calls it.

    key: of our request for the refund, where it is known. through: "bank", where people had sent it by hand. reason: in
    the words of the provider.
    """

    tender: int
    reference: str
    amount_minor: int
    at: datetime
    key: str = ""
    through: str = ""
    reason: str = ""
