"""Migrations: applied once, under whatever name, and never changed."""

import psycopg
import pytest

from orderline.store import migrations
from orderline.store.migrations import RENAMED, MigrationError, migrate, pending


def names() -> list[str]:
    return list(migrations._files())


def test_former_names_are_of_migrations_that_there_are() -> None:
    assert set(RENAMED.values()) <= set(names())
    assert not set(RENAMED) & set(names())


def test_what_was_applied_under_a_former_name_is_not_applied_again(empty_database: str) -> None:
    assert pending(empty_database) == migrate(empty_database) == names()
    with psycopg.connect(empty_database, autocommit=True) as connection:
        for before, now in RENAMED.items():
            changed = connection.execute("UPDATE migrations SET name = %s WHERE name = %s", [before, now])
            assert changed.rowcount == 1
    assert pending(empty_database) == migrate(empty_database) == []


def test_a_migration_that_was_changed_or_is_not_known_is_told(empty_database: str) -> None:
    migrate(empty_database)
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("UPDATE migrations SET hash = 'x' WHERE name = '0001_spine.sql'")
        with pytest.raises(MigrationError, match=r"0001_spine\.sql was changed"):
            migrate(empty_database)
        connection.execute("UPDATE migrations SET name = '9999_later.sql' WHERE name = '0001_spine.sql'")
        with pytest.raises(MigrationError, match="a later release"):
            migrate(empty_database)


def test_each_migration_stands_when_the_next_one_fails(empty_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        migrations,
        "_files",
        lambda: {"0001_a.sql": "CREATE TABLE a (x integer)", "0002_b.sql": "CREATE TABLE a (y integer)"},
    )
    with pytest.raises(psycopg.errors.DuplicateTable):
        migrate(empty_database)
    assert pending(empty_database) == ["0002_b.sql"]
