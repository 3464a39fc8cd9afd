"""The work home: what needs somebody first."""

from datetime import UTC, datetime, timedelta
from typing import Final

from orderline.console.visits import Shown, Visit

MOST: Final = 25
SOON: Final = timedelta(hours=24)


async def home(visit: Visit) -> Shown:
    """Orders whose next step is over its time or soon will be, and open holds, the most urgent first."""
    now = datetime.now(UTC)
    due = (await visit.ask("list_orders", query={"due_before": (now + SOON).isoformat(), "limit": MOST}))["items"]
    held = (await visit.ask("list_holds", query={"limit": MOST}))["items"]
    return Shown("home.html", {"now": now, "due_orders": due, "held": held, "most": MOST})
