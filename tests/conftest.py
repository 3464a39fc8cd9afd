"""What every test may ask for: databases on a real PostgreSQL, and hypothesis as this run wants it."""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import certifi
import pytest
from hypothesis import settings

from support import databases as servers
from support.databases import RUN, Databases
from support.demo_day import stop_demo_day
from support.depth import deep
from support.installed import binaries, installed, stop_installed
from support.openapi import summary
from support.skipping import skip_loudly, untested

GIVEN = "ORDERLINE_TEST_DATABASE_URL"
ROOM = 8 * 1024**3
LAST_LINE = "-----END CERTIFICATE-----\n"

# CI has to give the same answer twice; at a desk, other examples each time find more.
settings.register_profile("ci", deadline=None, max_examples=deep(50), derandomize=True, print_blob=True, database=None)
settings.register_profile("dev", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=10)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))


def pytest_configure(config: pytest.Config) -> None:
    gc.set_threshold(50_000, 20, 50)
    if hasattr(config, "workerinput"):
        return
    # Nobody's own settings, and least of all their own database, are tested on.
    for name in [
        name for name in os.environ if name.startswith("ORDERLINE_") and not name.startswith("ORDERLINE_TEST_")
    ]:
        del os.environ[name]
    directory = Path(tempfile.mkdtemp(prefix="orderline-test-", dir=in_memory()))
    if in_memory():
        os.environ["TMPDIR"] = str(directory)  # of processes that tests start
    # As root, PostgreSQL runs as another account, which has to pass through here.
    directory.chmod(0o711)
    os.environ[RUN] = str(directory)
    # Clients made for one call each read all whom the world trusts: a tenth of a second, for which nothing here is asked.
    authorities = Path(certifi.where()).read_text(encoding="utf-8")
    trusted = directory / "trusted.pem"
    trusted.write_text(authorities[: authorities.index(LAST_LINE) + len(LAST_LINE)], encoding="utf-8")
    os.environ["SSL_CERT_FILE"] = str(trusted)
    os.environ["NO_PROXY"] = "127.0.0.1,localhost"


def in_memory() -> str | None:
    """Where files are written to memory, if there is room for a run; databases that come and go keep a disk busy."""
    place = Path("/dev/shm")
    return str(place) if os.access(place, os.W_OK) and shutil.disk_usage(place).free > ROOM else None


def pytest_collection_finish() -> None:
    """What was imported stays; looking through it for garbage again and again is a quarter of a quick run."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return
    try:
        stop_demo_day()
        stop_installed()
        # What is there was made by this run, and is missed by nobody.
        if GIVEN in os.environ and any(servers.run_directory().glob("given*")):
            servers.given(os.environ[GIVEN]).drop_all()
    finally:
        shutil.rmtree(servers.run_directory(), ignore_errors=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    told = [each for found in terminalreporter.stats.values() for each in found]
    checked = summary([each for each in told if getattr(each, "when", "") == "teardown"])
    if checked:
        terminalreporter.section("HELD AGAINST VENDORS' OWN FILES")
        for line in checked:
            terminalreporter.line(line)
    left = untested([report for report in terminalreporter.stats.get("skipped", []) if hasattr(report, "longrepr")])
    if left:
        terminalreporter.section("NOT TESTED HERE", sep="!", red=True, bold=True)
        for what, count in sorted(left.items()):
            terminalreporter.line(f"{count:5} tests: {what}", red=True)


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """Databases made to order on the embedded server."""
    with servers.embedded() as made:
        yield made


@pytest.fixture(scope="session")
def database_url(databases: Databases) -> Iterator[str]:
    """A migrated database for all tests of this process that leave it as they found it."""
    with databases.migrated() as dsn:
        yield dsn


@pytest.fixture
def fresh_database(databases: Databases) -> Iterator[str]:
    """A clean, migrated database of this test's own."""
    with databases.migrated() as dsn:
        yield dsn


@pytest.fixture
def empty_database(databases: Databases) -> Iterator[str]:
    """A database of this test's own without any table."""
    with databases.empty() as dsn:
        yield dsn


@pytest.fixture(scope="session")
def other_databases() -> Iterator[Databases]:
    """Databases made to order on another server than the embedded one: the one given, or Debian's."""
    if GIVEN in os.environ:
        with closing(servers.given(os.environ[GIVEN])) as made:
            yield made
    elif programs := binaries():
        with installed(programs) as made:
            yield made
    else:
        skip_loudly(
            "a PostgreSQL other than the embedded one", unless=f"PostgreSQL 15 or later is installed or {GIVEN} is set"
        )


@pytest.fixture
def other_fresh_database(other_databases: Databases) -> Iterator[str]:
    """A clean, migrated database of this test's own on another server than the embedded one."""
    with other_databases.migrated() as dsn:
        yield dsn


@pytest.fixture(params=["embedded", "other"])
def each_fresh_database(request: pytest.FixtureRequest) -> str:
    """A clean, migrated database, once on the embedded server and once on another."""
    return request.getfixturevalue("fresh_database" if request.param == "embedded" else "other_fresh_database")
