"""What a refusal is about, as people read it: beside its field, which has the name that forms have for it; amounts in their currency."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from orderline.values.money import Money

# What is said in the unit of the field that is refused.
_OF_THE_FIELD: Final = frozenset({"value", "allowed", "available", "limit"})


# Of a form that has no rows.
NO_ROWS: Final[Mapping[str, Sequence[str]]] = MappingProxyType({})


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


def place_of(field_: str) -> str:
    """The field of the form that a refusal is about: `lines[0].quantity` is about `lines`."""
    return re.split(r"[.\[]", field_, maxsplit=1)[0]


def beside(
    problem: Mapping[str, Any],
    names: Collection[str],
    given: Mapping[str, str],
    rows: Mapping[str, Sequence[str]] = NO_ROWS,
) -> str:
    """The field that a refusal stands beside: the one it names, else the one in which its value was typed; "": none.

    rows: where each row of a list was typed; with `{"lines": ["lines.7"]}`, `lines[0].reason` is about `lines.7.reason`.
    """
    told, value = str(problem.get("field", "")), problem.get("value")
    named = re.sub(r"\[\d+\]", "", told)
    places = [*_of_rows(told, rows), named, place_of(named)]
    typed = [each for each in names if isinstance(value, str) and value and _is(given.get(each, "").strip(), value)]
    return next((each for each in (*places, *(typed if len(typed) == 1 else ())) if each in names), "")


def among(names: Collection[str], wrong: Mapping[str, str]) -> dict[str, str]:
    """What is wrong, beside the fields that are shown; what is of none of them is of the whole form."""
    return {name if name in names else "": told for name, told in wrong.items()}


def wrong_of(problem: Mapping[str, Any], names: Collection[str], given: Mapping[str, str]) -> dict[str, str]:
    """A refusal, by the name of the field that it stands beside."""
    return {beside(problem, names, given): str(problem.get("detail") or problem.get("title", ""))}


def _of_rows(field_: str, rows: Mapping[str, Sequence[str]]) -> list[str]:
    """The names that the field of a row may have. A list as a whole is about its row, where it has one alone."""
    found = re.match(r"(\w+)(?:\[(\d+)\])?(?:\.([\w.]+))?", field_)
    name, at, part = found.groups("") if found is not None else ("", "", "")
    typed = rows.get(name, ())
    number = int(at) if at else 0 if len(typed) == 1 else len(typed)
    return [f"{typed[number]}.{part}", typed[number]] if number < len(typed) else []


def _is(typed: str, value: str) -> bool:
    """Is it what was typed, though cut to a length?"""
    return typed == value or (value.endswith("\N{HORIZONTAL ELLIPSIS}") and typed.startswith(value[:-1]))


def _money(value: Any, currency: str) -> Any:
    """An amount, or a range of them."""
    if isinstance(value, int):
        return str(Money(value, currency))
    if isinstance(value, str):
        return re.sub(r"-?[0-9]+", lambda found: str(Money(int(found[0]), currency)), value)
    return value
