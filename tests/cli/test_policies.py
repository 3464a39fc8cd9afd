"""`orderline policy` and `orderline route`: from a text to what it would change, and why units went where they did."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.conftest import Run, place
from orderline.core.holds.commands import RejectHold, ScreenOrder
from orderline.core.orders.commands import AllocateUnits
from orderline.core.orders.state import Order
from orderline.core.policies.commands import ActivatePolicy, PutPolicy
from orderline.core.policies.state import digest_of
from orderline.core.returns.commands import PolicyReference
from orderline.core.stock import commands as s
from orderline.core.stock.state import Location, LocationKind
from orderline.engine.engine import Engine
from orderline.engine.routing import demand_groups, route_snapshot
from orderline.engine.submissions import Submission
from orderline.store.database import Database
from orderline.store.working import KnownSettings, read_orders
from orderline.values.address import Place
from orderline.values.ids import OrderId
from orderline.worker.policies import decide_by_policies
from support.engines import placed
from support.shop import order_of

TEXT = """kind = "routing"
[[group]]
name = "all"
[[group.rule]]
name = "lille"
objective = ["locations", "sequence"]
sequence = ["lille", "lyon"]
"""


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "rules.toml"
    path.write_text(TEXT)
    return path


def route(engine: Engine, order: OrderId, database: Database) -> None:
    """Route an order as the worker does."""
    settings = KnownSettings(database).current()
    found: Order = read_orders(database, [order])[order]
    now = datetime.now(UTC)
    groups = demand_groups(database, [found])
    [decision], kept = decide_by_policies(database, groups, route_snapshot(database, settings, groups, now), now)
    command = AllocateUnits(order=order, group=1, allotments=decision.allotments, decision=decision.id)
    engine.submit(Submission(command=command, decision=kept.records[decision.id])).result(30)


@pytest.fixture
def routed(merchant: Engine, fresh_database: str) -> OrderId:
    """An order that lyon serves though lille could."""
    place_ = Place(country="FR", postal_code="59000", city="Lille")
    merchant.run(s.PutLocation(location=Location("lille", "Lille", LocationKind.WAREHOUSE, "eu", place_)))
    merchant.run(s.AdjustStock(sku="TEE", location="lille", quantity=10, reason="received"))
    order = place(merchant, mugs=1)
    database = Database(fresh_database)
    route(merchant, order, database)
    database.close()
    return order


def test_what_is_wrong_is_told_with_its_place(run: Run, merchant: Engine, text: Path) -> None:
    assert run("policy", "validate", str(text)).err.count("no location `lille`") == 1
    text.write_text(TEXT.replace("sequence = ", "sequenc = "))
    told = run("policy", "validate", "--offline", str(text))
    assert told.status == 1
    assert f"{text}:7:1: unknown field `sequenc`" in told.err
    assert "did you mean sequence" in told.err
    text.write_bytes(b'kind = "\xe9"')
    for what in (("validate", "--offline"), ("validate",), ("put", "main")):
        told = run("policy", *what, str(text))
        assert (told.status, "not a text in UTF-8: byte 8" in told.err) == (1, True)


def test_a_policy_is_put_compared_activated_and_rolled_back(run: Run, routed: OrderId, text: Path) -> None:
    assert run("policy", "put", "main", str(text), "--json").json["versions"][0]["state"] == "validated"
    text.write_text(TEXT.replace('["lille", "lyon"]', '["lyon"]'))
    run("policy", "put", "main", str(text), "--note", "lyon first")
    assert run("policy", "diff", "main").out == 'group[all].rule[lille].sequence: ["lille","lyon"] -> ["lyon"]\n'
    assert run("policy", "activate", "main", "1").status == 0
    assert run("policy", "activate", "main", "2", "--json").json["versions"][0]["state"] == "retired"
    rolled = run("policy", "rollback", "main", "--reason", "too dear", "--json").json["activations"][-1]
    assert (rolled["version"], rolled["reason"]) == (1, "too dear")
    assert run("policy", "show", "main", "--version", "1").out.strip() == TEXT.strip()
    assert "POLICY_VERSION_UNKNOWN" in run("policy", "show", "main", "--version", "3").err
    assert "POLICY_UNKNOWN" in run("policy", "activate", "other", "1").err


def test_a_version_is_simulated_on_what_was_decided(run: Run, routed: OrderId, text: Path) -> None:
    same = run("policy", "simulate", "default-2", "--json").json
    assert (same["same_bytes"], same["changed"], same["before"]) == (1, 0, same["after"])
    run("policy", "put", "main", str(text))
    other = run("policy", "simulate", "main", "--keep", "--json").json
    drawn = run("policy", "simulate", "main").out
    assert "units without a location" in drawn
    assert "EUR" in drawn
    assert "_minor" not in drawn
    assert (other["same_bytes"], other["after"]["orders"]) == (0, 1)
    assert [each["after"] for each in other["differences"]] == []
    assert run("policy", "show", "main", "--json").json["versions"][0]["state"] == "simulated"


def test_a_route_is_explained_and_so_is_what_it_is_not(run: Run, routed: OrderId) -> None:
    [told] = run("route", "explain", "SO-1001", "--why-not", "lille", "--what-if", "--json").json["items"]
    assert told["explain"]["served"] == {"lyon": 3}
    assert told["explain"]["cost_minor"] == sum(told["explain"]["costs"].values())
    assert told["why_not"]["plan"] == ["lille", "lyon"] or told["why_not"]["plan"] == ["lyon", "lille"]
    assert told["why_not"]["decided_by"] == "locations"
    drawn = run("route", "explain", "SO-1001", "--why-not", "lille").out
    assert "Not lille" in drawn
    assert "3 units from lyon" in drawn
    assert "loses by locations." in drawn
    assert "late_locations" not in drawn
    wrong = run("route", "explain", "SO-1001", "--why-not", "lile")
    assert wrong.status == 1
    assert "There is no location 'lile'." in wrong.err
    assert "lille" in wrong.err


def test_a_text_that_is_not_right_is_told_by_its_places_when_it_is_put(
    run: Run, merchant: Engine, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('kind = "routing"\n[[grup]]\n', encoding="utf-8")
    put = run("policy", "put", "main", str(wrong))
    assert put.status == 1
    assert f"{wrong}:2:3: " in put.err
    assert "faults" not in put.err


def test_what_came_of_the_holds_of_rules_is_told(run: Run, merchant: Engine) -> None:
    assert "No rule has held anything." in run("policy", "precision").err
    text = 'kind = "holds"\n[[rule]]\nname = "all"\nwhen = "true"\ntype = "fraud"\n'
    merchant.run(PutPolicy(policy="risk", text=text))
    merchant.run(ActivatePolicy(policy="risk", policy_version=1))
    order = placed(merchant, order_of("H-1", ("TEE", 1, 2000)))
    reference = PolicyReference("risk", 1, digest_of(text))
    merchant.run(ScreenOrder(order=order, trigger="accept", policy=reference))
    merchant.run(RejectHold(order=order, hold=2, reason="stolen card"))
    told = run("policy", "precision")
    assert "100%" in told.out
    assert "0 orders charged back" in told.err
    [rule] = run("policy", "precision", "--json").json["rules"]
    assert (rule["rule"], rule["held"], rule["confirmed"], rule["precision"]) == ("all", 1, 1, 1.0)
