"""Draft orders from the command line: put, offered, ordered as they were drafted."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cli.conftest import Run, place
from orderline.engine.engine import Engine

DRAFT = {
    "channel": "web", "currency": "EUR", "customer": "ann",
    "lines": [{"sku": "TEE", "quantity": 2, "unit_price_minor": 1800}],
    "groups": [{"place": {"country": "FR", "postal_code": "69001"}}],
}  # fmt: skip
WHO = {
    "customer": {"name": "Ann Lee"},
    "addresses": {
        "1": {"name": "Ann Lee", "lines": ["1 Rue X"], "city": "Lyon", "postal_code": "69001", "country": "FR"}
    },
}


def test_a_draft_is_put_offered_and_ordered(run: Run, merchant: Engine, tmp_path: Path) -> None:
    draft, who = tmp_path / "draft.json", tmp_path / "who.json"
    draft.write_text(json.dumps(DRAFT))
    who.write_text(json.dumps(WHO))
    assert run("draft", "put", "Q-1", str(draft)).status == 0
    assert "no such draft" in run("draft", "list").err
    assert run("draft", "put", "Q-1", str(draft), "--yes").status == 0
    offered = run("draft", "offer", "Q-1", "--until", "2099-01-01", "--yes")
    assert (offered.status, "DRAFT_UNTIL" in offered.err) == (1, True)
    assert run("draft", "show", "Q-1", "--json").json["total_minor"] == 3600
    placed = run("draft", "order", "Q-1", str(who), "--yes")
    assert placed.status == 0, placed.err
    assert run("draft", "list", "--state", "ordered", "--json").json[0]["order"]
    assert run("draft", "discard", "Q-1", "--reason", "x").status == 1
    who.write_text("[]")
    assert run("draft", "order", "Q-1", str(who)).status == 1
    assert run("verify").status == 0


def test_an_offer_tells_its_link_once(run: Run, merchant: Engine, tmp_path: Path) -> None:
    draft = tmp_path / "draft.json"
    draft.write_text(json.dumps(DRAFT))
    run("draft", "put", "Q-2", str(draft), "--yes")
    soon = run("draft", "offer", "Q-2", "--until", _soon(), "--keep-stock", "--yes")
    assert soon.status == 0, soon.err
    assert "/your-offer/" in soon.out + soon.err
    assert "its units kept" in run("draft", "show", "Q-2").out
    assert run("draft", "discard", "Q-2", "--reason", "gone elsewhere", "--yes").status == 0
    assert run("verify").status == 0


def _soon() -> str:
    return (datetime.now(UTC) + timedelta(days=2)).isoformat(timespec="seconds")


def test_an_order_is_drafted_once_more(run: Run, merchant: Engine) -> None:
    place(merchant, tees=2)
    assert run("draft", "again", "SO-1001", "AGAIN").status == 0  # looked at, and not done
    assert run("draft", "show", "AGAIN").status == 1
    assert run("draft", "again", "SO-1001", "AGAIN", "--yes").status == 0
    found = run("draft", "show", "AGAIN", "--json").json
    assert (found["lines"][0]["sku"], found["lines"][0]["quantity"]) == ("TEE", 2)
    assert run("verify").status == 0
