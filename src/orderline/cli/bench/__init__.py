"""Benchmarks, each beside its bound measured in the same run: `orderline bench NAME`."""

from typing import Final

# Each is a module here with `run(options) -> Iterator[Result]`, loaded when it is asked for.
BENCHMARKS: Final = (
    "intake",
    "hot",
    "reads",
    "console",
    "feed",
    "growth",
    "path",
    "cash",
    "receipt",
    "promise",
    "routing",
    "changes",
    "simulate",
)
