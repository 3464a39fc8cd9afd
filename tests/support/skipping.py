"""Skipping that is heard: what was not tested stands under its own heading at the end of the run."""

from typing import NoReturn

import pytest

MARK = "NOT TESTED: "


def skip_loudly(what: str, *, unless: str) -> NoReturn:
    """Skip the running test, naming `what` stays untested and `unless` which condition."""
    pytest.skip(f"{MARK}{what}, unless {unless}")


def untested(reports: list[pytest.TestReport]) -> dict[str, int]:
    """What the loud skips among `reports` left untested, each with the number of its tests."""
    counts: dict[str, int] = {}
    for report in reports:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        _, mark, what = reason.partition(MARK)
        if mark:
            counts[what] = counts.get(what, 0) + 1
    return counts
