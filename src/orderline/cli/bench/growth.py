"""Intake and reads with none and with two million orders stored: what growth costs."""

from collections.abc import Iterator

from orderline.cli.bench import shop
from orderline.cli.bench.load import request
from orderline.cli.bench.model import Options, Result, percentile, result
from orderline.cli.bench.reads import measure_reads, store_orders
from orderline.cli.bench.serving import Served, served


def run(options: Options) -> Iterator[Result]:
    """Rates on an almost empty database are the bound of those on a full one, in the same run."""
    few = options.scaled(5_000, least=300)
    many = options.scaled(options.stored_orders, least=1_000)
    with served(worker=False) as site:
        site.stock_merchant(units=100_000_000)
        site.load(_intake(site, few, 8 * 10**8), clients=options.clients)
        empty = _intake_rate(site, options, start=7 * 10**8)
        before = {each.name: each.value for each in measure_reads(site, options, few, "growth")}
        store_orders(site, many, seed=options.seed)
        full = _intake_rate(site, options, start=6 * 10**8)
        yield result(
            "growth.intake", full[0], "orders/s", bound=empty[0], p50_ms=full[1], p99_ms=full[2],
            errors=full[3] + empty[3], settings={"stored_orders": many, "bound": "the rate with few orders stored"},
        )  # fmt: skip
        for each in measure_reads(site, options, many, "growth"):
            yield result(
                each.name, each.value, each.unit, bound=before[each.name], p50_ms=each.p50_ms, p99_ms=each.p99_ms,
                errors=each.errors, settings=each.settings,
            )  # fmt: skip


def _intake(site: Served, count: int, start: int) -> list[bytes]:
    bodies = shop.order_bodies(count, seed=start, start=start)
    return [request("POST", "/v1/orders", key=site.key, body=body) for body in bodies]


def _intake_rate(site: Served, options: Options, *, start: int) -> tuple[float, float, float, int]:
    count = options.scaled(8_000, least=100)
    loaded = site.load(_intake(site, count, start), clients=options.clients)
    return (
        count / loaded.seconds,
        percentile(loaded.times_s, 500),
        percentile(loaded.times_s, 990),
        loaded.errors,
    )
