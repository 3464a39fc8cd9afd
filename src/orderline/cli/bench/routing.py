"""Routing of one order over 200 locations, by the default rules, with the trace that is always kept; and of many at once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from time import thread_time
from typing import Final
from uuid import UUID

import msgspec

from orderline.cli.bench import batch as many
from orderline.cli.bench.model import Options, Result, percentile, result
from orderline.core.routing.model import Inputs, Offer, RoutableLine, RoutableOrder, RouteLocation, Snapshot
from orderline.core.routing.policy import DEFAULT_POLICY, DEFAULT_RULE, Group, Policy, Rule
from orderline.core.routing.route import Batch, Watch
from orderline.core.routing.rules import Mode
from orderline.values.address import Place
from orderline.values.geo import Coordinates
from orderline.values.ids import OrderId

LOCATIONS: Final = 200
ORDERS: Final = 2_000
SKUS: Final = 50
# Most milliseconds of core time for one order.
TARGET_MS: Final = 0.5
NOW: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)


def run(options: Options) -> Iterator[Result]:
    """Milliseconds of core time for one order of three lines: greedy and proven, alone and with what it was made of
    kept; then batches beside greedy in three worlds.
    """
    orders, snapshot = draw_world(options.seed, options.scaled(ORDERS, least=50))
    greedy = msgspec.structs.replace(DEFAULT_RULE, mode=Mode.GREEDY)
    rules = (
        ("routing.greedy", _only(greedy), snapshot),
        ("routing.exact", DEFAULT_POLICY, snapshot),
        ("routing.exact.offers", DEFAULT_POLICY, _offered(snapshot)),
    )
    for name, policy, stock in rules:
        for kept in (False, True):
            times: list[float] = []
            noted: list[Inputs] = []
            batch = Batch(stock, NOW, policy, _noting(noted) if kept else None)
            group = policy.groups[0]
            for order in orders:
                began = thread_time()
                batch.decide(order, group)
                times.append(thread_time() - began)
            p50_ms = percentile(times, 500)
            yield result(
                f"{name}.kept" if kept else name,
                1000 * sum(times) / len(times),
                "ms",
                bound=TARGET_MS,
                p50_ms=p50_ms,
                p99_ms=percentile(times, 990),
                settings={"locations": LOCATIONS, "orders": len(orders), "lines": 3},
            )
    yield from many.run(options)


def _noting(noted: list[Inputs]) -> Watch:
    return lambda decision, inputs: noted.append(inputs)


def draw_world(seed: int, orders: int, *, locations: int = LOCATIONS) -> tuple[list[RoutableOrder], Snapshot]:
    """Orders of three lines over locations that have nearly everything."""
    dice = Random(seed)

    def somewhere() -> Coordinates:
        return Coordinates(dice.randrange(42_000_000, 51_000_000), dice.randrange(-4_000_000, 8_000_000))

    sites = {
        code: RouteLocation(code=code, pool="main", coordinates=somewhere(), handling_days=dice.randrange(3))
        for code in (f"L{n:03}" for n in range(locations))
    }
    levels = {
        (f"S{n}", code): dice.randrange(1, 3 + orders // 10)
        for n in range(SKUS)
        for code in sites
        if dice.random() < 0.9
    }
    drawn = [
        RoutableOrder(
            order_id=OrderId(UUID(int=n + 1)),
            group=1,
            lines=tuple(
                RoutableLine(line, f"S{sku}", units, (("main", units),), value_minor=1500, weight_g=400)
                for line, sku in enumerate(dice.sample(range(SKUS), 3), 1)
                for units in [dice.randint(1, 3)]
            ),
            place=Place(country="FR"),
            placed_at=NOW,
            destination=somewhere(),
            promised_by=NOW + timedelta(days=dice.randint(2, 6)),
        )
        for n in range(orders)
    ]
    return drawn, Snapshot(position=1, locations=sites, levels=levels)


def _offered(snapshot: Snapshot) -> Snapshot:
    """The same with two services from each location, as a carrier's tables would tell them."""
    told = {
        code: (Offer("ground", 2 + at % 3, 450 + 7 * at, 300 + at), Offer("air", 1, 1500 + 7 * at, 900 + at))
        for at, code in enumerate(snapshot.locations)
    }
    return msgspec.structs.replace(snapshot, offers=lambda order, location: told[location.code])


def _only(rule: Rule) -> Policy:
    return Policy(version="greedy", groups=(Group(name="all", selects=lambda order, now: True, rules=(rule,)),))
