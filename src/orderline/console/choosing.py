"""What is chosen of a list, though the API takes a text: so nobody types a word that is on no list."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from orderline.console.forms import Field
from orderline.core.appeasements.state import REASONS as GIVEN_FOR
from orderline.core.holds.rules import TYPES
from orderline.core.moves import REASONS as MOVED_FOR
from orderline.core.returns.policy import REASONS as SENT_BACK_FOR

_LISTED: Final[Mapping[tuple[str, str], Iterable[str]]] = {
    ("place_hold", "type"): sorted(TYPES),
    ("bulk_hold", "type"): sorted(TYPES),
    ("give_appeasement", "why"): GIVEN_FOR,
    ("adjust_stock", "reason"): MOVED_FOR,
    ("request_return", "lines.reason"): SENT_BACK_FOR,
    ("receive_return", "items.reason"): SENT_BACK_FOR,
}


def chosen(operation: str, fields: Iterable[Field]) -> tuple[Field, ...]:
    """The fields of an operation, those with a list as a choice of it."""
    return tuple(_listed(operation, "", each) for each in fields)


def _listed(operation: str, within: str, field: Field) -> Field:
    choices = tuple(_LISTED.get((operation, within + field.name), ()))
    columns = tuple(_listed(operation, f"{field.name}.", each) for each in field.columns)
    return replace(field, kind="choice" if choices else field.kind, choices=choices or field.choices, columns=columns)
