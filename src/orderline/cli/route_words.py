"""Figures of routing at a terminal."""

from orderline.cli.plain import amount


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


def money(minor: int, currency: str) -> str:
    """An amount, or bare minor units where no currency is known."""
    return amount(minor, currency) if currency else f"{minor:,}"
