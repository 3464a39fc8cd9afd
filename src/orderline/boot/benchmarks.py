"""The benchmarks by name, each loaded when it is asked for."""

import importlib
from types import ModuleType

from orderline.cli.bench import BENCHMARKS


def load_benchmark(name: str) -> ModuleType:
    """The module of one benchmark: it has `run(options)`, which gives its results one by one."""
    if name not in BENCHMARKS:
        raise LookupError(name)
    return importlib.import_module(f"orderline.cli.bench.{name}")
