"""The whole path: orders from intake to delivered, through sandbox partners over HTTP, in one Orderline process."""

from collections.abc import Iterator
from time import monotonic, perf_counter, sleep

from orderline.cli.bench import shop
from orderline.cli.bench.load import request
from orderline.cli.bench.model import Options, Result, result
from orderline.cli.bench.serving import Served, served_with_partners
from orderline.store.measuring import delivered_orders

GIVE_UP_AFTER_S = 1_800


def run(options: Options) -> Iterator[Result]:
    """Lines per second from the first order sent to the last one delivered; authorizing, routing, capture included."""
    count = options.scaled(20_000, least=50)
    with served_with_partners() as site:
        bodies = shop.order_bodies(count, seed=options.seed, tender="requested")
        requests = [request("POST", "/v1/orders", key=site.key, body=body) for body in bodies]
        began = perf_counter()
        accepted = site.load(requests, clients=options.clients)
        delivered = _wait_for_delivery(site, count)
        elapsed = perf_counter() - began
        yield result(
            "path.lines",
            3 * delivered / elapsed,
            "lines/s",
            errors=accepted.errors + count - delivered,
            settings={
                "orders": count,
                "lines": 3 * count,
                "seconds": round(elapsed, 1),
                "seconds_of_intake": round(accepted.seconds, 1),
                "delivered": delivered,
                "server_mb": site.memory_mb(),
            },
        )


def _wait_for_delivery(site: Served, count: int) -> int:
    """Orders delivered, once all are, or nothing has moved for a minute."""
    give_up_at, delivered, moved_at = monotonic() + GIVE_UP_AFTER_S, 0, monotonic()
    while delivered < count and monotonic() < give_up_at and monotonic() - moved_at < 60:
        sleep(0.25)
        now = delivered_orders(site.database)
        if now != delivered:
            delivered, moved_at = now, monotonic()
    return delivered
