"""What is chosen of a list, though the API takes a text: so nobody types a word that is on no list."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from orderline.console.forms import Field
from orderline.console.visits import Visit
from orderline.core.appeasements.state import REASONS as GIVEN_FOR
from orderline.core.holds.rules import TYPES
from orderline.core.moves import REASONS as MOVED_FOR
from orderline.core.returns.policy import REASONS as SENT_BACK_FOR

_LISTED: Final[Mapping[tuple[str, str], Iterable[str]]] = {
    ("place_hold", "type"): sorted(TYPES),
    ("bulk_hold", "type"): sorted(TYPES),
    ("give_appeasement", "why"): GIVEN_FOR,
    ("create_role", "holds.types"): sorted(TYPES),
    ("create_key", "holds.types"): sorted(TYPES),
    ("adjust_stock", "reason"): MOVED_FOR,
    ("request_return", "lines.reason"): SENT_BACK_FOR,
    ("receive_return", "items.reason"): SENT_BACK_FOR,
}


# Fields that name a location: offered while it is typed, and never kept from being another, where there are more.
_PLACES: Final = frozenset({"location", "pickup_location", "source", "target", "to"})
_NO_PLACE: Final = {
    "escalate_hold": frozenset({"to"}),
    "map_value": frozenset({"target"}),
    "link_orders": frozenset({"target"}),
}
_MOST: Final = 200


async def places(visit: Visit, operation: str, fields: Iterable[Field]) -> tuple[frozenset[str], list[dict[str, Any]]]:
    """The fields of a form that name a location, and the locations there are; none, where there is no such field, or no right."""
    named = frozenset(each.name for each in fields if each.kind == "text" and each.name in _PLACES) - _NO_PLACE.get(
        operation, frozenset()
    )
    if not named or not visit.may("list_locations"):
        return frozenset(), []
    return named, (await visit.ask("list_locations", query={"limit": _MOST}))["items"]


def chosen(operation: str, fields: Iterable[Field]) -> tuple[Field, ...]:
    """The fields of an operation, those with a list as a choice of it."""
    return tuple(_listed(operation, "", each) for each in fields)


def _listed(operation: str, within: str, field: Field) -> Field:
    name = field.name if field.name.startswith(within) else within + field.name
    choices = tuple(_LISTED.get((operation, name), ()))
    columns = tuple(_listed(operation, f"{field.name}.", each) for each in field.columns)
    kind = field.kind if not choices else "choices" if field.kind == "texts" else "choice"
    return replace(field, kind=kind, choices=choices or field.choices, columns=columns)
