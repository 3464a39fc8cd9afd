"""What stands already, as it would be typed into a form."""

from collections.abc import Mapping
from typing import Any

import msgspec

from orderline.console.forms import Field
from orderline.values.money import Money


def as_typed(fields: tuple[Field, ...], known: Mapping[str, Any]) -> dict[str, str]:
    """How it stands, as it would be typed."""
    given = dict[str, str]()
    for each in fields:
        value = known.get(each.name)
        if value is None or value in ("", [], False):
            continue
        if each.kind == "group":
            inner = {f"{each.name}.{name}": said for name, said in value.items()}
            given |= {each.name: "yes"} | as_typed(each.columns, inner)
        elif each.kind == "amounts":
            given[each.name] = ", ".join(f"{Money(minor, code)}" for code, minor in value.items())
        elif each.kind == "address":
            given |= as_typed(each.columns, {f"{each.name}.{name}": said for name, said in value.items()})
        elif each.kind == "streets":
            given[each.name] = "\n".join(value)
        elif each.kind == "json":
            given[each.name] = msgspec.json.encode(value).decode()
        else:
            given[each.name] = ", ".join(value) if isinstance(value, list) else str(value)
    return given
