"""Pages that are watched are told that something has changed, and nothing else."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from api.stage import served
from console.conftest import Site, Visitor
from orderline.boot.pages import Pages, with_pages
from orderline.console import live


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LOOK_EVERY_S", 0.02)
    monkeypatch.setattr(live, "ORDER_EVERY_S", 0.02)
    monkeypatch.setattr(live, "WATCHED", {"work": ("list_queues", 0.02), "today": ("list_hours", 0.02)})


@pytest.fixture
def pages(site: Site) -> Iterator[tuple[str, Pages]]:
    """The console behind a real server."""
    app = with_pages(site.stage.app, site.stage.database, public_url="", version="1")
    with served(app) as url:
        try:
            yield url, app
        finally:
            app.stop()


@contextmanager
def watching(url: str, visitor: Visitor, *of: str, **more: str) -> Iterator[Iterator[dict[str, str]]]:
    """The events of a stream, one by one."""
    cookies = {"cookie": "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())}
    query: list[tuple[str, Any]] = [*(("of", each) for each in of), *more.items()]
    with (
        httpx.Client(timeout=30) as client,
        client.stream("GET", f"{url}/changes", params=query, headers=cookies) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream"

        def events() -> Iterator[dict[str, str]]:
            told: dict[str, str] = {}
            for line in answer.iter_lines():
                if line:
                    name, _, value = line.partition(": ")
                    told[name] = value
                elif told:
                    yield told
                    told = {}

        yield events()


def hold(site: Site, number: str) -> None:
    answer = site.stage.call("POST", f"/v1/orders/{number}/holds", json={"type": "manual"})
    assert answer.status_code == 200


def test_who_watches_is_told_what_has_changed_and_no_more(site: Site, pages: tuple[str, Pages]) -> None:
    number, other = site.stage.place("W-1")["number"], site.stage.place("W-2")["number"]
    visitor = site.person("wim", "orders:read")
    with watching(pages[0], visitor, f"order:{number}", "work") as events:
        first = next(events)
        assert (first["event"], first["data"]) == ("seen", "-")
        hold(site, number)
        found = [next(events), next(events)]
        assert {each["data"] for each in found} == {f"order:{number}", "work"}
        assert {each["event"] for each in found} == {"changed"}
        assert all(set(each) == {"event", "id", "data"} for each in found)
    with watching(pages[0], visitor, f"order:{number}", "work", seen=first["id"]) as events:
        assert next(events)["event"] == "seen"
        assert next(events)["event"] == "changed", "what changed while nobody watched is told"
    with watching(pages[0], visitor, f"order:{other}") as events:
        next(events)
        hold(site, number)
        hold(site, other)
        assert next(events)["data"] == f"order:{other}"


def test_what_was_seen_is_told_back_only_as_marks(site: Site, pages: tuple[str, Pages]) -> None:
    visitor = site.person("wes", "orders:read")
    with watching(pages[0], visitor, "work", seen="x\nevent: changed\ndata: all") as events:
        first = next(events)
        assert (first["event"], first["data"]) == ("seen", "-")
        assert first["id"].isalnum()


def test_what_one_may_not_read_can_not_be_watched(site: Site) -> None:
    number = site.stage.place("W-3")["number"]
    stranger = site.person("xia", "orders:read", channels=["shop"])
    assert stranger.get(f"/changes?of=order:{number}").status_code == 404
    assert stranger.get("/changes?of=order:SO-0").status_code == 404
    assert stranger.get("/changes?of=everything").status_code == 404
    assert stranger.get("/changes").status_code == 404
    assert site.person("yan", "stock:read").get("/changes?of=work").status_code == 403
    assert site.visitor().get("/changes?of=work").status_code == 303


def test_streams_end_when_the_process_stops(site: Site, pages: tuple[str, Pages]) -> None:
    visitor = site.person("zoe", "orders:read")
    with watching(pages[0], visitor, "work") as events:
        next(events)
        threading.Thread(target=pages[1].stop).start()
        assert list(events) == []


def test_pages_say_what_they_watch(site: Site) -> None:
    number = site.stage.place("W-4")["number"]
    visitor = site.person("abe")
    home = visitor.get("/?owner=mine").text
    assert 'data-live="work" hx-get="/?owner=mine" hx-trigger="changed" hx-select="#queues"' in home
    assert f'data-live="order:{number}" data-tell hidden' in visitor.get(f"/orders/{number}").text
