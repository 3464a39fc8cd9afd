"""A shop with some history, for those who only read."""

from collections.abc import Iterator

import pytest

from store.busy import BusyShop, busy_shop
from support.databases import Databases


@pytest.fixture(scope="session")
def busy(databases: Databases) -> Iterator[BusyShop]:
    """A few hundred orders of every sort; tests leave them as they are."""
    with databases.migrated() as dsn, busy_shop(dsn) as made:
        yield made
