"""Returns over HTTP: by the policy of the day of the sale, through every step, with books that balance."""

from typing import Any

from api.stage import Stage
from orderline.core.orders.commands import (
    AcceptFulfillment,
    AllocateUnits,
    Allotment,
    AnswerPayment,
    PackUnits,
    ParcelInput,
    PickUnits,
    ShipParcels,
    TrackParcel,
)
from orderline.core.orders.state import LineQuantity
from orderline.core.stock.commands import AdjustStock, PutSkus
from orderline.core.stock.state import Sku, SkuKind
from orderline.engine.verifying.verify import verify
from orderline.store.working import read_orders
from orderline.values.ids import OrderId
from support.engines import assert_clean, faults_of, order_id_of

POLICY = """
kind = "returns"
to = { "*" = "lyon" }

[[rule]]
name = "worn shirts"
skus = ["TEE-*"]
when = "line.unit_price_minor >= 1000"
window_days = 60
refund_at = "graded"
fee_minor = 150
deducted_ppm = { worn = 200000 }
dispositions = { worn = "donate" }
exempt = true
"""


def delivered(stage: Stage, name: str, quantity: int = 2, **about: Any) -> OrderId:
    stage.engine.run(AdjustStock(sku="TEE-M", location="lyon", quantity=quantity, reason="received"))
    total = 2000 * quantity
    placed = stage.call(
        "POST",
        "/v1/orders",
        json={
            "channel": "web", "external_id": name, "currency": "EUR", "total_minor": total,
            "groups": [{"address": {"name": "Ann Lee", "lines": ["1 Rue"], "city": "Lyon", "postal_code": "69001",
                                    "country": "FR"}}],
            "lines": [{"sku": "TEE-M", "quantity": quantity, "unit_price_minor": 2000}],
            "tenders": [{"provider": "sandbox", "method": "card", "amount_minor": total, "state": "captured"}],
            **about,
        },
    )  # fmt: skip
    order = order_id_of(placed.content)
    items = (LineQuantity(1, quantity),)
    for command in (
        AllocateUnits(order=order, group=1, allotments=(Allotment(1, "eu", "lyon", quantity),)),
        AcceptFulfillment(order=order, fulfillment=1),
        PickUnits(order=order, fulfillment=1, lines=items),
        PackUnits(order=order, fulfillment=1, parcels=(ParcelInput(items=items),)),
        ShipParcels(order=order, fulfillment=1, carrier="post"),
        TrackParcel(order=order, parcel=1, state="delivered"),
    ):
        stage.engine.run(command)
    return order


def ask(stage: Stage, order: OrderId, path: str = "", key: str = "admin", **body: Any) -> Any:
    return stage.call("POST", f"/v1/orders/{order}/returns{path}", key, json=body)


def test_a_return_goes_by_the_policy_of_the_day_of_the_sale(stage: Stage) -> None:
    before = delivered(stage, "R-0")
    assert stage.call("PUT", "/v1/policies/shirts", json={"text": POLICY}).status_code == 200
    assert stage.call("POST", "/v1/policies/shirts/activations", json={"policy_version": 1}).status_code == 200
    order = delivered(stage, "R-1")
    wanted: dict[str, Any] = {"lines": [{"line": 1, "quantity": 2, "reason": "too_small"}]}
    old = ask(stage, before, "/quotes", **wanted).json()
    assert old["opened"]["items"][0]["terms"]["rule"] == "built-in"
    quote = ask(stage, order, "/quotes", **wanted).json()
    assert quote["opened"]["items"][0]["terms"]["rule"] == "shirts@1 worn shirts"
    assert quote["credit"]["total_minor"] == 3850
    assert read_orders(stage.database, [order])[order].returns == ()

    opened = ask(stage, order, **wanted).json()
    assert opened["next_step"]["what"] == "send_return"
    assert opened["status"]["returns"] == "requested"
    sent = ask(stage, order, "/1/dispatches", carrier="post", tracking_number="RT-1").json()
    assert sent["status"]["returns"] == "in_transit"
    [row] = stage.call("GET", "/v1/returns?tracking_number=RT-1").json()["items"]
    assert (row["sku"], row["custody"], row["location"]) == ("TEE-M", "in_transit", "lyon")
    receipt: dict[str, Any] = {"receipt": "dock-1", "location": "lyon", "items": [{"item": 1, "quantity": 2}]}
    assert ask(stage, order, "/1/receipts", **receipt).json()["next_step"]["what"] == "grade_return"
    assert ask(stage, order, "/1/receipts", **receipt).status_code == 200
    graded = [{"item": 1, "quantity": 1, "grade": "as_new"}, {"item": 1, "quantity": 1, "grade": "worn"}]
    assert ask(stage, order, "/1/grades", graded=graded).json()["next_step"]["what"] == "refund_payment"
    assert ask(stage, order, "/1/dispositions").status_code == 200
    found = read_orders(stage.database, [order])[order]
    # 2 x 20.00 less a fee for each of the two items, and a fifth of the worn shirt
    assert sum(credit.total_minor for credit in found.credits) == 4000 - 2 * 150 - 400
    [request] = found.tenders[0].requests
    stage.engine.run(
        AnswerPayment(
            order=order, tender=1, key=request.key, kind=request.kind, amount_minor=request.amount_minor, reference="x"
        )
    )
    assert read_orders(stage.database, [order])[order].tenders[0].refunded_minor == 3300
    assert_clean(stage.database)


def test_what_is_wrong_is_told_and_changes_nothing(stage: Stage) -> None:
    order = delivered(stage, "R-2", quantity=1)
    refused = ask(stage, order, lines=[{"line": 1, "quantity": 2, "reason": "late"}])
    assert (refused.status_code, refused.json()["code"]) == (409, "RETURN_QUANTITY")
    assert refused.json()["facts"]["available"] == 1
    unknown = ask(stage, order, lines=[{"line": 1, "quantity": 1, "reason": "because"}]).json()
    assert (unknown["code"], unknown["field"]) == ("RETURN_REASON_UNKNOWN", "lines[0].reason")
    assert ask(stage, order, "/1/approvals").json()["code"] == "RETURN_UNKNOWN"
    assert ask(stage, order, "/x/approvals").status_code == 404
    elsewhere: dict[str, Any] = {"receipt": "r", "location": "nowhere", "items": [{"line": 1, "quantity": 1}]}
    assert ask(stage, order, "/receipts", **elsewhere).json()["code"] == "LOCATION_UNKNOWN"
    wrong = stage.call("PUT", "/v1/policies/bad", json={"text": 'kind = "returns"\n[[rule]]\nname = "a"\nwhen = "x +"'})
    assert wrong.json()["code"] == "POLICY_INVALID"
    assert wrong.json()["facts"]["line"] == 4
    assert read_orders(stage.database, [order])[order].returns == ()
    assert_clean(stage.database)


def test_an_exchange_is_set_aside_held_and_settled_in_the_same_order(stage: Stage) -> None:
    order = delivered(stage, "R-X")
    stage.engine.run(AdjustStock(sku="TEE-L", location="lyon", quantity=1, reason="received"))
    wanted: dict[str, Any] = {
        "lines": [{"line": 1, "quantity": 1, "reason": "wrong_item"}],
        "exchange": {"lines": [{"sku": "TEE-L", "quantity": 1, "unit_price_minor": 1500}]},
    }
    quote = ask(stage, order, "/quotes", **wanted).json()
    assert (quote["credit"]["total_minor"], quote["instead_minor"], quote["balance_minor"]) == (2000, 1500, -500)
    assert ask(stage, order, **wanted).status_code in (200, 201)
    waits = read_orders(stage.database, [order])[order]
    assert (waits.lines[1].units.pooled, [hold.type for hold in waits.holds]) == (1, ["exchange"])
    both: dict[str, Any] = {**wanted, "destination": "store_credit"}
    assert ask(stage, order, **both).json()["code"] == "RETURN_EXCHANGE"
    came = {"receipt": "x-1", "location": "lyon", "items": [{"item": 1, "quantity": 1, "grade": "as_new"}]}
    assert ask(stage, order, "/1/receipts", **came).status_code in (200, 201)
    settled = read_orders(stage.database, [order])[order]
    assert not settled.holds
    [refund] = [request for tender in settled.tenders for request in tender.requests]
    assert (refund.kind, refund.amount_minor) == ("refund", 500)
    assert_clean(stage.database)


def test_an_exchange_that_is_withdrawn_gives_its_stock_back(stage: Stage) -> None:
    order = delivered(stage, "R-Y")
    stage.engine.run(AdjustStock(sku="TEE-L", location="lyon", quantity=1, reason="received"))
    even = {"lines": [{"sku": "TEE-L", "quantity": 1}]}
    lines = [{"line": 1, "quantity": 1, "reason": "wrong_item"}]
    assert ask(stage, order, lines=lines, exchange=even).status_code in (200, 201)
    assert ask(stage, order, lines=lines, exchange=even).json()["code"] == "STOCK_NOT_AVAILABLE"
    assert ask(stage, order, "/1/withdrawals").status_code in (200, 201)
    assert read_orders(stage.database, [order])[order].lines[1].units.canceled == 1
    assert ask(stage, order, lines=lines, exchange=even).status_code in (200, 201)
    assert_clean(stage.database)


def test_a_claim_is_looked_at_and_the_goods_are_kept(stage: Stage) -> None:
    order = delivered(stage, "R-C")
    photo = {"title": "the dent", "url": "https://example.com/dent.jpg"}
    lines = [{"line": 1, "quantity": 1, "reason": "damaged", "photos": [photo]}]
    assert ask(stage, order, lines=lines, parcel=7).json()["code"] == "PARCEL_UNKNOWN"
    assert ask(stage, order, lines=lines, parcel=1).status_code in (200, 201)
    [returned] = read_orders(stage.database, [order])[order].returns
    assert (returned.claimed, returned.items[0].custody, returned.items[0].terms.keep) == (1, "approved", False)
    assert ask(stage, order, "/1/credits", keep=True, reason="photos show it").status_code in (200, 201)
    [returned] = read_orders(stage.database, [order])[order].returns
    assert (returned.items[0].terms.keep, returned.items[0].money) == (True, "credited")
    assert_clean(stage.database)


def test_the_list_says_what_is_to_be_thought_of_goods_and_money(stage: Stage) -> None:
    order = delivered(stage, "R-K")
    lines = [{"line": 1, "quantity": 1, "reason": "wrong_item"}]
    assert ask(stage, order, lines=lines).status_code in (200, 201)
    assert ask(stage, order, "/1/credits", reason="ahead").status_code in (200, 201)
    found = stage.call("GET", "/v1/returns?custody=approved&money=credited&limit=200").json()["items"]
    assert [row["concern"] for row in found if row["order"] == str(order)] == ["watch"]
    assert_clean(stage.database)


SERIAL = """
kind = "returns"

[[rule]]
name = "sends much back"
when = "customer.returned_units >= 2 && customer.returned_orders >= 1 && customer.orders >= 1"
refund_at = "graded"
"""


def test_rules_ask_what_a_customer_has_sent_back_before(stage: Stage) -> None:
    assert stage.call("PUT", "/v1/policies/aaa", json={"text": SERIAL}).status_code == 200
    assert stage.call("POST", "/v1/policies/aaa/activations", json={"policy_version": 1}).status_code == 200
    wanted: dict[str, Any] = {"lines": [{"line": 1, "quantity": 2, "reason": "wrong_item"}]}

    def rule(order: OrderId) -> str:
        return ask(stage, order, "/quotes", **wanted).json()["opened"]["items"][0]["terms"]["rule"]

    first, second, other = (
        delivered(stage, name, customer={"name": "A", "email": email})
        for name, email in (("S-1", "a@example.com"), ("S-2", "A@example.com"), ("S-3", "b@example.com"))
    )
    assert rule(second).endswith("built-in")
    assert ask(stage, first, **wanted).status_code in (200, 201)
    assert "sends much back" in rule(second)
    assert rule(other).endswith("built-in")
    assert ask(stage, first, "/1/withdrawals").status_code in (200, 201)
    assert rule(second).endswith("built-in")


def test_goods_that_are_not_taken_go_back_to_the_customer(stage: Stage) -> None:
    assert stage.call("PUT", "/v1/policies/aa", json={"text": POLICY}).status_code == 200
    assert stage.call("POST", "/v1/policies/aa/activations", json={"policy_version": 1}).status_code == 200
    order = delivered(stage, "R-B")
    assert ask(stage, order, lines=[{"line": 1, "quantity": 2, "reason": "too_small"}]).status_code in (200, 201)
    came: dict[str, Any] = {"receipt": "b-1", "location": "lyon", "items": [{"item": 1, "quantity": 2}]}
    assert ask(stage, order, "/1/receipts", **came).status_code == 200
    refused = ask(stage, order, "/1/sendings-back", sent=[{"item": 1, "quantity": 1}]).json()
    assert (refused["code"], refused["facts"]["money"]) == ("RETURN_NOT_SENDABLE", "not_due")
    assert ask(stage, order, "/1/denials", reason="washed").json()["next_step"]["what"] == "grade_return"
    sent = ask(stage, order, "/1/sendings-back", carrier="post", tracking_number="B-77", reason="not taken")
    assert sent.json()["next_step"]["what"] == "deliver"
    [row] = stage.call("GET", "/v1/returns?custody=sent_back").json()["items"]
    assert (row["money"], row["quantity"]) == ("denied", 2)
    assert_clean(stage.database)
    stage.engine.run(TrackParcel(order=order, parcel=2, state="delivered"))
    found = read_orders(stage.database, [order])[order]
    assert (found.lines[0].units.delivered, found.parcels[1].tracking_number, found.credits) == (2, "B-77", ())
    assert_clean(stage.database)


def quality(stage: Stage) -> int:
    [level] = stage.call("GET", "/v1/stock?sku=TEE-M&location=lyon").json()["items"]
    return level["quality_control"]


def test_goods_are_repaired_for_a_price_and_go_back(stage: Stage) -> None:
    stage.engine.run(PutSkus(skus=(Sku("REPAIR", "Repair", kind=SkuKind.SERVICE),)))
    order = delivered(stage, "R-F", quantity=1)
    before = quality(stage)
    wanted = [{"line": 1, "quantity": 1, "reason": "defective"}]
    quote = ask(stage, order, "/quotes", lines=wanted, repair=True).json()
    assert quote["credit"]["total_minor"] == 0
    assert quote["opened"]["items"][0]["terms"]["warranty_by"] > "2026"
    assert ask(stage, order, lines=wanted, repair=True).json()["next_step"]["what"] == "send_return"
    came: dict[str, Any] = {"receipt": "f-1", "location": "lyon", "items": [{"item": 1, "quantity": 1}]}
    assert ask(stage, order, "/1/receipts", **came).json()["next_step"]["what"] == "assess_return"
    seen = {"item": 1, "quantity": 1, "finding": "repairable", "sku": "REPAIR", "price_minor": 4900}
    assert ask(stage, order, "/1/assessments", assessed=[seen]).json()["code"] == "RETURN_COVERED"
    told = ask(stage, order, "/1/assessments", assessed=[{**seen, "covered": False, "note": "fell"}]).json()
    assert (told["next_step"]["what"], told["next_step"]["owner"]) == ("answer_repair_quote", "customer")
    [row] = stage.call("GET", "/v1/returns?custody=quoted").json()["items"]
    assert (row["sku"], row["location"], row["money"]) == ("TEE-M", "lyon", "not_due")
    assert quality(stage) == before  # it is the customer's, and on no shelf
    assert_clean(stage.database)
    pays = {"provider": "sandbox", "token": "tok", "amount_minor": 4900, "state": "authorized"}
    said = ask(stage, order, "/1/quote-answers", accept=True, reason="Ann by phone", tenders=[pays])
    assert said.status_code == 200, said.json()
    assert_clean(stage.database)
    assert ask(stage, order, "/1/repairs", note="new seam").status_code == 200
    done = read_orders(stage.database, [order])[order]
    assert (done.lines[1].units.delivered, done.agreement.total_minor) == (1, 6900)
    sent = ask(stage, order, "/1/sendings-back", carrier="post", tracking_number="F-1")
    assert sent.status_code == 200, sent.json()
    assert_clean(stage.database)
    stage.engine.run(TrackParcel(order=order, parcel=2, state="delivered"))
    found = read_orders(stage.database, [order])[order]
    assert (found.lines[0].units.delivered, found.credits) == (1, ())
    assert quality(stage) == before
    assert_clean(stage.database)


def test_a_repair_that_the_ledger_does_not_know_of_is_found(stage: Stage) -> None:
    order = delivered(stage, "R-V", quantity=1)
    assert ask(stage, order, lines=[{"line": 1, "quantity": 1, "reason": "defective"}], repair=True).status_code < 300
    came: dict[str, Any] = {"receipt": "v-1", "location": "lyon", "items": [{"item": 1, "quantity": 1}]}
    assert ask(stage, order, "/1/receipts", **came).status_code == 200
    assert_clean(stage.database)
    moved = "UPDATE stock_entries SET target = %s WHERE cause = %s AND target = %s"
    cause = f"return:{order}:1"
    with stage.database.connection() as connection:
        assert connection.execute(moved, ("adjustment", cause, "in_service")).rowcount == 1
    assert "repairs" in faults_of(verify(stage.database))
    with stage.database.connection() as connection:
        connection.execute(moved, ("in_service", cause, "adjustment"))
    assert_clean(stage.database)
