"""What the worker finds when it looks for orders that nothing will move."""

from orderline.core.orders.commands import OrderCommand


class RaiseAlarm(OrderCommand, frozen=True, gc=False, kw_only=True, tag="raise_alarm"):
    """Nothing stands behind the order's next step; `step` is that step, "" where it has none."""

    step: str = ""


class ClearAlarm(OrderCommand, frozen=True, gc=False, kw_only=True, tag="clear_alarm"):
    """Something moves the order again."""
