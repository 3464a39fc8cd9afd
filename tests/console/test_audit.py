"""The audit log in the console: what people did, in words, from the page of each, and as a file."""

from datetime import UTC, datetime

from console.conftest import Site, filled, wrong_in
from orderline.store.verifications import note_verified
from support.finality import until_final


def test_what_a_person_did_is_found_from_their_page(site: Site) -> None:
    boss, clerk = site.person("boss"), site.person("clerk", "orders:read", "orders:write")
    number = site.stage.place("AU-1")["number"]
    fields = {"csrf": clerk.csrf(), "key": "a-key-of-it", "type": "manual", "reason": "=<b>odd</b>", "go": "yes"}
    assert clerk.post(f"/orders/{number}/place_hold", fields).status_code == 303
    assert 'href="/audit?actor=clerk&amp;via=console"' in boss.get("/users/clerk").text
    until_final(site.stage.database.dsn)
    page = boss.get("/audit?actor=clerk&via=console").text
    rows = page.partition("<tbody>")[2].partition("</tbody>")[0]
    assert rows.count("<tr>") == 1
    assert f">{number}</a>" in rows
    assert "=&lt;b&gt;odd" in rows
    assert "place hold" in rows
    assert "clerk" not in boss.get("/audit?actor=boss&via=console").text.partition("<tbody>")[2]
    kept = boss.get("/export/audit?actor=clerk&via=console")
    assert kept.headers["content-type"].startswith("text/csv")
    assert "'=<b>odd</b>" in kept.text
    assert len(kept.text.splitlines()) == 2
    assert clerk.get("/audit").status_code == 403
    assert 'href="/audit"' not in clerk.get("/orders").text


def test_what_was_said_anew_stands_beside_what_was_said_before(site: Site) -> None:
    boss = site.person("anew")
    for rights in (["orders:read"], ["orders:read", "stock:read"]):
        site.stage.call("PUT", "/v1/roles/porter", json={"rights": rights})
    until_final(site.stage.database.dsn)
    page = boss.get("/audit?kind=role&record=porter").text
    assert "Rights: <del>orders:read</del> <ins>orders:read; stock:read</ins>" in page
    assert 'href="/roles/porter"' in page
    today = f"{datetime.now(UTC):%Y-%m-%dT00:00}"
    assert "porter" in boss.get(f"/audit?kind=role&since={today}").text
    assert f'value="{today}"' in boss.get(f"/audit?since={today}").text
    ends = boss.get("/audit?kind=role&since=0001-01-01&until=9999-12-31T23:59").text
    assert "porter" in ends, "from the first day there is to the last"
    assert "There is nothing like this" in boss.get(f"/audit?until={today}").text


def test_it_says_when_the_hashes_were_verified(site: Site) -> None:
    boss = site.person("checker")
    assert "never verified" in boss.get("/audit").text
    about = {"orders": 3, "chained": 12}
    note_verified(site.stage.database, datetime(2026, 1, 2, 3, 4, tzinfo=UTC), whole=True, faults=0, broken=0, **about)
    assert "All 12 entries of 3 orders fitted when the hashes were last verified, on 2026-01-02 03:04 UTC" in (
        " ".join(boss.get("/audit").text.split())
    )
    note_verified(site.stage.database, datetime(2026, 1, 2, 3, 5, tzinfo=UTC), whole=True, faults=1, broken=1, **about)
    assert "1 entry did not fit" in boss.get("/audit").text
    limited = site.person("limited", "audit:read", "orders:read", channels=["shop"])
    assert "hashes were" not in limited.get("/audit").text


def test_why_somebody_did_it_stays_in_the_journal_whatever_they_did(site: Site) -> None:
    visitor = site.person("why")
    form = {
        "csrf": visitor.csrf(),
        "key": "a-key-of-it",
        "id": "packers",
        "name": "Packers",
        "rights.orders:read": "yes",
    }
    long = visitor.post("/roles/new", form | {"because": "x" * 501})
    assert (long.status_code, list(wrong_in(long))) == (422, ["because"])
    assert filled(long.text)["name"] == "Packers", "nothing typed is lost"
    made = visitor.post("/roles/new", form | {"because": "a <b>new</b> warehouse"})
    assert made.status_code == 303, made.text
    number = site.stage.place("WHY-1", 1)["number"]
    path = f"/v1/orders/{number}"
    assert site.stage.call("PATCH", path, json={"priority": 3}, headers={"Reason": "f%C3%BCr Ana"}).status_code == 200
    assert site.stage.call("PATCH", path, json={"priority": 4}, headers={"Reason": "%ff"}).status_code == 422
    assert "a &lt;b&gt;new&lt;/b&gt; warehouse" in visitor.get("/roles/packers").text
    assert "für Ana" in visitor.get(f"/orders/{number}").text
    until_final(site.stage.database.dsn)
    audit = visitor.get("/audit").text
    assert all(each in audit for each in ("a &lt;b&gt;new&lt;/b&gt; warehouse", "für Ana"))
    assert site.stage.call("GET", f"{path}?parts=timeline").json()["timeline"][-1]["reason"] == "für Ana"
    assert 'name="because"' not in visitor.get(f"/orders/{number}/place_hold").text, "it has a reason of its own"
