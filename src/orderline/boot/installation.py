"""The installation that the settings describe: what the commands of the CLI stand on."""

import logging
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orderline.boot.settings import PREFIX, Settings
from orderline.cli.ports import Failure
from orderline.values.failures import Refused, Trouble

if TYPE_CHECKING:
    from orderline.boot.staging import RunningStage
    from orderline.contracts.carriers import Package
    from orderline.core.documents.paper import Paper
    from orderline.core.documents.state import Document
    from orderline.core.orders.parcels import RateChoice
    from orderline.engine.engine import Engine
    from orderline.store.database import Database
    from orderline.store.embedded import EmbeddedServer
    from orderline.store.reading.source import Source
    from orderline.values.ids import OrderId


class LocalInstallation:
    """The installation of this machine and user, by its settings."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.running_server: EmbeddedServer | None = None

    @property
    def data_dir(self) -> Path:
        return self.settings.data_dir

    @contextmanager
    def server(self) -> "Generator[tuple[str, EmbeddedServer | None]]":
        """The address of the database, and the private PostgreSQL behind it, if it is ours to run."""
        import psycopg
        from psycopg.conninfo import conninfo_to_dict

        try:
            if self.settings.database_url:
                try:
                    conninfo_to_dict(self.settings.database_url)
                except psycopg.ProgrammingError as error:
                    raise Failure(
                        f"ORDERLINE_DATABASE_URL is no address of a database: {str(error).strip()}.",
                        "Write it as postgresql://USER:PASSWORD@HOST:PORT/DATABASE.",
                    ) from error
                yield self.settings.database_url, None
                return
            from orderline.store.embedded import EmbeddedServer

            with EmbeddedServer(self.settings.data_dir) as server:
                self.running_server = server
                try:
                    yield server.dsn, server
                finally:
                    self.running_server = None
        except psycopg.OperationalError as error:
            raise Trouble("postgresql", f"no connection: {str(error).strip()}") from error
        except psycopg.errors.InsufficientPrivilege as error:
            raise Failure(
                f"PostgreSQL refuses it to this role: {error.diag.message_primary or error}.",
                "Let the role own the database: ALTER DATABASE name OWNER TO role.",
            ) from error

    def key_directory(self) -> Path | None:
        """Where the administrator's key is kept; None: nowhere, the database is not ours."""
        return None if self.settings.database_url else self.settings.data_dir

    @contextmanager
    def database(self, *, migrating: bool = False) -> "Generator[Database]":
        """The database, with all tables. A private one is migrated by itself; another one when its operator says so.

        Failure: it is not at this release.
        """
        from orderline.store.database import Database
        from orderline.store.migrations import MigrationError, migrate, pending

        with self.server() as (dsn, ours):
            try:
                lacking = pending(dsn)
                if ours is not None and lacking:
                    migrate(dsn, cell=self.settings.cell)
                elif lacking:
                    raise Failure(
                        f"The database lacks {len(lacking)} of this release's migrations.",
                        "Run `orderline migrate`, then try again.",
                        pending=lacking,
                    )
            except MigrationError as error:
                raise Failure(f"{str(error)[0].upper()}{str(error)[1:]}.") from error
            database = Database(dsn, cell=self.settings.cell, prepared=self.settings.prepared)
            try:
                yield database
            finally:
                database.close()

    @contextmanager
    def engine(self, database: "Database") -> "Generator[Engine]":
        """An engine of this process's own on the database; ends when what came in is done."""
        from orderline.engine.engine import Engine

        engine = Engine(database, threads=self.settings.engine_threads, most=self.settings.batch)
        try:
            yield engine
        finally:
            engine.close()

    def serve(self, *, host: str | None, port: int | None, worker: bool | None, with_parent: bool = False) -> None:
        """Serve until asked to stop."""
        from orderline.boot.logs import set_up_logs
        from orderline.boot.serving import run_server

        set_up_logs(self.settings.log_level, self.settings.log_format)
        run_server(
            self,
            host=host or self.settings.host,
            port=self.settings.port if port is None else port,
            worker=self.settings.worker if worker is None else worker,
            with_parent=with_parent,
        )

    def work(self) -> None:
        """Do outside calls and follow-ups until asked to stop."""
        from orderline.boot.logs import set_up_logs
        from orderline.boot.serving import run_worker

        set_up_logs(self.settings.log_level, self.settings.log_format)
        run_worker(self)

    def sandbox(self, *, host: str, port: int | None, callbacks: str, secret: str) -> None:
        """Run the sandbox partners until asked to stop."""
        from orderline.boot.serving import listen, url_of
        from orderline.cli.output import say
        from orderline.sandbox.server import run_sandbox
        from orderline.sandbox.settings import CONNECTOR_OF, SandboxSettings, callbacks_to

        behavior = SandboxSettings(
            seed=self.settings.sandbox_seed,
            speed=float(self.settings.sandbox_speed),
            api_key=self.settings.sandbox_api_key,
            callbacks=callbacks_to(callbacks, secret) if callbacks else {},
        )
        port = self.settings.sandbox_port if port is None else port
        listener = listen(host, port, who="The sandbox", setting=f"{PREFIX}SANDBOX_PORT")
        url = url_of(listener)
        say(f"The sandbox is at {url}. Ctrl-C stops it. By these settings `orderline serve` finds it:")
        for partner, connector in CONNECTOR_OF.items():
            say(f"  export {PREFIX}CONNECTOR_{connector.upper()}_BASE_URL={url}/{partner.value}")
        run_sandbox(host, port, behavior, listener)

    @contextmanager
    def stage(self, *, data_dir: Path, port: int | None, speed: int, seed: int) -> "Generator[RunningStage]":
        """Start everything that the demo needs, and stop it at the end."""
        from orderline.boot.staging import staged

        logging.getLogger().setLevel(logging.ERROR)
        with staged(data_dir=data_dir, port=port, speed=speed, seed=seed) as stage:
            yield stage

    def migrate(self) -> list[str]:
        """Bring the database to this release; the migrations applied now."""
        from orderline.store.migrations import MigrationError, migrate

        with self.server() as (dsn, _):
            try:
                return migrate(dsn, cell=self.settings.cell)
            except MigrationError as error:
                raise Failure(f"{str(error)[0].upper()}{str(error)[1:]}.") from error

    def pending(self) -> list[str]:
        """The migrations that the database lacks."""
        from orderline.store.migrations import pending

        with self.server() as (dsn, _):
            return pending(dsn)

    def rates(
        self, database: "Database", order: "OrderId", *, parcel: int, fulfillment: int, package: "Package", live: bool
    ) -> "RateChoice":
        """What a parcel, or what is to be packed of a fulfillment order, could be sent by; the choice first."""
        import asyncio

        from orderline.boot.wiring import worker_services
        from orderline.worker.rates import preview_rates
        from orderline.worker.work import Work

        async def ask(engine: "Engine") -> "RateChoice":
            work = Work(worker_services(self.settings, database, engine), "rates")
            try:
                return await preview_rates(
                    work, order, parcel=parcel, fulfillment=fulfillment, package=package, live=live
                )
            finally:
                await work.close()

        with self.engine(database) as engine:
            return asyncio.run(ask(engine))

    def explain(self, refused: Refused) -> str:
        """What was refused and what can be done, in the words of the HTTP interface."""
        from orderline.api.problems import problem_of

        return problem_of(refused).detail

    def operations(self) -> frozenset[str]:
        """The operations of the HTTP interface that ask for a right, by name."""
        from orderline.api.access import grantable_operations

        return grantable_operations()

    def title(self, code: str) -> str:
        """What the code of a refusal means, in the words of the HTTP interface."""
        from orderline.api.problem_table import PROBLEMS

        return PROBLEMS[code].title

    def dump(self, file: Path) -> None:
        """Write a backup of the database."""
        from orderline.boot.backups import dump

        with self.server() as (dsn, server):
            dump(dsn, server, file)

    def restore(self, file: Path) -> None:
        """Read a backup into a database that is empty."""
        from orderline.boot.backups import restore

        with self.server() as (dsn, server):
            restore(dsn, server, file)
            self._drop_stale_key(dsn)

    def _drop_stale_key(self, dsn: str) -> None:
        """An administrator's key that was made here before the restore opens nothing any more."""
        from orderline.boot.serving import KEY_FILE
        from orderline.store.access import find_access
        from orderline.store.database import Database

        directory = self.key_directory()
        kept = directory / KEY_FILE if directory is not None else None
        if kept is not None and kept.is_file():
            database = Database(dsn, cell=self.settings.cell, prepared=self.settings.prepared)
            if find_access(database, kept.read_text(encoding="ascii").strip()) is None:
                kept.unlink()
            database.close()

    def print_document(self, source: "Source", document: "Document", form: str) -> bytes:
        """An invoice or credit note as "pdf", "factur-x", "ubl" or "cii"; or as UBL by "xrechnung" or "peppol"."""
        from orderline.api.papers.drawing import draw
        from orderline.api.papers.einvoices import Syntax, with_xml, write_xml
        from orderline.api.papers.parties import buyer_name, buyer_of
        from orderline.core.documents.einvoice import terms_of
        from orderline.core.documents.invoices import document_paper
        from orderline.core.documents.profiles import Profile

        if form in set(Syntax):
            return write_xml(terms_of(document, buyer_name(source, document)), Syntax(form))
        if form in set(Profile):
            return write_xml(terms_of(document, buyer_name(source, document), Profile(form)), Syntax.UBL)
        paper = document_paper(document, buyer_of(source, document))
        if form == "pdf":
            return draw(paper)
        return with_xml(draw(paper), terms_of(document, buyer_name(source, document)), paper)

    def print_paper(self, paper: "Paper") -> bytes:
        """A paper as PDF."""
        from orderline.api.papers.drawing import draw

        return draw(paper)

    def reference_pages(self) -> dict[str, str]:
        """The pages of the reference, by file name."""
        from orderline.boot.reference import reference_pages

        return reference_pages()

    def benchmark(self, name: str) -> Any:
        """One benchmark: a module with `run(options)`."""
        from orderline.boot.benchmarks import load_benchmark

        return load_benchmark(name)
