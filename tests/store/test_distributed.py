"""The same SQL with every table split by `cell`: PostgreSQL itself refuses what a distributed database would."""

import re

import psycopg
import pytest

from orderline.store import migrations, partitions
from support.engine_shop import EngineShop
from support.machine import simulate
from support.shop import order_of

STOCK = [("TEE-M", "lyon", 6), ("TEE-M", "lille", 2), ("MUG", "lyon", 3), ("MUG", "paris", 1)]
_TABLE = re.compile(r"CREATE TABLE (\w+) \((.*?)\n\)([^;]*);", re.DOTALL)


def split_by_cell(text: str) -> str:
    """The migration with each table in two parts by the hash of its cell; settings of storage fall away."""
    return _TABLE.sub(
        lambda found: (
            f"CREATE TABLE {found[1]} ({found[2]}\n) PARTITION BY HASH (cell);\n"
            + "".join(
                f"CREATE TABLE {found[1]}_{part} PARTITION OF {found[1]}"
                f" FOR VALUES WITH (MODULUS 2, REMAINDER {part});\n"
                for part in range(2)
            )
        ),
        text,
    )


@pytest.fixture
def split_database(empty_database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A migrated database of which every table is split by cell."""
    files = migrations._files
    monkeypatch.setattr(migrations, "_files", lambda: {name: split_by_cell(text) for name, text in files().items()})
    monkeypatch.setattr(partitions, "PARTITIONED", ())
    migrations.migrate(empty_database)
    return empty_database


def part_of(dsn: str, cell: int) -> int:
    """The part a cell's rows are in."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute(
            "SELECT satisfies_hash_partition('orders'::regclass, 2, 0, %s::int)", [cell]
        ).fetchone()
    assert row is not None
    return 0 if row[0] else 1


def test_every_table_is_split(split_database: str) -> None:
    with psycopg.connect(split_database, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind = 'r' AND NOT relispartition"
        ).fetchall()
    assert [name for (name,) in rows] == ["migrations"]


@pytest.mark.slow
def test_the_engine_works_on_split_tables_cell_by_cell(split_database: str) -> None:
    for cell in range(4):
        shop = EngineShop(split_database, STOCK, cell=cell)
        # the same names in each cell: nothing of another cell is in the way
        shop.place(order_of("A-1", ("TEE-M", 1, 2000)))
        assert simulate(shop, 2_000, 120, shop.place, lambda: None) > 20
        shop.close()


def scans_and_rows(dsn: str, part: int) -> dict[str, tuple[int, int]]:
    """How often each table's part was read, and how many rows were put there."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT relname, coalesce(seq_scan, 0) + coalesce(idx_scan, 0), n_tup_ins FROM pg_stat_user_tables"
            " WHERE relname ~ %s",
            [f"_{part}$"],
        ).fetchall()
    return {name: (scans, inserted) for name, scans, inserted in rows}


def test_each_statement_stays_in_the_part_of_its_cell(split_database: str) -> None:
    own = part_of(split_database, 0)
    before = scans_and_rows(split_database, 1 - own)
    shop = EngineShop(split_database, STOCK, cell=0)
    simulate(shop, 2_001, 60, shop.place, lambda: None)
    shop.close()
    assert scans_and_rows(split_database, 1 - own) == before
    assert len(before) > 20
    assert sum(inserted for _, inserted in scans_and_rows(split_database, own).values()) > 50
