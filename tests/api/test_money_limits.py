"""How much a key may move by its own word at once: every command of money at its limit, above it, and in another currency."""

from typing import Any

import pytest

from api.stage import Stage
from orderline.core.limits import MoneyLimits
from support.engines import assert_clean

BANK = {"currency": "EUR", "reference": "bank-1"}


@pytest.fixture(scope="module")
def desk(stage: Stage) -> str:
    """A key that may do a little of each; a role that may do more, and one that may not do it at all."""
    limits = {name: {"EUR": 1000} for name in MoneyLimits.__struct_fields__}
    key = {"name": "desk", "scopes": ["orders:read", "orders:write", "ledger:write"], "money": limits}
    made = stage.call("POST", "/v1/keys", json=key)
    assert made.status_code == 201, made.text
    stage.secrets["desk"] = made.json()["secret"]
    [row] = [each for each in stage.call("GET", "/v1/keys").json()["items"] if each["name"] == "desk"]
    assert row["money"] == limits
    more = {name: {"EUR": 5000} for name in limits}
    for role, about in (
        ("lead", {"name": "Team lead", "rights": ["orders:write", "ledger:write"], "money": more}),
        ("clerk", {"rights": ["orders:write"], "money": limits}),
        ("reader", {"rights": ["orders:read"]}),
        (
            "warden",
            {"rights": ["orders:write", "ledger:write", "-receive_payment", "-settle_refund", "-reverse_refund"]},
        ),
    ):
        assert stage.call("PUT", f"/v1/roles/{role}", json=about).status_code == 200
    return "desk"


def at_its_limit(stage: Stage, desk: str, path: str, limit: str, method: str = "POST", **body: Any) -> dict[str, Any]:
    """A cent above the limit it is refused, at the limit it is done; the refusal."""
    above = stage.call(method, path, desk, json=body | {"amount_minor": 1001})
    assert (above.status_code, above.json()["code"]) == (403, "MONEY_LIMIT"), above.text
    facts = above.json()["facts"]
    assert (facts["limit"], facts["allowed"], facts["currency"]) == (limit, 1000, "EUR")
    there = stage.call(method, path, desk, json=body | {"amount_minor": 1000})
    assert there.status_code in (200, 201), there.text
    return above.json()


def test_money_that_is_recorded_by_hand_is_limited(stage: Stage, desk: str) -> None:
    path = f"/v1/orders/{stage.place('limit-1', 2, tenders=[])['id']}"
    refused = at_its_limit(stage, desk, f"{path}/payments", "payments", **BANK)
    assert refused["facts"]["unblock"] == "Team lead", (
        "not who has the same limit, nor whom the operation was taken from"
    )
    assert (
        stage.call("POST", f"{path}/payments", json=BANK | {"amount_minor": 3000, "reference": "2"}).status_code == 200
    )
    assert stage.call("POST", f"{path}/cancellations", json={"reason": "changed_mind"}).status_code == 200
    refunds = f"{path}/tenders/1/settlements"
    assert stage.call("POST", refunds, desk, json={"to": "bank", "reference": "r"}).json()["code"] == "MONEY_LIMIT", (
        "all that is owed, when no amount is said"
    )
    at_its_limit(stage, desk, refunds, "refunds", to="bank", reference="out-1")
    assert stage.call("POST", refunds, json={"to": "bank", "reference": "out-2"}).status_code == 200, "without limits"
    at_its_limit(stage, desk, f"{path}/tenders/1/reversals", "refunds", reference="back-1")
    assert_clean(stage.database)


def test_credit_and_write_offs_are_limited(stage: Stage, desk: str) -> None:
    card = {"kind": "gift_card", "currency": "EUR", "why": "goodwill", "reason": "sorry"}
    refused = at_its_limit(stage, desk, "/v1/credit-accounts/limit-card", "credits", "PUT", **card)
    assert refused["facts"]["unblock"] == "Team lead, warden"
    other = stage.call("PUT", "/v1/credit-accounts/usd", desk, json=card | {"currency": "USD", "amount_minor": 1})
    assert (other.json()["code"], other.json()["facts"]["allowed"]) == ("MONEY_LIMIT", 0), (
        "other currencies are none of theirs"
    )
    stage.call("PUT", "/v1/skus", json={"skus": [{"code": "CARD", "name": "Card", "kind": "digital"}]})
    line = {"sku": "CARD", "quantity": 1, "unit_price_minor": 2000}
    order = stage.place("limit-2", 1, tenders=[], lines=[line], total_minor=2000)
    path = f"/v1/orders/{order['id']}"
    stage.make_key("debts", "ledger:write_off", money=MoneyLimits(write_offs={"EUR": 1000}))
    stage.call("POST", f"{path}/invoices")
    at_its_limit(stage, "debts", f"{path}/bad-debts", "write_offs", reason="insolvent")
    assert_clean(stage.database)
