"""What is kept of a tender beside its sums."""

from datetime import datetime

import msgspec


class SentBack(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A refund, or a part of one, that did not stay with the customer. reference: what the provider or the bank calls it.

    key: of our request for the refund, where it is known.
    """

    reference: str
    amount_minor: int
    at: datetime
    key: str = ""
