"""What a location packs or sends that it was not to: kept, with who acts next, and nothing sent twice."""

import msgspec

from orderline.contracts.warehouses import (
    CancelAccepted,
    CancelRejected,
    HandedOver,
    HandedParcel,
    Packed,
    PackedItem,
    PackedParcel,
    Picked,
    PickedLine,
)
from orderline.core.fulfillments.discrepancies import (
    Cause,
    Discrepancy,
    DiscrepancyState,
    SettleDiscrepancy,
    TakenUnits,
)
from orderline.core.orders.commands import AcceptFulfillment, CancelUnits, CloseOrder, PullBack, ReleaseHold
from orderline.core.orders.state import LineQuantity
from orderline.sandbox.settings import Span, WarehouseBehavior
from orderline.store.reading.records import load_record
from orderline.store.reading.source import Source
from orderline.values.ids import OrderId
from worker.site import QUICK, Site, until
from worker.test_inbound import WAREHOUSE, Told, call, verdicts, work

__all__ = ["work"]


def found(site: Site, told: Told) -> Discrepancy | None:
    with site.database.connection() as connection:
        return load_record(Source(connection, 0), "discrepancy", str(told.id))


def parcel(ref: str, quantity: int) -> PackedParcel:
    return PackedParcel(parcel_ref=ref, items=(PackedItem(1, quantity),), weight_g=500)


def sellable(site: Site) -> int:
    [[units]] = site.rows("SELECT sellable FROM stock WHERE cell = %(cell)s AND sku = 'TEE' AND location = 'lyon'")
    return units


def test_work_that_was_pulled_back_and_is_sent_all_the_same_is_reported(site: Site, work: tuple[OrderId, Told]) -> None:
    order_id, told = work
    site.engine.run(PullBack(order=order_id, fulfillment=1))
    packed = told(Packed, parcels=(parcel("P", 2),))
    left = told(HandedOver, parcels=(HandedParcel(parcel_ref="P", tracking_number="X1", carrier="post"),))
    answers = call(site, WAREHOUSE, told(Picked, lines=(PickedLine(1, 2),)), packed, left)
    assert verdicts(answers) == ["no_effect", "taken", "taken"]
    assert verdicts(call(site, WAREHOUSE, packed, left)) == ["known", "known"]
    report = found(site, told)
    assert report is not None
    assert (report.cause, report.left, report.tracking_numbers) == (Cause.WITHDRAWN, True, ("X1",))
    assert [(each.sku, each.quantity, each.value_minor) for each in report.lines] == [("TEE", 2, 2000)]
    assert "taken from the shelf" in report.next_step
    # nobody sends the same units from elsewhere before somebody has seen to it
    [hold] = site.order(order_id).holds
    assert (hold.type, hold.blocks) == ("late_shipment", ("allocate", "release"))
    site.engine.run(SettleDiscrepancy(discrepancy=report.id, note="the customer keeps them", take_from_stock=True))
    settled = found(site, told)
    assert settled is not None
    assert (settled.state, settled.taken[0].quantity, sellable(site)) == (DiscrepancyState.SETTLED, 2, 0)
    site.verify_all()


def test_what_is_told_after_somebody_has_seen_to_it_is_for_somebody_again(
    site: Site, work: tuple[OrderId, Told]
) -> None:
    order_id, told = work
    site.engine.run(PullBack(order=order_id, fulfillment=1))
    call(site, WAREHOUSE, told(Packed, parcels=(parcel("P", 1),)))
    settle = SettleDiscrepancy(discrepancy=str(told.id), note="it is put aside for us", take_from_stock=True)
    site.engine.run(settle)
    [hold] = site.order(order_id).holds
    site.engine.run(ReleaseHold(order=order_id, hold=hold.number, reason="all is well"))
    before = found(site, told)
    assert before is not None
    assert (before.state, before.taken, sellable(site)) == (DiscrepancyState.SETTLED, (TakenUnits("TEE", 1),), 1)

    call(
        site,
        WAREHOUSE,
        told(Packed, parcels=(parcel("Q", 1),)),
        told(HandedOver, parcels=(HandedParcel(parcel_ref="Q", tracking_number="X3"),)),
    )
    report = found(site, told)
    assert report is not None
    assert (report.state, report.left, len(report.lines)) == (DiscrepancyState.OPEN, True, 2)
    assert report.due_at > before.due_at
    assert [each.type for each in site.order(order_id).holds] == ["late_shipment"]
    site.engine.run(settle)
    after = found(site, told)
    assert after is not None
    assert (after.state, after.taken, sellable(site)) == (DiscrepancyState.SETTLED, (TakenUnits("TEE", 2),), 0)
    site.verify_all()


def test_what_leaves_after_its_order_is_closed_is_kept(site: Site, work: tuple[OrderId, Told]) -> None:
    order_id, told = work
    site.engine.run(CancelUnits(order=order_id, reason="changed my mind", lines=(LineQuantity(1, 2),)))
    site.start()
    until(lambda: not site.order(order_id).tenders[0].requests, "the money to be let go of")
    site.stop()
    site.engine.run(CloseOrder(order=order_id))
    answers = call(
        site,
        WAREHOUSE,
        told(Packed, parcels=(parcel("P", 2),)),
        told(HandedOver, parcels=(HandedParcel(parcel_ref="P", tracking_number="X2"),)),
    )
    assert verdicts(answers) == ["taken", "taken"]
    report = found(site, told)
    assert report is not None
    assert (report.cause, report.left, report.lines[0].value_minor) == (Cause.ORDER_CLOSED, True, 2000)
    assert report.next_step.startswith("charge for what was sent")
    assert site.order(order_id).holds == ()
    site.verify_all()


def test_a_location_that_does_not_let_go_of_what_was_pulled_back_is_no_dead_letter(still_site: Site) -> None:
    site = still_site
    # it begins at once, and tells nobody
    silent = msgspec.structs.replace(QUICK, warehouse=WarehouseBehavior(pack=Span(60_000_000, 60_000_000)))
    site.control("PUT", "settings", silent)
    site.stock(TEE_lyon=2)
    site.start()
    order_id = site.place(("TEE", 2))
    until(lambda: site.control("GET", "statistics")["partners"]["warehouse"]["counts"].get("picked"), "it to pick")
    until(lambda: site.order(order_id).fulfillments[0].negotiation == "submitted", "the submission to be noted")
    site.engine.run(PullBack(order=order_id, fulfillment=1))
    [hold] = until(lambda: site.order(order_id).holds, "a hold")
    assert (hold.type, hold.blocks) == ("late_shipment", ("allocate", "release"))
    assert hold.reason == "work that was taken away goes on at lyon: already_picked"
    assert site.jobs(state="dead") == []
    site.verify_all()


def test_a_location_that_thinks_about_it_lets_go_or_does_not(still_site: Site) -> None:
    site = still_site
    later = Span(300, 300)
    site.behave(warehouse=WarehouseBehavior(accept=Span(60_000_000, 60_000_000), cancel=later))
    site.stock(TEE_lyon=9)
    site.start()
    first = site.place(("TEE", 2))
    until(lambda: fulfillment(site, first) == "submitted", "the location to be asked")
    site.engine.run(AcceptFulfillment(order=first, fulfillment=1))
    site.engine.run(CancelUnits(order=first, reason="changed my mind"))
    assert fulfillment(site, first) == "cancel_requested"
    order = site.until_units(first, "canceled", 2)
    assert order.fulfillments[0].negotiation == "cancel_accepted"

    # now it has begun by the time that it answers
    site.behave(warehouse=WarehouseBehavior(pack=Span(60_000_000, 60_000_000), cancel=later))
    second = site.place(("TEE", 2))
    site.until_units(second, "picked", 2)
    site.engine.run(CancelUnits(order=second, reason="changed my mind"))
    until(lambda: fulfillment(site, second) == "cancel_rejected", "the location to keep it")
    assert site.order(second).lines[0].units.picked == 2
    site.until_no_jobs()
    assert site.jobs(state="dead") == []
    site.verify_all()


def test_a_late_no_to_what_was_taken_away_is_for_a_person(site: Site, work: tuple[OrderId, Told]) -> None:
    order_id, told = work
    site.engine.run(PullBack(order=order_id, fulfillment=1))
    late = told(CancelRejected, code="already_packed")
    assert verdicts(call(site, WAREHOUSE, late, told(CancelRejected, code="already_packed"))) == ["taken", "no_effect"]
    [hold] = site.order(order_id).holds
    assert (hold.type, hold.blocks) == ("late_shipment", ("allocate", "release"))
    # and a late yes changes nothing
    assert verdicts(call(site, WAREHOUSE, told(CancelAccepted))) == ["no_effect"]
    site.verify_all()


def fulfillment(site: Site, order_id: OrderId) -> str:
    """What the location has said of the first fulfillment order; empty while there is none."""
    order = site.order(order_id)
    return order.fulfillments[0].negotiation if order.fulfillments else ""
