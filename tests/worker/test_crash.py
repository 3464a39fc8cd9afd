"""Workers that are killed at any moment: what they were doing is done once, by another."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.depth import deep
from worker.site import Site, until

ORDERS = 40
KILLS = deep(4)


class LoneWorker:
    """A worker process."""

    def __init__(self, site: Site) -> None:
        script = Path(__file__).with_name("lone_worker.py")
        self._process = subprocess.Popen([sys.executable, str(script), site.database.dsn, site.sandbox_url])

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()


def entries(site: Site) -> int:
    return site.rows("SELECT count(*) FROM journal WHERE cell = %(cell)s")[0][0]


@pytest.mark.crash
def test_killed_workers_double_nothing_and_lose_nothing(still_site: Site) -> None:
    site = still_site
    site.stock(TEE_lyon=ORDERS, TEE_lille=ORDERS)
    ids = [site.place(("TEE", 1), ("MUG", 1)) for _ in range(ORDERS)]
    site.stock(MUG_lyon=ORDERS)
    chance = random.Random(7)
    for _ in range(KILLS):
        worker = LoneWorker(site)
        known = entries(site)
        until(lambda known=known: entries(site) > known + chance.randrange(40), "some progress", 60)
        worker.kill()
    worker = LoneWorker(site)
    try:
        for id_ in ids:
            site.until_units(id_, "delivered", 2)
        site.until_no_jobs()
    finally:
        worker.kill()
    payments = site.control("GET", "statistics")["partners"]["payments"]["counts"]
    assert payments["authorize_approved"] == ORDERS
    assert payments["captured_minor"] == ORDERS * 2000
    for id_ in ids:
        order = site.order(id_)
        [tender] = order.tenders
        assert (tender.captured_minor, tender.requests) == (2000, ())
        parcels = [each.tracking_number for each in order.parcels]
        assert len(set(parcels)) == len(parcels) == len(order.fulfillments)
    labels = site.control("GET", "statistics")["partners"]["carrier"]["counts"]
    assert sum(labels.values()) == sum(len(site.order(id_).parcels) for id_ in ids)
    site.verified()


def test_several_workers_share_the_work(still_site: Site) -> None:
    site = still_site
    site.stock(TEE_lyon=20)
    ids = [site.place(("TEE", 1)) for _ in range(20)]
    workers = [LoneWorker(site), LoneWorker(site)]
    site.start()
    try:
        for id_ in ids:
            site.until_units(id_, "delivered", 1)
        site.until_no_jobs()
    finally:
        for worker in workers:
            worker.kill()
    payments = site.control("GET", "statistics")["partners"]["payments"]["counts"]
    assert (payments["authorize_approved"], payments["captured_minor"]) == (20, 20_000)
    site.verified()
