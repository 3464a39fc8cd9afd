"""Change sets from the command line: shown with their money, made with --yes, undone."""

import json
from pathlib import Path

from cli.conftest import Run, place
from orderline.core.orders import commands as c
from orderline.core.orders.state import LineQuantity
from orderline.engine.engine import Engine
from support.engines import placed
from support.shop import order_of


def test_a_change_set_is_shown_made_and_undone(run: Run, merchant: Engine, tmp_path: Path) -> None:
    place(merchant)
    file = tmp_path / "actions.json"
    file.write_text(json.dumps([{"action": "gift", "gift": True}]))
    change = (
        "order", "change", "SO-1001", "--reason", "on the phone", "--remove", "1:1", "--add", "MUG:1:9.50",
        "--charge", "wrapping:3", "--actions", str(file),
    )  # fmt: skip
    shown = run(*change)
    assert shown.status == 0, shown.err
    assert "the customer is told: order changed" in shown.err
    assert "Nothing was done" in shown.err
    made = run(*change, "--yes", "--json").json
    assert made["applied"] is True
    after = run("order", "show", "SO-1001", "--json").json["order"]
    assert after["agreements"][-1]["groups"][0]["gift"] is True
    assert after["agreements"][-1]["charges"][-1] == {"kind": "wrapping", "amount_minor": 300}
    assert run("order", "undo", "SO-1001", "--reason", "a mistake", "--yes").status == 0
    again = run("order", "show", "SO-1001", "--json").json["order"]
    assert again["agreements"][-1].get("charges", []) == again["agreements"][0].get("charges", [])
    assert run("verify").status == 0


def test_what_cannot_be_read_is_told(run: Run, merchant: Engine) -> None:
    place(merchant)
    for option in (("--add", "MUG"), ("--price", "1:cheap"), ("--price", "one:1"), ("--method", "1"), ("--move", "x")):
        assert run("order", "change", "SO-1001", "--reason", "x", *option).status == 2
    refused = run("order", "change", "SO-1001", "--reason", "x", "--price", "9:1.00")
    assert (refused.status, "LINE_UNKNOWN" in refused.err) == (1, True)
    assert "CHANGES_MISSING" in run("order", "change", "SO-1001", "--reason", "x").err


def test_a_change_is_proposed_and_answered_on_the_phone(run: Run, merchant: Engine) -> None:
    place(merchant)
    proposal = (
        "order",
        "propose",
        "SO-1001",
        "--reason",
        "as you asked",
        "--add",
        "MUG:1:9.50",
        "--note",
        "Is it fine?",
    )
    shown = run(*proposal)
    assert "Without an answer by" in shown.err + shown.out
    assert run(*proposal, "--yes").status == 0
    assert len(run("order", "show", "SO-1001", "--json").json["order"]["agreements"]) == 1
    assert run("decision", "answer", "SO-1001", "agree", "--reason", "said yes", "--yes").status == 0
    after = run("order", "show", "SO-1001", "--json").json["order"]
    assert after["agreements"][-1]["lines"][-1]["sku"] == "MUG"
    assert run("verify").status == 0


def test_a_hand_over_is_undone_when_agreed_to(run: Run, merchant: Engine) -> None:
    order = placed(merchant, order_of("U-1", ("TEE", 2, 2000)))
    units = (LineQuantity(1, 2),)
    merchant.run(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", 2),)))
    merchant.run(c.PickUnits(order=order, fulfillment=1, lines=units))
    merchant.run(c.PackUnits(order=order, fulfillment=1, parcels=(c.ParcelInput(items=units),)))
    told = run("order", "undo-handover", str(order), "1", "--reason", "here", "--json")
    assert (told.status, "PARCEL_NOT_SHIPPED" in told.err) == (1, True)
    merchant.run(c.ShipParcels(order=order, fulfillment=1, carrier="post"))
    shown = run("order", "undo-handover", str(order), "1", "--reason", "here")
    assert "shipment 1 had not left: parcel 1 is here still" in shown.err
    assert run("order", "undo-handover", str(order), "1", "--reason", "here", "--to-shelf", "--yes").status == 0
    assert "put back at lyon" in run("order", "explain", str(order)).out + run("order", "show", str(order)).out
