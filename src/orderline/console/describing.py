"""What an operation says of itself, for people: its fields by the names that the form has for them, and none that it has not."""

import re
from collections.abc import Iterable
from typing import Any

from orderline.console.forms import Field, label_of


def described(description: str, takes: Any, fields: Iterable[Field]) -> tuple[str, dict[str, str]]:
    """The description without what it says of fields; and that, by the name of each field that it stands beside.

    takes: the struct of all fields. `a, b: text` at the beginning of a sentence is about them; it ends where the next begins.
    Nothing is said of answers, which only programs read.
    """
    described = " ".join(each for each in re.split(r"(?<=[.]) ", description) if "`result." not in each)
    known = "|".join(getattr(takes, "__struct_fields__", ()))
    if not known:
        return _plain(described), {}
    names = rf"`?(?:{known})`?"
    lead, *parts = re.split(rf"(?:^|(?<=[.;]) )({names}(?:, {names})*): ", described)
    asked = [each.name for each in fields]
    notes = dict[str, str]()
    for named, text in zip(parts[::2], parts[1::2], strict=True):
        notes |= {name: _plain(text.rstrip(";")) for name in re.findall(r"\w+", named) if name in asked}
    return _plain(lead.rstrip(";")), notes


def _plain(text: str) -> str:
    """Fields by the names that a form has for them, and all else that is quoted as it is."""
    return re.sub(
        r"`([^`]+)`",
        lambda found: (
            f"\N{LEFT DOUBLE QUOTATION MARK}{label_of(found[1]) if re.fullmatch(r'[a-z_]+', found[1]) else found[1]}\N{RIGHT DOUBLE QUOTATION MARK}"
        ),
        text,
    )
