"""The policies of routing that there are, each with the version that holds now."""

from typing import Any

from orderline.console.listings import head_of
from orderline.console.visits import Shown, Visit
from orderline.core.policies.state import PolicyKind


async def show(visit: Visit) -> Shown:
    """All policies of routing, each with the version that holds now."""
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await visit.ask("list_policies", query={"limit": 200, "cursor": cursor})
        found += [each for each in page["items"] if each["kind"] == PolicyKind.ROUTING]
        cursor = page["next"]
    standing = [await visit.ask("read_policy_standing", {"id": each["id"]}) for each in found]
    rows = [
        {**stands, "last": each["versions"][-1], "scope": _scope(each, stands["holds"] or len(each["versions"]))}
        for each, stands in zip(found, standing, strict=True)
    ]
    return Shown("routing/policies.html", {**head_of(visit, "/routing"), "policies": rows})


def _scope(policy: dict[str, Any], number: int) -> list[str]:
    scope: dict[str, list[str]] = policy["versions"][number - 1].get("scope", {})
    return [value for values in scope.values() for value in values]
