"""Floors and rooms hold: the contracts of import-linter are kept, and refuse what they were made to refuse."""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.repository import PACKAGE, ROOT, dotted, modules, nodes, place

ROOMS = {
    "values", "core", "contracts", "store", "connectors", "engine",
    "api", "console", "portal", "cli", "worker", "mcp", "sandbox", "boot",
}  # fmt: skip
CAPABILITIES = {
    "orders", "holds", "changes", "stock", "pools", "supply", "counts", "transfers", "promises", "routing", "imports",
    "fulfillments", "shipments", "tenders", "disputes", "ledger", "documents", "returns", "decisions", "credits", "policies",
    "channels", "notices", "reports", "access", "pickups", "tickets", "vendors", "alarms", "queues", "demands", "reallocations",
    "replenishments", "tasks", "mappings", "listings",
    "people", "entities", "identities", "customer_links", "companies", "price_lists", "users", "appeasements", "approvals",
    "agreements", "contracts", "drafts", "payouts", "shipping_fees", "sellers", "views", "edi",
}  # fmt: skip
SQL_CALLS = {"execute", "executemany"}
SQL_TEXT = re.compile(
    r"\s*(?:SELECT\s|INSERT INTO\s|UPDATE\s+\w+\s+SET\s|DELETE FROM\s|WITH\s+\w+\s+AS\s*\(|(?:CREATE|ALTER|DROP) TABLE\s)"
)


def misplaced(package: Path = PACKAGE) -> Iterator[str]:
    """Folders and modules that stand on no floor, or in core under a name that is no capability."""
    for path in sorted(package.iterdir()):
        if path.is_dir() and path.name != "__pycache__":
            if path.name not in ROOMS:
                yield f"{path.name} is not a room"
            elif not (path / "__init__.py").is_file() or not ast.get_docstring(
                ast.parse((path / "__init__.py").read_text(encoding="utf-8"))
            ):
                yield f"{path.name} does not say in its __init__.py what it is for"
        elif path.suffix == ".py" and path.name != "__init__.py":
            yield f"{path.name} is in no room"
    for path in sorted((package / "core").glob("*/__init__.py")):
        if path.parent.name not in CAPABILITIES:
            yield f"core/{path.parent.name} is not a capability"


def sql_astray(package: Path = PACKAGE) -> Iterator[str]:
    """Statements run outside store and engine, and SQL written outside store."""
    for path, tree in modules(package=package):
        room = path.relative_to(package).parts[0]
        for node in nodes(tree):
            if isinstance(node, ast.Call) and room not in {"store", "engine"}:
                if isinstance(node.func, ast.Attribute) and node.func.attr in SQL_CALLS:
                    yield f"{place(path, node)} runs SQL"
            elif isinstance(node, ast.Constant) and room != "store":
                if isinstance(node.value, str) and SQL_TEXT.match(node.value):
                    yield f"{place(path, node)} writes SQL"


def hidden_imports(package: Path = PACKAGE) -> Iterator[str]:
    """Imports by name at run time, which no contract sees; but boot loads connectors so, and the cli commands of its own."""
    for path, tree in modules(package=package):
        if path.relative_to(package).parts[0] == "boot" or path.relative_to(package).as_posix() == "cli/main.py":
            continue
        for node in nodes(tree):
            if isinstance(node, ast.Call):
                if dotted(node.func) in {"__import__", "import_module", "importlib.import_module"}:
                    yield f"{place(path, node)} imports by name"


def test_every_folder_is_a_room_and_every_folder_of_core_a_capability() -> None:
    assert list(misplaced()) == []


@pytest.mark.slow
def test_sql_is_written_in_store_and_run_by_store_and_engine() -> None:
    assert list(sql_astray()) == []


@pytest.mark.slow
def test_no_import_is_hidden_from_the_contracts() -> None:
    assert list(hidden_imports()) == []


def test_a_stray_folder_or_module_is_found(tmp_path: Path) -> None:
    for folder, text in {"orders": '"""."""', "core": '"""."""', "core/order": "", "api": ""}.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").write_text(text)
    (tmp_path / "money.py").write_text("")
    assert len(list(misplaced(tmp_path))) == 4


def test_stray_sql_is_found(tmp_path: Path) -> None:
    for room in ("api", "engine", "store"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "sample.py").write_text("cursor.execute('SELECT 1')\nfield = 'selected'\n")
    assert [fault.split()[-2:] for fault in sql_astray(tmp_path)] == [
        ["runs", "SQL"],
        ["writes", "SQL"],
        ["writes", "SQL"],
    ]


def test_a_hidden_import_is_found(tmp_path: Path) -> None:
    for room in ("api", "boot"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "sample.py").write_text("import importlib\nimportlib.import_module('orderline.store')\n")
    assert len(list(hidden_imports(tmp_path))) == 1


BROKEN = [
    # room         imports                    the contract that refuses it
    ("values",     "orderline.core",          "Floors"),
    ("core",       "orderline.store",         "Floors"),
    ("engine",     "orderline.api",           "Floors"),
    ("api",        "orderline.cli",           "Floors"),
    ("engine",     "orderline.connectors",    "Connectors are found"),
    ("connectors", "orderline.core",          "Connectors know"),
    ("contracts",  "orderline.core",          "Contracts know"),
    ("core",       "httpx",                   "Values and core are pure"),
    ("store",      "starlette.requests",      "Only ways in know HTTP"),
    ("worker",     "psycopg",                 "Only store and engine speak"),
]  # fmt: skip


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rooms of the package, empty, beside the contracts of this repository."""
    root = tmp_path_factory.mktemp("copy")
    shutil.copy(ROOT / "pyproject.toml", root)
    for room in [".", *(path.parent.name for path in PACKAGE.glob("*/__init__.py"))]:
        (root / "src" / "orderline" / room).mkdir(parents=True, exist_ok=True)
        (root / "src" / "orderline" / room / "__init__.py").touch()
    return root


def broken_contracts(root: Path) -> list[str]:
    return [line for line in lint(root).splitlines() if line.endswith(" BROKEN")]


def lint(root: Path) -> str:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    ended = subprocess.run(
        [*command, "--no-cache", "--no-logo", "--config", str(root / "pyproject.toml")],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Contracts:" in ended.stdout, ended.stdout + ended.stderr
    return ended.stdout


@pytest.mark.slow
def test_empty_rooms_keep_every_contract(copy: Path) -> None:
    assert broken_contracts(copy) == []


@pytest.mark.slow
@pytest.mark.parametrize(("room", "imports", "contract"), BROKEN)
def test_an_import_against_the_floors_is_refused(copy: Path, room: str, imports: str, contract: str) -> None:
    sample = copy / "src" / "orderline" / room / "sample.py"
    sample.write_text(f"import {imports}\n")
    try:
        assert [line for line in broken_contracts(copy) if line.startswith(contract)] != []
    finally:
        sample.unlink()


@pytest.mark.slow
def test_a_room_that_is_on_no_floor_is_refused(copy: Path) -> None:
    room = copy / "src" / "orderline" / "basement"
    room.mkdir()
    (room / "__init__.py").touch()
    try:
        assert broken_contracts(copy) != []
        assert "basement" in lint(copy)
    finally:
        shutil.rmtree(room)
