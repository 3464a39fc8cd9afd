"""What the database is made of: one that is distributed by `cell` could hold it as it stands."""

import re
from collections.abc import Iterator
from typing import LiteralString

import psycopg
import pytest

from orderline.store.queries import all_queries
from support.repository import PACKAGE

# Indexes that do not begin with `cell`, each with its reason.
INDEXES_WITHOUT_CELL = {
    "orders_by_tag": "GIN holds no integer without an extension; the few rows found are filtered",
}
# Queries that touch no table of a cell.
QUERIES_WITHOUT_CELL = {
    ("measuring", "deadlocks"): "asks the server about itself",
    ("measuring", "tables_filled"): "asks the server what is there",
    ("outbox", "lightly"): "sets how the transaction is written",
    ("reading_lists", "from_ids"): "a part of other queries",
    ("reading_lists", "last_candidate"): "a part of other queries",
    ("reconciling", "position_now"): "asks the server how far its transactions are",
    ("restoring", "keep_offset"): "sets the database up as a whole",
    ("restoring", "own_tables"): "asks the server what is there",
    ("restoring", "position_offset"): "reads what `keep_offset` has set",
}
# Conditions that lists of orders are put together from, by the name of the filter.
FRAGMENT = "where_"
FORBIDDEN: dict[str, LiteralString] = {
    "triggers": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    "rules": "SELECT rulename FROM pg_rules WHERE schemaname = 'public'",
    "functions": "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "sequences": "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'",
    "exclusion or deferrable constraints": "SELECT conname FROM pg_constraint WHERE contype = 'x' OR condeferrable",
    "row security": "SELECT relname FROM pg_class WHERE relrowsecurity",
    "columns with an identity": "SELECT attname FROM pg_attribute WHERE attidentity <> ''",
}


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as made:
        yield made


def test_every_table_has_a_key_that_begins_with_cell(connection: psycopg.Connection) -> None:
    rows = connection.execute(
        "SELECT c.relname, a.attname FROM pg_class AS c"
        " LEFT JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisprimary"
        " LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
    ).fetchall()
    assert len(rows) > 20
    assert {table for table, first in rows if first != "cell"} == set()


def test_every_unique_and_every_other_index_begins_with_cell(connection: psycopg.Connection) -> None:
    rows = connection.execute(
        "SELECT c.relname, i.indisunique, a.attname FROM pg_index AS i"
        " JOIN pg_class AS c ON c.oid = i.indexrelid"
        " LEFT JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]"
        " WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition"
    ).fetchall()
    without = {index: unique for index, unique, first in rows if first != "cell"}
    assert without == dict.fromkeys(INDEXES_WITHOUT_CELL, False)


def test_no_foreign_key_leaves_its_cell(connection: psycopg.Connection) -> None:
    rows = connection.execute(
        "SELECT k.conname, a.attname FROM pg_constraint AS k"
        " JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]"
        " WHERE k.contype = 'f' AND k.conparentid = 0"
    ).fetchall()
    assert {name for name, first in rows if first != "cell"} == set()


@pytest.mark.parametrize("what", FORBIDDEN)
def test_there_is_nothing_that_a_distributed_database_would_not_have(connection: psycopg.Connection, what: str) -> None:
    rows = connection.execute(FORBIDDEN[what]).fetchall()
    assert rows == []


def test_every_statement_names_the_cell() -> None:
    without = {
        (capability, name)
        for (capability, name), text in all_queries().items()
        if "%(cell)" not in text and not name.startswith(FRAGMENT)
    }
    assert without == set(QUERIES_WITHOUT_CELL)


def test_every_query_says_what_it_is_for() -> None:
    assert {name for name, text in all_queries().items() if not text.startswith("-- ")} == set()


def audited() -> set[str]:
    """The queries of the audit log, whose names are put together: of each journal, by each way to look at it."""
    back = {f"{name}_back" for name in ("orders", "order", "records", "record")}
    looked = {"orders_looked", "records_looked", "records_looked_of_kind"}
    return back | looked | {"orders_by_hand", "records_by_hand"}


def test_every_named_query_is_used() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    told = (
        set(re.findall(r'"(\w+)"', source))
        | audited()
        | {f"{name}_between" for name in re.findall(r'"(\w+)": [01]\b', source)}
    )
    unused = {(capability, name) for capability, name in all_queries() if name not in told}
    assert {each for each in unused if not each[1].startswith(FRAGMENT)} == set()
