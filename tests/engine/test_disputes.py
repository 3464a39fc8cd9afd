"""The table of disputes beside orders, while a release still writes that does not know it."""

from orderline.core.disputes.commands import TellDispute
from orderline.core.disputes.state import DisputeStage
from orderline.core.orders import commands as c
from orderline.engine.engine import Engine
from orderline.engine.verifying import verify
from support.engines import assert_clean, deliver, faults_of, open_shop, placed
from support.shop import order_of


def test_a_dispute_that_an_older_release_was_told_of_stands_with_the_next_fact_about_its_order(engine: Engine) -> None:
    open_shop(engine, [("TEE-M", "lyon", 2)])
    order = placed(engine, order_of("A-1", ("TEE-M", 1, 2000), paid="captured"))
    deliver(engine, order)
    for reference in ("D-1", "D-2"):
        told = TellDispute(
            order=order, tender=1, reference=reference, stage=DisputeStage.OPENED, amount_minor=1000, reason="fraud"
        )
        engine.run(told)
    with engine.database.connection() as connection:  # as an older release leaves it
        connection.execute("DELETE FROM order_disputes")
        connection.execute("COMMIT")
    assert "order_disputes" in str(faults_of(verify(engine.database)))
    engine.run(c.PlaceHold(order=order, hold=c.HoldInput(type="fraud", reason="the bank has called")))
    assert_clean(engine.database)
