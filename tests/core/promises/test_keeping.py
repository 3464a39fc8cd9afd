"""The promise of an order line: committed, revised with its cause, kept or missed; the first and the last both stand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orderline.core.context import SYSTEM, Context
from orderline.core.decide import run
from orderline.core.orders import commands as c
from orderline.core.orders.evolve import fold
from orderline.core.orders.promised import LinePromise, LineWindowInput, PromiseCause, PromiseOutcome
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.state import LineQuantity, Order
from orderline.core.promises.figures import kept_figures
from orderline.core.promises.keeping import promised_latest
from orderline.core.stock import commands as s
from orderline.core.stock.state import Channel, Location, LocationKind, Pool, Settings, Sku, SkuKind
from orderline.core.world import World
from orderline.values.address import Address, Place
from orderline.values.failures import Refused
from orderline.values.ids import OrderId, new_id

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)


class Shop:
    """One order of two shirts (line 1) and a download (line 2), three units of stock at each of two places."""

    def __init__(self) -> None:
        self.world, self.order_id, self.now = World(Settings({}, {}, {})), OrderId(new_id()), NOW
        self.events: list[Any] = []
        self.do(s.PutPool(pool=Pool("main")))
        for code in ("lyon", "lille"):
            self.do(s.PutLocation(location=Location(code, code, LocationKind.WAREHOUSE, "main", Place(country="FR"))))
        self.do(s.PutChannel(channel=Channel("web", "Web", ("main",))))
        self.do(s.PutSkus(skus=(Sku("TEE"), Sku("CODE", kind=SkuKind.DIGITAL))))
        for code in ("lyon", "lille"):
            self.do(s.AdjustStock(sku="TEE", location=code, quantity=3, reason="received"))
        lines = (
            c.LineInput(sku="TEE", quantity=2, unit_price_minor=1000),
            c.LineInput(sku="CODE", quantity=1, unit_price_minor=0),
        )
        address = Address(country="FR", name="A", lines=("1 rue",), city="Lyon", postal_code="69001")
        self.do(
            c.PlaceOrder(
                channel="web", external_id="1", currency="EUR", lines=lines, total_minor=2000,
                groups=(c.GroupInput(address=address),),
                tenders=(c.TenderInput(provider="p", method="card", amount_minor=2000, state="authorized"),),
            )
        )  # fmt: skip

    def do(self, command: c.Command) -> None:
        draft, _ = run(self.world, command, Context(self.now, SYSTEM, self.order_id, "SO-1"))
        self.events += [event for _, event in draft.events]

    @property
    def order(self) -> Order:
        found = self.world.orders[self.order_id]
        assert found is not None
        return found

    def promise(self, line: int = 1) -> LinePromise:
        return next(each for each in self.order.promises if each.line == line)

    def allocate(self, location: str, latest: datetime) -> None:
        self.do(
            c.AllocateUnits(
                order=self.order_id,
                group=1,
                allotments=(c.Allotment(1, "main", location, 2),),
                promises=(window(latest),),
            )
        )

    def send(self, fulfillment: int, *, shipped: datetime) -> None:
        self.do(c.AcceptFulfillment(order=self.order_id, fulfillment=fulfillment))
        self.do(c.PickUnits(order=self.order_id, fulfillment=fulfillment, lines=(LineQuantity(1, 2),)))
        parcel = c.ParcelInput(items=(LineQuantity(1, 2),), carrier="dhl", tracking_number="T1")
        self.do(c.PackUnits(order=self.order_id, fulfillment=fulfillment, parcels=(parcel,)))
        self.now = shipped
        self.do(c.ShipParcels(order=self.order_id, fulfillment=fulfillment))

    def deliver(self, at: datetime) -> None:
        self.now = at + DAY  # told a day later; what counts is when it was there
        self.do(c.TrackParcel(order=self.order_id, parcel=1, state="delivered", occurred_at=at))


def window(latest: datetime, line: int = 1, **fields: Any) -> LineWindowInput:
    return LineWindowInput(line=line, earliest_at=NOW, latest_at=latest, handover_at=NOW + DAY, **fields)


def test_a_promise_is_made_with_the_route_and_kept_by_the_hour_of_delivery() -> None:
    shop = Shop()
    shop.allocate("lyon", NOW + 3 * DAY)
    assert shop.promise().first.latest_at == NOW + 3 * DAY
    assert promised_latest(shop.order, 1) == NOW + 3 * DAY
    shop.send(1, shipped=NOW + DAY)
    assert shop.promise().outcome is None
    shop.deliver(NOW + 3 * DAY)
    kept = shop.promise()
    assert (kept.outcome, kept.kept_last, kept.settled_at, kept.cause) == (
        PromiseOutcome.KEPT,
        True,
        NOW + 3 * DAY,
        None,
    )
    assert promised_latest(shop.order, 1) is None


@pytest.mark.parametrize(
    ("shipped", "cause"), [(NOW + DAY, PromiseCause.CARRIER), (NOW + 2 * DAY, PromiseCause.LOCATION)]
)
def test_a_missed_promise_names_who_was_late(shipped: datetime, cause: PromiseCause) -> None:
    shop = Shop()
    shop.allocate("lyon", NOW + 3 * DAY)
    shop.send(1, shipped=shipped)
    shop.deliver(NOW + 3 * DAY + timedelta(seconds=1))
    missed = shop.promise()
    assert (missed.outcome, missed.kept_last, missed.cause) == (PromiseOutcome.MISSED, False, cause)


def test_a_rejection_that_costs_time_revises_and_the_first_promise_still_counts() -> None:
    shop = Shop()
    shop.allocate("lyon", NOW + 3 * DAY)
    shop.do(c.RejectUnits(order=shop.order_id, fulfillment=1, reason="broken"))
    shop.allocate("lille", NOW + 5 * DAY)
    revised = shop.promise()
    assert (revised.first.latest_at, revised.window.latest_at) == (NOW + 3 * DAY, NOW + 5 * DAY)
    assert (revised.revisions, revised.cause) == (1, PromiseCause.LOCATION)
    shop.send(2, shipped=NOW + DAY)
    shop.deliver(NOW + 4 * DAY)
    ended = shop.promise()
    assert (ended.outcome, ended.kept_last, ended.cause) == (PromiseOutcome.MISSED, True, PromiseCause.LOCATION)


def test_a_route_that_costs_no_time_revises_nothing() -> None:
    shop = Shop()
    shop.allocate("lyon", NOW + 3 * DAY)
    shop.do(c.RejectUnits(order=shop.order_id, fulfillment=1, reason="broken"))
    shop.allocate("lille", NOW + 2 * DAY)
    assert (shop.promise().last, shop.promise().revisions) == (None, 0)


def test_figures_count_what_has_ended_by_what_it_stood_on() -> None:
    orders: list[Order] = []
    for delivered in (3, 4):
        shop = Shop()
        shop.allocate("lyon", NOW + 3 * DAY)
        shop.send(1, shipped=NOW + DAY)
        shop.deliver(NOW + delivered * DAY)
        orders.append(shop.order)
    void = Shop()
    void.allocate("lyon", NOW + 3 * DAY)
    void.do(c.CancelUnits(order=void.order_id, reason="no"))
    overall = kept_figures([*orders, void.order, Shop().order]).overall
    assert (overall.ended, overall.kept, overall.kept_last, overall.kept_ppm) == (2, 1, 1, 500_000)
    assert overall.causes == {"carrier": 1}


def test_what_is_canceled_was_promised_in_vain() -> None:
    shop = Shop()
    shop.allocate("lyon", NOW + 3 * DAY)
    shop.do(c.CancelUnits(order=shop.order_id, reason="changed my mind"))
    assert (shop.promise().outcome, shop.promise().cause) == (PromiseOutcome.VOID, PromiseCause.CUSTOMER)


def promise_lines(shop: Shop, *lines: LineWindowInput, **fields: Any) -> None:
    shop.do(c.PromiseLines(order=shop.order_id, lines=lines, **fields))


def test_a_promise_may_be_given_and_changed_by_hand() -> None:
    shop = Shop()
    promise_lines(shop, window(NOW + 3 * DAY), source="quote q-1 1")
    promise_lines(shop, window(NOW + 4 * DAY), cause=PromiseCause.FORCE_MAJEURE, reason="snow")
    promise = shop.promise()
    assert (promise.first.source, promise.cause, promise.revisions) == ("quote q-1 1", PromiseCause.FORCE_MAJEURE, 1)
    promise_lines(shop, window(NOW + 2 * DAY), cause=PromiseCause.US, earlier=True)
    assert shop.promise().window.latest_at == NOW + 2 * DAY


REFUSED: list[Any] = [
    ((window(NOW + 3 * DAY),), R.NOTHING_TO_DO),
    ((window(NOW + 2 * DAY),), R.NOTHING_TO_DO),
    ((window(NOW - DAY, line=2),), R.WINDOW_NOT_ACCEPTABLE),
    ((window(NOW + DAY, line=9),), R.LINE_UNKNOWN),
]


@pytest.mark.parametrize(("lines", "code"), REFUSED)
def test_promises_that_say_nothing_new_or_nothing_at_all_are_refused(lines: Any, code: R) -> None:
    shop = Shop()
    promise_lines(shop, window(NOW + 3 * DAY))
    before = shop.order
    with pytest.raises(Refused) as refused:
        promise_lines(shop, *lines)
    assert refused.value.code == code
    assert shop.order == before


def test_an_ended_promise_is_not_revised() -> None:
    shop = Shop()
    shop.allocate("lyon", NOW + 3 * DAY)
    shop.do(c.CancelUnits(order=shop.order_id, reason="no", lines=(LineQuantity(1, 2),)))
    with pytest.raises(Refused, match="NOTHING_TO_DO"):
        promise_lines(shop, window(NOW + 9 * DAY))


def test_the_journal_gives_promises_back() -> None:
    shop = Shop()
    shop.allocate("lyon", NOW + 3 * DAY)
    promise_lines(shop, window(NOW + 4 * DAY), cause=PromiseCause.CARRIER)
    shop.send(1, shipped=NOW + DAY)
    shop.deliver(NOW + 2 * DAY)
    assert fold(shop.events) == shop.order
    assert shop.promise().outcome is PromiseOutcome.KEPT
