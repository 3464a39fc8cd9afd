"""`orderline serve` as a process: it starts, shows its key once, stops cleanly, and bears kills and a lost database."""

import asyncio
import os
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from boot.served import place, serving
from orderline.boot.serving import until_stopped
from orderline.cli.ports import Failure

__all__ = ["place"]

pytestmark = [pytest.mark.slow, pytest.mark.crash]


def test_the_key_is_shown_once_and_kept_for_its_owner_alone_and_it_stays_small(place: Path) -> None:
    with serving(place / "data", place / "first") as served:
        key = (place / "data" / "admin.key").read_text().strip()
        assert key in served.said.read_text()
        assert stat.S_IMODE((place / "data" / "admin.key").stat().st_mode) == 0o600
        assert served.get("/v1/orders", key).status_code == 200
        assert served.get("/v1/orders", "ol_wrong").status_code == 401
        assert served.stop() == 0
    with serving(place / "data", place / "second") as served:
        assert "ol_" not in served.said.read_text()
        assert served.get("/v1/orders", key).status_code == 200
        status = Path(f"/proc/{served.process.pid}/status")
        if status.exists():
            resident_kb = int(re.findall(r"VmRSS:\s+(\d+)", status.read_text())[0])
            assert resident_kb < 150_000


def test_killed_and_started_again_nothing_acknowledged_is_lost(place: Path) -> None:
    with serving(place / "data", place / "first") as served:
        key = (place / "data" / "admin.key").read_text().strip()
        assert served.put("/v1/pools/eu", key, {"name": "Europe"}).is_success
        served.process.kill()
        served.process.wait()
    with serving(place / "data", place / "second") as served:
        assert "eu" in served.get("/v1/pools", key).text


def test_it_bears_that_its_database_dies_and_starts_it_again(place: Path) -> None:
    with serving(place / "data", place / "said") as served:
        key = (place / "data" / "admin.key").read_text().strip()
        postmaster = int((place / "data" / "cluster" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(postmaster, signal.SIGKILL)
        served.until(lambda: served.put("/v1/pools/eu", key, {"name": "Europe"}).is_success)
        assert served.stop() == 0


def test_a_process_a_part_of_which_has_ended_stops_as_a_whole() -> None:
    async def fail() -> None:
        raise RuntimeError("broken")

    async def run() -> None:
        part = asyncio.create_task(fail(), name="worker")
        await until_stopped(asyncio.Event(), part, None)

    with pytest.raises(Failure, match="worker has ended by itself"):
        asyncio.run(run())


def test_a_port_that_is_taken_is_said_plainly(place: Path) -> None:
    with serving(place / "data", place / "said") as served:
        port = served.url.rpartition(":")[2]
        ended = subprocess.run(
            [sys.executable, "-m", "orderline.boot.main", "serve", "--port", port],
            env={**os.environ, "ORDERLINE_DATA_DIR": str(place / "data")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 1
        assert f"can't listen at 127.0.0.1:{port}" in ended.stderr


def test_the_sandbox_says_where_it_is_and_by_which_settings_it_is_found() -> None:
    command = [sys.executable, "-m", "orderline.boot.main", "sandbox"]
    with subprocess.Popen([*command, "--port", "0"], stderr=subprocess.PIPE, text=True) as sandbox:
        assert sandbox.stderr is not None
        try:
            url = re.search(r"http://\S+:\d+", sandbox.stderr.readline())
            settings = dict(sandbox.stderr.readline().split()[1].split("=", 1) for _ in range(6))
            payments = settings["ORDERLINE_CONNECTOR_SANDBOX_PAYMENTS_BASE_URL"]
            assert url is not None
            assert payments == f"{url[0]}/payments"
            answer = httpx.post(f"{payments}/lookups", json={"lookups": [{"key": "none"}]}, timeout=30)
            assert answer.json() == {"transactions": [None]}
            again = subprocess.run(
                [*command, "--port", url[0].rpartition(":")[2]], capture_output=True, text=True, check=False
            )
        finally:
            sandbox.terminate()
    assert again.returncode == 1
    assert "set ORDERLINE_SANDBOX_PORT" in again.stderr


def test_a_worker_of_its_own_does_what_the_server_leaves(place: Path) -> None:
    with serving(place / "data", place / "said", "--no-worker") as served:
        key = (place / "data" / "admin.key").read_text().strip()
        location = {"name": "Lyon", "kind": "warehouse", "pool": "eu", "place": {"country": "FR"}}
        order = {
            "channel": "web", "external_id": "1", "currency": "EUR", "total_minor": 100,
            "lines": [{"sku": "TEE", "quantity": 1, "unit_price_minor": 100}],
            "groups": [{"address": {"name": "A", "lines": ["1 rue X"], "city": "Lyon", "postal_code": "69001",
                                    "country": "FR"}}],
        }  # fmt: skip
        received = {"sku": "TEE", "location": "lyon", "quantity": 5, "reason": "received"}
        for method, path, body in (
            ("PUT", "/v1/pools/eu", {"name": "Europe"}), ("PUT", "/v1/locations/lyon", location),
            ("PUT", "/v1/channels/web", {"name": "Web", "pools": ["eu"]}), ("PUT", "/v1/skus", {"skus": [{"code": "TEE"}]}),
            ("POST", "/v1/stock/adjustments", received), ("POST", "/v1/orders", order),
        ):  # fmt: skip
            answer = served.send(method, path, key, body)
            assert answer.is_success, answer.text
        assert '"phase":"routing"' in served.get("/v1/orders/SO-1001", key).text
        worker = subprocess.Popen(
            [sys.executable, "-m", "orderline.boot.main", "worker"],
            env={**os.environ, "ORDERLINE_DATA_DIR": str(place / "data")},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        served.until(lambda: '"phase":"in_work"' in served.get("/v1/orders/SO-1001", key).text)
        worker.terminate()
        assert worker.wait(60) == 0
