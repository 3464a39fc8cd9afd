"""Settings that are changed in forms: who works here, in which role, and with which keys machines come."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from secrets import token_urlsafe
from typing import Any, Final
from urllib.parse import quote

import msgspec

from orderline.console.forms import Field, fields_of, fill, place_of
from orderline.console.ports import Called
from orderline.console.visits import NO_PAGE, Failed, Gone, Shown, Visit
from orderline.values.money import Money


@dataclass(frozen=True)
class Deed:
    """What is done by a form. named: how its path names what it is about, and as what people know that; "": it gets its name.

    read: the operation that says how it stands now, to begin with. shows: the template of what is seen once, and never again.
    """

    path: str
    named: str
    label: str = ""
    read: str = ""
    shows: str = ""


DEEDS: Final[dict[str, Deed]] = {
    "create_user": Deed("/users", "id", "User", read="read_user"),
    "invite_user": Deed("/users", "id", "User", shows="invited.html"),
    "disable_user": Deed("/users", "id", "User"),
    "create_role": Deed("/roles", "id", "Role", read="read_role"),
    "create_key": Deed("/keys", "", shows="key_made.html"),
    "revoke_key": Deed("/keys", "key", "Key"),
}
OPERATIONS: Final = (*DEEDS, "read_user", "read_role", "list_roles")
# Said by the page itself: whoever was disabled meanwhile is not let in again by a page that is older.
_ITSELF: Final = frozenset({"stay_disabled"})


def offered(visit: Visit, path: str, record: Mapping[str, Any] | None = None) -> list[tuple[str, str]]:
    """Where the forms of a list are, or those of one of its records, each with what it does."""
    found = list[tuple[str, str]]()
    for name, deed in DEEDS.items():
        of_this = deed.named == "id" if record is not None else not deed.named or bool(deed.read)
        if deed.path != path or not of_this or not visit.may(name):
            continue
        if record is not None and record.get("state") == "disabled" and name != "create_user":
            continue
        id_ = f"?{deed.named}={quote(str(record['id']), safe='')}" if record is not None else ""
        found.append((f"/do/{name}{id_}", visit.parts.backend.operations[name].summary))
    return found


async def form(visit: Visit) -> Shown:
    """The form; of something that is there already, filled with how it stands."""
    operation, deed = _asked(visit)
    id_ = visit.query.get(deed.named, "") if deed.named else ""
    known = await visit.ask(deed.read, {"id": id_}) if id_ and deed.read else {}
    given = _given(fields_of(operation.input), known) | {"key": token_urlsafe(16), "id": id_}
    state = str(known.get("state", "active")) if known else ""  # the API leaves out what has its default
    return await _shown(visit, operation, deed, given | {"state": state}, {})


async def act(visit: Visit) -> Shown | Gone:
    """Do it. What was typed stays where it was when it is refused."""
    operation, deed = _asked(visit)
    id_ = visit.form.get("id", "").strip()
    filled = fill(await _fields(visit, operation), visit.form, "")
    if deed.named and not id_:
        filled.wrong["id"] = "It is needed."
    if filled.wrong:
        return await _shown(visit, operation, deed, visit.form, filled.wrong)
    if operation.name == "create_user" and visit.form.get("state") == "active":
        filled.input["stay_disabled"] = True
    key = visit.form.get("key", "")[:64] or token_urlsafe(16)
    input_ = filled.input if operation.input else None
    status, told = await visit.do(operation.name, {deed.named: id_} if deed.named else {}, input_, key=key)
    if status >= 400:
        place = place_of(str(told.get("field", "")))
        known = {each.name for each in fields_of(operation.input)} | {"id"}
        wrong = {place if place in known else "": str(told.get("detail") or told.get("title", ""))}
        again = {**visit.form, "key": token_urlsafe(16)}
        return await _shown(visit, operation, deed, again, wrong, status if status < 500 else 503)
    if deed.shows:
        return Shown(deed.shows, {"told": told, "to": deed.path, "section": "Settings"})
    return Gone(f"{deed.path}/{quote(id_, safe='')}" if deed.read or deed.path == "/users" else deed.path)


def _asked(visit: Visit) -> tuple[Called, Deed]:
    name = visit.path["operation"]
    if name not in DEEDS:
        raise Failed(404, NO_PAGE)
    return visit.parts.backend.operations[name], DEEDS[name]


async def _fields(visit: Visit, operation: Called) -> list[Field]:
    fields = [each for each in fields_of(operation.input) if each.name not in _ITSELF]
    if operation.name != "create_user":
        return fields
    roles = tuple(each["id"] for each in (await visit.ask("list_roles", query={"limit": 200}))["items"])
    return [replace(each, kind="choice", choices=roles) if each.name == "role" else each for each in fields]


def _given(fields: tuple[Field, ...], known: Mapping[str, Any]) -> dict[str, str]:
    """How it stands, as it would be typed."""
    given = dict[str, str]()
    for each in fields:
        value = known.get(each.name)
        if value is None or value in ("", [], False):
            continue
        if each.kind == "group":
            inner = {f"{each.name}.{name}": said for name, said in value.items()}
            given |= {each.name: "yes"} | _given(each.columns, inner)
        elif each.kind == "amounts":
            given[each.name] = ", ".join(f"{Money(minor, code)}" for code, minor in value.items())
        elif each.kind == "json":
            given[each.name] = msgspec.json.encode(value).decode()
        else:
            given[each.name] = ", ".join(value) if isinstance(value, list) else str(value)
    return given


async def _shown(
    visit: Visit, operation: Called, deed: Deed, given: Mapping[str, str], wrong: Mapping[str, str], status: int = 0
) -> Shown:
    about = {
        "operation": operation, "deed": deed, "given": given, "wrong": wrong, "fields": await _fields(visit, operation),
        "rows": {}, "order": {}, "section": "Settings",
    }  # fmt: skip
    return Shown("setting.html", about, status or (422 if wrong else 200))
