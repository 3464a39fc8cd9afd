"""What commands take: instants."""

from datetime import UTC, datetime
from typing import Any, Final

import click


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
