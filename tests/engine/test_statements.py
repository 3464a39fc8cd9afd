"""The number of statements of a batch does not depend on how many commands are in it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from orderline.core.orders import commands as c
from orderline.core.orders.parcels import RateChoice
from orderline.core.orders.state import LineQuantity
from orderline.core.shipments import commands as p
from orderline.core.stock import commands as s
from orderline.core.stock.state import Sku
from orderline.engine.engine import Engine, utc_now
from orderline.store.database import Database
from orderline.values.ids import CartHoldId, OrderId
from support.engines import assert_clean, open_shop, order_id_of, together
from support.shop import order_of

MANY = 100
ONE_UNIT = (LineQuantity(1, 1),)
LYON = (c.Allotment(1, "eu", "lyon", 1),)


def on(make: Callable[..., c.Command], **about: object) -> Callable[[OrderId, int], c.Command]:
    return lambda order, _number: make(order=order, **about)


# Every kind of command, in an order in which each goes through for each of the orders.
STEPS: list[tuple[str, Callable[[OrderId, int], c.Command]]] = [
    ("place_hold", on(c.PlaceHold, hold=c.HoldInput(type="fraud"))),
    ("release_hold", on(c.ReleaseHold, hold=1)),
    ("annotate_order", on(c.AnnotateOrder, note="x", tags=("vip",))),
    ("link_orders", on(c.LinkOrders, type="related")),
    ("allocate_units", on(c.AllocateUnits, group=1, allotments=LYON)),
    ("submit_fulfillment", on(c.SubmitFulfillment, fulfillment=1)),
    ("pull_back", on(c.PullBack, fulfillment=1)),
    ("allocate_units", on(c.AllocateUnits, group=1, allotments=LYON)),
    ("accept_fulfillment", on(c.AcceptFulfillment, fulfillment=2)),
    ("cancel_units", on(c.CancelUnits, reason="changed my mind", lines=ONE_UNIT)),
    ("reject_units", on(c.RejectUnits, fulfillment=2, lines=ONE_UNIT, reason="broken", shelf="damaged")),
    ("allocate_units", on(c.AllocateUnits, group=1, allotments=(c.Allotment(1, "eu", "lille", 1),))),
    ("pick_units", on(c.PickUnits, fulfillment=3, lines=ONE_UNIT)),
    ("pack_units", on(c.PackUnits, fulfillment=3, parcels=(c.ParcelInput(items=ONE_UNIT),))),
    ("request_label", on(p.RequestLabel, parcel=1)),
    ("choose_rate", on(p.ChooseRate, parcel=1, choice=RateChoice(at=utc_now(), method="", weight_g=1, offers=()))),
    ("label_parcel", on(c.LabelParcel, parcel=1, carrier="post", tracking_number="V")),
    ("void_label", on(p.VoidLabel, parcel=1)),
    ("answer_void", on(p.AnswerVoid, parcel=1, tracking_number="V", voided=True)),
    ("label_parcel", on(c.LabelParcel, parcel=1, carrier="post", tracking_number="T")),
    ("ship_parcels", on(c.ShipParcels, fulfillment=3)),
    ("track_parcel", on(c.TrackParcel, parcel=1, state="delivered")),
    ("adjust_stock", lambda _, n: s.AdjustStock(sku=f"S-{n}", location="lyon", quantity=1, reason="received")),
    ("set_doubt", lambda _, n: s.SetDoubt(sku=f"S-{n}", location="lyon", doubt_ppm=1)),
    ("set_safety", lambda _, n: s.SetSafety(sku=f"S-{n}", location="lyon", safety=1)),
    ("set_threshold", lambda _, n: s.SetThreshold(sku=f"S-{n}", pool="eu", threshold=1)),
    ("hold_cart", lambda _, n: cart(n)),
    ("hold_cart again", lambda _, n: cart(n)),
    ("release_cart", lambda _, n: s.ReleaseCart(cart=CartHoldId(UUID(int=n + 1)))),
    ("apply_feed", lambda _, n: feed(n)),
    ("put_skus", lambda _, n: s.PutSkus(skus=(Sku(f"S-{n}", "New name"),))),
]


def cart(number: int) -> c.Command:
    return s.HoldCart(cart=CartHoldId(UUID(int=number + 1)), channel="web", lines=(s.CartLineInput("TEE-M", 1),))


def feed(number: int) -> c.Command:
    rows = (s.FeedRow(f"S-{number}", "lyon", 9),)
    as_of = utc_now() - timedelta(seconds=number + 1)
    return s.ApplyFeed(feed=f"wms-{number}", sequence=1, part=0, delta=False, rows=rows, as_of=as_of)


class Counter:
    """Counts what is sent over any connection."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        execute = psycopg.Cursor.execute

        def counting(cursor: psycopg.Cursor, *arguments: Any, **about: Any) -> Any:
            self.count += 1
            return execute(cursor, *arguments, **about)

        monkeypatch.setattr(psycopg.Cursor, "execute", counting)

    def of(self, engine: Engine, commands: list[c.Command]) -> int:
        """The statements sent for commands that come in together; each has to be accepted."""
        before = self.count
        outcomes = together(engine, commands)
        assert [outcome.refused or outcome.failed for outcome in outcomes if not outcome.answer] == []
        return self.count - before


@pytest.fixture
def one_lane(database: Database) -> Iterator[Engine]:
    made = Engine(database, threads=1)
    yield made
    made.close()


def test_a_hundred_commands_take_as_many_statements_as_one(one_lane: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    open_shop(one_lane, [("TEE-M", "lyon", 1000), ("TEE-M", "lille", 1000)])
    one_lane.run(s.PutSkus(skus=tuple(Sku(f"S-{number}") for number in range(MANY + 1))))
    warm_up = order_id_of(one_lane.run(order_of("warm-up", ("TEE-M", 2, 2000))))
    for number in range(MANY + 1):
        one_lane.run(s.AdjustStock(sku=f"S-{number}", location="lyon", quantity=5, reason="received"))
    counter = Counter(monkeypatch)
    alone = counter.of(one_lane, [order_of("A-0", ("TEE-M", 2, 2000))])
    many = [order_of(f"A-{number}", ("TEE-M", 2, 2000)) for number in range(1, MANY + 1)]
    outcomes = {"place_order": (alone, counter.of(one_lane, [*many]))}
    ids = [order_id_of(outcome.answer) for outcome in together(one_lane, [order_of("A-0", ("TEE-M", 2, 2000)), *many])]
    for name, make in STEPS:
        if name == "link_orders":
            make = on(c.LinkOrders, type="related", target=warm_up)
        alone = counter.of(one_lane, [make(ids[0], 0)])
        together_ = counter.of(one_lane, [make(id_, number) for number, id_ in enumerate(ids[1:], 1)])
        outcomes[name] = (alone, together_)
    assert {name: counts for name, counts in outcomes.items() if counts[0] != counts[1]} == {}
    assert max(alone for alone, _ in outcomes.values()) < 30
    assert_clean(one_lane.database)


def test_batches_of_all_kinds_mixed_stay_small(one_lane: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    open_shop(one_lane, [("TEE-M", "lyon", 1000)])
    counter = Counter(monkeypatch)
    mixed: list[c.Command] = [order_of(f"A-{number}", ("TEE-M", 1, 2000)) for number in range(50)]
    mixed += [s.AdjustStock(sku="TEE-M", location="lille", quantity=1, reason="received") for _ in range(50)]
    mixed += [cart(number) for number in range(50)]
    assert counter.of(one_lane, mixed) < 35
