"""Where the units of an order went, or would go: every location that was looked at, what each would add, and a map."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from orderline.console.languages import Language, word
from orderline.console.listings import head_of
from orderline.console.maps import Map, Spot, Way, draw
from orderline.console.visits import Failed, Shown, Visit
from orderline.core.routing.words import cost_kind, fact, term, why

DECISIONS: Final = "/routing-decisions"
TRIAL: Final = "/routing-trial"
# Beyond so many a map says nothing any more.
MOST_SHOWN: Final = 40


async def decisions(visit: Visit) -> Shown:
    """The decisions on an order, the last first."""
    number = visit.query.get("order", "").strip()
    about: dict[str, Any] = {
        **head_of(visit, DECISIONS),
        "number": number,
        "decisions": [],
        "other": visit.query.get("why_not", ""),
    }
    if number:
        query = {"candidates": "true", **_why_not(visit)}
        told = await _asked(visit, "explain_route", number, query)
        about["decisions"] = [_shown(visit.spoken, each) for each in told["items"]][::-1]
    return Shown("routing/decisions.html", about)


async def trial(visit: Visit) -> Shown:
    """Where the waiting units of an order would go now, by the rules that hold or by any version; nothing is written."""
    number, rules = visit.query.get("order", "").strip(), visit.query.get("rules", "")
    about: dict[str, Any] = {
        **head_of(visit, TRIAL), "number": number, "rules": rules, "decisions": None, "other": visit.query.get("why_not", ""),
        "choices": await _choices(visit),
    }  # fmt: skip
    if number:
        name, _, version = rules.partition("@")
        query = {"candidates": "true", "policy": name, "policy_version": version, **_why_not(visit)}
        told = await _asked(visit, "try_route", number, query)
        about["decisions"] = [_shown(visit.spoken, each) for each in told["items"]]
    return Shown("routing/trial.html", about)


async def _asked(visit: Visit, operation: str, number: str, query: Mapping[str, str]) -> Any:
    try:
        return await visit.ask(operation, {"order": number}, query=query)
    except Failed as failed:
        if failed.problem.get("code") == "ORDER_UNKNOWN":
            raise Failed(
                404,
                {
                    "title": word("There is no such order"),
                    "detail": word("%(number)s is not known."),
                    "places": {"number": number[:60]},
                },
            ) from None
        raise


def _why_not(visit: Visit) -> dict[str, str]:
    other = visit.query.get("why_not", "").strip()
    return {"why_not": other, "what_if": "true"} if other else {}


async def _choices(visit: Visit) -> list[tuple[str, str]]:
    """All versions of all rules that the person may see, the newest first."""
    if not visit.may("list_policies"):
        return []
    found = await visit.ask("list_policies", query={"limit": 200})
    return [
        (
            f"{each['id']}@{version['number']}",
            f"{each['id']}, {visit.say('version %(number)s', number=version['number'])} ({visit.say(version['state'])})",
        )
        for each in found["items"]
        if each["kind"] == "routing"
        for version in reversed(each["versions"])
    ]


def _shown(spoken: Language, told: Mapping[str, Any]) -> dict[str, Any]:
    """A decision with its candidates numbered as the map marks them."""
    currency = told.get("currency", "")
    rows: list[dict[str, Any]] = []
    for at, each in enumerate(told.get("candidates") or (), 1):
        kind = "serves" if each.get("serves") else "left" if each.get("removed_by") else "could"
        rows.append(
            {
                **each, "mark": str(at), "kind": kind, "verdict": _verdict(spoken, each, currency),
                "terms": [(spoken.gettext(term(name)), figure(spoken, name, value, currency)) for name, value in _figures(each, "terms")],
                "costs": [(spoken.gettext(cost_kind(name)), figure(spoken, "_minor", value, currency)) for name, value in _figures(each, "costs")],
                "cost": figure(spoken, "_minor", sum(value for _, value in _figures(each, "costs")), currency),
                "distance": figure(spoken, "_m", each["distance_m"], currency) if each.get("distance_m") is not None else "",
            }
        )  # fmt: skip
    explain = told["explain"]
    other = told.get("why_not")
    return {
        **told, "rows": rows, "map": _map(spoken, told, rows), "explain": explain, "currency": currency,
        "columns": _columns(rows), "distance": spoken.gettext(term("distance_m")), "cost": figure(spoken, "_minor", explain["cost_minor"], currency),
        "left": [(spoken.gettext(why(reason)), units) for reason, units in explain["left"].items()],
        "costs": [(spoken.gettext(cost_kind(name)), figure(spoken, "_minor", value, currency)) for name, value in explain["costs"].items()],
        "decided": _decided(spoken, explain, currency), "why_not": _other(spoken, other, currency) if other else None,
        "in_vain": bool(other) and not other.get("serves"),
        "changes": [_change(spoken, each, currency) for each in told.get("what_would_have_to_change") or ()],
    }  # fmt: skip


def _figures(each: Mapping[str, Any], name: str) -> list[tuple[str, int]]:
    return list(each.get(name, dict[str, int]()).items())


def _columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The terms that the candidates are compared by."""
    return next(([name for name, _ in each["terms"]] for each in rows if each["terms"]), [])


def _verdict(spoken: Language, each: Mapping[str, Any], currency: str) -> str:
    if each.get("serves"):
        return spoken.gettext("serves %(number)s", number=each["serves"])
    if each.get("removed_by"):
        return spoken.gettext("left out: %(why)s", why=spoken.gettext(why(each["removed_by"])))
    name = each.get("decided_by", "")
    behind = each.get("behind", 0)
    said = spoken.gettext(term(name))
    if not behind:
        return spoken.gettext("loses by %(what)s", what=said)
    return spoken.gettext(
        "loses by %(what)s: %(more)s", what=said, more=figure(spoken, name, behind, currency, sign=True)
    )


def _decided(spoken: Language, explain: Mapping[str, Any], currency: str) -> str:
    if not explain["runner_up"]:
        return spoken.gettext("There was no other way.") if explain["winner"] else ""
    over, what = " + ".join(explain["runner_up"]), spoken.gettext(term(explain["decided_by"]))
    if not explain["gap"]:
        return spoken.gettext("It won over %(plan)s by %(what)s.", plan=over, what=what)
    gap = figure(spoken, explain["decided_by"], explain["gap"], currency)
    return spoken.gettext("It won over %(plan)s by %(what)s: %(gap)s.", plan=over, what=what, gap=gap)


def _other(spoken: Language, told: Mapping[str, Any], currency: str) -> str:
    place = told["location"]
    if told.get("serves"):
        return spoken.gettext("%(place)s serves it.", place=place)
    if told.get("no_stock"):
        return spoken.gettext("%(place)s had no stock of it in the pools that hold its claims.", place=place)
    if told.get("removed_by"):
        return spoken.gettext(
            "%(place)s was left out: %(why)s.", place=place, why=spoken.gettext(why(told["removed_by"]))
        )
    name = told.get("decided_by", "")
    more = told.get("differences", {}).get(name, 0)
    plan, what = " + ".join(told.get("plan", ())), spoken.gettext(term(name))
    hit = " " + spoken.gettext("A bound was hit: %(what)s.", what=told["hit"]) if told.get("hit") else ""
    if not more:
        return spoken.gettext("%(plan)s loses by %(what)s.", plan=plan, what=what) + hit
    size = figure(spoken, name, more, currency, sign=True)
    return spoken.gettext("%(plan)s loses by %(what)s: %(more)s.", plan=plan, what=what, more=size) + hit


def _change(spoken: Language, each: Mapping[str, Any], currency: str) -> str:
    needed, now = (figure(spoken, each["fact"], each[name], currency) for name in ("needed", "now"))
    said = {"what": spoken.gettext(fact(each["fact"])), "needed": needed, "now": now}
    if each.get("about"):
        return spoken.gettext("%(what)s of %(of)s: %(needed)s instead of %(now)s", of=each["about"], **said)
    return spoken.gettext("%(what)s: %(needed)s instead of %(now)s", **said)


def _map(spoken: Language, told: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Map | None:
    where = told.get("destination")
    spots = [
        _spot(each["location"], each["mark"], each["kind"], each["coordinates"])
        for each in rows[:MOST_SHOWN]
        if each.get("coordinates")
    ]
    if not where:
        return draw(spots)
    customer = _spot(spoken.gettext("the customer"), "", "target", where)
    return draw([*spots, customer], [_way(each, customer) for each in spots if each.kind == "serves"])


def _way(start: Spot, end: Spot) -> Way:
    return Way("gone", ((start.latitude, start.longitude), (end.latitude, end.longitude)))


def _spot(name: str, mark: str, kind: str, at: Mapping[str, int]) -> Spot:
    return Spot(name, mark, kind, at["latitude_udeg"] / 1_000_000, at["longitude_udeg"] / 1_000_000)


def figure(spoken: Language, name: str, value: int, currency: str, *, sign: bool = False) -> str:
    """A value of a term with its unit: `393 km`, `5.50 EUR`, `1.2 kg`, `3.5 %`."""
    plus = "+" if sign and value > 0 else ""
    if name.endswith("_minor"):
        return plus + (spoken.figure(value, currency) if currency else spoken.number(value))
    if name.endswith("_m"):
        return f"{plus}{spoken.number(round(value / 1000))} km"
    if name.endswith("_g"):
        return f"{plus}{spoken.decimal(value / 1000)} kg"
    if name.endswith("_ppm"):
        return f"{plus}{spoken.decimal(value / 10_000)} %"
    return plus + spoken.number(value)
