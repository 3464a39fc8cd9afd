"""An order from its placing until it is delivered, with everything that may come between."""

import msgspec

from orderline.core.orders.commands import CancelUnits, HoldInput, ReleaseHold
from orderline.core.orders.state import Execution, Negotiation
from orderline.engine.submissions import Submission
from orderline.sandbox.settings import Faults, Partner, Span, WarehouseBehavior
from orderline.values.ids import OrderId
from worker.site import PLACES, QUICK, Site, until


def counts(site: Site, partner: str) -> dict[str, int]:
    return site.control("GET", "statistics")["partners"][partner]["counts"]


def test_an_order_goes_from_placed_to_delivered_and_is_paid_once(site: Site) -> None:
    site.stock(TEE_lyon=5, MUG_lyon=5)
    order_id = site.place(("TEE", 2), ("MUG", 1))
    order = site.until_units(order_id, "delivered", 3)
    site.until_no_jobs()
    [tender] = site.order(order_id).tenders
    assert (tender.authorized_minor, tender.captured_minor, tender.requests) == (3000, 3000, ())
    assert counts(site, "payments")["captured_minor"] == 3000
    assert counts(site, "payments")["capture_approved"] == 1
    [fulfillment] = order.fulfillments
    assert (fulfillment.location, fulfillment.execution) == ("lyon", Execution.CLOSED)
    [parcel] = order.parcels
    assert (parcel.state, parcel.carrier) == ("delivered", "sandbox")
    assert parcel.tracking_number.startswith("SBX")
    messages = site.call("GET", f"/notices/messages?about={order.number}&limit=10")["messages"]
    assert len(messages) == 3
    [invoice] = site.order(order_id).documents
    assert (invoice.number, invoice.total_minor) == ("INV-2026-000001", 3000)
    assert site.order(order_id).books is not None
    site.verified()


def test_the_decision_behind_an_allocation_is_kept(site: Site) -> None:
    site.stock(TEE_lyon=5, TEE_lille=5)
    order_id = site.place(("TEE", 1), city="lille")
    order = site.until_units(order_id, "delivered", 1)
    [(id_, body)] = site.rows("SELECT id, body FROM decisions WHERE cell = %(cell)s")
    assert order.fulfillments[0].decision == id_
    assert msgspec.json.decode(body)["winner"]["locations"] == ["lille"]


def test_many_orders_share_calls_to_partners(still_site: Site) -> None:
    still_site.stock(TEE_lyon=100)
    ids = [still_site.place(("TEE", 1)) for _ in range(40)]
    still_site.start()
    for id_ in ids:
        still_site.until_units(id_, "delivered", 1)
    statistics = still_site.control("GET", "statistics")["partners"]
    assert statistics["warehouse"]["calls"]["calls"] < 20
    assert statistics["payments"]["calls"]["calls"] < 40
    still_site.until_no_jobs()
    still_site.verified()


def test_a_short_pick_is_served_from_another_location(site: Site) -> None:
    site.stock(TEE_lyon=3, TEE_lille=3)
    # Each takes its time to accept, so that the second is better by then.
    site.behave(warehouse=WarehouseBehavior(short_probability=1, accept=Span(400, 400)))
    order_id = site.place(("TEE", 3))
    until(lambda: len(site.order(order_id).fulfillments) > 1, "a second location to be asked")
    site.behave()
    order = site.until_units(order_id, "delivered", 3)
    assert [each.location for each in order.fulfillments] == ["lyon", "lille"]
    site.until_no_jobs()
    site.verified()


def test_a_rejected_fulfillment_order_goes_to_another_location(site: Site) -> None:
    site.stock(TEE_lyon=1, TEE_lille=1)
    site.behave(warehouse=WarehouseBehavior(reject_probability=1))
    order_id = site.place(("TEE", 1))
    until(lambda: len(site.order(order_id).fulfillments) == 2, "a second location to be asked")
    site.behave()
    # The second may have been rejected, too: then nobody is left, and a person decides.
    order = until(lambda: _at_rest(site, order_id), "an end of it")
    assert [each.location for each in order.fulfillments] == ["lyon", "lille"]


def _at_rest(site: Site, order_id: OrderId) -> object:
    order = site.order(order_id)
    return order if order.holds or all(line.units.delivered for line in order.lines) else None


def test_what_no_location_can_serve_waits_with_its_reason_and_goes_on_when_stock_comes(site: Site) -> None:
    site.stock(TEE_lyon=1)
    first = site.place(("TEE", 1))
    site.until_units(first, "delivered", 1)
    order_id = site.place(("TEE", 2))
    site.until_units(order_id, "unplanned", 2)
    site.stock(TEE_lille=2)
    site.until_units(order_id, "delivered", 2)
    site.until_no_jobs()
    site.verified()


def test_the_most_urgent_order_gets_the_stock_that_comes(site: Site) -> None:
    patient = site.place(("TEE", 1))
    urgent = site.place(("TEE", 1), priority=5)
    site.stock(TEE_lyon=1)
    site.until_units(urgent, "delivered", 1)
    site.until_units(patient, "unplanned", 1)


def test_a_cancellation_that_comes_before_the_picking_wins(site: Site) -> None:
    site.behave(warehouse=WarehouseBehavior(pick=Span(60_000, 60_000)))
    site.stock(TEE_lyon=2)
    order_id = site.place(("TEE", 2))
    site.until_units(order_id, "released", 2)
    site.engine.run(CancelUnits(order=order_id, reason="changed mind"))
    order = site.until_units(order_id, "canceled", 2)
    site.until_no_jobs()
    order = site.order(order_id)
    assert order.fulfillments[0].negotiation is Negotiation.CANCEL_ACCEPTED
    assert (order.tenders[0].voided_minor, order.tenders[0].captured_minor) == (2000, 0)
    site.verified()


def test_a_cancellation_that_comes_after_the_picking_loses(site: Site) -> None:
    site.behave(warehouse=WarehouseBehavior(hand_over=Span(60_000, 60_000)))
    site.stock(TEE_lyon=2)
    order_id = site.place(("TEE", 2))
    site.until_units(order_id, "packed", 2)
    site.engine.run(CancelUnits(order=order_id, reason="changed mind"))
    until(
        lambda: site.order(order_id).fulfillments[0].negotiation is Negotiation.CANCEL_REJECTED,
        "the warehouse to say no",
    )
    site.until_units(order_id, "packed", 2)


def test_canceling_at_any_moment_leaves_nothing_behind(site: Site) -> None:
    """From the moment the location has taken the work it is asked; before, units are canceled at once."""
    site.behave(warehouse=WarehouseBehavior(pick=Span(0, 100), pack=Span(0, 100), hand_over=Span(0, 100)))
    site.stock(TEE_lyon=60)
    ids = [site.place(("TEE", 1)) for _ in range(30)]

    def is_taken(id_: OrderId) -> bool:
        units = site.order(id_).lines[0].units
        return units.allocated + units.pooled == 0

    for id_ in ids:
        until(lambda id_=id_: is_taken(id_), "the location to take the work")
        # What has left meanwhile is not canceled any more.
        site.engine.submit(Submission(command=CancelUnits(order=id_, reason="race"))).result()

    def settled() -> bool:
        orders = [site.order(id_) for id_ in ids]
        return all(sum(line.units.delivered + line.units.canceled for line in o.lines) == 1 for o in orders)

    until(settled, "all orders to be delivered or canceled")
    site.until_no_jobs()
    for id_ in ids:
        order = site.order(id_)
        [tender] = order.tenders
        delivered = sum(line.units.delivered for line in order.lines)
        assert tender.captured_minor - tender.refunded_minor == 1000 * delivered
    site.verified()


def test_a_hold_stops_the_way_and_its_release_lets_it_go_on(site: Site) -> None:
    site.stock(TEE_lyon=1)
    order_id = site.place(("TEE", 1), holds=(HoldInput(type="quality"),))
    until(lambda: site.order(order_id).fulfillments, "the allocation, which the hold does not block")
    until(lambda: not site.jobs(kind="submit"), "the job to let go")
    assert site.order(order_id).fulfillments[0].negotiation is Negotiation.UNSUBMITTED
    site.engine.run(ReleaseHold(order=order_id, hold=1))
    site.until_units(order_id, "delivered", 1)


def test_a_test_order_goes_to_the_sandbox_and_to_nobody_else(site: Site) -> None:
    site.put_location("lyon", PLACES["lyon"], partner="acme_wms")
    site.stock(TEE_lyon=3)
    order_id = site.place(("TEE", 1), is_test=True)
    until(lambda: site.order(order_id).tenders[0].authorized_minor == 1000, "the sandbox to authorize")
    assert site.jobs(state="dead") == []


def test_doubled_and_reordered_facts_have_one_effect_each(site: Site) -> None:
    faults = Faults(duplicate_probability=0.5, reorder_probability=0.5, reorder_hold_ms=60)
    site.behave(faults={Partner.WAREHOUSE: faults, Partner.CARRIER: faults})
    site.stock(TEE_lyon=80, MUG_lyon=80)
    ids = [site.place(("TEE", 1), ("MUG", 1)) for _ in range(25)]

    def delivered() -> bool:
        return all(sum(line.units.delivered for line in site.order(id_).lines) == 2 for id_ in ids)

    until(delivered, "all orders to be delivered")
    verdicts = {verdict for verdict, _ in site.door.verdicts}
    assert {"taken", "known"} <= verdicts
    site.until_no_jobs()
    assert counts(site, "payments")["captured_minor"] == 25 * 2000
    for id_ in ids:
        order = site.order(id_)
        assert len(order.parcels) == len(order.shipments) == 1
    assert site.rows("SELECT count(*) FROM inbox WHERE cell = %(cell)s AND state = 'parked'")[0][0] == 0


def test_a_declined_payment_waits_for_the_customer(site: Site) -> None:
    site.stock(TEE_lyon=1)
    order_id = site.place(("TEE", 1), token="tok_decline")
    until(lambda: site.order(order_id).tenders[0].declined, "the decline")
    assert site.order(order_id).fulfillments == ()
    site.until_no_jobs()


def test_what_left_before_the_cancellation_reached_the_location_is_shipped(still_site: Site) -> None:
    site = still_site
    site.stock(TEE_lyon=2)
    # The warehouse is done before its facts get here: it does not know where to yet.
    behavior = WarehouseBehavior(label_wait_ms=0)
    site.control("PUT", "settings", msgspec.structs.replace(QUICK, warehouse=behavior))
    site.start()
    order_id = site.place(("TEE", 2))
    until(lambda: "handed_over" in str(site.control("GET", "statistics")), "the parcel to leave")
    site.engine.run(CancelUnits(order=order_id, reason="changed mind"))
    site.behave(warehouse=behavior)
    order = site.until_units(order_id, "shipped", 2)
    assert [hold.type for hold in order.holds] == ["late_shipment"]
    assert [event for event, _ in site.door.verdicts if event == "refused"] == []
    site.until_no_jobs()
    site.verified()
