"""The console beside the API on a real PostgreSQL, and people who sign in to it."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from api.stage import Client, Stage, staged
from orderline.boot.pages import with_pages
from support.databases import Databases

PASSWORD = "correct horse battery"
FORM = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}


def wrong_in(page: httpx.Response) -> dict[str, str]:
    """What a page says is wrong, by the field that says it is described by that; "": all of a form."""
    told = dict(re.findall(r'<p class="wrong" id="([^"]*)-wrong">([^<]*)</p>', page.text))
    fields = re.findall(r'name="([^"]*)"[^>]* aria-invalid="true" aria-describedby="([^"]*)-wrong"', page.text)
    assert {name for name, _ in fields} == set(told), "each stands beside its field"
    assert all(name == by for name, by in fields)
    whole = re.findall(r'<p class="wrong" role="alert">([^<]*)</p>', page.text)
    return {name: unescape(text) for name, text in [*told.items(), *(("", each) for each in whole)]}


@dataclass
class Visitor:
    """A browser without scripts: cookies are kept, forms carry what their page carried."""

    client: Client
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> httpx.Response:
        """A page."""
        return self._request("GET", path)

    def post(self, path: str, fields: dict[str, str], headers: dict[str, str] | None = None) -> httpx.Response:
        """A form, as its page would send it."""
        return self._request("POST", path, content=urlencode(fields), headers=FORM | (headers or {}))

    def csrf(self) -> str:
        """What the forms of this session carry."""
        return self.get("/me").text.partition('name="csrf" value="')[2].partition('"')[0]

    def sign_in(self, user: str, password: str = PASSWORD, code: str = "", onward: str = "") -> httpx.Response:
        """Sign in."""
        return self.post("/sign-in", {"user": user, "password": password, "code": code, "next": onward})

    def _request(self, method: str, path: str, headers: dict[str, str] | None = None, **what: Any) -> httpx.Response:
        cookies = {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        answer = self.client.request(method, path, headers={**(headers or {}), **cookies}, **what)
        for name, value in answer.cookies.items():
            self.cookies[name] = value
        return answer


@dataclass
class Site:
    """API and console, with ways to make people."""

    stage: Stage
    client: Client

    def visitor(self) -> Visitor:
        """Somebody who has not signed in."""
        return Visitor(self.client)

    def invite(self, user: str, *rights: str, gives: dict[str, Any] | None = None, **limits: Any) -> str:
        """A new user with a role of these rights, and of these limits to what it gives; the path of the link."""
        self.stage.call("PUT", f"/v1/roles/{user}", json={"rights": rights or ["admin"], "appeasements": gives})
        put = self.stage.call("PUT", f"/v1/users/{user}", json={"role": user, **limits})
        assert put.status_code == 200, put.text
        return self.stage.call("POST", f"/v1/users/{user}/invitations", json={"name": f"{user} <b>"}).json()["path"]

    def person(self, user: str, *rights: str, **limits: Any) -> Visitor:
        """Somebody who has signed in by a link."""
        visitor = self.visitor()
        link = self.invite(user, *rights, **limits)
        answer = visitor.post(link, {"password": PASSWORD, "again": PASSWORD})
        assert (answer.status_code, answer.headers["location"]) == (303, "/me"), answer.text
        return visitor


@pytest.fixture(scope="module")
def site(databases: Databases) -> Iterator[Site]:
    """A furnished merchant with a console; tests of a module share it, so each takes users of its own."""
    with databases.migrated() as dsn, staged(dsn) as stage:
        client = Client(with_pages(stage.app, stage.database, public_url="https://example.test", version="1"))
        try:
            yield Site(stage, client)
        finally:
            client.close()


def filled(page: str) -> dict[str, str]:
    """What the forms of a page would send as they stand."""
    found: dict[str, str] = {}
    for tag in re.finditer(r"<input\b[^>]*>", page):
        told = dict(re.findall(r'([\w-]+)="([^"]*)"', tag[0]))
        if "name" in told and told.get("form") != "none" and (told.get("type") != "checkbox" or " checked" in tag[0]):
            found[html.unescape(told["name"])] = html.unescape(told.get("value", ""))
    for select in re.finditer(r'<select\b[^>]*name="([^"]*)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', select[2])
        found[html.unescape(select[1])] = html.unescape(chosen[1]) if chosen else ""
    for area in re.finditer(r'<textarea\b[^>]*name="([^"]*)"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL):
        found[html.unescape(area[1])] = html.unescape(area[2])
    return found
