"""Single rules that a sequence drawn at random seldom meets."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from orderline.core.context import SYSTEM, Context
from orderline.core.decide import RULES, preview
from orderline.core.holds.rules import BLOCKABLE
from orderline.core.moves import Bucket, Move, Units
from orderline.core.next_steps import JobKind, order_follow_ups
from orderline.core.orders import commands as c
from orderline.core.orders.actions import TABLE, actions_of
from orderline.core.orders.commands import HoldInput, PlaceHold, PlaceOrder, TenderInput
from orderline.core.orders.events import MovedItem, UnitsMoved
from orderline.core.orders.state import LineQuantity
from orderline.core.orders.substitution import SubstituteUnits
from orderline.core.stock.commands import AdjustStock, ApplyFeed, FeedRow, PutSkus
from orderline.core.stock.state import Sku
from orderline.core.stock.substitutes import Substitute
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.ids import OrderId, new_id
from support.shop import NOON, MemoryShop, order_of

NAIVE = datetime(2026, 11, 20)  # noqa: DTZ001


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop([("TEE-M", "lyon", 10), ("MUG", "lyon", 10)])


def code_of(shop: MemoryShop, command: c.Command) -> str:
    with pytest.raises(Refused) as refused:
        shop.do(command)
    return refused.value.code.value


def test_every_command_on_an_order_has_a_rule_and_an_action() -> None:
    commands = {str(command.__struct_config__.tag) for command in RULES if issubclass(command, c.OrderCommand)}
    told = {name for name, _, _ in TABLE}
    assert told == commands - {
        "answer_payment",
        "answer_by_credit",
        "issue_sold_cards",  # which cards there are, the order does not know
        "match_orphan",  # it is done to what came without a name
        "choose_rate",
        "raise_alarm",
        "clear_alarm",
        "lapse_fulfillment",
        "cancel_due",
        "expire_return",
        "tell_dispute",
        "record_evidence",
        "screen_order",
        "breach_hold",
        "write_off",
        "recover",
    } | {"answer_decision"}


@pytest.mark.parametrize(
    "about",
    [
        {"holds": (HoldInput(type="fraud", due_at=NAIVE),)},
        {"tenders": (TenderInput(provider="sandbox", amount_minor=2000, expires_at=NAIVE),)},
        {"placed_at": NAIVE},
    ],
)
def test_a_time_without_an_offset_is_refused(shop: MemoryShop, about: dict[str, Any]) -> None:
    assert code_of(shop, order_of("A-1", ("TEE-M", 1, 2000), **about)) == "TIME_NOT_AWARE"


def test_a_hold_on_a_line_that_is_not_there_is_refused_at_intake(shop: MemoryShop) -> None:
    about: dict[str, Any] = {"holds": (HoldInput(type="fraud", line=2**40),)}
    assert code_of(shop, order_of("A-1", ("TEE-M", 1, 2000), **about)) == "LINE_UNKNOWN"


def test_units_of_one_group_are_not_sent_with_another(shop: MemoryShop) -> None:
    order = shop.place(order_of("A-1", ("TEE-M", 1, 2000)))
    allotments = (c.Allotment(1, "eu", "lyon", 1),)
    assert code_of(shop, c.AllocateUnits(order=order, group=9, allotments=allotments)) == "GROUP_UNKNOWN"


def test_a_second_hold_is_compared_with_the_first_by_its_due_time(shop: MemoryShop) -> None:
    order = shop.place(order_of("A-1", ("TEE-M", 1, 2000)))
    shop.do(PlaceHold(order=order, hold=HoldInput(type="fraud", due_at=NOON + timedelta(days=1))))
    shop.do(PlaceHold(order=order, hold=HoldInput(type="address", due_at=NOON + timedelta(hours=1))))
    assert [hold.number for hold in shop.order(order).holds] == [1, 2]


def test_one_sku_on_two_lines_never_takes_more_from_a_shelf_than_is_there(shop: MemoryShop) -> None:
    order = shop.place(order_of("A-1", ("TEE-M", 5, 2000), ("TEE-M", 5, 2000)))
    allotments = (c.Allotment(1, "eu", "lyon", 5), c.Allotment(2, "eu", "lyon", 5))
    shop.do(c.AllocateUnits(order=order, group=1, allotments=allotments))
    shop.do(c.AcceptFulfillment(order=order, fulfillment=1))
    shop.do(AdjustStock(sku="TEE-M", location="lyon", quantity=4, reason="shrinkage"))
    shop.do(c.RejectUnits(order=order, fulfillment=1, reason="gone", shelf="missing"))
    level = shop.world.stock["TEE-M", "lyon"]
    assert (level.sellable, level.missing, level.allocated) == (0, 6, 0)


def test_a_cancellation_that_leaves_enough_money_sends_the_rest_to_routing(shop: MemoryShop) -> None:
    tenders = (TenderInput(provider="sandbox", amount_minor=2000, token="a", state="authorized"),)
    order = shop.place(order_of("A-1", ("TEE-M", 2, 2000), tenders=tenders))
    draft = shop.do(c.CancelUnits(order=order, lines=(LineQuantity(1, 1),), reason="less"))
    events = [event for _, event in draft.events]
    jobs = order_follow_ups(shop.world.settings, shop.order(order), events, shop.now)
    assert JobKind.ROUTE in {job.kind for job in jobs}


def test_what_has_been_canceled_is_not_said_to_have_left(shop: MemoryShop) -> None:
    order = shop.place(order_of("A-1", ("TEE-M", 1, 2000), ("MUG", 1, 900)))
    a_line = c.CancelUnits(order=order, lines=(LineQuantity(1, 1),), reason="less")
    shop.do(a_line)
    assert code_of(shop, a_line) == "NOTHING_TO_DO"
    shop.do(c.CancelUnits(order=order, reason="all"))
    assert code_of(shop, c.CancelUnits(order=order, reason="all")) == "NOTHING_TO_DO"
    assert {each.refused for each in actions_of(shop.order(order)) if each.name == "cancel_units"} == {"NOTHING_TO_DO"}


def test_a_preview_tells_the_events_and_changes_nothing(shop: MemoryShop) -> None:
    before = dict(shop.world.orders), dict(shop.world.pools)
    context = Context(shop.now, SYSTEM, OrderId(new_id()), "SO-9")
    draft = preview(shop.world, order_of("A-1", ("TEE-M", 1, 2000)), context)
    assert len(draft.events) == 2
    assert (dict(shop.world.orders), dict(shop.world.pools)) == before


def test_a_snapshot_taken_before_a_shipment_does_not_bring_its_units_back(shop: MemoryShop) -> None:
    shop.world.keeps_posted = True
    order = shop.place(order_of("A-1", ("TEE-M", 3, 2000)))
    counted_at = shop.now
    shop.later(minutes=5)
    units = (LineQuantity(1, 3),)
    shop.do(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", 3),)))
    shop.do(c.PickUnits(order=order, fulfillment=1, lines=units))
    shop.do(c.PackUnits(order=order, fulfillment=1, parcels=(c.ParcelInput(items=units),)))
    shop.do(c.ShipParcels(order=order, fulfillment=1))
    row = FeedRow("TEE-M", "lyon", 10)
    shop.do(ApplyFeed(feed="wms", sequence=1, part=0, delta=False, rows=(row,), as_of=counted_at))
    assert shop.world.stock["TEE-M", "lyon"].sellable == 7


def test_an_order_of_a_history_moves_no_stock_and_is_closed(shop: MemoryShop) -> None:
    command: PlaceOrder = order_of("A-1", ("TEE-M", 4, 2000), paid="captured", history=True)
    order = shop.order(shop.place(command))
    assert order.closed_at is not None
    assert order.lines[0].units.delivered == 4
    assert shop.world.pools["TEE-M", "eu"].claims == 0


def test_a_hold_blocks_what_the_actions_say_it_blocks(shop: MemoryShop) -> None:
    shop.do(PutSkus(skus=(Sku("TEE-M", substitutes=(Substitute(sku="MUG"),)),)))
    order = shop.place(order_of("A-1", ("TEE-M", 4, 2000)))
    one = (LineQuantity(1, 1),)
    for command in (
        c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", 2),)),
        c.PickUnits(order=order, fulfillment=1, lines=one),
        c.PackUnits(order=order, fulfillment=1, parcels=(c.ParcelInput(items=one),)),
        c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", 1),)),
        PlaceHold(order=order, hold=HoldInput(type="manual", blocks=BLOCKABLE)),
    ):
        shop.do(command)
    told = {action.name: action for action in actions_of(shop.order(order))}
    commands: dict[str, c.Command] = {
        "cancel_units": c.CancelUnits(order=order, reason="x", lines=one),
        "allocate_units": c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", 1),)),
        "submit_fulfillment": c.SubmitFulfillment(order=order, fulfillment=2),
        "accept_fulfillment": c.AcceptFulfillment(order=order, fulfillment=2),
        "label_parcel": c.LabelParcel(order=order, parcel=1, carrier="x", tracking_number="1Z"),
        "ship_parcels": c.ShipParcels(order=order, fulfillment=1),
        "substitute_units": SubstituteUnits(order=order, line=1, quantity=1, sku="MUG"),
    }
    blocked = {name for name, block, _ in TABLE if block}
    assert blocked <= set(commands)
    for name, command in commands.items():
        if told[name].allowed:
            shop.do(command)
        else:
            assert code_of(shop, command) == told[name].refused == "BLOCKED_BY_HOLD"


IMPOSSIBLE = [
    # move          out of            into              units
    (Move.SHIP,     Bucket.POOLED,    Bucket.SHIPPED,   1, "MOVE_NOT_POSSIBLE"),
    (Move.DELIVER,  Bucket.SHIPPED,   Bucket.DELIVERED, 1, "QUANTITY_NOT_AVAILABLE"),
    (Move.CANCEL,   Bucket.POOLED,    Bucket.CANCELED,  2, "QUANTITY_NOT_AVAILABLE"),
    (Move.CANCEL,   Bucket.POOLED,    Bucket.CANCELED,  0, "QUANTITY_NOT_POSITIVE"),
]  # fmt: skip


@pytest.mark.parametrize(("move", "source", "target", "quantity", "code"), IMPOSSIBLE)
def test_what_a_rule_tells_goes_by_the_move_table(
    shop: MemoryShop, move: Move, source: Bucket, target: Bucket, quantity: int, code: str
) -> None:
    order = shop.place(order_of("A-1", ("TEE-M", 3, 2000)))
    item = MovedItem(1, source, target, quantity, "eu")
    draft = Draft(shop.world, NOON)
    with pytest.raises(Refused) as refused:
        draft.tell(order, UnitsMoved(move=move, items=(item, item), at=NOON, location="lyon"))
    assert refused.value.code == code
    assert (draft.events, shop.order(order).lines[0].units) == ([], Units(pooled=3))
