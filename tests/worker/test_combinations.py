"""Orders of one customer leave in one parcel: one label of the carrier over real HTTP, and all that may come between."""

import pytest

from orderline.core.orders.commands import AnswerCancel, CancelUnits, PackUnits, ParcelInput, PickUnits, ShipParcels
from orderline.core.orders.state import LineQuantity, Parcel
from orderline.core.shipments import combination_commands as c
from orderline.core.shipments.combinations import Combination, CombinationState
from orderline.core.shipments.combining import CombinationRefusal
from orderline.sandbox.settings import CarrierBehavior, Partner
from orderline.store.documents import load_combination
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from worker.site import PLACES, Site, until

NAME = "C-1"


def picked(site: Site, *quantities: int) -> tuple[OrderId, ...]:
    """Orders of one customer, picked at a location of our own."""
    site.put_location("lyon", PLACES["lyon"], partner="")
    site.stock(TEE_lyon=9)
    ids = tuple(site.place(("TEE", quantity)) for quantity in quantities)
    for id_, quantity in zip(ids, quantities, strict=True):
        site.until_units(id_, "allocated", quantity)
        site.engine.run(PickUnits(order=id_, fulfillment=1, lines=(LineQuantity(1, quantity),)))
    return ids


def combined(site: Site, *quantities: int, waits: bool = True) -> tuple[OrderId, ...]:
    """The same, in one parcel with its label."""
    ids = picked(site, *quantities)
    site.engine.run(c.CombineWork(combination=NAME, location="lyon", work=tuple(c.Work(id_, 1) for id_ in ids)))
    site.engine.run(c.PackCombination(combination=NAME, members=ids, weight_g=900))
    if waits:
        until(lambda: now(site).tracking_number, "a label")
    return ids


def now(site: Site) -> Combination:
    found = load_combination(site.database, NAME)
    assert found is not None
    return found


def parcels(site: Site, ids: tuple[OrderId, ...]) -> list[Parcel]:
    return [site.order(id_).parcels[-1] for id_ in ids]


def bought(site: Site) -> int:
    return sum(site.control("GET", "statistics")["partners"]["carrier"]["counts"].values())


def test_one_label_goes_with_all_and_its_cost_is_shared_exactly(site: Site) -> None:
    ids = combined(site, 2, 1)
    assert bought(site) == 1
    assert len({parcel.tracking_number for parcel in parcels(site, ids)}) == 1
    # 490 and 80 for the kilogram, by two units and one
    assert [parcel.cost_minor for parcel in parcels(site, ids)] == [380, 190]
    assert (now(site).cost_minor, now(site).state) == (570, CombinationState.LABELED)
    site.engine.run(c.ShipCombination(combination=NAME, members=ids))
    for id_, units in zip(ids, (2, 1), strict=True):
        assert site.until_units(id_, "shipped", units).shipments[0].carrier == "sandbox"
    number = now(site).tracking_number
    site.call("POST", "/carrier/manifests", {"key": "m", "location": "lyon", "trackings": [number]})
    for id_, units in zip(ids, (2, 1), strict=True):
        site.until_units(id_, "delivered", units)
    site.until_no_jobs()
    site.verified()


def test_a_lost_parcel_is_lost_to_all(site: Site) -> None:
    site.behave(carrier=CarrierBehavior(lost_probability=1))
    ids = combined(site, 2, 1)
    site.engine.run(c.ShipCombination(combination=NAME, members=ids))
    site.call("POST", "/carrier/manifests", {"key": "m", "location": "lyon", "trackings": [now(site).tracking_number]})
    site.until_units(ids[0], "lost", 2)
    site.until_units(ids[1], "lost", 1)
    site.verified()


def test_an_order_that_is_canceled_is_taken_out_and_the_rest_leaves(site: Site) -> None:
    ids = combined(site, 2, 1, 1)
    site.engine.run(CancelUnits(order=ids[0], reason="changed my mind"))
    site.engine.run(AnswerCancel(order=ids[0], fulfillment=1, accepted=True))
    site.engine.run(c.ShipCombination(combination=NAME, members=ids))
    assert [site.order(id_).lines[0].units.shipped for id_ in ids] == [0, 1, 1]
    assert site.order(ids[0]).lines[0].units.canceled == 2
    # the label was bought for all: its cost stays where it was
    assert sum(parcel.cost_minor for parcel in parcels(site, ids)) == 570
    site.until_no_jobs()
    site.verified()


def test_work_in_a_combination_is_not_packed_labeled_or_sent_alone(site: Site) -> None:
    ids = picked(site, 2, 1)
    site.engine.run(c.CombineWork(combination=NAME, location="lyon", work=tuple(c.Work(id_, 1) for id_ in ids)))
    one = (LineQuantity(1, 1),)
    alone = PackUnits(order=ids[1], fulfillment=1, parcels=(ParcelInput(items=one),))
    for command in (alone, ShipParcels(order=ids[1], fulfillment=1)):
        with pytest.raises(Refused) as refused:
            site.engine.run(command)
        assert (refused.value.code, refused.value.facts["combination"]) == (
            CombinationRefusal.FULFILLMENT_COMBINED,
            NAME,
        )
    site.engine.run(c.SplitCombination(combination=NAME, members=ids))
    assert now(site).state is CombinationState.DISSOLVED
    site.engine.run(alone)
    until(lambda: parcels(site, ids[1:])[0].tracking_number, "a label of its own")
    site.until_no_jobs()
    site.verified()


def test_one_is_split_off_a_label_of_three_and_the_last_two_give_it_back(site: Site) -> None:
    ids = combined(site, 1, 1, 1)
    number = now(site).tracking_number
    site.engine.run(c.SplitCombination(combination=NAME, members=ids, order=ids[0]))
    assert now(site).state is CombinationState.LABELED
    assert site.order(ids[0]).lines[0].units.picked == 1
    site.engine.run(c.SplitCombination(combination=NAME, members=ids, order=ids[1]))
    until(lambda: now(site).state is CombinationState.DISSOLVED, "the label to be given back")
    assert site.control("GET", "statistics")["partners"]["carrier"]["counts"] == {"voided": 1}
    assert [parcel.voided for parcel in parcels(site, ids)] == [(), (number,), (number,)]
    for id_ in ids:
        items = (LineQuantity(1, 1),)
        site.engine.run(PackUnits(order=id_, fulfillment=1, parcels=(ParcelInput(items=items),)))
    until(lambda: all(parcel.tracking_number for parcel in parcels(site, ids)), "labels of their own")
    site.until_no_jobs()
    site.verified()


@pytest.mark.parametrize("fault", [{"drop_next": 1}, {"fail_next": 1}])
def test_a_carrier_that_fails_sells_one_label(still_site: Site, fault: dict[str, int]) -> None:
    site = still_site
    site.misbehave(Partner.CARRIER, **fault)
    site.start()
    combined(site, 2, 1, waits=False)
    until(lambda: any(job["last_error"] for job in site.jobs(kind="combined_label")), "a job to be tried again")
    site.clock.forward(60)
    until(lambda: now(site).tracking_number, "a label")
    assert bought(site) == 1
    site.until_no_jobs()
    site.verified()


def test_what_is_told_before_it_has_left_waits(site: Site) -> None:
    ids = combined(site, 2, 1)
    site.call("POST", "/carrier/manifests", {"key": "m", "location": "lyon", "trackings": [now(site).tracking_number]})
    until(lambda: ("parked", "PARCEL_NOT_SHIPPED") in site.door.verdicts, "a fact to be parked")
    site.engine.run(c.ShipCombination(combination=NAME, members=ids))
    site.clock.forward(3_600)
    for id_, units in zip(ids, (2, 1), strict=True):
        site.until_units(id_, "delivered", units)
    site.until_no_jobs()
    site.verified()
