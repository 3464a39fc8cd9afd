"""What was packed and picked can be taken back before it leaves; stock and claims are as they were."""

import pytest

from orderline.core.fulfillments.undoing import UnpackUnits, UnpickUnits
from orderline.core.next_steps import JobKind, order_follow_ups
from orderline.core.orders.commands import (
    AllocateUnits,
    Allotment,
    LabelParcel,
    PackUnits,
    ParcelInput,
    PickUnits,
    PullBack,
    ShipParcels,
)
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.state import Execution, LineQuantity, ParcelState
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from support.always import assert_sound
from support.shop import MemoryShop, order_of


def packed() -> tuple[MemoryShop, OrderId]:
    """Three shirts in two parcels, the first labeled."""
    shop = MemoryShop([("TEE-M", "lyon", 5)])
    id_ = shop.place(order_of("A-1", ("TEE-M", 3, 2000)))
    shop.do(AllocateUnits(order=id_, group=1, allotments=(Allotment(1, "eu", "lyon", 3),)))
    shop.do(PickUnits(order=id_, fulfillment=1, lines=(LineQuantity(1, 3),)))
    parcels = tuple(ParcelInput(items=(LineQuantity(1, units),)) for units in (2, 1))
    shop.do(PackUnits(order=id_, fulfillment=1, parcels=parcels))
    shop.do(LabelParcel(order=id_, parcel=1, carrier="post", tracking_number="T1"))
    return shop, id_


def test_all_is_undone_and_can_be_routed_again() -> None:
    shop, id_ = packed()
    draft = shop.do(UnpackUnits(order=id_, fulfillment=1, reason="wrong boxes"))
    order = shop.order(id_)
    assert [parcel.state for parcel in order.parcels] == [ParcelState.VOIDED, ParcelState.VOIDED]
    assert (order.parcels[0].voiding, order.lines[0].units.picked) == (True, 3)
    jobs = order_follow_ups(shop.world.settings, order, [event for _, event in draft.events], shop.now)
    assert [job.kind for job in jobs] == [JobKind.VOID_LABEL]
    shop.do(UnpickUnits(order=id_, fulfillment=1))
    level = shop.world.level("TEE-M", "lyon")
    assert (level.sellable, level.picked, level.allocated) == (5, 0, 3)
    assert shop.order(id_).fulfillments[0].execution is Execution.OPEN
    assert_sound(shop)
    shop.do(PullBack(order=id_, fulfillment=1))
    assert shop.world.level("TEE-M", "lyon").allocated == 0
    assert shop.order(id_).lines[0].units.pooled == 3
    assert_sound(shop)


def test_one_parcel_and_one_unit_are_taken_back_and_packed_anew() -> None:
    shop, id_ = packed()
    shop.do(UnpackUnits(order=id_, fulfillment=1, parcels=(2,)))
    shop.do(UnpickUnits(order=id_, fulfillment=1, lines=(LineQuantity(1, 1),)))
    units = shop.order(id_).lines[0].units
    assert (units.packed, units.picked, units.released) == (2, 0, 1)
    shop.do(PickUnits(order=id_, fulfillment=1, lines=(LineQuantity(1, 1),)))
    shop.do(PackUnits(order=id_, fulfillment=1, parcels=(ParcelInput(items=(LineQuantity(1, 1),)),)))
    shop.do(ShipParcels(order=id_, fulfillment=1))
    assert shop.order(id_).lines[0].units.shipped == 3
    assert_sound(shop)


def test_what_has_left_or_is_not_there_is_not_undone() -> None:
    shop, id_ = packed()
    for command, code in (
        (UnpackUnits(order=id_, fulfillment=1, parcels=(3,)), R.PARCEL_NOT_PACKED),
        (UnpackUnits(order=id_, fulfillment=1, parcels=(1, 1)), R.PARCEL_NOT_PACKED),
        (UnpickUnits(order=id_, fulfillment=1), R.NOTHING_TO_DO),
        (UnpickUnits(order=id_, fulfillment=1, lines=(LineQuantity(1, 1),)), R.QUANTITY_NOT_AVAILABLE),
    ):
        with pytest.raises(Refused) as refused:
            shop.do(command)
        assert refused.value.code is code
    shop.do(ShipParcels(order=id_, fulfillment=1))
    with pytest.raises(Refused) as refused:
        shop.do(UnpackUnits(order=id_, fulfillment=1))
    assert refused.value.code is R.PARCEL_NOT_PACKED
    assert_sound(shop)


def test_a_label_that_comes_too_late_goes_back_to_its_carrier() -> None:
    shop, id_ = packed()
    shop.do(UnpackUnits(order=id_, fulfillment=1, parcels=(2,)))
    draft = shop.do(LabelParcel(order=id_, parcel=2, carrier="post", tracking_number="T2", partner="sandbox"))
    late = shop.order(id_).parcels[1]
    assert (late.state, late.tracking_number, late.voiding) == (ParcelState.VOIDED, "T2", True)
    jobs = order_follow_ups(shop.world.settings, shop.order(id_), [event for _, event in draft.events], shop.now)
    assert [(job.kind, job.body.key) for job in jobs] == [(JobKind.VOID_LABEL, "T2")]
    assert_sound(shop)
    with pytest.raises(Refused) as refused:
        shop.do(LabelParcel(order=id_, parcel=1, carrier="post", tracking_number="T9", partner="sandbox"))
    assert refused.value.code is R.LABEL_SURPLUS
