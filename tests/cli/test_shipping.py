"""Rates, combined parcels, carrier claims and payment differences from the command line."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from cli.conftest import Run, place
from orderline.core.orders import commands as c
from orderline.core.orders.state import LineQuantity
from orderline.core.shipments.carrier_pickups import AnswerCarrierPickup
from orderline.engine.engine import Engine
from orderline.store.database import Database
from orderline.store.reconciling import Difference, save_check
from orderline.values.ids import OrderId

TWO = (LineQuantity(1, 2),)


def allocated(engine: Engine, name: str) -> OrderId:
    """T-shirts of an order at Lyon, to be picked there."""
    order = place(engine, name, mugs=1)
    engine.run(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", 2),)))
    return order


def shipped(engine: Engine) -> None:
    """An order whose one parcel was handed to its carrier."""
    order = allocated(engine, "web-1")
    engine.run(c.PickUnits(order=order, fulfillment=1, lines=TWO))
    engine.run(c.PackUnits(order=order, fulfillment=1, parcels=(c.ParcelInput(items=TWO, ref="P", weight_g=800),)))
    engine.run(c.LabelParcel(order=order, parcel=1, carrier="post", tracking_number="T-1"))
    engine.run(c.ShipParcels(order=order, fulfillment=1, parcels=(1,)))


def test_a_claim_goes_from_draft_to_paid(run: Run, merchant: Engine) -> None:
    shipped(merchant)
    assert "no such claim" in run("claim", "list").err
    drafted = run("claim", "draft", "SO-1001", "1", "--reason", "lost", "--name", "CL-1")
    assert "value minor: 3998" in drafted.out
    assert "Nothing was done" in drafted.err
    assert run("claim", "list", "--json").json == []
    assert run("claim", "draft", "SO-1001", "1", "--reason", "lost", "--name", "CL-1", "--yes").status == 0
    assert "CLAIM_STATE" in run("claim", "pay", "CL-1", "10", "--yes").err
    for arguments in (("file", "CL-1", "--reference", "X9"), ("answer", "CL-1", "--rejected", "--note", "no proof"),
                      ("appeal", "CL-1", "--note", "here it is"), ("answer", "CL-1", "--accepted", "--minor", "3000"),
                      ("pay", "CL-1", "1000")):  # fmt: skip
        assert run("claim", *arguments, "--yes").status == 0, arguments
    [found] = run("claim", "list", "--state", "accepted", "--json").json
    assert (found["paid_minor"], found["accepted_minor"], found["reference"]) == (1000, 3000, "X9")
    assert "30.00 EUR" in run("claim", "list").out
    shown = run("claim", "show", "CL-1")
    assert "handed over at lyon" in shown.out
    assert "notes: no proof, here it is" in shown.out
    assert (
        run("claim", "withdraw", "CL-1", "--note", "found", "--yes", "--json").json["preview"]["state"] == "withdrawn"
    )
    unknown = run("claim", "show", "CL-9", "--json")
    assert (unknown.status, "CLAIM_UNKNOWN" in unknown.err) == (1, True)


def test_a_parcel_that_nothing_is_heard_of_is_listed(run: Run, merchant: Engine, fresh_database: str) -> None:
    shipped(merchant)
    assert "No parcel is silent" in run("claim", "stalled").err
    database = Database(fresh_database)
    with database.connection() as connection:
        connection.execute("UPDATE parcels SET moved_at = moved_at - interval '5 days'")
    database.close()
    assert "T-1" in run("claim", "stalled").out
    assert run("claim", "stalled", "--hours", "200", "--json").json == []


def test_work_is_combined_and_split_again(run: Run, merchant: Engine) -> None:
    assert "Nothing could leave" in run("combination", "proposals", "lyon").err
    for name in ("web-1", "web-2", "web-3"):
        allocated(merchant, name)
    [proposed] = run("combination", "proposals", "lyon", "--json").json
    assert [work["order_number"] for work in proposed["work"]] == ["SO-1001", "SO-1002", "SO-1003"]
    assert "SO-1002:1" in run("combination", "proposals", "lyon").out
    asked = ("combine", "lyon", "SO-1001", "SO-1002:1", "SO-1003", "--name", "C-1")
    assert "Nothing was done" in run("combination", *asked).err
    assert "no such combination" in run("combination", "list").err
    assert run("combination", *asked, "--yes").status == 0
    assert run("combination", "list", "--state", "open", "--json").json[0]["id"] == "C-1"
    assert run("combination", "split", "C-1", "--order", "SO-1003", "--yes").status == 0
    shown = run("combination", "show", "C-1", "--json").json
    assert [each.get("left", False) for each in shown["members"]] == [False, False, True]
    assert run("combination", "split", "C-1", "--yes", "--json").json["preview"]["state"] == "dissolved"
    assert "COMBINATION_STATE" in run("combination", "pack", "C-1", "--yes").err
    assert run("combination", "combine", "lyon", "SO-1001", "--yes").status == 2
    assert "COMBINATION_UNKNOWN" in run("combination", "split", "C-9", "--json").err


def test_rates_are_read_from_the_tables_and_chosen_of(run: Run, merchant: Engine) -> None:
    allocated(merchant, "web-1")
    shown = run("rates", "SO-1001", "--tables", "--weight", "1200")
    assert shown.out.index("standard") < shown.out.index("other method")
    assert "taken" in shown.out
    assert "1,200 g" in shown.err
    offers = run("rates", "SO-1001", "--json").json["offers"]
    assert [each.get("dropped", "") for each in offers] == ["", "other_method", "other_method"]
    assert "PARCEL_UNKNOWN" in run("rates", "SO-1001", "--parcel", "4").err
    assert run("rates", "SO-1001", "--parcel", "1", "--fulfillment", "1").status == 2


@pytest.mark.usefixtures("merchant")
def test_payment_differences_are_listed_until_they_are_settled(run: Run, fresh_database: str) -> None:
    assert "Nothing differs" in run("payment", "differences").err
    at = datetime(2026, 3, 1, tzinfo=UTC)
    found = Difference(
        provider="stripe", event_id="ch_1", kind="unknown_here", order=uuid4(), reference="r", operation="capture",
        amount_minor=1234, currency="EUR", next_step="give the money back", occurred_at=at,
    )  # fmt: skip
    database = Database(fresh_database)
    save_check(database, "stripe", [found], at, 1, at)
    database.close()
    assert "give the money back" in run("payment", "differences").out
    assert "next, by finance: give the money back" in run("payment", "show", "stripe", "ch_1").err
    assert "ann works it off" in run("payment", "assign", "stripe", "ch_1", "ann").err
    assert [each["event_id"] for each in run("payment", "differences", "--owner", "ann", "--json").json] == ["ch_1"]
    assert run("payment", "differences", "--owner", "finance", "--json").json == []
    assert run("payment", "assign", "stripe", "ch_9", "ann").status == 1
    assert "Nothing was done" in run("payment", "settle", "stripe", "ch_1", "--note", "given back").err
    settled = run("payment", "settle", "stripe", "ch_1", "--note", "given back", "--yes", "--json").json
    assert (settled["applied"], settled["preview"]["note"]) == (True, "given back")
    assert run("payment", "differences", "--json").json == []
    assert "given back" in run("payment", "differences", "--all").out
    assert "DIFFERENCE_UNKNOWN" in run("payment", "show", "stripe", "ch_2", "--json").err


def test_a_carrier_is_booked_and_called_off(run: Run, merchant: Engine) -> None:
    assert "No such pick-up" in run("carrier-pickup", "list").err
    asked = ("book", "lyon", "post", "--from", "2026-11-22T14:00Z", "--until", "2026-11-22T17:00Z", "--name", "P-1")
    asked = tuple(each.replace("2026-11-22", f"{datetime.now(UTC) + timedelta(days=3):%Y-%m-%d}") for each in asked)
    shown = run("carrier-pickup", *asked)
    assert "state: asked" in shown.out
    assert "Nothing was done" in shown.err
    assert run("carrier-pickup", *asked, "--yes").status == 0
    assert "P-1" in run("carrier-pickup", "list", "--state", "asked", "--location", "lyon").out
    merchant.run(AnswerCarrierPickup(pickup="P-1", reference="PU-9"))
    assert "PU-9" in run("carrier-pickup", "show", "P-1").out
    assert run("carrier-pickup", "cancel", "P-1", "--yes", "--json").json["preview"]["state"] == "canceling"
    assert "CARRIER_PICKUP_STATE" in run("carrier-pickup", "cancel", "P-1").err
    assert "CARRIER_PICKUP_UNKNOWN" in run("carrier-pickup", "show", "P-9", "--json").err
