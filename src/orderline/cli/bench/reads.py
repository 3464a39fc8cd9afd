"""Reads over HTTP: an order by id, a list of 50, a search by email, the ATP of three SKUs."""

import random
from collections.abc import Iterator

from orderline.cli.bench import shop
from orderline.cli.bench.load import request
from orderline.cli.bench.model import Options, Result, percentile, result
from orderline.cli.bench.serving import Served, served
from orderline.engine.engine import Engine
from orderline.engine.submissions import Submission
from orderline.store.measuring import analyze, some_orders

TARGETS = {"order": 6_000, "list": 1_500, "search": 1_000, "atp": 5_000}


def run(options: Options) -> Iterator[Result]:
    """Each kind of read by itself, on a database with some thousands of orders."""
    stored = options.scaled(20_000, least=300)
    with served(worker=False) as site:
        site.stock_merchant()
        store_orders(site, stored, seed=options.seed)
        yield from measure_reads(site, options, stored, "reads")


def store_orders(site: Served, count: int, *, seed: int, start: int = 0) -> None:
    """Put orders in through the engine."""
    engine = Engine(site.database, threads=1, most=256)
    for first in range(0, count, 5_000):
        bodies = shop.order_bodies(min(5_000, count - first), seed=seed + first, start=start + first)
        submissions = [Submission(command=command) for command in shop.orders(bodies)]
        for future in engine.submit_all(submissions):
            future.result().answer_or_raise()
    engine.close()
    analyze(site.database)


def measure_reads(site: Served, options: Options, stored: int, name: str) -> Iterator[Result]:
    """The four kinds of read, by seeded draws from what is stored."""
    draw = random.Random(options.seed)
    ids = [str(id_) for id_ in some_orders(site.database, 20_000)]
    counts = {"order": 20_000, "list": 4_000, "search": 4_000, "atp": 15_000}
    for kind, target in TARGETS.items():
        count = options.scaled(counts[kind], least=50)
        requests = [request("GET", _path(kind, draw, ids, stored), key=site.key) for _ in range(count)]
        site.load(requests[: max(50, count // 10)], clients=options.clients)
        loaded = site.load(requests, clients=options.clients)
        yield result(
            f"{name}.{kind}",
            count / loaded.seconds,
            "requests/s",
            p50_ms=percentile(loaded.times_s, 500),
            p99_ms=percentile(loaded.times_s, 990),
            errors=loaded.errors,
            settings={"clients": options.clients, "stored_orders": stored, "target": target},
        )


def _path(kind: str, draw: random.Random, ids: list[str], stored: int) -> str:
    if kind == "order":
        return f"/v1/orders/{draw.choice(ids)}"
    if kind == "list":
        return "/v1/orders?limit=50"
    if kind == "search":
        return f"/v1/orders?email=customer{draw.randrange(stored)}%40example.com"
    skus = "&".join(f"sku={shop.sku_code(draw.randrange(shop.SKUS))}" for _ in range(3))
    return f"/v1/atp?channel=web&{skus}"
