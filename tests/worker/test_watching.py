"""What runs low is proposed, planned by mechanisms that exist, and raised as a task until it lasts again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orderline.core.orders.commands import RejectUnits
from orderline.core.replenishments.accepting import AcceptedLine, commands_for
from orderline.core.replenishments.decide import PutReplenishRules
from orderline.core.replenishments.propose import Proposal
from orderline.core.replenishments.state import ReplenishRule
from orderline.core.stock.commands import AdjustStock
from orderline.core.supply.commands import SendPurchaseOrder
from orderline.core.supply.rows import SupplyKind
from orderline.core.tasks.commands import CloseTask
from orderline.core.tasks.state import Task, TaskState
from orderline.core.transfers.commands import ApproveTransfer
from orderline.store.reading.records import load_record
from orderline.store.reading.replenishing import load_channel_cover, load_cover, load_proposals
from orderline.store.reading.source import Source
from orderline.values.failures import Refused
from worker.site import PLACES, Site, until

RULES = (
    ReplenishRule(id="all", lead_days=7, cover_days=21, transfer_from=("lille",), alert_days=10),
    ReplenishRule(id="never", skus=("CAP",), reorder_point=0, alert_days=None),
)


def reading(site: Site, look: Any) -> Any:
    with site.services.database.connection() as connection:
        return look(Source(connection, site.services.database.cell))


def proposals(site: Site) -> list[Proposal]:
    return [
        each
        for _, some in reading(site, lambda source: list(load_proposals(source, datetime.now(UTC))))
        for each in some
    ]


def sell(site: Site, sku: str, location: str, units: int) -> None:
    site.engine.run(AdjustStock(sku=sku, location=location, quantity=units, reason="sold_in_store"))


def test_what_is_proposed_can_be_accepted_and_is_not_proposed_again(still_site: Site) -> None:
    site = still_site
    site.stock(TEE_lyon=34, TEE_lille=20, MUG_lyon=100, CAP_lyon=2)
    sell(site, "TEE", "lyon", 28)
    sell(site, "CAP", "lyon", 1)
    assert proposals(site) == [], "no rules"
    site.engine.run(PutReplenishRules(replenish_rules="default", rules=RULES))
    found = proposals(site)
    assert [(e.sku, e.location, e.kind, e.source, e.quantity) for e in found] == [
        ("TEE", "lyon", SupplyKind.TRANSFER, "lille", 20),
        ("TEE", "lyon", SupplyKind.PURCHASE, "", 2),
    ]
    assert (found[0].position, found[0].sold, found[0].reorder_at, found[0].target) == (6, 28, 7, 28)
    lines = [
        AcceptedLine(
            sku=e.sku, location=e.location, quantity=e.quantity, due_at=e.due_at, source=e.source, vendor=e.vendor
        )
        for e in found
    ]  # fmt: skip
    for command in commands_for("RPL-1", lines):
        site.engine.run(command)
    assert proposals(site) == [], "drafts count as what is to come"
    site.engine.run(SendPurchaseOrder(purchase_order="RPL-1-1"))
    site.engine.run(ApproveTransfer(transfer="RPL-1-2"))
    assert proposals(site) == []
    bought = reading(site, lambda source: load_record(source, "purchase_order", "RPL-1-1"))
    assert (bought.note, bought.lines[0].quantity) == ("replenishment", 2)
    site.verify_all()


def test_cover_counts_what_was_sold_there_and_on_a_channel_what_was_ordered(still_site: Site) -> None:
    site = still_site
    site.stock(TEE_lyon=24, TEE_lille=7)
    sell(site, "TEE", "lyon", 10)
    now = datetime.now(UTC)
    settings = reading(site, lambda source: source.settings())
    found = reading(site, lambda source: list(load_cover(source, settings, now)))
    assert [(each.location, each.available, each.sold, each.days) for each in found] == [
        ("lille", 7, 0, None),
        ("lyon", 14, 10, 39),
    ]
    site.place(("TEE", 7))
    [cover] = reading(site, lambda source: list(load_channel_cover(source, settings.channels["web"], now)))
    assert (cover.channel, cover.available, cover.sold, cover.days) == ("web", 14, 7, 56)
    later = reading(site, lambda s: list(load_channel_cover(s, settings.channels["web"], now + timedelta(days=40))))
    assert [each.sold for each in later] == [0], "orders of long ago do not count"


def test_low_cover_raises_a_task_once_and_ends_it_when_stock_comes(site: Site) -> None:
    def task() -> Task | None:
        return reading(site, lambda source: load_record(source, "task", "low_cover:TEE@lyon"))

    def look_again() -> None:
        site.clock.forward(601)

    site.stock(TEE_lyon=34, CAP_lyon=2)
    sell(site, "TEE", "lyon", 28)
    sell(site, "CAP", "lyon", 1)
    site.engine.run(PutReplenishRules(replenish_rules="default", rules=RULES))
    look_again()
    raised = until(task, "a task to be raised")
    assert (raised.state, raised.location, raised.figures["days"], raised.figures["sold_in_28_days"]) == (
        TaskState.OPEN, "lyon", 6, 28,
    )  # fmt: skip
    site.engine.run(CloseTask(task=raised.id, note="ordered by phone"))
    with pytest.raises(Refused, match="TASK_STATE"):
        site.engine.run(CloseTask(task=raised.id))
    look_again()
    rows = site.rows("SELECT id FROM records WHERE cell = %(cell)s AND kind = 'task'")
    assert rows == [("low_cover:TEE@lyon",)], "whose rule has no alert_days raises none"
    seen = task()
    assert seen is not None
    assert (seen.state, seen.note, seen.version) == (TaskState.DONE, "ordered by phone", 2)
    site.stock(MUG_lille=9)
    sell(site, "MUG", "lille", 8)
    look_again()
    until(lambda: reading(site, lambda s: load_record(s, "task", "low_cover:MUG@lille")), "another task")
    site.stock(MUG_lille=90)
    look_again()
    until(
        lambda: reading(site, lambda s: load_record(s, "task", "low_cover:MUG@lille")).state is TaskState.OVER,
        "the task to be over",
    )
    site.verify_all()


def test_a_spike_of_rejections_raises_a_task_with_its_evidence_and_is_over_when_all_is_usual(site: Site) -> None:
    def task() -> Task | None:
        return reading(site, lambda source: load_record(source, "task", "anomaly:rejections@lyon"))

    site.put_location("lyon", PLACES["lyon"], partner="")
    site.put_location("lille", PLACES["lille"], partner="")
    site.stock(TEE_lyon=20, MUG_lyon=20)
    for sku, units in (("MUG", 2), ("TEE", 5)):  # two are a handful
        order = site.place((sku, units))
        site.until_units(order, "allocated", units)
        site.engine.run(RejectUnits(order=order, fulfillment=1, reason="too busy"))
    site.clock.forward(601)
    raised = until(task, "the spike to be noticed")
    assert (raised.state, raised.location) == (TaskState.OPEN, "lyon")
    assert (raised.figures["rejected"], raised.figures["offered"]) == (7, 7)
    assert raised.evidence == ("TEE: 5 of 5 rejected", "MUG: 2 of 2 rejected")
    site.clock.forward(48 * 3_600)
    until(lambda: (now := task()) is not None and now.state is TaskState.OVER, "all to be usual again")
    site.verify_all()
