"""What commands take: days and instants, whole numbers, amounts."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from orderline.values.failures import Refused
from orderline.values.money import parse_minor

if TYPE_CHECKING:
    from orderline.core.orders.state import Order


class Instant(click.ParamType):
    """A day or an instant of ISO 8601, such as `2026-03-01` or `2026-03-01T12:00+01:00`; UTC without an offset."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The instant, aware and in UTC."""
        if isinstance(value, datetime):
            return value
        try:
            at = datetime.fromisoformat(value.strip())
        except ValueError:
            self.fail(f"{value!r} is no instant; write 2026-03-01 or 2026-03-01T12:00:00Z (UTC without an offset).")
        try:
            return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        except OverflowError:
            self.fail(f"{value!r} is before the first or after the last year there is.")


INSTANT: Final = Instant()
DAY: Final = click.DateTime(["%Y-%m-%d"])


def whole_of(text: str, option: str) -> int:
    """A whole number. Not understood: anything else."""
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise click.BadParameter(f"{text!r} is no number.", param_hint=f"'{option}'")
    return int(text)


def minor_of(text: str, order: "Order", option: str) -> int:
    """An amount such as `12.50` in the currency of an order, in minor units. Not understood: anything else."""
    try:
        return parse_minor(text, order.currency)
    except Refused:
        raise click.BadParameter(f"{text!r} is no amount in {order.currency}.", param_hint=f"'{option}'") from None
