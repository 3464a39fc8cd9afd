"""`orderline seller`: put, owed, stated and paid at the terminal."""

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cli.conftest import Run
from orderline.core.documents.issuing import IssueInvoice
from orderline.core.stock.commands import PutSkus
from orderline.core.stock.state import Sku, SkuKind
from orderline.engine.engine import Engine
from orderline.store.partitions import ensure_partitions
from support.engines import placed
from support.shop import order_of


def test_a_seller_is_put_stated_and_paid(run: Run, merchant: Engine, tmp_path: Path) -> None:
    assert "There is no seller." in run("seller", "list").err
    terms = tmp_path / "acme.json"
    terms.write_text(json.dumps({"party": {"name": "Acme", "iban": "DE02"}, "rate_ppm": 125_000}))
    assert run("seller", "put", "acme", str(terms), "--json").json["applied"] is False
    assert run("seller", "put", "acme", str(terms), "--yes").status == 0
    assert "12.5 %" in run("seller", "list").out
    assert "Acme" in run("seller", "show", "acme").out
    merchant.run(PutSkus(skus=(Sku("BOOK", "Book", kind=SkuKind.DIGITAL, seller="acme"),)))
    then = datetime.now(UTC) - timedelta(days=7)
    ensure_partitions(merchant.database, then.date())
    past = Engine(merchant.database, threads=1, clock=lambda: then)
    try:
        order = placed(past, order_of("B-1", ("BOOK", 2, 1000), paid="captured"))
        past.run(IssueInvoice(order=order, entity="main"))
    finally:
        past.close()
    assert "17.50 EUR" in run("seller", "owed", "acme").out
    assert "17.50 EUR" in run("seller", "state", "acme").err
    assert run("seller", "state", "acme", "--yes").status == 0
    assert "owed: nothing" in run("seller", "state", "acme", "--yes").err
    [statement] = run("seller", "statements", "--state", "open", "--json").json
    assert "2.50 EUR" in run("seller", "lines", statement["id"]).out
    file = tmp_path / "pay.csv"
    assert "Nothing was done" in run("seller", "bank-file", str(file)).err
    assert not file.exists()
    assert run("seller", "bank-file", str(file), "--yes").status == 0
    [row] = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    key = f"{statement['number']}-1"
    assert (row["key"], row["iban"], row["amount"], row["currency"]) == (key, "DE02", "17.50", "EUR")
    assert "0 statements" in run("seller", "bank-file", str(file), "--yes").err
    before = file.read_bytes()
    assert run("seller", "bank-file", str(file), "--again", "--yes").status == 0
    assert file.read_bytes() == before
    about = (statement["id"], "--yes")
    assert run("seller", "failed", *about, "--reason", "no such account").status == 0
    assert run("seller", "paid", *about, "--reference", "SEPA-1", "--on", "2026-11-20").status == 0
    assert run("seller", "returned", *about, "--reason", "closed").status == 0
    assert run("seller", "paid", *about, "--reference", "SEPA-2").status == 0
    assert "SEPA-2" in run("seller", "statements", "--json").out
    assert run("seller", "paid", *about, "--reference", "SEPA-3").status != 0


def test_what_can_not_be_read_is_told(run: Run, merchant: Engine, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    for text in ("{", "[]", '{"rate_ppm": "much"}'):
        wrong.write_text(text)
        assert "can't be read" in run("seller", "put", "acme", str(wrong)).err
    assert "SELLER_UNKNOWN" in run("seller", "owed", "nobody", "--json").err
    assert "SELLER_STATEMENT_UNKNOWN" in run("seller", "lines", "none", "--json").err
