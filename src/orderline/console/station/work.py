"""One fulfillment order at a station: scan it, tick it off, say what is not there, pack it, hand it over."""

import re
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final

from orderline.console.station.board import steps_of
from orderline.console.station.places import (
    NO_CODE,
    Wrong,
    expect_here,
    frame,
    key_of,
    lines_of,
    number_of,
    path_of,
    told,
    work_path,
)
from orderline.console.station.scanning import by_lot, named
from orderline.console.station.verdicts import LATER, judged, refused, was_done
from orderline.console.visits import NO_PAGE, Failed, Gone, Sent, Shown, Visit

Work = dict[str, Any]
Asked = tuple[str, dict[str, Any]]
SCAN: Final = "scan"
_LAST: Final = frozenset({"ship_parcels", "collect_parcels", "reject_units", "restock_pickup", "answer_cancel"})
_PAPERS: Final = {"label": "read_label", "packing-slip": "read_packing_slip", "pick-list": "read_pick_list"}
_OPEN: Final = ("allocated", "released")


async def show(visit: Visit) -> Shown:
    """The fulfillment order as it stands."""
    return await _shown(visit, await _read(visit), {})


@judged
async def act(visit: Visit) -> Shown | Gone:
    """Do one thing to it. What is refused is told beside its form."""
    name = visit.path["operation"]
    work = await _read(visit)
    if name not in (SCAN, *_ASKED):
        raise Failed(404, NO_PAGE)
    try:
        operation, given = await _scanned(visit, work) if name == SCAN else (name, _ASKED[name](work, visit.form))
    except Wrong as wrong:
        if name == SCAN and await _was_done(visit):
            return Gone(f"{work_path(visit.path['location'], work)}?done=pick_units")
        return await _shown(visit, work, {name: wrong.told(visit)}, status=422)
    number = visit.form.get("parcel", "") if operation == "request_label" else visit.path["number"]
    path = {"order": visit.path["order"], "number": number or "0"}
    status, answer = await visit.do(operation, path, given, key=key_of(visit))
    if not was_done(visit, status, answer):
        shown = await _shown(visit, await _read(visit), {name: told(visit, answer)}, status=min(status, 503))
        return refused(shown, answer)
    location = visit.path["location"]
    if operation in _LAST and not steps_of(await _read(visit)):
        return Gone(f"{path_of(location)}?done={operation}&order={work['order_number']}")
    return Gone(f"{work_path(location, work)}?done={operation}")


async def _was_done(visit: Visit) -> bool:
    """Was the scan done before, and only its answer lost? What it meant can't be read from the work any more, but its key is taken:
    another request is refused for that, and a pick of nothing is refused in any case.
    """
    if visit.form.get(LATER) != "yes" or not visit.form.get("code", "").strip():
        return False
    path = {"order": visit.path["order"], "number": visit.path["number"]}
    return was_done(visit, *await visit.do("pick_units", path, {"lines": []}, key=key_of(visit)))


async def paper(visit: Visit) -> Sent:
    """What is printed for it: the label or the packing slip of a parcel, or what is to be picked."""
    of = visit.at.removesuffix(f"/{visit.path.get('parcel', '')}")
    name = next(each for each in _PAPERS if of.endswith(f"/{each}"))
    number = visit.path.get("parcel", visit.path["number"])
    form = "zpl" if visit.query.get("format") == "zpl" and name == "label" else "pdf"
    path = {"order": visit.path["order"], "number": number}
    reply = await visit.fetch(_PAPERS[name], path, query={"format": form} if name == "label" else None)
    safe = re.sub(r"[^\w-]", "_", f"{name}-{visit.path['order']}-{number}", flags=re.ASCII)
    return Sent(_whole(reply.body), reply.media, f"{safe}.{form}")


async def _read(visit: Visit) -> Work:
    path = {"order": visit.path["order"], "number": visit.path["number"]}
    work = await visit.ask("read_fulfillment", path)
    expect_here(visit, work["location"])
    return work


async def _shown(visit: Visit, work: Work, wrong: dict[str, str], *, status: int = 200) -> Shown:
    waiting = [each for each in work["parcels"] if each["state"] in ("packed", "labeled")]
    lying = [each for each in waiting if each.get("ready")]
    items = [_item(each) for each in work["items"] if any(each["units"].values())]
    may_act, steps = visit.may("pick_units") and not work.get("combined"), steps_of(work)
    about = {
        **await frame(visit), "work": work, "path": work_path(visit.path["location"], work),
        "steps": steps, "wrong": wrong, "given": visit.form if wrong else {},
        "items": items,
        "whole": {f"lines.{each['line']}": each["open"] for each in items if each["open"] and each.get("tracking") != "serial"},
        "named": {each["line"]: each for each in work["items"]}, "waiting": waiting,
        "lying": lying, "to_lay": [each for each in waiting if not each.get("ready")],
        "may_act": may_act,
        "apart": [each for name, each in wrong.items() if not may_act or name not in _forms(work, steps, waiting, lying)],
        "listening": visit.may("read_order"), "who_comes": await _who_comes(visit, work),
    }  # fmt: skip
    return Shown("station/work.html", about, status)


def _forms(work: Work, steps: list[str], waiting: list[Any], lying: list[Any]) -> set[str]:
    """What has a form on the page, beside which a refusal of it is told."""
    found = {"pick_units"}
    if {"accept", "pick"} & set(steps):
        found |= {"reject_units"} if work.get("blocked") else {"reject_units", SCAN}
    if "pack" in steps:
        found.add("pack_units")
    if waiting:
        found |= {"request_label", "ship_parcels", "ready_pickup", "unpack_units"}
    if lying:
        found |= {"collect_parcels", "renew_pickup", "restock_pickup"}
    return found | ({"answer_cancel"} if work["negotiation"] == "cancel_requested" else set())


def _item(item: Mapping[str, Any]) -> dict[str, Any]:
    """open: units to be picked. here: some are to be picked or packed; what is in a parcel is told there."""
    return {**item, "open": _units(item, *_OPEN), "here": bool(_units(item, *_OPEN, "picked"))}


async def _who_comes(visit: Visit, work: Work) -> str:
    """Whose goods lie at the counter, where the person may know."""
    if not work.get("pickup") or not visit.may("read_order"):
        return ""
    try:
        people = (await visit.ask("read_order", {"order": work["order_number"]}))["people"]
    except Failed:
        return ""
    return next((str(each.get("name") or "") for each in people if each.get("customer")), "")


async def _scanned(visit: Visit, work: Work) -> Asked:
    """One more unit of what was scanned: a SKU, its barcode, or the lot or serial number of a unit."""
    code = visit.form.get("code", "").strip()[:100]
    if not code:
        raise Wrong("Scan a product, or type its SKU.")
    mine, lot = named(work["items"], code), ""
    if not mine:
        mine, lot = await by_lot(visit, [each for each in work["items"] if _units(each, *_OPEN)], code), code
    if not mine:
        raise Wrong("%(code)s: this is not in the order. Put it back.", code=code)
    item = next((each for each in mine if _units(each, *_OPEN)), None)
    if item is None:
        raise Wrong("%(sku)s: all of it is picked. Put this one back.", sku=mine[0]["sku"])
    lots = [{"line": item["line"], "lot": lot, "quantity": 1}] if lot else []
    return "pick_units", {"lines": [{"line": item["line"], "quantity": 1}], "lots": lots}


def _picked(work: Work, form: Mapping[str, str]) -> dict[str, Any]:
    """What is told of each line; `short` is not there."""
    short = lines_of(form, "short")
    if short:
        shelf = form.get("shelf", "")
        if shelf not in ("missing", "damaged"):
            raise Wrong("Say why: not there, or damaged.")
        return {"lines": [], "short": short, "short_shelf": shelf, "empties_shelf": form.get("empty") == "yes"}
    lines = lines_of(form, "lines")
    if not lines:
        raise Wrong("Say how many.")
    return {"lines": lines}


def _rejected(work: Work, form: Mapping[str, str]) -> dict[str, Any]:
    reason, shelf = form.get("reason", "").strip()[:500], form.get("shelf", "")
    if not reason:
        raise Wrong("Say why it can't be done here.")
    return {"reason": reason, "shelf": shelf if shelf in ("missing", "damaged") else ""}


def _packed(work: Work, form: Mapping[str, str]) -> dict[str, Any]:
    items = lines_of(form, "lines")
    if not items:
        raise Wrong("Say what is in the parcel.")
    return {"parcels": [{"items": items, "weight_g": number_of(form, "weight_g")}]}


def _collected(work: Work, form: Mapping[str, str]) -> dict[str, Any]:
    said = {name: form.get(name, "").strip()[:200] for name in ("code", "without_code", "collected_by")}
    if work.get("tries_left") is not None and not (said["code"] or said["without_code"]):
        raise Wrong(NO_CODE)
    said["code"] = re.sub(r"\s", "", said["code"])
    return said


def _some_parcels(work: Work, form: Mapping[str, str]) -> dict[str, Any]:
    """The parcel that was named; all of them, where none is."""
    number = number_of(form, "parcel")
    return {"parcels": [number] if number else []}


_ASKED: Final[Mapping[str, Callable[[Work, Mapping[str, str]], dict[str, Any]]]] = {
    "accept_fulfillment": lambda _, form: {},
    "answer_cancel": lambda _, form: {"accepted": form.get("accepted") == "yes"},
    "pick_units": _picked,
    "reject_units": _rejected,
    "unpick_units": lambda _, form: {},
    "pack_units": _packed,
    "unpack_units": _some_parcels,
    "request_label": lambda _, form: {},
    "ship_parcels": _some_parcels,
    "ready_pickup": _some_parcels,
    "collect_parcels": _collected,
    "renew_pickup": lambda _, form: {},
    "restock_pickup": lambda _, form: {},
}
OPERATIONS: Final = tuple(_ASKED)


def _units(item: Mapping[str, Any], *buckets: str) -> int:
    return sum(item["units"].get(bucket, 0) for bucket in buckets)


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content
