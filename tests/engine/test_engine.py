"""The engine: batches, refusals and failures that concern one command alone, one effect for one key."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import msgspec
import pytest

from orderline.core import decide
from orderline.core.context import Actor
from orderline.core.orders.commands import (
    AllocateUnits,
    Allotment,
    AnnotateOrder,
    CancelUnits,
    HoldInput,
    PlaceHold,
    PlaceOrder,
    RejectUnits,
)
from orderline.core.stock.commands import (
    AdjustStock,
    ApplyFeed,
    CartLineInput,
    FeedRow,
    HoldCart,
    PutChannel,
    PutLocation,
    PutSkus,
)
from orderline.core.stock.state import Channel, Sku, SkuKind
from orderline.engine.engine import Engine
from orderline.engine.lane import Lane
from orderline.engine.submissions import Outcome, Submission
from orderline.store.database import Database
from orderline.values.failures import Refused
from orderline.values.ids import CartHoldId, OrderId, new_id
from support.engines import assert_clean, open_shop, order_id_of, placed, together, value
from support.shop import LOCATIONS, order_of


@pytest.fixture
def shop(engine: Engine) -> Engine:
    open_shop(engine, [("TEE-M", "lyon", 100), ("MUG", "lyon", 10)])
    return engine


def shirts(name: str, quantity: int = 1, **about: Any) -> PlaceOrder:
    return order_of(name, ("TEE-M", quantity, 2000), **about)


# ------------------------------------------------------------------------------------------- batches


def test_what_comes_in_meanwhile_goes_together() -> None:
    batches: list[list[int]] = []
    busy, go_on = threading.Event(), threading.Event()

    def work(_thread: int, items: Any) -> None:
        batches.append(list(items))
        busy.set()
        go_on.wait(10)

    lane: Lane[int] = Lane("test", work, most=4)
    lane.put(0)
    assert busy.wait(10)
    lane.put_all(range(1, 8))
    assert lane.waiting == 7
    go_on.set()
    lane.close()
    assert batches == [[0], [1, 2, 3, 4], [5, 6, 7]]
    with pytest.raises(RuntimeError, match="closed"):
        lane.put(9)


def test_a_lone_command_waits_for_nobody_and_many_share_a_transaction(database: Database) -> None:
    sizes: list[int] = []
    engine = Engine(database, threads=1, on_batch=lambda size, seconds: sizes.append(size))
    open_shop(engine, [("TEE-M", "lyon", 500)])
    assert set(sizes) == {1}
    sizes.clear()
    outcomes = together(engine, [shirts(f"A-{number}") for number in range(300)])
    engine.close()
    assert all(outcome.answer for outcome in outcomes)
    assert max(sizes) == 256
    assert sum(sizes) == 300
    assert value(database, "SELECT count(DISTINCT position) FROM journal") == len(sizes)
    assert_clean(database)


def test_a_refusal_concerns_its_command_alone(shop: Engine) -> None:
    good, bad, last = together(shop, [shirts("A-1"), order_of("A-2", ("NO-SUCH", 1, 5)), shirts("A-3")])
    assert good.answer
    assert last.answer
    assert bad.refused is not None
    assert (bad.refused.code, bad.refused.facts["value"]) == ("SKU_UNKNOWN", "NO-SUCH")
    assert value(shop.database, "SELECT count(*) FROM orders") == 2
    assert_clean(shop.database)


def test_each_command_of_a_batch_sees_what_the_one_before_has_done(shop: Engine) -> None:
    outcomes = together(shop, [shirts(f"A-{number}", 30) for number in range(5)])
    assert [str(outcome.refused and outcome.refused.code) for outcome in outcomes].count("STOCK_NOT_AVAILABLE") == 2
    assert_clean(shop.database)


def test_a_rule_never_takes_for_empty_what_was_not_loaded_for_it(shop: Engine) -> None:
    shop.run(AdjustStock(sku="TEE-M", location="lille", quantity=5, reason="received"))
    order = placed(shop, shirts("A-1", 2))
    allocate = AllocateUnits(order=order, group=1, allotments=(Allotment(1, "eu", "lyon", 2),))
    reject = RejectUnits(order=order, fulfillment=1, reason="none left")
    # When the batch begins, nothing tells yet that the rejection will look for another location.
    assert all(outcome.answer for outcome in together(shop, [allocate, reject]))
    assert value(shop.database, "SELECT pooled FROM order_lines") == 2
    assert_clean(shop.database)


def test_units_go_back_to_the_pool_they_came_from_though_its_channel_has_left_it(shop: Engine) -> None:
    shop.run(AdjustStock(sku="TEE-M", location="lille", quantity=5, reason="received"))
    order = placed(shop, shirts("A-1", 2))
    shop.run(AllocateUnits(order=order, group=1, allotments=(Allotment(1, "eu", "lyon", 2),)))
    shop.run(PutChannel(channel=Channel("web", "Web shop", ("stores",))))
    shop.run(RejectUnits(order=order, fulfillment=1, reason="none left"))
    assert value(shop.database, "SELECT pooled FROM order_lines") == 2
    assert_clean(shop.database)


def test_a_bug_in_one_command_fails_it_alone(shop: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = decide.RULES[PlaceOrder]

    def broken(draft: Any, command: PlaceOrder, context: Any) -> None:
        rule(draft, command, context)
        if command.external_id == "A-2":
            raise ZeroDivisionError("a bug")

    monkeypatch.setitem(decide.RULES, PlaceOrder, broken)
    outcomes = together(shop, [shirts(f"A-{number}") for number in range(5)])
    assert [bool(outcome.answer) for outcome in outcomes] == [True, True, False, True, True]
    assert isinstance(outcomes[2].failed, ZeroDivisionError)
    with pytest.raises(ZeroDivisionError):
        outcomes[2].answer_or_raise()
    assert_clean(shop.database)


@pytest.mark.parametrize("column", ["note", "currency"])
def test_what_the_database_refuses_fails_its_command_alone(
    shop: Engine, monkeypatch: pytest.MonkeyPatch, column: str
) -> None:
    rule = decide.RULES[PlaceOrder]

    def unchecked(draft: Any, command: PlaceOrder, context: Any) -> None:
        rule(draft, command, context)
        if command.external_id == "A-2":
            order = draft.world.orders[context.new_order]
            poison = {"tags": ("nul \x00",)} if column == "note" else {"currency": "EURO"}
            draft.world.orders[context.new_order] = msgspec.structs.replace(order, **poison)

    monkeypatch.setitem(decide.RULES, PlaceOrder, unchecked)
    outcomes = together(shop, [shirts(f"A-{number}") for number in range(5)])
    assert [bool(outcome.answer) for outcome in outcomes] == [True, True, False, True, True]
    assert outcomes[2].failed is not None
    monkeypatch.undo()
    assert placed(shop, shirts("A-9"))
    assert_clean(shop.database)


def test_an_outcome_that_nobody_waits_for_any_more_keeps_no_other_back(shop: Engine) -> None:
    def gone(_outcome: Outcome) -> None:
        raise RuntimeError("the loop is closed")

    told: Future[Outcome] = Future()
    canceled: Future[Outcome] = Future()
    canceled.cancel()
    shop.put_all(
        [
            (Submission(command=shirts("A-1")), gone),
            (Submission(command=shirts("A-2")), canceled.set_result),
            (Submission(command=shirts("A-3")), told.set_result),
        ]
    )
    assert told.result(30).answer


def test_what_goes_wrong_after_the_commit_fails_no_command(shop: Engine) -> None:
    def hint() -> None:
        raise RuntimeError("the loop is closed")

    shop.on_jobs.append(hint)
    outcome = shop.submit(Submission(command=shirts("A-1"))).result(30)
    assert (outcome.failed, outcome.replayed) == (None, False)
    assert outcome.answer


# ------------------------------------------------------------------------------------------- one effect


def test_the_same_key_with_the_same_input_has_the_same_answer_and_no_second_effect(shop: Engine) -> None:
    order = placed(shop, shirts("A-1"))
    hold = PlaceHold(order=order, hold=HoldInput(type="fraud"))
    first = shop.submit(Submission(command=hold, key="k-1")).result()
    shop.run(AnnotateOrder(order=order, note="in between"))
    again = shop.submit(Submission(command=hold, key="k-1", actor=Actor("somebody else"))).result()
    assert again.answer == first.answer
    assert (first.replayed, again.replayed) == (False, True)
    assert value(shop.database, "SELECT count(*) FROM holds") == 1


def test_the_same_key_with_other_input_is_refused(shop: Engine) -> None:
    order = placed(shop, shirts("A-1"))
    shop.run(PlaceHold(order=order, hold=HoldInput(type="fraud")), key="k-1")
    with pytest.raises(Refused) as refused:
        shop.run(PlaceHold(order=order, hold=HoldInput(type="address")), key="k-1")
    assert refused.value.code == "IDEMPOTENCY_KEY_REUSED"


def test_a_key_twice_in_one_batch_has_one_effect(shop: Engine) -> None:
    order = placed(shop, shirts("A-1"))
    hold = PlaceHold(order=order, hold=HoldInput(type="fraud"))
    outcomes = together(shop, [Submission(command=hold, key="k-1") for _ in range(20)])
    assert len({outcome.answer for outcome in outcomes}) == 1
    assert sum(not outcome.replayed for outcome in outcomes) == 1
    assert value(shop.database, "SELECT count(*) FROM holds") == 1


def test_a_refused_command_may_be_tried_again_with_its_key(shop: Engine) -> None:
    adjust = AdjustStock(sku="MUG", location="lyon", quantity=50, reason="damaged")
    with pytest.raises(Refused):
        shop.run(adjust, key="k-1")
    shop.run(AdjustStock(sku="MUG", location="lyon", quantity=100, reason="received"))
    assert shop.run(adjust, key="k-1")


def test_an_order_sent_again_gets_its_first_answer_byte_for_byte(shop: Engine) -> None:
    first = shop.run(shirts("A-1"))
    order = order_id_of(first)
    shop.run(AnnotateOrder(order=order, note="a call came in", priority=7))
    shop.run(CancelUnits(order=order, reason="changed my mind"))
    again = shop.submit(Submission(command=shirts("A-1"))).result()
    assert (again.answer, again.replayed) == (first, True)


def test_an_external_id_with_other_content_is_refused_and_names_the_order(shop: Engine) -> None:
    order = placed(shop, shirts("A-1"))
    with pytest.raises(Refused) as refused:
        shop.run(shirts("A-1", 2))
    assert (refused.value.code, refused.value.facts["order"]) == ("EXTERNAL_ID_TAKEN", str(order))


def test_an_order_twice_in_one_batch_is_placed_once(shop: Engine) -> None:
    outcomes = together(shop, [shirts("A-1") for _ in range(20)])
    assert len({outcome.answer for outcome in outcomes}) == 1
    assert value(shop.database, "SELECT count(*) FROM orders") == 1
    assert_clean(shop.database)


def test_a_partners_fact_is_taken_in_once(shop: Engine) -> None:
    adjust = AdjustStock(sku="MUG", location="lyon", quantity=5, reason="received")
    outcomes = together(shop, [Submission(command=adjust, fact=("wms", "event-1")) for _ in range(3)])
    assert [outcome.refused and outcome.refused.code for outcome in outcomes] == [
        None,
        "FACT_ALREADY_TAKEN_IN",
        "FACT_ALREADY_TAKEN_IN",
    ]
    with pytest.raises(Refused, match="FACT_ALREADY_TAKEN_IN"):
        shop.run(adjust, fact=("wms", "event-1"))
    assert value(shop.database, "SELECT sellable FROM stock WHERE sku = 'MUG'") == 15


def test_a_job_is_done_once(shop: Engine) -> None:
    order = placed(shop, shirts("A-1"))
    job = value(shop.database, "SELECT id FROM outbox WHERE kind = 'route'")
    outcomes = together(shop, [Submission(command=AnnotateOrder(order=order, note="x"), jobs=(job,)) for _ in range(2)])
    assert [outcome.refused and outcome.refused.code for outcome in outcomes] == [None, "JOB_ALREADY_DONE"]
    assert value(shop.database, "SELECT count(*) FROM outbox WHERE kind = 'route'") == 0


def test_a_part_of_a_feed_has_its_effect_once(shop: Engine) -> None:
    part = ApplyFeed(feed="wms", sequence=1, part=0, delta=True, rows=(FeedRow("MUG", "lyon", 5),))
    first = shop.run(part)
    assert shop.run(part) == first
    assert shop.run(part, key="another") == first
    assert value(shop.database, "SELECT sellable FROM stock WHERE sku = 'MUG'") == 15
    with pytest.raises(Refused, match="IDEMPOTENCY_KEY_REUSED"):
        shop.run(ApplyFeed(feed="wms", sequence=1, part=0, delta=True, rows=(FeedRow("MUG", "lyon", 6),)))


def test_a_cart_is_given_back_however_its_id_is_written(shop: Engine) -> None:
    cart = CartHoldId(new_id())
    shop.run(HoldCart(cart=cart, channel="web", lines=(CartLineInput("MUG", 2),)))
    outcome = shop.submit(Submission(command=shirts("A-1", cart_hold=str(cart).upper()))).result(60)
    assert outcome.answer_or_raise()
    assert value(shop.database, "SELECT sum(held) FROM pool_levels") == 0
    assert_clean(shop.database)


# ------------------------------------------------------------------------------------------- bad input


NUL = "a\x00b"
HALF = "a\ud800b"

UNSTORABLE: list[Callable[[OrderId], Submission]] = [
    lambda order: Submission(command=shirts(NUL)),
    lambda order: Submission(command=shirts("A-1", channel=NUL)),
    lambda order: Submission(command=order_of("A-1", (NUL, 1, 100))),
    lambda order: Submission(command=AdjustStock(sku=NUL, location="lyon", quantity=1, reason="received")),
    lambda order: Submission(command=AdjustStock(sku="MUG", location=NUL, quantity=1, reason="received")),
    lambda order: Submission(command=ApplyFeed(feed=NUL, sequence=1, part=0, delta=True, rows=())),
    lambda order: Submission(command=ApplyFeed(feed="f", sequence=2**70, part=0, delta=True, rows=())),
    lambda order: Submission(command=PutSkus(skus=(Sku(NUL),))),
    lambda order: Submission(command=HoldCart(cart=CartHoldId(new_id()), channel=NUL, lines=())),
    lambda order: Submission(command=AnnotateOrder(order=order, note="x"), key=NUL),
    lambda order: Submission(command=AnnotateOrder(order=order, note="x"), key=HALF),
    lambda order: Submission(command=AnnotateOrder(order=order, note="x"), key="k" * 5000),
    lambda order: Submission(command=AnnotateOrder(order=order, note="x"), fact=("wms", NUL)),
    lambda order: Submission(command=AnnotateOrder(order=order, note="x"), fact=("wms", "")),
    lambda order: Submission(command=PlaceHold(order=order, hold=HoldInput(type="fraud", reason=NUL))),
]


@pytest.mark.parametrize("number", range(len(UNSTORABLE)))
def test_text_that_cannot_be_stored_is_refused_and_disturbs_nobody(shop: Engine, number: int) -> None:
    order = placed(shop, shirts("A-0"))
    bad, good = together(shop, [UNSTORABLE[number](order), Submission(command=shirts("A-7"))])
    assert bad.failed is None
    assert bad.refused is not None
    assert good.answer


def test_what_is_refused_leaves_no_row_behind(shop: Engine) -> None:
    tables = ("stock", "pool_levels", "orders", "commands", "inbox", "people", "outbox", "stock_entries", "journal")
    count = "SELECT " + " + ".join(f"(SELECT count(*) FROM {table})" for table in tables)
    before = value(shop.database, count)
    outcomes = together(
        shop,
        [
            Submission(command=AdjustStock(sku="TYPO", location="lyon", quantity=1, reason="received"), key="a"),
            Submission(command=AdjustStock(sku="MUG", location="typo", quantity=1, reason="received"), fact=("w", "1")),
            Submission(command=order_of("A-1", ("TYPO", 1, 100))),
            Submission(command=CancelUnits(order=OrderId(new_id()), reason="x"), key="b"),
        ],
    )
    assert all(outcome.refused for outcome in outcomes)
    assert value(shop.database, count) == before


def test_more_units_than_a_shelf_can_count_are_refused(shop: Engine) -> None:
    much = AdjustStock(sku="MUG", location="lyon", quantity=10**9, reason="received")
    with pytest.raises(Refused, match="QUANTITY_TOO_LARGE"):
        shop.run(much)
    verdict = shop.run(ApplyFeed(feed="f", sequence=1, part=0, delta=True, rows=(FeedRow("MUG", "lyon", 10**9),)))
    assert msgspec.json.decode(verdict)["result"]["refused"][0]["code"] == "QUANTITY_TOO_LARGE"


def test_a_sku_keeps_its_kind_and_a_location_its_pool(shop: Engine) -> None:
    with pytest.raises(Refused, match="SKU_CHANGES_KIND"):
        shop.run(PutSkus(skus=(Sku("MUG", "Mug", kind=SkuKind.DIGITAL),)))
    with pytest.raises(Refused, match="LOCATION_CHANGES_POOL"):
        shop.run(PutLocation(location=msgspec.structs.replace(LOCATIONS[0], pool="stores")))
