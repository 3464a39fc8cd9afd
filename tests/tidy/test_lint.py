"""The linter refuses what the conventions forbid, and says so for the file it stands in."""

import json
import subprocess
import sys

import pytest

from support.repository import ROOT

FORBIDDEN = [
    # in             code                                                          rule
    ("core/x.py",    "print(1)",                                                   "T201"),
    ("api/x.py",     "print(1)",                                                   "T201"),
    ("store/x.py",   "import os\nos.system('ls')",                                 "S605"),
    ("store/x.py",   "import subprocess\nsubprocess.run('ls', shell=True)",        "S602"),
    ("store/x.py",   "def f(table: str) -> str:\n    return f'SELECT * FROM {table}'", "S608"),
    ("api/x.py",     "from datetime import datetime\nx = datetime.now()",          "DTZ005"),
    ("api/x.py",     "from datetime import datetime\nx = datetime.utcnow()",       "DTZ003"),
    ("worker/x.py",  "try:\n    x = 1\nexcept Exception:\n    pass",               "BLE001"),
    ("core/x.py",    "def f(x):\n    return x",                                    "ANN001"),
    ("core/x.py",    "from .orders import x",                                      "TID252"),
    ("core/x.py",    "x = 1  # TODO: more",                                        "FIX002"),
]  # fmt: skip


def broken_rules(name: str, code: str) -> set[str]:
    """The rules that `code` breaks as if it stood in the file `name` of the package."""
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "ruff",
            "check",
            "--output-format=json",
            "--stdin-filename",
            f"src/orderline/{name}",
            "-",
        ],
        cwd=ROOT,
        input=code,
        capture_output=True,
        text=True,
        check=False,
    )
    return {fault["code"] for fault in json.loads(ended.stdout)}


@pytest.mark.parametrize(("name", "code", "rule"), FORBIDDEN)
def test_what_is_forbidden_is_refused(name: str, code: str, rule: str) -> None:
    assert rule in broken_rules(name, code)


@pytest.mark.parametrize("room", ["cli", "boot"])
def test_printing_is_allowed_at_a_terminal(room: str) -> None:
    assert broken_rules(f"{room}/x.py", '"""Say."""\n\nprint(1)\n') == set()
