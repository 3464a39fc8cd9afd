"""What people miss on a shelf lowers what is promised of it, what they find raises it again, and a count settles it."""

from datetime import UTC, datetime

from orderline.core.counts.commands import ApproveCount, CountedInput, OpenCount, PlanCount, SubmitCount
from orderline.core.orders.commands import AcceptFulfillment, PickUnits
from orderline.core.orders.state import LineQuantity
from orderline.core.stock.explain import ShelfTerm
from orderline.core.stock.keep_rules import PutKeepRules
from orderline.core.stock.keeping import KeepRule, Kept
from orderline.store.reading.keeping import load_changes
from orderline.store.reading.promises import explain_promise
from orderline.store.reading.source import Source
from worker.site import PLACES, Site, until

RULES = (KeepRule(id="learn", units=20, sets=Kept.CONFIDENCE, skus=("TEE",)),)


def shelf(site: Site) -> ShelfTerm:
    with site.services.database.connection() as connection:
        source = Source(connection, site.services.database.cell)
        explained = explain_promise(source, source.settings(), "TEE", "web")
    assert all(sum(term.amount for term in pool.terms) == pool.atp for pool in explained.pools)
    return next(
        row for pool in explained.pools for term in pool.terms for row in term.shelves if row.location == "lyon"
    )


def pick(site: Site, found: int, missed: int) -> None:
    """An order is picked at Lyon: so many units are there, so many are not."""
    order = site.place(("TEE", found + missed))
    site.until_units(order, "allocated", found + missed)
    site.engine.run(AcceptFulfillment(order=order, fulfillment=1))
    lines = (LineQuantity(1, found),) if found else ()
    short = (LineQuantity(1, missed),) if missed else ()
    site.engine.run(PickUnits(order=order, fulfillment=1, lines=lines, short=short))


def test_a_shelf_is_believed_as_far_as_it_was_right(site: Site) -> None:
    site.put_location("lyon", PLACES["lyon"], partner="")
    site.stock(TEE_lyon=105)
    pick(site, 0, 5)
    assert shelf(site).phantom == 0, "off, until a rule says otherwise"
    with site.services.database.connection() as connection:
        source = Source(connection, site.services.database.cell)
        [change] = [c for page in load_changes(source, source.settings(), RULES, datetime.now(UTC)) for c in page]
    assert (change.sets, change.before, change.after, change.withdrawn) == (Kept.CONFIDENCE, 0, 200_000, 20)
    site.engine.run(PutKeepRules(keep_rules="default", rules=RULES))
    until(lambda: shelf(site).phantom, "the rule to be carried out")
    told = shelf(site)
    assert (told.sellable, told.phantom, told.doubt and told.doubt.confidence_ppm) == (100, -20, 800_000)
    assert told.doubt is not None
    assert (told.doubt.rule, told.doubt.prior, told.doubt.found, told.doubt.missed) == ("learn", 20, 0, 5)
    assert [(row.units, row.found, row.cause[:6]) for row in told.doubt.rows] == [(5, False, "order:")]

    pick(site, 75, 0)
    site.clock.forward(61)
    until(lambda: shelf(site).phantom == -2, "what was found to be learned: 5 % of 25 units are doubted")
    site.verify_all()

    site.engine.run(PlanCount(count="C-1", location="lyon", lines=("TEE",)))
    site.engine.run(OpenCount(count="C-1"))
    site.engine.run(SubmitCount(count="C-1", location="lyon", lines=(CountedInput("TEE", 22),)))
    site.engine.run(ApproveCount(count="C-1"))
    site.clock.forward(61)
    until(lambda: shelf(site).phantom == 0, "the count to settle the shelf")
    assert (shelf(site).sellable, shelf(site).doubt) == (22, None)

    pick(site, 0, 1)
    site.clock.forward(61)
    until(lambda: shelf(site).phantom == -1, "what was missed since the count to be learned")
    site.engine.run(PutKeepRules(keep_rules="default", rules=()))
    until(lambda: shelf(site).phantom == 0, "the record to be believed again")
