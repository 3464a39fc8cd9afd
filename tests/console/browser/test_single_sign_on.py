"""Signing in with the merchant's own provider, as a browser does it: there, back, and on to where somebody wanted to go."""

from collections.abc import Iterator
from typing import Any

import pytest

from api.stage import Stage, served, staged
from console.browser.looking import DESK, PHONE, Eyes
from orderline.boot.pages import with_pages
from orderline.console.ports import SingleSignOn
from support.browsers import chromium, opened
from support.databases import Databases
from support.identity_provider import CLIENT, SECRET, IdentityProvider, identity_provider
from support.skipping import skip_loudly

pytestmark = pytest.mark.slow


@pytest.fixture
def stage(databases: Databases) -> Iterator[Stage]:
    with databases.migrated() as dsn, staged(dsn) as made:
        yield made


@pytest.fixture
def provider() -> Iterator[IdentityProvider]:
    with identity_provider() as made:
        yield made


def test_a_browser_goes_there_and_back(stage: Stage, provider: IdentityProvider) -> None:
    program = chromium()
    if program is None:
        skip_loudly("single sign-on in a browser", unless="chromium is installed")
    app: list[Any] = []

    async def late(scope: Any, receive: Any, send: Any) -> None:
        await app[0](scope, receive, send)

    stage.call("PUT", "/v1/roles/desk", json={"rights": ["orders:read"]})
    stage.call("PUT", "/v1/users/ana", json={"role": "desk"})
    provider.person = {"preferred_username": "ana", "name": "Ana Silva"}
    api: Any = stage.app
    with served(late) as url, opened(program) as browser:
        single = SingleSignOn(
            name="Acme", issuer=provider.url, client_id=CLIENT, client_secret=SECRET, back=f"{url}/sign-in/back",
            scopes="openid", user_claim="preferred_username", role_claim="groups",
        )  # fmt: skip
        pages = with_pages(api, stage.database, public_url=url, version="1", single_sign_on=single)
        app.append(pages)
        try:
            for screen, scripts in ((DESK, True), (PHONE, False)):
                eyes = Eyes(browser, url, screen, scripts=scripts)
                eyes.page.goto("/orders?channel=web")
                if scripts:
                    assert eyes.faults() == []
                eyes.page.get_by_role("link", name="Sign in with Acme").click()
                eyes.page.wait_for_url("**/orders?channel=web")
                assert "Ana Silva" in eyes.page.inner_text("header")
                eyes.close()
            stranger = Eyes(browser, url, PHONE)
            provider.person = {"preferred_username": "nobody"}
            stranger.page.goto("/sign-in/begin")
            assert "You may not come in" in stranger.page.inner_text("main [role=alert]")
            assert [each for each in stranger.faults() if "status of 403" not in each] == []
            stranger.close()
        finally:
            pages.stop()
