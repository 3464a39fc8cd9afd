"""Policies written: as a text, rules of routing as a form beside it too; each follows the other, and nothing of either is lost."""

from collections.abc import Mapping
from secrets import token_urlsafe
from typing import Any, Final
from urllib.parse import quote

from msgspec import inspect

from orderline.console.filling import is_number
from orderline.console.policies.beginnings import BEGINNINGS
from orderline.console.policies.standing import head_about, lines_of, standing_of
from orderline.console.routing.tables import Node, form_of, merged, read_form, rearranged, tell_faults, told_of
from orderline.console.visits import Failed, Gone, Shown, Visit
from orderline.core.policies.state import PolicyKind

PATH: Final = "/policies/{id}/edit"
# Of a form; rules of more are written as a text.
MOST_FIELDS: Final = 3_500


async def form(visit: Visit) -> Shown:
    """A version to be gone on from: the one that was asked for, else the last."""
    standing = await standing_of(visit)
    number = visit.query.get("version", "")
    if not standing:
        kind = next((each for each in PolicyKind if each == visit.query.get("kind")), PolicyKind.ROUTING)
        return await _shown(visit, {}, await _draft(visit, text=BEGINNINGS[kind]), {"from": "", "kind": kind})
    asked = int(number) if is_number(number) else standing["newest"]
    found = await visit.ask("read_policy_version", {"id": visit.path["id"], "version": str(asked)})
    return await _shown(visit, standing, await _draft(visit, text=found["text"]), {"from": str(asked)})


async def act(visit: Visit) -> Shown | Gone:
    """Check what was written, take over what the form says, or keep it as a draft or as a version."""
    standing = await standing_of(visit)
    given, text = visit.form, _text_of(visit.form.get("text", ""))
    asked = given.get("do", "check")
    before = _text_of(given.get("base", ""))
    base = await _draft(visit, text=before)
    now = base if text == before else await _draft(visit, text=text)
    if _has_form(base):
        form = form_of(_type_of(visit), base["document"])
        said = read_form(form, base["document"], given)
        what, _, path = asked.partition(" ")
        if what in ("add", "remove", "up", "down") and any(each.path == path for each in form.every()):
            name = given.get(f"new/{path}", "").strip()
            said = rearranged(said, asked, name)
        if now["document"] and said != base["document"]:
            document = merged(base["document"], said, now["document"])
            written = await _draft(visit, text=text, document=document)
            now = written if written["document"] else now  # what can't be written leaves the text as it was
            text = now["text"]
    if asked in ("draft", "keep"):
        input_ = {"text": text, "note": given.get("note", "").strip(), "draft": asked == "draft"}
        status, told = await visit.do("create_policy", {"id": visit.path["id"]}, input_, key=visit.key)
        if status < 400:
            return Gone(f"/policies/{quote(visit.path['id'], safe='')}?done={asked}")
        problem = str(told.get("detail") or told.get("title", ""))
        if told.get("code") == "POLICY_UNCHANGED":
            number = told.get("facts", {}).get("value", "")
            problem = visit.say("Version %(number)s says exactly this: nothing new was kept.", number=number)
        return await _shown(visit, standing, now, given, problem, status if status < 500 else 503)
    return await _shown(visit, standing, now, given)


def _has_form(draft: Mapping[str, Any]) -> bool:
    return bool(draft["document"]) and draft["kind"] == PolicyKind.ROUTING


async def _draft(visit: Visit, **input_: Any) -> dict[str, Any]:
    """A text looked at; nothing is kept."""
    status, told = await visit.do("draft_policy", input=input_, key="")
    if status >= 400:
        raise Failed(status, told)
    return told


async def _shown(
    visit: Visit, standing: Mapping[str, Any], draft: Mapping[str, Any], given: Mapping[str, str], problem: str = "",
    status: int = 200,
) -> Shown:  # fmt: skip
    """The editor with a text that was looked at."""
    text = draft["text"]
    kind = standing.get("kind") or given.get("kind") or draft["kind"] or PolicyKind.ROUTING
    held = standing.get("holds", 0)
    compared = not visit.live or given.get("beside") == "yes"  # while one types, only where it is open
    changes: list[tuple[str, str]] = []
    if held and compared:
        found = await visit.ask("read_policy_version", {"id": visit.path["id"], "version": str(held)})
        changes = lines_of(found["text"], text)
    made: Node | None = None
    if _has_form(draft):
        made = form_of(_type_of(visit), draft["document"])
        tell_faults(made, draft["faults"])
        made = made if sum(1 for _ in made.every()) <= MOST_FIELDS else None
    lines = text.split("\n")
    faults = [
        {
            **each,
            "told": told_of(each),
            "text": lines[each["line"] - 1].strip()[:120] if each["line"] <= len(lines) else "",
        }
        for each in draft["faults"]
    ]
    about = {
        **head_about(visit, kind), "standing": standing, "kind": kind, "text": text, "form": made, "faults": faults, "changes": changes,
        "compared": compared, "typing": visit.live,
        "given": given, "problem": problem, "key": token_urlsafe(16), "rows": min(max(len(lines) + 2, 16), 60),
    }  # fmt: skip
    # What is asked for while it is typed has its answer in the page.
    return Shown(
        "policies/edit.html", about, 422 if faults and status == 200 and visit.form and not visit.live else status
    )


def _type_of(visit: Visit) -> Any:
    """What rules are written by, as the operation says it."""
    output = inspect.type_info(visit.parts.backend.operations["draft_policy"].output)
    assert isinstance(output, inspect.StructType)
    routing = next(each.type for each in output.fields if each.name == "routing")
    assert isinstance(routing, inspect.UnionType)
    return next(each.cls for each in routing.types if isinstance(each, inspect.StructType))


def _text_of(sent: str) -> str:
    """Forms send lines as HTTP ends them."""
    return sent.replace("\r\n", "\n").replace("\r", "\n")
