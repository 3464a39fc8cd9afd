"""A machine that throws commands at a shop, in any order, and looks after each whether all still holds."""

import contextlib
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Protocol

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from orderline.core.orders.commands import Command, PlaceOrder
from orderline.core.orders.state import Order
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from support.holds_nonsense import hold_command
from support.likely import next_command, random_order, world_command
from support.nonsense import NOBODY, nonsense, odd_placements, placements
from support.papers_nonsense import paper_command
from support.records_nonsense import record_command
from support.returns_nonsense import return_command

NAMES = st.integers(1, 200).map(lambda number: f"N-{number}")


class Shop(Protocol):
    """Where the commands go: a world in memory, or an engine on a database."""

    def do(self, command: Command) -> Any: ...

    def order(self, order_id: OrderId) -> Order: ...

    def records(self, kind: str) -> Sequence[Any]: ...

    def later(self, **span: float) -> None: ...


class ShopMachine(RuleBasedStateMachine):
    """Subclasses say what `open_shop` makes, how an order is placed, and what is looked at after each step."""

    shop: Any

    def __init__(self) -> None:
        super().__init__()
        self.orders: list[OrderId] = []

    def open_shop(self) -> None:
        raise NotImplementedError

    def place(self, command: PlaceOrder) -> OrderId | None:
        """The id of the new order; None when the order was there before."""
        raise NotImplementedError

    def look(self) -> None:
        raise NotImplementedError

    @initialize()
    def start(self) -> None:
        self.open_shop()

    @rule(command=placements(NAMES))
    def place_order(self, command: PlaceOrder) -> None:
        self._place(command)

    @rule(command=odd_placements(NAMES))
    def place_odd_order(self, command: PlaceOrder) -> None:
        self._place(command)

    @rule(seed=st.integers(0, 2**32), steps=st.integers(1, 25))
    def go_on(self, seed: int, steps: int) -> None:
        """What people, partners and providers do next, drawn from a seed; most of it goes through."""
        dice = Random(seed)
        for _ in range(steps):
            chance = dice.random()
            if not self.orders or chance < 0.1:
                self._do(world_command(dice))
            elif chance < 0.45:
                drawn = record_command if chance < 0.3 else paper_command
                self._do(drawn(dice, [self.shop.order(each) for each in self.orders[-4:]], self.shop.records))
            else:
                self._do(next_command(dice, self.shop.order(dice.choice(self.orders[-4:]))))
            self.look()

    @rule(data=st.data())
    def make_no_sense(self, data: st.DataObject) -> None:
        self._do(data.draw(nonsense(st.sampled_from([*self.orders, NOBODY])), label="command"))

    @rule(minutes=st.sampled_from([1, 30, 60 * 24]))
    def wait(self, minutes: int) -> None:
        self.shop.later(minutes=minutes)

    @invariant()
    def all_holds(self) -> None:
        if hasattr(self, "shop"):
            self.look()

    def _place(self, command: PlaceOrder) -> None:
        self._or_refused(lambda: self._remember(self.place(command)))

    def _remember(self, order_id: OrderId | None) -> None:
        if order_id is not None and order_id not in self.orders:
            self.orders.append(order_id)

    def _do(self, command: Command) -> None:
        self._or_refused(lambda: self.shop.do(command))

    def _or_refused(self, action: Callable[[], object]) -> None:
        with contextlib.suppress(Refused):
            action()


def simulate(
    shop: Shop,
    seed: int,
    steps: int,
    place: Callable[[PlaceOrder], OrderId],
    look: Callable[[], None],
    *,
    papers: float = 0.15,
    returns: float = 0.0,
    holds: float = 0.0,
) -> int:
    """A day drawn from a seed: orders come in, people and partners do what comes next; how many commands went through.

    papers: how much of it is about policies, quotes, boxes, parcels in common and claims. returns: how often an order
    of which goods have left has to do with goods that come back, beyond what is drawn of that in any case. holds: how much
    of it is about a hold policy and the holds it places.
    """
    dice = Random(seed)
    orders: list[OrderId] = []
    done = 0
    for step in range(steps):
        with contextlib.suppress(Refused):
            chance = dice.random()
            if chance < 0.06 or not orders:
                orders.append(place(random_order(dice, f"S-{seed}-{step}")))
            elif holds and dice.random() < holds:
                shop.do(hold_command(dice, [shop.order(each) for each in orders[-5:]], shop.records))
            elif dice.random() < papers:
                shop.do(paper_command(dice, [shop.order(each) for each in orders[-4:]], shop.records))
            elif chance < 0.16:
                shop.do(world_command(dice))
            elif chance < 0.4:
                shop.do(record_command(dice, [shop.order(each) for each in orders[-4:]], shop.records))
            else:
                order = shop.order(dice.choice(orders[-5:]))
                back = returns and any(line.units.gone for line in order.lines) and dice.random() < returns
                shop.do(return_command(dice, order) if back else next_command(dice, order))
            done += 1
        if dice.random() < 0.05:
            shop.later(minutes=dice.choice([1, 20, 3000]))
        look()
    return done
