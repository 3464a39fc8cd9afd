"""The tutorial's commands, run as they are printed, against a server started as it says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from boot.served import place, serving
from support.depth import thorough
from support.repository import ROOT

__all__ = ["place"]

DOCS = ROOT / "docs"
TUTORIAL = (DOCS / "tutorial.md").read_text(encoding="utf-8")
# Commands of the command line that ask before they change something.
ASKING = re.compile(r"^(orderline (?:location put|sku put|stock put|stock adjust|order \w+).*?)( +#.*)?$")
READING = re.compile(r"orderline order (?:show|list|find)")


def blocks(text: str, kind: str = "sh") -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def after_waiting(script: str) -> str:
    """The worker routes and reserves within a moment; a person reads meanwhile, a script waits."""
    waits = {
        "orderline order show SO-1001": "until orderline order show SO-1001 | grep -q 'SO-1001-1'; do :; done\n",
        "orderline verify": "",
    }
    for command, wait in waits.items():
        script = script.replace(command, wait + command, 1)
    return script


def agreed_to(script: str) -> str:
    """Nobody sits there to say yes."""
    lines = [
        ASKING.sub(r"\1 --yes\2", line) if not READING.match(line) else line for line in script.splitlines()
    ]  # fmt: skip
    return "\n".join(lines)


def run(script: str, place: Path) -> str:
    """What the commands say, on a server started as the tutorial says; all of them have to end well."""
    with serving(place / "data", place / "said") as served:
        environment = {
            **os.environ,
            "ORDERLINE_DATA_DIR": str(place / "data"),
            "URL": served.url,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        ended = subprocess.run(
            ["bash", "-eu", "-c", script],
            cwd=place,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.mark.slow
@pytest.mark.crash
def test_the_commands_of_the_tutorial_do_what_it_says(place: Path) -> None:
    told = run(after_waiting("\n".join(blocks(TUTORIAL))), place)
    for expected in (
        "10 can be promised for channel web", '"number":"SO-1001"', "EXTERNAL_ID_TAKEN", "missing on the shelf",
        "1 delivered", "1 order folded: clean",
    ):  # fmt: skip
        assert expected in told, f"{expected}\n{told}"
    assert told.count('"status":4') <= 1, told


LOCATIONS = """\
code,name,kind,pool,place.country,place.postal_code,place.city
lille,Lille,warehouse,main,FR,59000,Lille
"""
SKUS = '[{"code": "CAP", "description": "Cap"}]'
# What has to be said when the commands of a page are given, one after the other, to the merchant of the tutorial.
SAID = {
    "day": ('"season"', "Gift card", '"phase":"routing"', "can be promised for channel web", '"vip"'),
    "promises": ('"cart_hold"', "zone home", "in all", "SO-1001 line 1", '"strike"', "strike is over"),
    "routing-rules": ("rules.toml is right", "units without a location", "holds", "lyon serves it", "most_km"),
}


@pytest.mark.slow
@pytest.mark.parametrize("page", [pytest.param(each, marks=thorough) for each in SAID])
def test_the_commands_of_a_page_do_what_it_says(page: str, place: Path) -> None:
    text = (DOCS / "how-to" / f"{page}.md").read_text(encoding="utf-8")
    (place / "locations.csv").write_text(LOCATIONS, encoding="utf-8")
    (place / "skus.json").write_text(SKUS, encoding="utf-8")
    for rules in blocks(text, "toml")[:1]:
        (place / "rules.toml").write_text(rules, encoding="utf-8")
        (place / "winter.toml").write_text(rules.replace("most_km = 50", "most_km = 80"), encoding="utf-8")
    first = blocks(TUTORIAL)
    scripts = [block for block in blocks(text) if "olist" not in block]
    told = run(after_waiting("\n".join(first)) + "\n" + agreed_to("\n".join(scripts)), place)
    for expected in SAID[page]:
        assert expected in told, f"{expected}\n{told}"
    # one is the tutorial's own: an order with the id of another
    assert told.count('"status":4') <= 1, told
