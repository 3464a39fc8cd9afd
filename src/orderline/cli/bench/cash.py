"""Order to cash: order lines from a file to a balanced ledger, through sandbox partners over HTTP.

Imported by `orderline import`, paid, routed, picked, packed, shipped, invoiced, captured, posted.
"""

from collections.abc import Iterator
from pathlib import Path
from time import monotonic, perf_counter, sleep
from typing import Final, NamedTuple

from orderline.cli.bench import shop
from orderline.cli.bench.memory import watched
from orderline.cli.bench.model import Options, Result, result
from orderline.cli.bench.serving import Served, running, served_with_partners
from orderline.cli.sources import reading
from orderline.engine.verifying import verify
from orderline.store.database import Database
from orderline.store.measuring import (
    delivered_orders,
    documents_issued,
    open_money,
    write_everything_again,
)
from orderline.store.reading.ledger import load_trial_balance

LINES: Final = 100_000
# The published record for this work, of 100,000 lines in 31.65 minutes on a server of 16 cores.
PUBLISHED_LINES_PER_HOUR: Final = 189_573
MEMORY_MB: Final = 1_024
GIVE_UP_AFTER_S: Final = 3_600
STILL_S: Final = 300
LOOK_EVERY: Final = 0.01


def run(options: Options) -> Iterator[Result]:
    """Lines per hour, from reading the file to books in which nothing of any order is open.

    The bound: the rows that all this has left, written once more in bulk by SQL alone, in the same run.
    """
    wanted = options.scaled(LINES, least=99)
    with served_with_partners() as site:
        file = Path(site.environment["ORDERLINE_DATA_DIR"]) / "orders.jsonl"
        file.write_bytes(b"\n".join(order_bodies(wanted, options.seed)))
        orders = (wanted + 2) // 3
        with watched(file.parent) as peak:
            began = perf_counter()
            importing = _import(site, file)
            cash = _wait_for_cash(site.database, orders)
            elapsed = perf_counter() - began
        yield _told(site.database, wanted, elapsed, cash, {"seconds_of_import": round(importing, 1)})
        yield result(
            "cash.memory", peak.whole_mb, "MB", bound=MEMORY_MB, errors=int(peak.whole_mb > MEMORY_MB),
            settings={"of": "all processes at one time, at the most", **peak.parts_mb},
        )  # fmt: skip


def order_bodies(lines: int, seed: int) -> list[bytes]:
    """Orders of three lines, and one of what is left."""
    bodies = shop.order_bodies(lines // 3, seed=seed, tender="requested")
    if lines % 3:
        bodies += shop.order_bodies(1, seed=seed + 1, lines=lines % 3, start=lines // 3, tender="requested")
    return bodies


def _import(site: Served, file: Path) -> float:
    """The file taken in by a process of its own, as users do it; seconds."""
    began = perf_counter()
    arguments = ["import", str(file), "--no-history", "--channel", "web", "--no-create-skus", "--json"]
    with running(arguments, site.environment) as process:
        process.wait()
        if process.returncode:
            raise RuntimeError(f"`orderline import` ended with {process.returncode}")
    return perf_counter() - began


class Cash(NamedTuple):
    """How far orders have come; open_minor: paid and not invoiced, or invoiced and not paid."""

    delivered: int
    invoices: int
    captured_minor: int
    open_minor: int


def _wait_for_cash(database: Database, orders: int) -> Cash:
    """What has come of it, once all is delivered, invoiced and paid, or nothing has moved for five minutes."""
    began = moved_at = monotonic()
    give_up_at = began + GIVE_UP_AFTER_S
    last = _look(database, orders)
    while monotonic() < give_up_at and monotonic() - moved_at < STILL_S:
        if min(last.delivered, last.invoices) >= orders and not last.open_minor:
            break
        # Looking counts what there is: a hundredth of the time is enough for it.
        sleep(max(0.25, (monotonic() - began) * LOOK_EVERY))
        now = _look(database, orders)
        if now != last:
            last, moved_at = now, monotonic()
    return last


def _look(database: Database, orders: int) -> Cash:
    """The money is added up as soon as all has left: what looks often must cost little."""
    delivered, invoices = delivered_orders(database), documents_issued(database)
    ended = min(delivered, invoices) >= orders
    return Cash(delivered, invoices, *(open_money(database) if ended else (0, 0)))


def _told(database: Database, lines: int, elapsed: float, cash: Cash, about: dict[str, float]) -> Result:
    orders = (lines + 2) // 3
    with reading(database) as source:
        balance = load_trial_balance(source, "main")
    uneven = sum(abs(each.balance_minor) + abs(each.base_minor) for each in balance.sums)
    seconds_of_writing = write_everything_again(database)
    report = verify(database)
    per_hour = lines / elapsed * 3_600
    missing = 2 * orders - min(orders, cash.delivered) - min(orders, cash.invoices)
    return result(
        "cash.lines",
        per_hour,
        "lines/h",
        bound=lines / seconds_of_writing * 3_600,
        errors=missing + int(cash.open_minor != 0) + int(uneven != 0) + report.faults,
        settings={
            "orders": orders,
            "lines": lines,
            "minutes": round(elapsed / 60, 2),
            **about,
            "published_lines_per_hour": PUBLISHED_LINES_PER_HOUR,
            "times_published": round(per_hour / PUBLISHED_LINES_PER_HOUR, 2),
            "delivered": cash.delivered,
            "invoices": cash.invoices,
            "captured_minor": cash.captured_minor,
            "open_minor": cash.open_minor,
            "trial_balance_minor": uneven,
            "accounts": {f"{each.account}/{each.sub}".rstrip("/"): each.balance_minor for each in balance.accounts},
            "verify_faults": report.faults,
            "verify_seconds": round(report.seconds, 1),
        },
    )
