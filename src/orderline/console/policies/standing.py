"""How a policy stands, and what all pages about one have in common."""

import re
from typing import Any, Final

from orderline.console.languages import word
from orderline.console.listings import head_of
from orderline.console.visits import Failed, Visit
from orderline.core.policies.state import PolicyKind

NAME: Final = re.compile(r"[A-Za-z0-9][\w.-]{0,59}", re.ASCII)


async def standing_of(visit: Visit) -> dict[str, Any]:
    """How a policy stands; empty: there is none of that name yet."""
    try:
        return await visit.ask("read_policy_standing", {"id": visit.path["id"]})
    except Failed as failed:
        if failed.problem.get("code") != "POLICY_UNKNOWN" or not NAME.fullmatch(visit.path["id"]):
            raise
        return {}


async def known(visit: Visit, kind: str = "") -> dict[str, Any]:
    """How a policy stands that there is. kind: that it has to be of. Failed: there is none, or it is of another kind."""
    found = await standing_of(visit)
    if not found:
        raise Failed(404, {"title": word("There is no such policy"), "detail": word("It may be called otherwise.")})
    if kind and found["kind"] != kind:
        raise Failed(404, {"title": word("This policy is not about routing")})
    return found


def head_about(visit: Visit, kind: str) -> dict[str, Any]:
    """What the pages of a policy say above it: rules of routing are among those of routing, all others in the settings."""
    return {**head_of(visit, "/routing" if kind == PolicyKind.ROUTING else "/policies"), "id": visit.path["id"]}


def lines_of(before: str, after: str) -> list[tuple[str, str]]:
    """The lines that differ with two around them: what became of each (in, out, same, or skip), and the line."""
    from difflib import unified_diff

    found: list[tuple[str, str]] = []
    for each in list(unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2))[2:]:
        if each.startswith("@@"):
            found += [("skip", "")] if found else []
        else:
            found.append(({"+": "in", "-": "out"}.get(each[0], "same"), each[1:]))
    return found
