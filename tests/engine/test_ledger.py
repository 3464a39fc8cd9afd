"""The ledger in the database: written with the journal or not at all, and compared with it."""

from typing import LiteralString

import psycopg
import pytest

from orderline.core.entities.commands import PutEntity
from orderline.core.entities.state import LegalEntity
from orderline.core.orders.commands import CancelUnits
from orderline.core.stock.commands import PutChannel
from orderline.core.stock.state import Channel
from orderline.engine.engine import Engine
from orderline.engine.verifying import verify
from support.engines import assert_clean, faults_of, open_shop, placed, value
from support.shop import order_of


@pytest.fixture
def paid(engine: Engine) -> Engine:
    """An order that was paid at once and is to be paid back, and one that is only promised."""
    open_shop(engine, [("TEE-M", "lyon", 10)])
    engine.run(CancelUnits(order=placed(engine, order_of("A-1", ("TEE-M", 2, 2000), paid="captured")), reason="x"))
    placed(engine, order_of("A-2", ("TEE-M", 1, 2000)))
    return engine


def test_the_table_has_what_the_journal_tells(paid: Engine) -> None:
    rows = value(
        paid.database, "SELECT array_agg(account || ' ' || amount_minor ORDER BY seq, n) FROM postings WHERE cell = 0"
    )
    assert rows == ["psp_clearing 4000", "deposits -4000", "deposits 4000", "refunds_payable -4000"]
    assert_clean(paid.database)


TAMPERING = [
    ("DELETE FROM postings WHERE account = 'deposits'",                     {"postings", "ledger"}),
    ("UPDATE postings SET amount_minor = amount_minor * 2",                 {"postings", "books"}),
    ("UPDATE postings SET account = 'bank' WHERE account = 'psp_clearing'", {"postings"}),
    ("UPDATE postings SET source = gen_random_uuid()",                      {"postings", "books"}),
    ("UPDATE postings SET source_kind = 'count'",                           {"postings", "books"}),
    ("UPDATE postings SET base_minor = 1 WHERE n = 1 AND seq = 1",          {"postings", "ledger"}),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "found_by"), TAMPERING)
def test_what_was_tampered_with_is_found(paid: Engine, statement: LiteralString, found_by: set[str]) -> None:
    with psycopg.connect(paid.database.dsn, autocommit=True) as connection:
        connection.execute(statement)
    assert found_by <= set(faults_of(verify(paid.database)))


def test_an_entity_is_kept_and_its_channels_post_to_its_books(engine: Engine) -> None:
    open_shop(engine, [("TEE-M", "lyon", 10)])
    engine.run(PutEntity(entity=LegalEntity(code="fr", name="Shirts SARL", currency="EUR", time_zone="Europe/Paris")))
    engine.run(PutChannel(channel=Channel("web", "Web shop", ("eu",), entity="fr")))
    placed(engine, order_of("A-1", ("TEE-M", 2, 2000), paid="captured"))
    assert value(engine.database, "SELECT array_agg(DISTINCT entity || ' ' || base) FROM postings") == ["fr EUR"]
    assert_clean(engine.database)
