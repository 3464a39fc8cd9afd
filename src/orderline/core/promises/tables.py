"""What holds where a merchant has written nothing: working days of each country, and services of a carrier in general.

Days are those that ground and air networks of Europe and North America usually publish; prices are such as small
merchants pay, to compare by; carbon as the GLEC framework has it for vans, trucks and air freight, rounded. The
carrier's own tables replace all of it.
"""

from functools import lru_cache
from typing import Final

from orderline.core.promises.calendar_rules import (
    WEEKDAYS,
    CalendarRules,
    Cutoff,
    WeekHours,
    known_holidays,
    weekend_of,
)
from orderline.core.promises.transit import (
    CONTINENT,
    NEIGHBORS,
    SAME,
    Bracket,
    CarrierService,
    Lane,
    ZoneRow,
    ZoneTable,
)

CARRIER: Final = "standard-tables"
DISTANCES: Final = "distances"
GROUND_MG_PER_KG_KM: Final = 120
AIR_MG_PER_KG_KM: Final = 800

ZONES: Final = ZoneTable(
    id=DISTANCES,
    rows=(
        ZoneRow(zone="local", destinations=(SAME,), within_km=150),
        ZoneRow(zone="regional", destinations=(SAME,), within_km=600),
        ZoneRow(zone="far", destinations=(SAME,), within_km=1_500),
        ZoneRow(zone="national", destinations=(SAME,)),
        ZoneRow(zone="neighboring", destinations=(NEIGHBORS,)),
        ZoneRow(zone="continental", destinations=(CONTINENT,)),
        ZoneRow(zone="intercontinental"),
    ),
)

# zone                economy               standard              express
#                     days      minor       days     minor        days     minor, per kilogram
_LANES: Final = {
    "local":            ((2, 3),   (390, 40),   (1, 1),  (490, 60),    (1, 1), (990, 120)),
    "regional":         ((2, 4),   (420, 45),   (1, 2),  (530, 70),    (1, 1), (1_190, 150)),
    "far":              ((3, 5),   (480, 55),   (2, 3),  (620, 85),    (1, 1), (1_590, 210)),
    "national":         ((4, 7),   (590, 75),   (3, 5),  (790, 110),   (1, 2), (1_990, 280)),
    "neighboring":      ((4, 6),   (990, 90),   (2, 4),  (1_290, 120), (1, 2), (2_490, 320)),
    "continental":      ((5, 8),   (1_290, 120), (3, 6), (1_690, 170), (2, 3), (3_490, 450)),
    "intercontinental": ((10, 15), (1_990, 450), (6, 10), (2_690, 650), (3, 5), (4_990, 990)),
}  # fmt: skip
_WEIGHTS_G: Final = (1_000, 2_000, 5_000, 10_000, 20_000, 31_500)


@lru_cache(maxsize=64)
def standard_services(currency: str) -> tuple[CarrierService, ...]:
    """Economy, standard and express to everywhere."""
    services: list[CarrierService] = []
    for at, (name, carbon) in enumerate(
        (("economy", GROUND_MG_PER_KG_KM), ("standard", GROUND_MG_PER_KG_KM), ("express", AIR_MG_PER_KG_KM))
    ):
        lanes: list[Lane] = []
        for zone, columns in _LANES.items():
            (days_min, days_max), (base, per_kg) = columns[2 * at], columns[2 * at + 1]
            prices = tuple(Bracket(up_to, base + per_kg * (up_to // 1000)) for up_to in _WEIGHTS_G)
            lanes.append(Lane(zone=zone, days_min=days_min, days_max=days_max, prices=prices))
        services.append(
            CarrierService(
                carrier=CARRIER,
                service=name,
                zones=DISTANCES,
                currency=currency,
                lanes=tuple(lanes),
                carbon_mg_per_kg_km=carbon,
            )
        )
    return tuple(services)


@lru_cache(maxsize=1024)
def working_days(country: str, region: str, time_zone: str) -> CalendarRules:
    """The calendar of a place that has none: office hours on its country's working days, cut-off at two."""
    rest = weekend_of(country)
    days = tuple(name for number, name in enumerate(WEEKDAYS) if number not in rest)
    holidays = known_holidays(country, region)
    part = f"-{holidays[0].subdivision}" if holidays and holidays[0].subdivision else ""
    return CalendarRules(
        id=f"working days of {country}{part}",
        time_zone=time_zone,
        week=(WeekHours(days=days, hours=("08:00-18:00",)),),
        cutoffs=(Cutoff(at="14:00"),),
        holidays=holidays,
    )


@lru_cache(maxsize=1024)
def delivery_days(country: str, region: str, time_zone: str, days: tuple[str, ...]) -> CalendarRules:
    """The days on which parcels are delivered at a place: on those given, or on its working days; not on holidays."""
    rest = weekend_of(country)
    given = days or tuple(name for number, name in enumerate(WEEKDAYS) if number not in rest)
    holidays = known_holidays(country, region)
    part = f"-{holidays[0].subdivision}" if holidays and holidays[0].subdivision else ""
    return CalendarRules(
        id=f"delivery days of {country}{part}" + (f" ({', '.join(days)})" if days else ""),
        time_zone=time_zone,
        week=(WeekHours(days=given, hours=("00:00-24:00",)),),
        holidays=holidays,
    )
