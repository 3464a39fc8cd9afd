"""Which values there are where one was sent that there is not: the members of an enum, the kinds of a union."""

import re
from typing import Any, Final

from msgspec import inspect

_STEP: Final = re.compile(r"([^.\[\]]+)|\[(?:\d+|\.\.\.)\]")


def choices(type_: Any, path: str) -> list[str]:
    """The texts that a type takes at a path such as `actions[0].action`, sorted; empty where that can't be listed."""
    found = [inspect.type_info(type_)]
    for step in _STEP.finditer(path):
        found = [inner for each in found for inner in _inside(_plain(each), step.group(1))]
    return sorted({text for each in found for text in _texts(_plain(each))})


def _plain(info: inspect.Type) -> list[inspect.Type]:
    """The types that a value may have here, without what is put around them."""
    if isinstance(info, inspect.Metadata):
        return _plain(info.type)
    if isinstance(info, inspect.UnionType):
        return [inner for each in info.types for inner in _plain(each)]
    return [info]


def _inside(types: list[inspect.Type], name: str | None) -> list[inspect.Type]:
    """What stands at a step: the field of a name, or a member of a list."""
    found: list[inspect.Type] = []
    for each in types:
        if name is None:
            if isinstance(each, inspect.CollectionType | inspect.VarTupleType):
                found.append(each.item_type)
        elif isinstance(each, inspect.StructType):
            if name == each.tag_field:
                found.append(inspect.LiteralType(values=(each.tag,)))
            found += [field.type for field in each.fields if field.encode_name == name]
        elif isinstance(each, inspect.DictType):
            found.append(each.value_type)
    return found


def _texts(types: list[inspect.Type]) -> list[str]:
    texts: list[str] = []
    for each in types:
        if isinstance(each, inspect.EnumType):
            texts += [str(member.value) for member in each.cls]
        elif isinstance(each, inspect.LiteralType):
            texts += [str(value) for value in each.values]
    return texts
