"""A document written into a text: what it says is exactly what was wanted, and comments that can stay do."""

import tomllib
from random import Random
from typing import Any

import msgspec
import pytest

from orderline.core.policies.writing import values_of, write_into
from orderline.values.failures import Refused
from support.depth import deep
from support.seeds import seeds

TEXT = """# Rules of the shop
kind = "routing"
description = "near first"   # said by ops

[location.lyon]
groups = ["warehouses"]

# whoever is in a hurry
[[group]]
name = "express"
[group.select]
methods = ["express"]
[[group.rule]]
name = "near"
objective = ["late", "distance"] # soon, then near
leftover = [{ do = "next_rule" }]

# all the others
[[group]]
name = "others"
effective_from = 2026-12-01T00:00:00Z
[[group.rule]]
name = "cheap"
[group.rule.constraints]
most_splits = 1
"""


def changed(path: str, value: Any) -> dict[str, Any]:
    document = values_of(TEXT)
    here: Any = document
    *parts, last = path.split("/")
    for part in parts:
        here = here[int(part)] if isinstance(here, list) else here.setdefault(part, {})
    if value is None:
        del here[int(last) if isinstance(here, list) else last]
    else:
        here[last] = value
    return document


@pytest.mark.parametrize(
    ("path", "value", "kept"),
    [
        ("description", "far first", ["# said by ops", "# soon, then near", "# all the others"]),
        ("group/0/rule/0/objective", ["cost"], ["# Rules of the shop", "# whoever is in a hurry", "# said by ops"]),
        ("group/1/rule/0/constraints/most_splits", 3, ["# soon, then near"]),
        ("group/1/rule/0/constraints/ship_complete", True, ["most_splits = 1"]),
        ("group/0/select", None, ["# soon, then near"]),
        ("location/lille", {"rank": 2}, ["# said by ops", "[location.lyon]"]),
        ("costs", {"split_minor": 300}, ["# said by ops"]),
        ("group/0", None, ["# Rules of the shop", 'name = "cheap"']),
        ("group/0/rule/0/leftover", [{"do": "queue", "label": "a"}, {"do": "cancel", "reason": "b"}], ["# said by ops"]),
    ],
)  # fmt: skip
def test_a_value_is_changed_where_it_stands(path: str, value: Any, kept: list[str]) -> None:
    wanted = changed(path, value)
    text = write_into(TEXT, wanted)
    assert values_of(text) == wanted
    for each in kept:
        assert each in text, text


def test_what_is_moved_keeps_its_comments() -> None:
    document = values_of(TEXT)
    document["group"].reverse()
    text = write_into(TEXT, document)
    assert values_of(text) == document
    assert "# soon, then near" in text


def test_nothing_but_the_value_is_changed() -> None:
    text = write_into(TEXT, changed("group/0/rule/0/objective", ["cost"]))
    assert text == TEXT.replace('["late", "distance"]', '["cost"]')


def test_a_text_that_says_it_already_stays_as_it_is() -> None:
    assert write_into(TEXT, values_of(TEXT)) is TEXT


def test_a_document_that_stands_nowhere_is_written_from_nothing() -> None:
    document = values_of(TEXT)
    assert values_of(write_into("", document)) == document


def test_what_is_no_toml_is_refused_with_its_place() -> None:
    with pytest.raises(Refused) as refused:
        write_into("kind = [\n", {"kind": "routing"})
    assert refused.value.facts["line"] == 2


@pytest.mark.parametrize("seed", seeds(deep(12)))
def test_any_text_can_be_made_to_say_any_document(seed: int) -> None:
    dice = Random(seed)
    before, after = (_document(dice, 0) for _ in range(2))
    text = write_into("", before)
    assert msgspec.to_builtins(tomllib.loads(text)) == before
    assert values_of(write_into(text, after)) == after
    assert values_of(write_into(TEXT, after)) == after


def _document(dice: Random, depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(dice.randint(0, 4)):
        name = dice.choice(["a", "b c", "kind", "group", "rule", "x.y", "description"])
        found[name] = _value(dice, depth)
    return found


def _value(dice: Random, depth: int) -> Any:
    kinds = [
        lambda: dice.randint(-5, 5),
        lambda: dice.choice(["", "#", 'a "b"', "l\nm", "é"]),
        lambda: dice.random() < 0.5,
    ]
    if depth < 3:
        kinds += [
            lambda: _document(dice, depth + 1),
            lambda: [_document(dice, depth + 1) for _ in range(dice.randint(1, 3))],
            lambda: [dice.choice(["x", "y"]) for _ in range(dice.randint(0, 3))],
        ]
    return dice.choice(kinds)()
