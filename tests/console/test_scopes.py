"""Every page, asked by somebody of another channel or location for what is there, and every link that somebody is shown.

Who may open a page at all is in `test_pages`.
"""

import re
from collections.abc import Iterator
from itertools import product

import psycopg
import pytest

from api.scopes import ALL, PLACE, SCOPES, Theirs, make_theirs
from console.conftest import Site, Visitor
from orderline.api import scoping
from orderline.api.calls import GRANTABLE
from orderline.api.operations import OPERATIONS
from orderline.console.pages import PAGES, Page
from support.depth import DEPTH

BY_NAME = {each.name: each for each in OPERATIONS}
# For people who have not signed in, and about whoever has: no right is asked for.
OPEN = {"/sign-in", "/sign-in/begin", "/sign-in/back", "/welcome/{token}"}
OWN = {"/sign-out", "/me", "/me/second-factor", "/me/language", "/station-away", "/style"}
# A row that is a page of its own is read by the id that lists show it with.
_RECORD = re.compile(r"^/([a-z-]+)/\{id\}")


@pytest.fixture(scope="module")
def theirs(site: Site) -> Iterator[Theirs]:
    """What belongs to others."""
    with psycopg.connect(site.stage.database.dsn, autocommit=True) as connection:
        yield make_theirs(site.stage, connection)


@pytest.fixture(scope="module")
def people(site: Site, theirs: Theirs) -> dict[str, Visitor]:
    """Somebody of each scope who has all rights but `admin`."""
    return {scope: site.person(f"of-{scope}", *ALL, **limits) for scope, limits in SCOPES.items()}


def path_of(theirs: Theirs, page: Page, order: str) -> str:
    """The page's address, about what is theirs."""
    record = _RECORD.match(page.path)
    known = {
        "order": order, "number": "1", "location": "lyon", "sku": "TEE-M", "account": "receivable", "day": "2026-01-01",
        "id": theirs.ids.get(f"/v1/{record.group(1)}/", "none") if record else "none", "kind": "transfer", "record": PLACE,
        "operation": "annotate_order", "parcel": "1",
    }  # fmt: skip
    return re.sub(r"\{(\w+)\}", lambda found: known.get(found.group(1), "none"), page.path)


def faults(theirs: Theirs, people: dict[str, Visitor], pages: list[Page]) -> Iterator[str]:
    """Pages that tell somebody of another scope anything of theirs."""
    for page in pages:
        for scope, visitor in people.items():
            marks = (*theirs.marks, PLACE) if scope == "location" else theirs.marks
            path = path_of(theirs, page, theirs.open["number"])
            answer = visitor.get(path)
            # Whoever asked by the name of a thing is told that there is none of this name.
            told = answer.text if answer.status_code < 300 else ""
            yield from (f"{scope}: {path} tells {mark}" for mark in marks if mark in told)


SHOWN = [page for page in PAGES if page.method == "GET" and page.calls and page.path != "/changes"]


def test_pages_tell_nothing_of_others(theirs: Theirs, people: dict[str, Visitor]) -> None:
    assert list(faults(theirs, people, SHOWN)) == []


def test_pages_do_nothing_to_what_is_of_others(theirs: Theirs, people: dict[str, Visitor]) -> None:
    posted = [page for page in PAGES if page.method == "POST" and page.calls]
    assert len(posted) > 10
    for page in posted:
        for scope, visitor in people.items():
            before = theirs.now(scope)
            number = theirs.open["number"]
            fields = {
                "csrf": visitor.csrf(),
                "note": "x",
                "key": "a-key-of-it",
                "go": "yes",
                "do": "bulk_annotate",
                f"pick.{number}": "yes",
            }
            answer = visitor.post(path_of(theirs, page, number), fields)
            assert answer.status_code != 500, page.path
            assert theirs.now(scope) == before, (scope, page.path)


def test_whoever_may_see_it_is_shown_it(site: Site, theirs: Theirs) -> None:
    boss = {"location": site.person("sees-all")}
    assert len({fault.split(" ")[1] for fault in faults(theirs, boss, SHOWN)}) > 12


def test_a_page_that_forgets_whose_it_is_is_found(
    theirs: Theirs, people: dict[str, Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoping, "_seen", lambda call, found: found[0] if found else None)
    assert any("channel" in fault for fault in faults(theirs, people, SHOWN))


@pytest.mark.slow
def test_each_page_by_each_right_in_each_scope(site: Site, theirs: Theirs) -> None:
    """The whole product of pages, rights and scopes; at the usual depth each person opens every eleventh page, in turns."""
    pages = [*SHOWN, *(page for page in PAGES if page.method == "POST" and page.calls)]
    wrong: list[str] = []
    for at, (scope, right) in enumerate(product(SCOPES, ALL)):
        visitor = site.person(f"{scope}-{right}".replace(":", "-"), right, **SCOPES[scope])
        csrf, before = visitor.csrf(), theirs.now(scope)
        marks = (*theirs.marks, PLACE) if scope == "location" else theirs.marks
        for page in pages[at % 11 :: 11] if DEPTH == 1 else pages:
            path = path_of(theirs, page, theirs.open["number"])
            answer = visitor.get(path) if page.method == "GET" else visitor.post(path, {"csrf": csrf, "note": "x"})
            if BY_NAME[page.calls[0]].right == right:
                fits = answer.status_code in (200, 303, 403, 404, 409, 422)
            else:
                fits = answer.status_code == (303 if page.instead else 403)
            told = answer.text if answer.status_code < 300 else ""
            if not fits or any(mark in told for mark in marks):
                wrong.append(f"{right} of a {scope}: {page.method} {path} answers {answer.status_code}")
        assert theirs.now(scope) == before, (right, scope)
    assert wrong == []


@pytest.mark.parametrize("right", GRANTABLE)
def test_nobody_is_shown_a_link_that_is_not_for_them(site: Site, right: str) -> None:
    visitor = site.person(f"links-{right.replace(':', '-')}", right)
    waiting, seen = ["/me", "/"], set[str]()
    while waiting:
        path = waiting.pop()
        answer = visitor.get(path)
        hops = 0
        while answer.status_code == 303 and hops < 3:
            answer, hops = visitor.get(answer.headers["location"]), hops + 1
        assert answer.status_code in (200, 409), f"{path} is shown to {right}, and answered {answer.status_code}"
        seen.add(path)
        if path.count("/") > 1 and path != "/me":
            continue  # lists and their pages are alike: one step into each is enough
        links = {each.replace("&amp;", "&") for each in re.findall(r'href="(/[^"]*)"', answer.text)}
        fresh = {each for each in links if not each.startswith("/static/")} - seen - set(waiting)
        waiting += sorted(each for each in fresh if not each.startswith("/export/"))[:60]
    assert len(seen) > 1


def test_pages_that_ask_for_no_right_are_those_that_are_named_here() -> None:
    """Whatever shows or does anything of the merchant's asks for the right of an operation, or comes by a link."""
    assert {page.path for page in PAGES if page.open} == OPEN
    assert {page.path for page in PAGES if page.own} == OWN
    for page in PAGES:
        if page.links:
            assert page.path.startswith("/your-"), page.path
        if page.calls:
            assert BY_NAME[page.calls[0]].right in GRANTABLE, page.path
