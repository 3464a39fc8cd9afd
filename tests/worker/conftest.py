"""A site with its worker, on a database of the test's own."""

from collections.abc import Iterator

import pytest

from orderline.sandbox.server import SandboxThread
from sandbox.fixtures import sandbox_thread
from worker.site import Site, opened_site

__all__ = ["sandbox_thread", "site", "still_site"]


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
