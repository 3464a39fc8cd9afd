"""Refusals in the language of whoever reads the page: their problem documents are English, and made of a few parts."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from orderline.console.forms import label_of

# Facts that help a program and nobody else; those that are words of ours, rather than codes, names or figures.
_NOT_TOLD: Final = frozenset({"actions"})
WORDS: Final = frozenset({"because", "hint", "reason", "unblock"})
_LONGEST: Final = 1_000


def in_words(problem: dict[str, Any], advice: str, say: Callable[[str], str]) -> dict[str, Any]:
    """The problem document with `title` and `detail` translated. advice: what the code's row says is to be done, "" for nothing."""
    heading = problem["title"]
    title = say(heading)
    field, value = problem.get("field"), problem.get("value")
    about = ": ".join(_shown(each) for each in (field, value) if each is not None)
    facts: Mapping[str, Any] = problem.get("facts", {})
    told = "; ".join(
        f"{say(label_of(name))}: {say(fact) if name in WORDS and isinstance(fact, str) else _shown(fact)}"
        for name, fact in facts.items()
        if name not in _NOT_TOLD and fact not in (None, "")
    )
    said = (f"{title} ({about})" if about else title, told[:_LONGEST], say(advice))
    return {**problem, "title": title, "detail": "".join(f"{each}. " for each in said if each).rstrip()}


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence):
        return ", ".join(map(_shown, value)) or "\N{EM DASH}"
    return msgspec.json.encode(value).decode()
