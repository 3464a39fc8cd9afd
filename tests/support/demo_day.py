"""A day of the demo, played once for all processes of a test run, and served until the run ends."""

import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from support.databases import alone, run_directory

WITHIN_S: Final = 240
ORDERS: Final = 40
END: Final = "Ctrl-C ends it"
OPTIONS: Final = ("--orders-count", str(ORDERS), "--speed", "20000", "--seed", "3", "--port", "0", "--json")
_played: Final[
    list["subprocess.Popen[bytes]"]
] = []  # kept, since it outlives the process of this run that needed it first


@dataclass(frozen=True)
class DemoDay:
    """url: where it is served. key: of an administrator. said: what it has printed."""

    url: str
    key: str
    said: str


def demo_day() -> DemoDay:
    """The day of this run; whoever asks first has it played."""
    home = run_directory() / "demo"
    with alone("demo"):
        if not home.exists():
            home.mkdir(mode=0o711)
            _play(home)
    said = (home / "said").read_text()
    found = re.search(r"goes on running at (http://\S+)\. ", said)
    assert found, said
    return DemoDay(found[1], (home / "day" / "data" / "admin.key").read_text().strip(), said)


def stop_demo_day() -> None:
    """End it, if there was one; for when nobody tests any longer."""
    started = run_directory() / "demo" / "pid"
    if not started.exists():
        return
    process = int(started.read_text())
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGHUP)
        give_up_at = monotonic() + 60
        while monotonic() < give_up_at and not _is_over(process):
            sleep(0.05)


def _play(home: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ORDERLINE_")}
    with (home / "said").open("w") as said, (home / "progress").open("w") as progress:
        process = subprocess.Popen(
            [sys.executable, "-m", "orderline.boot.main", "demo", *OPTIONS, "--data-dir", str(home / "day")],
            env=environment,
            stdout=said,
            stderr=progress,
            start_new_session=True,
        )
    _played.append(process)
    (home / "pid").write_text(str(process.pid))
    give_up_at = monotonic() + WITHIN_S
    while END not in (home / "said").read_text():
        alive = process.poll() is None and monotonic() < give_up_at
        assert alive, (home / "progress").read_text()[-2_000:]
        sleep(0.1)


def _is_over(process: int) -> bool:
    if _played:
        return _played[0].poll() is not None
    os.kill(process, 0)
    return False
