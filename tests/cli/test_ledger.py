"""`orderline ledger`, `orderline documents`, `orderline entity`: the books and papers at the terminal."""

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cli.conftest import Run
from orderline.core.entities.commands import PutEntity
from orderline.core.entities.state import LegalEntity
from orderline.core.ledger.state import Account
from orderline.core.orders.commands import CustomerInput, GroupInput, LineInput, PlaceOrder, TenderInput
from orderline.core.stock.commands import PutChannel, PutSkus
from orderline.core.stock.state import Channel, Sku, SkuKind
from orderline.engine.engine import Engine
from support.shop import HOME


def sell_file(merchant: Engine, **about: Any) -> None:
    """Order SO-1001: a file for 9.00 EUR, delivered at once, and paid for unless it has no tenders."""
    merchant.run(PutSkus(skus=(Sku("FILE", "A file", kind=SkuKind.DIGITAL),)))
    told: dict[str, Any] = {
        "channel": "web", "external_id": "A-1", "currency": "EUR", "total_minor": 900, "groups": (GroupInput(),),
        "customer": CustomerInput(name="Ann Lee"), "lines": (LineInput(sku="FILE", quantity=1, unit_price_minor=900),),
        "tenders": (TenderInput(provider="sandbox", amount_minor=900, state="captured"),),
    }  # fmt: skip
    merchant.run(PlaceOrder(**(told | about)))


def test_the_books_and_papers_of_an_order_are_read_and_printed(run: Run, merchant: Engine, tmp_path: Path) -> None:
    sell_file(merchant)
    assert "Nothing was posted in the books of other" in run("ledger", "balance", "--entity", "other").err
    told = run("ledger", "reconcile")
    assert "paid not shipped" in told.out
    assert "9.00 EUR" in told.out
    assert run("documents", "issue", "SO-1001").err == "Issued INV-2026-000001.\n"
    days = tmp_path / "days.csv"
    assert "No order's money is open." in run("ledger", "reconcile", "--csv", str(days)).err
    head, row = days.read_text().splitlines()
    assert dict(zip(head.split(","), row.split(","), strict=True)).items() >= {
        "channel": "web", "provider": "sandbox", "currency": "EUR", "paid_minor": "900", "shipped_minor": "900",
        "open_minor": "0", "collected_minor": "0",
    }.items()  # fmt: skip
    found = run("ledger", "reconcile", "--until", "2020-01-31", "--json").json
    assert found == {"days": [], "open_orders": [], "payment_differences": []}
    assert "NOTHING_TO_INVOICE" in run("documents", "issue", "SO-1001").err
    balance = run("ledger", "balance")
    assert "psp_clearing/sandbox" in balance.out
    assert "EUR: 27.00 EUR debit, 27.00 EUR credit, even." in balance.err
    assert [each["amount_minor"] for each in run("ledger", "account", "deposits", "--json").json["items"]] == [
        -900,
        900,
    ]
    assert "There is no account" in run("ledger", "account", "petty_cash").err
    assert "deposit applied" in run("ledger", "order", "SO-1001").out
    assert "INV-2026-000001" in run("documents", "list", "--order", "SO-1001").out
    assert "total 9.00 EUR" in run("documents", "show", "INV-2026-000001").err
    file = tmp_path / "invoice.pdf"
    assert run("documents", "print", "INV-2026-000001", str(file)).status == 0
    assert file.read_bytes()[:5] == b"%PDF-"
    assert "DOCUMENT_LACKS" in run("documents", "print", "INV-2026-000001", str(file), "--as", "ubl").err
    assert "There is no document" in run("documents", "show", "INV-1").err
    chart = tmp_path / "chart.toml"
    accounts = "".join(f'{account} = "K-{account}"\n' for account in Account)
    chart.write_text(f'kind = "chart"\n[accounts]\n{accounts}"psp_clearing/sandbox" = "1361"\n')
    journal = tmp_path / "journal.csv"
    export = ("ledger", "export", str(journal), "--since", "2020-01-01", "--until", "2099-12-31")
    assert "No chart of accounts holds" in run(*export).err
    assert run("policy", "put", "books", str(chart)).status == 0
    assert run("policy", "activate", "books", "1").status == 0
    assert run(*export).status == 0
    with journal.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["account"], row["debit"], row["credit"]) for row in rows] == [
        ("1361", "9.00", ""), ("K-deposits", "", "9.00"), ("K-receivable", "9.00", ""), ("K-revenue_goods", "", "9.00"),
        ("K-deposits", "9.00", ""), ("K-receivable", "", "9.00"),
    ]  # fmt: skip


def test_an_invoice_is_written_for_machines(run: Run, merchant: Engine, tmp_path: Path) -> None:
    entity = LegalEntity(code="fr", name="Shirts SARL", country="FR", vat_id="FR40303265045")
    merchant.run(PutEntity(entity=entity))
    merchant.run(PutChannel(channel=Channel("fr", "France", ("eu",), entity="fr")))
    sell_file(merchant, channel="fr", groups=(GroupInput(address=HOME),))
    assert run("documents", "issue", "SO-1001").err == "Issued INV-2026-000001.\n"
    for form, begins in (("pdf", b"%PDF-"), ("factur-x", b"%PDF-"), ("ubl", b"<?xml"), ("cii", b"<?xml")):
        file = tmp_path / form
        assert run("documents", "print", "INV-2026-000001", str(file), "--entity", "fr", "--as", form).status == 0
        assert file.read_bytes()[:5] == begins


def test_a_small_difference_and_a_bad_debt_are_written_off(run: Run, merchant: Engine) -> None:
    sell_file(merchant, tenders=())
    write_off = ("ledger", "write-off", "SO-1001")
    assert "WRITE_OFF_AMOUNT" in run(*write_off, "0.03", "--reason", "rounded").err
    run("documents", "issue", "SO-1001")
    assert run(*write_off, "0.03", "--reason", "rounded").err == (
        "0.03 of SO-1001 is written off; 8.97 EUR is owed of it.\n"
    )
    assert "WRITE_OFF_LIMIT" in run(*write_off, "2", "--reason", "rounded").err
    assert run(*write_off, "8.97", "--as", "bad_debt", "--reason", "insolvent").status == 0
    recovered = run(*write_off, "5", "--as", "bad_debt", "--recover", "--reason", "paid", "--json").json
    assert {"account": "receivable", "amount_minor": 500, "base_minor": 500} in recovered["balances"]
    assert "written off" in run("ledger", "order", "SO-1001").out
    assert "(insolvent)" in run("order", "show", "SO-1001").out


def test_entities_and_rates_are_put_and_listed(run: Run, merchant: Engine, tmp_path: Path) -> None:
    file = tmp_path / "fr.json"
    file.write_text('{"code": "fr", "name": "Shirts SARL", "currency": "EUR"}')
    assert "1 change in 1 entity" in run("entity", "put", str(file), "--yes").err
    assert "Shirts SARL" in run("entity", "list").out
    assert run("ledger", "rates", "USD", "EUR", "0.92", "--day", "2026-11-01", "--json").json["items"] == [
        {"code": "USD/EUR", "days": [{"day": "2026-11-01", "rate": "0.92"}]}
    ]
    assert "RATE_NOT_ACCEPTABLE" in run("ledger", "rates", "USD", "EUR", "0").err
    assert "Give CURRENCY" in run("ledger", "rates", "USD").err


def test_what_is_open_in_a_foreign_currency_is_shown_and_a_month_is_closed(run: Run, merchant: Engine) -> None:
    assert "Nothing in a foreign currency is open" in run("ledger", "revaluation", "2026-10").err
    merchant.run(PutEntity(entity=LegalEntity(code="main", currency="USD")))
    sell_file(merchant)
    month = f"{datetime.now(UTC):%Y-%m}"
    assert "no rate" in run("ledger", "revaluation", month).out
    assert run("ledger", "rates", "EUR", "USD", "1.10").status == 0
    told = run("ledger", "revaluation", month)
    assert "9.90 USD" in told.out
    assert "Closing the month posts it." in told.err
    assert run("ledger", "revaluation", month, "--json").json["positions"][0]["difference_minor"] == 990
    assert "PERIOD_NOT_OVER" in run("ledger", "close", month, "--json").err
    assert "2026-01 of main is closed." in run("ledger", "close", "2026-01", "--no-revalue").err


def test_what_customers_owe_is_shown_by_age(run: Run, merchant: Engine, tmp_path: Path) -> None:
    assert "Nobody owes anything." in run("ledger", "receivables").err
    sell_file(merchant, tenders=())
    assert run("documents", "issue", "SO-1001").status == 0
    file = tmp_path / "owed.csv"
    told = run("ledger", "receivables", "--csv", str(file))
    assert "9.00 EUR" in told.out
    assert "1 rows are in" in told.err
    [row] = csv.DictReader(file.read_text().splitlines())
    assert (row["invoice"], row["age"], row["open"]) == ("INV-2026-000001", "not_due", "9.00")
    assert "INV-2026-000001" in run("ledger", "receivables", "--company", "").out
    found = run("ledger", "receivables", "--on", "2100-01-01", "--json").json
    assert [each["over_90_minor"] for each in found["balances"]] == [900]
