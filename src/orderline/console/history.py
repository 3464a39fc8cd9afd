"""What has happened: who did what and when to a record, and what each value was before; what a person has done."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from orderline.console.languages import word
from orderline.console.visits import Visit

_OF_THE_ENTRY: Final = frozenset({"event", "at", "by", "id"})


def told(entries: Sequence[Mapping[str, Any]], *, whole: bool = True) -> list[dict[str, Any]]:
    """The last first. changed: of an event that says all anew, what differs from when it was said before: (name, before, after).

    entries: the first first. whole: nothing has happened before them.
    """
    said = dict[str, Mapping[str, Any]]()
    found = list[dict[str, Any]]()
    for entry in entries:
        events: Sequence[Mapping[str, Any]] = entry.get("events", ())
        changed = list[tuple[str, Any, Any]]([("reason", None, entry["reason"])] if entry.get("reason") else [])
        for event in events:
            name = str(event.get("event", ""))
            before = said.get(name, {})
            if name.endswith("_put"):
                changed += _differences(before, event) if before or whole else []
                said[name] = event
            else:
                changed += [(each, None, event[each]) for each in event if each == "reason" and event[each]]
        found.append(
            {
                "at": entry.get("at"),
                "by": entry.get("actor", {}).get("name", ""),
                "events": [str(each.get("event", "")) for each in events],
                "changed": changed,
            }
        )
    return found[::-1]


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    names = [each for each in {**before, **after} if each not in _OF_THE_ENTRY]
    return [(each, before.get(each), after.get(each)) for each in names if before.get(each) != after.get(each)]


def in_words(visit: Visit, entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Entries of the audit log; what happened to orders is told in words."""

    def words(entry: Mapping[str, Any]) -> list[str]:
        actor = {"name": entry["by"], "via": entry["via"]}
        return visit.parts.backend.tell(
            [{**entry, "order": entry["record"], "actor": actor}], entry["currency"], visit.spoken
        )[0]

    return [{**each, "told": words(each)} if each["kind"] == "order" else each for each in entries]


def done_by(visit: Visit, path: str, id_: str) -> list[tuple[str, str]]:
    """Where it stands what a user has done here."""
    if path != "/users" or not visit.may("list_audit"):
        return []
    return [(f"/audit?{urlencode({'actor': id_, 'via': 'console'})}", word("See what this person has done"))]
