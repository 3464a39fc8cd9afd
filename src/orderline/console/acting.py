"""What can be done to an order: a form for each operation, what it would change, and then the thing itself."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from secrets import token_urlsafe
from typing import Any, Final
from urllib.parse import quote

from orderline.console.choosing import chosen, places
from orderline.console.composing import FORMS
from orderline.console.describing import described
from orderline.console.filling import Filled, fill, is_number, rows_of
from orderline.console.forms import Field, fields_of, names_of
from orderline.console.languages import word
from orderline.console.ports import Called
from orderline.console.refusals import wrong_of
from orderline.console.typed import as_typed
from orderline.console.visits import BECAUSE, NO_PAGE, Failed, Gone, Shown, Visit
from orderline.core.holds.rules import ADDRESS

# Where the numbers of a path stand in an order: `/fulfillments/{number}/picks` is about one of `fulfillments`.
_NUMBERED: Final = {
    "holds": "holds",
    "fulfillments": "fulfillments",
    "parcels": "parcels",
    "tenders": "tenders",
    "returns": "returns",
    "disputes": "disputes",
}
# What is seen before it is done, with the name of what the path's number stands for.
PREVIEWED: Final = {
    "cancel_units": "", "place_hold": "", "release_hold": "hold", "reserve_units": "", "reclaim_units": "",
    "retry_payment": "tender", "answer_dispute": "dispute", "accept_dispute": "dispute", "add_tender": "",
    "pull_back": "fulfillment", "reject_units": "fulfillment",
    "substitute_units": "", "change_order": "", "undo_change": "", "close_order": "",
    "change_delivery": "", "give_appeasement": "", "receive_payment": "", "redeem_credit": "", "reverse_refund": "tender",
    "request_return": "", "replace_return": "number", "credit_return": "number", "deny_return": "number",
}  # fmt: skip
ACTIONS: Final = (
    "change_order", "cancel_units", "set_auto_cancel", "clear_auto_cancel", "place_hold", "release_hold", "reject_hold",
    "escalate_hold", "reserve_units",
    "peg_units", "reclaim_units", "allocate_units", "promise_lines", "pull_back", "accept_fulfillment", "reject_units", "pick_units", "pack_units", "label_parcel", "track_parcel", "answer_void",
    "unpack_units", "unpick_units", "request_label", "void_label", "ship_parcels", "undo_handover", "ready_pickup",
    "collect_parcels", "renew_pickup", "restock_pickup", "answer_cancel", "retry_payment", "answer_dispute",
    "accept_dispute", "add_tender", "schedule_payments", "call_installments", "redeem_credit", "renew_authorization", "receive_payment", "settle_refund", "reverse_refund", "change_delivery",
    "give_appeasement", "substitute_units", "undo_change", "annotate_order", "link_orders", "request_return", "approve_return",
    "decline_return", "withdraw_return", "label_return", "send_return", "track_return", "receive_return", "grade_return", "dispose_return",
    "send_back_return", "assess_return", "answer_repair_quote", "finish_repair", "replace_return",
    "credit_return", "deny_return", "settle_expired_return", "close_order", "erase_people",
)  # fmt: skip

# What is done on a page of its own: by the operation, where the order names what it is about, and the page of one.
ELSEWHERE: Final = {"answer_decision": ("asked", "/decisions/{id}/answer")}
# What nobody does by hand: the worker, as a location is chosen, is asked, or a customer has not come in time.
WORKERS_OWN: Final = frozenset({"submit_fulfillment", "expire_pickup"})


async def form(visit: Visit) -> Shown:
    """The form of one operation on one order."""
    operation = _operation(visit)
    read = await _read(visit)
    given = {**_address_of(visit, operation, read), **visit.query, "key": token_urlsafe(16)}
    return _shown(visit, operation, read, given, {})


async def act(visit: Visit) -> Shown | Gone:
    """See what it would do, or do it. What was typed stays where it was when it is refused."""
    operation = _operation(visit)
    read = await _read(visit)
    order = read["order"]
    filled = fill(_fields(operation), visit.form, order["currency"], visit.say)
    number = visit.form.get("number", "")
    if _numbers(visit, operation, order) is not None and not is_number(number):
        filled.wrong["number"] = word("Choose one.")
    if filled.wrong:
        return _shown(visit, operation, read, visit.form, filled.wrong)
    known = fill(_fields(operation), _address_of(visit, operation, read), order["currency"], visit.say).input
    if known and filled.input.get("address") == known["address"]:
        del filled.input["address"]  # it goes where it goes: something else was changed
    if operation.name in FORMS:
        filled.input = FORMS[operation.name].input(filled.input, order)
    if operation.name in PREVIEWED and visit.form.get("go") != "yes":
        return await _preview(visit, operation, read, filled, number)
    version = visit.form.get("version", "")
    if is_number(version) and any(each == "expected_version" for each in _names(operation)):
        filled.input["expected_version"] = int(version)
    path = {"order": order["number"], **({"number": number} if number else {})}
    status, answer = await visit.do(
        operation.name, path, **_sent(operation, filled.input), key=visit.key, currency=order["currency"]
    )
    if status < 400:
        asked = "&asked=yes" if isinstance(answer, dict) and answer.get("result", {}).get("decision") else ""
        return Gone(f"/orders/{quote(order['number'], safe='')}?done={operation.name}{asked}")
    return await _refused(visit, operation, read, answer, status)


async def _preview(visit: Visit, operation: Called, read: dict[str, Any], filled: Filled, number: str) -> Shown:
    command: dict[str, Any] = {"command": operation.name, "order": read["order"]["number"], **filled.input}
    if PREVIEWED[operation.name]:
        command[PREVIEWED[operation.name]] = int(number)
    if operation.name == "place_hold":
        command = {"command": "place_hold", "order": command.pop("order"), "hold": filled.input}
    status, told = await visit.do("preview", input=command, key="", currency=read["order"]["currency"])
    if status >= 400:
        return await _refused(visit, operation, read, told, status)
    agreed = {**visit.form, "go": "yes", "version": str(told["difference"]["version"])}
    [words] = visit.parts.backend.tell([told], read["order"]["currency"], visit.spoken, read["order"])
    about = {"operation": operation, "order": read["order"], "told": told, "agreed": agreed, "words": words}
    return Shown("preview.html", about)


async def _refused(
    visit: Visit, operation: Called, read: dict[str, Any], problem: dict[str, Any], status: int
) -> Shown:
    names = names_of(_fields(operation)) | {BECAUSE, "number"}
    wrong = wrong_of(problem, names, visit.form)
    changed: list[tuple[dict[str, Any], list[str]]] = []
    if problem.get("code") == "VERSION_STALE":
        wrong = {"": word("The order has changed since this page was shown. What you typed is still here.")}
        read, changed = await _changed(visit)
    filled = {**visit.form, "go": "", "key": token_urlsafe(16)}
    return _shown(visit, operation, read, filled, wrong, status=status if status < 500 else 503, changed=changed)


async def _changed(visit: Visit) -> tuple[dict[str, Any], list[tuple[dict[str, Any], list[str]]]]:
    """The order as it is now, and what has happened to it since the form was shown, the last first."""
    read = await _with_places(visit, "explain,timeline")
    version = visit.form.get("version", "")
    since = int(version) if is_number(version) else 0
    told = visit.parts.backend.tell(read["timeline"], read["order"]["currency"], visit.spoken)
    entries = zip(read["timeline"], told, strict=True)
    return read, [(entry, words) for entry, words in entries if entry["seq"] > since][::-1]


def _shown(
    visit: Visit, operation: Called, read: dict[str, Any], given: Mapping[str, str], wrong: Mapping[str, str],
    *, status: int = 0, changed: Sequence[tuple[dict[str, Any], list[str]]] = (),
) -> Shown:  # fmt: skip
    order = read["order"]
    one = _groups(order) == 1
    fields = _doubted([each for each in _fields(operation) if not (one and each.name == "group")], operation, order)
    about = {
        "operation": operation, "order": order, "given": given, "wrong": wrong, "version": order["version"], "changed": changed,
        "fields": [each for each in fields if not each.rare], "rare": [each for each in fields if each.rare],
        "numbers": _numbers(visit, operation, order), "previewed": operation.name in PREVIEWED,
        "places": read["places"], "rows": {each.name: _rows(visit, each, order, given) for each in fields},
        "notes": described(operation.description, _takes(operation), fields),
    }  # fmt: skip
    return Shown("form.html", about, status or (422 if wrong else 200))


def _operation(visit: Visit) -> Called:
    name = visit.path["operation"]
    if name not in ACTIONS:
        raise Failed(404, NO_PAGE)
    return visit.parts.backend.operations[name]


async def _read(visit: Visit) -> dict[str, Any]:
    parts = "explain,people" if visit.path["operation"] == "change_delivery" else "explain"
    return await _with_places(visit, parts)


async def _with_places(visit: Visit, parts: str) -> dict[str, Any]:
    operation = _operation(visit)
    read = await visit.ask("read_order", {"order": visit.path["order"]}, query={"parts": parts})
    return {**read, "places": await places(visit, operation.name, _fields(operation))}


def _address_of(visit: Visit, operation: Called, read: Mapping[str, Any]) -> dict[str, str]:
    """Where the order goes, as it would be typed, to be put right; nothing, where it goes to several, or may not be seen."""
    if operation.name != "change_delivery" or _groups(read["order"]) > 1 or not visit.sees_people:
        return {}
    known = next(
        (each["address"] for each in read.get("people", ()) if 1 in each.get("groups", ()) and each.get("address")),
        None,
    )
    return as_typed(_fields(operation), {"address": known}) if known else {}


def _doubted(fields: list[Field], operation: Called, order: Mapping[str, Any]) -> list[Field]:
    """Where goods go elsewhere, the holds on addresses that may be lifted with it; nothing is asked, where there is none."""
    if operation.name != "change_delivery":
        return fields
    holds = tuple(str(each["number"]) for each in order.get("holds", ()) if each["type"] == ADDRESS)
    asked = [replace(each, choices=holds) if each.name == "hold" else each for each in fields]
    return [each for each in asked if holds or each.name != "hold"]


def _groups(order: Mapping[str, Any]) -> int:
    return len(order["agreements"][-1]["groups"])


def _numbers(visit: Visit, operation: Called, order: dict[str, Any]) -> list[tuple[int, str]] | None:
    """What the number in the path can be, with a word about each; None: the path has none."""
    found = re.search(r"/(\w+)/\{number\}", operation.path)
    if found is None:
        return None
    rows: Sequence[dict[str, Any]] = order.get(_NUMBERED.get(found.group(1), ""), ())
    return [(row["number"], _word(visit, row)) for row in rows]


def _word(visit: Visit, row: Mapping[str, Any]) -> str:
    names = ("type", "location", "tracking_number", "method", "state", "reference")
    name = next((each for each in names if row.get(each)), "")
    said = str(row.get(name, ""))
    if name in ("type", "method", "state"):
        said = visit.say(said.replace("_", " "))
    return f"{row['number']}{f', {said}' if said else ''}"


def _rows(visit: Visit, asked: Field, order: dict[str, Any], given: Mapping[str, str]) -> list[tuple[int, str, int]]:
    """The lines, or the items of the return, that units can be named of, with how many there are of each."""
    if asked.kind == "rows":
        return [(number, "", 0) for number in rows_of(asked, given)]
    if asked.kind == "some":
        return [(each["line"], each["sku"], _open(each)) for each in order["lines"] if not each.get("parent")]
    if asked.kind == "lines":
        return [(each["line"], each["sku"], sum(each["units"].values())) for each in order["lines"]]
    if asked.kind == "items":
        chosen = given.get("number", "")
        returns = [each for each in order.get("returns", ()) if not chosen or str(each["number"]) == chosen]
        return [
            (item["item"], visit.say("line %(line)s", line=item.get("line", "?")), item.get("quantity", 0))
            for each in returns[:1]
            for item in each["items"]
        ]
    return []


def _open(line: Mapping[str, Any]) -> int:
    return sum(units for bucket, units in line["units"].items() if bucket != "canceled")


def _fields(operation: Called) -> tuple[Field, ...]:
    if operation.name in FORMS:
        return FORMS[operation.name].fields
    return chosen(operation.name, fields_of(_takes(operation)))


def _names(operation: Called) -> list[str]:
    return list(getattr(_takes(operation), "__struct_fields__", ()))


def _takes(operation: Called) -> Any:
    """What it takes: what is let go of says why in its query, since it has no body."""
    return operation.query if operation.method == "DELETE" else operation.input


def _sent(operation: Called, given: dict[str, Any]) -> dict[str, Any]:
    """Where that goes."""
    return {"query": given} if operation.method == "DELETE" else {"input": given if operation.input else None}
