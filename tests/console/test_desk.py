"""The returns desk and the work with stock, as forms: each step leads to the next, and what is refused stays as it was typed."""

import re

from api.test_appeasements import sent
from console.conftest import Site, Visitor, wrong_in

HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')


def step(visitor: Visitor, path: str, name: str) -> dict[str, str]:
    """The hidden fields of the form of one step."""
    page = visitor.get(path)
    assert page.status_code == 200, page.text
    form = next(each for each in page.text.split("<form") if f'name="step" value="{name}"' in each)
    return dict(HIDDEN.findall(form))


def test_goods_that_come_back_go_from_hand_to_shelf(site: Site) -> None:
    order = site.stage.call("GET", f"/v1/orders/{sent(site.stage, 'DESK-1')}?parts=").json()["order"]
    number = order["number"]
    asked = {
        "lines": [{"line": 1, "quantity": 1, "reason": "too_small"}],
        "approve": True,
        "reason": "agreed",
        "to": "lyon",
    }
    assert site.stage.call("POST", f"/v1/orders/{number}/returns", json=asked).status_code == 200
    visitor = site.person("rita")
    path = f"/returns-desk/{number}/1"
    assert path in visitor.get("/returns-desk").text
    scanned = visitor.get(f"/returns-desk?q={number.lower()}")
    assert (scanned.status_code, scanned.headers["location"]) == (303, path)
    assert "No return is known" in visitor.get("/returns-desk?q=SO-999").text
    form = step(visitor, path, "receive")
    wrong = visitor.post(path, form | {"items.1": "two", "location": "lyon"})
    assert wrong.status_code == 422
    assert wrong_in(wrong) == {"items.1": "'two' is not a whole number."}
    assert 'value="two"' in wrong.text
    form = step(visitor, path, "receive")
    assert list(wrong_in(visitor.post(path, form | {"items.1": "9", "location": "lyon"}))) == ["items.1"]
    assert list(wrong_in(visitor.post(path, form | {"items.1": "1", "location": " "}))) == ["location"]
    form |= {"key": "-begins-as-no-code-does"}
    done = visitor.post(path, form | {"items.1": "1", "location": "lyon"})
    assert done.status_code == 303, done.text
    assert done.headers["location"] == f"{path}?done=receive"
    form = step(visitor, path, "grade")
    assert list(wrong_in(visitor.post(path, form | {"items.1": "1"}))) == ["items.1.grade"]
    done = visitor.post(path, form | {"items.1": "1", "items.1.grade": "as_new", "items.1.disposition": "restock"})
    assert done.headers["location"] == f"{path}?done=grade", done.text
    form = step(visitor, path, "dispose")
    done = visitor.post(path, form | {"items.1": "1"})
    assert done.headers["location"] == f"/returns-desk?done=dispose&of={number}"
    again = visitor.post(path, form | {"items.1": "1"})
    assert again.status_code in (303, 422), "sent twice, it has one effect"
    item = site.stage.call("GET", f"/v1/orders/{number}?parts=").json()["order"]["returns"][0]["items"][0]
    assert (item["custody"], item["disposition"]) == ("disposed", "restock")
    assert visitor.get("/returns-desk/SO-999/1").status_code == 404
    assert visitor.get(f"/returns-desk/{number}/7").status_code == 404
    assert visitor.post(path, form | {"step": "burn"}).status_code == 404


def test_stock_is_moved_counted_and_ordered_in_forms(site: Site) -> None:
    visitor = site.person("stan")
    assert "/transfers/new" in visitor.get("/transfers").text
    form = {"csrf": visitor.csrf(), "key": "stan-transfer", "id": "T-DESK", "source": "lyon", "target": "lille"}
    wrong = visitor.post("/transfers/new", form | {"lines": "TEE-M", "due_at": "2027-01-31T12:00"})
    assert wrong.status_code == 422
    assert "is not a SKU, how many units" in wrong.text
    assert wrong.text.count('list="places"') == 2
    assert '<option value="lyon">' in wrong.text
    made = visitor.post("/transfers/new", form | {"lines": "TEE-M 2", "due_at": "2027-01-31T12:00"})
    assert (made.status_code, made.headers["location"]) == (303, "/transfers/T-DESK?did=%2Ftransfers%2Fnew"), made.text
    page = visitor.get(made.headers["location"]).text
    assert "/transfers/T-DESK/approve" in page
    assert 'data-done="/transfers/new">Done: Plan a transfer.' in page, "it is said, and what was typed is let go of"
    assert "data-done" not in visitor.get("/transfers/T-DESK?did=/transfers/%22x/burn").text
    assert visitor.post("/transfers/T-DESK/approve", {"csrf": visitor.csrf()}).status_code == 303
    assert "/transfers/T-DESK/approve" not in visitor.get("/transfers/T-DESK").text
    assert "TEE-M" in visitor.get("/transfers/T-DESK/pick").text, "its lines are named"
    count = {"csrf": visitor.csrf(), "id": "C-DESK", "location": "lyon", "lines": "TEE-M"}
    assert visitor.post("/counts/new", count).status_code == 303
    assert visitor.post("/counts/C-DESK/open", {"csrf": visitor.csrf()}).status_code == 303
    assert "TEE-M </textarea>" in visitor.get("/counts/C-DESK/submit").text
    told = {"csrf": visitor.csrf(), "location": "lyon", "lines": "TEE-M 7"}
    assert visitor.post("/counts/C-DESK/submit", told).status_code == 303
    assert site.stage.call("GET", "/v1/counts/C-DESK").json()["state"] == "submitted"
    moved = {"csrf": visitor.csrf(), "sku": "TEE-M", "location": "lille", "quantity": "3", "reason": "found"}
    assert visitor.post("/stock/TEE-M/adjust", moved).headers["location"].startswith("/stock/TEE-M?did=")
    page = visitor.get("/stock/TEE-M").text
    assert "/stock/TEE-M/lille/safety" in page
    assert "What has moved" in page
    grid = visitor.get("/stock-grid?sku=TEE-M&figure=on_hand").text
    here = re.search(r"<strong>([0-9,]+)</strong>", grid)
    levels = site.stage.call("GET", "/v1/stock?sku=TEE-M").json()["items"]
    assert here is not None
    assert int(here[1].replace(",", "")) == sum(each["on_hand"] for each in levels)
    assert all(f">{each['location']}</th>" in grid for each in levels)
