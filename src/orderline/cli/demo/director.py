"""Who acts in the demo beside shoppers: all scenes, the people in the flagship store, customers, banks."""

import asyncio
from collections.abc import Coroutine, Sequence
from functools import partial
from typing import Any, Final

from orderline.cli.demo.answering import Customers
from orderline.cli.demo.counting import Counting
from orderline.cli.demo.disputing import Banks
from orderline.cli.demo.paying import LostAnswers, Returners
from orderline.cli.demo.play import Act
from orderline.cli.demo.ruling import Promises, Rules
from orderline.cli.demo.scenes import Scene, Set, Told
from orderline.cli.demo.staffing import Staff
from orderline.cli.demo.supplying import LateSupplier, Moving, Truck
from orderline.cli.demo.tilling import Tills
from orderline.cli.demo.trading import Company

# An hour of the day goes by in less than two seconds.
ROUND_S: Final = 0.3


class Director:
    """Has everybody act, and asks what came of it."""

    def __init__(self, set_: Set) -> None:
        self._staff = Staff(set_)
        self._customers = Customers(set_)
        self._returners = Returners(set_)
        self._banks = Banks(set_)
        self._scenes: tuple[Scene, ...] = (
            Rules(set_), Promises(set_), LateSupplier(set_), Truck(set_), Moving(set_), Counting(set_), Tills(set_),
            LostAnswers(set_), Company(set_),
        )  # fmt: skip

    @property
    def busy(self) -> list[str]:
        """Who still has something to do."""
        people = (self._staff, self._customers, self._returners, self._banks)
        return [type(each).__name__.lower() for each in people if not each.idle]

    def agenda(self) -> Sequence[tuple[float, Act]]:
        """What is done, and when."""
        found: list[tuple[float, Act]] = []
        for scene in self._scenes:
            turn = asyncio.Lock()
            found += [(at_s, partial(_in_turn, turn, act)) for at_s, act in scene.agenda()]
        return found

    async def before(self) -> None:
        """What is done before the first order."""
        for scene in self._scenes:
            await scene.before()

    def people(self) -> list[Coroutine[Any, Any, None]]:
        """Staff and customers, who do what there is to do until they are sent home."""
        return [*map(_rounds, (self._staff, self._customers, self._returners, self._banks))]

    async def told(self) -> list[Told]:
        """What everybody has shown, in the order in which it is told."""
        told = [await scene.told() for scene in self._scenes]
        told[3:3] = [await self._customers.told()]
        told += [await self._returners.told(), await self._banks.told()]
        told += [await self._staff.told_rejection(), await self._staff.told()]
        return [each for each in told if each is not None]


async def _in_turn(turn: asyncio.Lock, act: Act) -> None:
    """A scene begins with its next step when the one before is done, however fast the day goes."""
    async with turn:
        await act()


async def _rounds(people: Staff | Customers | Returners | Banks) -> None:
    while True:
        await people.look()
        await asyncio.sleep(ROUND_S)
