"""Signing in: passwords, second factors, links, sessions, and forms that others send."""

import time

import pytest
from pyotp.totp import TOTP

from console.conftest import PASSWORD, Site


def test_a_page_asks_to_sign_in_and_goes_on_afterwards(site: Site) -> None:
    site.person("ana")
    visitor = site.visitor()
    asked = visitor.get("/orders?phase=held")
    assert asked.status_code == 303
    assert asked.headers["location"] == "/sign-in?next=%2Forders%3Fphase%3Dheld"
    answer = visitor.sign_in("ana", onward="/orders?phase=held")
    assert answer.headers["location"] == "/orders?phase=held"
    cookie = answer.headers["set-cookie"]
    assert all(each in cookie for each in ("HttpOnly", "SameSite=Lax", "Secure", "Path=/"))
    assert visitor.get("/orders").status_code == 200
    out = visitor.post("/sign-out", {"csrf": visitor.csrf()})
    assert out.headers["location"] == "/sign-in"
    assert visitor.get("/orders").status_code == 303


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)", "/\nx"]
)
def test_signing_in_leads_to_no_other_site(site: Site, elsewhere: str) -> None:
    user = f"lea{abs(hash(elsewhere))}"
    site.person(user)
    assert site.visitor().sign_in(user, onward=elsewhere).headers["location"] == "/"


def test_a_wrong_name_and_a_wrong_password_read_the_same_and_many_have_to_wait(site: Site) -> None:
    site.person("ben")
    visitor = site.visitor()
    nobody, wrong = visitor.sign_in("nobody"), visitor.sign_in("ben", "not this one")
    assert nobody.status_code == wrong.status_code == 422
    assert "not right" in wrong.text
    assert nobody.text.replace("nobody", "ben") == wrong.text
    for _ in range(5):
        visitor.sign_in("ben", "not this one")
    assert "Too many wrong answers" in visitor.sign_in("ben").text


def test_a_name_that_nobody_has_is_answered_like_one_that_somebody_has(site: Site) -> None:
    site.person("bob")
    visitor = site.visitor()
    for user in ("bob", "bobby"):
        told = [visitor.sign_in(user, "not this one") for _ in range(6)]
        assert ["not right" in each.text for each in told] == [True] * 5 + [False]
        assert "Too many wrong answers" in told[-1].text
        assert {each.status_code for each in told} == {422}


def test_who_tries_many_names_from_one_address_has_to_wait(site: Site) -> None:
    site.person("bert")
    visitor = site.visitor()

    def sign_in(user: str, address: str, password: str = PASSWORD) -> str:
        given = {"user": user, "password": password, "code": "", "next": ""}
        return visitor.post("/sign-in", given, {"x-forwarded-for": f"10.0.0.1, {address}"}).text

    for number in range(20):
        assert "not right" in sign_in(f"guess-{number}", f"2001:db8:1:2::{number}", "guessed")
    # the first wait is short, and on a slow machine may be over; the next is twice as long
    tries = (sign_in("bert", "2001:db8:1:2::99", "guessed") for _ in range(3))
    assert any("Too many wrong answers" in each for each in tries)
    assert "Too many wrong answers" not in sign_in("bert", "2001:db8:1:3::99")


def test_a_second_factor_is_asked_for_once_it_was_taken(site: Site) -> None:
    visitor = site.person("cleo")
    page = visitor.get("/me").text
    secret = page.partition('name="secret" value="')[2].partition('"')[0]
    wrong = visitor.post("/me/second-factor", {"csrf": visitor.csrf(), "secret": secret, "code": "000000"})
    assert "The code is not right" in wrong.text
    assert secret in wrong.text, "the key that was typed into the app stays the same"
    for other in ("A", "A" * 32 + "=", "é", "<b>", ""):
        odd = visitor.post("/me/second-factor", {"csrf": visitor.csrf(), "secret": other, "code": "000000"})
        assert odd.status_code == 422, "a key that we did not draw is not taken"
    step = int(time.time()) // 30
    taken = visitor.post(
        "/me/second-factor", {"csrf": visitor.csrf(), "secret": secret, "code": TOTP(secret).at((step - 1) * 30)}
    )
    assert taken.status_code == 303
    other = site.visitor()
    assert "second factor is needed" in other.sign_in("cleo").text
    code = TOTP(secret).at(step * 30)
    assert other.sign_in("cleo", code=code).status_code == 303
    assert other.sign_in("cleo", code=code).status_code == 422, "a code is taken once"
    off = visitor.post("/me/second-factor", {"csrf": visitor.csrf(), "password": "no"})
    assert "password is not right" in off.text
    assert visitor.post("/me/second-factor", {"csrf": visitor.csrf(), "password": PASSWORD}).status_code == 303
    assert site.visitor().sign_in("cleo").status_code == 303


def test_whoever_finds_an_open_page_can_not_try_all_passwords(site: Site) -> None:
    visitor = site.person("cora")
    secret = visitor.get("/me").text.partition('name="secret" value="')[2].partition('"')[0]
    code = TOTP(secret).at(int(time.time()))
    visitor.post("/me/second-factor", {"csrf": visitor.csrf(), "secret": secret, "code": code})
    for _ in range(5):
        off = visitor.post("/me/second-factor", {"csrf": visitor.csrf(), "password": "no"})
        assert "password is not right" in off.text
    off = visitor.post("/me/second-factor", {"csrf": visitor.csrf(), "password": PASSWORD})
    assert "Too many wrong answers" in off.text


def test_a_link_holds_once_and_wants_a_good_password(site: Site) -> None:
    link, visitor = site.invite("dora"), site.visitor()
    assert "Welcome, dora &lt;b&gt;" in visitor.get(link).text
    assert "12 to 200 characters" in visitor.post(link, {"password": "short", "again": "short"}).text
    assert "not the same" in visitor.post(link, {"password": PASSWORD, "again": PASSWORD + "!"}).text
    assert visitor.post(link, {"password": PASSWORD, "again": PASSWORD}).status_code == 303
    assert site.visitor().get(link).status_code == 410
    assert site.visitor().post(link, {"password": PASSWORD, "again": PASSWORD}).status_code == 410
    assert site.visitor().get("/welcome/guessed").status_code == 410


def test_whoever_may_not_come_in_any_more_is_out_within_seconds(site: Site) -> None:
    visitor = site.person("emil")
    site.stage.call("POST", "/v1/users/emil/disablings", json={})
    assert site.visitor().sign_in("emil").status_code == 422
    until = time.monotonic() + 10
    while visitor.get("/").status_code != 303:
        assert time.monotonic() < until


def test_forms_from_elsewhere_are_refused(site: Site) -> None:
    visitor = site.person("fay")
    assert visitor.post("/sign-out", {}).status_code == 403, "it carries no token"
    assert visitor.post("/sign-out", {"csrf": "0" * 32}).status_code == 403
    good = {"csrf": visitor.csrf()}
    assert visitor.post("/sign-out", good, {"sec-fetch-site": "cross-site"}).status_code == 403
    assert visitor.post("/sign-out", good, {"origin": "https://evil.test"}).status_code == 403
    assert visitor.post("/sign-out", good, {"content-type": "text/plain"}).status_code == 413
    assert visitor.post("/sign-out", good | {"x": "y" * 300_000}).status_code == 413
    assert visitor.get("/").status_code == 200, "nothing of it has had an effect"


def test_what_no_browser_sends_is_answered_as_wrong(site: Site) -> None:
    visitor = site.visitor()
    many = {f"a{each}": "1" for each in range(4_001)}
    assert visitor.post("/sign-in", many).status_code == 400
    assert visitor.get("/sign-in?" + "&".join(f"a{each}=1" for each in range(201))).status_code == 400
    assert visitor.sign_in("an\0a").status_code == 400
    for path in ("/sign-in?next=%00", "/welcome/%00", "/your-order/%00"):
        assert visitor.get(path).status_code == 400, path
