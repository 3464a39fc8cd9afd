"""The same thing done to many rows of a list: one form, what it would do to each row, and one result per row.

A row that is refused stops no other.
"""

import re
from collections.abc import Mapping, Sequence
from secrets import token_urlsafe
from typing import Any, Final
from urllib.parse import parse_qs, urlencode

import msgspec

from orderline.console.choosing import chosen
from orderline.console.filling import fill
from orderline.console.forms import Field, fields_of
from orderline.console.languages import word
from orderline.console.ports import Called
from orderline.console.refusals import place_of
from orderline.console.visits import BECAUSE, NO_PAGE, Failed, Gone, NotAllowed, Shown, Visit

MOST: Final = 500
PER_PAGE: Final = 200
# By the list that the rows are chosen in; a row is named by an order, and there by a hold, or by the id of a record.
BULK: Final = {
    "orders": ("bulk_hold", "bulk_annotate", "bulk_cancel"),
    "holds": ("bulk_resolve",),
    "decisions": ("send_decision", "answer_decision", "withdraw_decision"),
    "dead-letters": ("replay_dead_letters", "drop_dead_letters"),
}
# Done to a row alone as well, in a word; what people know such a row as is what was picked with its id.
ALONE: Final = {"dead-letters": {"replay_dead_letters": "Try again", "drop_dead_letters": "Give up"}}
OPERATIONS: Final = tuple(name for names in BULK.values() for name in names)
LISTS: Final = {
    "orders": "list_orders", "holds": "list_holds", "decisions": "list_decisions", "dead-letters": "list_dead_letters",
}  # fmt: skip
_GONE: Final = {"title": word("It is none any more"), "unblock": word("somebody was faster"), "status": 409}
# Of what an item says, what differs by row, or is about a line of one order.
_OWN: Final = frozenset({"order", "hold", "line", "lines", "custom", "four_eyes_above_minor"})
_OF_THE_PAGE: Final = frozenset({"csrf", "key", "picked", "before", "next", "go"})
# Of what would happen to an order, as much as a row has room for.
_MOST_TOLD: Final = 6


async def form(visit: Visit) -> Shown:
    """What is to be said of all rows alike: of those that were chosen, or of all that a filter finds."""
    operation = _operation(visit, visit.query)
    given = {**visit.query, "key": token_urlsafe(16)}
    if visit.query.get("all"):
        given |= await _matching(visit, operation, visit.query)
    return _shown(visit, operation, given, {})


async def act(visit: Visit) -> Shown | Gone:
    """Say what would become of each row, and, once that is agreed to, do it and say what has."""
    operation = _operation(visit, visit.form)
    if visit.form.get("next"):
        given = {**visit.form, "key": token_urlsafe(16)}
        return _shown(visit, operation, given | await _matching(visit, operation, visit.form), {})
    filled = fill(_fields(operation), visit.form, "", visit.say)
    picked = _picked(visit, visit.form)
    if not picked:
        filled.wrong[""] = word("No row is chosen.")
    if filled.wrong:
        return _shown(visit, operation, visit.form, filled.wrong)
    do = _each if "{" in operation.path else _by_ids if _takes_ids(operation) else _together
    is_agreed = visit.form.get("go") == "yes"
    told = await do(visit, operation, filled.input, picked, visit.key if is_agreed else "")
    problem = told if "items" not in told else _said_of_all(visit, operation, told)
    if problem is not None:
        place = _place(problem)
        wrong = {place if place in _names(operation) else "": problem.get("detail") or problem.get("title", "")}
        return _shown(visit, operation, {**visit.form, "key": token_urlsafe(16)}, wrong, status=problem["status"])
    before = visit.form.get("before", "")
    results = sorted(zip(picked, told["items"], strict=True), key=lambda each: not each[1].get("problem"))
    about = {
        "operation": operation, "told": told, "results": results, "list": _list_of(operation), "is_agreed": is_agreed,
        "events": {index: _events(visit, each) for index, (_, each) in enumerate(results) if each.get("events")},
        "agreed": {**visit.form, "go": "yes"},
        "given": visit.form, "before": int(before) if re.fullmatch("[0-9]{1,9}", before) else 0,
        "again": {name: value for name, value in visit.form.items() if value and name not in _OF_THE_PAGE},
    }  # fmt: skip
    return Shown("bulk_done.html", about)


def _events(visit: Visit, verdict: Mapping[str, Any]) -> list[str]:
    """What would happen to an order, in words."""
    [words] = visit.parts.backend.tell([verdict], verdict.get("currency", ""), visit.spoken)
    return words[:_MOST_TOLD] + ["…"] * (len(words) > _MOST_TOLD)


async def _together(
    visit: Visit, operation: Called, input_: Mapping[str, Any], picked: Sequence[Mapping[str, Any]], key: str
) -> dict[str, Any]:
    """A verdict for each row, or the problem of all. key: empty, it is not done, and the verdicts are what they would be."""
    rows = [{name: value for name, value in each.items() if name != "label"} for each in picked]
    items = [{**input_, **each} for each in rows]
    return (await visit.do(operation.name, input={"items": items}, key=key, query=_dry(key)))[1]


def _dry(key: str) -> dict[str, str]:
    return {} if key else {"dry_run": "true"}


async def _each(
    visit: Visit, operation: Called, input_: Mapping[str, Any], picked: Sequence[Mapping[str, Any]], key: str
) -> dict[str, Any]:
    """As `_together`, of what is done to one record at a time."""
    items: list[dict[str, Any]] = []
    for at, each in enumerate(picked):
        given = dict(input_) if operation.input else None
        status, told = await visit.do(
            operation.name, {"id": each["order"]}, given, key=key and f"{key[:56]}.{at}", query=_dry(key)
        )
        items.append({"problem": told} if status >= 400 else {})
    refused = sum("problem" in each for each in items)
    return {"items": items, "accepted": len(items) - refused, "refused": refused}


async def _by_ids(
    visit: Visit, operation: Called, input_: Mapping[str, Any], picked: Sequence[Mapping[str, Any]], key: str
) -> dict[str, Any]:
    """As `_together`, of what takes the ids of all rows and says of each whether it was done."""
    ids = [each["order"] for each in picked]
    status, told = await visit.do(operation.name, input={**input_, "ids": ids}, key=key, query=_dry(key))
    if status >= 400:
        return told
    items: list[dict[str, Any]] = [{} if each["done"] else {"problem": _GONE} for each in told["items"]]
    refused = sum("problem" in each for each in items)
    return {"items": items, "accepted": len(items) - refused, "refused": refused}


async def _matching(visit: Visit, operation: Called, given: Mapping[str, str]) -> dict[str, str]:
    """The rows that the filter of a list finds, as many as are done at once, and where the next ones begin."""
    list_, filters = _list_of(operation), parse_qs(given.get("filter", "")[:4_000])
    cursor, names = given.get("cursor", ""), list[str]()
    while True:
        found = await visit.ask(
            LISTS[list_], query={**filters, "limit": min(PER_PAGE, MOST - len(names)), "cursor": cursor}
        )
        names += [_name(list_, each) for each in found["items"]]
        cursor = found["next"] or ""
        if not cursor or len(names) >= MOST:
            return {"picked": " ".join(names), "cursor": cursor}


def _name(list_: str, row: Mapping[str, Any]) -> str:
    return {
        "orders": lambda: row["number"], "holds": lambda: f"{row['order_number']}.{row['number']}",
    }.get(list_, lambda: row["id"])()  # fmt: skip


def _said_of_all(visit: Visit, operation: Called, told: Mapping[str, Any]) -> dict[str, Any] | None:
    """What is wrong with a field of the form itself, so that no row was accepted."""
    first: dict[str, Any] = told["items"][0].get("problem") or {}
    is_of_all = not told["accepted"] and first.get("status") == 422 and _place(first) in _names(operation)
    return visit.told(first) if is_of_all else None


def _place(problem: Mapping[str, Any]) -> str:
    return place_of(re.sub(r"^items\[\d+\]\.", "", str(problem.get("field", ""))))


def _names(operation: Called) -> set[str]:
    return {BECAUSE, *(each.name for each in _fields(operation))}


def offered(visit: Visit, list_: str) -> list[tuple[str, str]]:
    """What the person may do to many rows of a list, with a word about each."""
    return [(name, visit.parts.backend.operations[name].summary) for name in BULK.get(list_, ()) if visit.may(name)]


def each_alone(visit: Visit, path: str, row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What may be done to a row of a list alone: the label and the address of each form."""
    return [
        (label, "/bulk?" + urlencode({"do": name, f"pick.{row['id']}": label_of(row)}))
        for name, label in ALONE.get(path.strip("/"), {}).items()
        if visit.may(name)
    ]


def label_of(row: Mapping[str, Any]) -> str:
    """What people know a row as that is named by an id."""
    return ", ".join(filter(None, (row.get("what"), row.get("order_number")))) or "yes"


def _operation(visit: Visit, given: Mapping[str, str]) -> Called:
    name = given.get("do", "")
    if name not in OPERATIONS:
        raise Failed(404, NO_PAGE | {"detail": word("Choose rows in a list, and what to do with them.")})
    operation = visit.parts.backend.operations[name]
    if not visit.may(name):
        raise NotAllowed(operation.right)
    return operation


def _takes_ids(operation: Called) -> bool:
    return "ids" in getattr(operation.input, "__struct_fields__", ())


def _fields(operation: Called) -> tuple[Field, ...]:
    if "{" in operation.path or _takes_ids(operation):
        return tuple(each for each in fields_of(operation.input) if each.name != "ids")
    item = msgspec.structs.fields(operation.input)[0].type.__args__[0]
    return tuple(each for each in chosen(operation.name, fields_of(item)) if each.name not in _OWN)


def _picked(visit: Visit, given: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rows that were chosen, as an item names them: `pick.SO-1` an order, `pick.SO-1.2` its second hold; `picked` has the
    names of all that were found. Refused ITEMS_TOO_MANY: more than are done at once.
    """
    rows: list[dict[str, Any]] = []
    picks = [name.removeprefix("pick.") for name in given if name.startswith("pick.")]
    names = dict.fromkeys(picks + given.get("picked", "").split())
    if len(names) > MOST:
        hint = word("Choose fewer rows, or all that a filter of the list finds: they are done part by part")
        raise visit.refuse("ITEMS_TOO_MANY", field="picked", value=len(names), allowed=MOST, hint=hint)
    for name in names:
        found = re.fullmatch(r"([^.\s]{1,100})(?:\.([0-9]{1,9}))?", name)
        label = given.get(f"pick.{name}", "yes")[:200]
        row = {"order": found[1] if found else name[:100], **({"hold": int(found[2])} if found and found[2] else {})}
        rows.append(row | ({"label": label} if label not in ("", "yes") else {}))
    return rows


def _list_of(operation: Called) -> str:
    return next(name for name, operations in BULK.items() if operation.name in operations)


def _shown(
    visit: Visit, operation: Called, given: Mapping[str, str], wrong: Mapping[str, str], *, status: int = 0
) -> Shown:
    fields = _fields(operation)
    about = {
        "operation": operation, "given": given, "wrong": wrong, "picked": _picked(visit, given), "list": _list_of(operation),
        "whole": "picked" in given, "most": MOST,
        "fields": [each for each in fields if not each.rare], "rare": [each for each in fields if each.rare],
    }  # fmt: skip
    return Shown("bulk.html", about, status or (422 if wrong else 200))
