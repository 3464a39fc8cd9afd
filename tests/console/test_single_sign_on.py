"""Single sign-on against a provider over HTTP: who comes in, as whom, and every answer of the provider that lets nobody in."""

import hashlib
import hmac
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from api.stage import Client, Stage, staged
from console.conftest import PASSWORD, Site, Visitor
from orderline.boot.pages import with_pages
from orderline.console import provider as provider_module
from orderline.console.ports import SingleSignOn
from orderline.console.single_sign_on import groups_of
from support.databases import Databases
from support.identity_provider import CLIENT, SECRET, IdentityProvider, identity_provider, key_of, unpadded

HOME = "https://example.test"


@pytest.fixture(scope="module")
def stage(databases: Databases) -> Iterator[Stage]:
    with databases.migrated() as dsn, staged(dsn) as made:
        yield made


@pytest.fixture
def provider() -> Iterator[IdentityProvider]:
    with identity_provider() as made:
        yield made


@contextmanager
def site(stage: Stage, provider: IdentityProvider, passwords: set[str] | None = None, **changes: Any) -> Iterator[Site]:
    """The console, with single sign-on by the provider."""
    single = SingleSignOn(
        name="Acme", issuer=provider.url, client_id=CLIENT, client_secret=SECRET, back=f"{HOME}/sign-in/back",
        scopes="openid profile", user_claim="preferred_username", role_claim="groups",
    )  # fmt: skip
    app: Any = stage.app
    pages = with_pages(
        app, stage.database, public_url=HOME, version="1", single_sign_on=replace(single, **changes),
        password_users=frozenset(passwords) if passwords is not None else None,
    )  # fmt: skip
    client = Client(pages)
    try:
        yield Site(stage, client)
    finally:
        client.close()


def user(stage: Stage, name: str, role: str = "desk", **limits: Any) -> None:
    """A user who has no password."""
    stage.call("PUT", "/v1/roles/desk", json={"rights": ["orders:read"]})
    stage.call("PUT", "/v1/roles/boss", json={"rights": ["admin"]})
    assert stage.call("PUT", f"/v1/users/{name}", json={"role": role, **limits}).status_code == 200


def come(visitor: Visitor, provider: IdentityProvider, onward: str = "") -> httpx.Response:
    """There and back again."""
    begun = visitor.get(f"/sign-in/begin?next={onward}")
    assert begun.status_code == 303, begun.text
    return visitor.get(provider.let_in(begun.headers["location"]))


def is_in(visitor: Visitor) -> bool:
    return visitor.get("/me").status_code == 200


def test_somebody_whom_the_provider_knows_comes_in_and_goes_on(stage: Stage, provider: IdentityProvider) -> None:
    user(stage, "ana")
    provider.person = {"preferred_username": "ana", "name": "Ana Silva"}
    with site(stage, provider) as made:
        visitor = made.visitor()
        asked = visitor.get("/sign-in?next=/orders%3Fphase%3Dheld").text
        assert 'href="/sign-in/begin?next=/orders%3Fphase%3Dheld">Sign in with Acme' in asked
        begun = visitor.get("/sign-in/begin?next=/orders%3Fphase%3Dheld")
        cookie = begun.headers["set-cookie"]
        assert all(each in cookie for each in ("HttpOnly", "SameSite=Lax", "Secure", "Path=/sign-in", "Max-Age=600"))
        back = visitor.get(provider.let_in(begun.headers["location"]))
        assert (back.status_code, back.headers["location"]) == (303, "/orders?phase=held")
        assert "Ana Silva" in visitor.get("/me").text
        assert provider.refused == []
        provider.person = {"preferred_username": "ana", "name": "Somebody Else"}
        again = made.visitor()
        assert come(again, provider, "https://evil.test/").headers["location"] == "/"
        assert "Ana Silva" in again.get("/me").text, "a name that is known stays"
        assert provider.asked.count("/keys") == 1, "what the provider says of itself is kept"


def with_claims(**changes: Any) -> Callable[[IdentityProvider, dict[str, Any]], str]:
    return lambda provider, claims: provider.sign({k: v for k, v in {**claims, **changes}.items() if v is not None})


def by_hand(header: dict[str, Any], claims: dict[str, Any], secret: bytes = b"") -> str:
    signed = ".".join(unpadded(json.dumps(each).encode()) for each in (header, claims))
    mac = hmac.new(secret, signed.encode(), hashlib.sha256).digest() if secret else b""
    return f"{signed}.{unpadded(mac)}"


LIES: dict[str, Callable[[IdentityProvider, dict[str, Any]], str | None]] = {
    "another audience": with_claims(aud="shop"),
    "several audiences, asked for by another": with_claims(aud=[CLIENT, "shop"], azp="shop"),
    "no audience": with_claims(aud=None),
    "another issuer": with_claims(iss="https://evil.test"),
    "no issuer": with_claims(iss=None),
    "expired": with_claims(exp=1_700_000_000),
    "never expires": with_claims(exp=None),
    "issued tomorrow": with_claims(iat=4_000_000_000, exp=4_000_000_300),
    "another nonce": with_claims(nonce="0" * 64),
    "no nonce": with_claims(nonce=None),
    "of another access token": with_claims(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "claims of wrong kinds": with_claims(exp="soon", iat="now"),
    "another key of the same name": lambda p, c: p.sign(c, key_of("one", of="another")),
    "a key that is not shown": lambda p, c: p.sign(c, key_of("two")),
    "signed by nobody": lambda p, c: by_hand({"alg": "none"}, c),
    "signed by nobody, with the key's name": lambda p, c: by_hand({"alg": "none", "kid": "one"}, c),
    "signed with our own secret": lambda p, c: by_hand({"alg": "HS256", "kid": "one"}, c, SECRET.encode()),
    "signed with the public key as a secret": lambda p, c: by_hand(
        {"alg": "HS256", "kid": "one"}, c, p.key.as_pem(private=False)
    ),
    "changed after it was signed": lambda p, c: (
        p.sign(c).rpartition(".")[0].partition(".")[0]
        + "."
        + unpadded(json.dumps({**c, "preferred_username": "boss"}).encode())
        + "."
        + p.sign(c).rpartition(".")[2]
    ),
    "no token at all": lambda p, c: None,
    "nonsense": lambda p, c: "ey.ey.ey",
    "empty": lambda p, c: "",
}


@pytest.mark.parametrize("lie", LIES)
def test_an_answer_that_does_not_hold_lets_nobody_in(
    stage: Stage, provider: IdentityProvider, lie: str, caplog: pytest.LogCaptureFixture
) -> None:
    user(stage, "ben")
    provider.person, provider.bend = {"preferred_username": "ben"}, LIES[lie]
    with site(stage, provider) as made, caplog.at_level(logging.DEBUG):
        visitor = made.visitor()
        answer = come(visitor, provider)
        assert answer.status_code == 403
        assert "What Acme says of you does not hold" in answer.text
        assert "orderline_session" not in visitor.cookies
        assert not is_in(visitor)
        assert "let nobody in" in caplog.text, "an administrator can find out why"
        assert SECRET not in caplog.text + answer.text
        assert "code=" not in "".join(r.getMessage() for r in caplog.records if r.name.startswith("orderline"))
        provider.bend = None
        assert come(visitor, provider).status_code == 303, "the truth does"


def test_a_code_is_taken_once_and_by_whoever_began(stage: Stage, provider: IdentityProvider) -> None:
    user(stage, "cleo")
    provider.person = {"preferred_username": "cleo"}
    with site(stage, provider) as made:
        visitor, thief = made.visitor(), made.visitor()
        path = provider.let_in(visitor.get("/sign-in/begin").headers["location"])
        assert thief.get(path).status_code == 403, "it was not begun there"
        thief.get("/sign-in/begin")
        assert "begun elsewhere" in thief.get(path).text, "another was"
        kept = dict(visitor.cookies)
        back = visitor.get(path)
        assert back.status_code == 303
        assert "orderline_single_sign_on=; Path=/sign-in; Max-Age=0" in back.headers["set-cookie"]
        replayed = made.visitor()
        replayed.cookies = {"orderline_single_sign_on": kept["orderline_single_sign_on"]}
        assert replayed.get(path).status_code == 403
        assert provider.refused == ["invalid_grant"], "the provider was asked, and takes a code once"
        assert not is_in(replayed)
        # Somebody else's code in one's own way back: the challenge is not that of the verifier.
        other = made.visitor()
        mine = provider.let_in(other.get("/sign-in/begin").headers["location"])
        theirs = provider.let_in(made.visitor().get("/sign-in/begin").headers["location"])
        code = theirs.partition("code=")[2].partition("&")[0]
        own = mine.partition("code=")[2].partition("&")[0]
        assert other.get(mine.replace(own, code)).status_code == 403
        assert provider.refused == ["invalid_grant"] * 2


def test_a_cookie_that_is_old_or_not_ours_is_worth_nothing(
    stage: Stage, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    user(stage, "dora")
    provider.person = {"preferred_username": "dora"}
    with site(stage, provider) as made:
        visitor = made.visitor()
        path = provider.let_in(visitor.get("/sign-in/begin").headers["location"])
        good = visitor.cookies["orderline_single_sign_on"]
        body, _, mac = good.partition(".")
        for wrong in ("", "x", f"{body}.", f"{body}A.{mac}", f"{body}.{mac[:-1]}", f".{mac}"):
            visitor.cookies["orderline_single_sign_on"] = wrong
            assert visitor.get(path).status_code == 403, wrong
        assert "/token" not in provider.asked, "the provider was not even asked"
        monkeypatch.setattr("orderline.console.single_sign_on.HOLDS_S", -1)
        late = provider.let_in(visitor.get("/sign-in/begin").headers["location"])
        assert "took too long" in visitor.get(late).text
        visitor.cookies["orderline_single_sign_on"] = good
        assert visitor.get(path.replace("iss=http", "iss=https")).status_code == 403, "an answer of another provider"
        assert visitor.get(path.replace("code=", "error=access_denied&was=")).status_code == 403
        assert "/token" not in provider.asked
        assert visitor.get(path).status_code == 303


DOWN: list[tuple[str, tuple[int, bytes, dict[str, str]]]] = [
    ("/.well-known/openid-configuration", (500, b"{}", {})),
    ("/.well-known/openid-configuration", (200, b"<html>", {})),
    ("/.well-known/openid-configuration", (302, b"", {"location": "http://127.0.0.1:1/"})),
    ("/.well-known/openid-configuration", (200, b'{"issuer": "https://evil.test"}', {})),
    ("/.well-known/openid-configuration", (200, b"[" * 600_000, {})),
    ("/keys", (404, b"{}", {})),
    ("/keys", (200, b'{"keys": []}', {})),
    ("/keys", (200, b'{"keys": [{"kty": "oct", "k": "AAAA", "kid": "one"}]}', {})),
    ("/keys", (200, b'{"keys": 7}', {})),
]


@pytest.mark.parametrize(("path", "answer"), DOWN, ids=lambda each: str(each)[:60])
def test_a_provider_that_does_not_answer_as_it_should_is_told_and_passes(
    stage: Stage, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch, path: str, answer: Any
) -> None:
    monkeypatch.setattr(provider_module, "LEFT_ALONE_S", 0.0)
    user(stage, "emil")
    provider.person, provider.answers = {"preferred_username": "emil"}, {path: answer}
    with site(stage, provider) as made:
        visitor = made.visitor()
        begun = visitor.get("/sign-in/begin?next=/orders")
        assert begun.status_code == 503
        assert "Acme can&#39;t be reached" in begun.text
        assert 'name="password"' in begun.text, "a password still does"
        provider.answers = {}
        assert come(visitor, provider).status_code == 303


def test_a_provider_that_is_gone_or_keeps_silent_on_the_way_back_is_told(
    stage: Stage, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider_module, "TIMEOUT", httpx.Timeout(0.3))
    user(stage, "fay")
    provider.person = {"preferred_username": "fay"}
    with site(stage, provider) as made:
        visitor = made.visitor()
        path = provider.let_in(visitor.get("/sign-in/begin").headers["location"])
        provider.held = "/token"
        silent = visitor.get(path)
        assert (silent.status_code, "can&#39;t be reached" in silent.text) == (503, True)
        provider.held = ""
        provider.answers = {"/token": (502, b"", {})}
        assert visitor.get(path).status_code == 503
        assert not is_in(visitor)
    with identity_provider() as gone:
        pass
    with site(stage, gone) as made:
        assert made.visitor().get("/sign-in/begin").status_code == 503
        assert made.visitor().get("/sign-in/begin").status_code == 503


def test_keys_that_the_provider_changes_are_read_anew(
    stage: Stage, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    user(stage, "gil")
    provider.person = {"preferred_username": "gil"}
    with site(stage, provider) as made:
        assert come(made.visitor(), provider).status_code == 303
        provider.key = key_of("two")
        assert come(made.visitor(), provider).status_code == 403, "they were read a moment ago"
        monkeypatch.setattr(provider_module, "KEYS_AGAIN_S", 0.0)
        assert come(made.visitor(), provider).status_code == 303
        assert provider.asked.count("/keys") == 2


def test_only_users_come_in_and_not_those_who_are_disabled(stage: Stage, provider: IdentityProvider) -> None:
    user(stage, "hal")
    with site(stage, provider) as made:
        for person, told in (
            ({"preferred_username": "nobody-yet"}, "may not come in"),
            ({"preferred_username": "../hal"}, "does not say who you are"),
            ({"preferred_username": 7}, "does not say who you are"),
            ({}, "does not say who you are"),
        ):
            provider.person = person
            answer = come(made.visitor(), provider)
            assert (answer.status_code, told in answer.text) == (403, True), person
        provider.person = {"preferred_username": "hal"}
        visitor = made.visitor()
        assert come(visitor, provider).status_code == 303
        assert stage.call("POST", "/v1/users/hal/disablings", json={}).status_code == 200
        assert come(made.visitor(), provider).status_code == 403
    with site(stage, provider, roles=(("staff", "boss"),), make_users=True) as made:
        provider.person = {"preferred_username": "hal", "groups": ["staff"]}
        assert come(made.visitor(), provider).status_code == 403, "whoever was disabled is not let in by another role"
        assert stage.call("GET", "/v1/users/hal").json()["state"] == "disabled"
    assert stage.call("GET", "/v1/users/nobody-yet").status_code == 404


def test_groups_say_the_role_and_make_users_where_the_merchant_says_so(
    stage: Stage, provider: IdentityProvider
) -> None:
    user(stage, "ida", channels=["web"])
    roles = (("bosses", "boss"), ("staff", "desk"), ("lost", "nowhere"))
    with site(stage, provider, roles=roles, role_claim="realm.groups") as made:
        provider.person = {"preferred_username": "ida", "realm": {"groups": ["staff", "bosses"]}}
        assert come(made.visitor(), provider).status_code == 303
        known = stage.call("GET", "/v1/users/ida").json()
        assert (known["role"], known["channels"]) == ("boss", ["web"]), "the first that fits; limits stay"
        told = stage.call("GET", "/v1/users/ida/history").json()["items"][-1]
        assert told["actor"] == {"name": "single sign-on", "via": "console"}
        provider.person["realm"] = {"groups": ["others"]}
        assert come(made.visitor(), provider).status_code == 403, "who is in no group any more stays out"
        provider.person["realm"] = {"groups": ["lost"]}
        assert come(made.visitor(), provider).status_code == 403, "there is no such role"
        provider.person = {"preferred_username": "new@example.com", "realm": {"groups": "staff"}}
        assert come(made.visitor(), provider).status_code == 403, "users are made by administrators"
    with site(stage, provider, roles=roles, role_claim="realm.groups", make_users=True) as made:
        visitor = made.visitor()
        assert come(visitor, provider).status_code == 303
        assert stage.call("GET", "/v1/users/new@example.com").json()["role"] == "desk"
        assert visitor.get("/orders").status_code == 200
        assert visitor.get("/users").status_code == 403


def test_an_email_address_names_somebody_once_the_provider_has_verified_it(
    stage: Stage, provider: IdentityProvider
) -> None:
    user(stage, "joe@example.com")
    with site(stage, provider, user_claim="email") as made:
        for verified, status in ((None, 403), (False, 403), (True, 303)):
            provider.person = {"email": "joe@example.com", "email_verified": verified}
            assert come(made.visitor(), provider).status_code == status, verified


def test_passwords_are_for_those_alone_who_may_use_them(stage: Stage, provider: IdentityProvider) -> None:
    with site(stage, provider) as made:
        made.person("kim", "orders:read")
        made.person("lea", "orders:read")
    with site(stage, provider, passwords={"kim"}) as made:
        assert made.visitor().sign_in("kim").status_code == 303
        refused, unknown = made.visitor().sign_in("lea"), made.visitor().sign_in("leo")
        assert refused.status_code == 422
        assert refused.text.replace("lea", "leo") == unknown.text, "it is not told who may"
        link = made.invite("lea", "orders:read")
        assert made.visitor().get(link).status_code == 403
        assert made.visitor().post(link, {"password": PASSWORD, "again": PASSWORD}).status_code == 403
        provider.person = {"preferred_username": "lea"}
        visitor = made.visitor()
        assert come(visitor, provider).status_code == 303
        assert "You sign in with single sign-on" in visitor.get("/me").text


def test_without_a_provider_there_is_no_button_and_no_way(stage: Stage) -> None:
    client = Client(with_pages(stage.app, stage.database, public_url=HOME, version="1"))
    try:
        visitor = Visitor(client)
        assert "/sign-in/begin" not in visitor.get("/sign-in").text
        assert (
            visitor.get("/sign-in/begin").status_code == visitor.get("/sign-in/back?code=x&state=y").status_code == 404
        )
    finally:
        client.close()


def test_groups_are_found_where_providers_put_them() -> None:
    assert groups_of({"groups": ["a", 7, "b"]}, "groups") == ["a", "b"]
    assert groups_of({"https://acme.example/roles": "a"}, "https://acme.example/roles") == ["a"]
    assert groups_of({"realm_access": {"roles": ["a"]}}, "realm_access.roles") == ["a"]
    assert groups_of({"realm_access": ["a"]}, "realm_access.roles") == []
    assert groups_of({}, "groups") == []
