"""EDI over HTTP: whoever may place orders of its channel takes files in, and gets what is to be sent back."""

import msgspec

from api.stage import Stage
from support.edi_texts import WAREHOUSE_PROFILE, X12_PROFILE, po_850, wsa_945, x12_850, x12_945

PROFILE = msgspec.to_builtins(X12_PROFILE)


def test_a_file_is_taken_acknowledged_and_answered(stage: Stage) -> None:
    put = stage.call("PUT", "/v1/edi-partners/buyer", json={"profile": PROFILE, "name": "Buyer"})
    assert (put.status_code, put.json()["profile"]["channel"]) == (200, "web")
    stage.make_key("edi reads", "orders:read", "settings:read")
    stage.make_key("edi shop", "orders:write", "orders:read", channels=("shop",))
    stage.make_key("edi web", "orders:write", "orders:read", channels=("web",))
    data = x12_850(1, po_850("H-1", "1*EA*20.00**VN*TEE-M"), po_850("H-2", "1*EA*20.00**VN*NONE"))
    taking = {"content": data, "headers": {"idempotency-key": "file-1"}}
    assert stage.call("POST", "/v1/edi-interchanges", "edi reads", **taking).status_code == 403
    other = stage.call("POST", "/v1/edi-interchanges", "edi shop", **taking)
    assert (other.status_code, other.json()["code"]) == (404, "EDI_PARTNER_UNKNOWN")
    stage.make_key(
        "edi store", "orders:write", "orders:read", locations=("paris",)
    )  # a buyer's file may cancel orders of others
    store = stage.call("POST", "/v1/edi-interchanges", "edi store", **taking)
    assert (store.status_code, store.json()["code"]) == (404, "EDI_PARTNER_UNKNOWN")
    large = stage.call("POST", "/v1/edi-interchanges", "edi web", content=b"x" * (4 * 1024 * 1024 + 1))
    assert (large.status_code, large.json()["code"]) == (413, "BODY_TOO_LARGE")

    [taken] = stage.call("POST", "/v1/edi-interchanges", "edi web", **taking).json()["interchanges"]
    assert [(each["number"], each["result"]) for each in taken["documents"]] == [("H-1", "taken"), ("H-2", "rejected")]
    assert "AK9*P*2*2*1~" in taken["acknowledgement"]
    [again] = stage.call("POST", "/v1/edi-interchanges", "edi web", **taking).json()["interchanges"]
    assert (again["accepted"], again["documents"][0]["result"]) == (True, "known")
    [repeat] = stage.call("POST", "/v1/edi-interchanges", "edi web", content=data).json()["interchanges"]
    assert (repeat["accepted"], repeat["faults"][0]["code"]) == (False, "REFERENCE_REPEATED")
    assert [each["reference"] for each in stage.call("GET", "/v1/edi-interchanges").json()["items"]] == ["000000001"]

    order = taken["documents"][0]["order"]
    path = f"/v1/orders/{order}/edi-documents"
    writing = {"json": {"kind": "response"}, "headers": {"idempotency-key": "said-1"}}
    assert stage.call("POST", path, "edi shop", **writing).status_code == 404
    written = stage.call("POST", path, "edi web", **writing).json()
    assert (written["kind"], "ACK*IA*1*EA~" in written["content"]) == ("855", True)
    assert stage.call("POST", path, "edi web", **writing).json() == written
    nothing = stage.call("POST", path, "edi web", json={"kind": "ship_notice", "about": "1"})
    assert (nothing.status_code, nothing.json()["code"]) == (409, "EDI_NOTHING_TO_SAY")
    asking = {"json": {"kind": "shipping_order", "about": "1"}}
    unseen = stage.call("POST", path, "edi web", **asking)
    assert (unseen.status_code, unseen.json()["code"]) == (403, "RIGHT_MISSING")
    nothing = stage.call("POST", path, **asking)
    assert (nothing.status_code, nothing.json()["code"]) == (409, "EDI_NOTHING_TO_SAY")
    canceling = {"json": {"kind": "shipping_cancellation", "about": "1"}}
    unseen = stage.call("POST", path, "edi web", **canceling)
    assert (unseen.status_code, unseen.json()["code"]) == (403, "RIGHT_MISSING")
    assert stage.call("GET", "/v1/edi-shipping-orders").json()["items"] == []
    bad = stage.call("PUT", "/v1/edi-partners/bad", json={"profile": {**PROFILE, "units": {"CA": -1}}})
    assert (bad.status_code, bad.json()["code"]) == (422, "EDI_PARTNER_NOT_ACCEPTABLE")


def test_what_a_warehouse_sent_is_told_by_those_who_may_work_on_orders(stage: Stage) -> None:
    place = {"name": "Depot", "kind": "third_party", "pool": "eu", "place": {"country": "FR"}}
    assert stage.call("PUT", "/v1/locations/depot", json=place).status_code == 200
    profile = msgspec.to_builtins(WAREHOUSE_PROFILE)
    assert stage.call("PUT", "/v1/edi-partners/depot", json={"profile": profile}).status_code == 200
    stage.make_key("edi orders", "orders:write")
    stage.make_key("edi lyon", "orders:write", "fulfillments:write", locations=("lyon",))
    stage.make_key("edi depot", "orders:write", "fulfillments:write", locations=("depot",))
    data = x12_945(1, wsa_945("SO-0-1", "W12*CC*1*1*0*EA**VN*TEE-M"))
    for key in ("edi orders", "edi lyon"):
        answer = stage.call("POST", "/v1/edi-interchanges", key, content=data)
        assert (answer.status_code, answer.json()["code"]) == (404, "EDI_PARTNER_UNKNOWN")
    [taken] = stage.call("POST", "/v1/edi-interchanges", "edi depot", content=data).json()["interchanges"]
    assert [(each["result"], each["number"]) for each in taken["documents"]] == [("rejected", "SO-0-1")]
    assert [(each["code"], each["tag"], each["element"]) for each in taken["faults"]] == [("CODE_UNKNOWN", "W06", 2)]
