"""Previews of change sets: everything that somebody sees before they agree, on an order of fifty lines."""

from collections.abc import Iterator
from datetime import UTC, datetime
from time import process_time
from typing import Final

from orderline.cli.bench import shop
from orderline.cli.bench.model import Options, Result, percentile, result
from orderline.core.changes import actions as a
from orderline.core.changes.commands import ChangeOrder
from orderline.core.context import Actor, Context
from orderline.core.decide import run as decide
from orderline.core.orders.commands import LineInput
from orderline.core.stock.commands import ApplyFeed, FeedRow, PutChannel, PutLocation, PutPool, PutSkus
from orderline.core.stock.state import Channel, Location, LocationKind, Pool, Settings, Sku
from orderline.core.world import World
from orderline.engine.previewing import preview_in
from orderline.values.address import Place
from orderline.values.ids import OrderId, new_id

LINES: Final = 50
TIMES: Final = 1_000
TARGET_MS: Final = 5
_CLERK: Final = Actor("staff", "bench")


def run(options: Options) -> Iterator[Result]:
    """Milliseconds of core time for one preview: one line changed, and every line."""
    now = datetime.now(UTC)
    world = World(Settings({}, {}, {}))
    order = _order_in(world, options.seed, now)
    for name, actions in (("one", _actions(world, order, 1)), ("all", _actions(world, order, LINES))):
        command = ChangeOrder(order=order, reason="on the phone", actions=actions)
        due = world.order(order).agreement.total_minor
        times: list[float] = []
        errors = 0
        for _ in range(options.scaled(TIMES, least=20)):
            began = process_time()
            shown = preview_in(world, command, _CLERK, now)
            times.append(process_time() - began)
            seen = shown.difference
            errors += seen is None or not seen.lines or seen.due_minor == seen.due_before_minor
        errors += world.order(order).agreement.total_minor != due
        middle = percentile(times, 500)
        yield result(
            f"changes.preview.{name}", middle, "ms", bound=TARGET_MS, errors=errors, p50_ms=middle,
            p99_ms=percentile(times, 990), settings={"lines": LINES, "actions": len(actions), "times": len(times)},
        )  # fmt: skip


def _order_in(world: World, seed: int, now: datetime) -> OrderId:
    codes = [shop.sku_code(number) for number in range(2 * LINES)]
    place = Place(country="FR", postal_code="69001", city="Lyon")
    opening = (
        PutPool(pool=Pool("main")),
        PutLocation(location=Location("north", "North", LocationKind.WAREHOUSE, "main", place)),
        PutChannel(channel=Channel("web", "Web", ("main",))),
        PutSkus(skus=tuple(Sku(code, f"Product {code}") for code in codes)),
        ApplyFeed(
            feed="opening", sequence=1, part=1, delta=False, rows=tuple(FeedRow(code, "north", 1_000) for code in codes)
        ),
        *shop.orders(shop.order_bodies(1, seed=seed, skus=LINES, lines=LINES)),
    )
    order = OrderId(new_id())
    for command in opening:
        decide(world, command, Context(now, _CLERK, order, "SO-1"))
    return order


def _actions(world: World, order: OrderId, lines: int) -> tuple[a.ChangeAction, ...]:
    """By turns: units less, another price, and another line."""
    drawn: list[a.ChangeAction] = []
    for line in world.order(order).lines[:lines]:
        match line.line % 3:
            case 1:
                drawn.append(a.RemoveUnits(line=line.line, quantity=1))
            case 2:
                drawn.append(a.ChangePrice(line=line.line, unit_price_minor=450))
            case _:
                added = LineInput(sku=shop.sku_code(LINES + line.line - 1), quantity=2, unit_price_minor=900)
                drawn.append(a.AddLine(line=added))
    return tuple(drawn)
