"""What is known of people is told to them, and erased from orders at their end; nothing else of an order changes."""

from typing import Any
from uuid import UUID

from api.stage import ADDRESS, Stage
from orderline.core.disputes.commands import TellDispute
from orderline.core.disputes.state import DisputeStage
from orderline.core.orders.commands import CloseOrder
from orderline.engine.verifying.verify import verify
from orderline.values.ids import OrderId
from support.engines import assert_clean, faults_of

SECRETS = ("Cleo Marlow", "cleo@example.com", "7 Rue du Bac", "+33 6 12 34 56 78")
CUSTOMER = {"name": SECRETS[0], "email": SECRETS[1], "phone": SECRETS[3]}
HOME = {**ADDRESS, "name": SECRETS[0], "lines": [SECRETS[2]]}


def placed(stage: Stage, external_id: str, *, over: bool, **changes: Any) -> dict[str, Any]:
    """An order of Cleo's, unless changed; canceled as a whole when it is over."""
    about: dict[str, Any] = {"customer": CUSTOMER, "groups": [{"address": HOME, "email": SECRETS[1]}]} | changes
    made = stage.place(external_id, **about)
    if over:
        answer = stage.call("POST", f"/v1/orders/{made['number']}/cancellations", json={"reason": "changed my mind"})
        assert answer.status_code == 200, answer.text
    return made


def everything(stage: Stage) -> str:
    """All that the tables of orders hold, as text."""
    tables = ("orders", "journal", "people", "outbox", "label_documents", "commands", "inbox")
    return "".join(
        str(stage.database.rows(f"SELECT t::text FROM {table} AS t WHERE cell = %(cell)s")) for table in tables
    )


def test_a_person_is_told_and_erased_wherever_an_order_is_over(stage: Stage) -> None:
    gift = {"customer": {"name": "Bob Ray", "email": "bob@example.com"}}
    over, open_ = placed(stage, "p-1", over=True), placed(stage, "p-2", over=False)
    comes = placed(stage, "p-3", over=True, **gift)
    told = stage.call("POST", "/v1/people/exports", json={"email": "CLEO@example.com"}).json()
    assert [each["order"]["number"] for each in told["orders"]] == [over["number"], open_["number"]]
    assert SECRETS[2] in str(told["orders"][0]["people"])
    assert told["comes_to"] == []  # the first recipient is the customer, who was Bob

    asked = {"email": SECRETS[1], "reason": "asked for it on the phone"}
    verdicts = stage.call("POST", "/v1/people/erasures", json=asked).json()
    by_code = {each.get("code", ""): each for each in verdicts["items"]}
    assert verdicts["refused"] == 1
    assert by_code["ORDER_NOT_DONE"]["problem"]["value"] == open_["number"]
    shown = stage.call("GET", f"/v1/orders/{over['number']}").json()
    assert not any(secret in str(shown) for secret in SECRETS)
    assert shown["order"]["agreements"][0]["groups"][0]["place"]["city"] == "Lyon"
    assert "asked for it on the phone" in str(shown["timeline"])

    again = stage.call("POST", f"/v1/orders/{over['number']}/erasures", json={})
    assert again.json()["code"] == "NOTHING_TO_DO"
    stage.call("POST", f"/v1/orders/{open_['number']}/cancellations", json={"reason": "all of it"})
    assert stage.call("POST", "/v1/people/erasures", json=asked).json()["refused"] == 0
    stage.call("POST", f"/v1/orders/{comes['number']}/erasures", json={})
    assert not any(secret in everything(stage) for secret in SECRETS)
    assert stage.call("POST", "/v1/people/exports", json={"email": SECRETS[1]}).json()["orders"] == []
    assert_clean(stage.database)


def test_a_recipient_is_erased_without_the_customer(stage: Stage) -> None:
    groups = [
        {"group": 1, "address": {**ADDRESS, "name": "Bob Ray"}, "email": "bob2@example.com"},
        {"group": 2, "address": {**HOME, "name": "Dana Lund"}, "email": "dana@example.com"},
    ]
    lines = [{"sku": "TEE-M", "quantity": 1, "unit_price_minor": 1000, "group": each} for each in (1, 2)]
    customer = {"name": "Bob Ray", "email": "bob2@example.com"}
    made = placed(stage, "p-4", over=True, customer=customer, groups=groups, lines=lines, total_minor=2000)
    told = stage.call("POST", "/v1/people/exports", json={"email": "dana@example.com"}).json()
    assert told["orders"] == []
    assert [each["number"] for each in told["comes_to"]] == [made["number"]]
    assert stage.call("POST", "/v1/people/erasures", json={"email": "dana@example.com"}).json()["accepted"] == 1
    people = str(stage.call("GET", f"/v1/orders/{made['number']}").json()["people"])
    assert "Dana" not in people
    assert "Bob Ray" in people
    assert_clean(stage.database)


def test_erasing_a_person_leaves_books_documents_and_the_chain_as_they_were(stage: Stage) -> None:
    """Money that was paid, invoiced, given back and fought over stays provable when nobody knows whose it was."""
    tax = [{"name": "VAT", "amount_minor": 200, "rate_ppm": 200_000}]
    line = {"sku": "CARD", "quantity": 2, "unit_price_minor": 600, "taxes": tax}
    tender = {"provider": "sandbox", "amount_minor": 1200, "state": "captured", "token": "tok"}
    made = placed(
        stage, "p-7", over=False, lines=[line], total_minor=1200, taxes_included=True, tenders=[tender],
    )  # fmt: skip
    path = f"/v1/orders/{made['number']}"
    issued = stage.call("POST", f"{path}/invoices")
    assert issued.status_code == 200, issued.text
    invoice = issued.json()
    id_ = OrderId(UUID(made["id"]))
    stage.engine.run(
        TellDispute(order=id_, tender=1, reference="dp-7", stage=DisputeStage.LOST, amount_minor=1200, reason="fraud")
    )
    stage.engine.run(CloseOrder(order=id_))
    before, chain = proof(stage, made["id"])
    sheet = stage.call("GET", f"/v1/documents/{invoice['id']}/paper").content
    assert stage.call("POST", f"{path}/erasures", json={}).status_code == 200

    after, longer = proof(stage, made["id"])
    assert after == before
    assert longer[: len(chain)] == chain
    assert len(longer) == len(chain) + 1  # the erasure stands in the journal, too
    assert not any(secret in everything(stage) for secret in SECRETS)
    again = stage.call("GET", f"/v1/documents/{invoice['id']}/paper")
    assert again.status_code == 200
    assert again.content != sheet  # it names nobody any more
    assert_clean(stage.database)


def proof(stage: Stage, order: str) -> tuple[list[Any], list[Any]]:
    """What the ledger and the documents hold of an order, and the hashes of its journal."""
    about = {"order": order}
    postings = stage.database.rows(
        "SELECT seq, n, entity, account, sub, cause, currency, amount_minor, base_minor, document FROM postings"
        " WHERE cell = %(cell)s AND source = %(order)s ORDER BY seq, n",
        about,
    )
    documents = stage.database.rows(
        "SELECT id, version, body FROM records WHERE cell = %(cell)s AND kind = 'document' AND strpos(body, %(order)s) > 0",
        about,
    )
    chain = stage.database.rows(
        "SELECT seq, hash FROM journal WHERE cell = %(cell)s AND order_id = %(order)s::uuid ORDER BY seq", about
    )
    assert postings
    assert documents
    return [postings, documents], chain


def test_people_are_for_the_administrator_alone(stage: Stage) -> None:
    stage.make_key("reader", "people:read", "orders:read", "orders:write")
    stage.make_key("one-channel", "admin", channels=("web",))
    made = placed(stage, "p-5", over=True)
    for path in ("/v1/people/exports", "/v1/people/erasures"):
        assert stage.call("POST", path, "reader", json={"email": SECRETS[1]}).status_code == 403
        assert stage.call("POST", path, "one-channel", json={"email": SECRETS[1]}).status_code == 403
    assert stage.call("POST", f"/v1/orders/{made['number']}/erasures", "reader", json={}).status_code == 403
    unknown = {"people": ["01890000-0000-7000-8000-000000000000"]}
    answer = stage.call("POST", f"/v1/orders/{made['number']}/erasures", json=unknown)
    assert (answer.status_code, answer.json()["code"]) == (404, "PERSON_UNKNOWN")
    assert answer.json()["field"] == "people[0]"


def test_verify_finds_who_was_not_erased_and_who_was_erased_by_hand(stage: Stage) -> None:
    made = placed(stage, "p-6", over=True)
    stage.call("POST", f"/v1/orders/{made['number']}/erasures", json={})
    put_back = "UPDATE people SET name = 'Cleo' WHERE cell = %(cell)s AND order_id = %(order)s RETURNING 1"
    assert stage.database.rows(put_back, {"order": made["id"]})
    assert faults_of(verify(stage.database)).keys() == {"people"}
    by_hand = "UPDATE people SET name = '', erased_at = NULL WHERE cell = %(cell)s AND order_id = %(order)s RETURNING 1"
    assert stage.database.rows(by_hand, {"order": made["id"]})
    assert faults_of(verify(stage.database)).keys() == {"people"}
