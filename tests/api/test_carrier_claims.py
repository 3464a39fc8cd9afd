"""A parcel that stalls, and the claim for it until it is paid."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from api.stage import Stage
from orderline.core.orders.commands import LabelParcel, PackUnits, ParcelInput, PickUnits, ShipParcels
from orderline.core.orders.state import LineQuantity
from orderline.values.ids import OrderId, new_id


def shipped(stage: Stage, days_ago: int = 5) -> str:
    """The number of an order whose parcel left a while ago."""
    placed = stage.place(f"claim-{new_id()}")
    stage.allocate(placed["id"])
    order, items = OrderId(UUID(placed["id"])), (LineQuantity(1, 1),)
    stage.engine.run(PickUnits(order=order, fulfillment=1, lines=items))
    stage.engine.run(PackUnits(order=order, fulfillment=1, parcels=(ParcelInput(items=items),)))
    stage.engine.run(LabelParcel(order=order, parcel=1, carrier="post", tracking_number=f"T{placed['number']}"))
    left = datetime.now(UTC) - timedelta(days=days_ago)
    stage.engine.run(ShipParcels(order=order, fulfillment=1, occurred_at=left))
    return placed["number"]


def draft(stage: Stage, number: str, key: str = "admin", **about: Any) -> Any:
    body = {"claim": f"C-{number}", "reason": "lost", **about}
    return stage.call("POST", f"/v1/orders/{number}/parcels/1/carrier-claims", key, json=body)


def act(stage: Stage, number: str, what: str, **body: Any) -> Any:
    return stage.call("POST", f"/v1/carrier-claims/C-{number}/{what}", json=body)


def posted(stage: Stage, number: str) -> list[tuple[str, str, str, int]]:
    """What stands in the ledger of a claim, in turn."""
    accounts = ("carrier_receivable", "other_income", "bank")
    found = [
        each
        for account in accounts
        for each in stage.call("GET", f"/v1/ledger/accounts/{account}/entries?limit=100").json()["items"]
        if each["source"] == f"C-{number}"
    ]
    found.sort(key=lambda each: (each["seq"], each["n"]))
    return [(each["cause"], each["account"], each["sub"], each["amount_minor"]) for each in found]


def test_a_silent_parcel_is_listed_until_it_is_heard_of(stage: Stage) -> None:
    silent, fresh = shipped(stage), shipped(stage, days_ago=1)
    listed = {row["order_number"]: row for row in stage.call("GET", "/v1/stalled-parcels").json()["items"]}
    assert silent in listed
    assert fresh not in listed
    assert (listed[silent]["location"], listed[silent]["state"]) == ("lyon", "handed_over")
    stage.call("POST", f"/v1/orders/{silent}/parcels/1/tracking", json={"state": "in_transit"})
    assert silent not in {r["order_number"] for r in stage.call("GET", "/v1/stalled-parcels").json()["items"]}


def test_a_claim_goes_from_draft_by_a_no_to_the_money(stage: Stage) -> None:
    number = shipped(stage)
    made = draft(stage, number).json()
    assert (made["state"], made["value_minor"], made["currency"], made["carrier"]) == ("drafted", 2000, "EUR", "post")
    assert draft(stage, number).json()["code"] == "CLAIM_EXISTS"
    assert act(stage, number, "answers", accepted=True).json()["code"] == "CLAIM_STATE"
    assert act(stage, number, "filing", reference="R-7").json()["state"] == "filed"
    assert act(stage, number, "answers", accepted=False, note="no scan").json()["state"] == "rejected"
    assert act(stage, number, "appeals", note="here is the manifest").json()["state"] == "appealed"
    assert act(stage, number, "answers", accepted=True, amount_minor=2001).json()["code"] == "CLAIM_AMOUNT"
    granted = act(stage, number, "answers", accepted=True, amount_minor=1500).json()
    assert (granted["state"], granted["accepted_minor"], granted["reference"]) == ("accepted", 1500, "R-7")
    assert act(stage, number, "payments", amount_minor=500).json()["state"] == "accepted"
    paid = act(stage, number, "payments", amount_minor=1000).json()
    assert (paid["state"], paid["paid_minor"], paid["notes"]) == ("paid", 1500, ["no scan", "here is the manifest"])
    assert act(stage, number, "withdrawal", note="found").json()["code"] == "CLAIM_STATE"
    assert posted(stage, number) == [
        ("carrier_accepted", "carrier_receivable", "post", 1500), ("carrier_accepted", "other_income", "", -1500),
        ("carrier_paid", "bank", "", 500), ("carrier_paid", "carrier_receivable", "post", -500),
        ("carrier_paid", "bank", "", 1000), ("carrier_paid", "carrier_receivable", "post", -1000),
    ]  # fmt: skip


def test_what_a_carrier_granted_is_taken_back_when_the_parcel_turns_up(stage: Stage) -> None:
    number = shipped(stage)
    draft(stage, number)
    act(stage, number, "filing")
    act(stage, number, "answers", accepted=True)
    assert act(stage, number, "payments", amount_minor=300).json()["state"] == "accepted"
    assert act(stage, number, "withdrawal", note="found").json()["state"] == "withdrawn"
    assert posted(stage, number)[-2:] == [
        ("carrier_accepted", "carrier_receivable", "post", -1700), ("carrier_accepted", "other_income", "", 1700),
    ]  # fmt: skip


def test_the_deadline_to_file_runs_from_the_hand_over(stage: Stage) -> None:
    number = shipped(stage, days_ago=10)
    due = datetime.fromisoformat(draft(stage, number).json()["due_at"])
    assert timedelta(days=19) < due - datetime.now(UTC) < timedelta(days=20)
    assert act(stage, number, "withdrawal", note="it has turned up").json()["state"] == "withdrawn"


@pytest.mark.parametrize(
    ("about", "code"), [({"value_minor": -1}, "CLAIM_AMOUNT"), ({"claim": "a b"}, "CODE_NOT_ACCEPTABLE")]
)
def test_a_claim_that_can_not_be_is_refused(stage: Stage, about: dict[str, Any], code: str) -> None:
    assert draft(stage, shipped(stage), **about).json()["code"] == code


def test_claims_are_for_those_at_the_location(stage: Stage) -> None:
    stage.make_key("claims-paris", "fulfillments:read", "fulfillments:write", locations=["paris"])
    number = shipped(stage)
    assert draft(stage, number, "claims-paris").status_code == 403
    draft(stage, number)
    assert stage.call("GET", f"/v1/carrier-claims/C-{number}", "claims-paris").status_code == 403
    assert stage.call("GET", "/v1/stalled-parcels", "claims-paris").json()["items"] == []


def test_a_parcel_that_was_not_received_is_a_case_until_it_is_decided(stage: Stage) -> None:
    number = shipped(stage)
    path = f"/v1/orders/{number}/parcels/1"
    early = stage.call("POST", f"{path}/missing-parcels", json={"case": f"N-{number}"}).json()
    assert (early["code"], early["facts"]["state"]) == ("MISSING_PARCEL_STATE", "handed_over")
    stage.call("POST", f"{path}/tracking", json={"state": "delivered"})
    opened = stage.call("POST", f"{path}/missing-parcels", json={"case": f"N-{number}", "note": "not here"})
    assert (opened.status_code, opened.json()["state"]) == (200, "open")
    cases = stage.call("GET", "/v1/missing-parcels?state=open", "fulfillments:read").json()["items"]
    assert f"N-{number}" in [each["id"] for each in cases]
    decided = {"state": "rejected", "answer": "signed for by the customer"}
    assert stage.call("POST", f"/v1/missing-parcels/N-{number}/decisions", json=decided).json()["state"] == "rejected"
    again = stage.call("POST", f"/v1/missing-parcels/N-{number}/decisions", json=decided)
    assert (again.status_code, again.json()["code"]) == (409, "MISSING_PARCEL_STATE")
    assert stage.call("GET", f"/v1/orders/{number}").json()["order"]["parcels"][0]["state"] == "delivered"
    unknown = stage.call("POST", "/v1/missing-parcels/none/decisions", json=decided)
    assert unknown.status_code == 404


def test_a_claim_for_a_parcel_that_there_is_not_says_so(stage: Stage) -> None:
    body = {"claim": "C-NONE", "reason": "lost"}
    told = stage.call("POST", f"/v1/orders/{shipped(stage)}/parcels/9/carrier-claims", json=body)
    assert (told.status_code, told.json()["code"], told.json()["value"]) == (404, "PARCEL_UNKNOWN", 9)
