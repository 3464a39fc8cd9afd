"""SQL by name: the files in `sql/`, one per capability, each query under `-- name --` with a line of purpose.

What several queries say alike is a part, in `parts.sql`: `/* part(a, b) */` is replaced by its text, with a for $1.
"""

import re
from functools import cache
from importlib import resources
from typing import Final, LiteralString, cast

_HEAD: Final = re.compile(r"^-- (\w+) --$", re.MULTILINE)
_PART: Final = re.compile(r"/\* (\w+)\(([^)]*)\) \*/")
PARTS: Final = "parts"


@cache
def query(capability: str, name: str) -> LiteralString:
    """The text of one query, with its purpose as a comment (it shows in the server's own statistics)."""
    return _with_parts(_queries(capability)[name])


@cache
def query_without(capability: str, name: str, *absent: str) -> LiteralString:
    """The text of one query that is asked without these parameters: what they would limit is not looked at, however it is planned."""
    text: str = query(capability, name)
    for each in absent:
        text = text.replace(f"%({each})b", "NULL")
    return cast(LiteralString, text)


def _with_parts(text: LiteralString) -> LiteralString:
    # The parts are of the program too, as are their names and what they are given.
    return cast(LiteralString, _PART.sub(lambda found: _part(found[1], found[2].split(", ")), text))


def _part(name: str, given: list[str]) -> str:
    _, _, text = query(PARTS, name).partition("\n")
    for number, each in enumerate(given, start=1):
        text = text.replace(f"${number}", each)
    return text


@cache
def _queries(capability: str) -> dict[str, LiteralString]:
    text = resources.files("orderline.store").joinpath("sql", f"{capability}.sql").read_text(encoding="utf-8")
    parts = _HEAD.split(text)
    # The files are part of the program, so their text may stand where a literal is asked for.
    return {name: cast(LiteralString, body.strip()) for name, body in zip(parts[1::2], parts[2::2], strict=True)}


def all_queries() -> dict[tuple[str, str], LiteralString]:
    """Every query by (capability, name), for tests that look at them all."""
    files = resources.files("orderline.store").joinpath("sql").iterdir()
    capabilities = sorted(file.name.removesuffix(".sql") for file in files if file.name.endswith(".sql"))
    return {
        (capability, name): query(capability, name)
        for capability in capabilities
        if capability != PARTS
        for name in _queries(capability)
    }
