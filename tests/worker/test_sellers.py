"""Sellers are stated by the clock: what is over, and no longer in reserve."""

from datetime import UTC, datetime, timedelta

from orderline.core.documents.issuing import IssueInvoice
from orderline.core.sellers.commands import PutSeller
from orderline.core.sellers.schedule import Schedule
from orderline.core.sellers.state import Seller, SellerParty, SellerStatement
from orderline.core.stock.commands import PutSkus
from orderline.core.stock.state import Sku, SkuKind
from orderline.engine.engine import Engine
from orderline.store.partitions import ensure_partitions
from orderline.store.reading.records import load_records
from orderline.store.reading.source import Source
from support.engines import assert_clean, placed
from support.shop import order_of
from worker.site import Site, until


def records(site: Site, kind: str) -> list[Seller | SellerStatement]:
    with site.database.connection() as connection:
        return load_records(Source(connection, site.database.cell), kind, most=10)


def test_what_was_sold_last_week_is_stated_by_itself_and_what_is_held_is_not(still_site: Site) -> None:
    site = (
        still_site  # the worker begins once all is sold: else it may state before that, and not again before tomorrow
    )
    then = datetime.now(UTC) - timedelta(days=9)
    ensure_partitions(site.database, then.date())
    past = Engine(site.database, clock=lambda: then)
    try:
        for code, held in (("acme", ""), ("bolt", "papers are missing")):
            seller = PutSeller(
                seller=code, party=SellerParty(name=code), rate_ppm=100_000, schedule=Schedule.DAY, held=held
            )
            past.run(seller)
            past.run(PutSkus(skus=(Sku(f"BOOK-{code}", kind=SkuKind.DIGITAL, seller=code),)))
            order = placed(past, order_of(f"B-{code}", (f"BOOK-{code}", 1, 1000), paid="captured"))
            past.run(IssueInvoice(order=order, entity="main"))
    finally:
        past.close()
    site.start()
    [made] = until(lambda: records(site, "seller_statement"), "the statement")
    assert isinstance(made, SellerStatement)
    assert (made.seller, made.amount_minor, made.number[-6:]) == ("acme", 900, "000001")
    now = site.clock()
    until(lambda: all(isinstance(each, Seller) and each.next_at > now for each in records(site, "seller")), "the next")
    assert len(site.jobs(kind="state_seller")) == 2
    assert len(records(site, "seller_statement")) == 1
    assert_clean(site.database)
