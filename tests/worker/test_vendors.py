"""What the clock sees of vendors: a feed that has become too old, and work that nobody has accepted."""

from typing import Any

from orderline.core.stock.commands import PutLocation
from orderline.core.stock.state import Location, LocationKind
from orderline.values.address import Place
from worker.site import Site, until


def promisable(site: Site) -> int:
    found = site.rows("SELECT promisable - claims FROM pool_levels WHERE cell = %(cell)s AND sku = 'TEE'")
    return found[0][0]


def vendor(**about: Any) -> PutLocation:
    place = Place(country="FR", postal_code="59000", city="Lille")
    return PutLocation(location=Location("vendor", "Vendor", LocationKind.VENDOR, "fr", place, **about))


def test_a_feed_that_becomes_too_old_is_seen_and_one_that_comes_again(site: Site) -> None:
    site.engine.run(vendor(feed_max_age_s=2))
    site.stock(TEE_vendor=3)
    assert promisable(site) == 3
    # The engine has the real clock, and the worker one that is ahead of it: it asks until both agree.
    until(lambda: site.clock.forward(11) or promisable(site) == 0, "the feed to be found too old")
    site.engine.run(vendor(feed_max_age_s=300 * 86_400))
    site.stock(TEE_vendor=4)
    until(lambda: site.clock.forward(11) or promisable(site) == 4, "the feed to be seen again")
