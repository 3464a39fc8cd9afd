"""`orderline stock`: figures, and terms that add up to them."""

from datetime import UTC, datetime

from cli.conftest import Run, pick, place
from orderline.engine.engine import Engine


def test_the_terms_of_a_figure_add_up_to_it(run: Run, merchant: Engine) -> None:
    place(merchant)
    explained = run("stock", "explain", "TEE", "--channel", "web", "--json").json
    assert explained["atp"] == 8
    for pool in explained["pools"]:
        assert sum(term["amount"] for term in pool["terms"]) == pool["atp"]


def test_an_explanation_names_the_orders_behind_the_claims(run: Run, merchant: Engine) -> None:
    place(merchant)
    drawn = run("stock", "explain", "TEE", "--channel", "web").out
    assert "8 can be promised for channel web" in drawn
    assert "SO-1001: 2 units" in drawn
    assert "+10" in drawn
    assert "-2" in drawn


def test_shelves_are_shown_now_and_as_of_an_instant(run: Run, merchant: Engine) -> None:
    before = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    pick(merchant, place(merchant))
    assert "lyon" in run("stock", "show", "TEE").out
    assert run("stock", "as-of", "TEE", "2020-01-01", "--json").json["levels"] == []
    assert run("stock", "as-of", "TEE", before, "--json").status == 0


def test_an_unknown_sku_or_channel_is_refused_with_its_code(run: Run, merchant: Engine) -> None:
    assert "SKU_UNKNOWN" in run("stock", "explain", "NOPE").err
    refused = run("stock", "explain", "TEE", "--channel", "fax")
    assert (refused.status, "CHANNEL_UNKNOWN" in refused.err, "web" in refused.err) == (1, True, True)
