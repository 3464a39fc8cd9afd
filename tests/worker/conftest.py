"""A site with its worker, on a database of the test's own."""

from collections.abc import Iterator

import pytest

from orderline.engine.engine import Engine
from orderline.sandbox.server import SandboxThread
from sandbox.fixtures import sandbox_thread
from worker.site import Site, opened_site, without

__all__ = ["ahead", "sandbox_thread", "site", "still_site"]


@pytest.fixture
def still_site(fresh_database: str, sandbox_thread: SandboxThread) -> Iterator[Site]:
    """A site whose worker has not been started."""
    with opened_site(fresh_database, sandbox_thread) as site:
        yield site


@pytest.fixture
def site(still_site: Site) -> Site:
    """A site at work."""
    still_site.start()
    return still_site


@pytest.fixture
def ahead(still_site: Site) -> Iterator[Site]:
    """A site whose engine goes by the clock that a test puts forward."""
    engine = Engine(still_site.database, clock=still_site.clock)
    still_site.services = without(still_site.services, engine=engine)
    try:
        yield still_site
    finally:
        still_site.stop()
        engine.close()
