"""A connection for reading, opened and closed around a command."""

from collections.abc import Iterator
from contextlib import contextmanager

from orderline.cli.ports import installation
from orderline.store.reading.source import Source, open_source


@contextmanager
def reading() -> Iterator[Source]:
    """The reading side of the installation's database."""
    with installation().database() as database:
        source = open_source(database)
        try:
            yield source
        finally:
            source.connection.close()
