"""Rules for what is kept back: tried first, then carried out on every shelf, and named where they hold."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from orderline.core.stock.keep_rules import PutKeepRules
from orderline.core.stock.keeping import KeepRule, Kept, preview_of
from orderline.store.reading.keeping import load_changes
from orderline.store.reading.promises import explain_promise
from orderline.store.reading.source import Source
from orderline.values.failures import Refused
from worker.site import Site

NOW = datetime.now(UTC)
RULES = (
    KeepRule(id="all", units=1),
    KeepRule(id="shirts", units=4, skus=("TEE*",), locations=("lyon",)),
    KeepRule(id="over", units=9, skus=("TEE",), until=NOW - timedelta(days=1)),
    KeepRule(id="scarce", units=2, sets=Kept.THRESHOLD, skus=("MUG",)),
)


def safety(site: Site) -> dict[tuple[str, str], int]:
    rows = site.rows("SELECT sku, location, safety FROM stock WHERE cell = %(cell)s")
    return {(sku, location): units for sku, location, units in rows}


def test_rules_are_tried_carried_out_and_named(site: Site) -> None:
    site.stock(TEE_lyon=10, TEE_lille=3, MUG_lyon=5)
    with site.services.database.connection() as connection:
        source = Source(connection, site.services.database.cell)
        found = [change for page in load_changes(source, source.settings(), RULES, NOW) for change in page]
        told = preview_of(found, 2)
        assert (told.skus, told.units_withdrawn, told.changes_total, len(told.changes)) == (2, 4 + 1 + 1 + 2, 4, 2)
        assert (told.changes[0].rule, told.changes[0].withdrawn) == ("shirts", 4)
        assert set(safety(site).values()) == {0}, "a preview changes nothing"
        site.engine.run(PutKeepRules(keep_rules="default", rules=RULES))
        site.until_no_jobs()
        assert safety(site) == {("TEE", "lyon"): 4, ("TEE", "lille"): 1, ("MUG", "lyon"): 1}
        connection.rollback()
        explained = explain_promise(source, source.settings(), "TEE")
        shelves = {row.location: row for pool in explained.pools for term in pool.terms for row in term.shelves}
        assert (shelves["lyon"].safety_rule, shelves["lille"].safety_rule) == ("shirts", "all")
        mug = explain_promise(source, source.settings(), "MUG")
        terms = {term.name: term for pool in mug.pools for term in pool.terms if term.amount}
        assert (terms["threshold"].amount, terms["threshold"].rule) == (-2, "scarce")
        assert mug.atp == 5 - 1 - 2
    site.verified()


BAD = [
    ("other", RULES),
    ("default", (RULES[0], RULES[0])),
    ("default", (KeepRule(id="a", units=-1),)),
    ("default", (KeepRule(id="a", units=1, since=NOW, until=NOW),)),
]


@pytest.mark.parametrize(("name", "rules"), BAD)
def test_rules_that_can_not_hold_are_refused(still_site: Site, name: str, rules: tuple[KeepRule, ...]) -> None:
    with pytest.raises(Refused, match="RULE_NOT_ACCEPTABLE"):
        still_site.engine.run(PutKeepRules(keep_rules=name, rules=rules))
    assert msgspec.json.encode(still_site.rows("SELECT count(*) FROM records WHERE cell = %(cell)s")) == b"[[0]]"
