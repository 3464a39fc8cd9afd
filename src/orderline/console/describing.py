"""What an operation says of itself, for people: its fields by the names that the form has for them, and none that it has not."""

import re
from collections.abc import Iterable
from typing import Any

from orderline.console.forms import Field

Notes = list[tuple[list[str], str]]


def described(description: str, takes: Any, fields: Iterable[Field]) -> tuple[str, Notes]:
    """The description without what it says of fields; and that, with the labels of those that are asked for.

    takes: the struct of all fields. `a, b: text` at the beginning of a sentence is about them; it ends where the next begins.
    """
    known = "|".join(getattr(takes, "__struct_fields__", ()))
    if not known:
        return description, []
    names = rf"`?(?:{known})`?"
    lead, *parts = re.split(rf"(?:^|(?<=[.;]) )({names}(?:, {names})*): ", description)
    labels = {each.name: each.label for each in fields}
    notes: Notes = []
    for named, text in zip(parts[::2], parts[1::2], strict=True):
        shown = [labels[name] for name in re.findall(r"\w+", named) if name in labels]
        if shown:
            notes.append((shown, text.rstrip(";")))
    return lead.rstrip(";"), notes
