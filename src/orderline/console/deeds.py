"""What can be done to a record or a row of a list: a form for each operation, and what became of it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from hashlib import blake2b
from secrets import token_urlsafe
from typing import Any, Final
from urllib.parse import quote

import msgspec
from msgspec import inspect

from orderline.console import history, rights
from orderline.console.choosing import chosen, places
from orderline.console.composing import FORMS
from orderline.console.deed_table import DEEDS, Deed
from orderline.console.describing import described
from orderline.console.filling import fill, is_number, rows_of
from orderline.console.forms import Field, bare, fields_of, names_of
from orderline.console.languages import word
from orderline.console.order_parts import Doubt, doubts_of
from orderline.console.refusals import wrong_of
from orderline.console.typed import as_typed, carried
from orderline.console.visits import BECAUSE, NO_PAGE, Failed, Gone, Shown, Visit

# Said by the page itself: whoever was disabled meanwhile is not let in again by a page that is older.
_ITSELF: Final = "stay_disabled"
_MOST: Final = 50  # changes that are told of, where somebody else was there meanwhile
_MOST_SUGGESTED: Final = 5


def does(visit: Visit, on: str, row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the person may do to a row as it is now: the label and the address of each form."""
    known = [each for each in DEEDS if each.on == on and not each.is_new and all(name in row for name in each.named)]
    return [(each.label, _address(each, row)) for each in known if _is_offered(visit, each, row)]


def makes(visit: Visit, on: str) -> list[tuple[str, str]]:
    """What the person may make in a list: the address of each form, and its label."""
    return [(each.path, each.label) for each in DEEDS if each.on == on and each.is_new and visit.may(each.operation)]


def _is_offered(visit: Visit, deed: Deed, row: Mapping[str, Any]) -> bool:
    state = row.get("state", deed.states[0] if deed.states else "")  # the API leaves out what has its default
    return visit.may(deed.operation) and (not deed.states or state in deed.states) and not row.get(deed.undone)


def _address(deed: Deed, row: Mapping[str, Any]) -> str:
    values = iter(quote(str(row[name]), safe="") for name in deed.named)
    path = re.sub(r"\{\w+\}", lambda _: next(values), deed.path)
    return f"{path}?currency={quote(row['currency'])}" if deed.currency else path


def done_at(path: str) -> dict[str, str] | None:
    """What was done last by the form at an address, for the page that it leads to."""
    found = (each for each in DEEDS if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", each.path), path))
    return next(({"path": path, "label": each.label} for each in found), None)


async def form(visit: Visit) -> Shown:
    """What is to be said. Whoever may not see the record is told that there is none."""
    deed = _deed(visit)
    known = await _there(visit, deed) if deed.reads else {}
    if "read_order" in deed.asks and "order" in visit.path:
        await visit.ask("read_order", visit.path, query={"parts": "explain"})
    given = {**visit.path, **visit.query, "key": token_urlsafe(16)}
    if deed.edits:
        asked, state = _asked(visit, deed), str(known.get("state", "active"))  # the API leaves out what has its default
        currency = _first(as_typed(asked, known).get(deed.priced, ""))
        given |= as_typed(asked, known, currency) | {"state": state}
    return await _shown(visit, deed, given, {})


async def act(visit: Visit) -> Shown | Gone:
    """Do it. What was typed stays where it was when it is refused."""
    deed = _deed(visit)
    operation = visit.parts.backend.operations[deed.operation]
    fields = await _fields(visit, deed, {})
    currency = visit.form.get("currency") or visit.query.get("currency") or _first(visit.form.get(deed.priced, ""))
    filled = fill(fields, visit.form, currency, visit.say)
    id_ = visit.form.get("id", "").strip()[:200]
    if deed.makes and not id_:
        filled.wrong["id"] = word("It is needed.")
    if filled.wrong:
        return await _shown(visit, deed, visit.form, filled.wrong)
    if deed.makes and await _is_there(visit, deed, id_):
        return await _shown(visit, deed, visit.form, {"id": word("There is one of this name already.")})
    if deed.edits and not visit.may(deed.reads):
        raise Failed(404, NO_PAGE)  # nobody can say what else is to stay
    record = await _there(visit, deed) if deed.edits else {}
    input_ = carried(_asked(visit, deed), record, filled.input) if deed.edits else filled.input
    version = visit.form.get("version", "")
    # Where the operation itself looks at the version, one that is sent twice has its first answer.
    looks = "expected_version" in getattr(operation.input, "__struct_fields__", ())
    if not looks and (changed := await _since(visit, deed)):
        return await _meanwhile(visit, deed, changed)
    if record and not deed.versioned and version != _seen(record) and not _stands(record, input_):
        return await _meanwhile(visit, deed, (), _seen(record))
    if visit.form.get("state") == "active" and _ITSELF in {each.name for each in fields_of(operation.input)}:
        input_[_ITSELF] = True
    if looks and deed.reads and is_number(version):
        input_["expected_version"] = int(version)
    if deed.operation in FORMS:
        input_ = FORMS[deed.operation].input(input_, {})
    path = {_named_in(operation.path): id_} if deed.makes else visit.path
    if deed.within:
        [code] = path.values()
        input_ = {deed.within: [{"code": code, **input_}]}
    status, told = await visit.do(
        deed.operation, path, input_ if operation.input else None, key=visit.key, currency=currency
    )
    here = _filled(deed.path, visit.path)
    if status < 400 and deed.shows:
        did = {"path": here, "label": deed.label}
        return Shown(
            deed.shows, {"told": told, "to": _back(visit, deed), "did": did, "public_url": visit.parts.public_url}
        )
    if status < 400:
        to = f"{deed.on}/{quote(id_, safe='')}" if deed.makes and _has_page(deed) else _back(visit, deed)
        return Gone(f"{to}?did={quote(here, safe='')}")
    if told.get("code") == "VERSION_STALE" and (changed := await _since(visit, deed)):
        return await _meanwhile(visit, deed, changed)
    given = {**visit.form, "key": token_urlsafe(16)}
    names = names_of(fields) | {BECAUSE} | ({"id"} if deed.makes else set())
    if deed.within:
        told = {**told, "field": str(told.get("field", "")).removeprefix(f"{deed.within}[0].")}
    return await _shown(visit, deed, given, wrong_of(told, names, visit.form), status=status if status < 500 else 503)


def _asked(visit: Visit, deed: Deed) -> tuple[Field, ...]:
    return asked_by(deed, visit.parts.backend.operations[deed.operation].input)


@cache
def asked_by(deed: Deed, takes: Any) -> tuple[Field, ...]:
    """The fields of a deed: its own, or of all that its operation takes, or of the one thing of its list."""
    if deed.operation in FORMS:
        return FORMS[deed.operation].fields
    if deed.within:
        found = inspect.type_info(takes)
        assert isinstance(found, inspect.StructType)
        row = bare(next(each.type for each in found.fields if each.encode_name == deed.within)).item_type
        takes = bare(row).cls
    return tuple(each for each in fields_of(takes) if not (deed.within and each.name == "code"))


def _first(said: str) -> str:
    return said.partition(",")[0].strip()


def _seen(record: Mapping[str, Any]) -> str:
    """What stands in place of a version, where there is none."""
    return f"as-{blake2b(msgspec.json.encode(record), digest_size=8).hexdigest()}"


def _stands(record: Mapping[str, Any], input_: Mapping[str, Any]) -> bool:
    """Is it so already? A form that is sent twice has its first answer."""
    return all(record.get(name, value) == value for name, value in input_.items())


def _named_in(path: str) -> str:
    """What the path of an operation calls the one that it is about."""
    return next(iter(re.findall(r"\{(\w+)\}", path)), "code")


def _has_page(deed: Deed) -> bool:
    return any(each.on == f"{deed.on}/{{id}}" for each in DEEDS)


async def _meanwhile(visit: Visit, deed: Deed, changed: Sequence[Mapping[str, Any]], version: str = "") -> Shown:
    """What somebody else has done since, and what was typed, to be said once more as it is now."""
    told = word("This has changed since the page was shown. What you typed is still here.")
    given = {**visit.form, "key": token_urlsafe(16), "version": version or str(changed[0]["seq"])}
    return await _shown(visit, deed, given, {"": told}, status=409, changed=changed)


async def _since(visit: Visit, deed: Deed) -> list[dict[str, Any]]:
    """What has happened to the record since the form was shown, the last first."""
    version, operation = visit.form.get("version", ""), f"{deed.reads}_history"
    if not (deed.reads and deed.versioned and is_number(version) and visit.may(operation)):
        return []
    found = await visit.ask(operation, {"id": visit.path["id"]}, query={"newest": "true", "limit": _MOST})
    told = history.told(found["items"][::-1], whole=found["next"] is None)
    rows = [{**each, "seq": entry["seq"]} for each, entry in zip(told, found["items"], strict=True)]
    return [each for each in rows if each["seq"] > int(version)]


async def _is_there(visit: Visit, deed: Deed, id_: str) -> bool:
    """Is there one already that would be written over? What can't be is refused by the operation itself."""
    edited = (each.reads for each in DEEDS if each.operation == deed.operation and each.edits)
    reads = next(edited, "") or next((each for each in deed.asks if each.startswith("read_")), "")
    if not reads:
        return False
    try:
        await visit.ask(reads, {_named_in(visit.parts.backend.operations[reads].path): id_})
    except Failed:
        return False
    return True


async def _shown(
    visit: Visit, deed: Deed, given: Mapping[str, str], wrong: Mapping[str, str], *, status: int = 0,
    changed: Sequence[Mapping[str, Any]] = (),
) -> Shown:  # fmt: skip
    operation = visit.parts.backend.operations[deed.operation]
    record = await _record(visit, deed)
    fields = await _fields(visit, deed, record)
    rows = {
        f"{one}s": [
            (each[one], each.get("sku", "") or each.get("note", ""), _left(each))
            for each in record.get(f"{one}s", ())
            if one in each
        ]
        for one in ("line", "item")
    }
    shelves = "\n".join(f"{each['sku']} " for each in record.get("lines", ()) if "line" not in each and each.get("sku"))
    given = {"location": record.get("location", ""), "lines": shelves, **given} if record and not deed.edits else given
    given = {"version": str(record.get("version", "")) if deed.versioned else _seen(record), **given}
    about = {
        "operation": operation, "label": deed.label, "changed": changed, "places": await places(visit, deed.operation, fields), "fields": [each for each in fields if not each.rare],
        "rare": [each for each in fields if each.rare], "given": given, "wrong": wrong, "makes": deed.makes,
        "about": ", ".join(visit.path.values()), "rows": _rows(fields, rows, given),
        "currency": given.get("currency", ""), "back": _back(visit, deed), "record": record,
        "notes": described(operation.description, operation.input, fields), "edits": deed.edits,
        "suggested": await _suggested(visit, deed), "doubt": await _doubt(visit, deed, record), "trial": await _trial(visit, deed),
        "areas": _areas(visit) if deed.operation in rights.FIELDS else (),
    }  # fmt: skip
    return Shown("deed.html", about, status or (422 if wrong else 200))


def _rows(fields: Iterable[Field], known: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """The rows of each field that has some: of lines and items those that are known, of others as many as it takes."""
    found = {each.name: known.get(each.kind, []) for each in fields}
    for each in fields:
        if each.kind == "rows":
            found[each.name] = [(number, "", 0) for number in rows_of(each, given)]
        if each.kind in ("group", "parts"):
            found |= _rows(each.columns, known, given)
    return found


def _left(row: Mapping[str, Any]) -> int:
    """Units of a line, or those of an item of which nothing has become yet."""
    return row.get("quantity", 0) - row.get("matched", 0) - row.get("disposed", 0)


async def _suggested(visit: Visit, deed: Deed) -> list[dict[str, Any]]:
    """The orders that goods may be of, the likeliest first."""
    if "suggest_orders" not in deed.asks or not visit.may("suggest_orders"):
        return []
    status, told = await visit.do("suggest_orders", {"id": visit.path["id"]}, {}, key="")
    return told["suggestions"][:_MOST_SUGGESTED] if status < 400 else []


async def _doubt(visit: Visit, deed: Deed, record: Mapping[str, Any]) -> Doubt | None:
    """The address that a question is about, as far as it may be seen."""
    hold = record.get("about", {}).get("hold")
    if not hold or "read_order" not in deed.asks or not visit.may("read_order"):
        return None
    read = await visit.ask("read_order", {"order": record["order"]}, query={"parts": "people"})
    return doubts_of(read).get(hold)


async def _there(visit: Visit, deed: Deed) -> dict[str, Any]:
    """What a form is about. Failed: there is none."""
    try:
        return await visit.ask(deed.reads, visit.path)
    except Failed as failed:  # a setting of no such code is told as a wrong one
        raise Failed(404 if failed.status == 422 else failed.status, failed.problem) from None


async def _trial(visit: Visit, deed: Deed) -> dict[str, Any]:
    """The order that a draft order would be now, or why it would be none; nothing, where that is not asked."""
    if "preview_draft_order" not in deed.asks or not visit.may("preview_draft_order"):
        return {}
    try:
        return await visit.ask("preview_draft_order", {"id": visit.path["id"]})
    except Failed as failed:
        return {"problem": failed.problem}


async def _record(visit: Visit, deed: Deed) -> dict[str, Any]:
    """How the record is; empty, when that is not needed, or there is none: whoever sends the form is told so."""
    if not deed.reads or not visit.may(deed.reads):
        return {}
    try:
        return await visit.ask(deed.reads, visit.path)
    except Failed:
        return {}


async def _fields(visit: Visit, deed: Deed, record: Mapping[str, Any]) -> list[Field]:
    """What there is to be said. An option of a question is chosen of those that it has, a role of those that there are."""
    fields = [
        each for each in chosen(deed.operation, _asked(visit, deed)) if each.name != _ITSELF and each.kind != "json"
    ]
    choices = {
        "option": tuple(each["code"] for each in record.get("options", [])),
        "item": tuple(str(each["item"]) for each in record.get("items", []) if "item" in each and not each.get("sku")),
    }
    if "list_roles" in deed.asks:
        found = await visit.ask("list_roles", query={"limit": 200})
        choices["role"] = tuple(each["id"] for each in found["items"])
    if "list_pools" in deed.asks and visit.may("list_pools"):
        found = await visit.ask("list_pools", query={"limit": 200})
        choices["pool"] = tuple(each["code"] for each in found["items"])
    if "list_channels" in deed.asks and visit.may("list_channels"):
        found = await visit.ask("list_channels", query={"limit": 200})
        choices["channel"] = tuple(each["code"] for each in found["items"])
    if boxes := rights.FIELDS.get(deed.operation):
        fields = [rights.ticked(each, _areas(visit)) if each.name == boxes else each for each in fields]
    return [
        replace(each, kind="choice" if each.kind == "text" else each.kind, choices=choices[each.name])
        if choices.get(each.name)
        else each
        for each in fields
    ]


def _areas(visit: Visit) -> tuple[rights.Area, ...]:
    return rights.areas(visit.parts.backend.operations, (each.operation for each in DEEDS))


def _back(visit: Visit, deed: Deed) -> str:
    return _filled(deed.on, visit.path)


def _filled(path: str, values: Mapping[str, str]) -> str:
    return path.format(**{name: quote(value, safe="") for name, value in values.items()})


def _deed(visit: Visit) -> Deed:
    last, first = visit.at.rpartition("/")[2], visit.at.split("/")[1]
    return next(each for each in DEEDS if each.path.startswith(f"/{first}/") and each.path.endswith(f"/{last}"))
