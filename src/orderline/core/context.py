"""What a decision is told beside the world and the command: time, actor, and fresh names. Nothing is drawn inside."""

from datetime import datetime

import msgspec

from orderline.core.limits import MoneyLimits
from orderline.values.ids import OrderId


class Actor(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Who asks: a person, an API key, a partner or a part of Orderline; `via` is the way in."""

    name: str
    via: str = ""


SYSTEM = Actor("orderline", "system")


class Expected(msgspec.Struct, frozen=True, gc=False):
    """The version that a caller has seen of a record; 0: there was none."""

    kind: str
    id: str
    version: int


class Context(msgspec.Struct, frozen=True, gc=False):
    """`now` is when the batch runs; `new_order` and `number` name an order that the command may create. limits: of who asks.

    expected: how the caller has seen the record that the command is about.
    """

    now: datetime
    actor: Actor
    new_order: OrderId
    number: str
    limits: MoneyLimits | None = None
    expected: Expected | None = None
