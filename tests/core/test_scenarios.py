"""Scenarios as golden journals: each file is played, and has to come out as it stands.

After a change that is meant: ORDERLINE_TEST_WRITE_GOLDEN=1 pytest tests/core/test_scenarios.py, and read the diff.
"""

import os
from pathlib import Path

import pytest

from support.scenarios import play

SCENARIOS = sorted((Path(__file__).parent / "scenarios").glob("*.txt"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_a_scenario_goes_as_it_is_written(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    played = play(text)
    if os.environ.get("ORDERLINE_TEST_WRITE_GOLDEN"):
        path.write_text(played, encoding="utf-8")
    assert played == text or os.environ.get("ORDERLINE_TEST_WRITE_GOLDEN")
