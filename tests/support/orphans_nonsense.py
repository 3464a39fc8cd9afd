"""Commands drawn at random on goods with no order known; most of it suits those there are."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final

from orderline.core.orders.commands import Command
from orderline.core.orders.state import Order
from orderline.core.returns import orphan_commands as o
from orderline.core.returns.orphans import Orphan
from orderline.core.returns.state import Disposition, Grade
from support.nonsense import PLACES
from support.shop import NOON

_SKUS: Final = ("TEE-M", "MUG", "CAP-9", "")


def orphan_command(dice: Random, orders: Sequence[Order], known: Callable[[str], Sequence[Any]]) -> Command:
    """Goods come, are told apart, matched to an order, or disposed of."""
    waiting: list[Orphan] = [each for each in known("orphan") if each.state == "waiting"]
    if not waiting or dice.random() < 0.3:
        return _received(dice)
    one = dice.choice(waiting if dice.random() < 0.95 else list(known("orphan")))
    item = dice.choice(one.items)
    match dice.randrange(8):
        case 0:
            return o.OrphanDue(orphan=one.id, due_at=dice.choice([one.keep_until, NOON]))
        case 1:
            return o.IdentifyOrphan(orphan=one.id, item=dice.choice([item.item, 9]), sku=dice.choice(_SKUS))
        case 2 | 3:
            some = o.OrphanUnitsInput(item=item.item, quantity=dice.randint(1, 3))
            return o.DisposeOrphan(
                orphan=one.id, disposition=dice.choice(list(Disposition)), reason="nobody asked",
                items=dice.choice([(), (some,)]),
            )  # fmt: skip
        case _:
            return _matched(dice, orders, one)


def _received(dice: Random) -> Command:
    came = [
        o.OrphanItemInput(
            sku=dice.choice(_SKUS), quantity=dice.randint(1, 2), grade=dice.choice([None, None, Grade.OPENED])
        )
        for _ in range(dice.randint(1, 2))
    ]
    return o.ReceiveOrphan(
        orphan=f"G-{dice.randrange(40)}",
        location=dice.choice(PLACES),
        items=tuple(came),
        keep_days=dice.choice([1, 30]),
    )


def _matched(dice: Random, orders: Sequence[Order], one: Orphan) -> Command:
    fit = [
        (order, line, item)
        for order in orders
        for line in order.lines
        for item in one.items
        if line.sku == item.sku and item.left and line.units.gone
    ]
    if not fit or dice.random() < 0.1:
        wrong = o.MatchedInput(item=dice.randint(1, 2), line=dice.randint(1, 3), quantity=dice.choice([None, 1, 9]))
        return o.MatchOrphan(order=dice.choice(orders).id, orphan=one.id, items=(wrong,), number=dice.randrange(2))
    order, line, item = dice.choice(fit)
    number = dice.choice([0, 0, len(order.returns)])
    found = o.MatchedInput(item=item.item, line=line.line, quantity=dice.choice([None, 1]))
    return o.MatchOrphan(order=order.id, orphan=one.id, items=(found,), number=number)
