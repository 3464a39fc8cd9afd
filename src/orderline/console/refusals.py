"""What a refusal is about, as people read it: fields by the names that forms have for them, amounts in their currency."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from orderline.values.money import Money

# What is said in the unit of the field that is refused.
_OF_THE_FIELD: Final = frozenset({"value", "allowed", "available", "limit"})


def plain(facts: Mapping[str, Any], currency: str, call: Callable[[str], str]) -> dict[str, Any]:
    """The facts of a refusal. currency: of amounts, "" where it is not known. call: what a field is called."""
    last = re.sub(r"\[\d+\]", "", facts.get("field") or "").rpartition(".")[2]
    told = dict(facts)
    if last:
        told["field"] = call(last)
    for name, value in facts.items():
        if currency and (name.endswith("_minor") or (last.endswith("_minor") and name in _OF_THE_FIELD)):
            told[name] = _money(value, currency)
    return told


def _money(value: Any, currency: str) -> Any:
    """An amount, or a range of them."""
    if isinstance(value, int):
        return str(Money(value, currency))
    if isinstance(value, str):
        return re.sub(r"-?[0-9]+", lambda found: str(Money(int(found[0]), currency)), value)
    return value
