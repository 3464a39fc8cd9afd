"""What an order keeps of goods that wait at a counter; their stage is read from it and from where the units stand."""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

MOST_TRIES: Final = 5


class PickupStage(StrEnum):
    """Where units of a fulfillment order are that a customer collects, in the order in which they pass through."""

    TO_PICK = "to_pick"
    PICKED = "picked"
    PACKED = "packed"
    READY = "ready"
    UNCOLLECTED = "uncollected"
    RESTOCKED = "restocked"
    HANDED_OVER = "handed_over"


class Pickup(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """Parcels of one fulfillment order that have been laid ready.

    code_hash: of the code that the customer was sent; "" when none is asked for. seed: what the code was made of,
    with a secret that stands elsewhere. tries: the versions of the order in which a wrong code was given.
    uncollected_at: nobody came in time. restocked: units put back on the shelf.
    """

    fulfillment: int
    parcels: tuple[int, ...]
    ready_at: datetime
    deadline_at: datetime
    code_hash: str = ""
    seed: str = ""
    tries: tuple[int, ...] = ()
    uncollected_at: datetime | None = None
    restocked: int = 0

    @property
    def tries_left(self) -> int:
        """How many wrong codes more are borne before a new one has to be sent."""
        return max(0, MOST_TRIES - len(self.tries))
