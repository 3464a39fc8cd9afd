"""`orderline indicators` at the terminal: what there are, what one comes to, and the orders behind it."""

import pytest

from cli.conftest import Run, pick, place
from orderline.cli.indicators import _tenths
from orderline.engine.engine import Engine
from support.finality import measure


@pytest.mark.slow
def test_an_indicator_is_shown_with_the_orders_behind_it(run: Run, merchant: Engine) -> None:
    assert "Why are promises missed?" in run("indicators", "list").out
    assert "Nothing has been measured yet." in run("indicators", "show", "rejections").err
    for name in ("I-1", "I-2"):
        pick(merchant, place(merchant, name))
    measure(merchant.database)
    told = run("indicators", "show", "rejections", "--by", "reason", "--json").json
    assert (told["indicator"]["name"], told["overall"][0]["numerator"], told["slices_untold"]) == ("rejections", 2, 0)
    shown = run("indicators", "show", "rejections", "--by", "reason")
    [head, overall, reason] = shown.out.splitlines()
    assert head.split() == ["reason", "value", "numerator", "denominator", "currency"]
    assert overall.split() == ["all", "50.0", "%", "2", "4"]
    assert reason.split()[-4:] == ["50.0", "%", "2", "4"]
    assert "units rejected" in shown.err
    behind = run("indicators", "orders", "rejections", "--location", "lyon", "--json").json
    assert sum(each["numerator"] for each in behind) == told["overall"][0]["numerator"]
    one = run("indicators", "orders", "rejections", "--most", "1")
    assert len(one.out.splitlines()) == 2
    assert "There are more than 1" in one.err
    assert run("indicators", "show", "rejections", "--channel", "store", "--json").json["overall"] == []


def test_what_an_indicator_does_not_tell_is_refused(run: Run) -> None:
    for given, code in (
        (("show", "happiness"), "INDICATOR_UNKNOWN"),
        (("show", "touches", "--by", "sku"), "INPUT_INVALID"),
        (("orders", "touches", "--carrier", "colis"), "INPUT_INVALID"),
        (("show", "touches", "--since", "2026-03-02", "--until", "2026-03-01"), "INPUT_INVALID"),
        (("show", "touches", "--since", "2001-01-01"), "INPUT_INVALID"),
    ):
        refused = run("indicators", *given, "--json")
        assert (refused.status, code in refused.err) == (1, True), refused.err


def test_figures_are_rounded_to_what_people_read() -> None:
    assert [_tenths(each, 10_000) for each in (983_333, 499, 500, -15_000)] == ["98.3", "0.0", "0.1", "-1.5"]
