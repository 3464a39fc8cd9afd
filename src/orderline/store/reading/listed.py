"""What lists of orders are asked with, and what they give."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import msgspec

from orderline.core.orders.next_step import NextStep
from orderline.core.orders.status import FulfillmentStatus, PaymentStatus, Phase, ReturnStatus
from orderline.values.ids import OrderId

FIRST_ID: Final = UUID(int=0)
LAST_ID: Final = UUID(int=(1 << 128) - 1)
FIRST_AT: Final = datetime(1900, 1, 1, tzinfo=UTC)
LAST_AT: Final = datetime(9000, 1, 1, tzinfo=UTC)


class OrderFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which orders; every filter that is given must hold, each for one of its values. Texts match whole, except:

    name: the beginning of a customer's or recipient's name, in any case. email: in any case; with a `*` at its end
    its beginning. tags: all of them. q: a number, external id, email, SKU or tracking number, or the beginning of a
    name. placed_from is included, placed_to and due_before are not. open_at: locations with open work for it.
    custom: names and values, as they are indexed, of custom fields; all of them.
    channels_seen, locations_seen: what the asker may see, when not everything.
    """

    numbers: tuple[str, ...] = ()
    external_ids: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    email: str = ""
    name: str = ""
    skus: tuple[str, ...] = ()
    tracking: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()
    payments: tuple[str, ...] = ()
    fulfillments: tuple[str, ...] = ()
    returns: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    placed_from: datetime | None = None
    placed_to: datetime | None = None
    has_hold: bool | None = None
    custom: tuple[tuple[str, str], ...] = ()
    is_test: bool | None = None
    open_at: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    next_steps: tuple[str, ...] = ()
    due_before: datetime | None = None
    q: str = ""
    channels_seen: tuple[str, ...] = ()
    locations_seen: tuple[str, ...] = ()


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended. order: by which order the list runs; a cursor of another order can't be used."""

    order: str
    id: UUID
    at: datetime | None = None


class AxesShown(msgspec.Struct, frozen=True):
    """The phase and the four axes."""

    phase: Phase
    payment: PaymentStatus
    fulfillment: FulfillmentStatus
    returns: ReturnStatus


class CustomerShown(msgspec.Struct, frozen=True):
    """Who has bought."""

    name: str
    email: str


class OrderRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """An order in a list.

    units: ordered and not canceled; country: that the first of its parts goes to. Both are told when they are asked for alone.
    """

    id: OrderId
    number: str
    version: int
    channel: str
    external_id: str
    placed_at: datetime
    status: AxesShown
    currency: str
    total_minor: int
    priority: int
    is_test: bool
    tags: list[str]
    next_step: NextStep | None = None
    customer: CustomerShown | None = None
    units: int | None = None
    country: str = ""


class OrdersPage(msgspec.Struct, frozen=True):
    """Rows, and where the next page begins; None: this was the last."""

    items: list[OrderRow]
    place: Place | None
