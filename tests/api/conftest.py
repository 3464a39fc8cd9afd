"""The API on a real PostgreSQL: one stage for all tests of a module, and one of a test's own."""

from collections.abc import Iterator

import pytest

from api.stage import SMALL, Stage, staged
from support.databases import Databases


@pytest.fixture(scope="module")
def stage(databases: Databases) -> Iterator[Stage]:
    """A furnished merchant; tests of a module share it, so each takes external ids of its own."""
    with databases.migrated() as dsn, staged(dsn) as made:
        yield made


@pytest.fixture(scope="module")
def small_stage(databases: Databases) -> Iterator[Stage]:
    """A furnished merchant whose API takes little at once."""
    with databases.migrated() as dsn, staged(dsn, limits=SMALL) as made:
        yield made
