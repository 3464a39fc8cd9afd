"""Requests about legal entities and rates."""

from orderline.core.entities.state import DayRate, LegalEntity
from orderline.core.orders.commands import Command


class PutEntity(Command, frozen=True, kw_only=True, tag="put_entity"):
    """Create or replace a legal entity. The currency of its books is kept once it has one."""

    entity: LegalEntity


class PutRates(Command, frozen=True, kw_only=True, tag="put_rates"):
    """Say what one unit of `currency` is worth in `base` from each day on; days that are known are corrected.

    What was posted keeps the rate it was posted at.
    """

    currency: str
    base: str
    days: tuple[DayRate, ...]
