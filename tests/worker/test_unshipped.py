"""A channel that was told of a shipment is told that it has not left, or a person is asked to tell it."""

from typing import Any

import pytest

from orderline.connectors.sandbox_channels.connector import connector
from orderline.contracts.registry import Capability, Connector
from orderline.core.orders import commands as c
from orderline.core.orders.state import LineQuantity
from orderline.core.shipments.undoing import UndoHandover
from orderline.core.stock.commands import PutChannel
from orderline.core.stock.state import Channel, ShortPolicy
from orderline.values.ids import OrderId
from worker.site import PLACES, Site, until


def shipped(site: Site) -> OrderId:
    """An order of the shop that was handed over, and of which the shop is told so."""
    channel = Channel("web", "Web", ("fr",), short_policy=ShortPolicy.BACKORDER, partner="sandbox_channels")
    site.engine.run(PutChannel(channel=channel))
    site.put_location("lyon", PLACES["lyon"], partner="")
    site.stock(TEE_lyon=5)
    paid = c.TenderInput(provider="voucher", amount_minor=2000, state="captured")
    order = site.place(("TEE", 2), external_id="S-9", tenders=(paid,))
    items = (LineQuantity(1, 2),)
    for command in (
        c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "fr", "lyon", 2),)),
        c.AcceptFulfillment(order=order, fulfillment=1),
        c.PickUnits(order=order, fulfillment=1, lines=items),
        c.PackUnits(order=order, fulfillment=1, parcels=(c.ParcelInput(items=items),)),
        c.LabelParcel(order=order, parcel=1, carrier="post", tracking_number="T-9"),
        c.ShipParcels(order=order, fulfillment=1),
    ):
        site.engine.run(command)
    site.start()
    until(lambda: counts(site)["fulfillments"], "the shop to be told that it was shipped")
    return order


def counts(site: Site) -> dict[str, int]:
    return site.control("GET", "statistics")["partners"]["channel"]["counts"]


def told(site: Site) -> dict[str, Any]:
    return site.call("GET", "/channel/orders/S-9")


def test_a_channel_is_told_that_what_was_shipped_has_not_left(still_site: Site) -> None:
    order = shipped(still_site)
    still_site.engine.run(UndoHandover(order=order, fulfillment=1, reason="wrong pallet scanned"))
    [withdrawn] = until(lambda: told(still_site)["withdrawals"], "the shop to be told that it has not left")
    [fulfilled] = told(still_site)["fulfillments"]
    assert (withdrawn["fulfillment"], withdrawn["lines"]) == (fulfilled["key"], fulfilled["lines"])
    assert withdrawn["reason"] == "wrong pallet scanned"
    still_site.engine.run(c.ShipParcels(order=order, fulfillment=1))
    until(lambda: len(told(still_site)["fulfillments"]) == 2, "the shop to be told once more")
    still_site.verify_all()


def test_where_a_channel_can_not_be_told_a_person_is_asked_to(
    still_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = shipped(still_site)
    can = Connector.can
    monkeypatch.setattr(
        Connector,
        "can",
        lambda self, what: (self is not connector or what is not Capability.UNSHIP) and can(self, what),
    )
    still_site.engine.run(UndoHandover(order=order, fulfillment=1, reason="wrong pallet scanned"))
    [dead] = until(lambda: still_site.jobs(state="dead"), "somebody to be asked")
    assert "tell it by hand" in str(dead)
    assert told(still_site)["withdrawals"] == []
