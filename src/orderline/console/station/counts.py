"""Counts at a station: what is on the shelf, piece by piece or in figures, without being told what should be there."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from orderline.console.station.places import Wrong, expect_here, frame, key_of, number_of, path_of, told
from orderline.console.station.scanning import is_tracked, named
from orderline.console.station.verdicts import judged, refused, was_done
from orderline.console.visits import NO_PAGE, Failed, Gone, Shown, Visit

MOST: Final = 200
SCAN: Final = "scan"
OPERATIONS: Final = ("open_count", "submit_count")
_COUNTING: Final = ("planned", "open", "recount")
_LOT: Final = re.compile(r"(?P<lot>.+?)\s*(?:=\s*(?P<units>[0-9]{1,7}))?")


async def waiting(visit: Visit, location: str) -> list[dict[str, Any]]:
    """Counts that somebody here is to make, or to make again."""
    query = {"location": location, "state": list(_COUNTING), "limit": MOST}
    found = (await visit.ask("list_counts", query=query))["items"]
    return [{**each, "path": _path(location, each), "left": len(_left(each))} for each in found]


async def show(visit: Visit) -> Shown:
    """What is to be counted."""
    return await _shown(visit, await _read(visit), {})


@judged
async def act(visit: Visit) -> Shown | Gone:
    """Begin, or hand in what was counted. A scan adds one to what stands in the form, and nothing is kept of it here."""
    name = visit.path["operation"]
    count = await _read(visit)
    given: dict[str, Any] | None = {}
    try:
        if name == SCAN:
            return await _shown(visit, count, {}, filled=_with_scan(count, visit.form))
        if name not in OPERATIONS:
            raise Failed(404, NO_PAGE)
        if name == "submit_count":
            given = {"location": count["location"], "lines": _counted(count, visit.form)}
    except Wrong as wrong:
        return await _shown(visit, count, {name: wrong.told(visit)}, filled=visit.form, status=422)
    status, answer = await visit.do(name, {"id": count["id"]}, given, key=key_of(visit))
    if not was_done(visit, status, answer):
        shown = await _shown(
            visit, await _read(visit), {name: told(visit, answer)}, filled=visit.form, status=min(status, 503)
        )
        return refused(shown, answer)
    if name == "submit_count" and not _is_open(await _read(visit)):
        return Gone(f"{path_of(visit.path['location'])}?show=count&done={name}")
    return Gone(f"{_path(visit.path['location'], count)}?done={name}")


async def _read(visit: Visit) -> dict[str, Any]:
    count = await visit.ask("read_count", {"id": visit.path["count"]})
    expect_here(visit, count["location"])
    return count


async def _shown(
    visit: Visit, count: Mapping[str, Any], wrong: dict[str, str], *, filled: Mapping[str, str] | None = None, status: int = 200
) -> Shown:  # fmt: skip
    left = {each["sku"] for each in _left(count)}
    about = {
        **await frame(visit), "count": count, "path": _path(visit.path["location"], count), "wrong": wrong, "given": filled or {},
        "lines": [{**each, "index": index, "tracked": is_tracked(each)} for index, each in enumerate(count["lines"], 1) if each["sku"] in left],
        "is_open": _is_open(count), "begun": count["state"] == "open", "may_act": visit.may("submit_count") and _is_open(count),
    }  # fmt: skip
    return Shown("station/count.html", about, status)


def _left(count: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Lines that nobody has counted, or that are to be counted again."""
    return [each for each in count["lines"] if each.get("quantity") is None]


def _is_open(count: Mapping[str, Any]) -> bool:
    return count["state"] in _COUNTING


def _with_scan(count: Mapping[str, Any], form: Mapping[str, str]) -> dict[str, str]:
    """The form with one more of what was scanned; lots are those of the product that was scanned before."""
    code = form.get("code", "").strip()[:100]
    if not code:
        raise Wrong("Scan a product, or type its SKU.")
    numbers = {each["sku"]: index for index, each in enumerate(count["lines"], 1)}
    found = named(_left(count), code)
    filled = {**form, "code": ""}
    if found and not is_tracked(found[0]):
        name = f"lines.{numbers[found[0]['sku']]}"
        return filled | {name: str(number_of(form, name) + 1), "last": ""}
    if found:
        return filled | {"last": found[0]["sku"]}
    one = next((each for each in _left(count) if is_tracked(each) and each["sku"] == form.get("last")), None)
    if one is None:
        raise Wrong("%(code)s: this is not counted here. Of a lot, scan the product first.", code=code)
    name = f"lots.{numbers[one['sku']]}"
    return filled | {name: f"{form.get(name, '').strip()}\n{code}".strip(), "last": one["sku"]}


def _counted(count: Mapping[str, Any], form: Mapping[str, str]) -> list[dict[str, Any]]:
    """What was found of each SKU; of what nothing is said, none was there if the form says so."""
    lines: list[dict[str, Any]] = []
    for index, each in enumerate(count["lines"], 1):
        lots, figure = form.get(f"lots.{index}", ""), form.get(f"lines.{index}", "").strip()
        if is_tracked(each) and lots.strip():
            found = _lots(lots)
            lines.append({"sku": each["sku"], "quantity": sum(found.values()),
                          "lots": [{"lot": lot, "quantity": units} for lot, units in found.items()]})  # fmt: skip
        elif figure and not is_tracked(each):
            line = {"sku": each["sku"], "quantity": number_of(form, f"lines.{index}")}
            lines.append(line | _when(form.get(f"counted_at.{index}", "")))
        elif form.get("rest") == "yes" and each.get("quantity") is None:
            lines.append({"sku": each["sku"], "quantity": 0})
    if not lines:
        raise Wrong("Say how many there are.")
    return lines


def _when(text: str) -> dict[str, str]:
    """When the line was counted, as the device knows; now, when it doesn't say."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return {}
    return {"counted_at": at.astimezone(UTC).isoformat()} if at.tzinfo is not None else {}


def _lots(text: str) -> dict[str, int]:
    """Units by lot: `L-9 = 12`, or a lot for each unit of it."""
    found: dict[str, int] = {}
    for row in (each.strip() for each in re.split(r"[\n,;]", text)):
        if row:
            part = _LOT.fullmatch(row)
            if part is None:
                raise Wrong("%(text)s is no lot with its units.", text=row[:40])
            found[part["lot"]] = found.get(part["lot"], 0) + int(part["units"] or 1)
    return found


def _path(location: str, count: Mapping[str, Any]) -> str:
    return f"{path_of(location)}/counts/{quote(count['id'], safe='')}"
