"""What has been seen: working days that parcels took, and the pace of locations while they had work."""

from datetime import UTC, datetime, timedelta

from orderline.core.promises.calendars import compile_calendar
from orderline.core.promises.handling import Pace, WorkKind
from orderline.core.promises.learning import Delivery, WorkDone, learn_transit, pace_of
from orderline.core.promises.network import NetworkRules, Site, compile_network
from orderline.core.promises.tables import CARRIER, working_days
from orderline.values.address import Place

LYON, PARIS = Place(country="FR", city="Lyon"), Place(country="FR", city="Paris")
NETWORK = compile_network(NetworkRules(sites={"lyon": Site(code="lyon", place=LYON)}))
FRIDAY = datetime(2026, 3, 6, 16, tzinfo=UTC)


def delivery(days: int, carrier: str = "dhl", service: str = "standard", location: str = "lyon") -> Delivery:
    return Delivery(carrier, service, location, PARIS, FRIDAY, FRIDAY + timedelta(days=days))


def test_transit_is_learned_in_working_days_of_the_destination() -> None:
    learned = learn_transit(NETWORK, [delivery(3), delivery(4), delivery(4)])
    [(key, days)] = learned.items()
    assert key == (CARRIER, "standard", "regional")
    assert days.counts == (0, 1, 2)


def test_what_no_table_knows_teaches_nothing() -> None:
    strange = [delivery(3, service="drone"), delivery(3, location="nowhere"), delivery(-1)]
    assert learn_transit(NETWORK, strange) == {}


def test_a_pace_counts_the_time_in_which_there_was_work() -> None:
    calendar = compile_calendar(working_days("FR", "", "Europe/Paris"))
    monday = datetime(2026, 3, 2, 8, tzinfo=UTC)
    hour = timedelta(hours=1)
    done = [
        WorkDone("lyon", monday, monday + hour, 4),
        WorkDone("lyon", monday, monday + 2 * hour, 6),  # at the same time as the first
        WorkDone("lyon", monday + 6 * hour, monday + 24 * hour, 2),  # over night: three hours that day, one the next
    ]
    assert pace_of(calendar, WorkKind.ORDERS, done) == Pace(3, 6 * 3600)
    assert pace_of(calendar, WorkKind.UNITS, done) == Pace(12, 6 * 3600)
