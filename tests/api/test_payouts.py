"""Payouts over HTTP: listed, opened to their entries, put right; and a fault in them is found."""

from datetime import UTC, datetime

from api.stage import Stage
from orderline.core.payouts.commands import BookPayout, ReturnPayout
from orderline.core.payouts.state import PayoutSums
from orderline.engine.verifying import verify
from orderline.store.payouts import ListedEntry, mark_booked, save_entries
from support.engines import faults_of

AT = datetime(2026, 11, 20, 8, tzinfo=UTC)
PAYOUT = "stripe_payments:po_1"


def entry(name: str, kind: str, gross: int, fee: int = 0, payout: str = "po_1") -> ListedEntry:
    return ListedEntry(
        entry=name, kind=kind, gross_minor=gross, fee_minor=fee, net_minor=gross - fee, currency="EUR", occurred_at=AT,
        reference=name, payout=payout,
    )  # fmt: skip


def booked(stage: Stage) -> None:
    """A payout of one capture, less two fees."""
    database = stage.database
    entries = [entry("t1", "capture", 3_000, 59), entry("t2", "fee", -41), entry("t3", "payout", -2_900)]
    assert save_entries(database, "stripe_payments", entries, AT) == {"t1", "t2", "t3"}
    assert save_entries(database, "stripe_payments", entries, AT) == set()
    sums = PayoutSums(captured_minor=3_000, fees_minor=100, entries=3)
    assert sums.net_minor == 2_900
    stage.engine.run(
        BookPayout(
            payout=PAYOUT, provider="stripe_payments", reference="po_1", currency="EUR", amount_minor=2_900, sums=sums,
            paid_at=AT,
        )
    )  # fmt: skip
    mark_booked(database, "stripe_payments", ["t1", "t2", "t3"])


def test_a_payout_is_listed_opened_and_put_right(stage: Stage) -> None:
    booked(stage)
    [found] = stage.call("GET", "/v1/payouts").json()["items"]
    assert (found["id"], found["amount_minor"], found["sums"]["fees_minor"]) == (PAYOUT, 2_900, 100)
    path = f"/v1/payouts/{PAYOUT}"
    first = stage.call("GET", f"{path}/entries?limit=2").json()
    rest = stage.call("GET", f"{path}/entries?cursor={first['next']}").json()
    assert [each["entry"] for each in (*first["items"], *rest["items"])] == ["t1", "t2", "t3"]
    put = {"amount_minor": 41, "to": "write_off", "reason": "not worth a call"}
    corrected = stage.call("POST", f"{path}/corrections", json=put).json()
    assert [each["amount_minor"] for each in corrected["corrections"]] == [41]
    nothing = stage.call("POST", f"{path}/corrections", json=put | {"amount_minor": 0})
    assert (nothing.status_code, nothing.json()["code"]) == (422, "AMOUNT_OUT_OF_RANGE")
    assert stage.call("GET", "/v1/payouts/other").status_code == 404
    stage.engine.run(ReturnPayout(payout=PAYOUT, at=AT))
    late = stage.call("POST", f"{path}/corrections", json=put)
    assert (late.status_code, late.json()["code"]) == (409, "PAYOUT_STATE")
    accounts = stage.call("GET", "/v1/ledger/balance").json()["accounts"]
    balances = {(each["account"], each["sub"]): each["balance_minor"] for each in accounts}
    assert balances[("psp_clearing", "stripe_payments")] == -(100 + 41)
    assert sum(balances.values()) == 0
    assert faults_of(verify(stage.database)) == {}


def test_entries_that_are_not_those_of_the_books_are_a_fault(stage: Stage) -> None:
    database = stage.database
    save_entries(database, "stripe_payments", [entry("t9", "payout", -500, payout="po_2")], AT)
    stage.engine.run(
        BookPayout(
            payout="stripe_payments:po_2", provider="stripe_payments", reference="po_2", currency="EUR",
            amount_minor=500, sums=PayoutSums(entries=1), paid_at=AT,
        )
    )  # fmt: skip
    mark_booked(database, "stripe_payments", ["t9"])
    assert "payouts" not in faults_of(verify(database))
    save_entries(database, "stripe_payments", [entry("t10", "fee", -1, payout="po_2")], AT)
    mark_booked(database, "stripe_payments", ["t10"])
    [fault] = faults_of(verify(database))["payouts"]
    assert fault == "stripe_payments:po_2: other fees are in the books"
