"""`orderline mappings` at the terminal: words that wait are listed, given a meaning, ignored."""

from cli.conftest import Run
from orderline.core.mappings.commands import SeeValue
from orderline.core.mappings.state import MappingKind, id_of
from orderline.engine.engine import Engine


def test_words_that_wait_are_given_a_meaning_or_none(run: Run, merchant: Engine) -> None:
    assert "There is no such word" in run("mappings", "list").err
    names = {
        value: id_of("shopware", kind, value)
        for kind, value in ((MappingKind.SKU, "shirt/m"), (MappingKind.SHIPPING_METHOD, "J+2"))
    }
    for value, kind in (("shirt/m", MappingKind.SKU), ("J+2", MappingKind.SHIPPING_METHOD)):
        seen = SeeValue(mapping=names[value], partner="shopware", kind=kind, value=value, sample="A-7", channel="web")
        merchant.run(seen)
    assert [each["value"] for each in run("mappings", "list", "--json").json] == ["shirt/m", "J+2"]
    assert "unmapped" in run("mappings", "list").out
    wrong = run("mappings", "map", names["shirt/m"], "NONE-SUCH", "--yes", "--json")
    assert (wrong.status, "MAPPING_TARGET" in wrong.err) == (1, True)
    asked = run("mappings", "map", names["shirt/m"], "TEE")
    assert "Nothing was done" in asked.err
    assert "TEE" in asked.out
    assert run("mappings", "map", names["shirt/m"], "TEE", "--yes").status == 0
    assert "NOTHING_TO_DO" in run("mappings", "map", names["shirt/m"], "TEE", "--yes", "--json").err
    assert run("mappings", "ignore", names["J+2"], "--note", "free", "--yes").status == 0
    assert "There is no such word" in run("mappings", "list").err
    [mapped] = run("mappings", "list", "--state", "mapped", "--json").json
    assert (mapped["value"], mapped["target"]) == ("shirt/m", "TEE")
    assert "note: free" in run("mappings", "show", names["J+2"]).out
    assert "MAPPING_UNKNOWN" in run("mappings", "show", "none", "--json").err
    assert "MAPPING_UNKNOWN" in run("mappings", "ignore", "none", "--yes", "--json").err
