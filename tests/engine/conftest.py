"""An engine on a database of the test's own."""

from collections.abc import Iterator

import pytest

from orderline.engine.engine import Engine
from orderline.store.database import Database


@pytest.fixture
def database(fresh_database: str) -> Iterator[Database]:
    """A clean database."""
    made = Database(fresh_database)
    yield made
    made.close()


@pytest.fixture
def engine(database: Database) -> Iterator[Engine]:
    """An engine on the clean database."""
    made = Engine(database)
    yield made
    made.close()


@pytest.fixture
def other(database: Database) -> Iterator[Engine]:
    """A second engine on that database."""
    second = Database(database.dsn)
    made = Engine(second)
    yield made
    made.close()
    second.close()
