"""Returns with the outside: a label for the customer, and a carrier that brings goods back."""

import base64

from orderline.core.orders.commands import PackUnits, ParcelInput, PickUnits, ShipParcels, TrackParcel
from orderline.core.orders.state import LineQuantity
from orderline.core.returns import commands as r
from orderline.core.returns import repair_commands as rc
from orderline.core.returns.state import Custody, WayBack
from orderline.core.stock.commands import PutSkus
from orderline.core.stock.state import Sku, SkuKind
from orderline.values.ids import OrderId
from worker.site import PLACES, Site, until


def shipped(site: Site) -> OrderId:
    """An order sent from a location of our own."""
    site.put_location("lyon", PLACES["lyon"], partner="")
    site.stock(TEE_lyon=2)
    order = site.place(("TEE", 2))
    site.until_units(order, "allocated", 2)
    both = (LineQuantity(1, 2),)
    site.engine.run(PickUnits(order=order, fulfillment=1, lines=both))
    site.engine.run(PackUnits(order=order, fulfillment=1, parcels=(ParcelInput(items=both, weight_g=900),)))
    until(lambda: site.order(order).parcels[0].tracking_number, "a label")
    site.engine.run(ShipParcels(order=order, fulfillment=1))
    return order


def test_a_label_is_sent_to_the_customer_and_its_parcel_moves_the_return(site: Site) -> None:
    order = shipped(site)
    site.engine.run(TrackParcel(order=order, parcel=1, state="delivered"))
    wanted = (r.ReturnLineInput(line=1, quantity=1, reason="too_small"),)
    site.engine.run(r.RequestReturn(order=order, lines=wanted))
    label = until(lambda: site.order(order).returns[0].label, "a label for the way back")
    assert label.code == f"QR-{label.tracking_number}"
    assert (label.partner, {each.format for each in label.documents}) == ("sandbox_carriers", {"pdf", "zpl"})
    site.until_no_jobs()
    said = {each["message"]["subject"]: each["message"] for each in site.call("GET", "/notices/messages")["messages"]}
    number = site.order(order).number
    assert f"Your return of goods of {number}" in said
    enclosed = said[f"How to send goods of {number} back"]
    assert label.code in enclosed["text"]
    [file] = enclosed["files"]
    assert base64.b64decode(file["content"]).startswith(b"%PDF-")

    site.call("POST", "/carrier/manifests", {"key": "m", "location": "x", "trackings": [label.tracking_number]})
    until(lambda: site.order(order).returns[0].way is WayBack.DELIVERED, "the parcel at the location")
    assert site.order(order).returns[0].items[0].custody is Custody.IN_TRANSIT
    site.until_no_jobs()
    site.verified()


def test_a_customer_is_told_what_a_repair_costs_and_until_when_to_answer(site: Site) -> None:
    order = shipped(site)
    site.engine.run(PutSkus(skus=(Sku("SEW", "New seams", kind=SkuKind.SERVICE),)))
    site.engine.run(TrackParcel(order=order, parcel=1, state="delivered"))
    lines = (r.ReturnLineInput(line=1, quantity=1, reason="defective"),)
    site.engine.run(r.RequestReturn(order=order, lines=lines, repair=True, approve=True, reason="let us see"))
    here = r.ReceivedItemInput(item=1, quantity=1)
    site.engine.run(r.ReceiveReturn(order=order, number=1, receipt="r-1", location="lyon", items=(here,)))
    price = rc.AssessedInput(
        item=1, quantity=1, finding=rc.Finding.REPAIRABLE, covered=False, sku="SEW", price_minor=4950
    )
    site.engine.run(rc.AssessReturn(order=order, number=1, assessed=(price,)))
    site.until_no_jobs()
    found = site.order(order)
    [item] = found.returns[0].items
    assert item.custody is Custody.QUOTED
    [said] = [
        each["message"]["text"]
        for each in site.call("GET", "/notices/messages")["messages"]
        if each["message"]["subject"] == f"Your order {found.number}: what the repair costs"
    ]
    assert "costs 49.50 EUR. Please tell us until the end of" in said
    site.verified()
