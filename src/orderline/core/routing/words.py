"""Words for routing: what locations are compared by, what would have to be otherwise, and why one was left out."""

from typing import Final

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
    return TERMS.get(name) or name.replace("_", " ")


def cost_kind(kind: str) -> str:
    """A part of a cost: `ship` reads `shipping`."""
    return "shipping" if kind == "ship" else kind.replace("_", " ")


def fact(name: str) -> str:
    """What would have to be otherwise."""
    return FACTS.get(name, name)


def why(code: str) -> str:
    """A reason in words: `AT_CAPACITY` reads `at capacity`."""
    return code.replace("_", " ").lower()
