"""Checks that many commands share: does the order exist, is it current, is it still open, does the text fit."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from orderline.core.context import Context
from orderline.core.orders.commands import OrderCommand
from orderline.core.orders.facts import Attachment
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.state import FulfillmentOrder, Line, LineQuantity, Order, Parcel, is_canceled
from orderline.core.world import World
from orderline.values.failures import Refused
from orderline.values.quantity import check_quantity
from orderline.values.time import utc

MOST_ATTACHMENTS: Final = 20


def known_order(world: World, command: OrderCommand) -> Order:
    """The order a command names.

    Refused ORDER_UNKNOWN: there is no such order.
    Refused VERSION_STALE: it has changed since the caller saw it.
    """
    order = world.orders.get(command.order)
    if order is None:
        raise Refused(R.ORDER_UNKNOWN, field="order", value=str(command.order))
    if command.expected_version is not None and command.expected_version != order.version:
        raise Refused(R.VERSION_STALE, field="expected_version", value=command.expected_version, current=order.version)
    return order


def ongoing_order(world: World, command: OrderCommand) -> Order:
    """As `known_order`. Refused ORDER_CLOSED: the order is closed."""
    order = known_order(world, command)
    if order.closed_at is not None:
        raise Refused(R.ORDER_CLOSED, value=order.number, closed_at=order.closed_at)
    return order


def check_living(order: Order) -> None:
    """Refused ORDER_CANCELED: all of it is canceled. Only the undo of a change brings some of it back."""
    if all(map(is_canceled, order.lines)):
        raise Refused(R.ORDER_CANCELED, value=order.number, unblock="nobody: place a new order")


def check_blocked(order: Order, name: str, lines: Collection[int]) -> None:
    """Refused BLOCKED_BY_HOLD: an open hold on the order, or on one of these lines, blocks the command.

    Its owner can lift it. A hold on one line leaves the others to go on.
    """
    for hold in order.holds:
        if name in hold.blocks and (hold.line is None or hold.line in lines):
            raise Refused(
                R.BLOCKED_BY_HOLD,
                command=name,
                hold=hold.number,
                type=hold.type,
                unblock=hold.owner,
                reason=hold.reason,
            )


def is_blocked(order: Order, name: str, line: int | None = None) -> bool:
    """Does an open hold block the command, for the whole order or for this line of it?"""
    return any(name in hold.blocks and (hold.line is None or hold.line == line) for hold in order.holds)


def check_line(order: Order, line: int) -> Line:
    """The line of that number. Refused LINE_UNKNOWN: there is none, or it is a bundle, whose parts move instead."""
    found = order.line_of(line)
    if found is None or found.units.total() == 0:
        allowed = [each.line for each in order.lines if each.units.total()]
        raise Refused(R.LINE_UNKNOWN, field="line", value=line, allowed=allowed)
    return found


def check_lines(order: Order, lines: tuple[LineQuantity, ...]) -> list[tuple[Line, int]]:
    """The lines and quantities a command names. Refused LINE_UNKNOWN, LINE_REPEATED, QUANTITY_NOT_POSITIVE."""
    checked: list[tuple[Line, int]] = []
    seen: set[int] = set()
    for index, each in enumerate(lines):
        if each.line in seen:
            raise Refused(R.LINE_REPEATED, field=f"lines[{index}].line", value=each.line)
        seen.add(each.line)
        quantity = check_quantity(each.quantity, field=f"lines[{index}].quantity")
        checked.append((check_line(order, each.line), quantity))
    return checked


def check_fulfillment(order: Order, number: int) -> FulfillmentOrder:
    """The fulfillment order of that number. Refused FULFILLMENT_UNKNOWN: there is none."""
    found = order.fulfillment_of(number)
    if found is None:
        allowed = [each.number for each in order.fulfillments]
        raise Refused(R.FULFILLMENT_UNKNOWN, field="fulfillment", value=number, allowed=allowed)
    return found


def check_parcel(order: Order, number: int) -> Parcel:
    """The parcel of that number. Refused PARCEL_UNKNOWN: there is none."""
    found = order.parcel_of(number)
    if found is None:
        allowed = [each.number for each in order.parcels]
        raise Refused(R.PARCEL_UNKNOWN, field="parcel", value=number, allowed=allowed)
    return found


def check_text(text: str, field: str, longest: int, *, required: bool = False) -> str:
    """The text itself.

    Refused TEXT_NOT_ACCEPTABLE: longer than `longest` characters, or with control characters.
    Refused FIELD_REQUIRED: required and empty.
    """
    if not text and not required:
        return text
    if len(text) > longest:
        raise Refused(R.TEXT_NOT_ACCEPTABLE, field=field, value=text[:80], allowed=f"at most {longest} characters")
    if not text.isprintable() and any((c < " " and c not in "\n\t") or "\ud800" <= c <= "\udfff" for c in text):
        raise Refused(R.TEXT_NOT_ACCEPTABLE, field=field, value=text[:80], allowed="no control characters")
    if required and not text.strip():
        raise Refused(R.FIELD_REQUIRED, field=field, value=text)
    return text


def occurred(at: datetime | None, context: Context) -> datetime:
    """When a fact happened: as told (never in the future), or now. Refused TIME_NOT_AWARE, TIME_OUT_OF_RANGE."""
    return context.now if at is None else min(utc(at, field="occurred_at"), context.now)


def check_custom(custom: dict[str, str | int | bool], field: str) -> None:
    """Custom fields are few, short and plain. Refused TEXT_NOT_ACCEPTABLE, AMOUNT_OUT_OF_RANGE."""
    if not custom:
        return
    if len(custom) > 50:
        raise Refused(R.TEXT_NOT_ACCEPTABLE, field=field, value=len(custom), allowed="at most 50 fields")
    for name, value in custom.items():
        check_text(name, field, 60, required=True)
        if isinstance(value, str):
            check_text(value, f"{field}.{name}", 1_000)
        elif not -(2**53) < value < 2**53:
            raise Refused(R.AMOUNT_OUT_OF_RANGE, field=f"{field}.{name}", value=str(value))


def check_attachments(attachments: Sequence[Attachment]) -> tuple[Attachment, ...]:
    """Refused TEXT_NOT_ACCEPTABLE: too many, too long, or no address of the web; FIELD_REQUIRED: no title."""
    if len(attachments) > MOST_ATTACHMENTS:
        allowed = f"at most {MOST_ATTACHMENTS}"
        raise Refused(R.TEXT_NOT_ACCEPTABLE, field="attachments", value=len(attachments), allowed=allowed)
    for index, each in enumerate(attachments):
        field = f"attachments[{index}]"
        check_text(each.title, f"{field}.title", 200, required=True)
        check_text(each.url, f"{field}.url", 1_000)
        if each.url and not each.url.startswith(("https://", "http://")):
            raise Refused(R.TEXT_NOT_ACCEPTABLE, field=f"{field}.url", value=each.url[:80], allowed="https://")
        if each.sha256 and not re.fullmatch("[0-9a-f]{64}", each.sha256):
            raise Refused(
                R.TEXT_NOT_ACCEPTABLE,
                field=f"{field}.sha256",
                value=each.sha256[:80],
                allowed="64 hex digits",
            )
    return tuple(attachments)
