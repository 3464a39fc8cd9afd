"""Settings, agreements, lists of people and credit are written in forms, and read back by the API as they were typed."""

import pytest

from api.test_contracts import started
from console.conftest import Site, Visitor, filled
from support.engines import assert_clean


@pytest.fixture(scope="module")
def boss(site: Site) -> Visitor:
    """Somebody who may do everything."""
    return site.person("boss")


def send(boss: Visitor, path: str, **fields: str) -> str:
    """Send the form at a path as it is shown, but for some fields; where it leads."""
    answer = boss.post(path, {**filled(boss.get(path).text), **fields})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?did=")[0]


def read(site: Site, path: str) -> dict[str, object]:
    """What the API says of it."""
    return site.stage.call("GET", f"/v1{path}").json()


def test_what_is_set_once_is_written_in_forms(site: Site, boss: Visitor) -> None:
    box = {"length_mm": "300", "width_mm": "200", "height_mm": "100", "tare_g": "90", "max_weight_g": "5000"}
    assert send(boss, "/boxes/new", id="small", name="Small", **box) == "/boxes/small"
    send(boss, "/boxes/small/edit", max_weight_g="4000")
    assert read(site, "/boxes/small")["max_weight_g"] == 4_000
    hours = {"rules.time_zone": "Europe/Paris", "rules.week.1.days": "mon, tue", "rules.week.1.hours": "08:00-16:00"}
    assert send(boss, "/calendars/new", id="north", **hours, **{"rules.holidays.1.country": "FR"}) == "/calendars/north"
    send(boss, "/calendars/north/edit", **{"rules.closures.1.on": "2026-12-24"})
    rules = read(site, "/calendars/north")["rules"]
    assert isinstance(rules, dict)
    assert (rules["week"], rules["closures"]) == (
        [{"days": ["mon", "tue"], "hours": ["08:00-16:00"]}],
        [{"on": "2026-12-24"}],
    )
    delay = {"rules.days": "2", "rules.reason": "Strike", "rules.carrier": "colis"}
    assert send(boss, "/delays/new", id="strike", **delay) == "/delays/strike"
    assert "colis" in boss.get("/delays/strike").text
    form = boss.get("/boxes/new").text
    assert "<title>Make a box · Orderline</title>" in form
    missing = boss.post("/boxes/new", {**filled(form), "id": "none"})
    assert (missing.status_code, 'id="length_mm-wrong"' in missing.text) == (422, True)


def test_who_is_stopped_and_what_is_given_is_written_in_forms(site: Site, boss: Visitor) -> None:
    stopped = {"side": "block", "kind": "email", "value": "thief@example.com", "reason": "Charged back"}
    assert send(boss, "/list-entries/new", **stopped) == "/list-entries"
    [entry] = site.stage.call("GET", "/v1/list-entries?state=active").json()["items"]
    assert "thief@example.com" not in boss.get(f"/list-entries/{entry['id']}").text
    send(boss, f"/list-entries/{entry['id']}/remove", reason="It was somebody else")
    assert read(site, f"/list-entries/{entry['id']}")["state"] == "removed"
    credit = {"kind": "store_credit", "currency": "EUR", "amount_minor": "12.50", "why": "goodwill", "reason": "Late"}
    assert send(boss, "/credit-accounts/new", id="sorry-1", **credit) == "/credit-accounts"
    assert read(site, "/credit-accounts/sorry-1")["balance_minor"] == 1_250


def test_what_a_company_calls_off_and_what_renews_is_run_in_forms(site: Site, boss: Visitor) -> None:
    send(boss, "/companies/new", id="acme-9", name="Acme", **{"terms.currency": "EUR"})
    agreed = {"company": "acme-9", "lines": "TEE-M, 10", "from_on": "2026-11-01", "until_on": "2027-11-01"}
    assert send(boss, "/agreements/new", id="frame-1", **agreed) == "/agreements/frame-1"
    send(boss, "/agreements/frame-1/end", reason="Over")
    assert read(site, "/agreements/frame-1")["state"] == "ended"
    assert "/agreements/frame-1/edit" not in boss.get("/agreements/frame-1").text
    started(site.stage, "console-tea")
    for deed, state in (("skip", "active"), ("pause", "paused"), ("resume", "active"), ("end", "ended")):
        send(boss, f"/contracts/console-tea/{deed}", reason="As asked", renewals="1")
        assert read(site, "/contracts/console-tea").get("state", "active") == state
    assert_clean(site.stage.database)
