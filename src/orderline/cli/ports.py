"""What the commands need of the installation around them; boot provides it, so that the CLI wires nothing."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import click
import msgspec

from orderline.contracts.carriers import Package
from orderline.core.documents.paper import Paper
from orderline.core.documents.state import Document
from orderline.core.orders.parcels import RateChoice
from orderline.engine.engine import Engine
from orderline.store.database import Database
from orderline.store.reading.source import Source
from orderline.values.failures import Refused
from orderline.values.ids import OrderId


class Stage(Protocol):
    """Everything running for the demo: the address of the API, a key for it, and the sandbox partners' address."""

    @property
    def base_url(self) -> str: ...

    @property
    def api_key(self) -> str: ...

    @property
    def sandbox_url(self) -> str: ...

    @property
    def sandbox_key(self) -> str: ...

    @property
    def data_dir(self) -> Path: ...

    @property
    def log(self) -> Path: ...

    @property
    def database(self) -> Database: ...

    def alive(self) -> bool:
        """Does the serving process run?"""
        ...


class Installation(Protocol):
    """The installation that the settings describe."""

    @property
    def data_dir(self) -> Path: ...

    def database(self) -> AbstractContextManager[Database]:
        """The database, running and migrated. Failure: it is not migrated. Trouble: it can't be reached."""
        ...

    def engine(self, database: Database) -> AbstractContextManager[Engine]:
        """An engine of this process's own on the database."""
        ...

    def serve(self, *, host: str | None, port: int | None, worker: bool | None, with_parent: bool = False) -> None:
        """Serve until asked to stop."""
        ...

    def work(self) -> None:
        """Do outside calls and follow-ups until asked to stop."""
        ...

    def sandbox(self, *, host: str, port: int | None, callbacks: str, secret: str) -> None:
        """Run the sandbox partners until asked to stop."""
        ...

    def stage(self, *, data_dir: Path, port: int | None, speed: int, seed: int) -> AbstractContextManager[Stage]:
        """Start everything that the demo needs, and stop it at the end."""
        ...

    def migrate(self) -> list[str]:
        """Bring the database to this release; the migrations applied now."""
        ...

    def pending(self) -> list[str]:
        """The migrations that the database lacks."""
        ...

    def rates(
        self, database: Database, order: OrderId, *, parcel: int, fulfillment: int, package: Package, live: bool
    ) -> RateChoice:
        """What a parcel, or what is to be packed of a fulfillment order, could be sent by; the choice first."""
        ...

    def explain(self, refused: Refused) -> str:
        """What was refused and what can be done, in the words of the HTTP interface."""
        ...

    def operations(self) -> frozenset[str]:
        """The operations of the HTTP interface that ask for a right, by name."""
        ...

    def title(self, code: str) -> str:
        """What the code of a refusal means."""
        ...

    def dump(self, file: Path) -> None:
        """Write a backup of the database."""
        ...

    def restore(self, file: Path) -> None:
        """Read a backup into a database that is empty."""
        ...

    def print_document(self, source: Source, document: Document, form: str) -> bytes:
        """An invoice or credit note as "pdf", "factur-x", "ubl" or "cii"; or as UBL by "xrechnung" or "peppol"."""
        ...

    def print_paper(self, paper: Paper) -> bytes:
        """A paper as PDF."""
        ...

    def reference_pages(self) -> dict[str, str]:
        """The pages of the reference, by file name."""
        ...

    def benchmark(self, name: str) -> Any:
        """One benchmark: a module with `run(options)`."""
        ...


class Failure(click.ClickException):
    """What the command could not do, in one sentence, and what to do about it."""

    exit_code = 1

    def __init__(self, message: str, todo: str = "", **facts: Any) -> None:
        super().__init__(message)
        self.todo = todo
        self.facts = facts


def not_writable(file: Path, error: OSError) -> Failure:
    """A file that a command was to write to, and why it can't."""
    return Failure(
        f"{file} can't be written: {error.strerror or error}.",
        "Choose another place, or make its folder first.",
        value=str(file),
    )


def installation() -> Installation:
    """The installation of the command that is running."""
    return click.get_current_context().find_root().obj


Rows = Sequence[dict[str, Any]]
Progress = Callable[[int], None]


class Shape(msgspec.Struct, frozen=True, omit_defaults=False):
    """The base of what commands print with --json: fields are added, never renamed or removed."""


__all__ = ["Failure", "Installation", "Iterator", "Progress", "Rows", "Shape", "Stage", "installation", "not_writable"]
