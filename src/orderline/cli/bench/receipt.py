"""One receipt that frees thousands of orders: how long until each of them has its claim, and until all are routed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import perf_counter, sleep
from typing import Final

from orderline.cli.bench import shop
from orderline.cli.bench.load import request
from orderline.cli.bench.model import Options, Result, result
from orderline.cli.bench.serving import Served, served
from orderline.core.supply.commands import (
    CreatePurchaseOrder,
    PurchaseLineInput,
    ReceivePurchaseOrder,
    SendPurchaseOrder,
)
from orderline.core.supply.receiving import ReceivedInput
from orderline.engine.engine import Engine
from orderline.store.measuring import units_waiting

TARGET_S: Final = 10
GIVE_UP_AFTER_S: Final = 300


def run(options: Options) -> Iterator[Result]:
    """Seconds from the receipt to the last claim: orders pegged to dated supply, then orders that merely wait."""
    for name, announced in (("pegged", True), ("waiting", False)):
        count = options.scaled(10_000, least=50)
        with served(worker=True) as site:
            site.stock_merchant(skus=1, units=0)
            engine = Engine(site.database, threads=1)
            units = 2 * count + 1
            due_at = datetime.now(UTC) + timedelta(days=7)
            line = PurchaseLineInput(shop.sku_code(0), units, due_at, confidence_ppm=1_000_000)
            engine.run(CreatePurchaseOrder(purchase_order="PO-1", location="north", lines=(line,)))
            if announced:
                engine.run(SendPurchaseOrder(purchase_order="PO-1"))
            bodies = shop.order_bodies(count, seed=options.seed, skus=1, lines=1)
            requests = [request("POST", "/v1/orders", key=site.key, body=body) for body in bodies]
            taken = site.load(requests, clients=options.clients)
            if not announced:
                engine.run(SendPurchaseOrder(purchase_order="PO-1"))
            before, _ = units_waiting(site.database)
            began = perf_counter()
            engine.run(ReceivePurchaseOrder(purchase_order="PO-1", receipt="R-1", lines=(ReceivedInput(1, units),)))
            claimed_s, routed_s = _wait(site, began)
            left, unrouted = units_waiting(site.database)
            engine.close()
            yield result(
                f"receipt.{name}",
                claimed_s,
                "s",
                bound=TARGET_S,
                errors=taken.errors + left + unrouted,
                settings={
                    "orders": count,
                    "units_waiting_before": before,
                    "orders_per_s": round(count / claimed_s),
                    "seconds_until_routed": round(routed_s, 1),
                    "bound": f"{TARGET_S} s for 10,000 orders",
                },
            )


def _wait(site: Served, began: float) -> tuple[float, float]:
    """Seconds until nothing waits for supply, and until nothing waits for a location."""
    claimed_s = 0.0
    while True:
        waiting, unrouted = units_waiting(site.database)
        elapsed = perf_counter() - began
        if not waiting and not claimed_s:
            claimed_s = elapsed
        if not (waiting or unrouted) or elapsed > GIVE_UP_AFTER_S:
            return claimed_s or elapsed, elapsed
        sleep(0.05)
