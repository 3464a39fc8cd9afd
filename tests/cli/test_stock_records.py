"""Purchase orders, transfers, counts, waves and kept promises at the terminal."""

import json
from pathlib import Path

from cli.conftest import Run
from orderline.core.orders import commands as c
from orderline.core.stock import commands as s
from orderline.core.stock.state import Location, LocationKind
from orderline.engine.engine import Engine
from orderline.values.address import Place
from support.engines import placed
from support.shop import order_of


def state(run: Run, kind: str, name: str) -> str:
    return run(kind, "show", name, "--json").json["state"]


def test_a_purchase_order_is_made_revised_announced_and_received(run: Run, merchant: Engine, tmp_path: Path) -> None:
    assert "There is no such purchase order." in run("purchase", "list").err
    create = ("purchase", "create", "PO-1", "--location", "lyon", "--vendor", "Weavers", "--line", "TEE=40@2026-12-01")
    shown = run(*create)
    assert (shown.status, "Nothing was done" in shown.err) == (0, True)
    assert run(*create, "--yes").status == 0
    assert run(*create, "--json").status == 1
    assert "PURCHASE_EXISTS" in run(*create, "--json").err
    assert run("purchase", "send", "PO-1", "--yes").status == 0
    revised = run("purchase", "revise", "PO-1", "--line", "1=30@2026-12-09", "--reason", "their loom burned", "--yes")
    assert revised.status == 0, revised.err
    assert run("purchase", "announce", "PO-1", "--notice", "ASN-1", "--line", "1=30", "--yes").status == 0
    file = tmp_path / "receipt.json"
    file.write_text(
        json.dumps({"receipt": "R-1", "notice": "ASN-1", "lines": [{"line": 1, "quantity": 27, "damaged": 1}]})
    )
    received = run("purchase", "receive", "PO-1", "--file", str(file), "--complete", "--yes", "--json")
    assert received.status == 0, received.err
    [line] = received.json["preview"]["receipts"][0]["lines"]
    assert (line["quantity"], line["damaged"], line["announced"]) == (27, 1, 30)
    assert run("purchase", "receive", "PO-1", "--receipt", "R-1", "--line", "1=27", "--yes").status == 1
    assert "30" in run("purchase", "list", "--location", "lyon").out
    assert state(run, "purchase", "PO-1") == "received"
    assert "PURCHASE_UNKNOWN" in run("purchase", "show", "PO-9", "--json").err
    assert run("verify").status == 0


def test_what_is_not_understood_is_said_before_anything_is_done(run: Run, merchant: Engine, tmp_path: Path) -> None:
    create = ("purchase", "create", "PO-1", "--location", "lyon")
    for more, complaint in (
        ((), "lines is missing: give --line, or --file"),
        (("--line", "TEE"), "write SKU=UNITS@DAY"),
        (("--line", "TEE=4"), "due_at"),
        (("--line", "TEE=4@soon"), "no instant"),
    ):
        told = run(*create, *more)
        assert (told.status, complaint in told.err) == (2, True), told.err
    file = tmp_path / "order.json"
    for text, complaint in (("{", "order.json"), ("[]", "a JSON object"), ('{"lins": []}', "lins is none of")):
        file.write_text(text)
        told = run(*create, "--file", str(file))
        assert (told.status, complaint in told.err) == (2, True), told.err


def test_units_are_sent_to_another_location(run: Run, merchant: Engine) -> None:
    merchant.run(s.PutLocation(location=Location("paris", "Paris", LocationKind.STORE, "eu", Place(country="FR"))))
    create = (
        "transfer",
        "create",
        "T-1",
        "--source",
        "lyon",
        "--target",
        "paris",
        "--line",
        "TEE=3",
        "--due",
        "2026-12-01",
    )
    assert run(*create, "--yes").status == 0
    for step in ("approve", "pick"):
        done = run("transfer", step, "T-1", "--yes")
        assert done.status == 0, done.err
    assert run("transfer", "ship", "T-1", "--tracking-number", "1Z", "--yes").status == 0
    assert "in transit" in run("transfer", "list").out
    assert run("transfer", "receive", "T-1", "--receipt", "R-1", "--line", "1=2", "--complete", "--yes").status == 0
    assert state(run, "transfer", "T-1") == "received"
    assert run("transfer", "cancel", "T-1", "--reason", "no", "--yes").status == 1
    assert run("verify").status == 0


def test_a_count_is_planned_done_again_and_approved(run: Run, merchant: Engine) -> None:
    assert run("count", "plan", "C-1", "--location", "lyon", "--line", "TEE", "--line", "MUG", "--yes").status == 0
    assert run("count", "open", "C-1", "--yes").status == 0
    submitted = run("count", "submit", "C-1", "--line", "TEE=7", "--line", "MUG=5", "--yes")
    assert submitted.status == 0, submitted.err
    assert run("count", "recount", "C-1", "--line", "TEE", "--reason", "so few?", "--yes").status == 0
    assert run("count", "submit", "C-1", "--line", "TEE=8", "--yes").status == 0
    assert run("count", "approve", "C-1", "--yes").status == 0
    assert state(run, "count", "C-1") == "posted"
    levels = run("stock", "show", "TEE", "--json").json
    assert '"sellable":8' in json.dumps(levels, separators=(",", ":"))
    assert run("count", "plan", "C-2", "--location", "lyon", "--line", "TEE", "--yes").status == 0
    assert run("count", "void", "C-2", "--reason", "not now", "--yes").status == 0
    assert "C-2" in run("count", "list", "--state", "void").out
    assert run("verify").status == 0


def test_a_wave_is_released_printed_and_completed(run: Run, merchant: Engine, tmp_path: Path) -> None:
    empty = run("wave", "create", "lyon", "--json")
    assert (empty.status, "WAVE_WORK" in empty.err) == (1, True)
    for name in ("W-1", "W-2"):
        order = placed(merchant, order_of(name, ("TEE", 1, 2000)))
        merchant.run(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", 1),)))
    assert run("wave", "create", "lyon", "--name", "morning", "--zone", "A").status == 2
    assert run("wave", "create", "lyon", "--name", "morning", "--by", "zone", "--zone", "A=TE,MU", "--yes").status == 0
    assert "0 of 1" in run("wave", "list", "--state", "open").out
    paper = tmp_path / "list.pdf"
    assert run("wave", "print", "morning", "1", "--pdf", str(paper)).status == 0
    assert paper.read_bytes().startswith(b"%PDF")
    assert "has 1 lists" in run("wave", "print", "morning", "9", "--pdf", str(paper)).err
    wrong = run("wave", "scan", "morning", "MUG", "--list", "1", "--yes")
    assert (wrong.status, "WRONG_SCAN" in wrong.err) == (1, True)
    assert run("wave", "scan", "morning", "TEE", "--list", "1").status == 0  # looked at, and not done
    [found] = run("wave", "show", "morning", "--json").json["lists"]
    assert (found["stops"][0].get("picked", 0), found["wrong_scans"]) == (0, 1)
    assert run("wave", "scan", "morning", "TEE", "--list", "1", "--yes").status == 0
    assert run("wave", "scan", "morning", "TEE", "--list", "1", "--order", "W-1", "--yes").status == 0
    assert run("wave", "scan", "morning", "TEE", "--list", "1", "--order", "W-9", "--yes").status == 1
    [found] = run("wave", "show", "morning", "--json").json["lists"]
    assert [found["stops"][0]["picked"], *(each.get("put", 0) for each in found["stops"][0]["shares"])] == [1, 1, 0]
    assert run("wave", "complete", "morning", "--list", "1", "--short", "TEE=1", "--yes").status == 0
    assert state(run, "wave", "morning") == "done"
    assert run("wave", "void", "morning", "--reason", "late", "--yes").status == 1


def test_a_promise_is_kept_as_a_quote_and_units_for_a_checkout(run: Run, merchant: Engine) -> None:
    assert "There is no such quote." in run("promise", "quotes").err
    cart = ("TEE=2", "--channel", "web", "--country", "fr")
    assert run("promise", "quote", *cart, "--json").json["applied"] is False
    quoted = run("promise", "quote", *cart, "--hold", "--yes", "--json")
    assert quoted.status == 0, quoted.err
    [known] = run("promise", "quotes", "--state", "open", "--json").json
    assert (known["id"], bool(known["cart_hold"])) == (quoted.json["quote"], True)
    assert quoted.json["quote"] in run("promise", "quotes").out
    assert run("promise", "release", known["cart_hold"], "--yes").status == 0
    assert "CART_UNKNOWN" in run("promise", "release", known["cart_hold"], "--yes", "--json").err
    held = run("promise", "hold", "TEE=1", "--channel", "web", "--yes", "--json")
    assert (held.status, held.json["applied"]) == (0, True)
    refused = run("promise", "hold", "TEE=9999", "--channel", "web", "--yes", "--json")
    assert (refused.status, "STOCK_NOT_AVAILABLE" in refused.err) == (1, True)
    assert run("promise", "hold", "TEE=x", "--channel", "web").status == 2
    assert run("verify").status == 0
