"""Settings in forms: people, roles and keys, each by the operation that there is, with its history."""

import re

import httpx

from console.conftest import PASSWORD, Site, Visitor, filled
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
    assert described("Nothing: none. `result.x` is one. At `due_at`, by `lists.allowed`.", None, []) == (
        "Nothing: none. At “Due (UTC)”, by “lists.allowed”.",
        {},
    )


def edited(visitor: Visitor, path: str, **fields: str) -> httpx.Response:
    """Send the form at a path as it is shown, but for some fields."""
    page = visitor.get(path)
    assert page.status_code == 200, page.text
    return visitor.post(path, {**filled(page.text), **fields})


def test_where_goods_are_and_how_they_are_sold_is_set_up_in_forms(site: Site) -> None:
    boss = site.person("setter")
    stage = site.stage
    assert edited(boss, "/pools/new", id="alps", name="The Alps").headers["location"].startswith("/pools?did=")
    assert edited(boss, "/pools/alps/edit", name="Alps").status_code == 303
    assert stage.call("GET", "/v1/pools/alps").json() == {"code": "alps", "name": "Alps"}
    place = {
        "name": "Chalet", "kind": "store", "pool": "alps", "place.country": "CH", "place.city": "Chur", "time_zone": "Europe/Zurich",
        "ships": "no", "pickup": "yes", "reminder_days": "1, 3", "daily_capacity": "40",
    }  # fmt: skip
    assert edited(boss, "/locations/new", id="chur", **place).status_code == 303
    before = stage.call("GET", "/v1/locations/chur").json()
    assert (before["ships"], before["place"]) == (False, {"country": "CH", "city": "Chur"})
    assert edited(boss, "/locations/chur/edit", name="Chalet", handling_days="0").status_code == 303
    stands = stage.call("GET", "/v1/locations/chur").json()
    assert stands == before | {"handling_days": 0}, "what is not touched stays"
    wrong = edited(boss, "/locations/chur/edit", time_zone="Alpine")
    assert (wrong.status_code, 'id="time_zone-wrong"' in wrong.text) == (422, True)
    tee = {"description": "Cap", "gtin": "4006381333931", "components": "", "weight_g": "80", "active": "no"}
    assert edited(boss, "/skus/new", id="CAP", **tee).headers["location"].startswith("/skus?did=")
    swap = {"substitutes": [{"sku": "TEE-M", "consent": False}]}
    assert stage.call("PUT", "/v1/skus/CAP/substitutes", json=swap).status_code == 200
    assert edited(boss, "/skus/CAP/edit", description="A cap").status_code == 303
    cap = stage.call("GET", "/v1/skus/CAP").json()
    assert (cap["description"], cap["weight_g"], cap["active"]) == ("A cap", 80, False)
    assert cap["substitutes"] == swap["substitutes"], "what no form can say stays"
    assert 'href="/stock/CAP"' in boss.get("/skus").text
    assert 'href="/skus/CAP/edit"' in boss.get("/skus").text


def test_a_channel_has_its_brand_and_what_others_have_said_of_it_meanwhile_is_not_written_over(site: Site) -> None:
    boss, stage = site.person("brander"), site.stage
    whole = {
        "name": "Outlet", "pools": stage.call("GET", "/v1/channels/web").json()["pools"], "currencies": ["EUR"], "asks": {"sends": []},
        "money": {"deposits": [{"name": "half", "schedule": {"installments": [{"due": "order", "share_ppm": 500_000}, {"due": "release"}]}}]},
    }  # fmt: skip
    put = stage.call("PUT", "/v1/channels/outlet", json=whole)
    assert put.status_code == 200, put.text
    brand = {
        "brand.color": "#336699", "brand.website": "https://outlet.test", "brand.tracking": "dhl = https://t.test/{number}",
        "upgrade_minor": "2.50", "money.capture": "order", "customer_link": "yes",
    }  # fmt: skip
    stale = filled(boss.get("/channels/outlet/edit").text)
    answer = boss.post("/channels/outlet/edit", stale | brand)
    assert answer.status_code == 303, answer.text
    assert boss.post("/channels/outlet/edit", stale | brand).status_code == 303, "sent twice it has its first answer"
    stands = stage.call("GET", "/v1/channels/outlet").json()
    assert stands["brand"]["color"] == "#336699"
    assert stands["brand"]["tracking"] == {"dhl": "https://t.test/{number}"}
    assert (stands["upgrade_minor"], stands["customer_link"], stands["asks"]) == (250, {}, {"sends": []})
    assert stands["money"] == whole["money"] | {"capture": "order"}, "what no form can say stays"
    late = boss.post("/channels/outlet/edit", stale | {"name": "Late"})
    assert late.status_code == 409
    assert "This has changed since the page was shown" in late.text
    assert boss.post("/channels/outlet/edit", filled(late.text) | {"name": "Late"}).status_code == 303
    assert stage.call("GET", "/v1/channels/outlet").json()["name"] == "Late"
    there = boss.post(
        "/channels/new",
        filled(boss.get("/channels/new").text) | {"id": "outlet", "name": "x", "pools": "x"},
    )
    assert "There is one of this name already." in there.text


def test_who_is_traded_with_is_set_up_in_forms(site: Site) -> None:
    boss, stage = site.person("trader"), site.stage
    list_ = {"currency": "EUR", "name": "Trade", "taxes_included": ""}
    assert (
        edited(boss, "/price-lists/new", id="trade", **list_).headers["location"].startswith("/price-lists/trade?did=")
    )
    prices = "/price-lists/trade/prices?currency=EUR"
    assert prices in boss.get("/price-lists/trade").text
    sent = {"valid_from": "2030-01-01", "prices": "TEE-M 20.00\nTEE-M 10 18.50\nTEE-L 21"}
    assert edited(boss, prices, **sent).status_code == 303
    assert 'id="prices-wrong"' in edited(boss, prices, **sent | {"prices": "TEE-M"}).text
    [held] = stage.call("GET", "/v1/price-lists/trade/prices?sku=TEE-M").json()["items"]
    assert held["versions"][-1]["breaks"] == [
        {"quantity": 1, "price_minor": 2_000},
        {"quantity": 10, "price_minor": 1_850},
    ]
    company = {
        "name": "Acme", "terms.currency": "EUR", "terms.net_days": "0", "terms.credit_limit_minor": "1000", "terms.price_list": "trade",
        "terms.approvals.1.name": "dear", "terms.approvals.1.steps": "boss", "terms.approvals.1.above_minor": "99.90",
    }  # fmt: skip
    assert (
        edited(boss, "/companies/new", id="acme-2", **company).headers["location"].startswith("/companies/acme-2?did=")
    )
    old = filled(boss.get("/companies/acme-2/edit").text)
    assert edited(boss, "/companies/acme-2/edit", reference="R-1").status_code == 303
    terms = stage.call("GET", "/v1/companies/acme-2").json()["terms"]
    assert (terms["net_days"], terms["credit_limit_minor"]) == (0, 100_000)
    assert terms["approvals"] == [{"name": "dear", "steps": ["boss"], "above_minor": 9_990}]
    late = boss.post("/companies/acme-2/edit", old | {"reference": "R-2"})
    assert (late.status_code, "<ins>R-1</ins>" in late.text) == (409, True)
    seller = {
        "party.name": "Fine Goods",
        "party.country": "FR",
        "rate_ppm": "120000",
        "categories": "shoes = 90000",
        "fixed_minor": "EUR 0.30",
    }
    assert edited(boss, "/sellers/new", id="fine", **seller).status_code == 303
    assert edited(boss, "/sellers/fine/edit", held="no papers").status_code == 303
    stands = stage.call("GET", "/v1/sellers/fine").json()
    assert (stands["categories"], stands["fixed_minor"], stands["held"]) == (
        {"shoes": 90_000},
        {"EUR": 30},
        "no papers",
    )
    partner = {
        "profile.syntax": "edifact",
        "profile.channel": "web",
        "profile.ours.id": "US",
        "profile.theirs.id": "THEM",
        "profile.units": "PCE = 1",
    }
    assert edited(boss, "/edi-partners/new", id="them", **partner).status_code == 303
    assert edited(boss, "/edi-partners/them/edit", **{"profile.is_test": "yes"}).status_code == 303
    profile = stage.call("GET", "/v1/edi-partners/them").json()["profile"]
    assert (profile["is_test"], profile["units"], profile["theirs"]) == (True, {"PCE": 1}, {"id": "THEM"})
