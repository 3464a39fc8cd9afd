"""Lengths of time as people read them."""

from orderline.values.time import render_span


def test_a_span_is_told_in_its_two_largest_units() -> None:
    told = {0: "0 s", 59: "59 s", 60: "1 min", 3_599: "59 min", 3_600: "1 h 0 min", 4_000: "1 h 6 min"}
    assert {each: render_span(each) for each in told} == told
    assert render_span(-180_000) == "-2 d 2 h"
    assert render_span(-40, minus="\N{MINUS SIGN}") == "\N{MINUS SIGN}40 s"
