"""What no file of the repository may hold: a machine's paths, registries' hosts, more than it can carry."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.repository import ROOT, files

MACHINE_PATH = re.compile(r"(?<![\w.])/(?:(?:work|farm|root)/|home/[a-z]|tmp/[a-z])")
REGISTRY = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|(?:deb|security)\.debian\.org|proxy\.golang\.org"
    r"|--(?:extra-)?index-url|--find-links|index-url *="
)
LEFT_OF_A_MERGE = re.compile(r"^(?:<{7}|>{7}|={7})(?: |$)")
LINES_MOST = 400
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "shared", "stuff"}
# Code in our own words is in American spelling; other people's messages, in connectors and layouts, are in theirs.
BRITISH = re.compile(
    r"cancel(?=led|ling)l|fulfil(?!l)|label(?=led|ling)l|colou[r]|behaviou[r]|catalogu[e]|(?:author|organ|recogn|normal)is[ei]"
    r"|millimetr[e]|centr[e]s?\b",
    re.IGNORECASE,
)
LAYOUTS = ("src/orderline/core/imports/layouts.py", "src/orderline/core/imports/shopify_rest.py")
OWN_WORDS = ("values", "core", "contracts", "store", "engine", "worker")


def matches(pattern: re.Pattern[str], root: Path = ROOT, *, under: str = "") -> Iterator[str]:
    """Each line of the repository's files `under` a folder in which `pattern` is found."""
    for path in files(root):
        shown = path.relative_to(root).as_posix()
        if not shown.startswith(under):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if pattern.search(line):
                yield f"{shown}:{number} {line.strip()[:100]}"


def too_long(root: Path = ROOT) -> Iterator[str]:
    for path in files(root):
        if path.relative_to(root).parts[0] in {"src", "tests"} and path.suffix in {".py", ".sql"}:
            count = len(path.read_text(encoding="utf-8").splitlines())
            if count > LINES_MOST:
                yield f"{path.relative_to(root)} has {count} lines; look for the seam"


def vaguely_named(root: Path = ROOT) -> Iterator[str]:
    for path in files(root):
        inside = path.relative_to(root)
        if inside.parts[0] == "src" and VAGUE & set(inside.with_suffix("").parts):
            yield f"{inside} says nothing by its name"


def test_no_merge_has_left_its_marks() -> None:
    assert list(matches(LEFT_OF_A_MERGE)) == []


@pytest.mark.slow
def test_no_file_names_a_path_of_some_machine() -> None:
    assert list(matches(MACHINE_PATH)) == []


@pytest.mark.slow
def test_no_file_names_a_package_registry() -> None:
    here = Path(__file__).relative_to(ROOT).as_posix()
    # The two files that say how the lock is kept free of hosts have to name the options.
    spared = (here, "Makefile", "scripts/", "docs/adr/0009-")
    assert [match for match in matches(REGISTRY) if not match.startswith(spared)] == []


def test_no_source_file_is_too_long() -> None:
    assert list(too_long()) == []


def test_no_module_has_a_vague_name() -> None:
    assert list(vaguely_named()) == []


@pytest.mark.slow
def test_our_own_words_are_in_american_spelling() -> None:
    found = [match for room in OWN_WORDS for match in matches(BRITISH, under=f"src/orderline/{room}/")]
    assert [match for match in found if not match.startswith(LAYOUTS)] == []


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "src").mkdir()
    return tmp_path


def test_a_machine_path_is_found(repository: Path) -> None:
    slash = "/"
    bad = ["work/main", "root/x", "home/ann/x", "tmp/socket"]
    (repository / "notes.md").write_text("".join(f"see {slash}{path}\n" for path in bad))
    (repository / "fine.md").write_text("GET /orders/work as /root, and example.com/home/page, ./tmp/x\n")
    found = list(matches(MACHINE_PATH, repository))
    assert [line.split()[0] for line in found] == [f"notes.md:{number}" for number in range(1, 5)]


def test_a_registry_is_found(repository: Path) -> None:
    (repository / "lock").write_text("--index-url x\nfiles.python" + "hosted.org\nindex-url = 'y'\nindex of orders\n")
    assert len(list(matches(REGISTRY, repository))) == 3


def test_a_long_file_is_found(repository: Path) -> None:
    (repository / "src" / "long.sql").write_text("SELECT 1\n" * (LINES_MOST + 1))
    (repository / "src" / "short.py").write_text("x = 1\n" * LINES_MOST)
    (repository / "tests").mkdir()
    (repository / "tests" / "long.py").write_text("x = 1\n" * (LINES_MOST + 1))
    (repository / "long.md").write_text("words\n" * (LINES_MOST + 1))
    assert len(list(too_long(repository))) == 2


def test_a_vague_name_is_found(repository: Path) -> None:
    (repository / "src" / "utils.py").write_text("")
    (repository / "src" / "money.py").write_text("")
    assert len(list(vaguely_named(repository))) == 1


def test_british_spelling_is_found(repository: Path) -> None:
    bad = ["cancel" + "led", "fulfil" + "ment", "behav" + "iour", "author" + "ise", "cen" + "tre"]
    (repository / "src" / "words.py").write_text("\n".join(bad))
    (repository / "src" / "fine.py").write_text("canceled cancellation fulfillment fulfilled labeled advise central")
    assert len(list(matches(BRITISH, repository))) == len(bad)


def test_migrations_have_each_number_once() -> None:
    names = sorted(path.name for path in (ROOT / "src/orderline/store/migrations").glob("*.sql"))
    assert len({name.partition("_")[0] for name in names}) == len(names) > 10, names
