"""What goes on in the demo beside orders: each scene does its part at its time of the day and tells what came of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import msgspec

from orderline.cli.demo.calling import Caller
from orderline.cli.demo.merchant import Merchant
from orderline.cli.demo.play import Act, Player


class Told(msgspec.Struct, frozen=True):
    """What a scene has shown. figures: the numbers of its sentence. examples: what to look at, by kind."""

    scene: str
    text: str
    figures: dict[str, int]
    examples: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Set:
    """What scenes act with. mail: the mailboxes of customers. visitor: calls without a key. note: a line to be seen."""

    api: Caller
    mail: Caller
    visitor: Caller
    player: Player
    merchant: Merchant
    note: Callable[[str], None]

    def say(self, text: str) -> None:
        """A line with the time of the day."""
        hours, minutes = divmod(int(self.player.clock_s) // 60, 60)
        self.note(f"{hours % 24:02}:{minutes:02}  {text}")

    async def pages(self, path: str, **query: Any) -> list[Any]:
        """All items of a list."""
        items: list[Any] = []
        cursor: str | None = ""
        while cursor is not None:
            page = await self.api.read(path, limit=200, **query, **({"cursor": cursor} if cursor else {}))
            items += page["items"]
            cursor = page["next"]
        return items


class Scene(Protocol):
    """A part of the day. agenda: what is done, and when (seconds after midnight)."""

    def agenda(self) -> Sequence[tuple[float, Act]]: ...

    async def before(self) -> None:
        """What is done before the first order."""
        ...

    async def told(self) -> Told | None:
        """What came of it; None: nothing did."""
        ...


def hour(at: float) -> float:
    """Seconds after midnight."""
    return at * 3600


def in_days(days: int) -> str:
    """An instant so many days from now, at noon."""
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    return (noon + timedelta(days=days)).isoformat()
