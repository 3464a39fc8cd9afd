"""A flash sale: all clients want one SKU with 5,000 units. Exactly these are sold, the rest waits; nothing deadlocks."""

from collections.abc import Iterator

from orderline.cli.bench import shop
from orderline.cli.bench.load import request
from orderline.cli.bench.model import Options, Result, percentile, result
from orderline.cli.bench.serving import Served, served
from orderline.core.stock.commands import ApplyFeed, FeedRow
from orderline.engine.engine import Engine
from orderline.store.measuring import claims_of_sku, deadlocks

UNITS = 5_000


def run(options: Options) -> Iterator[Result]:
    """The rate on one SKU beside the rate over all of them, in one run, and what was sold."""
    count = options.scaled(8_000, least=100)
    units = options.scaled(UNITS)
    with served(worker=False) as site:
        site.stock_merchant(units=1_000_000)
        site.load(
            _requests(site, options.scaled(2_000, least=50), start=9 * 10**8, skus=shop.SKUS), clients=options.clients
        )
        uniform = site.load(_requests(site, count, start=0, skus=shop.SKUS), clients=options.clients)
        claimed_before = _set_stock(site, units)
        before = deadlocks(site.database)
        hot = site.load(_requests(site, count, start=10**8, skus=1), clients=options.clients)
        claimed, backordered = claims_of_sku(site.database, shop.sku_code(0))
        claims = claimed - claimed_before
        found = deadlocks(site.database) - before
        asked = claims + backordered
        wrong = abs(claims - min(units, asked)) + found + hot.errors
        yield result(
            "hot.rate",
            count / hot.seconds,
            "orders/s",
            bound=count / uniform.seconds,
            p50_ms=percentile(hot.times_s, 500),
            p99_ms=percentile(hot.times_s, 990),
            errors=wrong,
            settings={
                "orders": count,
                "clients": options.clients,
                "units": units,
                "units_sold": claims,
                "units_backordered": backordered,
                "deadlocks": found,
                "bound": "the rate over all SKUs in the same run, one line per order",
            },
        )


def _requests(site: Served, count: int, *, start: int, skus: int) -> list[bytes]:
    bodies = shop.order_bodies(count, seed=start + 1, skus=skus, lines=1, start=start)
    return [request("POST", "/v1/orders", key=site.key, body=body) for body in bodies]


def _set_stock(site: Served, units: int) -> int:
    """Leave `units` of the first SKU beyond what is claimed; returns what is claimed."""
    sku = shop.sku_code(0)
    claimed, _ = claims_of_sku(site.database, shop.sku_code(0))
    engine = Engine(site.database, threads=1)
    feed = FeedRow(sku, "north", units + claimed)
    engine.run(ApplyFeed(feed="hot", sequence=2, part=0, delta=False, rows=(feed,)))
    engine.close()
    return claimed
