"""Values and core are pure: no I/O, no clock, no chance, no floats where money and units are counted."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.repository import PACKAGE, dotted, imported, modules, nodes, place

IO_MODULES = {
    "asyncio", "concurrent", "ctypes", "fcntl", "fileinput", "glob", "http", "io", "logging", "mmap", "multiprocessing",
    "os", "pathlib", "queue", "sched", "select", "selectors", "shelve", "shutil", "signal", "smtplib", "socket",
    "socketserver", "sqlite3", "ssl", "subprocess", "sys", "tempfile", "threading", "urllib.request",
}  # fmt: skip
IO_CALLS = {"open", "print", "input", "breakpoint"}
CHANCE_MODULES = {"random", "secrets", "time"}
CHANCE_CALLS = {"now", "utcnow", "today", "uuid1", "uuid4", "uuid6", "uuid7", "urandom", "monotonic", "perf_counter"}
# The one place that makes ids; ways in call it, and core is handed what they made.
ID_MAKER = Path("values/ids.py")
# Reads the towns that a package ships, once and for all: a large constant, in a file of its own.
CONSTANTS = Path("values/cities.py")


def impurities(package: Path = PACKAGE) -> Iterator[str]:
    for path, tree in modules("values", "core", package=package):
        makes_ids = path.relative_to(package) == ID_MAKER
        for node, name in imported(tree):
            if any(name == banned or name.startswith(f"{banned}.") for banned in IO_MODULES | CHANCE_MODULES):
                yield f"{place(path, node)} imports {name}"
            if name.rpartition(".")[2] in CHANCE_CALLS and not makes_ids:
                yield f"{place(path, node)} imports {name}"
            if name == "orderline.values.ids.new_id" and path.is_relative_to(package / "core"):
                yield f"{place(path, node)} makes ids; core is given them"
        for node in nodes(tree):
            if not isinstance(node, ast.Call):
                continue
            called = dotted(node.func)
            reads = called.rpartition(".")[2] in IO_CALLS and path.relative_to(package) != CONSTANTS
            if reads or (called.rpartition(".")[2] in CHANCE_CALLS and not makes_ids):
                yield f"{place(path, node)} calls {called}"


def floats(package: Path = PACKAGE) -> Iterator[str]:
    """Floats in core and in every module of values or store that is about money."""
    for path, tree in modules(package=package):
        inside = path.relative_to(package)
        if inside.parts[0] != "core" and not {"money", "ledger", "tenders"} & set(inside.with_suffix("").parts):
            continue
        for node in nodes(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
                yield f"{place(path, node)} has the float {node.value}"
            elif isinstance(node, ast.Name) and node.id == "float":
                yield f"{place(path, node)} speaks of float"
            elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
                yield f"{place(path, node)} divides by /, which gives a float; // is whole"


# What a command on records says of itself; documented once, where it is declared.
TOUCHES = {
    "records",
    "orders",
    "skus",
    "shelves",
    "pools",
    "supplies",
    "hurts",
    "moved_since",
    "carts",
    "inner",
    "skus_of_orders",
}


def undocumented(package: Path = PACKAGE) -> Iterator[str]:
    """Public functions and methods of values and core without a docstring."""
    for path, tree in modules("values", "core", package=package):
        owners: list[ast.Module | ast.ClassDef] = [tree]
        owners += [node for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
        for owner in owners:
            for node in owner.body:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                    if not ast.get_docstring(node) and not (path.name == "commands.py" and node.name in TOUCHES):
                        yield f"{place(path, node)} {node.name} has no docstring"


@pytest.mark.slow
def test_values_and_core_do_no_io_and_know_neither_clock_nor_chance() -> None:
    assert list(impurities()) == []


@pytest.mark.slow
def test_money_and_core_have_no_floats() -> None:
    assert list(floats()) == []


@pytest.mark.slow
def test_public_functions_of_values_and_core_have_docstrings() -> None:
    assert list(undocumented()) == []


IMPURE = [
    "import os",
    "import os.path as p",
    "from urllib.request import urlopen",
    "def f():\n    from pathlib import Path",
    "import random",
    "from uuid import uuid4",
    "from orderline.values.ids import new_id",
    "from datetime import datetime\nx = datetime.now()",
    "import datetime\nx = datetime.datetime.utcnow()",
    "from datetime import date\nx = date.today()",
    "x = open('file')",
    "def f(place):\n    return (place / 'file').open()",
]
FLOATS = ["x = 0.5", "x = float('1')", "def f(x: float) -> None: ...", "x = 1 / 2", "x = 2\nx /= 2"]
UNDOCUMENTED = ["def f() -> None: ...", "class C:\n    def f(self) -> None: ..."]
CLEAN = '''
from datetime import datetime
from urllib.parse import quote
from orderline.values.time import utc

def f(now: datetime, places: int) -> int:
    """Halve it."""
    def inner() -> int:
        return places // 2
    return inner()
'''


def package_with(tmp_path: Path, text: str) -> Path:
    (tmp_path / "values").mkdir()
    module = tmp_path / "core" / "orders" / "sample.py"
    module.parent.mkdir(parents=True)
    module.write_text(text)
    return tmp_path


@pytest.mark.parametrize("text", IMPURE)
def test_an_impure_module_is_found(tmp_path: Path, text: str) -> None:
    assert len(list(impurities(package_with(tmp_path, text)))) >= 1


@pytest.mark.parametrize("text", FLOATS)
def test_a_float_is_found(tmp_path: Path, text: str) -> None:
    assert len(list(floats(package_with(tmp_path, text)))) == 1


@pytest.mark.parametrize("text", UNDOCUMENTED)
def test_a_missing_docstring_is_found(tmp_path: Path, text: str) -> None:
    assert len(list(undocumented(package_with(tmp_path, text)))) == 1


def test_a_clean_module_passes(tmp_path: Path) -> None:
    package = package_with(tmp_path, CLEAN)
    assert [*impurities(package), *floats(package), *undocumented(package)] == []
