"""The policies that there are: which version holds, who put it and why, what two of them say differently, and how one is put in force."""

from dataclasses import replace
from datetime import UTC, datetime
from secrets import token_urlsafe
from typing import Any, Final
from urllib.parse import quote

from orderline.console.filling import fill, is_number
from orderline.console.forms import fields_of
from orderline.console.languages import word
from orderline.console.listings import head_of
from orderline.console.policies.standing import NAME, head_about, known, lines_of
from orderline.console.refusals import place_of
from orderline.console.visits import Gone, Shown, Visit
from orderline.core.policies.state import PolicyKind

# What is done to a policy by a form of its own, after it has been seen what it would change.
DEEDS: Final = {
    "activate": "activate_policy", "rollback": "roll_back_policy", "retire": "retire_policy", "shadow": "shadow_policy",
}  # fmt: skip
# What only policies of a kind know.
_KIND_OF: Final = {"shadow": PolicyKind.ROUTING}
KINDS: Final = tuple(str(each) for each in PolicyKind)
_DONE: Final = {
    "draft": word("Kept as a draft."), "keep": word("Kept as a version. It does not hold yet."), "figures": word("The figures are kept with it."),
    "activate": word("The version holds."), "rollback": word("The version before holds again."), "retire": word("No version holds any more."),
    "shadow": word("It is so from the next decision on."),
}  # fmt: skip


async def begin(visit: Visit) -> Gone | Shown:
    """A new policy of a kind is written under a name."""
    name, kind = visit.query.get("name", "").strip(), visit.query.get("kind", "")
    wrong: dict[str, str] = {}
    if kind not in KINDS:
        wrong["kind"] = word("It is needed.")
    if not NAME.fullmatch(name):
        wrong["name"] = word("A name has letters, digits, dots and dashes, 60 at most.")
    if not wrong:
        return Gone(f"/policies/{quote(name, safe='')}/edit?kind={kind}")
    about = {**head_of(visit, "/policies"), "name": name, "kind": kind, "kinds": KINDS}
    # Before anything was said nothing is wrong.
    return Shown("policies/begin.html", {**about, "wrong": wrong if "name" in visit.query else {}})


async def show(visit: Visit) -> Shown:
    """A policy: what holds, its versions, and what was in force when, by whom and why."""
    at = {"id": visit.path["id"]}
    standing = await known(visit)
    policy = await visit.ask("read_policy", at)
    about = {
        **_head(visit, standing), "policy": policy, "versions": policy["versions"][::-1],
        "activations": policy.get("activations", [])[::-1], "done": _DONE.get(visit.query.get("done", ""), ""),
        "done_name": visit.query.get("done", ""),
    }  # fmt: skip
    return Shown("policies/policy.html", about)


async def show_version(visit: Visit) -> Shown:
    """A version with its text."""
    standing = await known(visit)
    found = await visit.ask("read_policy_version", {"id": visit.path["id"], "version": visit.path["version"]})
    return Shown("policies/version.html", {**_head(visit, standing), **found})


async def compare(visit: Visit) -> Shown:
    """What two versions say differently: field by field, and line by line."""
    standing = await known(visit)
    chosen = {name: visit.query.get(name, "") for name in ("from_version", "to_version")}
    told = await _difference(visit, **{name: value for name, value in chosen.items() if value})
    return Shown("policies/diff.html", {**_head(visit, standing), **told})


async def form(visit: Visit) -> Shown:
    """What putting a version in force, or taking it out, would change."""
    return await _form(visit, {**visit.query, "key": token_urlsafe(16)}, {})


async def act(visit: Visit) -> Shown | Gone:
    """Do it, with the reason. What was typed stays where it was when it is refused, or when others were faster."""
    deed, name = _deed(visit), visit.path["id"]
    await known(visit, _KIND_OF.get(deed, ""))
    operation = visit.parts.backend.operations[DEEDS[deed]]
    filled = fill(fields_of(operation.input), visit.form, "", visit.say)
    given = {**visit.form, "key": token_urlsafe(16)}
    if deed != "shadow" and not visit.form.get("reason", "").strip():
        filled.wrong["reason"] = word("It is needed: who looks at it later wants to know.")
    if filled.wrong:
        return await _form(visit, given, filled.wrong)
    version = visit.form.get("version", "")
    filled.input["expected_version"] = int(version) if is_number(version) else 0
    status, told = await visit.do(operation.name, {"id": name}, filled.input, key=visit.key)
    if status < 400:
        return Gone(f"/policies/{quote(name, safe='')}?done={deed}")
    if told.get("code") == "VERSION_STALE":
        return await _form(visit, given, {"": _stale(visit, await known(visit))}, status)
    place = place_of(str(told.get("field", "")))
    names = {each.name for each in fields_of(operation.input)}
    wrong = {place if place in names else "": str(told.get("detail") or told.get("title", ""))}
    return await _form(visit, given, wrong, status if status < 500 else 503)


def _stale(visit: Visit, standing: dict[str, Any]) -> str:
    if visit.form.get("holds") != str(standing["holds"]):
        return word("Another version holds since this page was shown. Look at it again; what you typed is still here.")
    return word("This has changed since the page was shown. What you typed is still here.")


async def _form(visit: Visit, given: dict[str, str], wrong: dict[str, str], status: int = 0) -> Shown:
    deed = _deed(visit)
    standing = await known(visit, _KIND_OF.get(deed, ""))
    operation = visit.parts.backend.operations[DEEDS[deed]]
    number = given.get("policy_version", "")
    after = int(number) if is_number(number) else 0
    if deed == "rollback":
        after = standing["before"]
    told: dict[str, Any] = {}
    version: dict[str, Any] = {}
    if after:
        found = await visit.ask("read_policy_version", {"id": visit.path["id"], "version": str(after)})
        version = found["version"]
        if standing["holds"] and standing["holds"] != after:
            told = await _difference(visit, from_version=str(standing["holds"]), to_version=str(after))
    fields = [
        replace(each, required=True) if each.name == "reason" else each
        for each in fields_of(operation.input)
        if each.name != "policy_version"
    ]
    about = {
        **_head(visit, standing), "deed": deed, "operation": operation, "after": after, "version": version, **told,
        "fields": fields, "given": given, "wrong": wrong, "rows": {}, "now": datetime.now(UTC), "order": {},
    }  # fmt: skip
    return Shown("policies/deed.html", about, status or (422 if wrong else 200))


async def _difference(visit: Visit, **query: str) -> dict[str, Any]:
    at = {"id": visit.path["id"]}
    told = await visit.ask("diff_policy", at, query=query)
    texts = [
        (await visit.ask("read_policy_version", {**at, "version": str(told[name])}))["text"]
        for name in ("before", "after")
    ]
    return {"difference": told, "lines": lines_of(*texts)}


def _head(visit: Visit, standing: dict[str, Any]) -> dict[str, Any]:
    return {**head_about(visit, standing["kind"]), "standing": standing}


def _deed(visit: Visit) -> str:
    return visit.at.rpartition("/")[2]
