"""Rate shopping: the cheapest that keeps the promise, with a reason for every offer that was not taken."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from orderline.core.orders.parcels import Dropped, RateChoice, RateOffer
from orderline.core.promises.network import Network, NetworkRules, Site, compile_network
from orderline.core.promises.tables import DISTANCES
from orderline.core.promises.transit import Bracket, CarrierService, Lane
from orderline.core.shipments.rates import (
    LiveRate,
    Question,
    Sellers,
    choose,
    choose_again,
    choose_without,
    find_offers,
    is_open,
)
from orderline.values.address import Place

NOW = datetime(2026, 11, 16, 10, tzinfo=UTC)  # a Monday
LYON = Place(country="FR", postal_code="69001", city="Lyon")
PARIS = Place(country="FR", postal_code="75001", city="Paris")
BOTH = Sellers(("post", "rocket"), "post")


def service(name: str, price: int, days: int, **about: object) -> CarrierService:
    lanes = tuple(
        Lane(zone=zone, days_min=days, days_max=days, prices=(Bracket(30_000, price),))
        for zone in ("local", "regional", "far", "national")
    )
    made: dict[str, Any] = {"carrier": "post", "methods": ("standard",), **about}
    return CarrierService(service=name, zones=DISTANCES, currency="EUR", lanes=lanes, **made)


SERVICES = (service("slow", 300, 5), service("quick", 800, 1), service("night", 900, 1, methods=("express",)))


def network(*services: CarrierService) -> Network:
    return compile_network(NetworkRules(sites={"lyon": Site(code="lyon", place=LYON)}, services=services or SERVICES))


def question(**about: Any) -> Question:
    return Question("lyon", PARIS, "standard", 1_000, NOW)._replace(**about)


def live(name: str, cost: int, days: int, partner: str = "rocket", currency: str = "EUR") -> LiveRate:
    return LiveRate(partner, partner, name, cost, currency, days)


def told(offers: tuple[RateOffer, ...]) -> list[tuple[str, Dropped | None]]:
    return [(each.service, each.dropped) for each in offers]


def asked(question_: Question, *rates: LiveRate, told_by: tuple[str, ...] = ()) -> tuple[RateOffer, ...]:
    found = find_offers(question_, network(), BOTH, rates, told_by)
    return choose(question_, found, ()).offers


def test_without_a_promise_the_cheapest_goes() -> None:
    expected = [("slow", None), ("quick", Dropped.DEARER), ("night", Dropped.OTHER_METHOD)]
    assert told(asked(question())) == expected


def test_what_is_there_too_late_is_dropped_however_cheap() -> None:
    tomorrow = NOW + timedelta(days=2)
    found = asked(question(promised_by=tomorrow))
    assert told(found) == [("quick", None), ("slow", Dropped.LATE), ("night", Dropped.OTHER_METHOD)]
    assert found[0].latest_at <= tomorrow < found[1].latest_at


def test_when_nothing_is_in_time_the_soonest_goes_and_is_told_as_late() -> None:
    asked_ = question(promised_by=NOW)
    choice = choose(asked_, find_offers(asked_, network(), BOTH, (), ()), ())
    assert (choice.taken is not None and choice.taken.service, choice.late) == ("quick", True)
    assert told(choice.offers)[1:] == [("slow", Dropped.LATE), ("night", Dropped.OTHER_METHOD)]


def test_live_rates_stand_for_the_tables_of_their_carrier_alone() -> None:
    found = asked(question(), live("standard", 250, 2), live("slow", 400, 4, "post"), told_by=("post", "rocket"))
    assert told(found) == [
        ("standard", None),
        ("slow", Dropped.PRICED_LIVE),
        ("slow", Dropped.DEARER),
        ("quick", Dropped.PRICED_LIVE),
        ("night", Dropped.OTHER_METHOD),
    ]
    assert [each.live for each in found] == [True, False, True, False, False]


def test_a_named_service_is_kept_to_and_another_currency_is_not_compared() -> None:
    found = asked(question(service="quick"), live("quick", 1, 1, currency="USD"), told_by=("rocket",))
    assert found[0].dropped is None
    assert (found[0].cost_minor, found[0].live) == (800, False)
    assert {each.dropped for each in found[1:]} == {Dropped.OTHER_CURRENCY, Dropped.OTHER_SERVICE}


def test_a_method_that_no_service_has_is_served_by_all() -> None:
    assert told(asked(question(method="to the door"))) == [
        ("slow", None),
        ("quick", Dropped.DEARER),
        ("night", Dropped.DEARER),
    ]


def test_what_is_heavier_than_a_service_takes_goes_by_another() -> None:
    lanes = tuple(
        Lane(zone=zone, days_min=3, days_max=3, prices=(Bracket(500_000, 5_000),))
        for zone in ("local", "regional", "far", "national")
    )
    heavy = network(service("slow", 300, 5), replace(service("pallet", 5_000, 3), lanes=lanes))
    asked_ = question(weight_g=40_000)
    offers = choose(asked_, find_offers(asked_, heavy, BOTH, (), ()), ()).offers
    assert told(offers) == [("pallet", None), ("slow", Dropped.TOO_HEAVY)]


def test_the_next_best_goes_when_a_carrier_does_not_answer_and_the_first_again_when_none_does() -> None:
    asked_ = question()
    first = choose(asked_, find_offers(asked_, network(), BOTH, [live("standard", 250, 2)], ("rocket",)), ())
    second = choose_without(first, "rocket", Dropped.SILENT)
    assert second is not None
    assert told(second.offers)[:2] == [("slow", None), ("standard", Dropped.SILENT)]
    assert choose_without(second, "post", Dropped.SILENT) is None
    assert choose_again(second) == first
    refused = choose_without(second, "post", Dropped.REFUSED, service="slow")
    assert refused is not None
    assert refused.taken is not None
    assert refused.taken.service == "quick"
    # who refuses once is not asked again
    assert choose_again(refused).taken == first.taken


@pytest.mark.parametrize(
    ("sellers", "method", "service_", "open_"),
    [
        (BOTH, "standard", "", True),
        (Sellers(("post",), "post"), "standard", "", True),
        (Sellers(("post",), "post"), "express", "", False),
        (Sellers(("post",), "post"), "to the door", "", True),
        (Sellers(("post",), "post"), "standard", "quick", False),
        (Sellers((), ""), "standard", "", False),
    ],
)
def test_nobody_is_asked_where_nothing_is_open(sellers: Sellers, method: str, service_: str, open_: bool) -> None:
    assert is_open(question(method=method, service=service_), network(), sellers) is open_


def upgraded(limit: int, **about: object) -> RateChoice:
    """A parcel promised by Wednesday night, with nothing quick enough of its own method."""
    asked_ = question(**{"promised_by": NOW + timedelta(days=2), "upgrade_minor": limit, **about})
    slow = network(service("slow", 300, 5), service("night", 900, 1, methods=("express",)),
                   service("jet", 1_500, 1, methods=("express",)))  # fmt: skip
    return choose(asked_, find_offers(asked_, slow, BOTH, (), ()), ())


def test_a_faster_method_saves_the_promise_within_what_may_be_spent_on_it() -> None:
    choice = upgraded(600)
    assert told(choice.offers) == [("night", None), ("slow", Dropped.LATE), ("jet", Dropped.OTHER_METHOD)]
    assert (choice.taken is not None and choice.taken.upgrade, choice.extra_minor, choice.late) == (True, 600, False)


@pytest.mark.parametrize("limit", [0, 599])
def test_a_promise_is_not_saved_at_any_price(limit: int) -> None:
    choice = upgraded(limit)
    why = Dropped.TOO_DEAR if limit else Dropped.OTHER_METHOD
    assert told(choice.offers) == [("slow", None), ("night", why), ("jet", why)]
    assert (choice.extra_minor, choice.late) == (0, True)


def test_what_keeps_the_promise_anyway_is_not_upgraded() -> None:
    choice = upgraded(10_000, promised_by=NOW + timedelta(days=20))
    assert told(choice.offers)[0] == ("slow", None)
    assert choice.extra_minor == 0


def test_an_upgrade_that_can_not_be_bought_gives_way_to_the_next() -> None:
    choice = upgraded(2_000)
    again = choose_without(choice, "post", Dropped.REFUSED, service="night")
    assert again is not None
    assert told(again.offers) == [("jet", None), ("slow", Dropped.LATE), ("night", Dropped.REFUSED)]
    assert again.extra_minor == 1_200
    down = choose_without(choice, "post", Dropped.SILENT)
    assert down is None, "all of them are sold by one connector"


def test_when_all_answer_again_an_upgrade_is_still_one() -> None:
    choice = upgraded(2_000)
    silent = choose_without(choice, "post", Dropped.SILENT, service="night")
    assert silent is not None
    assert choose_again(silent) == choice


def test_there_is_something_to_choose_where_a_promise_may_be_saved() -> None:
    one, only = Sellers(("post",), "post"), network(service("slow", 300, 5))
    assert not is_open(question(promised_by=NOW), only, one)
    assert not is_open(question(upgrade_minor=100), only, one)
    assert is_open(question(promised_by=NOW, upgrade_minor=100), only, one)
