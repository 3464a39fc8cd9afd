"""Words for routing: what locations are compared by, what a term comes to, and why a location was left out."""

from typing import Final

from orderline.cli.plain import amount, plain

# What plans are compared by; terms without a row read as they are called.
TERMS: Final = {
    "late_locations": "locations that would be late",
    "cost_minor": "cost",
    "money_minor": "money in all",
    "distance_m": "distance",
    "carbon_g": "carbon",
    "days": "days on the way",
    "rejection_risk_ppm": "risk of rejection",
    "location_codes": "the order of their codes, since all else is equal",
}
FACTS: Final = {
    "stock": "units there",
    "capacity": "orders it may be given",
    "active": "being active (1)",
    "promised_days_later": "a promise so many days later",
    "cost_minor": "a cost",
    "most_km": "a limit in km",
}


def term(name: str) -> str:
    """`distance_m` reads `distance`."""
    return TERMS.get(name, plain(name))


def figure(name: str, value: int, currency: str) -> str:
    """A value of a term with its unit: `393 km`, `5.50 EUR`, `1.2 kg`, `3.5 %`."""
    if name.endswith("_minor"):
        return money(value, currency)
    if name.endswith("_m"):
        return f"{value / 1000:,.0f} km"
    if name.endswith("_g"):
        return f"{value / 1000:,.1f} kg"
    if name.endswith("_ppm"):
        return f"{value / 10_000:.1f} %"
    return f"{value:,}"


def cost_kind(kind: str) -> str:
    """A part of a cost: `ship` reads `shipping`."""
    return "shipping" if kind == "ship" else plain(kind)


def money(minor: int, currency: str) -> str:
    """An amount, or bare minor units where no currency is known."""
    return amount(minor, currency) if currency else f"{minor:,}"


def fact(name: str) -> str:
    """What would have to be otherwise."""
    return FACTS.get(name, name)


def why(code: str) -> str:
    """A reason in words: `AT_CAPACITY` reads `at capacity`."""
    return plain(code).lower()
