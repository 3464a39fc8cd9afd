"""A snapshot of a million stock rows over HTTP: time, and the server's memory."""

from collections.abc import Iterator
from time import perf_counter

import httpx

from orderline.cli.bench import shop
from orderline.cli.bench.model import Options, Result, result
from orderline.cli.bench.serving import Served, served
from orderline.core.stock.commands import ApplyFeed, FeedRow, PutLocation
from orderline.core.stock.state import Location, LocationKind
from orderline.engine.bounds import time_writing
from orderline.engine.engine import Engine
from orderline.engine.submissions import Submission
from orderline.store.measuring import analyze
from orderline.values.address import Place

LOCATIONS = 10
PART = 5_000


def run(options: Options) -> Iterator[Result]:
    """First the opening snapshot, in which each row is new; then one in which every tenth quantity has changed."""
    skus = options.scaled(100_000, least=100)
    rows = skus * LOCATIONS
    with served(worker=False) as site:
        site.stock_merchant(skus=skus, units=0)
        _make_locations(site)
        bound = _bound(site, skus)
        memory = site.memory_mb()
        for name, sequence, changed in (("feed.opening", 1, 1), ("feed.snapshot", 2, 10)):
            began = perf_counter()
            answer = httpx.post(
                f"http://127.0.0.1:{site.port}/v1/stock/feeds/wms",
                params={"sequence": sequence, "mode": "snapshot"},
                content=_lines(skus, sequence, changed),
                headers={"authorization": f"Bearer {site.key}", "content-type": "text/csv"},
                timeout=600,
            )
            elapsed = perf_counter() - began
            yield result(
                name,
                elapsed,
                "s",
                errors=0 if answer.is_success else 1,
                settings={
                    "rows": rows,
                    "rows_per_s": round(rows / elapsed),
                    "bound_rows_per_s": round(bound),
                    "server_mb_before": memory,
                    "server_mb_after": site.memory_mb(),
                    "answer": answer.text[:300],
                },
            )


def _make_locations(site: Served) -> None:
    engine = Engine(site.database, threads=1)
    for number in range(LOCATIONS):
        place = Place(country="FR", city="Lyon", postal_code="69001")
        engine.run(
            PutLocation(location=Location(_location(number), f"Store {number}", LocationKind.STORE, "main", place))
        )
    engine.close()
    analyze(site.database)


def _bound(site: Served, skus: int) -> float:
    """Rows per second, of parts whose statements are ready; they touch the same rows that the feed will."""
    parts = [
        ApplyFeed(
            feed=f"bound-{number}",  # each is recorded as if none had been told before
            sequence=1,
            part=number,
            delta=False,
            rows=tuple(FeedRow(shop.sku_code(sku), _location(number), 7) for sku in range(min(skus, PART))),
        )
        for number in range(LOCATIONS)
    ]
    seconds = time_writing(site.database, [[Submission(command=part)] for part in parts])
    return sum(len(part.rows) for part in parts) / seconds


def _lines(skus: int, sequence: int, changed: int) -> Iterator[bytes]:
    yield b"sku,location,quantity\n"
    for sku in range(skus):
        code = shop.sku_code(sku)
        quantity = 50 + sku % 50 + (sequence if sku % changed == 0 else 1)
        yield "".join(f"{code},{_location(number)},{quantity}\n" for number in range(LOCATIONS)).encode()


def _location(number: int) -> str:
    return f"store-{number:02d}"
