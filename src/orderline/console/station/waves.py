"""Waves at a station: one walk for many orders, piece by piece under the scanner, and what is picked put to each of them."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

from orderline.console.station.places import (
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
from orderline.console.station.scanning import by_lot, is_tracked, named
from orderline.console.station.verdicts import judged, refused, was_done
from orderline.console.visits import NO_PAGE, Failed, Gone, Sent, Shown, Visit, sent_whole

MOST: Final = 200
MOST_WORK: Final = 500
SCAN: Final = "scan"
PUT: Final = "put"
Walk = dict[str, Any]


async def walks(visit: Visit, location: str) -> list[Walk]:
    """What is to be walked here: each list of an open wave that is not done."""
    query = {"location": location, "state": ["open"], "limit": MOST}
    waves = (await visit.ask("list_waves", query=query))["items"]
    waves.sort(key=lambda each: each.get("due_at") or each["created_at"])
    return [_walk(location, wave, each) for wave in waves for each in wave["lists"] if not each.get("done")]


async def create(visit: Visit) -> str:
    """Release waiting work together; why not, in words, "" when it was done."""
    try:
        most = number_of(visit.form, "most")
    except Wrong as wrong:
        return wrong.told(visit)
    if not 0 < most <= MOST_WORK:
        return visit.say("Say how many orders: 1 to %(most)s.", most=MOST_WORK)
    key = key_of(visit)
    name = f"W-{hashlib.sha256(key.encode()).hexdigest()[:8].upper()}"
    by = "order" if visit.form.get("by") == "order" else "batch"
    given = {"location": visit.path["location"], "by": by, "most": most}
    status, answer = await visit.do("create_wave", {"id": name}, given, key=key)
    return "" if status < 400 else told(visit, answer)


async def show(visit: Visit) -> Shown:
    """The walk, in its order."""
    return await _shown(visit, await _read(visit), {})


@judged
async def act(visit: Visit) -> Shown | Gone:
    """Scan a piece, end the walk, or give it up. What is refused is told beside its form."""
    name = visit.path["operation"]
    walk = await _read(visit)
    if name not in (SCAN, PUT, *_ASKED):
        raise Failed(404, NO_PAGE)
    try:
        given = await _scanned(visit, walk, name) if name in (SCAN, PUT) else _ASKED[name](walk, visit.form)
    except Wrong as wrong:
        return await _shown(visit, walk, {name: wrong.told(visit)}, status=422)
    operation = "scan_item" if name in (SCAN, PUT) else name
    status, answer = await visit.do(operation, {"id": walk["wave"]}, given, key=key_of(visit))
    if not was_done(visit, status, answer):
        why = (
            _wrong_scan(walk, given["code"]).told(visit) if answer.get("code") == "WRONG_SCAN" else told(visit, answer)
        )
        return refused(await _shown(visit, await _read(visit), {name: why}, status=min(status, 503)), answer)
    if name == PUT:
        return Gone(f"{walk['path']}?put=yes&done=put&order={quote(_number(walk, given), safe='')}")
    if name in _ASKED and name != "scan_item":
        return Gone(f"{path_of(visit.path['location'])}?show=waves&done={name}")
    return Gone(f"{walk['path']}?done=scan_item")


async def paper(visit: Visit) -> Sent:
    """The list as it is printed."""
    walk = await _read(visit)
    reply = await visit.fetch("read_wave_list", {"id": walk["wave"], "number": str(walk["number"])})
    return sent_whole(reply.body, reply.media, f"walk-{walk['wave']}-{walk['number']}.pdf")


async def _read(visit: Visit) -> Walk:
    wave = await visit.ask("read_wave", {"id": visit.path["wave"]})
    expect_here(visit, wave["location"])
    found = next((each for each in wave["lists"] if str(each["number"]) == visit.path["number"]), None)
    if found is None:
        raise Failed(404, NO_PAGE)
    return _walk(visit.path["location"], wave, found)


async def _shown(visit: Visit, walk: Walk, wrong: dict[str, str], *, status: int = 200) -> Shown:
    putting = visit.path.get("operation", PUT if visit.query.get("put") else "") == PUT
    is_open = walk["state"] == "open" and not walk["done"]
    about = {
        **await frame(visit), "walk": walk, "path": walk["path"], "wrong": wrong, "given": visit.form if wrong else {}, "putting": putting,
        "may_act": is_open and visit.may("scan_item"), "is_open": is_open,
    }  # fmt: skip
    return Shown("station/wave.html", about, status)


def _walk(location: str, wave: Mapping[str, Any], found: Mapping[str, Any]) -> Walk:
    """stops: in walk order; left: still to be taken. orders: whose they are, in the order in which they are served."""
    stops: list[dict[str, Any]] = []
    orders: dict[str, dict[str, Any]] = {}
    for index, stop in enumerate(found["stops"], 1):
        picked, short = stop.get("picked", 0), stop.get("short", 0)
        put = sum(each.get("put", 0) for each in stop["shares"])
        stops.append({**stop, "index": index, "picked": picked, "short": short, "put": put,
                      "left": stop["quantity"] - picked - short})  # fmt: skip
        for each in stop["shares"]:
            work = {"order_number": each["order_number"], "number": each["fulfillment"]}
            order = orders.setdefault(
                each["order_number"], {"number": each["order_number"], "path": work_path(location, work), "units": 0}
            )
            order["units"] += each["quantity"]
    return {
        "wave": wave["id"], "number": found["number"], "zone": found.get("zone", ""), "done": found.get("done", False),
        "state": wave["state"], "by": wave["by"], "due_at": wave.get("due_at") or "", "stops": stops, "orders": list(orders.values()),
        "units": sum(each["quantity"] for each in stops), "left": sum(each["left"] for each in stops),
        "picked": sum(each["picked"] for each in stops), "to_put": sum(each["picked"] - each["put"] for each in stops),
        "lists": len(wave["lists"]), "wrong_scans": found.get("wrong_scans", 0),
        "path": f"{path_of(location)}/waves/{quote(wave['id'], safe='')}/{found['number']}",
    }  # fmt: skip


async def _scanned(visit: Visit, walk: Walk, name: str) -> dict[str, Any]:
    """One more piece; what is not wanted is sent as well, since wrong scans are counted."""
    code = visit.form.get("code", "").strip()[:80]
    if not code:
        raise Wrong("Scan a product, or type its SKU.")
    given: dict[str, Any] = {"list": walk["number"], "code": code}
    found, lot = named(walk["stops"], code), ""
    if not found:
        found, lot = await by_lot(visit, walk["stops"], code), code
    if found:
        given |= {"code": found[0]["sku"]} | ({"lot": lot} if lot else {})
    if name == PUT:
        share = next((each for stop in found for each in _to_put(stop)), None)
        if share is None:
            raise Wrong("%(code)s: no order waits for one more of it.", code=code)
        given["order"] = share["order"]
        given.pop("lot", None)  # which one it is was said when it was picked
    return given


def _to_put(stop: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The shares that wait for a unit that was picked, those served first first."""
    if stop["put"] >= stop["picked"]:
        return []
    return [each for each in stop["shares"] if each.get("put", 0) < each["quantity"]]


def _number(walk: Walk, given: Mapping[str, Any]) -> str:
    shares = (each for stop in walk["stops"] for each in stop["shares"])
    return next((each["order_number"] for each in shares if each["order"] == given["order"]), "")


def _wrong_scan(walk: Walk, code: str) -> Wrong:
    if any(each["sku"] == code for each in walk["stops"]):
        return Wrong("%(sku)s: all of it is picked. Put this one back.", sku=code)
    return Wrong("%(code)s: this is not on the list. Put it back.", code=code)


def _taken(walk: Walk, form: Mapping[str, str]) -> dict[str, Any]:
    """Several pieces of one stop, without scanning each."""
    [told_of] = lines_of(form, "stops")[:1] or [None]
    stop = next((each for each in walk["stops"] if told_of and each["index"] == told_of["line"]), None)
    if told_of is None or stop is None or is_tracked(stop):
        raise Wrong("Say how many, or scan each.")
    return {"list": walk["number"], "code": stop["sku"], "quantity": told_of["quantity"]}


def _completed(walk: Walk, form: Mapping[str, str]) -> dict[str, Any]:
    """What was not found, stop by stop; all else was scanned, or taken without."""
    stops = {each["index"]: each for each in walk["stops"]}
    short = [
        {
            "sku": stops[each["line"]]["sku"],
            "quantity": each["quantity"],
            "reason": "damaged" if form.get(f"reason.{each['line']}") == "damaged" else "missing",
        }
        for each in lines_of(form, "short")
        if each["line"] in stops
    ]
    return {"list": walk["number"], "short": short, "unscanned": form.get("unscanned") == "yes"}


def _voided(walk: Walk, form: Mapping[str, str]) -> dict[str, Any]:
    reason = form.get("reason", "").strip()[:500]
    if not reason:
        raise Wrong("Say why it is given up.")
    return {"reason": reason}


_ASKED: Final[Mapping[str, Callable[[Walk, Mapping[str, str]], dict[str, Any]]]] = {
    "scan_item": _taken,
    "complete_list": _completed,
    "void_wave": _voided,
}
OPERATIONS: Final = tuple(_ASKED)
