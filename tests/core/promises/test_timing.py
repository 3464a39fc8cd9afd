"""Offers: what a network of locations and carriers can do, and steps that add up to it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderline.core.promises.calendar_rules import CalendarRules, Cutoff, Holidays, WeekHours
from orderline.core.promises.handling import Backlog, HandlingRules
from orderline.core.promises.network import Delay, Network, NetworkRules, Site, Standing, compile_network
from orderline.core.promises.refusals import PromiseRefusal as R
from orderline.core.promises.timing import offers, pickup_offer
from orderline.core.promises.transit import Bracket, CarrierService, Lane, TransitDays, ZoneRow, ZoneTable
from orderline.core.promises.ways import Load, ServiceOffer, steps
from orderline.values.address import Place
from orderline.values.failures import Refused

BERLIN, MUNICH, LYON = (
    Place(country="DE", postal_code="10115", city="Berlin"),
    Place(country="DE", postal_code="80331", region="BY", city="München"),
    Place(country="FR", postal_code="69001", city="Lyon"),
)
WEEK = (WeekHours(days=("mon", "tue", "wed", "thu", "fri"), hours=("08:00-17:00",)),)
OFFICE = CalendarRules(
    id="office",
    time_zone="Europe/Berlin",
    week=WEEK,
    cutoffs=(Cutoff(at="14:00"), Cutoff(at="11:00", carrier="night")),
    collections=(Cutoff(at="16:00"), Cutoff(at="12:00", carrier="night")),
    holidays=(Holidays(country="DE", subdivision="BE"),),
)
TABLE = ZoneTable(id="t", rows=(ZoneRow(zone="home", destinations=("same",)), ZoneRow(zone="away")))


def service(carrier: str, name: str, days: tuple[int, int], minor: int, **fields: Any) -> CarrierService:
    prices = (Bracket(1_000, minor), Bracket(10_000, 2 * minor))
    lanes = (
        Lane(zone="home", days_min=days[0], days_max=days[1], prices=prices),
        Lane(zone="away", days_min=days[0] + 2, days_max=days[1] + 3, prices=prices),
    )
    return CarrierService(carrier=carrier, service=name, zones="t", currency="EUR", lanes=lanes, **fields)


RULES = NetworkRules(
    sites={"b": Site(code="b", place=BERLIN, handling=HandlingRules(calendar="office", minutes=60, per_hour=10))},
    calendars={"office": OFFICE},
    tables={"t": TABLE},
    services=(service("post", "standard", (1, 2), 500), service("night", "express", (1, 1), 1_500)),
)
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)  # ten o'clock in Berlin


def network(**standing: Any) -> Network:
    return compile_network(RULES, Standing(**standing))


def shown(offer: ServiceOffer) -> tuple[str, ...]:
    return tuple(f"{at:%a %H:%M}" for at in (offer.handover_at, offer.earliest_at, offer.latest_at))


FRIDAY = datetime(2026, 3, 6, 9, tzinfo=UTC)
CASES: list[Any] = [
    # what is shown                     asked                           to       standing                               {service: hand-over, earliest, latest} in UTC
    ("before all cut-offs",             MONDAY,                         MUNICH,  {},                                    {"express": ("Mon 11:00", "Tue 07:00", "Tue 17:00"), "standard": ("Mon 15:00", "Tue 07:00", "Wed 17:00")}),
    ("after that of one carrier",       MONDAY + timedelta(hours=2),    MUNICH,  {},                                    {"express": ("Tue 11:00", "Wed 07:00", "Wed 17:00"), "standard": ("Mon 15:00", "Tue 07:00", "Wed 17:00")}),
    ("after both",                      MONDAY + timedelta(hours=5),    MUNICH,  {},                                    {"express": ("Tue 11:00", "Wed 07:00", "Wed 17:00"), "standard": ("Tue 15:00", "Wed 07:00", "Thu 17:00")}),
    ("over the weekend",                FRIDAY,                         MUNICH,  {},                                    {"express": ("Fri 11:00", "Mon 07:00", "Mon 17:00"), "standard": ("Fri 15:00", "Mon 07:00", "Tue 17:00")}),
    ("abroad",                          MONDAY,                         LYON,    {},                                    {"express": ("Mon 11:00", "Thu 07:00", "Fri 17:00"), "standard": ("Mon 15:00", "Thu 07:00", "Mon 17:00")}),
    ("behind a backlog",                MONDAY,                         MUNICH,  {"backlogs": {"b": Backlog(orders=45)}}, {"express": ("Tue 11:00", "Wed 07:00", "Wed 17:00"), "standard": ("Mon 15:00", "Tue 07:00", "Wed 17:00")}),
    ("with a delay of a carrier",       MONDAY,                         MUNICH,  {"delays": (Delay(id="s", days=2, reason="strike", carrier="night"),)}, {"express": ("Mon 11:00", "Tue 07:00", "Thu 17:00"), "standard": ("Mon 15:00", "Tue 07:00", "Wed 17:00")}),
    ("with a delay of a region",        MONDAY,                         MUNICH,  {"delays": (Delay(id="s", days=1, reason="snow", country="DE", postal="8"),)}, {"express": ("Mon 11:00", "Tue 07:00", "Wed 17:00"), "standard": ("Mon 15:00", "Tue 07:00", "Thu 17:00")}),
    ("with a delay of another region",  MONDAY,                         MUNICH,  {"delays": (Delay(id="s", days=1, reason="snow", country="DE", postal="2"),)}, {"express": ("Mon 11:00", "Tue 07:00", "Tue 17:00"), "standard": ("Mon 15:00", "Tue 07:00", "Wed 17:00")}),
    ("after a delay is over",           MONDAY,                         MUNICH,  {"delays": (Delay(id="s", days=1, reason="snow", until=MONDAY),)}, {"express": ("Mon 11:00", "Tue 07:00", "Tue 17:00"), "standard": ("Mon 15:00", "Tue 07:00", "Wed 17:00")}),
    ("as parcels have shown",           MONDAY,                         MUNICH,  {"learned": {("post", "standard", "home"): TransitDays((0, 10, 10, 70, 10))}}, {"express": ("Mon 11:00", "Tue 07:00", "Tue 17:00"), "standard": ("Mon 15:00", "Tue 07:00", "Thu 17:00")}),
    ("on the same day, after it left",  MONDAY,                         MUNICH,  {"learned": {("post", "standard", "home"): TransitDays((90, 10))}}, {"express": ("Mon 11:00", "Tue 07:00", "Tue 17:00"), "standard": ("Mon 15:00", "Mon 15:00", "Mon 17:00")}),
    ("too few parcels to go by",        MONDAY,                         MUNICH,  {"learned": {("post", "standard", "home"): TransitDays((0, 0, 0, 9))}}, {"express": ("Mon 11:00", "Tue 07:00", "Tue 17:00"), "standard": ("Mon 15:00", "Tue 07:00", "Wed 17:00")}),
    ("on a holiday of one end",         datetime(2026, 3, 6, 15, tzinfo=UTC), MUNICH, {},                               {"express": ("Mon 11:00", "Tue 07:00", "Tue 17:00"), "standard": ("Mon 15:00", "Tue 07:00", "Wed 17:00")}),
    ("on a holiday of the other",       datetime(2026, 1, 5, 9, tzinfo=UTC), MUNICH, {},                                {"express": ("Mon 11:00", "Wed 07:00", "Wed 17:00"), "standard": ("Mon 15:00", "Wed 07:00", "Thu 17:00")}),
]  # fmt: skip


@pytest.mark.parametrize(("now", "to", "standing", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_offers_count_hours_of_the_place_and_days_of_the_carrier(
    now: datetime, to: Place, standing: dict[str, Any], expected: dict[str, tuple[str, str, str]]
) -> None:
    found = offers("b", to, Load(weight_g=500), now, network(**standing))
    assert {each.service: shown(each) for each in found} == expected
    assert list(found) == sorted(found, key=lambda each: each.latest_at)


INSTANTS = st.integers(0, 365 * 86_400 * 10).map(lambda tenths: MONDAY + timedelta(milliseconds=100 * tenths))


@pytest.mark.slow
@given(
    INSTANTS,
    st.sampled_from((BERLIN, MUNICH, LYON, Place(country="US", postal_code="90210"), Place(country="XX"))),
    st.integers(0, 400),
    st.integers(0, 3),
)
def test_steps_add_up_from_the_question_to_the_latest_delivery(
    now: datetime, to: Place, waiting: int, late: int
) -> None:
    standing = network(
        backlogs={"b": Backlog(orders=waiting)}, delays=(Delay(id="d", days=late, reason="snow"),) if late else ()
    )
    found = offers("b", to, Load(), now, standing)
    assert found
    for each in found:
        parts = steps(each)
        asked = each.handover.asked_at
        assert timedelta(0) <= asked - now < timedelta(minutes=1)
        assert asked + sum((timedelta(seconds=part.seconds) for part in parts), timedelta()) == each.latest_at
        assert all(part.seconds > 0 and part.rule for part in parts)
        assert now <= each.handover_at < each.earliest_at <= each.latest_at


@given(INSTANTS, st.integers(0, 100_000))
def test_who_asks_later_is_never_promised_earlier(now: datetime, later_s: int) -> None:
    then = now + timedelta(seconds=later_s)
    first = {each.service: each for each in offers("b", MUNICH, Load(), now, network())}
    for each in offers("b", MUNICH, Load(), then, network()):
        assert each.latest_at >= first[each.service].latest_at
        assert each.handover_at >= first[each.service].handover_at


def test_an_answer_does_not_depend_on_what_was_asked_before() -> None:
    used = network()
    for minute in range(300):
        offers("b", LYON if minute % 2 else MUNICH, Load(weight_g=minute * 7), MONDAY + timedelta(minutes=minute), used)
    assert offers("b", MUNICH, Load(700), MONDAY, used) == offers("b", MUNICH, Load(700), MONDAY, network())


def test_a_method_asks_for_its_services_and_for_all_where_none_serves_it() -> None:
    def named(method: str) -> list[str]:
        return [each.service for each in offers("b", MUNICH, Load(), MONDAY, network(), method)]

    assert named("standard") == ["standard"]
    assert named("express") == ["express"]
    assert named("sleigh") == ["express", "standard"]


def test_what_leaves_after_the_last_round_is_not_there_before_it_left_however_fast_parcels_were() -> None:
    late = msgspec.structs.replace(
        RULES, services=(service("post", "standard", (1, 2), 500, delivers_from="07:00", delivers_until="12:00"),)
    )
    learned = {("post", "standard", "home"): TransitDays((100,))}
    [offer] = offers("b", MUNICH, Load(), MONDAY, compile_network(late, Standing(learned=learned)))
    assert shown(offer) == ("Mon 15:00", "Tue 06:00", "Tue 11:00")


def test_weight_costs_money_and_distance_costs_carbon() -> None:
    light, heavy = (offers("b", MUNICH, Load(weight_g=grams), MONDAY, network())[1] for grams in (1_000, 3_000))
    assert (light.cost_minor, heavy.cost_minor, light.currency) == (500, 1_000, "EUR")
    assert light.distance_m is not None
    assert light.carbon_g == 200 + 120 * light.distance_m // 1_000_000
    assert heavy.carbon_g == 200 + 360 * light.distance_m // 1_000_000


def test_without_any_rules_standard_tables_serve_everywhere() -> None:
    plain = compile_network(NetworkRules(sites={"b": Site(code="b", place=BERLIN)}))
    for to in (BERLIN, LYON, Place(country="JP", city="Tokyo"), Place(country="XX")):
        found = offers("b", to, Load(), MONDAY, plain)
        assert {each.service for each in found} == {"express", "standard", "economy"}
    assert offers("nowhere", BERLIN, Load(), MONDAY, plain) == ()


def test_goods_can_be_collected_when_they_are_ready_and_the_door_is_open() -> None:
    def ready(now: datetime, **standing: Any) -> str:
        offer = pickup_offer("b", Load(), now, network(**standing))
        assert offer is not None
        assert sum(part.seconds for part in steps(offer)) == (offer.latest_at - offer.handover.asked_at).total_seconds()
        return f"{offer.earliest_at:%a %H:%M}"

    assert ready(MONDAY) == "Mon 10:00"
    assert ready(MONDAY + timedelta(hours=5)) == "Tue 08:00"
    assert ready(MONDAY, backlogs={"b": Backlog(orders=59)}) == "Mon 15:00"
    assert ready(MONDAY, backlogs={"b": Backlog(orders=69)}) == "Tue 07:00"  # done at closing time
    assert pickup_offer("nowhere", Load(), MONDAY, network()) is None


def test_rules_that_name_what_does_not_exist_are_refused() -> None:
    def refused(**fields: Any) -> tuple[Any, Any]:
        given: dict[str, Any] = {"sites": {}, "tables": {"t": TABLE}} | fields
        with pytest.raises(Refused) as told:
            compile_network(NetworkRules(**given))
        return told.value.code, told.value.facts["field"]

    lost = Site(code="b", place=BERLIN, handling=HandlingRules(calendar="lost"))
    assert refused(sites={"b": lost}) == (R.CALENDAR_UNKNOWN, "handling.calendar")
    dear = service("post", "standard", (1, 1), 1)
    assert refused(services=(dear,), tables={}) == (R.ZONE_UNKNOWN, "services[0].zones")
    assert refused(services=(dear,), currency="USD") == (R.TABLE_NOT_ACCEPTABLE, "services[0].currency")
