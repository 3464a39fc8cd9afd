"""What has happened to a return."""

from datetime import datetime

import msgspec

from orderline.core.orders.facts import Attachment, OrderEvent
from orderline.core.returns.state import (
    Custody,
    Disposition,
    Exchange,
    Grade,
    RepairQuote,
    Return,
    ReturnLabel,
    ReturnMoney,
    WayBack,
    WrongGoods,
)


class ReturnOpened(OrderEvent, frozen=True, gc=False, tag="return_opened"):
    """A customer wants to give goods back, or they have come without a word."""

    opened: Return


class ItemStep(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """Units of an item that go on, and in what; what is not said stays. Fewer than all of them: the item is split.

    ours: they are the customer's no longer: what was to be repaired is a return like any other from then on.
    """

    item: int
    quantity: int
    custody: Custody | None = None
    money: ReturnMoney | None = None
    location: str = ""
    grade: Grade | None = None
    disposition: Disposition | None = None
    credit: int = 0
    keep: bool = False
    note: str = ""
    photos: tuple[Attachment, ...] = ()
    quote: RepairQuote | None = None
    ours: bool = False


class ReturnProgressed(OrderEvent, frozen=True, gc=False, omit_defaults=True, tag="return_progressed", kw_only=True):
    """Items went on: in custody, in money, or in both. receipt: what it was told by, when goods came.

    exchange: what is sent instead, when that is said only now.
    """

    number: int
    steps: tuple[ItemStep, ...]
    at: datetime
    by: str = ""
    reason: str = ""
    expires_at: datetime | None = None
    to: str = ""
    receipt: str = ""
    exchange: Exchange | None = None


class ReturnSent(OrderEvent, frozen=True, gc=False, omit_defaults=True, tag="return_sent", kw_only=True):
    """A parcel is on its way back, or is to be: how it is found."""

    number: int
    carrier: str
    tracking_number: str
    at: datetime


class ReturnLabeled(OrderEvent, frozen=True, gc=False, tag="return_labeled", kw_only=True):
    """The customer has something to send goods back with."""

    number: int
    label: ReturnLabel
    at: datetime


class ReturnTracked(OrderEvent, frozen=True, gc=False, omit_defaults=True, tag="return_tracked", kw_only=True):
    """A carrier's news of a parcel on its way back. code: the carrier's own word; place: where that was."""

    number: int
    way: WayBack
    at: datetime
    code: str = ""
    place: str = ""


class WrongGoodsCame(OrderEvent, frozen=True, gc=False, tag="wrong_goods_came", kw_only=True):
    """Something else lay in the parcel."""

    number: int
    goods: WrongGoods


class OrderReopened(OrderEvent, frozen=True, gc=False, tag="order_reopened", kw_only=True):
    """A closed order has work again."""

    reason: str
    by: str
    at: datetime


AnyReturnEvent = ReturnOpened | ReturnProgressed | ReturnSent | ReturnLabeled | ReturnTracked | WrongGoodsCame
