"""Goods that come to a location: transfers, purchase orders, and what customers send back."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from orderline.console.languages import word
from orderline.console.refusals import among, beside
from orderline.console.station.places import Wrong, frame, key_of, lines_of, path_of, told
from orderline.console.station.verdicts import judged, refused, was_done
from orderline.console.visits import NO_PAGE, Failed, Gone, Shown, Visit

MOST: Final = 200
# What comes, by the name in the path: what lists, reads and receives it, in which states, and its title.
KINDS: Final = {
    "transfer": ("list_transfers", "read_transfer", "receive_transfer", ("in_transit", "partly_received"), word("Transfer")),
    "purchase": (
        "list_purchase_orders", "read_purchase_order", "receive_purchase_order", ("sent", "confirmed", "partly_received"),
        word("Purchase order"),
    ),
}  # fmt: skip
_ON_THE_WAY: Final = ("approved", "in_transit")
NOT_SAID: Final = word("Say how many came.")
GRADES: Final = ("as_new", "opened", "worn", "damaged", "defective")


async def expected(visit: Visit, location: str) -> list[dict[str, Any]]:
    """What is on its way here, as far as the person may know of it."""
    found: list[dict[str, Any]] = []
    for kind, (lists, _, _, states, title) in KINDS.items():
        if visit.may(lists):
            rows = (await visit.ask(lists, query={"location": location, "state": list(states), "limit": MOST}))["items"]
            found += [_record(location, kind, title, each) for each in rows]
    if visit.may("list_returns"):
        query = {"location": location, "custody": list(_ON_THE_WAY), "limit": MOST}
        found += _returns(location, (await visit.ask("list_returns", query=query))["items"])
    return found


async def show(visit: Visit) -> Shown:
    """What is to come of a transfer or a purchase order."""
    return await _shown(visit, await _read(visit), {})


@judged
async def receive(visit: Visit) -> Shown | Gone:
    """Units came; complete: what has not come never will."""
    record = await _read(visit)
    try:
        sound, damaged = lines_of(visit.form, "lines"), lines_of(visit.form, "damaged")
    except Wrong as wrong:
        return await _shown(visit, record, {wrong.at: wrong.told(visit)}, status=422)
    complete = visit.form.get("complete") == "yes"
    came = {each["line"]: {"line": each["line"], "quantity": 0, "damaged": 0} for each in (*sound, *damaged)}
    for each in sound:
        came[each["line"]]["quantity"] = each["quantity"]
    for each in damaged:
        came[each["line"]]["damaged"] = each["quantity"]
    if not came and not complete:
        first = next((f"lines.{each['line']}" for each in _open(visit, record)), "")
        return await _shown(visit, record, {first: visit.say(NOT_SAID)}, status=422)
    given = {"receipt": _receipt(visit), "lines": list(came.values()), "complete": complete}
    operation = KINDS[visit.path["kind"]][2]
    status, answer = await visit.do(operation, {"id": visit.path["record"]}, given, key=key_of(visit))
    if not was_done(visit, status, answer):
        typed = {"lines": [f"lines.{line}" for line in came]}
        wrong = {beside(answer, visit.form, visit.form, typed): told(visit, answer)}
        return refused(await _shown(visit, record, wrong, status=min(status, 503)), answer)
    return Gone(f"{path_of(visit.path['location'])}?show=receive&done={operation}")


async def show_return(visit: Visit) -> Shown:
    """What a customer sends back."""
    return await _shown_return(visit, await _read_return(visit), {})


@judged
async def receive_return(visit: Visit) -> Shown | Gone:
    """Units of a return came, looked at or not."""
    items = await _read_return(visit)
    path = {"order": visit.path["order"], "number": visit.path["number"]}
    try:
        came: list[dict[str, Any]] = [
            {"item": each["line"], "quantity": each["quantity"]} for each in lines_of(visit.form, "items")
        ]
    except Wrong as wrong:
        return await _shown_return(visit, items, {wrong.at: wrong.told(visit)}, status=422)
    for each in came:
        grade = visit.form.get(f"items.{each['item']}.grade", "")
        if grade in GRADES:
            each["grade"] = grade
    if not came:
        first = next((f"items.{each['item']}" for each in items), "")
        return await _shown_return(visit, items, {first: visit.say(NOT_SAID)}, status=422)
    given = {"receipt": _receipt(visit), "location": visit.path["location"], "items": came}
    status, answer = await visit.do("receive_return", path, given, key=key_of(visit))
    if not was_done(visit, status, answer):
        typed = {"items": [f"items.{each['item']}" for each in came]}
        wrong = {beside(answer, visit.form, visit.form, typed): told(visit, answer)}
        return refused(await _shown_return(visit, items, wrong, status=min(status, 503)), answer)
    return Gone(f"{path_of(visit.path['location'])}?show=receive&done=receive_return")


def _receipt(visit: Visit) -> str:
    """The name of what came at once; codes begin with a letter, and a key need not."""
    return f"R-{key_of(visit)}"


async def _read(visit: Visit) -> dict[str, Any]:
    kind = KINDS.get(visit.path["kind"])
    if kind is None:
        raise Failed(404, NO_PAGE)
    record = await visit.ask(kind[1], {"id": visit.path["record"]})
    here = record.get("target", record.get("location"))
    if here != visit.path["location"]:
        raise Failed(
            404, {"title": word("It does not come here"), "detail": visit.say("It goes to %(place)s.", place=here)}
        )
    return record


def _open(visit: Visit, record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The lines of which something is to come."""
    return [each for each in record["lines"] if _to_come(visit.path["kind"], each)]


async def _shown(visit: Visit, record: dict[str, Any], wrong: Mapping[str, str], *, status: int = 200) -> Shown:
    kind = visit.path["kind"]
    lines = [{**each, "to_come": _to_come(kind, each)} for each in record["lines"]]
    names = {f"{part}.{each['line']}" for each in _open(visit, record) for part in ("lines", "damaged")}
    about = {
        **await frame(visit), "title": KINDS[kind][4], "name": record["id"],
        "source": record.get("source") or record.get("vendor", ""), "lines": lines,
        "wrong": among(names, wrong),
        "given": visit.form if wrong else {}, "may_act": visit.may(KINDS[kind][2]),
    }  # fmt: skip
    return Shown("station/receive.html", about, status)


async def _read_return(visit: Visit) -> list[dict[str, Any]]:
    """The items of the return that have not come."""
    number = visit.path["number"]
    order = (await visit.ask("read_order", {"order": visit.path["order"]}))["order"]
    found = next((each for each in order.get("returns", ()) if str(each["number"]) == number), None)
    if found is None:
        raise Failed(404, {"title": word("There is no such return"), "detail": NO_PAGE["detail"]})
    skus = {each["line"]: each["sku"] for each in order["lines"]}
    return [
        {**each, "sku": skus.get(each.get("line", 0), "")}
        for each in found["items"]
        if each.get("custody", "requested") in _ON_THE_WAY
    ]


async def _shown_return(
    visit: Visit, items: list[dict[str, Any]], wrong: Mapping[str, str], *, status: int = 200
) -> Shown:  # fmt: skip
    names = {f"items.{each['item']}{part}" for each in items for part in ("", ".grade")}
    about = {
        **await frame(visit), "order": visit.path["order"], "number": visit.path["number"], "items": items, "grades": GRADES,
        "wrong": among(names, wrong), "given": visit.form if wrong else {}, "may_act": visit.may("receive_return"),
    }  # fmt: skip
    return Shown("station/return.html", about, status)


def _to_come(kind: str, line: dict[str, Any]) -> int:
    came = line.get("received", 0) + line.get("damaged", 0) + line.get("quality_control", 0)
    if kind == "transfer":
        return max(0, line.get("sent", 0) - (came - line.get("over", 0)) - line.get("missing", 0))
    return max(0, line["quantity"] - came)


def _record(location: str, kind: str, title: str, record: dict[str, Any]) -> dict[str, Any]:
    lines = [each for each in record["lines"] if _to_come(kind, each)]
    return {
        "title": title, "name": record["id"], "source": record.get("source") or record.get("vendor", ""),
        "items": [(each["sku"], _to_come(kind, each)) for each in lines],
        "due_at": record.get("due_at") or min((each["due_at"] for each in lines if each.get("due_at")), default=""),
        "path": f"{path_of(location)}/receive/{kind}/{quote(record['id'], safe='')}",
    }  # fmt: skip


def _returns(location: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row for each return, of the items that were listed."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for each in rows:
        named = (each["order_number"], each["number"])
        path = f"{path_of(location)}/returns/{quote(named[0], safe='')}/{named[1]}"
        row = found.setdefault(
            named,
            {
                "title": word("Return"),
                "name": f"{named[0]}, {named[1]}",
                "source": word("customer"),
                "items": [],
                "due_at": "",
                "path": path,
            },
        )
        row["items"].append((each["sku"], each["quantity"]))
    return list(found.values())
