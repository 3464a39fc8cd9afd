"""Claims that nobody has to think of: lost, damaged, late and not received, as carriers tell over real HTTP."""

from datetime import UTC, datetime, timedelta

from orderline.core.orders.commands import PackUnits, ParcelInput, PickUnits, ShipParcels, TrackParcel
from orderline.core.orders.state import LineQuantity
from orderline.core.promises.commands import PutCarrierService
from orderline.core.promises.tables import DISTANCES
from orderline.core.promises.transit import CarrierService, Lane
from orderline.core.returns.orphan_commands import OrphanItemInput, ReceiveOrphan
from orderline.core.shipments import missing_parcels as mp
from orderline.core.shipments.carrier_claims import CarrierClaim, ClaimState
from orderline.sandbox.settings import CarrierBehavior
from orderline.store.documents import load_claim
from orderline.store.working import read_records
from orderline.values.ids import OrderId
from worker.site import PLACES, Site, until, without


def labeled(site: Site) -> OrderId:
    """An order packed at a location of our own, with a label."""
    site.put_location("lyon", PLACES["lyon"], partner="")
    site.stock(TEE_lyon=9)
    order_id = site.place(("TEE", 2))
    site.until_units(order_id, "allocated", 2)
    both = (LineQuantity(1, 2),)
    site.engine.run(PickUnits(order=order_id, fulfillment=1, lines=both))
    site.engine.run(PackUnits(order=order_id, fulfillment=1, parcels=(ParcelInput(items=both, weight_g=900),)))
    until(lambda: site.order(order_id).parcels[0].tracking_number, "a label")
    return order_id


def sent(site: Site) -> OrderId:
    """The same, on its way as the sandbox carrier has it."""
    order_id = labeled(site)
    site.engine.run(ShipParcels(order=order_id, fulfillment=1))
    number = site.order(order_id).parcels[0].tracking_number
    site.call("POST", "/carrier/manifests", {"key": f"m-{order_id}", "location": "lyon", "trackings": [number]})
    return order_id


def claim_of(site: Site, order_id: OrderId, reason: str) -> CarrierClaim | None:
    return load_claim(site.database, f"auto-{order_id}-1-{reason}")


def until_claimed(site: Site, order_id: OrderId, reason: str) -> CarrierClaim:
    return until(lambda: claim_of(site, order_id, reason), f"a claim for {reason}")


def test_a_lost_parcel_is_claimed_for_with_evidence_and_a_deadline(site: Site) -> None:
    site.behave(carrier=CarrierBehavior(lost_probability=1))
    order_id = sent(site)
    claim = until_claimed(site, order_id, "lost")
    assert (claim.state, claim.value_minor, claim.currency, claim.automatic) == (ClaimState.DRAFTED, 2000, "EUR", True)
    assert claim.due_at == site.order(order_id).shipments[0].handed_over_at + timedelta(days=30)
    told = [each.what for each in claim.evidence]
    assert told[0].startswith("handed over at lyon: sandbox standard SBX")
    assert "lost LO Lyon FR" in told
    # nobody files it in time
    site.clock.forward(31 * 86_400)
    until(lambda: (c := claim_of(site, order_id, "lost")) and c.state is ClaimState.LAPSED, "the claim to lapse")
    site.verify_all()


def test_the_claim_for_a_parcel_that_turns_up_is_withdrawn(site: Site) -> None:
    site.behave(carrier=CarrierBehavior(lost_probability=1))
    order_id = sent(site)
    until_claimed(site, order_id, "lost")
    site.engine.run(TrackParcel(order=order_id, parcel=1, state="delivered"))
    until(lambda: (c := claim_of(site, order_id, "lost")) and c.state is ClaimState.WITHDRAWN, "the claim to end")
    site.verified()


def test_a_damaged_parcel_is_claimed_for_though_it_arrives(site: Site) -> None:
    site.behave(carrier=CarrierBehavior(damage_probability=1))
    order_id = sent(site)
    claim = until_claimed(site, order_id, "damaged")
    assert claim.value_minor == 2000
    site.until_units(order_id, "delivered", 2)
    site.until_no_jobs()
    site.verified()


def test_what_comes_later_than_guaranteed_is_claimed_for_at_the_price_of_its_way(still_site: Site) -> None:
    site = still_site
    lanes = tuple(Lane(zone=zone, days_min=1, days_max=3) for zone in ("local", "regional", "far", "national"))
    rules = CarrierService(
        carrier="sandbox", service="standard", zones=DISTANCES, currency="EUR", lanes=lanes, guaranteed_days=2
    )
    site.engine.run(PutCarrierService(carrier_service="sandbox-standard", rules=rules))
    site.start()
    order_id, quick = labeled(site), labeled(site)
    left = datetime.now(UTC) - timedelta(days=20)
    site.engine.run(ShipParcels(order=order_id, fulfillment=1, occurred_at=left))
    site.engine.run(ShipParcels(order=quick, fulfillment=1))
    for each in (order_id, quick):
        site.engine.run(TrackParcel(order=each, parcel=1, state="delivered"))
    site.clock.forward(3_700)
    claim = until_claimed(site, order_id, "late")
    assert (claim.value_minor, claim.currency) == (570, "EUR")
    assert "guaranteed within 2 working days" in claim.evidence[-1].what
    assert claim_of(site, quick, "late") is None
    site.verify_all()


def test_claims_can_be_switched_off(still_site: Site) -> None:
    site = still_site
    site.services = without(site.services, auto_claims=False)
    site.behave(carrier=CarrierBehavior(lost_probability=1))
    site.start()
    order_id = sent(site)
    site.until_units(order_id, "lost", 2)
    site.until_no_jobs()
    assert claim_of(site, order_id, "lost") is None
    site.verified()


def test_a_parcel_that_was_not_received_is_lost_after_all(site: Site) -> None:
    order_id = sent(site)
    site.until_units(order_id, "delivered", 2)
    site.engine.run(mp.ReportMissing(case="N-1", order=order_id, parcel=1, note="the neighbors have nothing"))
    accepted = mp.DecideMissing(case="N-1", order=order_id, state=mp.MissingState.ACCEPTED, answer="no proof")
    site.engine.run(accepted)
    order = site.until_units(order_id, "lost", 2)
    assert order.parcels[0].state == "lost"
    assert until_claimed(site, order_id, "lost").state is ClaimState.DRAFTED
    site.until_no_jobs()
    site.verified()


def test_goods_with_no_order_known_are_looked_for_until_their_time_is_over(site: Site) -> None:
    site.stock(TEE_lyon=1)
    came = ReceiveOrphan(orphan="G-1", location="lyon", items=(OrphanItemInput(sku="TEE", quantity=1),), keep_days=2)
    site.engine.run(came)
    site.clock.forward(2 * 86_400 + 60)
    late = until(lambda: (known := read_records(site.database, "orphan", ["G-1"])["G-1"]).overdue and known, "its day")
    assert (late.next_step, late.owner) == ("dispose_orphan", "lyon")
    site.verify_all()
