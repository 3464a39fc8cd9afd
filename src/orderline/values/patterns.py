"""Codes and patterns of codes: `TEE-M`, `TEE-*`. However many there are, a code is looked up once."""

import re
from collections.abc import Callable
from fnmatch import translate
from functools import lru_cache
from typing import Final

# Of one set of rules: what is asked for each shelf of a merchant takes seconds with so many, and no longer.
MOST_PATTERNS: Final = 10_000
_WILD: Final = re.compile(r"[*?\[]")


def fits(code: str, patterns: tuple[str, ...]) -> bool:
    """Is the code one of these, or like one of them? As `fnmatchcase` has it."""
    exact, like = _compiled(patterns)
    return code in exact or (like is not None and like(code) is not None)


@lru_cache(maxsize=512)
def _compiled(patterns: tuple[str, ...]) -> tuple[frozenset[str], Callable[[str], object] | None]:
    wild = [each for each in patterns if _WILD.search(each)]
    like = re.compile("|".join(translate(each) for each in wild)).match if wild else None
    return frozenset(patterns).difference(wild), like
