"""A location that closes and opens: what it has is not promised meanwhile, whoever is stocking it at that moment."""

import psycopg
from msgspec.structs import replace

from orderline.core.orders import commands as c
from orderline.core.stock import commands as s
from orderline.engine.engine import Engine
from orderline.engine.submissions import Submission
from orderline.store.database import Database
from support.engines import assert_clean, open_shop, placed, value
from support.shop import LOCATIONS, order_of

LYON = next(location for location in LOCATIONS if location.code == "lyon")
PROMISABLE = "SELECT coalesce(sum(promisable), 0)::int FROM pool_levels WHERE sku = 'TEE-M' AND pool = 'eu'"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def test_closing_a_location_takes_its_stock_out_of_the_promise_and_opening_brings_it_back(engine: Engine) -> None:
    open_shop(engine, [("TEE-M", "lyon", 5), ("TEE-M", "lille", 1), ("MUG", "lyon", 2)])
    order = placed(engine, order_of("A-1", ("TEE-M", 2, 2000)))
    engine.run(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", 2),)))
    engine.run(s.PutLocation(location=replace(LYON, active=False)))
    assert value(engine.database, PROMISABLE) == 1
    assert value(engine.database, "SELECT count(*) FROM outbox WHERE kind = 'vacate'") == 1
    engine.run(s.AdjustStock(sku="TEE-M", location="lyon", quantity=4, reason="received"))
    engine.run(s.AdjustStock(sku="CAP-9", location="lyon", quantity=4, reason="received"))
    assert_clean(engine.database)
    engine.run(s.PutLocation(location=replace(LYON, active=True)))
    assert value(engine.database, PROMISABLE) == 8
    assert_clean(engine.database)


def test_who_waits_for_a_shelf_while_its_location_closes_begins_anew(engine: Engine) -> None:
    open_shop(engine, [("TEE-M", "lyon", 5)])
    database = Database(engine.database.dsn)
    other = Engine(database, threads=1)
    other.run(s.AdjustStock(sku="TEE-M", location="lille", quantity=1, reason="received"))
    with psycopg.connect(engine.database.dsn) as holder:
        holder.execute("SELECT FROM stock WHERE sku = 'TEE-M' AND location = 'lyon' FOR UPDATE")
        futures = [
            each.submit(Submission(command=command))
            for each, command in (
                (engine, s.PutLocation(location=replace(LYON, active=False))),
                (other, s.AdjustStock(sku="TEE-M", location="lyon", quantity=3, reason="received")),
            )
        ]
        while value(engine.database, WAITING) < 2:
            pass
    for future in futures:
        future.result(30).answer_or_raise()
    other.close()
    database.close()
    assert value(engine.database, PROMISABLE) == 1
    assert_clean(engine.database)
