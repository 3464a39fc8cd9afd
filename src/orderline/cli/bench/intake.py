"""Intake: 3-line orders over 10,000 SKUs, durable, idempotent, reserved."""

import statistics
from collections.abc import Iterator
from time import perf_counter

from orderline.cli.bench import shop
from orderline.cli.bench.load import Loaded, request
from orderline.cli.bench.model import Options, Result, percentile, result
from orderline.cli.bench.serving import served
from orderline.engine.bounds import measure_bound
from orderline.engine.cycles import look_for_cycles_less
from orderline.engine.engine import Engine
from orderline.engine.submissions import Submission
from orderline.store.database import Database

BATCHES = (1, 64, 256)


def run(options: Options) -> Iterator[Result]:
    """The engine alone at several batch sizes, HTTP at full and half load, and one order at a time.

    How large a transaction is decides much, so each figure stands beside a bound of its own: of batches as large.
    """
    count = options.scaled(12_000, least=200)
    look_for_cycles_less()
    about = {"orders": count, "lines": 3, "skus": shop.SKUS, "clients": options.clients}
    bodies = shop.order_bodies(count, seed=options.seed)
    with shop.private_server() as server:
        for most in BATCHES:
            used = bodies if most > 1 else bodies[: max(100, count // 10)]
            database = shop.fresh_database(server)
            bound = _bound(database, len(used) // 2, most)
            database.close()
            yield _engine_alone(shop.fresh_database(server), used, most, bound, about)
    with served(worker=False) as site:
        site.stock_merchant()
        requests = [request("POST", "/v1/orders", key=site.key, body=body) for body in bodies]
        warm_up = [
            request("POST", "/v1/orders", key=site.key, body=body)
            for body in shop.order_bodies(options.scaled(2_000, least=50), seed=77, start=5 * 10**8)
        ]
        site.load(warm_up, clients=options.clients)
        commands, batches = site.batches()
        full = site.load(requests, clients=options.clients)
        rate = count / full.seconds
        more_commands, more_batches = site.batches()
        batch = max(1, round((more_commands - commands) / (more_batches - batches)))
        bound = _bound(site.database, count // 2, batch)
        yield result(
            "intake.http", rate, "orders/s", bound=bound, **_times(full), settings={**about, "mean_batch": batch}
        )
        half = shop.order_bodies(count // 2, seed=options.seed + 1, start=10**7)
        paced = site.load(
            [request("POST", "/v1/orders", key=site.key, body=body) for body in half],
            clients=options.clients,
            per_second=round(rate / 2),
        )
        yield result("intake.half_load", len(half) / paced.seconds, "orders/s", **_times(paced), settings=about)
        lone = shop.order_bodies(min(500, count), seed=options.seed + 2, start=2 * 10**7)
        single = site.load([request("POST", "/v1/orders", key=site.key, body=body) for body in lone], clients=1)
        yield result(
            "intake.lone", len(lone) / single.seconds, "orders/s", **_times(single), settings={**about, "clients": 1}
        )


def _bound(database: Database, count: int, batch: int) -> float:
    """The median of three measurements, each with orders of its own."""
    bodies = (shop.order_bodies(count, seed=9 + turn, start=10**8 * (turn + 1)) for turn in range(3))
    return statistics.median(measure_bound(database, shop.orders(each), batch) for each in bodies)


def _engine_alone(database: Database, bodies: list[bytes], most: int, bound: float, about: dict[str, int]) -> Result:
    engine = Engine(database, threads=1, most=most)
    submissions = [Submission(command=command) for command in shop.orders(bodies)]
    engine.submit_all(submissions[:64])[-1].result()
    began = perf_counter()
    outcomes = [future.result() for future in engine.submit_all(submissions[64:])]
    elapsed = perf_counter() - began
    engine.close()
    database.close()
    errors = sum(1 for outcome in outcomes if not outcome.answer)
    name = f"intake.engine_batch_{most}"
    return result(
        name, len(outcomes) / elapsed, "orders/s", bound=bound, errors=errors, settings={**about, "batch": most}
    )


def _times(loaded: Loaded) -> dict[str, float | int]:
    return {
        "p50_ms": percentile(loaded.times_s, 500),
        "p99_ms": percentile(loaded.times_s, 990),
        "errors": loaded.errors,
    }
