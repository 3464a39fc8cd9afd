"""What stands already, as it would be typed into a form."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from orderline.console.forms import Field
from orderline.values.money import Money, render_minor


def as_typed(fields: Sequence[Field], known: Mapping[str, Any], currency: str = "") -> dict[str, str]:
    """How it stands, as it would be typed. currency: of amounts."""
    given = dict[str, str]()
    for each in fields:
        value = known.get(each.name)
        if value is None or value in ("", []) or (value == {} and each.kind not in ("group", "parts")):
            continue
        if each.kind in ("group", "address", "parts"):
            inner = {f"{each.name}.{name}": said for name, said in value.items()}
            given |= as_typed(each.columns, inner, currency) | (
                {each.name: "yes"} if each.kind == "group" or each.choices else {}
            )
        elif each.kind == "rows":
            for number, row in enumerate(value, 1):
                said = as_typed(each.columns, row, currency)
                given |= {f"{each.name}.{number}.{name}": text for name, text in said.items()}
        elif text := _text(each, value, currency):
            given[each.name] = text
    return given


def carried(fields: Sequence[Field], known: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """What is to stand, where all is said anew: what was said, and what stands and no form can say: too deep, or empty where something is usual."""
    found = dict(said)
    for each in fields:
        name = each.name.rpartition(".")[2]
        value = known.get(name)
        if each.kind == "json" and value is not None:
            found[name] = value
        elif each.kind == "parts" and isinstance(value, dict):
            inner = carried(each.columns, value, found.get(name, {}))
            found |= {name: inner} if inner else {}
        elif name not in found and value in ("", []):
            found[name] = value
    return found


def _text(asked: Field, value: Any, currency: str) -> str:
    match asked.kind:
        case "flag":
            return "yes" if value else ""
        case "yes_no":
            return "yes" if value else "no"
        case "amounts":
            return ", ".join(f"{Money(minor, code)}" for code, minor in value.items())
        case "amount" if currency:
            return render_minor(value, currency)
        case "pairs":
            return "\n".join(f"{name} = {_said(each)}" for name, each in value.items())
        case "streets":
            return "\n".join(value)
        case "time":
            return re.sub(r"(:[0-9]{2})?(\.[0-9]+)?Z$", "", str(value))
        case "json":
            return msgspec.json.encode(value).decode()
        case _:
            return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _said(value: Any) -> str:
    """A text that would be read as something else stands in quotes."""
    if isinstance(value, str) and not re.fullmatch(r'-?[0-9.]+|true|false|null|".*"', value):
        return value
    return msgspec.json.encode(value).decode()
