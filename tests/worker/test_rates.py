"""Rates over real HTTP: two carriers, of which one is cheaper, slow, down, or refuses."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import httpx
import msgspec
import pytest

from api.stage import Client
from orderline.api.app import create_app
from orderline.api.calls import Services as ApiServices
from orderline.contracts.carriers import Package
from orderline.contracts.registry import ConnectorSettings, load_connectors
from orderline.core.orders.commands import PackUnits, ParcelInput, PickUnits
from orderline.core.orders.parcels import Dropped, RateChoice
from orderline.core.orders.state import LineQuantity, Parcel
from orderline.core.shipments.commands import ChooseRate, RequestLabel, VoidLabel
from orderline.core.stock.commands import PutChannel
from orderline.core.stock.state import Channel, ShortPolicy
from orderline.engine.engine import AsyncEngine
from orderline.engine.readers import Readers
from orderline.sandbox.server import SandboxThread
from orderline.sandbox.settings import CarrierBehavior, Faults, Partner, SandboxSettings
from orderline.store.access import create_key
from orderline.values.ids import OrderId
from orderline.worker.rates import preview_rates
from orderline.worker.work import Work
from worker.site import PLACES, SECRET, Site, until

OTHER = "sandbox_rocket"


@pytest.fixture
def rocket() -> Iterator[SandboxThread]:
    """A second carrier, a fifth cheaper than the first."""
    with SandboxThread(SandboxSettings(carrier=CarrierBehavior(price_percent=80))) as thread:
        yield thread


@pytest.fixture
def two_carriers(still_site: Site, rocket: SandboxThread) -> Site:
    """A site that may buy labels of both."""
    known = load_connectors()
    settings = ConnectorSettings(base_url=f"{rocket.base_url}/carrier", secret=SECRET, timeout_s=5)
    still_site.services = replace(
        still_site.services,
        installed={**known, OTHER: replace(known["sandbox_carriers"], name=OTHER)},
        connectors={**still_site.services.connectors, OTHER: settings},
        rates_within_s=1.0,
    )
    still_site.put_location("lyon", PLACES["lyon"], partner="")
    still_site.stock(TEE_lyon=9)
    return still_site


def faults(rocket: SandboxThread, **what: Any) -> None:
    body = msgspec.json.encode(Faults(**what))
    httpx.put(f"{rocket.base_url}/control/faults/carrier", content=body).raise_for_status()


def packed(site: Site, *, leaves: bool = False) -> OrderId:
    """An order with one parcel. leaves: the worker stops before it is packed."""
    order_id = site.place(("TEE", 2))
    site.until_units(order_id, "allocated", 2)
    if leaves:
        site.stop()
    both = (LineQuantity(1, 2),)
    site.engine.run(PickUnits(order=order_id, fulfillment=1, lines=both))
    site.engine.run(PackUnits(order=order_id, fulfillment=1, parcels=(ParcelInput(items=both, weight_g=900),)))
    return order_id


def labeled(site: Site, order_id: OrderId) -> Parcel:
    until(lambda: site.order(order_id).parcels[0].tracking_number, "a label")
    return site.order(order_id).parcels[0]


def test_the_cheaper_carrier_is_taken_and_the_order_tells_why(two_carriers: Site) -> None:
    site = two_carriers
    site.start()
    parcel = labeled(site, packed(site))
    assert (parcel.partner, parcel.cost_minor) == (OTHER, 456)
    assert parcel.choice is not None
    offers = {(each.partner, each.service, each.live): each for each in parcel.choice.offers}
    assert parcel.choice.taken == offers[OTHER, "standard", True]
    assert parcel.choice.promised_by is not None
    # both take three days where a table had promised fewer: the promise is at risk, and it is told
    assert parcel.choice.late
    assert offers["sandbox_carriers", "standard", True].dropped is Dropped.LATE
    assert offers["sandbox_carriers", "standard", False].dropped is Dropped.PRICED_LIVE
    assert offers[OTHER, "economy", True].dropped is Dropped.OTHER_METHOD
    site.until_no_jobs()
    site.verified()


def test_a_faster_method_is_bought_where_it_saves_the_promise_for_little_enough(two_carriers: Site) -> None:
    site = two_carriers
    channel = Channel("web", "Web", ("fr",), short_policy=ShortPolicy.BACKORDER, upgrade_minor=2_000)
    site.engine.run(PutChannel(channel=channel))
    site.start()
    parcel = labeled(site, packed(site))
    choice = parcel.choice
    assert choice is not None
    assert choice.taken is not None
    assert (parcel.partner, parcel.service, choice.taken.upgrade, choice.late) == (OTHER, "express", True, False)
    standard = next(
        each for each in choice.offers if (each.partner, each.service, each.live) == (OTHER, "standard", True)
    )
    assert standard.dropped is Dropped.LATE
    assert choice.extra_minor == parcel.cost_minor - standard.cost_minor > 0
    site.until_no_jobs()
    site.verified()


@pytest.mark.parametrize("fault", [{"fail_next": 1}, {"drop_next": 1}, {"latency_low_ms": 1_500}])
def test_a_carrier_that_tells_no_rates_keeps_nothing_waiting(
    two_carriers: Site, rocket: SandboxThread, fault: dict[str, Any]
) -> None:
    site = two_carriers
    faults(rocket, **fault)
    site.start()
    parcel = labeled(site, packed(site))
    assert (parcel.partner, parcel.cost_minor) == ("sandbox_carriers", 570)
    assert parcel.choice is not None
    assert parcel.choice.silent == (OTHER,)
    site.verified()


def test_when_no_carrier_tells_rates_their_tables_do(two_carriers: Site, rocket: SandboxThread) -> None:
    site = two_carriers
    faults(rocket, fail_next=1)
    site.misbehave(Partner.CARRIER, fail_next=1)
    site.start()
    parcel = labeled(site, packed(site))
    assert parcel.choice is not None
    taken = parcel.choice.taken
    assert taken is not None
    assert (taken.carrier, taken.live, len(parcel.choice.silent)) == ("standard-tables", False, 2)
    assert parcel.service == "standard"
    site.verified()


@pytest.mark.parametrize("fault", [{"fail_probability": 1, "fail_status": 503}, {"drop_probability": 1}])
def test_a_label_that_can_not_be_bought_is_bought_of_the_next_carrier(
    two_carriers: Site, rocket: SandboxThread, fault: dict[str, Any]
) -> None:
    site = two_carriers
    site.start()
    order_id = packed(site, leaves=True)
    choice = asyncio.run(preview(Work(site.services, "test"), order_id))
    assert choice.taken is not None
    assert choice.taken.partner == OTHER
    site.engine.run(ChooseRate(order=order_id, parcel=1, choice=choice))
    faults(rocket, **fault)
    site.start()
    if "drop_probability" in fault:  # it may have sold one: it is asked again first
        until(lambda: any(job["last_error"] for job in site.jobs(kind="label")), "a job to be tried again")
        site.clock.forward(60)
    parcel = labeled(site, order_id)
    assert parcel.partner == "sandbox_carriers"
    assert parcel.choice is not None
    assert Dropped.SILENT in {each.dropped for each in parcel.choice.offers if each.partner == OTHER}
    site.until_no_jobs()
    site.verified()


def test_a_lost_answer_does_not_buy_a_second_label_elsewhere(two_carriers: Site, rocket: SandboxThread) -> None:
    site = two_carriers
    # rates are told, the label is sold, and the answer is lost
    site.start()
    order_id = packed(site)
    first = labeled(site, order_id)
    assert first.partner == OTHER
    site.engine.run(VoidLabel(order=order_id, parcel=1))
    until(lambda: site.order(order_id).parcels[0].voided, "the label to be given back")
    faults(rocket, drop_next=1)
    site.engine.run(RequestLabel(order=order_id, parcel=1, service="express", partner=OTHER))
    until(lambda: any(job["last_error"] for job in site.jobs(kind="label")), "a job to be tried again")
    site.clock.forward(60)
    again = labeled(site, order_id)
    assert (again.partner, again.service, again.choice) == (OTHER, "express", None)
    site.until_no_jobs()
    site.verified()


def test_rates_are_previewed_over_http(two_carriers: Site, rocket: SandboxThread) -> None:
    site = two_carriers
    site.start()
    order_id = site.place(("TEE", 2))
    site.until_units(order_id, "allocated", 2)
    work, reads = Work(site.services, "test"), Readers(site.database)
    services = ApiServices(
        engine=AsyncEngine(site.engine), database=site.database, reads=reads, rates=partial(preview_rates, work)
    )
    client = Client(create_app(services))
    try:
        _, secret = create_key(site.database, "reader", ["fulfillments:read"])
        path = f"/v1/orders/{order_id}/fulfillments/1/rates"
        headers = {"authorization": f"Bearer {secret}"}
        told = client.request("GET", f"{path}?weight_g=900", headers=headers)
        assert told.status_code == 200, told.text
        assert told.json()["offers"][0] == told.json()["offers"][0] | {
            "partner": OTHER,
            "cost_minor": 456,
            "live": True,
        }
        tables = client.request("GET", f"{path}?live=false", headers=headers).json()
        assert {each["carrier"] for each in tables["offers"]} == {"standard-tables"}
        unknown = client.request("GET", path.replace("/1/", "/7/"), headers=headers)
        assert unknown.json()["code"] == "FULFILLMENT_UNKNOWN"
    finally:
        client.run(work.close())
        client.close()
        reads.close()


async def preview(work: Work, order_id: OrderId) -> RateChoice:
    try:
        return await preview_rates(work, order_id, parcel=1, fulfillment=0, package=Package(weight_g=0), live=True)
    finally:
        await work.close()
