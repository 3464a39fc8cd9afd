"""Stages of what a customer collects: each has a next step with an owner and a due time, part by part."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from orderline.core.fulfillments.undoing import UnpackUnits
from orderline.core.moves import Units
from orderline.core.next_steps import JobKind, order_follow_ups
from orderline.core.orders import commands as c
from orderline.core.orders.events import PickupCollected
from orderline.core.orders.facts import Attachment
from orderline.core.orders.next_step import next_step_of
from orderline.core.orders.state import Execution, LineQuantity, Order
from orderline.core.orders.status import Phase, status_of
from orderline.core.pickups import commands as p
from orderline.core.pickups.refusals import PickupRefusal
from orderline.core.pickups.stages import stages_of
from orderline.core.pickups.state import MOST_TRIES, PickupStage
from orderline.core.stock import commands as s
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from support.always import assert_sound
from support.shop import LOCATIONS, MemoryShop, order_of

PARIS = LOCATIONS[2]


def packed(units: int = 2, parcels: int = 2) -> tuple[MemoryShop, OrderId]:
    """An order to be collected in Paris, in so many parcels of one unit, packed."""
    shop = MemoryShop([("TEE-M", "paris", units)])
    order = shop.place(order_of("1", ("TEE-M", units, 2000), pickup="paris", paid="captured"))
    shop.do(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "stores", "paris", units),)))
    shop.do(c.AcceptFulfillment(order=order, fulfillment=1))
    shop.do(c.PickUnits(order=order, fulfillment=1, lines=(LineQuantity(1, units),)))
    boxes = tuple(c.ParcelInput(items=(LineQuantity(1, 1),)) for _ in range(parcels))
    shop.do(c.PackUnits(order=order, fulfillment=1, parcels=boxes))
    return shop, order


def step(order: Order) -> tuple[str, str, datetime | None]:
    found = next_step_of(order, status_of(order).phase)
    assert found is not None
    return found.what, found.owner, found.due_at


def stages(order: Order) -> dict[PickupStage, int]:
    return stages_of(order, order.fulfillments[0])


def test_parts_are_laid_ready_and_handed_over_one_after_the_other() -> None:
    shop, order = packed()
    assert step(shop.order(order))[:2] == ("make_ready", "paris")
    shop.do(p.ReadyPickup(order=order, fulfillment=1, parcels=(1,), code_hash="right", seed="s"))
    assert stages(shop.order(order)) == {PickupStage.PACKED: 1, PickupStage.READY: 1}
    assert step(shop.order(order))[:2] == ("make_ready", "paris")
    shop.do(p.CollectParcels(order=order, fulfillment=1, parcels=(1,), code_hash="right"))
    assert stages(shop.order(order)) == {PickupStage.PACKED: 1, PickupStage.HANDED_OVER: 1}
    shop.do(p.ReadyPickup(order=order, fulfillment=1, code_hash="not looked at"))
    assert step(shop.order(order)) == ("collect", "customer", datetime(2026, 11, 28, tzinfo=UTC))
    shop.do(p.CollectParcels(order=order, fulfillment=1, code_hash="right"))
    assert status_of(shop.order(order)).phase is Phase.DELIVERED
    assert_sound(shop)


def test_what_is_ready_is_told_with_reminders_and_a_deadline() -> None:
    shop, order = packed()
    zone = s.PutLocation(location=replace(PARIS, time_zone="Europe/Paris", pickup_days=3))
    shop.do(zone)
    draft = shop.do(p.ReadyPickup(order=order, fulfillment=1))
    events = [event for _, event in draft.events]
    jobs = order_follow_ups(shop.world.settings, shop.order(order), events, shop.now)
    deadline = datetime(2026, 11, 23, 23, tzinfo=UTC)  # midnight in Paris
    assert [(job.kind, job.body.template, job.due_at) for job in jobs] == [
        (JobKind.NOTICE, "pickup_ready", shop.now),
        (JobKind.NOTICE, "pickup_reminder", deadline - timedelta(days=2)),
        (JobKind.PICKUP_DUE, "", deadline),
    ]
    assert len({job.stream for job in jobs}) == 3  # none waits for another


def test_wrong_codes_are_facts_and_lock_until_a_new_one_is_sent() -> None:
    shop, order = packed()
    shop.do(p.ReadyPickup(order=order, fulfillment=1, code_hash="right"))
    with pytest.raises(Refused) as refused:
        shop.do(p.CollectParcels(order=order, fulfillment=1))
    assert refused.value.code is PickupRefusal.PICKUP_CODE_MISSING
    for tried in range(MOST_TRIES):
        shop.do(p.CollectParcels(order=order, fulfillment=1, code_hash="wrong"))
        assert len(shop.order(order).pickups[0].tries) == tried + 1
    with pytest.raises(Refused) as refused:
        shop.do(p.CollectParcels(order=order, fulfillment=1, code_hash="right"))
    assert refused.value.code is PickupRefusal.PICKUP_CODE_LOCKED
    shop.do(p.RenewPickup(order=order, fulfillment=1, code_hash="new"))
    assert shop.order(order).pickups[0].tries == ()
    shop.do(p.CollectParcels(order=order, fulfillment=1, code_hash="new"))
    assert status_of(shop.order(order)).phase is Phase.DELIVERED
    assert_sound(shop)


def test_who_came_instead_is_kept_with_personal_data_alone() -> None:
    shop, order = packed()
    shop.do(p.ReadyPickup(order=order, fulfillment=1, code_hash="right"))
    draft = shop.do(
        p.CollectParcels(order=order, fulfillment=1, without_code="passport", collected_by="Bo Lee", parcels=(1,))
    )
    (person,) = draft.people
    assert person.name == "Bo Lee"
    assert "Bo Lee" not in repr(draft.events)
    assert str(person.token) in repr(draft.events)


def test_what_nobody_collects_goes_back_to_the_shelf_and_the_money_to_the_customer() -> None:
    shop, order = packed()
    shop.do(p.ReadyPickup(order=order, fulfillment=1))
    shop.do(p.CollectParcels(order=order, fulfillment=1, parcels=(1,)))
    for command, code in (
        (p.ExpirePickup(order=order, fulfillment=1), PickupRefusal.PICKUP_NOT_DUE),
        (p.RestockPickup(order=order, fulfillment=1), PickupRefusal.PICKUP_COLLECTABLE),
    ):
        with pytest.raises(Refused) as refused:
            shop.do(command)
        assert refused.value.code is code
    shop.later(days=8)
    shop.do(p.ExpirePickup(order=order, fulfillment=1))
    assert step(shop.order(order)) == ("restock", "paris", shop.now + timedelta(days=1))
    assert stages(shop.order(order)) == {PickupStage.UNCOLLECTED: 1, PickupStage.HANDED_OVER: 1}
    shop.do(p.RestockPickup(order=order, fulfillment=1))
    assert stages(shop.order(order)) == {PickupStage.RESTOCKED: 1, PickupStage.HANDED_OVER: 1}
    level = shop.world.level("TEE-M", "paris")
    assert (level.sellable, level.picked, level.allocated) == (1, 0, 0)
    (request,) = shop.order(order).tenders[0].requests
    assert (request.kind.value, request.amount_minor) == ("refund", 2000)
    assert step(shop.order(order))[0] == "refund_payment"
    assert_sound(shop)


def test_who_comes_after_the_deadline_and_before_the_shelf_still_gets_the_goods() -> None:
    shop, order = packed()
    shop.do(p.ReadyPickup(order=order, fulfillment=1))
    shop.later(days=8)
    shop.do(p.ExpirePickup(order=order, fulfillment=1))
    shop.do(p.CollectParcels(order=order, fulfillment=1))
    assert status_of(shop.order(order)).phase is Phase.DELIVERED
    with pytest.raises(Refused) as refused:
        shop.do(p.RestockPickup(order=order, fulfillment=1))
    assert refused.value.code is PickupRefusal.PICKUP_NOT_READY


def test_what_the_customer_leaves_at_the_counter_goes_back_and_is_paid_back() -> None:
    shop, order = packed(units=3, parcels=3)
    shop.do(UnpackUnits(order=order, fulfillment=1))
    shop.do(c.PackUnits(order=order, fulfillment=1, parcels=(c.ParcelInput(items=(LineQuantity(1, 3),)),)))
    shop.do(p.ReadyPickup(order=order, fulfillment=1, code_hash="right", seed="s"))
    with pytest.raises(Refused, match="QUANTITY_NOT_AVAILABLE"):
        shop.do(p.CollectParcels(order=order, fulfillment=1, code_hash="right", left=(LineQuantity(1, 4),)))
    proof = Attachment(title="Signature", url="https://signed.example.com/1", sha256="ab" * 32)
    before = shop.order(order)
    taken = p.CollectParcels(
        order=order, fulfillment=1, code_hash="right", left=(LineQuantity(1, 1),), proof=(proof,), parcels=(4,)
    )
    shop.do(taken)
    found = shop.order(order)
    assert found.lines[0].units == Units(delivered=2, canceled=1)
    assert [parcel.state for parcel in found.parcels[3:]] == ["voided", "delivered"]
    collected = next(event for event in reversed(shop.events[order]) if isinstance(event, PickupCollected))
    assert (collected.parcels, collected.left, collected.proof) == ((5,), (LineQuantity(1, 1),), (proof,))
    level = shop.world.level("TEE-M", "paris")
    assert (level.sellable, level.picked, level.allocated) == (1, 0, 0)
    (request,) = found.tenders[0].requests
    assert (request.kind.value, request.amount_minor) == ("refund", 2000)
    assert found.fulfillments[0].execution is Execution.CLOSED
    assert before.fulfillments[0].execution is Execution.IN_PROGRESS
    assert_sound(shop)


def test_who_takes_nothing_leaves_nothing_behind() -> None:
    shop, order = packed(units=2, parcels=2)
    shop.do(p.ReadyPickup(order=order, fulfillment=1))
    shop.do(p.CollectParcels(order=order, fulfillment=1, left=(LineQuantity(1, 2),)))
    found = shop.order(order)
    assert found.lines[0].units == Units(canceled=2)
    assert found.shipments == ()
    assert found.fulfillments[0].execution is Execution.CANCELED
    assert shop.world.level("TEE-M", "paris").sellable == 2
    assert_sound(shop)


def test_an_item_refunded_before_does_not_stop_the_rest_from_being_collected() -> None:
    shop, order = packed(units=2, parcels=2)
    shop.do(p.ReadyPickup(order=order, fulfillment=1))
    shop.do(c.CancelUnits(order=order, reason="damaged box", lines=(LineQuantity(1, 1),)))
    shop.do(c.AnswerCancel(order=order, fulfillment=1, accepted=True))
    assert shop.order(order).lines[0].units.canceled == 1
    shop.do(c.PackUnits(order=order, fulfillment=1, parcels=(c.ParcelInput(items=(LineQuantity(1, 1),)),)))
    shop.do(p.CollectParcels(order=order, fulfillment=1))
    assert shop.order(order).lines[0].units == Units(delivered=1, canceled=1)
    assert_sound(shop)
