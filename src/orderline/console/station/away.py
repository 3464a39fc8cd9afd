"""What is shown in place of a page that a device has not kept, while it has no connection."""

from orderline.console.visits import Shown, Visit


async def show(visit: Visit) -> Shown:
    """It is fetched while there is a connection, so that it is there when there is none."""
    return Shown("station/away.html", {})
