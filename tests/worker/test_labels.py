"""Labels are bought, kept as they came, given back, and bought again."""

import hashlib

import msgspec
import pytest

from orderline.core.orders.commands import PackUnits, ParcelInput, PickUnits, ShipParcels
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.orders.state import LineQuantity, Order
from orderline.core.shipments.commands import RequestLabel, VoidLabel
from orderline.core.shipments.manifests import CloseManifest, ManifestedParcel, ManifestRefusal
from orderline.sandbox.settings import Partner
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from worker.site import PLACES, Site, until


def packed(site: Site) -> OrderId:
    """An order packed by people at a location of our own, with a label."""
    site.put_location("lyon", PLACES["lyon"], partner="")
    site.stock(TEE_lyon=2)
    order_id = site.place(("TEE", 2))
    site.until_units(order_id, "allocated", 2)
    both = (LineQuantity(1, 2),)
    site.engine.run(PickUnits(order=order_id, fulfillment=1, lines=both))
    site.engine.run(PackUnits(order=order_id, fulfillment=1, parcels=(ParcelInput(items=both, weight_g=900),)))
    until(lambda: site.order(order_id).parcels[0].tracking_number, "a label")
    return order_id


def kept(site: Site) -> list[tuple[str, str, bytes]]:
    text = "SELECT tracking_number, format, content FROM label_documents WHERE cell = %(cell)s ORDER BY 1, 2"
    return [(number, form, bytes(content)) for number, form, content in site.rows(text)]


def void(site: Site, order_id: OrderId) -> Order:
    site.engine.run(VoidLabel(order=order_id, parcel=1, reason="wrong box"))
    return until(lambda: order if not (order := site.order(order_id)).parcels[0].voiding else None, "an answer")


def test_a_label_is_kept_in_both_formats_with_what_it_cost(site: Site) -> None:
    order_id = packed(site)
    [parcel] = site.order(order_id).parcels
    assert (parcel.cost_minor, parcel.cost_currency, parcel.partner) == (570, "EUR", "sandbox_carriers")
    found = kept(site)
    assert [(number, form) for number, form, _ in found] == [(parcel.tracking_number, f) for f in ("pdf", "zpl")]
    digests = {form: hashlib.sha256(content).hexdigest() for _, form, content in found}
    assert {each.format: each.sha256 for each in parcel.documents} == digests
    assert found[0][2].startswith(b"%PDF-")
    site.verified()


def test_a_parcel_does_not_leave_on_a_label_that_was_given_back(site: Site) -> None:
    order_id = packed(site)
    first = site.order(order_id).parcels[0].tracking_number
    order = void(site, order_id)
    assert (order.parcels[0].state, order.parcels[0].tracking_number) == ("packed", "")
    assert site.control("GET", "statistics")["partners"]["carrier"]["counts"] == {"voided": 1}
    with pytest.raises(Refused) as refused:
        site.engine.run(ShipParcels(order=order_id, fulfillment=1))
    assert refused.value.code is OrderRefusal.LABEL_VOIDED
    site.engine.run(RequestLabel(order=order_id, parcel=1, service="express"))
    until(lambda: site.order(order_id).parcels[0].tracking_number, "another label")
    [parcel] = site.order(order_id).parcels
    assert parcel.tracking_number != first
    assert (parcel.service, parcel.voided) == ("express", (first,))
    assert len(kept(site)) == 4
    site.engine.run(ShipParcels(order=order_id, fulfillment=1))
    with pytest.raises(Refused) as refused:
        site.engine.run(VoidLabel(order=order_id, parcel=1))
    assert refused.value.code is OrderRefusal.LABEL_USED
    site.until_no_jobs()
    site.verified()


def test_a_label_the_carrier_does_not_take_back_stays_in_force(site: Site) -> None:
    order_id = packed(site)
    number = site.order(order_id).parcels[0].tracking_number
    site.call("POST", "/carrier/manifests", {"key": "m", "location": "lyon", "trackings": [number]})
    [parcel] = void(site, order_id).parcels
    assert (parcel.tracking_number, parcel.voided) == (number, ())
    site.engine.run(ShipParcels(order=order_id, fulfillment=1))
    site.until_no_jobs()


def test_a_lost_answer_voids_a_label_once(site: Site) -> None:
    order_id = packed(site)
    site.misbehave(Partner.CARRIER, drop_next=1)
    site.engine.run(VoidLabel(order=order_id, parcel=1))
    until(lambda: any(job["last_error"] for job in site.jobs(kind="void_label")), "a job to be tried again")
    site.clock.forward(60)
    until(lambda: site.order(order_id).parcels[0].voided, "the label to be void")
    site.until_no_jobs()
    site.verified()


def test_a_manifest_is_told_to_the_carrier_once_and_takes_each_parcel_once(site: Site) -> None:
    order_id = packed(site)
    site.engine.run(ShipParcels(order=order_id, fulfillment=1))
    order = site.order(order_id)
    day = order.shipments[0].handed_over_at.date()
    parcels = (ManifestedParcel(order_id, 1),)
    asked = CloseManifest(manifest="M-1", location="lyon", carrier="sandbox", day=day, parcels=parcels)
    for _ in range(2):
        site.engine.run(asked)
    until(lambda: site.rows("SELECT 1 FROM records WHERE cell = %(cell)s AND state = 'confirmed'"), "a receipt")
    number = order.parcels[0].tracking_number
    assert site.call("GET", f"/carrier/parcels/{number}")["state"] != "label_created"
    for name, code in (("M-1", ManifestRefusal.MANIFEST_EXISTS), ("M-2", ManifestRefusal.MANIFEST_EMPTY)):
        again = msgspec.structs.replace(asked, manifest=name, location="lille" if name == "M-1" else "lyon")
        with pytest.raises(Refused) as refused:
            site.engine.run(again)
        assert refused.value.code is code
    site.until_units(order_id, "delivered", 2)
    site.until_no_jobs()
    site.verified()
