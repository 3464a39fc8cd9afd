"""Refusals in the language of whoever reads the page: their problem documents are English, and made of a few parts."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from orderline.console.forms import label_of
from orderline.values.money import Money

# Facts that help a program and nobody else; those that are words of ours, rather than codes, names or figures.
_NOT_TOLD: Final = frozenset({"actions"})
WORDS: Final = frozenset({"because", "hint", "reason", "unblock"})
_LONGEST: Final = 1_000


def in_words(problem: dict[str, Any], advice: str, say: Callable[[str], str], currency: str = "") -> dict[str, Any]:
    """The problem document with `title` and `detail` as people read them: fields by the names that forms have for them.

    advice: what the code's row says is to be done, "" for nothing. currency: of amounts, where it is known.
    """
    heading = problem["title"]
    title = say(heading)
    field, value = problem.get("field"), problem.get("value")
    last = re.sub(r"\[\d+\]", "", field or "").rpartition(".")[2]
    code = currency if last.endswith("_minor") else ""
    about = ": ".join(
        filter(None, (say(label_of(last)) if last else "", _money(value, code) if value is not None else ""))
    )
    facts: Mapping[str, Any] = problem.get("facts", {})
    told = "; ".join(
        f"{say(label_of(name))}: {say(fact) if name in WORDS and isinstance(fact, str) else _money(fact, currency if name.endswith('_minor') else code)}"
        for name, fact in facts.items()
        if name not in _NOT_TOLD and fact not in (None, "")
    )
    said = (f"{title} ({about})" if about else title, told[:_LONGEST], say(advice))
    return {**problem, "title": title, "detail": "".join(f"{each}. " for each in said if each).rstrip()}


def _money(value: Any, currency: str) -> str:
    """A value; where it is of a field for amounts, in the currency, and so is a range of them."""
    if currency and isinstance(value, int):
        return str(Money(value, currency))
    if currency and isinstance(value, str):
        return re.sub(r"-?[0-9]+", lambda found: str(Money(int(found[0]), currency)), value)
    return _shown(value)


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence):
        return ", ".join(map(_shown, value)) or "\N{EM DASH}"
    return msgspec.json.encode(value).decode()
