"""The whole path: orders from intake to delivered, through sandbox partners over HTTP, in one Orderline process."""

import base64
import secrets
from collections.abc import Iterator
from time import monotonic, perf_counter, sleep

from orderline.cli.bench import shop
from orderline.cli.bench.load import request
from orderline.cli.bench.model import Options, Result, result
from orderline.cli.bench.serving import Served, free_port, running, served
from orderline.engine.engine import Engine
from orderline.store.measuring import analyze, delivered_orders

PARTNERS = {
    "sandbox_payments": "payments",
    "sandbox_carriers": "carrier",
    "sandbox_warehouses": "warehouse",
    "sandbox_channels": "channel",
    "sandbox_notices": "notices",
}
GIVE_UP_AFTER_S = 1_800


def run(options: Options) -> Iterator[Result]:
    """Lines per second from the first order sent to the last one delivered; authorizing, routing, capture included."""
    count = options.scaled(20_000, least=50)
    port, partners_port = free_port(), free_port()
    secret = base64.b64encode(secrets.token_bytes(32)).decode()
    settings = {f"ORDERLINE_CONNECTOR_{name.upper()}_SECRET": secret for name in PARTNERS}
    for name, prefix in PARTNERS.items():
        settings[f"ORDERLINE_CONNECTOR_{name.upper()}_BASE_URL"] = f"http://127.0.0.1:{partners_port}/{prefix}"
    callbacks = f"http://127.0.0.1:{port}/v1/inbound"
    arguments = ["sandbox", "--port", str(partners_port), "--callbacks", callbacks, "--secret", secret]
    with (
        running(arguments, {"ORDERLINE_SANDBOX_SPEED": "100000"}),
        served(worker=True, port=port, settings=settings) as site,
    ):
        engine = Engine(site.database, threads=1)
        shop.make_merchant(engine, skus=shop.SKUS, units=1_000_000, partner="sandbox_warehouses")
        engine.close()
        analyze(site.database)
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
