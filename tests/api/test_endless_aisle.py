"""A store sells at its counter what only another location has."""

from api.stage import ADDRESS, Stage
from orderline.core.stock.commands import AdjustStock, PutChannel, PutSkus
from orderline.core.stock.state import Channel, Sku
from orderline.store.working import read_orders
from support.engines import assert_clean, order_id_of


def test_what_the_store_has_is_claimed_there_and_the_rest_in_the_network(stage: Stage) -> None:
    stage.engine.run(PutChannel(channel=Channel("counter", "Paris counter", ("shops", "eu"))))
    stage.engine.run(PutSkus(skus=(Sku("AISLE", "Sold at a counter"),)))
    for location, quantity in (("paris", 1), ("lyon", 5)):
        stage.engine.run(AdjustStock(sku="AISLE", location=location, quantity=quantity, reason="received"))
    placed = stage.call(
        "POST",
        "/v1/orders",
        json={
            "channel": "counter", "external_id": "TILL-7", "currency": "EUR", "total_minor": 6000,
            "customer": {"name": "Ann Lee", "email": "ann@example.com"}, "groups": [{"address": ADDRESS}],
            "lines": [{"sku": "AISLE", "quantity": 3, "unit_price_minor": 2000}],
            "tenders": [{"provider": "till", "amount_minor": 6000, "method": "cash", "state": "captured"}],
        },
    )  # fmt: skip
    assert placed.status_code == 201, placed.text
    order = order_id_of(placed.content)
    claims = read_orders(stage.database, [order])[order].lines[0].claims
    assert [(share.pool, share.quantity) for share in claims] == [("shops", 1), ("eu", 2)]
    assert placed.json()["status"]["payment"] == "paid"
    assert_clean(stage.database)
