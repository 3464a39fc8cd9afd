"""`orderline company` and `orderline contract` at the terminal."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cli.conftest import Run
from orderline.core.companies.commands import PutCompany, PutCompanyLocation
from orderline.core.companies.state import CompanyTerms
from orderline.core.contracts.commands import StartContract
from orderline.core.orders.buying import CompanyInput
from orderline.core.orders.commands import TenderInput
from orderline.engine.engine import Engine
from support.engines import placed
from support.shop import HOME, order_of


def test_companies_and_what_they_owe_are_told(run: Run, merchant: Engine, tmp_path: Path) -> None:
    assert "There is no such company." in run("company", "list").err
    terms = CompanyTerms(currency="EUR", net_days=30, credit_limit_minor=5_000)
    merchant.run(PutCompany(company="acme", name="Acme", terms=terms))
    merchant.run(PutCompanyLocation(company="acme", location="dock", address=HOME))
    for name in ("C-1", "C-2"):
        buyer = CompanyInput(company="acme", location="dock", po_number=f"45-{name}")
        on_terms = TenderInput(provider="terms", method="terms", amount_minor=4_000)
        placed(merchant, order_of(name, ("TEE", 2, 2000), paid=None, tenders=(on_terms,), company=buyer))
    listed = run("company", "list").out
    assert "50.00 EUR" in listed
    assert "30 days" in listed
    assert "dock" in run("company", "show", "acme").out
    owes = run("company", "owes", "acme")
    assert "1 orders are held for it" in owes.err
    assert "40.00 EUR" in owes.out
    assert run("company", "owes", "acme", "--json").json["owed"]["exposure_minor"] == 4_000
    assert "45-C-1" in run("company", "orders", "acme").out
    [held] = run("company", "orders", "acme", "--held", "--json").json
    assert held["po_number"] == "45-C-2"
    told = run("company", "statement", "acme")
    assert "owed before" in told.out
    assert "Open today 0.00 EUR" in told.err
    paper = tmp_path / "statement.pdf"
    assert run("company", "statement", "acme", "--pdf", str(paper)).status == 0
    assert paper.read_bytes().startswith(b"%PDF")
    assert run("company", "statement", "acme", "--since", "2026-11-20", "--until", "2026-11-01").status == 2
    assert "COMPANY_UNKNOWN" in run("company", "owes", "none", "--json").err


def test_contracts_are_told_and_led(run: Run, merchant: Engine) -> None:
    assert "There is no such contract." in run("contract", "list").err
    order = placed(merchant, order_of("K-1", ("TEE", 1, 2000)))
    starts_at = datetime.now(UTC) + timedelta(days=30)
    merchant.run(StartContract(contract="box", order=order, starts_at=starts_at))
    assert "every 1 month" in run("contract", "list").out
    before = run("contract", "show", "box", "--json").json["next_at"]
    assert run("contract", "skip", "box", "--json").json["applied"] is False
    assert run("contract", "skip", "box", "--yes").status == 0
    assert run("contract", "show", "box", "--json").json["next_at"] > before
    for step, state in (("pause", "paused"), ("resume", "active")):
        assert run("contract", step, "box", "--yes").status == 0
        assert run("contract", "show", "box", "--json").json.get("state", "active") == state
    assert run("contract", "end", "box", "--yes").status == 2, "no reason was given"
    assert run("contract", "end", "box", "--reason", "moved away", "--yes").status == 0
    assert "CONTRACT_STATE" in run("contract", "skip", "box", "--yes", "--json").err
    assert "CONTRACT_UNKNOWN" in run("contract", "show", "none", "--json").err


def test_agreements_are_put_told_and_ended(run: Run, merchant: Engine) -> None:
    assert "There is no such agreement." in run("agreement", "list").err
    merchant.run(PutCompany(company="acme", name="Acme", terms=CompanyTerms(currency="EUR", net_days=30)))
    merchant.run(PutCompanyLocation(company="acme", location="dock", address=HOME))
    put = ("agreement", "put", "frame", "--company", "acme", "--from", "2020-01-01", "--until", "2099-12-31")
    assert run(*put, "--line", "TEE:9", "--json").json["applied"] is False
    assert run(*put, "--line", "TEE:9", "--yes").status == 0
    assert run(*put, "--line", "TEE", "--yes").status == 2
    buyer = CompanyInput(company="acme", location="dock", agreement="frame")
    order = placed(merchant, order_of("G-1", ("TEE", 2, 2000), company=buyer))
    assert order
    assert "7 of 9" in run("agreement", "list", "--company", "acme").out
    assert "TEE x 2" in run("agreement", "calls", "--agreement", "frame").out
    assert run("agreement", "show", "frame", "--json").json["lines"][0]["left"] == 7
    assert "AGREEMENT_EXCEEDED" in run(*put, "--line", "TEE:1", "--yes", "--json").err
    assert run("agreement", "end", "frame", "--reason", "over", "--yes").status == 0
    assert "AGREEMENT_STATE" in run("agreement", "end", "frame", "--reason", "over", "--yes", "--json").err
