"""The demo, small: a day goes through over HTTP, is summed up, and verify finds nothing."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from typing import Any

import msgspec
import pytest

from orderline.cli.demo.day import Shopper
from orderline.cli.demo.merchant import SKUS, make_merchant
from support.demo_day import END, ORDERS, demo_day
from support.depth import thorough

MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)


def test_the_same_seed_gives_the_same_merchant_and_day() -> None:
    days = [Shopper(make_merchant(7, 50), 7, MIDNIGHT).day(50) for _ in range(2)]
    assert days[0] == days[1]
    assert Shopper(make_merchant(8, 50), 8, MIDNIGHT).day(50) != days[0]


def test_the_merchant_is_as_large_as_promised() -> None:
    merchant = make_merchant(1, 3_000)
    kinds = [location["kind"] for location in merchant.locations]
    assert (kinds.count("warehouse"), kinds.count("store"), len(merchant.channels)) == (3, 12, 3)
    assert len({sku["code"] for sku in merchant.skus}) == SKUS
    assert len({location["place"]["country"] for location in merchant.locations}) > 5


def test_a_day_has_a_peak_and_all_that_goes_wrong_in_life() -> None:
    day = Shopper(make_merchant(1, 3_000), 1, MIDNIGHT).day(3_000)
    by_hour = [sum(int(each.at_s) // 3600 == hour for each in day) for hour in range(24)]
    assert max(by_hour) == by_hour[20] > 4 * by_hour[7]
    assert all(total_of(each.body) == each.body["total_minor"] for each in day)
    for what in ("again_s", "changed", "cancel_s", "release_s", "asks_first"):
        assert any(getattr(each, what) for each in day), what


def total_of(body: dict[str, Any]) -> int:
    lines: list[dict[str, int]] = body["lines"]
    charges: list[dict[str, int]] = body["charges"]
    goods = sum(line["quantity"] * line["unit_price_minor"] - line.get("discount_minor", 0) for line in lines)
    return goods + sum(charge["amount_minor"] for charge in charges)


SCENES = {
    "policy", "promises", "slip", "decisions", "receipt", "transfer", "count", "tills", "rejection", "store",
    "payments", "returns", "disputes", "company",
}  # fmt: skip
STILL_OPEN = {"accepted", "routing", "in_work", "partly_shipped", "shipped", "partly_delivered"}


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("ORDERLINE_")}


def demo(*options: str) -> list[str]:
    return [sys.executable, "-m", "orderline.boot.main", "demo", "--seed", "3", "--port", "0", "--json", *options]


@pytest.mark.slow
def test_a_small_day_shows_everything_and_the_commands_it_prints_work(tmp_path: Path) -> None:
    check_day(demo_day().said.splitlines(keepends=True), ORDERS, tmp_path)


@pytest.mark.slow
@thorough
def test_a_larger_day_shows_everything_and_is_gone_with_its_terminal(tmp_path: Path) -> None:
    options = ["--orders-count", "200", "--speed", "8000"]
    with (tmp_path / "said").open("wb") as said, subprocess.Popen(
        demo(*options), env=environment(), stdout=subprocess.PIPE, stderr=said, text=True
    ) as running:  # fmt: skip
        assert running.stdout is not None
        lines = list(takewhile(lambda line: END not in line, running.stdout))
        try:
            assert running.poll() is None, (tmp_path / "said").read_text()
            check_day(lines, 200, tmp_path)
        finally:
            running.send_signal(signal.SIGHUP)  # the terminal is closed
        assert running.wait(60) == 0
        [data] = [line.partition("=")[2].strip() for line in lines if "ORDERLINE_DATA_DIR=" in line]
        assert not Path(data).exists()


def check_day(lines: list[str], orders: int, elsewhere: Path) -> None:
    """What a day of so many orders has said: two lines of JSON, and what to try."""
    told, verified = (msgspec.json.decode(line) for line in lines[:2])
    assert verified["clean"] is True
    check_summary(told["summary"], orders)
    check_scenes({each["scene"]: each for each in told["told"]})
    check_books(told)
    assert told["first_order_s"] < 30  # three on a machine that does nothing else
    check_commands([line for line in lines[2:] if line.startswith("  ")], elsewhere)


def check_summary(summary: dict[str, Any], orders: int) -> None:
    # of one size less comes than was ordered: who wants it then is refused
    assert summary["refused"].keys() <= {"STOCK_NOT_AVAILABLE"}
    # and two of a company
    assert summary["orders"] + summary["refused"].get("STOCK_NOT_AVAILABLE", 0) == orders + 2
    assert summary["answered_differently"] == 0
    assert STILL_OPEN.isdisjoint(summary["phases"]), summary["phases"]
    assert summary["phases"]["delivered"] > orders * 0.8


def check_scenes(told: dict[str, Any]) -> None:
    """Each has happened, and its figures say so."""
    assert told.keys() == SCENES
    figures = {name: each["figures"] for name, each in told.items()}
    transfer, count, store = figures["transfer"], figures["count"], figures["store"]
    assert (transfer["sent"], transfer["received"], transfer["damaged"], transfer["missing"]) == (48, 46, 1, 1)
    assert (count["shelves"], count["differ"], count["net"]) == (12, 2, 0)
    assert figures["slip"]["hurt"] > 0
    assert figures["decisions"]["answered"] > 0
    assert (figures["receipt"]["missing"], figures["receipt"]["over"]) == (4, 2)
    # thirty, and what came back at the counter, if anything was delivered by then
    assert figures["tills"]["taken"] in (30, 31)
    assert figures["tills"]["known"] == 20
    assert figures["rejection"]["orders"] > 0
    assert store["waves"] > 0 < store["scans"]
    assert store["wrong_scans"] > 0 < store["manifest_parcels"]
    assert store["boxed"] > 0
    assert figures["policy"]["lines"] > 0 < figures["policy"]["before"]
    assert figures["promises"]["ordered"] > 0


def check_books(told: dict[str, Any]) -> None:
    """What the provider has is what the books say; the books are even; invoices are on paper."""
    figures = {each["scene"]: each["figures"] for each in told["told"]}
    payments, returns = figures["payments"], figures["returns"]
    assert payments["lost"] >= 4
    assert payments["held_minor"] == payments["booked_minor"] > 0
    # one took something else instead of money
    assert payments["refunds"] >= returns["orders"] - 1 == 7
    assert returns["credited_minor"] == returns["refunded_minor"] + returns["exchanged_minor"]
    assert returns["refunded_minor"] > 0 < returns["exchanged_minor"]
    disputes, company = figures["disputes"], figures["company"]
    assert disputes["won"] == disputes["lost"] == 1
    assert (company["orders"], company["held"]) == (2, 1)
    assert company["owed_minor"] > 0 < company["invoices"]
    assert [each["balance_minor"] for each in told["balance"]["sums"]] == [0]
    standing = {each["account"]: each["balance_minor"] for each in told["balance"]["accounts"]}
    assert standing["revenue_goods"] < 0 < standing["returns_allowances"]
    assert standing["dispute_loss"] == disputes["gone_minor"] > 0
    assert len(told["papers"]) == 3
    assert all(Path(path).read_bytes().startswith(b"%PDF-") for path in told["papers"])


def check_commands(block: list[str], elsewhere: Path) -> None:
    """Pasted into another terminal, each does what it says, whatever folder that terminal is in."""
    script = "".join(line.removeprefix("  ") for line in block)
    for command in ("order show", "stock explain", "route explain", "--why-not", "promise explain", "policy simulate"):
        assert command in script
    pasted = {"HOME": str(elsewhere), "PATH": "/usr/bin:/bin"}
    ended = subprocess.run(
        ["bash", "-eu", "-c", script], cwd=elsewhere, env=pasted, capture_output=True, text=True, check=False, timeout=120
    )  # fmt: skip
    assert ended.returncode == 0, f"{script}\n{ended.stdout[-2000:]}\n{ended.stderr}"
    for said in (
        "rejected by paris-marais",
        "Not lyon-bellecour",
        "can be promised",
        "in all",
        "late orders",
        '"items"',
    ):
        assert said in ended.stdout, f"{said}\n{ended.stdout}"


@pytest.mark.slow
@thorough
def test_orders_of_ones_own_go_through(tmp_path: Path) -> None:
    file = tmp_path / "orders.jsonl"
    bodies = [each.body for each in Shopper(make_merchant(3, 25), 3, MIDNIGHT).day(25)]
    file.write_bytes(b"\n".join(msgspec.json.encode(body) for body in bodies))
    ended = subprocess.run(
        demo("--exit", "--speed", "20000", "--orders-count", "25", "--orders", str(file)),
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert ended.returncode == 0, ended.stderr
    told, verified = (msgspec.json.decode(line) for line in ended.stdout.splitlines())
    assert verified["clean"] is True
    check_summary(told["summary"], 25)
