"""Conditions in CEL (Common Expression Language): compiled once, checked against the fields there are, run safely.

The library is read when the first condition is met: installations without one pay nothing for it.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple, cast

from orderline.core.policies.documents import nearest_to

# A name of a field of facts, by root: order.value_minor. A dict of fields is one whose names the merchant chooses.
Vocabulary = Mapping[str, Mapping[str, Any]]

MOST_CHARACTERS: Final = 2_000
# Whoever looks through a list within a list looks at as many things as the two have together; one more and nobody waits for
# the end of it. What is made of each thing (`map`) may be many times larger than the thing.
MOST_DEEP: Final = 2
MOST_LOOKS: Final = 8
MOST_MAPS: Final = 1
_STRING: Final = re.compile(
    r"""//[^\n]*"""
    r"""|(?<!\w)[bB]?[rR][bB]?(?:'{3}.*?'{3}|"{3}.*?"{3}|'[^'\n]*'|"[^"\n]*")"""
    r"""|'{3}(?:\\.|[^\\])*?'{3}|"{3}(?:\\.|[^\\])*?"{3}|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*\"""",
    re.DOTALL,
)
_LOOK: Final = re.compile(r"\.\s*(all|exists|exists_one|existsOne|filter|map)\s*(?=\()")
_FIELD: Final = re.compile(r"(?<![\w.])([A-Za-z_]\w*)\s*\.\s*([A-Za-z_]\w*)(?!\w|\s*\()")
_KINDS: Final = {"int": "a number", "float": "a number", "str": "a text", "list": "a list", "dict": "a map"}
_PLACE: Final = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")


class Wrong(NamedTuple):
    """What is wrong with an expression, by its own lines and columns."""

    line: int
    column: int
    message: str


class Condition(NamedTuple):
    """A compiled expression. roots: which facts it looks at."""

    text: str
    roots: frozenset[str]
    run: Callable[[Any], Any]

    def holds(self, context: Any) -> bool | None:
        """Whether it holds for the facts; None: it could not be evaluated, and nothing follows from it."""
        try:
            value = self.run(context)
        except (RuntimeError, KeyError, TypeError, ValueError, ArithmeticError, IndexError):
            return None
        return value if isinstance(value, bool) else None


def compile_condition(text: str, vocabulary: Vocabulary) -> Condition | list[Wrong]:
    """Compile a condition over facts, or tell what is wrong.

    vocabulary: by root and field, an example of its value: the expression is run once with these, which finds
    operands that do not go together, functions that do not exist, and answers that are not yes or no.
    """
    if len(text) > MOST_CHARACTERS or not text.strip():
        return [Wrong(1, 1, f"a condition has 1 to {MOST_CHARACTERS} characters")]
    cel = _library()
    try:
        program = cel.compile(text)
    except ValueError as wrong:
        return _syntax(str(wrong))
    bare = _STRING.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)
    faults = [*_endless(text, bare), *_unknown(text, bare, vocabulary, frozenset(program.variables()))]
    if faults:
        return faults
    try:
        run = program.execute
        value = run({root: dict(fields) for root, fields in vocabulary.items()})
    except (RuntimeError, TypeError) as wrong:
        return [Wrong(1, 1, str(wrong).split(". ")[0])]
    except (KeyError, ValueError, ArithmeticError, IndexError) as wrong:
        if not set(program.variables()) & vocabulary.keys():
            return [Wrong(1, 1, f"fails whatever the facts are: {str(wrong).splitlines()[0][:100]}")]
        value = True  # the examples do not have what the merchant's own fields have
    if not isinstance(value, bool):
        return [Wrong(1, 1, f"the condition gives {_kind(value)}, not true or false")]
    return Condition(text, frozenset(program.variables()) & vocabulary.keys(), program.execute)


def context_of(**facts: Mapping[str, Any]) -> Any:
    """Facts by root, ready to be looked at by many conditions."""
    context = _library().Context()
    for root, fields in facts.items():
        context.add_variable(root, fields)
    return context


def _endless(text: str, bare: str) -> Iterable[Wrong]:
    """Lists that are looked through within one another, or so often, that it would take for ever or all memory."""
    looks = list(_LOOK.finditer(bare))
    if len(looks) > MOST_LOOKS:
        yield _wrong_at(text, looks[MOST_LOOKS].start(1), f"more than {MOST_LOOKS} lists are looked through")
    maps = [look for look in looks if look.group(1) == "map"]
    if len(maps) > MOST_MAPS:
        yield _wrong_at(text, maps[MOST_MAPS].start(1), f"more than {MOST_MAPS} `map`")
    opens, inside = {look.end() for look in looks}, list[bool]()
    for at, character in enumerate(bare):
        if character == "(":
            inside.append(at in opens)
            if at in opens and sum(inside) > MOST_DEEP:
                yield _wrong_at(text, at, f"more than {MOST_DEEP} lists are looked through within one another")
                return
        elif character == ")" and inside:
            inside.pop()


def _unknown(text: str, bare: str, vocabulary: Vocabulary, variables: frozenset[str]) -> Iterable[Wrong]:
    """Roots and fields that are not there; names that comprehensions bind are no roots. bare: without what texts say."""
    bound = {name for _, name in re.findall(_LOOK.pattern + r"\(\s*([A-Za-z_]\w*)\s*,", bare)}
    for root in sorted(variables - vocabulary.keys() - bound):
        found = re.search(rf"(?<![\w.]){re.escape(root)}(?!\w)", bare)
        told = f"unknown name `{root}`; there are {', '.join(sorted(vocabulary))}"
        yield _wrong_at(text, found.start() if found else 0, told)
    for found in _FIELD.finditer(bare):
        root, field = found.groups()
        fields = vocabulary.get(root)
        if fields is not None and root not in bound and field not in fields:
            near = nearest_to(field, fields)
            told = f"unknown field `{root}.{field}`; there are {', '.join(sorted(fields))}"
            yield _wrong_at(text, found.start(2), told + (f"; did you mean {' or '.join(near)}?" if near else ""))


def _wrong_at(text: str, at: int, message: str) -> Wrong:
    before = text[:at]
    return Wrong(before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1, message)


def _syntax(told: str) -> list[Wrong]:
    if "Recursion limit" in told:
        return [Wrong(1, 1, "nested too deeply")]
    found = [Wrong(int(line), int(column), message) for line, column, message in _PLACE.findall(told)]
    return found[:5] or [Wrong(1, 1, told.splitlines()[0][:200] if told else "not an expression")]


def _kind(value: Any) -> str:
    return _KINDS.get(type(value).__name__, "nothing")


def _library() -> Any:
    import cel

    return cast(Any, cel)
