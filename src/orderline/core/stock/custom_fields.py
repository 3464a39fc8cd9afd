"""Fields of a merchant's own: defined with a type, or free as long as none is defined for their place."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

CustomValue = str | int | bool
LONGEST_INDEXED: Final = 100


class FieldPlace(StrEnum):
    """What a field is of."""

    ORDER = "order"
    LINE = "line"
    GROUP = "group"


class FieldType(StrEnum):
    """What values a field takes; `choice`: one of its choices."""

    TEXT = "text"
    INT = "int"
    BOOL = "bool"
    CHOICE = "choice"


class CustomField(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """A field of orders, lines or groups. required: every order has to have it.

    indexed: lists of orders can be filtered by it; of orders only, and of texts of at most 100 characters.
    active: once it is not, it is unknown again; orders keep what they have.
    """

    on: FieldPlace
    name: str
    type: FieldType
    choices: tuple[str, ...] = ()
    required: bool = False
    indexed: bool = False
    active: bool = True
    description: str = ""

    @property
    def code(self) -> str:
        """What the field is known by among all."""
        return f"{self.on.value}.{self.name}"

    def expected(self) -> str:
        """What values it takes, in words."""
        match self.type:
            case FieldType.CHOICE:
                return f"one of {', '.join(self.choices)}"
            case FieldType.INT:
                return "a whole number"
            case FieldType.BOOL:
                return "true or false"
            case FieldType.TEXT:
                return f"text of at most {LONGEST_INDEXED} characters" if self.indexed else "text"

    def takes(self, value: CustomValue) -> bool:
        """Is it a value of the field's type?"""
        match self.type:
            case FieldType.BOOL:
                return isinstance(value, bool)
            case FieldType.INT:
                return isinstance(value, int) and not isinstance(value, bool)
            case FieldType.CHOICE:
                return value in self.choices
            case FieldType.TEXT:
                return isinstance(value, str) and not (self.indexed and len(value) > LONGEST_INDEXED)


def fields_on(fields: Mapping[str, CustomField], place: FieldPlace) -> dict[str, CustomField]:
    """The fields defined for a place, by name."""
    return {each.name: each for each in fields.values() if each.on is place and each.active}


def index_text(value: CustomValue) -> str | None:
    """A value as it is indexed; None: too long for that."""
    text = value if isinstance(value, str) else str(value).lower()
    return text if len(text) <= LONGEST_INDEXED else None
