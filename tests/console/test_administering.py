"""Settings in forms: people, roles and keys, each by the operation that there is, with its history."""

import re

from console.conftest import PASSWORD, Site, Visitor
from orderline.api.calls import GRANTABLE
from orderline.api.operations import OPERATIONS
from orderline.console.describing import described
from orderline.console.forms import fields_of


def form(visitor: Visitor, path: str, **fields: str) -> dict[str, str]:
    """What the form at a path would send, with fields typed into it."""
    page = visitor.get(path)
    assert page.status_code == 200, page.text
    return {"id": "", **hidden(page.text), **fields}


def hidden(page: str) -> dict[str, str]:
    """What the form of a page would send, untouched."""
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))


def test_a_person_is_made_invited_moved_and_disabled(site: Site) -> None:
    boss = site.person("boss")
    assert "/users/new" in boss.get("/users").text
    made = boss.post("/roles/new", form(boss, "/roles/new", id="packer", rights="orders:read"))
    assert made.headers["location"] == "/roles/packer?did=%2Froles%2Fnew"
    boss.post("/roles/new", form(boss, "/roles/new", id="lead", rights="orders:read, orders:write"))
    put = boss.post("/users/new", form(boss, "/users/new", id="pat@example.com", role="packer", channels="web"))
    assert put.headers["location"] == "/users/pat%40example.com?did=%2Fusers%2Fnew"
    page = boss.get("/users/pat%40example.com").text
    assert "/users/pat%40example.com/invite" in page
    path = "/users/pat%40example.com/invite"
    invited = boss.post(path, form(boss, path, id="pat@example.com", name="Pat <b>"))
    link = re.search(r"<code>(/welcome/[^<]+)</code>", invited.text)
    assert link is not None
    pat = site.visitor()
    assert pat.post(link.group(1), {"password": PASSWORD, "again": PASSWORD}).status_code == 303
    edit = "/users/pat%40example.com/edit"
    shown = boss.get(edit).text
    assert '<option value="packer" selected>' in shown
    assert 'value="web"' in shown
    stale = form(boss, edit, id="pat@example.com", role="packer", channels="web")
    boss.post(edit, form(boss, edit, id="pat@example.com", role="lead", channels="web"))
    told = boss.get("/users/pat%40example.com").text
    assert "Role: <del>packer</del> <ins>lead</ins>" in told
    assert "boss" in told.partition("What has happened")[2]
    off = "/users/pat%40example.com/disable"
    boss.post(off, form(boss, off, id="pat@example.com", reason="has left"))
    gone = boss.get("/users/pat%40example.com").text
    assert "has left" in gone
    assert "/invite" not in gone
    assert boss.post(edit, stale).status_code == 409, "a page that is older lets nobody in again"
    assert site.stage.call("GET", "/v1/users/pat@example.com").json()["state"] == "disabled"
    boss.post(edit, form(boss, edit, id="pat@example.com", role="packer"))
    assert site.stage.call("GET", "/v1/users/pat@example.com").json().get("state", "active") == "active", (
        "one that is new does"
    )


def test_a_role_has_its_authority_and_limits(site: Site) -> None:
    boss = site.person("bossy")
    limits = {
        "appeasements.team": "desk", "appeasements.per_order": "EUR 5", "appeasements.per_day": "100.00 EUR; USD 50",
        "holds": "yes", "holds.types.fraud": "yes",
    }  # fmt: skip
    boss.post("/roles/new", form(boss, "/roles/new", id="desk", rights="orders:read", **limits))
    role = site.stage.call("GET", "/v1/roles/desk").json()
    assert role["appeasements"] == {"team": "desk", "per_order": {"EUR": 500}, "per_day": {"EUR": 10000, "USD": 5000}}
    assert role["holds"] == {"types": ["fraud"]}
    boss.post("/roles/new", form(boss, "/roles/new", id="none", rights="orders:read", holds="yes"))
    none = site.stage.call("GET", "/v1/roles/none").json()
    assert none["holds"] == {}, "limited, though nothing is entered"
    page = boss.get("/roles/desk/edit").text
    assert 'value="100.00 EUR, 50.00 USD"' in page, "it is filled with what there is"
    assert page.count("checked") == 4, "a right, two limits and a type of holds"
    odd = boss.post(
        "/roles/new",
        form(boss, "/roles/new", id="desk", rights="orders:read", **limits | {"appeasements.per_day": "10"}),
    )
    assert odd.status_code == 422
    assert "is not an amount such as 20.00 EUR" in odd.text
    twice = limits | {"appeasements.per_day": "10 EUR, 20 EUR"}
    odd = boss.post("/roles/new", form(boss, "/roles/new", id="desk", rights="orders:read", **twice))
    assert "A currency is said twice." in odd.text
    assert "as JSON" not in page
    wrong = boss.post("/roles/new", form(boss, "/roles/new", id="desk-2", rights="orders:fly"))
    assert wrong.status_code == 422
    assert 'id="rights-wrong"' in wrong.text
    missing = boss.post("/roles/new", form(boss, "/roles/new", rights="orders:read"))
    assert 'id="id-wrong"' in missing.text


def test_what_two_say_of_a_record_is_not_written_over_unseen(site: Site) -> None:
    boss, other = site.person("first"), site.person("second")
    boss.post("/roles/new", form(boss, "/roles/new", id="twice", rights="orders:read"))
    there = boss.post("/roles/new", form(boss, "/roles/new", id="twice", rights="stock:read"))
    assert (there.status_code, 'id="id-wrong">There is one of this name already.' in there.text) == (422, True)
    path = "/roles/twice/edit"
    ticks = {"rights.orders:read": "yes", "rights.orders:write": "yes"}
    old = form(boss, path, rights="create_view", **ticks)
    wrong = boss.post(path, {name: value for name, value in old.items() if not name.startswith("rights")})
    assert hidden(wrong.text)["version"] == old["version"], "what was shown first counts"
    assert other.post(path, form(other, path, rights="orders:read, people:read")).status_code == 303
    stale = boss.post(path, old)
    assert stale.status_code == 409
    assert "second" in stale.text.partition("What has changed")[2]
    assert "<ins>orders:read; people:read</ins>" in stale.text
    assert 'name="rights" value="create_view"' in stale.text, "what was typed is there"
    assert 'name="rights.orders:write" value="yes" checked' in stale.text, "and what was ticked"
    assert site.stage.call("GET", "/v1/roles/twice").json()["rights"] == ["orders:read", "people:read"]
    anew = hidden(stale.text) | ticks
    again = boss.post(path, anew)
    assert again.status_code == 303, "and is done when it is said once more"
    assert boss.post(path, anew).status_code == 303, "what is sent twice has its first answer"


def test_what_is_taken_away_by_a_role_is_greyed_and_refused_and_stands_on_its_page(site: Site) -> None:
    boss = site.person("taker")
    about = {
        "name": "Desk",
        "rights.orders:read": "yes",
        "rights.orders:write": "yes",
        "rights.-cancel_units": "yes",
        "money": "yes",
        "money.refunds": "50 EUR",
    }
    page = boss.get("/roles/new").text
    assert all(f'name="rights.{right}"' in page for right in GRANTABLE), "whatever can be granted is there to be ticked"
    assert "Work on orders" in page
    assert boss.post("/roles/new", form(boss, "/roles/new", id="no-cancel", **about)).status_code == 303
    role = site.stage.call("GET", "/v1/roles/no-cancel").json()
    assert (role["rights"][2], role["money"]) == ("-cancel_units", {"refunds": {"EUR": 5000}})
    told = boss.get("/roles/no-cancel").text
    assert "See orders, Work on orders, -cancel_units" in told
    assert "See orders, Work on orders, -cancel_units" in boss.get("/roles").text
    edit = boss.get("/roles/no-cancel/edit").text
    assert 'value="50.00 EUR"' in edit
    for right in role["rights"]:
        assert f'name="rights.{right}" value="yes" checked' in edit
    assert len(re.findall(r'name="rights\.[^>]*checked', edit)) == 3
    wrong = boss.post("/roles/new", form(boss, "/roles/new", id="odd", rights="orders:read, -cancel_order"))
    assert (wrong.status_code, 'id="rights-wrong"' in wrong.text) == (422, True)
    order = site.stage.place("taken-away")["number"]
    before = site.stage.call("GET", f"/v1/orders/{order}").json()["order"]["lines"][0]["units"]
    whole, less = site.person("whole", "orders:read", "orders:write"), site.person("less", *role["rights"])
    offered = f'href="/orders/{order}/cancel_units'
    assert offered in whole.get(f"/orders/{order}").text
    page = less.get(f"/orders/{order}").text
    assert offered not in page
    assert "It was taken away from your role." in page
    assert f'href="/orders/{order}/place_hold' in page
    sent = form(whole, f"/orders/{order}/cancel_units", reason="changed_mind") | {"csrf": less.csrf(), "go": "yes"}
    assert less.post(f"/orders/{order}/cancel_units", sent).status_code == 403
    assert site.stage.call("GET", f"/v1/orders/{order}").json()["order"]["lines"][0]["units"] == before, (
        "nothing was done"
    )


def test_a_key_is_shown_once_and_revoked(site: Site) -> None:
    boss = site.person("keeper")
    fields = form(boss, "/keys/new", name="till", scopes="orders:read")
    made = boss.post("/keys/new", fields)
    secret = re.search(r"<code>([^<]+)</code>", made.text)
    assert secret is not None
    auth = {"authorization": f"Bearer {secret.group(1)}"}
    assert site.stage.client.request("GET", "/v1/orders", headers=auth).status_code == 200
    assert boss.post("/keys/new", fields).status_code == 409, "sent twice it makes one"
    listed = boss.get("/keys").text
    assert secret.group(1) not in listed
    key = re.search(r"/keys/([^\"/]+)/revoke\">Revoke<span class=\"out\"> till", listed)
    assert key is not None
    path = f"/keys/{key.group(1)}/revoke"
    assert boss.post(path, form(boss, path, id=key.group(1))).headers["location"].startswith("/keys?did=")
    keys = site.stage.call("GET", "/v1/keys").json()["items"]
    assert [bool(each.get("revoked_at")) for each in keys if each["name"] == "till"] == [True]


def test_forms_of_settings_are_for_administrators(site: Site) -> None:
    visitor = site.person("clerk", "orders:read")
    assert visitor.get("/users/new").status_code == 403
    assert visitor.post("/roles/new", {"csrf": visitor.csrf(), "id": "me", "rights": "admin"}).status_code == 403


def test_a_form_says_what_its_fields_are_by_the_names_it_has_for_them(site: Site) -> None:
    page = site.person("forms").get("/users/new").text
    assert 'id="channels-hint"><bdi>The only ones the person sees' in page
    assert 'aria-describedby="channels-hint"' in page
    assert "stay_disabled" not in page
    create = next(each for each in OPERATIONS if each.name == "create_user")
    fields = [each for each in fields_of(create.input) if each.name != "stay_disabled"]
    text = "As was said: anew; nought: none. role: what it may do: all. `channels`, locations: these; stay_disabled: who was. Lead: no."
    lead, notes = described(text, create.input, fields)
    assert lead == "As was said: anew; nought: none."
    assert notes == {"role": "what it may do: all.", "channels": "these", "locations": "these"}
    assert described("Nothing: none. `result.x` is one. At `due_at`.", None, []) == (
        "Nothing: none. At \N{LEFT DOUBLE QUOTATION MARK}Due (UTC)\N{RIGHT DOUBLE QUOTATION MARK}.",
        {},
    )
