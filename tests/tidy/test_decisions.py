"""Every choice that is costly to undo has its page, and every page says what it must."""

import re
from collections.abc import Iterator
from pathlib import Path

from support.repository import ROOT

SECTIONS = ["Context", "Decision", "Consequences", "Alternatives"]
NAME = re.compile(r"(\d{4})(-[a-z0-9]+)+\.md")


def faults(folder: Path = ROOT / "docs" / "adr") -> Iterator[str]:
    numbers: set[str] = set()
    for path in sorted(folder.glob("*.md")):
        named = NAME.fullmatch(path.name)
        if not named:
            yield f"{path.name} is not named like 0001-record-decisions.md"
            continue
        text = path.read_text(encoding="utf-8")
        if named[1] in numbers:
            yield f"{path.name}: the number is taken"
        numbers.add(named[1])
        if not text.startswith(f"# {int(named[1])}. "):
            yield f"{path.name} does not begin with '# {int(named[1])}. ' and its decision"
        parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
        if parts[1::2] != SECTIONS:
            yield f"{path.name} has the sections {parts[1::2]}, not {SECTIONS}"
        yield from (
            f"{path.name} says nothing under {title}"
            for title, body in zip(parts[1::2], parts[2::2], strict=True)
            if not body.strip()
        )


def test_every_decision_says_context_decision_consequences_and_alternatives() -> None:
    assert list(faults()) == []


def test_there_are_decisions() -> None:
    assert list((ROOT / "docs" / "adr").glob("*.md")) != []


def test_an_incomplete_decision_is_found(tmp_path: Path) -> None:
    whole = "# {}. A\n\n## Context\na\n## Decision\nb\n## Consequences\nc\n## Alternatives\nd\n"
    (tmp_path / "0001-good.md").write_text(whole.format(1))
    (tmp_path / "0001-taken.md").write_text(whole.format(1))
    (tmp_path / "0002-other-number.md").write_text(whole.format(3))
    (tmp_path / "0003-empty.md").write_text(whole.format(3).replace("d\n", "\n"))
    (tmp_path / "0004-missing.md").write_text(whole.format(4).replace("## Decision\nb\n", ""))
    (tmp_path / "notes.md").write_text("")
    assert [fault.split()[0].rstrip(":") for fault in faults(tmp_path)] == [
        "0001-taken.md", "0002-other-number.md", "0003-empty.md", "0004-missing.md", "notes.md",
    ]  # fmt: skip
