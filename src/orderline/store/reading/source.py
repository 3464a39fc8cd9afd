"""Where reading functions read from: a connection and a cell."""

from typing import Any

import msgspec
import psycopg

from orderline.core.stock.state import Settings
from orderline.store.database import Database, connect
from orderline.store.loading import load_settings
from orderline.store.queries import query

Rows = list[tuple[Any, ...]]

encode = msgspec.json.Encoder().encode


class Source:
    """Runs queries of the files `sql/reading_*.sql` by name on one connection."""

    def __init__(self, connection: psycopg.Connection, cell: int) -> None:
        self.connection = connection
        self.cell = cell

    def rows(self, capability: str, name: str, **parameters: Any) -> Rows:
        """All rows of one query; `cell` is given by itself."""
        return self.run(query(capability, name), parameters)

    def run(self, text: Any, parameters: dict[str, Any]) -> Rows:
        """All rows of a query whose text is at hand."""
        return self.connection.execute(text, {"cell": self.cell, **parameters}, binary=True).fetchall()

    def settings(self) -> Settings:
        """All locations, pools and channels."""
        return load_settings(self.connection, self.cell)


def open_source(database: Database) -> Source:
    """A source with a connection of its own, which the caller closes; its statements go by index, whatever the
    statistics say.
    """
    connection = connect(database.dsn, prepared=database.prepared, by_index=True, name="orderline-reads")
    return Source(connection, database.cell)
