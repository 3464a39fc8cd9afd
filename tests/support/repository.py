"""The repository as tidy tests read it: its files, and its Python as syntax trees."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "orderline"


def files(root: Path = ROOT) -> list[Path]:
    """The text files of the repository at `root`: tracked, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    paths = sorted({root / name for name in listed.split("\0") if name})
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:8192]]


def modules(*rooms: str, package: Path = PACKAGE) -> Iterator[tuple[Path, ast.Module]]:
    """Each Python file of `rooms`, or of the whole package, with its syntax tree."""
    kept = parsed(package) if package == PACKAGE else parsed.__wrapped__(package)
    return ((path, tree) for path, tree in kept if not rooms or path.relative_to(package).parts[0] in rooms)


@cache
def parsed(package: Path) -> list[tuple[Path, ast.Module]]:
    """Each Python file of a package with its syntax tree: reading all of ours takes seconds, so it is done once."""
    return [
        (path, ast.parse(path.read_text(encoding="utf-8"), filename=str(path)))
        for path in sorted(package.rglob("*.py"))
    ]


@cache
def nodes(tree: ast.Module) -> list[ast.AST]:
    """Everything in a syntax tree."""
    return list(ast.walk(tree))


def place(path: Path, node: ast.AST) -> str:
    """Where a fault stands, as editors and terminals link it."""
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    return f"{shown}:{getattr(node, 'lineno', 1)}"


def imported(tree: ast.Module) -> Iterator[tuple[ast.stmt, str]]:
    """Each name that a module imports, in full: `a.b.c` for `from a.b import c`, wherever it stands."""
    for node in nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)


def dotted(node: ast.expr) -> str:
    """`a.b.c` of such an expression; "" of any other."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = dotted(node.value)
        return f"{owner}.{node.attr}" if owner else node.attr
    return ""
