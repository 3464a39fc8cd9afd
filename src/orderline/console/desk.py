"""The returns desk: find a return by what is scanned, take its goods in, look at them, and put them away."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from secrets import token_urlsafe
from typing import Any, Final
from urllib.parse import quote

from orderline.console.languages import word
from orderline.console.listings import head_of
from orderline.console.refusals import beside
from orderline.console.station.places import Wrong, number_of
from orderline.console.station.receiving import GRADES
from orderline.console.visits import NO_PAGE, NOT_DONE, Failed, Gone, Shown, Visit

PATH: Final = "/returns-desk"
MOST: Final = 200
# What is done one after the other: with items that stand so, by this operation, and what it is called.
STEPS: Final[dict[str, tuple[tuple[str, ...], str, str]]] = {
    "receive": (("approved", "in_transit"), "receive_return", word("To take in")),
    "grade": (("received",), "grade_return", word("To look at")),
    "dispose": (("graded",), "dispose_return", word("To put away")),
}
OPERATIONS: Final = tuple(operation for _, operation, _ in STEPS.values())
DISPOSITIONS: Final = ("restock", "refurbish", "inspect", "vendor", "donate", "scrap")
_DONE: Final = {"receive": word("Taken in."), "grade": word("Looked at."), "dispose": word("Put away.")}


class Unsaid(Wrong):
    """Something that the step needs was not said; in the language of this page."""


async def desk(visit: Visit) -> Shown | Gone:
    """What waits, by what is next. What was scanned leads to the return that it can only mean."""
    asked = visit.query.get("q", "").strip()[:100]
    found = await _find(visit, asked) if asked else []
    if len(found) == 1:
        return Gone(path_of(*found[0]))
    waiting: dict[str, list[dict[str, Any]]] = {}
    more: set[str] = set()
    for step, (custody, _, _) in STEPS.items():
        page = await visit.ask("list_returns", query={"custody": list(custody), "limit": MOST})
        waiting[step] = together(page["items"])
        more |= {step} if page["next"] else set()
    about = {
        **head_of(visit, PATH), "asked": asked, "found": [(order, number, path_of(order, number)) for order, number in found],
        "steps": [(step, STEPS[step][2], rows, step in more) for step, rows in waiting.items()],
        "done": _DONE.get(visit.query.get("done", ""), ""), "of": visit.query.get("of", "")[:60], "now": datetime.now(UTC),
    }  # fmt: skip
    return Shown("desk.html", about)


def path_of(order: str, number: int) -> str:
    """The page of a return."""
    return f"{PATH}/{quote(order, safe='')}/{number}"


def together(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One row for each return, of the items that were listed, the one that has waited longest first."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for each in rows:
        named = (each["order_number"], each["number"])
        row = found.setdefault(named, {**each, "items": [], "path": path_of(*named)})
        row["items"].append((each["quantity"], each["sku"]))
    return list(found.values())


async def _find(visit: Visit, asked: str) -> list[tuple[str, int]]:
    """Returns that may be meant: by the parcel that they come in, or by their order."""
    rows = (await visit.ask("list_returns", query={"tracking_number": asked, "limit": MOST}))["items"]
    found = {(each["order_number"], each["number"]): None for each in rows}
    orders = (
        (await visit.ask("list_orders", query={"q": asked, "limit": 5}))["items"] if visit.may("list_orders") else []
    )
    named = [each for each in orders if asked.upper() == each["number"]] or orders
    for each in named:
        read = await visit.ask("read_order", {"order": each["number"]}, query={"parts": "explain"})
        found |= {(each["number"], returned["number"]): None for returned in read["order"].get("returns", ())}
    return list(found)


async def show(visit: Visit) -> Shown:
    """A return: its goods by what is next, with the form for it."""
    return await _shown(visit, await _read(visit), {}, {})


async def act(visit: Visit) -> Shown | Gone:
    """Do one step with goods of the return. What was typed stays when it is refused."""
    step = visit.form.get("step", "")
    if step not in STEPS:
        raise Failed(404, NO_PAGE)
    order, returned = await _read(visit)
    try:
        input_ = _input(visit, step, returned)
    except Wrong as wrong:
        return await _shown(visit, (order, returned), visit.form, {wrong.at: wrong.told(visit)}, status=422)
    path = {"order": order["number"], "number": str(returned["number"])}
    status, told = await visit.do(STEPS[step][1], path, input_, key=visit.key)
    if status >= 400:
        wrong = {
            _beside(visit, step, returned, told): visit.say(str(told.get("detail") or told.get("title") or NOT_DONE))
        }
        return await _shown(visit, (order, returned), visit.form, wrong, status=status if status < 500 else 503)
    _, returned = await _read(visit)
    here = path_of(order["number"], returned["number"])
    waits = any(each["custody"] in custody for each in returned["items"] for custody, _, _ in STEPS.values())
    return Gone(f"{here}?done={step}" if waits else f"{PATH}?done={step}&of={quote(order['number'], safe='')}")


def _input(visit: Visit, step: str, returned: Mapping[str, Any]) -> dict[str, Any]:
    """What the operation takes, of the units that were named. Wrong: none were, or they can't be read."""
    rows: list[dict[str, Any]] = []
    for name, item in _rows(step, returned).items():
        quantity = number_of(visit.form, name)
        if not quantity:
            continue
        row: dict[str, Any] = {"item": item, "quantity": quantity}
        for what, allowed in (("grade", GRADES), ("disposition", DISPOSITIONS)):
            if (said := visit.form.get(f"{name}.{what}", "")) in allowed:
                row[what] = said
        if step == "grade" and "grade" not in row:
            raise Unsaid(word("Say how each item looks that you have a number for."), at=f"{name}.grade")
        if (note := visit.form.get(f"{name}.note", "").strip()) and step != "dispose":
            row["note"] = note
        rows.append(row)
    if not rows:
        raise Unsaid(word("Say of how many."), at=next(iter(_rows(step, returned)), ""))
    match step:
        case "receive":
            location = visit.form.get("location", "").strip()
            if not location:
                raise Unsaid(word("Say where they are."), at="location")
            return {"receipt": f"desk-{visit.key}", "location": location, "items": rows}
        case "grade":
            return {"graded": rows}
        case _:
            return {"disposed": rows}


def _rows(step: str, returned: Mapping[str, Any]) -> dict[str, int]:
    """The fields of the items that the step is for."""
    items = (each for each in returned["items"] if each["custody"] in STEPS[step][0])
    return {f"items.{each['item']}": each["item"] for each in items}


def _beside(visit: Visit, step: str, returned: Mapping[str, Any], problem: Mapping[str, Any]) -> str:
    """The field that a refusal is about."""
    typed = [name for name in _rows(step, returned) if number_of(visit.form, name)]
    asked = {
        "receive": ("", ".grade", ".note"),
        "grade": ("", ".grade", ".disposition", ".note"),
        "dispose": ("", ".disposition"),
    }
    names = {*(["location"] if step == "receive" else ()), *(f"{name}{part}" for name in typed for part in asked[step])}
    return beside(problem, names, visit.form, dict.fromkeys(("items", "graded", "disposed"), typed))


async def _read(visit: Visit) -> tuple[dict[str, Any], dict[str, Any]]:
    order = (await visit.ask("read_order", {"order": visit.path["order"]}, query={"parts": "explain"}))["order"]
    found = next((each for each in order.get("returns", ()) if str(each["number"]) == visit.path["number"]), None)
    if found is None:
        raise Failed(404, NO_PAGE | {"title": word("There is no such return")})
    return order, found


async def _shown(
    visit: Visit,
    read: tuple[dict[str, Any], dict[str, Any]],
    given: Mapping[str, str],
    wrong: Mapping[str, str],
    *,
    status: int = 200,
) -> Shown:
    order, returned = read
    skus = {each["line"]: each["sku"] for each in order["lines"]}
    agreed = {each["line"]: each.get("description", "") for each in order["agreements"][-1]["lines"]}
    items = [
        {**each, "sku": skus.get(each["line"], ""), "description": agreed.get(each["line"], "")}
        for each in returned["items"]
    ]
    steps = [
        (
            step,
            title,
            visit.parts.backend.operations[operation].summary,
            [each for each in items if each["custody"] in custody],
        )
        for step, (custody, operation, title) in STEPS.items()
        if visit.may(operation)
    ]
    waiting = {custody for _, (custodies, _, _) in STEPS.items() for custody in custodies}
    about = {
        **head_of(visit, PATH), "order": order, "returned": returned, "steps": [each for each in steps if each[3]],
        "others": [each for each in items if each["custody"] not in waiting or not steps], "grades": GRADES,
        "dispositions": DISPOSITIONS, "given": given, "wrong": wrong, "wrong_step": given.get("step", ""),
        "key": token_urlsafe(16), "done": _DONE.get(visit.query.get("done", ""), ""), "now": datetime.now(UTC),
    }  # fmt: skip
    return Shown("desk_return.html", about, status)
