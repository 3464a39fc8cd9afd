"""Instants that clients of the crash test name."""

from datetime import UTC, datetime, timedelta


def in_days(days: int) -> str:
    """An instant so many days from now; the same all day long, so that what is sent again is the same."""
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    return (noon + timedelta(days=days)).isoformat()
