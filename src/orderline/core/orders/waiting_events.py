"""Facts about units that wait for a location, and how long they may."""

from datetime import datetime

from orderline.core.orders.facts import OrderEvent


class AutoCancelSet(OrderEvent, frozen=True, gc=False, tag="auto_cancel_set", kw_only=True):
    """What of these lines has no location by then is canceled."""

    lines: tuple[int, ...]
    due_at: datetime
    reason: str = ""


class AutoCancelCleared(OrderEvent, frozen=True, gc=False, tag="auto_cancel_cleared", kw_only=True):
    """These lines may wait for a location as long as it takes."""

    lines: tuple[int, ...]
    reason: str = ""


class AutoCanceled(OrderEvent, frozen=True, gc=False, tag="auto_canceled", kw_only=True):
    """Units of these lines have found no location in time; their cancellation stands beside in the same entry."""

    lines: tuple[int, ...]
    at: datetime
