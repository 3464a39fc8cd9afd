"""A connection for reading, opened and closed around a command."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from orderline.cli.ports import installation
from orderline.store.database import Database
from orderline.store.reading.source import Source, open_source


@contextmanager
def reading(database: Database | None = None) -> Iterator[Source]:
    """The reading side of a database: the installation's, when none is given."""
    with nullcontext(database) if database is not None else installation().database() as here:
        source = open_source(here)
        try:
            yield source
        finally:
            source.connection.close()
