"""A page of samples: each part that pages are made of, as it looks. For those who build pages."""

from datetime import UTC, datetime, timedelta
from typing import Final

from orderline.console.orders import BUCKETS, PHASES
from orderline.console.visits import Shown, Visit

TOKENS: Final = (
    "ink", "quiet", "ground", "raised", "rule", "accent", "on-accent", "good", "warn", "bad", "calm", "good-tint", "warn-tint",
    "bad-tint", "calm-tint", "quiet-tint",
)  # fmt: skip


async def style(visit: Visit) -> Shown:
    """The samples."""
    now = datetime.now(UTC)
    dues = [(now + timedelta(hours=each)).isoformat() for each in (-3, 5, 50)]
    about = {"tokens": TOKENS, "phases": PHASES, "buckets": BUCKETS, "now": now, "dues": dues}
    return Shown("style.html", about)
