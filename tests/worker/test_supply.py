"""Supply as the worker follows it: who waits is pegged, looked after when it slips, and served when it comes."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from orderline.core.orders.promised import PromiseCause
from orderline.core.promises.model import Part
from orderline.core.stock.commands import PutSkus
from orderline.core.stock.state import ShortPolicy, Sku
from orderline.core.supply.commands import (
    CreatePurchaseOrder,
    PurchaseLineInput,
    ReceivePurchaseOrder,
    RevisedInput,
    RevisePurchaseOrder,
    SendPurchaseOrder,
)
from orderline.core.supply.receiving import ReceivedInput
from orderline.core.supply.slips import Learned, LearnedBy
from orderline.engine.promising import PromiseAsked, Promised, Promiser, WantedLine
from orderline.store.reading.promises import explain_promise
from orderline.store.reading.source import Source, open_source
from orderline.store.reading.supply import load_supply
from orderline.values.ids import OrderId
from worker.site import Site, until

SOON = datetime.now(UTC) + timedelta(days=5)


def buy(site: Site, name: str, quantity: int, due_at: datetime) -> None:
    line = PurchaseLineInput("TEE", quantity, due_at, confidence_ppm=1_000_000)
    site.engine.run(CreatePurchaseOrder(purchase_order=name, location="lyon", lines=(line,)))
    site.engine.run(SendPurchaseOrder(purchase_order=name))


def test_what_waits_for_supply_is_promised_as_a_cart_is_and_anew_when_it_slips(site: Site) -> None:
    site.engine.run(PutSkus(skus=(Sku("TEE", "Shirt", peg_days=60),)))
    buy(site, "PO-1", 5, SOON)
    order = site.place(("TEE", 2))
    [promise] = until(lambda: site.order(order).promises, "a promise")
    group = site.order(order).group_of(1)
    asked = PromiseAsked(channel="web", lines=(WantedLine("TEE", 2),), place=group.place, methods=(group.method,))

    def offered() -> Part:
        with closing(open_source(site.database).connection) as connection:
            [told] = Promiser(site.database).answer(Source(connection, site.database.cell), [asked])
        assert isinstance(told, Promised)
        [part] = told.options[0].parts
        return part

    part, window = offered(), promise.window
    assert (window.latest_at, window.handover_at) == (part.latest_at, part.handover_at)
    assert (window.supply, window.locations) == (part.supply, ("lyon",)) == ("purchase_order:PO-1:1", ("lyon",))
    assert SOON < part.handover_at < window.latest_at
    late = RevisedInput(1, due_at=SOON + timedelta(days=9))
    site.engine.run(RevisePurchaseOrder(purchase_order="PO-1", lines=(late,)))
    moved = until(lambda: [each for each in site.order(order).promises if each.revisions], "another promise")[0]
    assert (moved.cause, moved.window.latest_at) == (PromiseCause.SUPPLIER, offered().latest_at)
    assert moved.window.latest_at > window.latest_at
    site.verified()


def test_an_order_follows_its_supply_to_the_customer(site: Site) -> None:
    site.engine.run(PutSkus(skus=(Sku("TEE", "Shirt", short_policy=ShortPolicy.BACKORDER),)))
    order = site.place(("TEE", 2))
    site.until_units(order, "unplanned", 2)
    buy(site, "PO-1", 2, SOON)
    pegged = site.until_units(order, "pegged", 2)
    assert [share.supply for share in pegged.lines[0].pegs] == ["purchase_order:PO-1:1"]
    buy(site, "PO-2", 1, SOON)
    later = SOON + timedelta(days=9)
    answer: Any = msgspec.json.decode(
        site.engine.run(RevisePurchaseOrder(purchase_order="PO-1", lines=(RevisedInput(1, due_at=later),)))
    )
    assert [OrderId(UUID(each["order"])) for each in answer["hurt"]] == [order]
    until(lambda: not site.jobs(kind="peg_waiting"), "those who wait to be looked after")
    shares = {share.supply: share.quantity for share in site.order(order).lines[0].pegs}
    assert shares == {"purchase_order:PO-1:1": 1, "purchase_order:PO-2:1": 1}
    for name in ("PO-2", "PO-1"):
        site.engine.run(ReceivePurchaseOrder(purchase_order=name, receipt="R-1", lines=(ReceivedInput(1, 1),)))
    site.until_units(order, "delivered", 2)
    site.verified()


def test_what_vendors_keep_of_their_promises_is_what_new_orders_are_counted_on_with(site: Site) -> None:
    promised_at = datetime.now(UTC) - timedelta(days=3, hours=1)
    for name in ("PO-1", "PO-2"):
        lines = (PurchaseLineInput("TEE", 10, promised_at),) * 5
        site.engine.run(CreatePurchaseOrder(purchase_order=name, location="lyon", lines=lines, vendor="Weavers & Co"))
        site.engine.run(SendPurchaseOrder(purchase_order=name))
        came = tuple(ReceivedInput(number, 9) for number in range(1, 5))
        site.engine.run(ReceivePurchaseOrder(purchase_order=name, receipt="R-1", lines=came, complete=True))
    until(lambda: not site.jobs(kind="learn_vendor"), "what has ended to be learned from")
    line = PurchaseLineInput("TEE", 100, SOON)
    site.engine.run(CreatePurchaseOrder(purchase_order="PO-3", location="lyon", lines=(line,), vendor="Weavers & Co"))
    site.engine.run(SendPurchaseOrder(purchase_order="PO-3"))
    with closing(open_source(site.database).connection) as connection:
        source = Source(connection, site.database.cell)
        [row] = load_supply(source, most=10)
        at = SOON + timedelta(days=5)
        sku = Sku("TEE", "Shirt", short_policy=ShortPolicy.BACKORDER)
        site.engine.run(PutSkus(skus=(sku,)))
        explained = explain_promise(source, source.settings(), "TEE", at=at)
    assert (row.slack_days, row.confidence_ppm, row.counted) == (4, 720_000, 72)
    assert row.learned == Learned(LearnedBy.VENDOR_SKU, "Weavers & Co", 720_000, 4, 10, 8, 100, 72)
    [dated] = [term for pool in explained.pools for term in pool.terms if term.name == "dated_supply" and term.supply]
    assert (dated.supply[0].doubted, dated.supply[0].learned) == (-28, row.learned)
    site.verified()
