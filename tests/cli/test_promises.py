"""`orderline promise`: options with steps that add up, what an order was promised, and how well promises are kept."""

from datetime import UTC, datetime, timedelta

from cli.conftest import Run, place
from orderline.core.orders.commands import PromiseLines
from orderline.core.orders.promised import LineWindowInput, PromiseCause
from orderline.engine.engine import Engine


def test_an_option_is_explained_by_steps_that_add_up(run: Run, merchant: Engine) -> None:
    given = ("promise", "explain", "TEE=1", "--channel", "web", "--country", "FR", "--city", "Lyon")
    explained = run(*given, "--json").json
    assert explained["options"]
    for option in explained["options"]:
        for part in option["parts"]:
            assert part["steps"][-1]["until"] == part["latest_at"]
            assert all(step["seconds"] >= 0 and step["rule"] for step in part["steps"])
    drawn = run(*given).out
    assert "in all" in drawn
    assert "collection closing time" in drawn


def test_what_can_not_be_promised_says_why(run: Run, merchant: Engine) -> None:
    where = ("--channel", "web", "--country", "FR")
    assert "SKU_UNKNOWN" in run("promise", "explain", "NOPE", *where).err
    assert "CHANNEL_UNKNOWN" in run("promise", "explain", "TEE", "--channel", "fax", "--country", "FR").err
    assert "COUNTRY_UNKNOWN" in run("promise", "explain", "TEE", "--channel", "web", "--country", "France").err
    assert "SKU=QUANTITY" in run("promise", "explain", "TEE=x", *where).err


def test_an_order_shows_what_it_was_promised(run: Run, merchant: Engine) -> None:
    order = place(merchant)
    assert "nothing was promised yet" in run("promise", "show", "SO-1001").out
    at = datetime(2027, 1, 10, tzinfo=UTC)
    window = LineWindowInput(line=1, earliest_at=at, latest_at=at + timedelta(days=1), locations=("lyon",))
    merchant.run(PromiseLines(order=order, lines=(window,), source="a phone call"))
    later = LineWindowInput(line=1, earliest_at=at, latest_at=at + timedelta(days=3))
    merchant.run(PromiseLines(order=order, lines=(later,), cause=PromiseCause.CARRIER))
    shown = run("promise", "show", "SO-1001").out
    assert "first: 2027-01-10 00:00 UTC to 2027-01-11 00:00 UTC from lyon; a phone call" in shown
    assert "after 1 revision (carrier): 2027-01-10 00:00 UTC to 2027-01-13 00:00 UTC" in shown
    assert run("promise", "show", "SO-1001", "--json").json[0]["revisions"] == 1
    assert run("promise", "kept", "--json").json["overall"]["ended"] == 0
    assert "No promise has come to its end yet." in run("promise", "kept").err
