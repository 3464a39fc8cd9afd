"""What processes take of memory together, at the most: shared pages are counted once, by their parts in each."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Final

EVERY_S: Final = 1.0
_KB_PER_MB: Final = 1_024


class Peak:
    """The most that was seen at one time, in MB, and what of it was whose."""

    def __init__(self) -> None:
        self.whole_mb = 0.0
        self.parts_mb: dict[str, float] = {}

    def look(self, named: Mapping[str, list[int]]) -> None:
        """Add up what the processes of each name take now."""
        parts = {name: round(sum(map(_kb, pids)) / _KB_PER_MB, 1) for name, pids in named.items()}
        whole = round(sum(parts.values()), 1)
        if whole > self.whole_mb:
            self.whole_mb, self.parts_mb = whole, parts


@contextmanager
def watched(directory: Path) -> Iterator[Peak]:
    """Look every second at the processes that this one has started, by their commands, and at PostgreSQL's in `directory`.

    What this process takes is not counted: it only measures.
    """
    peak, over = Peak(), Event()

    def watch() -> None:
        while not over.wait(EVERY_S):
            peak.look(_processes(directory))

    thread = Thread(target=watch, name="memory", daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        over.set()
        thread.join()
        if not peak.parts_mb:
            peak.look(_processes(directory))


def _processes(directory: Path) -> dict[str, list[int]]:
    """Processes by what they are: children of this one by their command, all that run in the directory as postgresql."""
    named: dict[str, list[int]] = {}
    for each in Path("/proc").iterdir():
        if not each.name.isdigit():
            continue
        try:
            if (each / "cwd").readlink().is_relative_to(directory):
                named.setdefault("postgresql", []).append(int(each.name))
            elif _parent(each) == os.getpid():
                named.setdefault(_command(each), []).append(int(each.name))
        except OSError:
            continue  # it has ended, or is none of ours
    return named


def _parent(process: Path) -> int:
    return int((process / "stat").read_text().rpartition(")")[2].split()[1])


def _command(process: Path) -> str:
    """The command of orderline that it runs."""
    words = (process / "cmdline").read_text().split("\0")
    return words[words.index("orderline.boot.main") + 1] if "orderline.boot.main" in words else words[0]


def _kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
