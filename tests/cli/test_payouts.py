"""`orderline payout`: what was paid out, at the terminal."""

from datetime import UTC, datetime

from cli.conftest import Run
from orderline.core.payouts.commands import BookPayout
from orderline.core.payouts.state import PayoutExchange, PayoutSums
from orderline.engine.engine import Engine


def test_payouts_are_listed_shown_and_put_right(run: Run, merchant: Engine) -> None:
    assert "There is no such payout." in run("payout", "list").err
    sums = PayoutSums(captured_minor=3_000, other_minor=-250, fees_minor=59)
    merchant.run(
        BookPayout(
            payout="stripe_payments:po_1", provider="stripe_payments", reference="po_1", currency="EUR",
            amount_minor=2_691, sums=sums, paid_at=datetime(2026, 11, 20, tzinfo=UTC), exchanged=(
                PayoutExchange(currency="GBP", original_minor=2_000, amount_minor=2_300, rate="1.15", fees_minor=10),
            ),
        )
    )  # fmt: skip
    listed = run("payout", "list", "--provider", "stripe_payments").out
    assert "26.91 EUR" in listed
    assert "20.00 GBP" in listed
    assert "0.59 EUR" in listed
    asked = ("payout", "correct", "stripe_payments:po_1", "2.50", "EUR", "--to", "fees", "--reason", "a fine")
    assert run(*asked, "--json").json["applied"] is False
    assert run(*asked, "--yes").status == 0
    shown = run("payout", "show", "stripe_payments:po_1")
    assert "captured 30.00 EUR, other -2.50 EUR, fees -0.59 EUR" in shown.err
    assert "2.50 EUR to fees" in shown.err
    assert "20.00 GBP exchanged into 23.00 EUR at 1.15, after fees of 0.10 GBP" in shown.err
    found = run("payout", "show", "stripe_payments:po_1", "--json").json
    in_pounds = ("payout", "correct", "stripe_payments:po_1", "0.05", "GBP", "--to", "write_off", "--reason", "rounded")
    assert run(*in_pounds, "--yes").status == 0
    assert "0.05 GBP to write off" in run("payout", "show", "stripe_payments:po_1").err
    assert (len(found["payout"]["corrections"]), found["entries"]) == (1, [])
    assert "PAYOUT_UNKNOWN" in run("payout", "show", "none", "--json").err
    assert run(*asked[:4], "USD", *asked[5:], "--yes").status == 2
