"""A version of the rules over recorded decisions: as many as a large merchant makes in a day."""

from collections.abc import Iterator
from time import perf_counter
from typing import Final

from orderline.cli.bench.model import Options, Result, result
from orderline.cli.bench.routing import NOW, draw_world
from orderline.core.routing.compiling import compile_routing
from orderline.core.routing.model import RouteLocation
from orderline.core.routing.policy import DEFAULT_POLICY
from orderline.core.routing.replaying import encode_decision, network_hash, network_of, pack, unpack, unpack_network
from orderline.core.routing.route import route
from orderline.core.routing.simulating import simulate

ORDERS: Final = 100_000
LOCATIONS: Final = 20
BATCH: Final = 2_000
LIMIT_S: Final = 60
CHEAPEST: Final = """kind = "routing"
[costs]
ship_minor = 400
ship_minor_per_100_km = 60
labor_minor = 100
[[group]]
name = "all"
[[group.rule]]
name = "cheapest"
objective = ["late", "money"]
"""


def run(options: Options) -> Iterator[Result]:
    """Seconds for recorded decisions, read as they are kept: by the version that made them, and by another."""
    count = options.scaled(ORDERS, least=200)
    kept: list[tuple[str, bytes]] = []
    locations: dict[str, dict[str, RouteLocation]] = {}
    for begin in range(0, count, BATCH):
        orders, snapshot = draw_world(options.seed + begin, min(BATCH, count - begin), locations=LOCATIONS)
        named = network_of(snapshot.locations)
        locations[named.hash] = unpack_network(named.body)
        route(
            orders,
            snapshot,
            NOW,
            watch=lambda d, i, named=named: kept.append((encode_decision(d).decode(), pack(i, named.hash))),
        )
    for name, policy in (("same", DEFAULT_POLICY), ("other", compile_routing(CHEAPEST, "cheapest@1"))):
        began = perf_counter()
        report = simulate(((body, unpack(inputs, locations[network_hash(inputs)])) for body, inputs in kept), policy)
        yield result(
            f"simulate.{name}",
            perf_counter() - began,
            "s",
            bound=LIMIT_S * count / ORDERS,
            errors=0 if name == "other" or report.same_bytes == count else 1,
            settings={
                "orders": count,
                "locations": LOCATIONS,
                "same_bytes": report.same_bytes,
                "changed": report.changed,
                "cost_minor": report.after.cost_minor,
                "splits": report.after.splits,
            },
        )
