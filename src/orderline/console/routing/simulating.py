"""What other rules would have come to: over recorded orders, or beside the live ones; figures of both as bars."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe
from typing import Any, Final
from urllib.parse import quote

from orderline.console.filling import is_number
from orderline.console.languages import word
from orderline.console.policies.standing import head_about, known
from orderline.console.rendering import amount
from orderline.console.visits import Failed, Gone, Shown, Visit
from orderline.core.policies.state import PolicyKind

ROUTING: Final = PolicyKind.ROUTING
MINUS: Final = "\N{MINUS SIGN}"
WIDE: Final = 1000  # how wide a bar is that is full
DAYS: Final = (1, 7, 30, 90)
MOST_PLACES: Final = 40


async def simulate(visit: Visit) -> Shown:
    """A version over the orders of some days; nothing is written."""
    standing = await known(visit, ROUTING)
    version, days = _asked(visit, standing)
    about: dict[str, Any] = {
        **head_about(visit, ROUTING), "standing": standing, "version": version, "days": days,
        "choices": DAYS, "key": token_urlsafe(16), "told": None,
    }  # fmt: skip
    if visit.query.get("version"):
        about |= await _simulated(visit, version, days)
    return Shown("routing/simulate.html", about)


async def keep(visit: Visit) -> Gone | Shown:
    """Keep with the version what a simulation of it has found: it is run again, so that nobody can say other figures."""
    standing = await known(visit, ROUTING)
    version, days = _asked(visit, standing)
    told = (await _simulated(visit, version, days))["told"]
    figures = {f"{when}_{name}": value for when in ("before", "after") for name, value in told[when].items()}
    input_ = {"policy_version": version, "figures": figures | {"changed": told["changed"]}}
    status, problem = await visit.do("note_simulation", {"id": visit.path["id"]}, input_, key=visit.key)
    if status >= 400:
        raise Failed(status, problem)
    return Gone(f"/policies/{quote(visit.path['id'], safe='')}?done=figures")


async def shadow(visit: Visit) -> Shown:
    """What the version that is scored beside the live one would have come to."""
    standing = await known(visit, ROUTING)
    number = visit.query.get("version", "")
    told = await visit.ask("report_shadow", {"id": visit.path["id"]}, query={"policy_version": number})
    about = {
        **head_about(visit, ROUTING), "standing": standing, "told": told, **_measured(told),
    }  # fmt: skip
    return Shown("routing/shadow.html", about)


async def _simulated(visit: Visit, version: int, days: int) -> dict[str, Any]:
    since = (datetime.now(UTC) - timedelta(days=days)).isoformat()
    query = {"policy_version": version, "since": since}
    found = await visit.ask("simulate_policy", {"id": visit.path["id"]}, query=query)
    return {"told": found["report"], "read": found, **_measured(found["report"])}


def _asked(visit: Visit, standing: Mapping[str, Any]) -> tuple[int, int]:
    """(version, days) as they were asked for."""
    said = {**visit.query, **visit.form}
    version, days = said.get("version", ""), said.get("days", "")
    number = int(version) if is_number(version) else standing["newest"]
    return number, int(days) if is_number(days) and int(days) in DAYS else 7


def _measured(told: Mapping[str, Any]) -> dict[str, Any]:
    """Figures of both by what they say of an order or a parcel, and by location; each with how wide its bars are."""
    before, after, currency = told["before"], told["after"], told.get("currency", "")
    rows = [
        _row(word("Orders split"), _share(before, "splits", "orders"), _share(after, "splits", "orders"), "share"),
        _row(word("Promises kept"), _kept(before), _kept(after), "share"),
        _row(word("Parcels for 100 orders"), *_both(before, after, "parcels", "orders", 100), "number"),
        _row(word("Cost of an order"), *_both(before, after, "cost_minor", "orders"), "money", currency),
        _row(word("Shipping of an order"), *_both(before, after, "ship_minor", "orders"), "money", currency),
        _row(word("Distance of a parcel"), *_both(before, after, "distance_m", "parcels"), "km"),
        _row(word("Carbon of an order"), *_both(before, after, "carbon_g", "orders"), "kg"),
        _row(word("Units without a location"), before["units_left"], after["units_left"], "number"),
    ]
    places = sorted(told["by_location"].items(), key=lambda each: (-_most(each[1], "units"), each[0]))
    most = max((_most(each, "units") for _, each in places), default=0)
    by_location = [
        {
            "location": code,
            "units": _row("", each["before"].get("units", 0), each["after"].get("units", 0), "number", most=most),
            "late": _row("", *_both(each["before"], each["after"], "late", "parcels"), "share"),
            "distance": _row("", *_both(each["before"], each["after"], "distance_m", "parcels"), "km"),
            "ship": _row("", *_both(each["before"], each["after"], "ship_minor", "parcels"), "money", currency),
        }
        for code, each in places[:MOST_PLACES]
    ]
    return {"rows": rows, "by_location": by_location, "more_places": max(0, len(places) - MOST_PLACES)}


def _row(label: str, before: float, after: float, kind: str, currency: str = "", *, most: float = 0) -> dict[str, Any]:
    most = 1 if kind == "share" else most or max(before, after)
    return {
        "label": label, "before": _said(before, kind, currency), "after": _said(after, kind, currency),
        "difference": _said(after - before, kind, currency, sign=True) if after != before else "",
        "wide_before": _wide(before, most), "wide_after": _wide(after, most),
    }  # fmt: skip


def _said(value: float, kind: str, currency: str, *, sign: bool = False) -> str:
    match kind:
        case "share":
            told = f"{abs(value) * 100:.1f} %"
        case "money":
            told = amount(round(abs(value)), currency) if currency else f"{abs(value):,.0f}"
        case "km" | "kg":
            told = f"{abs(value) / 1000:,.1f} {kind}"
        case _:
            told = f"{abs(value):,.1f}".removesuffix(".0")
    return (MINUS if value < 0 else "+" if sign else "") + told


def _wide(value: float, most: float) -> int:
    return round(max(value, 0) * WIDE / most) if most else 0


def _share(figures: Mapping[str, int], part: str, of: str) -> float:
    return figures.get(part, 0) / figures[of] if figures.get(of) else 0.0


def _kept(figures: Mapping[str, int]) -> float:
    return 1 - _share(figures, "late_orders", "orders") if figures["orders"] else 0.0


def _both(
    before: Mapping[str, int], after: Mapping[str, int], part: str, of: str, times: int = 1
) -> tuple[float, float]:
    return _share(before, part, of) * times, _share(after, part, of) * times


def _most(place: Mapping[str, Any], name: str) -> int:
    return max(place["before"].get(name, 0), place["after"].get(name, 0))
