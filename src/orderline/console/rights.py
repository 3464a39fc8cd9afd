"""What a role or a key may do, to be ticked: areas by what they let people do, and operations that are granted or taken away one by one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from orderline.console.acting import ACTIONS
from orderline.console.bulk import OPERATIONS as BULK
from orderline.console.forms import Field
from orderline.console.languages import Language, word
from orderline.console.ports import Called
from orderline.store.access import TAKEN

# Of each area what it is called, and what its rights let people do.
AREAS: Final = {
    word("Orders"): {"orders:read": word("See orders"), "orders:write": word("Work on orders")},
    word("People"): {"people:read": word("See names and addresses in full")},
    word("Stock"): {"stock:read": word("See stock"), "stock:write": word("Change stock, buy and send")},
    word("Fulfillment"): {
        "fulfillments:read": word("See what locations work on"), "fulfillments:write": word("Pick, pack and ship"),
    },
    word("Money"): {
        "ledger:read": word("See the books"), "ledger:write": word("Book, close and settle"),
        "ledger:write_off": word("Write off debts, without a limit"),
    },
    word("Settings"): {
        "settings:read": word("See settings"), "settings:write": word("Change settings"), "audit:read": word("See who did what"),
        "events:read": word("Follow all that happens"), "admin": word("Everything, users and keys too"),
    },
}  # fmt: skip
NAMES: Final = {right: name for rights in AREAS.values() for right, name in rights.items()}
# Which field of an operation it is.
FIELDS: Final = {"create_role": "rights", "create_key": "scopes"}


@dataclass(frozen=True)
class Area:
    """rights, operations: the code of each, and what it is called."""

    title: str
    rights: tuple[tuple[str, str], ...]
    operations: tuple[tuple[str, str], ...]


def right_in(spoken: Language, code: str) -> str:
    """What a right is called; an operation goes by its name."""
    return spoken.gettext(NAMES[code]) if code in NAMES else code


def areas(operations: Mapping[str, Called], deeds: Iterable[str]) -> tuple[Area, ...]:
    """The areas, each with what can be done in it by a form. deeds: operations that have one, beside those on orders."""
    known = [operations[name] for name in dict.fromkeys((*ACTIONS, *deeds, *BULK))]
    return tuple(
        Area(
            title,
            tuple(rights.items()),
            tuple((each.name, each.summary) for each in known if each.right in rights and each.right != "admin"),
        )
        for title, rights in AREAS.items()
    )


def ticked(asked: Field, among: Iterable[Area]) -> Field:
    """The field of rights as one of boxes."""
    choices = [
        code
        for area in among
        for code in (
            *(right for right, _ in area.rights),
            *(f"{sign}{name}" for name, _ in area.operations for sign in ("", TAKEN)),
        )
    ]
    return replace(asked, kind="rights", choices=tuple(choices))
