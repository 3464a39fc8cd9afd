"""Whatever has happened before, a reallocation moves exactly the units asked for, and touches no work that was begun."""

import contextlib
from random import Random

import pytest

from orderline.core.moves import AT_LOCATION
from orderline.core.orders.claims import pools_of
from orderline.core.orders.commands import AnnotateOrder
from orderline.core.orders.state import STOCKED, Line, Negotiation, Order
from orderline.core.reallocations.commands import PutPriorityRules, Reallocate, TakeInput
from orderline.core.reallocations.refusals import ReallocationRefusal
from orderline.core.reallocations.state import PriorityClass, PriorityRules, Reallocation, TakenUnits, TakingRule
from orderline.core.reallocations.taking import choose
from orderline.values.failures import Refused
from support.always import assert_sound
from support.machine import simulate
from support.shop import MemoryShop

STOCK = [("TEE-M", "lyon", 6), ("TEE-M", "lille", 2), ("TEE-M", "paris", 2), ("MUG", "lyon", 3), ("MUG", "paris", 1)]
RULES = PutPriorityRules(
    priority_rules="default",
    classes=(PriorityClass(id="first", priority_from=1),),
    takings=(TakingRule(taker="first", givers=("others",), covered=False, most_units=6, days=90),),
)


def begun(order: Order) -> int:
    """Units of work that a location has accepted, or begun."""
    return sum(
        getattr(item.units, bucket)
        for each in order.fulfillments
        if each.negotiation is Negotiation.ACCEPTED or any(i.units.picked or i.units.packed for i in each.items)
        for item in each.items
        for bucket in AT_LOCATION
    )


def held(line: Line) -> int:
    """Units that a line has a claim on, or at a location."""
    return line.units.pooled + line.units.at_location


def orders_of(shop: MemoryShop) -> list[Order]:
    return [order for order in shop.world.orders.values() if order is not None]


def taken_or_refused(shop: MemoryShop, command: Reallocate) -> object:
    """None, or the code of the refusal."""
    try:
        shop.do(command)
    except Refused as refused:
        return refused.code
    return None


def try_to_take(shop: MemoryShop, dice: Random, name: str) -> bool:
    """Let some order take what it lacks; was anything taken?"""
    lacking = [
        (order, line)
        for order in orders_of(shop)
        for line in order.lines
        if line.kind in STOCKED and line.units.unplanned and order.closed_at is None and not order.is_test
    ]
    if not lacking:
        return False
    taker, line = dice.choice(lacking)
    with contextlib.suppress(Refused):
        shop.do(AnnotateOrder(order=taker.id, priority=1))
    rules = shop.world.records["priority_rules", "default"]
    assert isinstance(rules, PriorityRules)
    known = shop.world.records.get(("taken_units", line.sku))
    taken = known.taken if isinstance(known, TakenUnits) else ()
    channel = shop.world.settings.channels[taker.channel]
    pools = pools_of(shop.world, channel, taker.is_test, taker.group_of(line.group))
    current = shop.world.orders[taker.id]
    assert current is not None
    wanted = dice.randint(1, line.units.unplanned)
    shares = choose(rules, current, line, orders_of(shop), wanted, pools, taken, shop.now)
    if not shares:
        return False
    takes = tuple(TakeInput(each.order, each.line, each.quantity) for each in shares)
    before = {order.id: order for order in orders_of(shop)}
    code = taken_or_refused(
        shop, Reallocate(reallocation=name, sku=line.sku, order=taker.id, line=line.line, takes=takes)
    )
    if code is not None:
        assert code is ReallocationRefusal.NOTHING_TO_TAKE, "the taker can't be served where the units are"
        assert {order.id: order for order in orders_of(shop)} == before
        return False
    told = shop.world.records["reallocation", name]
    assert isinstance(told, Reallocation)
    units = sum(each.quantity for each in takes)
    after = {order.id: order for order in orders_of(shop)}
    got = after[taker.id].lines[line.line - 1]
    assert (told.quantity, got.units.pooled - line.units.pooled) == (units, units)
    for take, giver in zip(takes, told.givers, strict=True):
        was, now = (some[take.order].lines[take.line - 1] for some in (before, after))
        assert held(was) - held(now) == take.quantity - giver.restocked
        assert giver.restocked + sum(each for _, each in giver.supplies) + giver.waiting == take.quantity
    assert {id_: begun(order) for id_, order in after.items()} == {id_: begun(order) for id_, order in before.items()}
    assert_sound(shop)
    return True


def some_days(shop: MemoryShop, dice: Random, seed: int) -> int:
    """Orders come and are worked on, and now and then one takes from others; how often it did."""
    taken = 0
    for round_ in range(12):
        simulate(shop, seed * 100 + round_, 20, shop.place, lambda: None)
        taken += sum(try_to_take(shop, dice, f"R-{round_}-{number}") for number in range(6))
    return taken


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_what_is_taken_is_given_and_nothing_else_moves(seed: int) -> None:
    shop, dice = MemoryShop(STOCK), Random(seed)
    shop.do(RULES)
    some_days(shop, dice, seed)
    taken = [each for key, each in shop.world.records.items() if key[0] == "taken_units"]
    for each in taken:
        assert isinstance(each, TakenUnits)
        assert sum(row.units for row in each.taken) <= 6, "the cap holds over all reallocations"


@pytest.mark.slow
def test_the_days_are_such_that_units_are_taken() -> None:
    taken = 0
    for seed in range(20):
        shop, dice = MemoryShop(STOCK), Random(seed)
        shop.do(RULES)
        taken += some_days(shop, dice, seed)
    assert taken > 10
