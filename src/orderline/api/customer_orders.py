"""An order as its customer sees it by a link: what it is, where it is, what is still to come, what may be done now."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

import msgspec

from orderline.api.shops import SeenShop, shop_of
from orderline.core.changes.windows import Way, Window, windows_of
from orderline.core.customer_links.policy import LinkMay
from orderline.core.customer_links.state import CustomerLink
from orderline.core.orders.state import STOCKED, Line, LineQuantity, Order
from orderline.core.orders.status import status_of
from orderline.core.orders.vocabulary import told
from orderline.core.returns.state import Custody, Return, ReturnMoney
from orderline.core.returns.steps import free_units
from orderline.core.shipments.scans import Scan
from orderline.core.stock.brands import Brand
from orderline.core.stock.state import Channel

_AHEAD: Final = ("unplanned", "pooled", "pegged", "allocated", "released", "picked", "packed")


class SeenInstead(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What may be sent in place of a line that goes back, and what a unit of it costs; discounts are kept in proportion."""

    sku: str
    unit_price_minor: int
    description: str = ""


class SeenLine(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A line of an order, and where its units are. to_come: neither sent nor canceled yet; when, as promised last.

    instead: what may be sent in place of units that go back, the same again first, if it can be had.
    """

    line: int
    sku: str
    quantity: int
    total_minor: int
    description: str = ""
    canceled: int = 0
    on_the_way: int = 0
    delivered: int = 0
    returned: int = 0
    returnable: int = 0
    unit_price_minor: int = 0
    instead: tuple[SeenInstead, ...] = ()
    to_come: int = 0
    earliest_at: datetime | None = None
    latest_at: datetime | None = None


class SeenDestination(msgspec.Struct, frozen=True, kw_only=True):
    """A group of lines that is sent, and the country it goes to."""

    group: int
    country: str
    method: str


class SeenParcel(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A parcel on its way, or there. scans: where it has been, as its carrier told, the last one first."""

    parcel: int
    state: str
    carrier: str = ""
    tracking_number: str = ""
    tracking_url: str = ""
    moved_at: datetime | None = None
    items: tuple[LineQuantity, ...] = ()
    scans: tuple[Scan, ...] = ()


class SeenReturnItem(msgspec.Struct, frozen=True, kw_only=True):
    """Units that come back, and what became of their money."""

    line: int
    quantity: int
    custody: Custody
    money: ReturnMoney


class SeenReturn(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A return of the order. expires_at: until when the goods must be on their way.

    label: in which formats there is one to print (`.../returns/{number}/label`); code: shown where parcels are taken in.
    """

    number: int
    items: tuple[SeenReturnItem, ...]
    expires_at: datetime | None = None
    carrier: str = ""
    tracking_number: str = ""
    tracking_url: str = ""
    label: tuple[str, ...] = ()
    code: str = ""


class SeenPickup(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Goods that lie ready where they are collected. until: the last day. code: shown there, where one is asked for."""

    where: str
    until: date
    city: str = ""
    postal_code: str = ""
    code: str = ""
    items: tuple[LineQuantity, ...] = ()


class SeenQuestion(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A question that was asked and is not answered. page: where it is, by a link that is for cancellations and addresses."""

    question: str
    deadline_at: datetime | None = None
    page: str = ""


class SeenOrder(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a customer sees of an order, in the words of its channel. may: what the link is for, and can be done now."""

    number: str
    placed_at: datetime
    status: str
    payment: str
    fulfillment: str
    currency: str
    total_minor: int
    lines: tuple[SeenLine, ...]
    destinations: tuple[SeenDestination, ...] = ()
    pickups: tuple[SeenPickup, ...] = ()
    questions: tuple[SeenQuestion, ...] = ()
    parcels: tuple[SeenParcel, ...] = ()
    returned: str
    returns: tuple[SeenReturn, ...] = ()
    promised_by: datetime | None = None
    may: tuple[LinkMay, ...] = ()
    until: datetime
    shop: SeenShop


def shown(
    link: CustomerLink,
    order: Order,
    channel: Channel,
    pickups: tuple[SeenPickup, ...],
    questions: tuple[SeenQuestion, ...],
    instead: Mapping[int, tuple[SeenInstead, ...]],
    scans: Mapping[int, tuple[Scan, ...]],
) -> SeenOrder:
    """What the customer of an order sees of it by a link.

    instead: by line, what may be sent in its place. scans: by parcel.
    """
    agreement, brand = order.agreement, channel.brand
    words = told(order.number, order.channel, status_of(order), channel.words)
    return SeenOrder(
        number=order.number,
        placed_at=order.placed_at,
        status=words.phase,
        payment=words.payment,
        fulfillment=words.fulfillment,
        returned=words.returns,
        currency=order.currency,
        total_minor=agreement.total_minor,
        lines=_lines(order, instead),
        destinations=tuple(
            SeenDestination(group=each.group, country=each.place.country, method=each.method)
            for each in agreement.groups
            if each.place is not None and not each.pickup_location
        ),
        pickups=pickups,
        questions=questions,
        parcels=tuple(
            SeenParcel(
                parcel=each.number, state=each.state, carrier=each.carrier, tracking_number=each.tracking_number,
                tracking_url=brand.tracking_url(each.carrier, each.tracking_number),
                moved_at=each.moved_at, items=each.items, scans=scans.get(each.number, ()),
            )
            for each in order.parcels
            if each.shipment is not None
        ),
        returns=tuple(
            SeenReturn(
                number=each.number,
                items=tuple(
                    SeenReturnItem(line=item.line, quantity=item.quantity, custody=item.custody, money=item.money)
                    for item in each.items
                ),
                expires_at=each.expires_at,
                **_way_back(each, brand),
            )
            for each in order.returns
        ),
        promised_by=max((each.promised_by for each in agreement.groups if each.promised_by), default=None),
        may=tuple(each for each in link.may if _is_possible(order, each)),
        until=link.until,
        shop=shop_of(channel),
    )  # fmt: skip


def _way_back(returned: Return, brand: Brand) -> dict[str, Any]:
    label = returned.label
    carrier, number = (label.carrier, label.tracking_number) if label else (returned.carrier, returned.tracking_number)
    return {
        "carrier": carrier,
        "tracking_number": number,
        "tracking_url": brand.tracking_url(carrier, number),
        "label": tuple(each.format for each in label.documents) if label else (),
        "code": label.code if label else "",
    }


def _lines(order: Order, instead: Mapping[int, tuple[SeenInstead, ...]]) -> tuple[SeenLine, ...]:
    units = {each.line: each for each in order.lines}
    return tuple(
        SeenLine(
            line=agreed.line, sku=agreed.sku, description=agreed.description, quantity=agreed.quantity,
            total_minor=agreed.total_minor, canceled=line.units.canceled, on_the_way=line.units.shipped,
            delivered=line.units.delivered, returned=line.units.returned,
            returnable=_returnable(order, line), unit_price_minor=agreed.unit_price_minor,
            instead=instead.get(line.line, ()),
            **_to_come(order, line),
        )
        for agreed in order.agreement.lines
        if (line := units.get(agreed.line)) is not None
    )  # fmt: skip


def _returnable(order: Order, line: Line) -> int:
    return max(0, free_units(order, line)) if line.kind in STOCKED else 0


def _to_come(order: Order, line: Line) -> dict[str, Any]:
    units = sum(getattr(line.units, bucket) for bucket in _AHEAD)
    promise = next((each for each in order.promises if each.line == line.line), None) if units else None
    window = promise.window if promise is not None else None
    return {
        "to_come": units,
        "earliest_at": window.earliest_at if window else None,
        "latest_at": window.latest_at if window else None,
    }


def _is_possible(order: Order, may: LinkMay) -> bool:
    match may:
        case LinkMay.CANCEL:
            return _stands(order, lambda each: each.cancel is not Way.NO)
        case LinkMay.ADDRESS:
            ships = any(each.pickup_location is None for each in order.agreement.groups)
            return ships and _stands(order, lambda each: each.redirect is Way.AT_ONCE)
        case LinkMay.RETURN:
            return any(_returnable(order, line) for line in order.lines)


def _stands(order: Order, fits: Callable[[Window], bool]) -> bool:
    return any(fits(each) for each in windows_of(order))
