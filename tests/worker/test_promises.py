"""Promises from the route until the parcel is there."""

from orderline.core.orders.promised import PromiseOutcome
from worker.site import Site


def test_an_order_is_promised_with_its_route_and_keeps_it(site: Site) -> None:
    site.stock(TEE_lyon=5)
    order_id = site.place(("TEE", 2))
    order = site.until_units(order_id, "delivered", 2)
    [promise] = order.promises
    assert promise.first.locations == ("lyon",)
    assert promise.first.services == ("standard-tables standard",)
    assert order.accepted_at < promise.first.earliest_at < promise.first.latest_at
    assert promise.first.source.startswith("decision ")
    assert (promise.outcome, promise.kept_last) == (PromiseOutcome.KEPT, True)
    site.until_no_jobs()
    site.verified()
