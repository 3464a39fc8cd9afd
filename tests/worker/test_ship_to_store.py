"""Goods collected at a store that has none: sent there for the customer, late, lost, canceled or not collected."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from orderline.core.moves import Units
from orderline.core.orders.commands import CancelUnits, CustomerInput, GroupInput, LineInput, PlaceOrder, TenderInput
from orderline.core.orders.state import Order
from orderline.core.stock.commands import PutLocation, PutPool
from orderline.core.stock.state import Location, LocationKind, Pool
from orderline.core.supply.receiving import ReceivedInput
from orderline.core.transfers.commands import PickTransfer, ReceiveTransfer, ShipTransfer
from orderline.core.transfers.state import Transfer, TransferState
from orderline.engine.promising import PromiseAsked, Promised, Promiser, WantedLine
from orderline.store.loading import decode_record
from orderline.store.reading.source import open_source
from orderline.values.address import Place
from orderline.values.ids import OrderId
from worker.site import PLACES, Site, until

PARIS = Place(country="FR", postal_code="75001", city="Paris")


def open_store(site: Site, **about: Any) -> None:
    site.engine.run(PutPool(pool=Pool("stores")))
    store = Location("paris", "Paris", LocationKind.STORE, "stores", PARIS, pickup=True, supplied_from=("fr",), **about)
    site.engine.run(PutLocation(location=store))


def collected(site: Site, quantity: int, name: str = "STS-1", **group: Any) -> OrderId:
    """An order of so many tees that are collected in Paris."""
    command = PlaceOrder(
        channel="web",
        external_id=name,
        currency="EUR",
        lines=(LineInput(sku="TEE", quantity=quantity, unit_price_minor=1000),),
        total_minor=1000 * quantity,
        customer=CustomerInput("Ann Lee", "ann@example.com", "1"),
        groups=(GroupInput(pickup_location="paris", **group),),
        tenders=(TenderInput(provider="sandbox_payments", amount_minor=1000 * quantity, token="tok"),),
    )
    return OrderId(UUID(msgspec.json.decode(site.engine.run(command))["id"]))


def transfers(site: Site) -> list[Transfer]:
    rows = site.rows("SELECT body FROM records WHERE cell = %(cell)s AND kind = 'transfer' ORDER BY changed_at, id")
    return [decode_record("transfer", body) for (body,) in rows]


def sent(site: Site, known: int = 0) -> Transfer:
    """The transfer beside those known."""
    return until(lambda: transfers(site)[known:], "a transfer")[0]


def on_its_way(site: Site, transfer: Transfer) -> None:
    site.engine.run(PickTransfer(transfer=transfer.id))
    site.engine.run(ShipTransfer(transfer=transfer.id))


def units(order: Order) -> Units:
    return order.lines[0].units


def shelf(site: Site, location: str) -> int:
    [(sellable,)] = site.rows(
        "SELECT coalesce(sum(sellable), 0)::int FROM stock"
        f" WHERE cell = %(cell)s AND sku = 'TEE' AND location = '{location}'"
    )
    return sellable


def test_units_come_in_parts_and_are_laid_ready_as_they_come(site: Site) -> None:
    open_store(site)
    site.stock(TEE_lyon=5, TEE_paris=1)
    order_id = collected(site, 3)
    transfer = sent(site)
    order = site.until_units(order_id, "pegged", 2)
    assert (transfer.source, transfer.target, transfer.order) == ("lyon", "paris", order_id)
    assert (transfer.number, transfer.state, transfer.lines[0].quantity) == (order.number, TransferState.APPROVED, 2)
    # What the store has is served at once; what comes is promised by when it can be collected.
    site.until_units(order_id, "allocated", 1)
    [promise] = site.order(order_id).promises
    assert promise.first.locations == ("lyon", "paris")
    assert promise.first.latest_at > transfer.due_at
    assert promise.revisions == 0
    on_its_way(site, transfer)
    for receipt in ("first", "second"):
        site.engine.run(ReceiveTransfer(transfer=transfer.id, receipt=receipt, lines=(ReceivedInput(1, 1),)))
    # What came lies ready, each part with its notice; what the store has itself is picked by somebody.
    order = site.until_units(order_id, "packed", 2)
    assert {each.location for each in order.fulfillments} == {"paris"}
    assert (units(order).allocated, sum(i.quantity for each in order.parcels for i in each.items)) == (1, 2)
    assert all(each.code_hash and each.fulfillment != 1 for each in order.pickups)
    site.until_no_jobs()
    told = site.rows("SELECT count(*) FROM outbox WHERE cell = %(cell)s AND kind = 'pickup_due'")
    assert told == [(len(order.pickups),)]
    site.verify_all()


def test_a_store_may_want_to_lay_goods_ready_itself(site: Site) -> None:
    open_store(site, ready_on_arrival=False)
    site.stock(TEE_lyon=5)
    order_id = collected(site, 2)
    transfer = sent(site)
    on_its_way(site, transfer)
    site.engine.run(ReceiveTransfer(transfer=transfer.id, receipt="R", lines=(ReceivedInput(1, 2),)))
    site.until_units(order_id, "allocated", 2)
    site.until_no_jobs()
    order = site.order(order_id)
    assert (units(order).allocated, order.pickups) == (2, ())
    site.verify_all()


def test_what_never_came_is_sent_again(site: Site) -> None:
    open_store(site)
    site.stock(TEE_lyon=5)
    order_id = collected(site, 2)
    first = sent(site)
    on_its_way(site, first)
    site.engine.run(ReceiveTransfer(transfer=first.id, receipt="R", lines=(ReceivedInput(1, 1),), complete=True))
    second = sent(site, 1)
    assert (second.order, second.lines[0].quantity) == (order_id, 1)
    order = site.until_units(order_id, "pegged", 1)
    assert units(order).packed + units(order).allocated + units(order).pooled == 1
    site.until_no_jobs()
    site.verify_all()


def test_what_is_canceled_stays_where_it_is_or_arrives_as_stock(site: Site) -> None:
    open_store(site)
    site.stock(TEE_lyon=5)
    early, late = collected(site, 1, "EARLY"), collected(site, 1, "LATE")
    by_order = until(lambda: (found := {t.order: t for t in transfers(site)}) and len(found) == 2 and found, "both")
    site.engine.run(CancelUnits(order=early, reason="changed my mind"))
    until(lambda: {t.id: t for t in transfers(site)}[by_order[early].id].state is TransferState.CANCELED, "a recall")
    on_its_way(site, by_order[late])
    site.engine.run(CancelUnits(order=late, reason="changed my mind"))
    site.until_no_jobs()
    site.engine.run(ReceiveTransfer(transfer=by_order[late].id, receipt="R", lines=(ReceivedInput(1, 1),)))
    site.until_no_jobs()
    assert (shelf(site, "lyon"), shelf(site, "paris")) == (4, 1)
    assert [units(site.order(each)) for each in (early, late)] == [Units(canceled=1), Units(canceled=1)]
    site.verify_all()


def test_what_goes_all_at_once_waits_for_what_is_sent(site: Site) -> None:
    open_store(site)
    site.stock(TEE_lyon=5, TEE_paris=1)
    order_id = collected(site, 2, ship_complete=True)
    transfer = sent(site)
    site.until_no_jobs()
    assert units(site.order(order_id)) == Units(pooled=1, pegged=1)
    on_its_way(site, transfer)
    site.engine.run(ReceiveTransfer(transfer=transfer.id, receipt="R", lines=(ReceivedInput(1, 1),)))
    order = site.until_units(order_id, "allocated", 2)
    assert len(order.fulfillments) == 1, "one of the two comes from the store's own shelf: somebody puts them together"
    site.verify_all()


def test_a_store_without_stock_is_an_option_with_the_way_there(still_site: Site) -> None:
    site = still_site
    open_store(site)
    site.stock(TEE_lyon=5, TEE_paris=1)
    source = open_source(site.database)
    asked = PromiseAsked(channel="web", lines=(WantedLine("TEE", 3),), place=PLACES["lille"], pickup=("paris",))
    [answer] = Promiser(site.database).answer(source, [asked])
    source.connection.close()
    assert isinstance(answer, Promised)
    [option] = answer.options
    assert (option.method, option.pickup_location, option.complete) == ("pickup", "paris", True)
    there, on_the_way = sorted(option.parts, key=lambda part: part.via)
    assert (there.location, there.items[0].quantity) == ("paris", 1)
    assert (on_the_way.location, on_the_way.via, on_the_way.items[0].quantity) == ("lyon", "paris", 2)
    seconds = sum(step.seconds for step in on_the_way.steps)
    asked_at = on_the_way.steps[0].until - timedelta(seconds=on_the_way.steps[0].seconds)
    assert asked_at + timedelta(seconds=seconds) == on_the_way.latest_at == option.latest_at
    assert abs(asked_at - datetime.now(UTC)) < timedelta(minutes=2)
