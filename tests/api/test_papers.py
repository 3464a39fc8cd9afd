"""Papers over HTTP: pages that can be read and scanned."""

from typing import Any
from uuid import UUID

import pypdfium2
import pytest
import zxingcpp

from api.stage import ADDRESS, Stage
from orderline.api.papers.drawing import draw
from orderline.core.documents.paper import Column, Paper, Party, Table
from orderline.core.orders.commands import PackUnits, ParcelInput, PickUnits
from orderline.core.orders.state import LineQuantity
from orderline.core.stock.commands import PutSkus
from orderline.core.stock.state import Sku
from orderline.values.ids import OrderId, new_id


def packed(stage: Stage, **changes: Any) -> str:
    """The number of an order whose one unit is in a parcel at Lyon."""
    placed = stage.place(f"paper-{new_id()}", **changes)
    stage.allocate(placed["id"])
    order, items = OrderId(UUID(placed["id"])), (LineQuantity(1, 1),)
    stage.engine.run(PickUnits(order=order, fulfillment=1, lines=items))
    stage.engine.run(PackUnits(order=order, fulfillment=1, parcels=(ParcelInput(items=items),)))
    return placed["number"]


def read(content: bytes) -> str:
    """All texts of a PDF."""
    pages = pypdfium2.PdfDocument(content)
    return "\n".join(page.get_textpage().get_text_range() for page in pages)


def scan(content: bytes) -> set[str]:
    """All barcodes of the first page of a PDF."""
    image = pypdfium2.PdfDocument(content)[0].render(scale=3).to_pil()
    return {found.text for found in zxingcpp.read_barcodes(image)}


def test_a_packing_slip_can_be_read_and_scanned(stage: Stage) -> None:
    number = packed(stage)
    answer = stage.call("GET", f"/v1/orders/{number}/parcels/1/packing-slip", "fulfillments:write")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    text = read(answer.content)
    for part in ("Packing slip", number, "Ann Lee", "1 Rue de la Paix", "69001", "TEE-M", "20.00 EUR"):
        assert part in text
    assert scan(answer.content) == {number}


def test_a_gift_shows_its_message_and_no_price(stage: Stage) -> None:
    lines = [{"sku": "TEE-M", "quantity": 1, "unit_price_minor": 2000, "gift_message": "Félicitations <3"}]
    number = packed(stage, groups=[{"address": ADDRESS, "gift": True}], lines=lines)
    text = read(stage.call("GET", f"/v1/orders/{number}/parcels/1/packing-slip").content)
    assert "Félicitations <3" in text
    assert "EUR" not in text


def test_a_pick_list_is_scanned_by_product_and_order(stage: Stage) -> None:
    placed = stage.place(f"paper-{new_id()}")
    stage.allocate(placed["id"])
    answer = stage.call("GET", f"/v1/orders/{placed['number']}/fulfillments/1/pick-list")
    assert scan(answer.content) == {"TEE-M", f"{placed['number']}-F1"}


def test_customs_ask_for_what_is_missing_and_then_have_it(stage: Stage) -> None:
    swiss = ADDRESS | {"city": "Genève", "postal_code": "1201", "country": "CH"}
    number = packed(stage, groups=[{"address": swiss}])
    path = f"/v1/orders/{number}/parcels/1/customs"
    refused = stage.call("GET", path)
    assert (refused.status_code, refused.json()["code"]) == (409, "CUSTOMS_DATA_MISSING")
    assert "TEE-M.hs_code" in refused.text
    gaps = {row["sku"]: row for row in stage.call("GET", "/v1/sku-gaps?lacks=hs_code").json()["items"]}
    assert gaps["TEE-M"]["units"] >= 1
    assert gaps["TEE-M"]["lacks"] == ["weight_g", "dimensions", "gtin", "hs_code", "origin"]
    known = Sku("TEE-M", "Tee, medium", weight_g=180, hs_code="610910", origin="PT")
    stage.engine.run(PutSkus(skus=(known,)))
    try:
        text = read(stage.call("GET", path).content)
        for part in ("CN 22", "610910", "PT", "180", "Genève", "20.00 EUR"):
            assert part in text
        assert "TEE-M" not in {row["sku"] for row in stage.call("GET", "/v1/sku-gaps?lacks=origin").json()["items"]}
    finally:
        stage.engine.run(PutSkus(skus=(Sku("TEE-M", "Tee, medium"),)))
    assert stage.call("GET", f"/v1/orders/{packed(stage)}/parcels/1/customs").json()["code"] == "CUSTOMS_NOT_NEEDED"


def test_papers_with_names_are_for_those_who_do_the_work(stage: Stage) -> None:
    number = packed(stage)
    stage.make_key("elsewhere", "fulfillments:write", locations=["paris"])
    path = f"/v1/orders/{number}/parcels/1/packing-slip"
    assert stage.call("GET", path, "fulfillments:read").status_code == 403
    assert stage.call("GET", path, "elsewhere").status_code == 403
    assert stage.call("GET", f"/v1/orders/{number}/parcels/7/packing-slip").status_code == 404


LETTERS = ["Łódź Żółw", "Ελλάδα Москва", "東京都 ひらがな", "서울특별시", "北京市", "a & b < c", "  "]


@pytest.mark.parametrize("text", LETTERS)
def test_letters_of_any_script_are_printed(text: str) -> None:
    paper = Paper("Title", "N-1", (), (Party("To", (text,)),), (Table((Column("A", 1),), ((text,),)),))
    content = draw(paper)
    assert len(pypdfium2.PdfDocument(content)) == 1
    if text.strip() and not any(c >= "\u1100" for c in text):
        assert read(content).count(text) == 2
    assert draw(paper) == content


def test_a_long_table_goes_on_with_its_titles() -> None:
    rows = tuple((f"SKU-{n}", "A thing", "1") for n in range(120))
    table = Table((Column("SKU", 1), Column("Description", 2), Column("Units", 1, "right")), rows)
    pages = pypdfium2.PdfDocument(draw(Paper("List", "N-1", blocks=(table,))))
    assert len(pages) > 1
    assert all("Description" in page.get_textpage().get_text_range() for page in pages)


def test_a_manifest_lists_what_was_handed_over_and_is_closed_once(stage: Stage) -> None:
    number = packed(stage)
    post = f"/v1/orders/{number}"
    tracking = f"T-{number}"
    told = stage.call("POST", f"{post}/parcels/1/labels", json={"carrier": "post", "tracking_number": tracking})
    assert told.status_code == 200
    assert stage.call("POST", f"{post}/fulfillments/1/shipments", json={}).status_code == 200
    shipped = stage.call("GET", f"{post}?parts=actions").json()["order"]["shipments"][0]
    asked = {"location": "lyon", "carrier": "post", "day": shipped["handed_over_at"][:10]}
    headers = {"idempotency-key": f"m-{number}"}
    path = f"/v1/manifests/M-{number}"
    first = stage.call("PUT", path, json=asked, headers=headers)
    assert tracking in [each["tracking_number"] for each in first.json()["parcels"]]
    assert first.json()["state"] == "closed"
    assert stage.call("PUT", path, json=asked, headers=headers).content == first.content
    assert stage.call("PUT", path, json=asked).content == first.content
    empty = stage.call("PUT", f"{path}-2", json=asked)
    assert (empty.status_code, empty.json()["code"]) == (409, "MANIFEST_EMPTY")
    assert stage.call("PUT", path, json=asked | {"carrier": "other"}).json()["code"] == "MANIFEST_EXISTS"
    printed = stage.call("GET", f"{path}/paper")
    assert tracking in read(printed.content)
    assert f"M-{number}" in scan(printed.content)
    assert stage.call("POST", f"{path}/receipts", json={"reference": "R-1"}).json()["state"] == "confirmed"
    stage.make_key("not-here", "fulfillments:write", "fulfillments:read", locations=["paris"])
    assert stage.call("GET", f"{path}/paper", "not-here").status_code == 403
    assert stage.call("PUT", f"{path}-3", "not-here", json=asked).status_code == 403


def test_boxes_are_proposed_for_what_is_to_be_packed(stage: Stage) -> None:
    sides = {"length_mm": 300, "width_mm": 200, "height_mm": 100, "tare_g": 90}
    assert stage.call("PUT", "/v1/boxes/M", json=sides).json()["tare_g"] == 90
    assert stage.call("PUT", "/v1/boxes/M", json=sides | {"height_mm": 0}).json()["code"] == "BOX_SIZE"
    stage.engine.run(
        PutSkus(skus=(Sku("TEE-M", "Tee, medium", weight_g=180, length_mm=280, width_mm=190, height_mm=20),))
    )
    try:
        placed = stage.place(f"paper-{new_id()}", 3)
        stage.allocate(placed["id"], 3)
        plan = stage.call("GET", f"/v1/orders/{placed['number']}/fulfillments/1/boxes").json()
    finally:
        stage.engine.run(PutSkus(skus=(Sku("TEE-M", "Tee, medium"),)))
    [parcel] = plan["parcels"]
    assert (parcel["box"], parcel["items"]) == ("M", [{"sku": "TEE-M", "quantity": 3}])
    assert parcel["weight_g"] == 90 + 3 * 180
