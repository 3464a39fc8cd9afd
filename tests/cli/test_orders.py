"""`orderline order`: what it draws, what it finds, and what its JSON promises."""

import pytest

from cli.conftest import Run, pick, place
from orderline.engine.engine import Engine


def test_an_order_is_drawn_with_units_money_next_step_and_timeline(run: Run, merchant: Engine) -> None:
    pick(merchant, place(merchant))
    shown = run("order", "show", "SO-1001")
    assert shown.status == 0
    for told in (
        "SO-1001", "Ann Lee, ann@example.com", "2 × 19.99", "1 unplanned, 1 picked", "1 unplanned, 1 pooled",
        "1 unit of line 1 rejected by lyon (missing on the shelf)", "blocks nothing", "Next step", "What can be done", "57.98 EUR",
    ):  # fmt: skip
        assert told in shown.out, shown.out


@pytest.mark.parametrize("name", ["number", "id", "external"])
def test_an_order_is_found_by_number_id_and_external_id(run: Run, merchant: Engine, name: str) -> None:
    order = place(merchant, "shop/77")
    reference = {"number": "so-1001", "id": str(order), "external": "shop/77"}[name]
    assert run("order", "show", reference, "--json").json["order"]["id"] == str(order)


def test_the_json_of_an_order_keeps_its_shape(run: Run, merchant: Engine) -> None:
    place(merchant)
    document = run("order", "show", "SO-1001", "--json").json
    assert set(document) == {"order", "status", "next_step", "actions", "people", "timeline"}
    assert {"phase", "payment", "fulfillment", "returns"} <= set(document["status"])
    assert document["timeline"][0]["events"][0]["event"] == "order_placed"
    assert document["people"][0]["email"] == "ann@example.com"


def test_an_order_that_is_not_there_is_said_plainly(run: Run, merchant: Engine) -> None:
    missing = run("order", "show", "SO-9")
    assert (missing.status, missing.out) == (1, "")
    assert missing.err.startswith("There is no order 'SO-9'.\n")


def test_an_error_is_json_when_json_was_asked_for(run: Run, merchant: Engine) -> None:
    missing = run("order", "show", "SO-9", "--json")
    assert missing.status == 1
    assert '"code":"ORDER_UNKNOWN"' in missing.err


def test_lists_go_by_phase_and_find_by_what_people_know(run: Run, merchant: Engine) -> None:
    place(merchant, "a", mugs=1)
    place(merchant, "b", mugs=3)
    every = run("order", "list", "--json").json
    assert [row["number"] for row in every["items"]] == ["SO-1002", "SO-1001"]
    assert every["more"] is False
    phase = every["items"][0]["status"]["phase"]
    assert {row["status"]["phase"] for row in run("order", "list", "--phase", phase, "--json").json["items"]} == {phase}
    for text in ("SO-1002", "b", "ann@example.com", "Ann"):
        assert "SO-1002" in run("order", "find", text).out


def test_a_list_says_who_has_to_do_what(run: Run, merchant: Engine) -> None:
    place(merchant, mugs=1)
    assert "route: routing" in run("order", "list").out


def test_what_is_piped_has_a_line_per_order_and_no_blanks_at_the_end(run: Run, merchant: Engine) -> None:
    assert "There are no orders yet." in run("order", "list").err
    assert "There is no such order." in run("order", "list", "--phase", "held").err
    place(merchant, "a-name-that-is-very-long-" * 3)
    listed = run("order", "list").out.splitlines()
    assert len(listed) == 2
    for line in (*listed, *run("order", "show", "SO-1001").out.splitlines(), *run("verify").out.splitlines()):
        assert line == line.rstrip()
    # a table tells all of each invariant on its line
    assert (
        run("verify").out.count("every open order has a next step, an owner, a due time, and something that brings it")
        == 1
    )


def test_a_list_fits_a_narrow_terminal(run: Run, merchant: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    place(merchant)
    monkeypatch.setattr("orderline.cli.orders.NARROW", 111)
    assert run("order", "list").out.splitlines()[0].split() == ["number", "phase", "channel", "placed", "total", "next"]


@pytest.mark.parametrize("as_json", [(), ("--json",)])
@pytest.mark.parametrize(
    "command", [("order", "show"), ("order", "find"), ("stock", "show"), ("export", "-", "--channel")]
)
def test_bytes_that_are_no_text_are_told_in_a_sentence(run: Run, command: tuple[str, ...], as_json: tuple[str]) -> None:
    told = run(*command, "a\udcff", *as_json)
    assert told.status == 2, told.err
    assert "no text in utf-8: a" in told.err.lower()
