"""Labels over HTTP: printed again as they were kept, by those who do the work."""

from hashlib import sha256
from uuid import UUID

import pytest

from api.stage import Stage
from orderline.core.orders.commands import LabelParcel, PackUnits, ParcelInput, PickUnits
from orderline.core.orders.state import LineQuantity, ParcelDocument
from orderline.engine.submissions import KeptDocument, Submission
from orderline.values.ids import OrderId, new_id

LABEL = b"%PDF-1.4 a label"


def labeled(stage: Stage, content: bytes = LABEL) -> str:
    """The number of an order whose one parcel has a label."""
    placed = stage.place(f"label-{new_id()}")
    stage.allocate(placed["id"])
    order, items = OrderId(UUID(placed["id"])), (LineQuantity(1, 1),)
    stage.engine.run(PickUnits(order=order, fulfillment=1, lines=items))
    stage.engine.run(PackUnits(order=order, fulfillment=1, parcels=(ParcelInput(items=items),)))
    document = ParcelDocument("pdf", len(content), sha256(content).hexdigest())
    command = LabelParcel(order=order, parcel=1, carrier="post", tracking_number="T 1/é", documents=(document,))
    kept = KeptDocument(order, 1, "T 1/é", "pdf", content)
    stage.engine.submit(Submission(command=command, documents=(kept,))).result().answer_or_raise()
    return placed["number"]


def test_a_label_is_printed_again_byte_for_byte(stage: Stage) -> None:
    number = labeled(stage)
    path = f"/v1/orders/{number}/parcels/1/label"
    answer = stage.call("GET", path)
    assert (answer.status_code, answer.content) == (200, LABEL)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'inline; filename="T_1__.pdf"'
    assert stage.call("GET", path).content == LABEL
    assert stage.call("GET", path, headers={"if-none-match": answer.headers["etag"]}).status_code == 304
    assert stage.call("GET", path, headers={"accept": "application/pdf"}).status_code == 200
    refused = stage.call("GET", f"{path}?format=zpl").json()
    assert (refused["status"], refused["code"]) == (404, "LABEL_NOT_KEPT")
    assert "pdf" in str(refused)
    assert stage.call("GET", f"{path}?format=png").status_code == 422


def test_labels_are_for_those_who_do_the_work_there(stage: Stage) -> None:
    number = labeled(stage)
    path = f"/v1/orders/{number}/parcels/1/label"
    stage.make_key("lyon", "fulfillments:write", locations=["lyon"])
    stage.make_key("paris", "fulfillments:write", locations=["paris"])
    assert stage.call("GET", path, "lyon").status_code == 200
    assert stage.call("GET", path, "paris").status_code == 403
    assert stage.call("GET", path, "fulfillments:read").status_code == 403
    assert stage.call("GET", path.replace("parcels/1", "parcels/2"), "lyon").status_code == 404


def test_a_label_that_was_given_back_is_not_printed_again(stage: Stage) -> None:
    number = labeled(stage)
    parcel = f"/v1/orders/{number}/parcels/1"
    assert stage.call("POST", f"{parcel}/label-voidings", json={"reason": "torn"}).status_code == 200
    again = stage.call("POST", f"{parcel}/label-voidings", json={})
    assert (again.status_code, again.json()["code"]) == (409, "LABEL_VOIDING")
    told = {"tracking_number": "T 1/é", "voided": True}
    assert stage.call("POST", f"{parcel}/void-answers", json=told).status_code == 200
    assert stage.call("GET", f"{parcel}/label").json()["code"] == "LABEL_NOT_KEPT"
    same = stage.call("POST", f"{parcel}/labels", json={"carrier": "post", "tracking_number": "T 1/é"})
    assert same.json()["code"] == "LABEL_VOIDED"
    other = stage.call("POST", f"{parcel}/labels", json={"carrier": "post", "tracking_number": "T2"})
    assert other.status_code == 200


@pytest.mark.parametrize("changes", [{"format": "png"}, {"size_bytes": 0}, {"sha256": "x"}])
def test_documents_are_not_for_callers(stage: Stage, changes: dict[str, object]) -> None:
    number = stage.place(f"label-{new_id()}")["number"]
    body = {"carrier": "post", "tracking_number": "T", "documents": [changes]}
    assert stage.call("POST", f"/v1/orders/{number}/parcels/1/labels", json=body).status_code == 422


def test_a_hand_over_that_was_recorded_by_mistake_is_undone_by_the_office(stage: Stage) -> None:
    number = labeled(stage)
    at = f"/v1/orders/{number}/fulfillments/1"
    stage.make_key("dock", "fulfillments:write", locations=["lyon"])
    body = {"reason": "wrong pallet scanned"}
    early = stage.call("POST", f"{at}/handover-undoings", json=body)
    assert (early.status_code, early.json()["code"]) == (409, "PARCEL_NOT_SHIPPED")
    assert stage.call("POST", f"{at}/shipments", "dock", json={}).status_code == 200
    assert stage.call("POST", f"{at}/handover-undoings", "dock", json=body).status_code == 403
    assert stage.call("POST", f"{at}/handover-undoings", json={}).status_code == 422
    assert stage.call("POST", f"{at}/handover-undoings", json=body).status_code == 200
    [shown] = [each for each in stage.call("GET", "/v1/shipments").json()["items"] if each["order_number"] == number]
    assert (shown["parcels"], shown["undone_at"] is not None) == ([], True)
    assert stage.call("POST", f"{at}/shipments", "dock", json={}).status_code == 200
    scanned = stage.call("POST", f"/v1/orders/{number}/parcels/1/tracking", json={"state": "handed_over"})
    assert scanned.status_code == 200
    late = stage.call("POST", f"{at}/handover-undoings", json=body)
    assert (late.status_code, late.json()["code"]) == (409, "PARCEL_MOVED")
    assert "scanned by the carrier" in late.text
