"""The demo, small: a day goes through over HTTP, is summed up, and verify finds nothing."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from orderline.cli.demo.day import Shopper
from orderline.cli.demo.merchant import SKUS, make_merchant

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
    for what in ("again_s", "changed", "cancel_s", "release_s"):
        assert any(getattr(each, what) is not None for each in day), what


def total_of(body: dict[str, object]) -> int:
    lines: list[dict[str, int]] = body["lines"]  # pyright: ignore
    charges: list[dict[str, int]] = body["charges"]  # pyright: ignore
    goods = sum(line["quantity"] * line["unit_price_minor"] - line.get("discount_minor", 0) for line in lines)
    return goods + sum(charge["amount_minor"] for charge in charges)


@pytest.mark.slow
@pytest.mark.parametrize("given", [False, True])
def test_a_small_day_goes_through_and_is_verified(tmp_path: Path, given: bool) -> None:
    orders = 25 if given else 200
    options = ["--orders-count", str(orders), "--seed", "3", "--speed", "20000", "--port", "0", "--exit", "--json"]
    if given:
        file = tmp_path / "orders.jsonl"
        bodies = [each.body for each in Shopper(make_merchant(3, orders), 3, MIDNIGHT).day(orders)]
        file.write_bytes(b"\n".join(msgspec.json.encode(body) for body in bodies))
        options += ["--orders", str(file)]
    ended = subprocess.run(
        [sys.executable, "-m", "orderline.boot.main", "demo", *options],
        env={name: value for name, value in os.environ.items() if not name.startswith("ORDERLINE_")},
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert ended.returncode == 0, ended.stderr
    told, verified = (msgspec.json.decode(line) for line in ended.stdout.splitlines())
    summary = told["summary"]
    assert verified["clean"] is True
    assert summary["orders"] == orders
    assert summary["answered_differently"] == 0
    still_open = {"accepted", "routing", "in_work", "partly_shipped", "shipped", "partly_delivered"}
    assert still_open.isdisjoint(summary["phases"]), summary["phases"]
    assert summary["phases"]["delivered"] > orders * 0.8
    assert told["first_order_s"] < 10
