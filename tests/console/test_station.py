"""The station of a store or warehouse: from work that waits to parcels that have left, as those who do it see it."""

import re

from api.test_pickups import code_sent, packed
from console.conftest import Site, Visitor, wrong_in
from orderline.core.stock.commands import AdjustStock
from support.engines import assert_clean

STAFF = ("fulfillments:read", "fulfillments:write")


def work(site: Site, name: str, quantity: int = 2, location: str = "lyon") -> str:
    """The number of an order that a location is to serve."""
    if location != "lyon":
        site.stage.engine.run(AdjustStock(sku="TEE-M", location=location, quantity=quantity, reason="received"))
    order = site.stage.place(name, quantity)
    site.stage.allocate(order["id"], quantity, location)
    return str(order["number"])


def forms(page: str) -> dict[str, dict[str, str]]:
    """What each form of a page would send, untouched, by the end of its address."""
    found: dict[str, dict[str, str]] = {}
    for address, form in re.findall(r'<form method="post"(?: action="([^"]*)")?[^>]*>(.*?)</form>', page, re.DOTALL):
        fields = dict(re.findall(r'<input(?! type="checkbox")[^>]* name="([^"]*)"[^>]* value="([^"]*)"', form))
        found.setdefault(address.rpartition("/")[2], fields)
    return found


def send(visitor: Visitor, path: str, operation: str, **more: str) -> str:
    """Do one thing from the page of a fulfillment order; where that leads, or the page that says why not."""
    form = forms(visitor.get(path).text).get(operation, {"csrf": visitor.csrf()})
    answer = visitor.post(f"{path}/{operation}", form | more)
    return answer.headers.get("location", "") or answer.text


def units(site: Site, number: str) -> dict[str, int]:
    [item] = site.stage.call("GET", f"/v1/orders/{number}/fulfillments/1").json()["items"]
    return item["units"]


def test_work_goes_from_the_shelf_to_the_carrier(site: Site) -> None:
    number = work(site, "ST-1", 3)
    visitor = site.person("pat", *STAFF, locations=["lyon"])
    assert visitor.get("/station").headers["location"] == "/station/lyon", "who works at one place is there at once"
    listed = visitor.get("/station/lyon?show=accept").text
    path = f"/station/lyon/orders/{number}/1"
    assert f'href="{path}"' in listed
    assert send(visitor, path, "accept_fulfillment") == f"{path}?done=accept_fulfillment"
    assert send(visitor, path, "scan", code="tee-m").endswith("done=pick_units")
    assert units(site, number) == {"released": 2, "picked": 1}
    assert "this is not in the order" in send(visitor, path, "scan", code="MUG")
    assert send(visitor, path, "pick_units", **{"lines.1": "2"}).endswith("done=pick_units")
    assert "all of it is picked" in visitor.post(f"{path}/scan", {"csrf": visitor.csrf(), "code": "TEE-M"}).text
    assert "Say what is in the parcel." in send(visitor, path, "pack_units", **{"lines.1": "0"})
    assert send(visitor, path, "pack_units", **{"lines.1": "2", "weight_g": "400"}).endswith("done=pack_units")
    assert send(visitor, path, "pack_units").endswith("done=pack_units")
    page = visitor.get(path).text
    assert "Hand over 2 parcels" in page
    assert send(visitor, path, "ship_parcels").startswith("/station/lyon?done=ship_parcels")
    assert units(site, number) == {"shipped": 3}
    for paper in ("pick-list", "label/1%2F2", "packing-slip/a%2Flabel"):
        assert visitor.get(f"/station/lyon/orders/no%2Forder/1/{paper}").status_code in (403, 404), paper
    assert number not in visitor.get("/station/lyon?show=send").text
    assert "Nothing is to be done" in visitor.get(path).text
    told = site.person("office").get(f"/orders/{number}").text
    assert told.count("· pat") >= 5, "the journal says who did it"
    assert_clean(site.stage.database)


def test_a_form_that_is_sent_twice_has_one_effect(site: Site) -> None:
    number = work(site, "ST-2", 3)
    visitor = site.person("quinn", *STAFF, locations=["lyon"])
    path = f"/station/lyon/orders/{number}/1"
    scan = forms(visitor.get(path).text)["scan"] | {"code": "TEE-M"}
    for _ in range(2):
        assert visitor.post(f"{path}/scan", scan).status_code == 303
    assert units(site, number) == {"released": 2, "picked": 1}


def test_all_picked_that_is_clicked_twice_has_one_effect(site: Site) -> None:
    number = work(site, "ST-2B", 3)
    visitor = site.person("quincy", *STAFF, locations=["lyon"])
    path = f"/station/lyon/orders/{number}/1"
    [whole] = re.findall(r"<form[^>]*>((?:(?!</form>).)*)<button[^>]*>All picked", visitor.get(path).text, re.DOTALL)
    given = dict(re.findall(r'name="([^"]*)" value="([^"]*)"', whole))
    told = [visitor.post(f"{path}/pick_units", given).headers["location"] for _ in range(2)]
    assert told == [f"{path}?done=pick_units"] * 2
    assert units(site, number) == {"picked": 3}
    events = site.stage.call("GET", f"/v1/orders/{number}/events").json()["items"]
    assert sum("units_moved" in each["type"] and "picked" in str(each["data"]) for each in events) == 1


def test_what_is_not_there_is_told_and_goes_elsewhere(site: Site) -> None:
    number = work(site, "ST-3", 2)
    visitor = site.person("rosa", *STAFF, locations=["lyon"])
    path = f"/station/lyon/orders/{number}/1"
    page = visitor.get(path).text
    assert "Say why" in send(visitor, path, "pick_units", **{"short.1": "1", "shelf": "stolen"})
    assert "is not a whole number" in send(visitor, path, "pick_units", **{"lines.1": "two"})
    many = send(visitor, path, "pick_units", **{"lines.1": "", "short.1": "9", "shelf": "missing"})
    assert "There are not so many here any more." in many
    assert page.count("Not there") > 0
    assert send(visitor, path, "pick_units", **{"short.1": "1", "shelf": "damaged"}).endswith("done=pick_units")
    assert units(site, number) == {"released": 1}
    assert "Say why it can&#39;t be done here." in send(visitor, path, "reject_units", reason=" ")
    assert send(visitor, path, "reject_units", reason="closed today").startswith("/station/lyon?done=reject_units")
    assert_clean(site.stage.database)


def test_people_see_the_work_of_their_locations_alone(site: Site) -> None:
    here, there = work(site, "ST-4"), work(site, "ST-5", 1, "lille")
    visitor = site.person("sam", *STAFF, locations=["lille"])
    assert there in visitor.get("/station/lille").text
    assert visitor.get("/station/lyon").status_code == 404
    for path in (f"/station/lille/orders/{here}/1", f"/station/lyon/orders/{here}/1"):
        assert visitor.get(path).status_code in (403, 404), path
        assert visitor.post(f"{path}/pick_units", {"csrf": visitor.csrf(), "lines.1": "2"}).status_code in (403, 404)
        assert visitor.get(f"{path}/pick-list").status_code in (403, 404)
    assert units(site, here) == {"allocated": 2}
    everywhere = site.person("tea", *STAFF, "settings:read")
    assert 'href="/station/lyon"' in everywhere.get("/station").text
    assert everywhere.get("/station/nowhere").status_code == 404
    assert everywhere.get(f"/station/paris/orders/{here}/1").status_code == 404, "it is not worked on there"
    unnamed = site.person("uma", *STAFF)
    assert unnamed.get("/station?location=lyon").headers["location"] == "/station/lyon"


def test_whoever_may_only_read_is_offered_nothing_and_can_do_nothing(site: Site) -> None:
    number = work(site, "ST-6")
    visitor = site.person("vic", "fulfillments:read")
    path = f"/station/lyon/orders/{number}/1"
    assert forms(visitor.get(path).text) == {"sign-out": {"csrf": visitor.csrf()}}
    assert visitor.post(f"{path}/pick_units", {"csrf": visitor.csrf(), "lines.1": "2"}).status_code == 403
    assert visitor.post(f"{path}/drop_table", {"csrf": visitor.csrf()}).status_code == 404
    assert visitor.get(f"{path}/pick-list").status_code == 403
    assert units(site, number) == {"allocated": 2}


def test_what_was_scanned_leads_to_the_order(site: Site) -> None:
    number = work(site, "ST-7", 1, "lille")
    visitor = site.person("wim", *STAFF, locations=["lille"])
    assert visitor.get(f"/station/lille?q={number.lower()}").headers["location"] == f"/station/lille/orders/{number}/1"
    second = work(site, "ST-8", 1, "lille")
    both = visitor.get("/station/lille?q=TEE-M").text
    assert number in both
    assert second in both
    assert "Nothing here is like this." in visitor.get("/station/lille?q=nothing").text
    slip = visitor.get(f"/station/lille/orders/{number}/1/pick-list")
    assert (slip.headers["content-type"], slip.content[:5]) == ("application/pdf", b"%PDF-")


def test_a_customer_collects_with_a_code(site: Site) -> None:
    order = packed(site.stage, "ST-9")
    number = site.stage.call("GET", f"/v1/orders/{order}").json()["order"]["number"]
    visitor = site.person("xia", *STAFF, "orders:read", "people:read", locations=["paris"])
    path = f"/station/paris/orders/{number}/1"
    assert send(visitor, path, "ready_pickup").endswith("done=ready_pickup")
    page = visitor.get(path).text
    assert "Ann Lee" in page
    assert "5 more codes" in page
    code = code_sent(site.stage, order)
    assert "Enter the customer&#39;s code" in send(visitor, path, "collect_parcels", code="")
    wrong = send(visitor, path, "collect_parcels", code="000000" if code != "000000" else "111111")
    assert "This code is not right. 4 more can be tried." in wrong
    assert send(visitor, path, "collect_parcels", code=f"{code[:3]} {code[3:]}").startswith("/station/paris?done=")
    assert units(site, number) == {"delivered": 1}
    assert_clean(site.stage.database)


def test_goods_that_come_are_received(site: Site) -> None:
    call = site.stage.call
    line = {"sku": "TEE-M", "quantity": 6, "due_at": "2026-12-01T00:00:00Z"}
    call("PUT", "/v1/purchase-orders/PO-ST", json={"location": "lille", "vendor": "Weavers", "lines": [line]})
    assert call("POST", "/v1/purchase-orders/PO-ST/sending", json={}).status_code == 200
    visitor = site.person("yan", *STAFF, "stock:read", "stock:write", locations=["lille"])
    path = "/station/lille/receive/purchase/PO-ST"
    assert f'href="{path}"' in visitor.get("/station/lille?show=receive").text
    form = forms(visitor.get(path).text)[""]
    assert wrong_in(visitor.post(path, form | {"lines.1": ""})) == {"lines.1": "Say how many came."}
    assert wrong_in(visitor.post(path, form | {"damaged.1": "-1"})) == {"damaged.1": "'-1' is not a whole number."}
    assert wrong_in(visitor.post(path, form | {"lines.7": "x"})) == {"": "'x' is not a whole number."}
    form |= {"lines.1": "4", "damaged.1": "1"}
    for _ in range(2):
        assert visitor.post(path, form).headers["location"] == "/station/lille?show=receive&done=receive_purchase_order"
    [got] = call("GET", "/v1/purchase-orders/PO-ST").json()["lines"]
    assert (got["received"], got["damaged"]) == (4, 1)
    stranger = site.person("zoe", *STAFF, "stock:read", locations=["paris"])
    assert stranger.get(path).status_code in (403, 404)
    assert stranger.get("/station/paris/receive/purchase/PO-ST").status_code in (403, 404)
    assert stranger.get("/station/paris/receive/rubbish/PO-ST").status_code == 404
