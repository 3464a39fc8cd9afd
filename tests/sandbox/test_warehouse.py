"""The sandbox warehouse and carrier: facts come back signed, in order, at least once."""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from contracts.conformance_carriers import label
from contracts.conformance_warehouses import request
from orderline.connectors.sandbox_carriers.connector import connector as carriers_connector
from orderline.connectors.sandbox_warehouses.connector import connector as warehouses_connector
from orderline.contracts.carriers import TrackingCode, TrackingFact
from orderline.contracts.warehouses import (
    Accepted,
    CancelDenied,
    CancelGranted,
    CancelRequest,
    FulfillmentRequest,
    HandedOver,
    Packed,
    Picked,
    Rejected,
    RequestedLine,
)
from orderline.sandbox.settings import (
    Callback,
    CarrierBehavior,
    Faults,
    Partner,
    SandboxSettings,
    Sending,
    Span,
    WarehouseBehavior,
)
from sandbox.stage import SECRET, Inbox, Stage, until, until_idle

pytestmark = pytest.mark.anyio

QUICK = WarehouseBehavior(label_wait_ms=0)


class Site:
    """A warehouse, a carrier, and the inbox their facts go to."""

    def __init__(self, stage: Stage, box: Inbox, warehouses: Any, carriers: Any) -> None:
        self.stage = stage
        self.box = box
        self.warehouses = warehouses
        self.carriers = carriers

    async def begin(self, **changes: Any) -> None:
        callback = Callback(url=self.box.url, secret=SECRET)
        settings = SandboxSettings(
            warehouse=QUICK,
            sending=Sending(flush_ms=1, retry_low_ms=5, retry_high_ms=20),
            callbacks={Partner.WAREHOUSE: callback, Partner.CARRIER: callback},
        )
        await self.stage.reset(msgspec.structs.replace(settings, **changes))

    def facts_of(self, asked: FulfillmentRequest) -> list[Any]:
        return [each for each in self.box.facts if getattr(each, "fulfillment_id", None) == asked.fulfillment_id]


@pytest.fixture
async def site(stage: Stage, box: Inbox) -> AsyncIterator[Site]:
    async with stage.opened(warehouses_connector) as warehouses, stage.opened(carriers_connector) as carriers:
        site = Site(stage, box, warehouses, carriers)
        await site.begin()
        yield site


async def test_a_fulfillment_order_is_accepted_picked_packed_and_handed_over_in_this_order(site: Site) -> None:
    asked = request()
    await site.warehouses.request([asked])
    await until(lambda: len(site.box.facts) == 4, "four facts")
    facts = site.facts_of(asked)
    assert [type(each) for each in facts] == [Accepted, Picked, Packed, HandedOver]
    assert [each.sequence for each in facts] == [1, 2, 3, 4]
    _, picked, packed, handed = facts
    assert [(each.line, each.quantity) for each in picked.lines] == [(1, 3), (2, 1)]
    assert [(each.line, each.quantity) for parcel in packed.parcels for each in parcel.items] == [(1, 3), (2, 1)]
    assert [each.parcel_ref for each in handed.parcels] == [each.parcel_ref for each in packed.parcels]
    assert all(each.weight_g > 0 for each in packed.parcels)


async def test_units_that_do_not_fit_one_parcel_go_into_several(site: Site) -> None:
    await site.begin(warehouse=msgspec.structs.replace(QUICK, parcel_units_max=2))
    await site.warehouses.request([request()])
    await until(lambda: len(site.box.facts) == 4, "four facts")
    packed = site.box.facts[2]
    assert [sum(item.quantity for item in parcel.items) for parcel in packed.parcels] == [2, 2]


async def test_parcels_wait_for_their_labels_and_are_tracked_until_delivered(site: Site) -> None:
    await site.begin(warehouse=WarehouseBehavior())
    await site.warehouses.request([request()])
    await until(lambda: len(site.box.facts) == 3, "the packed fact")
    parcel_ref = site.box.facts[2].parcels[0].parcel_ref
    [bought] = await site.carriers.buy_labels([label("l-1", parcel_ref=parcel_ref)])
    await until_idle(site.stage)
    handed = next(each for each in site.box.facts if isinstance(each, HandedOver))
    assert (handed.parcels[0].tracking_number, handed.parcels[0].carrier) == (bought.tracking_number, bought.carrier)
    scans = [each for each in site.box.facts if isinstance(each, TrackingFact)]
    assert [each.normalized for each in scans] == [
        TrackingCode.IN_TRANSIT,
        TrackingCode.OUT_FOR_DELIVERY,
        TrackingCode.DELIVERED,
    ]
    assert {(each.tracking_number, each.parcel_ref) for each in scans} == {(bought.tracking_number, parcel_ref)}


async def test_a_label_bought_after_the_parcel_left_is_tracked_all_the_same(site: Site) -> None:
    await site.warehouses.request([request()])
    await until(lambda: len(site.box.facts) == 4, "the hand-over")
    await site.carriers.buy_labels([label("l-1", parcel_ref=site.box.facts[2].parcels[0].parcel_ref)])
    await until(lambda: len(site.box.facts) == 7, "three scans")
    assert site.box.facts[-1].normalized is TrackingCode.DELIVERED


async def test_rejections_name_all_units_with_a_reason(site: Site) -> None:
    await site.begin(warehouse=msgspec.structs.replace(QUICK, reject_probability=1))
    await site.warehouses.request([request()])
    await until(lambda: len(site.box.facts) == 1, "the rejection")
    [fact] = site.box.facts
    assert isinstance(fact, Rejected)
    assert [(each.line, each.quantity) for each in fact.lines] == [(1, 3), (2, 1)]


async def test_short_picks_say_what_is_missing_and_the_rest_goes_on(site: Site) -> None:
    await site.begin(warehouse=msgspec.structs.replace(QUICK, short_probability=1))
    requests = [
        request(f"SO-{number}", lines=(RequestedLine(line=1, sku="TEE-M", quantity=5),)) for number in range(10)
    ]
    await site.warehouses.request(requests)
    await until_idle(site.stage)
    for asked in requests:
        facts = site.facts_of(asked)
        picked = facts[1]
        assert sum(each.quantity for each in (*picked.lines, *picked.short)) == 5
        assert picked.short
        assert len(facts) == (4 if picked.lines else 2)


async def test_work_not_picked_can_be_canceled_and_picked_work_cannot(site: Site) -> None:
    await site.begin(warehouse=WarehouseBehavior(pick=Span(60_000, 60_000)))
    early, late = request("SO-1"), request("SO-2")
    await site.warehouses.request([early])
    await until(lambda: len(site.box.facts) == 1, "the acceptance")
    asked = CancelRequest(key="x-1", fulfillment_id=early.fulfillment_id)
    assert await site.warehouses.request_cancel([asked]) == [CancelGranted(fulfillment_id=early.fulfillment_id)]
    assert await site.warehouses.request_cancel([asked]) == [CancelGranted(fulfillment_id=early.fulfillment_id)]
    await site.begin()
    await site.warehouses.request([late])
    await until(lambda: len(site.facts_of(late)) == 4, "the hand-over")
    [outcome] = await site.warehouses.request_cancel([CancelRequest(key="x-2", fulfillment_id=late.fulfillment_id)])
    assert isinstance(outcome, CancelDenied)
    assert outcome.code == "already_handed_over"


async def test_facts_are_sent_again_until_they_are_taken(site: Site) -> None:
    site.box.answers = [503, 500, 429, 404]
    await site.warehouses.request([request()])
    statistics = await until_idle(site.stage)
    assert [each.sequence for each in site.box.facts] == [1, 2, 3, 4]
    assert statistics["partners"]["warehouse"]["facts"]["retries"] == 4


async def test_a_fact_that_is_never_taken_is_put_aside_and_does_not_stop_the_others(site: Site) -> None:
    requests = [request(f"SO-{number}") for number in range(8)]
    poison = requests[3].fulfillment_id
    site.box.refuse = lambda facts: (
        422 if any(isinstance(each, Picked) and each.fulfillment_id == poison for each in facts) else 204
    )
    await site.warehouses.request(requests)
    statistics = await until_idle(site.stage)
    assert len(site.box.facts) == 8 * 4 - 1
    assert statistics["partners"]["warehouse"]["facts"]["put_aside"] == 1


async def test_without_an_address_facts_wait_for_one(site: Site) -> None:
    await site.begin(callbacks={})
    await site.warehouses.request([request()])
    while (await site.stage.statistics())["partners"]["warehouse"]["facts"]["waiting"] < 4:
        pass
    await site.stage.control("PUT", "callbacks/warehouse", Callback(url=site.box.url, secret=SECRET))
    await until(lambda: len(site.box.facts) == 4, "the facts that waited")


async def test_many_facts_share_a_call(site: Site) -> None:
    requests = [request(f"SO-{number}") for number in range(500)]
    await site.warehouses.request(requests)
    await until_idle(site.stage)
    assert len(site.box.facts) == 2000
    assert len(site.box.calls) < 100
    for asked in requests:
        assert [each.sequence for each in site.facts_of(asked)] == [1, 2, 3, 4]


async def test_facts_are_doubled_and_come_out_of_order_when_told_to(site: Site) -> None:
    await site.begin(
        faults={Partner.WAREHOUSE: Faults(duplicate_probability=0.5, reorder_probability=0.5, reorder_hold_ms=50)}
    )
    requests = [request(f"SO-{number}") for number in range(30)]
    await site.warehouses.request(requests)
    await until_idle(site.stage)
    told = Counter(each.event_id for each in site.box.facts)
    assert len(told) == 120
    assert 140 < told.total() < 220
    orders = [[each.sequence for each in site.facts_of(asked)] for asked in requests]
    assert any(order != sorted(order) for order in orders)


async def test_the_same_seed_goes_the_same_way_and_another_seed_another(site: Site) -> None:
    async def run(seed: int) -> list[str]:
        site.box.facts.clear()
        behavior = msgspec.structs.replace(QUICK, reject_probability=0.3, short_probability=0.3)
        await site.begin(seed=seed, warehouse=behavior)
        await site.warehouses.request([request(f"SO-{number}") for number in range(40)])
        await until_idle(site.stage)
        return sorted(
            f"{type(each).__name__} {getattr(each, 'lines', ())} {getattr(each, 'short', ())}"
            for each in site.box.facts
            if not isinstance(each, Packed | HandedOver)
        )

    first = await run(1)
    assert await run(1) == first
    assert await run(2) != first


async def test_parcels_get_lost_come_back_and_meet_exceptions_as_often_as_told(site: Site) -> None:
    await site.begin(carrier=CarrierBehavior(lost_probability=0.2, return_probability=0.2, exception_probability=0.5))
    labels = [label(f"l-{number}") for number in range(100)]
    bought = await site.carriers.buy_labels(labels)
    await site.stage.call(
        "POST", "/carrier/manifests", {"key": "m", "location": "lyon", "trackings": [b.tracking_number for b in bought]}
    )
    await until_idle(site.stage)
    last = {each.tracking_number: each.normalized for each in site.box.facts}
    counts = Counter(last.values())
    assert counts.total() == 100
    assert all(counts[code] > 5 for code in (TrackingCode.LOST, TrackingCode.RETURNED, TrackingCode.DELIVERED))
    ways = {each.tracking_number: "" for each in site.box.facts}
    for each in site.box.facts:
        ways[each.tracking_number] += f" {each.code}"
    assert " TR EX TR OD DL" in ways.values()
    assert " TR EX RT RD" in ways.values()
