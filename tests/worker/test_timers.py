"""What the clock brings about, who leads it, and what stock that comes or goes leads to."""

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from orderline.core.orders.commands import CancelUnits
from orderline.core.stock.commands import AdjustStock, CartLineInput, HoldCart, PutSkus
from orderline.core.stock.lots import LotUnits, Tracking
from orderline.core.stock.state import Sku
from orderline.sandbox.settings import Span, WarehouseBehavior
from orderline.store.database import Database
from orderline.store.liveness import Rounds, alarmed_orders, stuck_among, stuck_orders, take_lease
from orderline.values.ids import CartHoldId, new_id
from orderline.worker.inbound import Inbound
from orderline.worker.timers import Timers
from orderline.worker.work import Work
from worker.site import Site, until


def held(site: Site) -> int:
    return site.rows("SELECT sum(held) FROM pool_levels WHERE cell = %(cell)s")[0][0]


def test_a_cart_gives_its_units_back_when_its_time_is_over(site: Site) -> None:
    site.stock(TEE_lyon=2)
    site.engine.run(HoldCart(cart=CartHoldId(new_id()), channel="web", lines=(CartLineInput("TEE", 2),), ttl_s=60))
    assert held(site) == 2
    # The engine has the real clock: the cart's end is put back.
    with site.database.connection() as connection:
        connection.execute(
            "UPDATE cart_holds SET expires_at = now() - interval '1 minute',"
            " body = jsonb_set(body::jsonb, '{expires_at}', to_jsonb(now() - interval '1 minute'))::text"
        )
    until(lambda: held(site) == 0, "the units to be given back")


def test_what_expires_leaves_what_is_sold(site: Site) -> None:
    site.engine.run(PutSkus(skus=(Sku("MILK", "Milk", tracking=Tracking.LOT, min_shelf_days=2),)))
    today = datetime.now(UTC).date()
    lots = (LotUnits("A", 2, today + timedelta(days=3)), LotUnits("B", 3, today + timedelta(days=60)))
    site.engine.run(AdjustStock(sku="MILK", location="lyon", quantity=5, reason="received", lots=lots))
    with site.database.connection() as connection:  # the engine has the real clock: the lot's end is put back
        connection.execute("UPDATE lots SET expires_on = expires_on - 2 WHERE lot = 'A'")

    def blocked() -> bool:
        site.clock.forward(301)
        return site.rows("SELECT sellable, blocked FROM stock WHERE cell = %(cell)s AND sku = 'MILK'") == [(3, 2)]

    until(blocked, "the lot to be blocked")


def test_an_order_is_closed_when_its_windows_are_past(site: Site) -> None:
    site.stock(TEE_lyon=1)
    order_id = site.place(("TEE", 1))
    site.until_units(order_id, "delivered", 1)
    site.until_no_jobs()
    assert site.order(order_id).closed_at is None
    site.clock.forward(15 * 86_400)
    until(lambda: site.order(order_id).closed_at is not None, "the order to be closed")


def test_units_that_a_cancellation_gives_back_go_to_those_who_wait(site: Site) -> None:
    site.behave(warehouse=WarehouseBehavior(accept=Span(60_000, 60_000)))
    site.stock(TEE_lyon=1)
    first = site.place(("TEE", 1))
    site.until_units(first, "allocated", 1)
    second = site.place(("TEE", 1))
    site.engine.run(CancelUnits(order=first, reason="changed mind"))

    def served() -> bool:
        site.clock.forward(31)
        return site.order(second).lines[0].units.allocated == 1

    until(served, "the second order to be served")


def test_a_fault_in_one_piece_keeps_no_other_from_being_done(
    still_site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    work = Work(still_site.services, "ann")
    timers = Timers(work, Inbound(still_site.services, work))
    with still_site.database.connection() as connection:
        connection.execute("ALTER TABLE cart_holds RENAME TO cart_holds_elsewhere")
        connection.commit()
        connection.execute("INSERT INTO commands VALUES (0, 'old', '', now() - interval '1 year', '')")
        connection.commit()
        try:
            assert asyncio.run(timers.tick())
        finally:
            connection.execute("ALTER TABLE cart_holds_elsewhere RENAME TO cart_holds")
            connection.commit()
            asyncio.run(work.close())
    assert "cart_holds" in caplog.text
    assert still_site.rows("SELECT key FROM commands WHERE cell = %(cell)s AND key = 'old'") == []


def test_work_is_taken_away_from_a_shelf_with_too_little(site: Site) -> None:
    site.behave(warehouse=WarehouseBehavior(accept=Span(60_000, 60_000)))
    site.stock(TEE_lyon=2, TEE_lille=0)
    first = site.place(("TEE", 1))
    site.until_units(first, "allocated", 1)
    # Which of two is paid first is nobody's to say: the later one is placed when the earlier one has its shelf.
    second = site.place(("TEE", 1))
    site.until_units(second, "allocated", 1)
    site.stock(TEE_lille=1)
    site.stock(TEE_lyon=1)
    # What was promised last goes elsewhere.
    until(lambda: site.order(second).fulfillments[-1].location == "lille", "the second order to go elsewhere")
    assert site.order(first).fulfillments[-1].location == "lyon"
    assert site.rows("SELECT count(*) FROM oversold WHERE cell = %(cell)s") == [(0,)]


def test_an_order_that_nobody_moves_is_found(still_site: Site) -> None:
    still_site.stock(TEE_lyon=1)
    order_id = still_site.place(("TEE", 1))
    assert stuck_orders(still_site.database) == []
    with still_site.database.connection() as connection:
        connection.execute("CREATE TABLE kept AS SELECT * FROM outbox")
        connection.execute("DELETE FROM outbox")
    [stuck] = stuck_orders(still_site.database)
    assert (stuck.id, stuck.next_step) == (order_id, "authorize_payment")
    assert stuck_among(still_site.database, []) == []
    with still_site.database.connection() as connection:
        connection.execute("INSERT INTO outbox SELECT * FROM kept")
        connection.execute("DROP TABLE kept")
    assert stuck_orders(still_site.database) == []


def test_an_alarm_is_raised_and_is_over_by_itself(still_site: Site) -> None:
    still_site.stock(TEE_lyon=3)
    ids = [still_site.place(("TEE", 1)) for _ in range(3)]
    database = still_site.database
    assert watch(still_site) == 0
    with database.connection() as connection:
        connection.execute("CREATE TABLE kept AS SELECT * FROM outbox")
        connection.execute("DELETE FROM outbox")
    assert watch(still_site) == 3
    assert watch(still_site) == 3  # and is raised once
    assert alarmed_orders(database) == set(ids)
    alarm = still_site.order(ids[0]).alarm
    assert alarm is not None
    assert alarm.step == "authorize_payment"
    told = [
        each for (body,) in database.rows("SELECT body FROM journal") for each in msgspec.json.decode(body)["events"]
    ]
    assert [each["event"] for each in told].count("alarm_raised") == 3
    with database.connection() as connection:
        connection.execute("INSERT INTO outbox SELECT * FROM kept")
        connection.execute("DROP TABLE kept")
    assert watch(still_site) == 0
    assert alarmed_orders(database) == set()
    assert still_site.order(ids[0]).alarm is None
    still_site.verify_all()


def test_orders_are_looked_through_some_at_a_time_and_again(still_site: Site) -> None:
    still_site.stock(TEE_lyon=5)
    ids = sorted(still_site.place(("TEE", 1)) for _ in range(5))
    rounds = Rounds()
    database = still_site.database
    pages = [rounds.next(database, 2) for _ in range(3)]
    assert pages == [ids[:2], ids[2:4], ids[4:]]
    assert rounds.is_over
    assert rounds.next(database, 2) == ids[:2]
    assert not rounds.is_over


def watch(site: Site) -> int:
    async def once() -> int:
        work = Work(site.services, "watcher")
        inbound = Inbound(site.services, work)
        try:
            return await Timers(work, inbound).watch_orders()
        finally:
            await work.close()

    return asyncio.run(once())


def test_one_leads_until_its_lease_is_over(fresh_database: str) -> None:
    database = Database(fresh_database)
    now, lasts = datetime.now(UTC), timedelta(seconds=10)
    assert take_lease(database, "timers", "ann", now, lasts)
    assert not take_lease(database, "timers", "bob", now + timedelta(seconds=9), lasts)
    assert take_lease(database, "timers", "ann", now + timedelta(seconds=9), lasts)
    assert not take_lease(database, "timers", "bob", now + timedelta(seconds=12), lasts)
    assert take_lease(database, "timers", "bob", now + timedelta(seconds=20), lasts)
    database.close()
