"""The tutorial's commands, run as they are printed, against a server started as it says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from boot.served import place, serving
from support.repository import ROOT

__all__ = ["place"]

TUTORIAL = ROOT / "docs" / "tutorial.md"


def blocks() -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", TUTORIAL.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def after_waiting(script: str) -> str:
    """The worker routes and reserves within a moment; a person reads meanwhile, a script waits."""
    waits = {
        "orderline order show SO-1001": "until orderline order show SO-1001 | grep -q 'SO-1001-1'; do :; done\n",
        "orderline verify": "",
    }
    for command, wait in waits.items():
        script = script.replace(command, wait + command, 1)
    return script


@pytest.mark.slow
@pytest.mark.crash
def test_the_commands_of_the_tutorial_do_what_it_says(place: Path) -> None:
    with serving(place / "data", place / "said") as served:
        environment = {
            **os.environ,
            "ORDERLINE_DATA_DIR": str(place / "data"),
            "URL": served.url,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        ended = subprocess.run(
            ["bash", "-eu", "-c", after_waiting("\n".join(blocks()))],
            cwd=place,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    told = ended.stdout
    assert ended.returncode == 0, told + ended.stderr
    for expected in (
        "10 can be promised for channel web", '"number":"SO-1001"', "EXTERNAL_ID_TAKEN", "missing on the shelf",
        "1 delivered", "1 order folded: clean",
    ):  # fmt: skip
        assert expected in told, f"{expected}\n{told}"
    assert told.count('"status":4') <= 1, told
