"""`orderline tender` at the terminal."""

from cli.conftest import Run
from orderline.core.orders.commands import AnswerPayment, CancelUnits, TenderInput
from orderline.engine.engine import Engine
from orderline.store.working import read_orders
from support.engines import assert_clean, placed
from support.shop import order_of


def test_a_deposit_is_scheduled_received_and_the_rest_asked_for(run: Run, merchant: Engine) -> None:
    assert "Nothing is open." in run("tender", "open").err
    bank = TenderInput(provider="terms", method="bank_transfer", amount_minor=4000)
    order = placed(merchant, order_of("T-1", ("TEE", 2, 2000), tenders=(bank,)))
    number = read_orders(merchant.database, [order])[order].number
    scheduling = (
        "tender",
        "schedule",
        number,
        "--pay",
        "12.5%:order",
        "--pay",
        "10.00:2027-03-01",
        "--pay",
        "rest:invoice+14",
    )
    shown = run(*scheduling)
    assert "Nothing was done" in shown.err, shown.err
    assert run(*scheduling, "--yes", "--json").json["applied"] is True
    listed = run("tender", "list", number, "--json").json["installments"]
    assert [(each["amount_minor"], each["due"]) for each in listed] == [
        (500, "order"),
        (1000, "date"),
        (2500, "invoice"),
    ]
    assert "1 Mar 2027" in (out := run("tender", "list", number).out) or "2027-03-01" in out
    [opened] = run("tender", "open", "--owner", "customer", "--json").json
    assert (opened["order_number"], opened["what"], opened["fallen_due_minor"]) == (number, "pay_installment", 500)
    assert run("tender", "receive", number, "5.00", "--bank-reference", "B-1", "--yes").status == 0
    assert "PAYMENT_KNOWN" in run("tender", "receive", number, "5.00", "--bank-reference", "B-1", "--yes").err
    assert run("tender", "call", number, "--installment", "2", "--yes").status == 0
    plan = run("tender", "plan", number, "--json").json
    assert [(each["when"], each["amount_minor"]) for each in plan["captures"]] == [("now", 1000), ("installment", 2500)]
    assert "order.schedule" in run("tender", "plan", number).out
    assert run("tender", "schedule", number, "--none", "--yes").status == 0
    assert run("tender", "schedule", number).status == 2
    assert run("tender", "schedule", number, "--pay", "much:order").status == 2
    assert_clean(merchant.database)


def test_tenders_are_added_retried_renewed_and_settled(run: Run, merchant: Engine) -> None:
    order = placed(merchant, order_of("T-2", ("TEE", 1, 2000), paid="requested"))
    known = read_orders(merchant.database, [order])[order]
    [request] = known.tenders[0].requests
    about = {"key": request.key, "kind": request.kind, "amount_minor": request.amount_minor}
    merchant.run(AnswerPayment(order=order, tender=1, declined="no_funds", **about))
    assert "declined: no_funds" in run("tender", "list", known.number).out
    assert run("tender", "retry", known.number, "1", "--yes").status == 0
    assert "PAYMENT_UNDER_WAY" in run("tender", "retry", known.number, "1", "--yes").err
    [request] = read_orders(merchant.database, [order])[order].tenders[0].requests
    about = {"key": request.key, "kind": request.kind, "amount_minor": request.amount_minor}
    merchant.run(AnswerPayment(order=order, tender=1, declined="no_funds", **about))
    adding = ("tender", "add", known.number, "20.00", "--provider", "sandbox", "--state", "captured", "--yes")
    assert run(*adding).status == 0
    assert "NOTHING_TO_DO" in run("tender", "renew", known.number, "2", "--yes").err
    merchant.run(CancelUnits(order=order, reason="changed_mind"))
    [request] = read_orders(merchant.database, [order])[order].tenders[1].requests
    about = {"key": request.key, "kind": request.kind, "amount_minor": request.amount_minor}
    merchant.run(AnswerPayment(order=order, tender=2, declined="account_closed", **about))
    assert [each["what"] for each in run("tender", "open", "--json").json] == ["resolve_decline"]
    settling = ("tender", "settle", known.number, "2", "--to", "bank", "--bank-reference", "SEPA-1", "--yes")
    assert run(*settling).status == 0
    assert read_orders(merchant.database, [order])[order].tenders[1].refunded_minor == 2000
    reversing = (
        "tender",
        "reverse",
        known.number,
        "2",
        "20.00",
        "--reference",
        "BACK-1",
        "--bank",
        "--reason",
        "closed",
    )
    assert run(*reversing).status == 0  # looked at, and not done
    assert read_orders(merchant.database, [order])[order].tenders[1].refunded_minor == 2000
    assert run(*reversing, "--yes").status == 0
    assert read_orders(merchant.database, [order])[order].tenders[1].refunded_minor == 0
    assert "NOTHING_TO_DO" in run(*reversing, "--yes").err  # told twice, it counts once
    assert run("tender", "reverse", known.number, "2", "much", "--reference", "BACK-2").status == 2
    assert_clean(merchant.database)
