"""What is wrong with a policy is told with its line and column, and what was expected there."""

import re
from pathlib import Path

import pytest

from orderline.core.policies.diff import compare
from orderline.core.policies.kinds import check_policy
from orderline.core.routing.compiling import compile_routing
from orderline.core.stock.state import Channel, Location, LocationKind, Pool, Settings
from orderline.values.address import Place
from orderline.values.failures import Refused

GOOD = """\
kind = "routing"

[location.lyon]
groups = ["stores"]

[[group]]
name = "express"
sort = ["-priority", "promised_by"]
[group.select]
methods = ["express"]
when = 'order.value_minor >= 5000 || "vip" in order.tags'

[[group.rule]]
name = "near"
leftover = [{ do = "next_rule" }]
objective = ["late", "distance"]
[group.rule.locations]
in_groups = ["stores"]
most_km = 200
when = '''
location.distance_m < 100000
  && location.kind == "store"'''

[[group.rule]]
name = "anywhere"
leftover = [{ do = "queue", label = "unfillable" }]
"""

WRONG = [
    # what is written                               instead of                                   line, column, field, a part of what is told
    ("most_kms = 200",                              "most_km = 200",                             (19, 1, "group[0].rule[0].locations.most_kms", "most_km")),
    ('most_km = "200"',                             "most_km = 200",                             (19, 12, "group[0].rule[0].locations.most_km", "expected int")),
    ("most_km = -1",                                "most_km = 200",                             (19, 11, "group[0].rule[0].locations.most_km", ">= 0")),
    ('in_groups = ["strs"]',                        'in_groups = ["stores"]',                    (18, 15, "group[0].rule[0].locations.in_groups[0]", "did you mean stores")),
    ('objective = ["late", "distanz"]',             'objective = ["late", "distance"]',          (16, 23, "group[0].rule[0].objective[1]", "did you mean distance")),
    ('objective = ["late", "late"]',                'objective = ["late", "distance"]',          (16, 23, "group[0].rule[0].objective[1]", "a second")),
    ('sort = ["-prority", "promised_by"]',          'sort = ["-priority", "promised_by"]',       (8, 10, "group[0].sort[0]", "did you mean priority")),
    ("order.valu_minor >= 5000",                    "order.value_minor >= 5000",                 (11, 15, "group[0].select.when", "did you mean value_minor")),
    ("order.value_minor >= 5000 |",                 "order.value_minor >= 5000 ||",              (11, 35, "group[0].select.when", "Syntax error")),
    ("location.distance_m == 1",                    "order.value_minor >= 5000",                 (11, 9, "group[0].select.when", "unknown name `location`")),
    ("order.value_minor + 1 >= \"a\"",                "order.value_minor >= 5000",                 (11, 9, "group[0].select.when", "No such overload")),
    ('location.knd == "store"',                     'location.kind == "store"',                  (22, 15, "group[0].rule[0].locations.when", "did you mean kind")),
    ('do = "set_auto_cancel_days"',                 'do = "queue", label = "unfillable"',        (26, 21, "group[0].rule[1].leftover[0].do", "needs `days`")),
    ('do = "set_auto_cancel_days", days = 0',       'do = "queue", label = "unfillable"',        (26, 51, "group[0].rule[1].leftover[0].days", ">= 1")),
    ('do = "set_auto_cancel_days", days = 3 }, { do = "clear_auto_cancel_days"', 'do = "queue", label = "unfillable"', (26, 12, "group[0].rule[1].leftover", "move at each try")),
    ('do = "queue"',                                'do = "queue", label = "unfillable"',        (26, 21, "group[0].rule[1].leftover[0].do", "needs `label`")),
    ('do = "next_rule"',                            'do = "queue", label = "unfillable"',        (26, 21, "group[0].rule[1].leftover[0].do", "no rule after")),
    ("leftover = []",                               'leftover = [{ do = "next_rule" }]',         (25, 9, "group[0].rule[1].name", "never reached")),
    ('name = "near"',                               'name = "anywhere"',                         (25, 9, "group[0].rule[1].name", "a second rule")),
    ('in_groups = ["stores"]\nnot_in_groups = ["stores"]', 'in_groups = ["stores"]',             (18, 13, "group[0].rule[0].locations.in_groups", "no location is left")),
    ('codes = ["a"]\nnot_codes = ["a"]',            'in_groups = ["stores"]',                    (18, 9, "group[0].rule[0].locations.codes", "no location is left")),
    ('do = "split_group" }]\n[group.rule.constraints]\nship_complete = true #', 'do = "queue", label = "unfillable"', (26, 21, "group[0].rule[1].leftover[0].do", "sends nothing in parts")),
    ("[[exclude]]\n[[group]]",                      "[[group]]",                                 (6, 3, "exclude[0]", "no locations are named")),
    ('[[exclude]]\nin_groups = ["shops"]\n[[group]]', "[[group]]",                                (7, 15, "exclude[0].in_groups[0]", "no location is in group")),
    ("[[grup]]",                                    "[[group]]",                                 (6, 3, "grup", "did you mean group")),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "right", "told"), WRONG, ids=[each[2][2] + " " + each[0][:30] for each in WRONG])
def test_a_fault_is_told_with_its_place(wrong: str, right: str, told: tuple[int, int, str, str]) -> None:
    assert right in GOOD
    with pytest.raises(Refused) as refused:
        compile_routing(GOOD.replace(right, wrong, 1), "x@1")
    assert refused.value.code == "POLICY_INVALID"
    fault = refused.value.facts["faults"][0]
    line, column, field, part = told
    assert (fault["line"], fault["column"], fault["at"]) == (line, column, field)
    assert part in refused.value.facts["value"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("kind = ", (1, 8)),
        ("a = 1\na = 2\n", (2, 6)),
        ('kind = "x', (1, 10)),
        pytest.param("a = 1\nb = 1" + "0" * 5_000, (2, 5), id="a number longer than any"),
        pytest.param("a = 1\n[b]\nc = [1, 0x8000000000000000]", (3, 9), id="a number of more than 64 bits"),
        pytest.param("a = 1\n[" + ".".join("b" * 50_000) + "]", (2, 2), id="a key of very many parts"),
    ],
)
def test_what_is_not_toml_is_told_with_its_place(text: str, place: tuple[int, int]) -> None:
    with pytest.raises(Refused) as refused:
        compile_routing(text, "x@1")
    assert refused.value.code == "POLICY_MALFORMED"
    assert (refused.value.facts["line"], refused.value.facts["column"]) == place


def test_all_faults_of_meaning_are_told_at_once() -> None:
    text = GOOD.replace("200", "200\nleast_weeks_of_supply = 4\nmost_weeks_of_supply = 2").replace(
        'stores"]\nm', 'strs"]\nm'
    )
    with pytest.raises(Refused) as refused:
        compile_routing(text.replace("-priority", "-x"), "x@1")
    assert [fault["line"] for fault in refused.value.facts["faults"]] == [8, 18, 21]


HOLLOW = [
    # what is written                                       instead of                   line, column, a part of what is told
    ('not_codes = ["lyon"]\nin_groups = ["stores"]',          'in_groups = ["stores"]',    (19, 13, "no location is left")),
    ('codes = ["lille"]\nin_groups = ["stores"]',             'in_groups = ["stores"]',    (18, 9, "no location is left")),
    ('methods = ["express"]\nchannels = ["web"]\nnot_channels = ["web"]', 'methods = ["express"]', (11, 12, "no order is left")),
    ('methods = ["express"]\nvalue_from_minor = 9\nvalue_below_minor = 9', 'methods = ["express"]', (12, 21, "more than 9")),
    ('do = "cancel", reason = "none", days = 3',              'do = "queue", label = "unfillable"', (26, 54, "has no `days`")),
    ('[[group]]\nname = "all"\n[[group.rule]]\nname = "r"\n[[group]]', '[[group]]',         (11, 9, "no order comes to this group: `all`")),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "right", "told"), HOLLOW, ids=[each[2][2] + each[0][:20] for each in HOLLOW])
def test_what_can_never_come_to_anything_is_told_before_it_is_kept_and_does_not_stop_what_holds(
    wrong: str, right: str, told: tuple[int, int, str]
) -> None:
    text = GOOD.replace(right, wrong, 1)
    place = Place(country="FR")
    locations = {code: Location(code, code, LocationKind.STORE, "main", place) for code in ("lyon", "lille")}
    with pytest.raises(Refused) as refused:
        check_policy(text, Settings({"web": Channel("web", "Web", ("main",))}, locations, {"main": Pool("main")}))
    fault = refused.value.facts["faults"][0]
    assert (fault["line"], fault["column"]) == told[:2]
    assert told[2] in refused.value.facts["value"]
    assert compile_routing(text, "x@1").groups


@pytest.mark.parametrize(
    ("text", "place", "told"),
    [
        ('kind = "routing"\nx = ' + "[" * 3000 + "]" * 3000, (2, 105), "nested too deeply"),
        (GOOD.replace('order.value_minor >= 5000 || "vip" in order.tags', "1 / 0 == 1"), (11, 9), "whatever the facts"),
        (GOOD.replace("order.value_minor >= 5000", "(" * 300 + "true" + ")" * 300), (11, 9), "nested too deeply"),
    ],
)
def test_what_would_only_fail_when_it_runs_has_a_place_too(text: str, place: tuple[int, int], told: str) -> None:
    with pytest.raises(Refused) as refused:
        compile_routing(text, "x@1")
    assert (refused.value.facts["line"], refused.value.facts["column"]) == place
    assert told in refused.value.facts["value"]


TEN = "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]"


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        (f"{TEN}.all(a, {TEN}.exists(b, {TEN}.all(c, true)))", "within one another"),
        (f"{TEN}.all(a, r')\\' == r'' || {TEN}.all(b, {TEN}.all(c, true)))", "within one another"),
        (f"{TEN}.all(a, ')' == '' || {TEN}.all(b, // )))\n {TEN}\n.\nall (c, true)))", "within one another"),
        (" && ".join(["order.tags.all(t, t != 'x')"] * 9), "more than 8"),
        ('["aa"].map(a, a + a).map(a, a + a).map(a, a + a).size() == 1', "more than 1 `map`"),
    ],
)
def test_conditions_that_would_never_end_are_refused(condition: str, told: str) -> None:
    with pytest.raises(Refused) as refused:
        compile_routing(_asking(condition), "x@1")
    assert told in refused.value.facts["value"]


@pytest.mark.parametrize(
    "condition",
    [
        "order.lines.all(a, order.lines.exists(b, a.sku != b.sku || ')))' == '')) && order.tags.exists(t, t == 'x')",
        f"{TEN}.filter(a, true).filter(b, true).filter(c, true).all(d, true)",
        '"x" in order.lines.map(l, l.sku).filter(s, s.startsWith("A"))',
    ],
)
def test_lists_may_be_looked_through(condition: str) -> None:
    assert compile_routing(_asking(condition), "x@1").groups


def _asking(condition: str) -> str:
    return GOOD.replace("""'order.value_minor >= 5000 || "vip" in order.tags'""", f"'''{condition}'''")


def test_the_policies_in_the_documentation_are_right() -> None:
    page = (Path(__file__).parents[3] / "docs/how-to/routing-rules.md").read_text(encoding="utf-8")
    found = [text for text in re.findall(r"```toml\n(.*?)```", page, re.DOTALL) if text.startswith("kind")]
    assert len(found) == 2
    for text in found:
        compile_routing(text, "docs@1")


def test_two_texts_are_compared_field_by_field() -> None:
    assert compare(GOOD, "# a comment\n" + GOOD.replace("200", " 200")) == []
    after = GOOD.replace("200", "300").replace('name = "anywhere"', 'name = "elsewhere"')
    told = {change.field: (change.before, change.after) for change in compare(GOOD, after)}
    assert told["group[express].rule[near].locations.most_km"] == (200, 300)
    leftover = [{"do": "queue", "label": "unfillable"}]
    assert told["group[express].rule[anywhere]"] == ({"name": "anywhere", "leftover": leftover}, None)
    assert told["group[express].rule[elsewhere]"] == (None, {"name": "elsewhere", "leftover": leftover})
    assert len(told) == 3
