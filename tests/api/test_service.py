"""How often a location rejects what it is asked for, by SKU."""

from uuid import UUID

from api.stage import Stage
from orderline.core.orders.commands import AcceptFulfillment, RejectUnits
from orderline.core.orders.state import LineQuantity
from orderline.core.stock.commands import AdjustStock, PutSkus
from orderline.core.stock.state import Sku
from orderline.values.ids import OrderId
from support.engines import assert_clean


def test_what_was_offered_accepted_and_rejected_is_counted_by_sku(stage: Stage) -> None:
    stage.engine.run(PutSkus(skus=(Sku("SERVED", "Offered to Lyon"),)))
    stage.engine.run(AdjustStock(sku="SERVED", location="lyon", quantity=9, reason="received"))
    line = {"sku": "SERVED", "quantity": 4, "unit_price_minor": 2000}
    for test in (False, True):
        name = f"SERVICE-{test}"
        placed = stage.place(name, 4, lines=[line], is_test=test)
        if test:
            continue
        stage.allocate(placed["id"], 4)
        order = OrderId(UUID(placed["id"]))
        some = (LineQuantity(1, 1),)
        stage.engine.run(RejectUnits(order=order, fulfillment=1, lines=some, reason="broken", shelf="damaged"))
        stage.engine.run(AcceptFulfillment(order=order, fulfillment=1))
    told = stage.call("GET", "/v1/locations/lyon/service?sku=SERVED").json()["items"]
    assert told == [{"sku": "SERVED", "offered": 4, "accepted": 3, "rejected": 1, "rejected_ppm": 250_000}]
    stage.make_key("paris reads", "stock:read", locations=["paris"])
    assert stage.call("GET", "/v1/locations/lyon/service", "paris reads").status_code == 403
    assert stage.call("GET", "/v1/locations/lyon/service?days=0").status_code == 422
    assert_clean(stage.database)
