"""Where facts wait a moment for others that are on their way, in this process, before they are parked."""

import asyncio
import contextlib
from collections.abc import Generator, Iterable


class Seat:
    """A place under names; called when something has happened to one of them."""

    def __init__(self, room: "WaitingRoom") -> None:
        self._room = room
        self._event = asyncio.Event()
        self._names: set[str] = set()

    def also(self, names: Iterable[str]) -> None:
        """Wait for these, too."""
        for name in names:
            if name not in self._names:
                self._names.add(name)
                self._room.seats.setdefault(name, set()).add(self)

    async def called(self, timeout_s: float) -> bool:
        """Wait until somebody calls one of the names, or for so long; False: nobody has."""
        if timeout_s <= 0:
            return False
        try:
            async with asyncio.timeout(timeout_s):
                await self._event.wait()
        except TimeoutError:
            return False
        return True

    def call(self) -> None:
        self._event.set()

    def leave(self) -> None:
        for name in self._names:
            seats = self._room.seats[name]
            seats.discard(self)
            if not seats:
                del self._room.seats[name]


class WaitingRoom:
    """The seats taken at the moment, by name."""

    def __init__(self) -> None:
        self.seats: dict[str, set[Seat]] = {}

    @contextlib.contextmanager
    def seat(self, names: Iterable[str]) -> Generator[Seat]:
        """A seat for the length of the block."""
        seat = Seat(self)
        seat.also(names)
        try:
            yield seat
        finally:
            seat.leave()

    def call(self, names: Iterable[str]) -> None:
        """Something has happened to these."""
        for name in names:
            for seat in self.seats.get(name, ()):
                seat.call()
