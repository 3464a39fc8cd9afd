"""Units go from who can wait to who cannot: by rules, in one act, with a record of both sides; begun work is left alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from orderline.core.context import SYSTEM, Actor
from orderline.core.orders.commands import AcceptFulfillment, AllocateUnits, Allotment, PromiseLines
from orderline.core.orders.promised import LineWindowInput, PromiseCause
from orderline.core.orders.state import Order
from orderline.core.reallocations.commands import (
    ApproveReallocation,
    ProposeReallocation,
    PutPriorityRules,
    Reallocate,
    TakeInput,
    WithdrawReallocation,
    approval_of,
)
from orderline.core.reallocations.refusals import ReallocationRefusal as R
from orderline.core.reallocations.state import PriorityClass, Reallocation, TakingRule
from orderline.core.stock.refusals import StockRefusal
from orderline.core.supply.commands import CreatePurchaseOrder, PurchaseLineInput, SendPurchaseOrder
from orderline.engine.engine import Engine
from orderline.engine.previewing import preview_record
from orderline.store.database import Database
from orderline.store.loading import load_orders
from orderline.store.reading.reallocations import load_shares
from orderline.store.reading.source import Source
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from support.engines import assert_clean, open_shop, placed
from support.shop import order_of

DAY = timedelta(days=1)
VIP = PriorityClass(id="vip", tags=("vip",))
URGENT = PriorityClass(id="urgent", priority_from=5)
ANNE, BEN = Actor("anne", "person"), Actor("ben", "person")
TAKING = TakingRule(taker="vip", givers=("others",))


def order(database: Database, id_: OrderId) -> Order:
    with database.connection() as connection:
        return load_orders(connection, database.cell, [id_])[id_]


def rules(engine: Engine, *takings: TakingRule) -> None:
    engine.run(PutPriorityRules(priority_rules="default", classes=(VIP, URGENT), takings=takings or (TAKING,)))


def buy(engine: Engine, units: int, days: int = 5) -> None:
    line = PurchaseLineInput("MUG", units, datetime.now(UTC) + days * DAY, confidence_ppm=1_000_000)
    engine.run(CreatePurchaseOrder(purchase_order=f"PO-{days}", location="lyon", lines=(line,)))
    engine.run(SendPurchaseOrder(purchase_order=f"PO-{days}"))


def promise(engine: Engine, id_: OrderId, days: int) -> datetime:
    until = datetime.now(UTC) + days * DAY
    window = LineWindowInput(line=1, earliest_at=until - DAY, latest_at=until, handover_at=until - DAY)
    engine.run(PromiseLines(order=id_, lines=(window,)))
    return until


def take(engine: Engine, taker: OrderId, *givers: tuple[OrderId, int], name: str = "R-1", sku: str = "MUG") -> Any:
    takes = tuple(TakeInput(id_, 1, units) for id_, units in givers)
    return msgspec.json.decode(engine.run(Reallocate(reallocation=name, sku=sku, order=taker, line=1, takes=takes)))


def test_who_gives_waits_for_supply_with_a_later_promise_and_both_sides_are_told(
    engine: Engine, database: Database
) -> None:
    open_shop(engine, [("MUG", "lyon", 5)])
    buy(engine, 10)
    rules(engine)
    plain = placed(engine, order_of("A-1", ("MUG", 5, 500)))
    was = promise(engine, plain, 3)
    vip = placed(engine, order_of("A-2", ("MUG", 4, 500), tags=("vip",)))
    assert order(database, vip).lines[0].units.pegged == 4
    told = take(engine, vip, (plain, 4))
    [giver] = told["givers"]
    assert (told["taker"], told["quantity"], giver["of"], giver["quantity"]) == ("vip", 4, "others", 4)
    assert giver["supplies"] == [["purchase_order:PO-5:1", 4]]
    assert (order(database, vip).lines[0].units.pooled, order(database, vip).lines[0].pegs) == (4, ())
    gave = order(database, plain)
    assert (gave.lines[0].units.pooled, gave.lines[0].units.pegged) == (1, 4)
    [kept] = gave.promises
    # it was to leave in two days, and leaves when the supply is there, in five
    assert round((kept.window.latest_at - was) / DAY) == 3
    assert (kept.cause, kept.revisions) == (PromiseCause.US, 1)
    assert datetime.fromisoformat(giver["promised_at"]) == kept.window.latest_at
    assert datetime.fromisoformat(giver["promised_before"]) == was
    assert_clean(database)


def test_a_preview_chooses_who_can_wait_best_and_changes_nothing(engine: Engine, database: Database) -> None:
    open_shop(engine, [("MUG", "lyon", 6)])
    buy(engine, 10)
    rules(engine, TakingRule(taker="vip", givers=("others", "urgent")))
    urgent = placed(engine, order_of("A-1", ("MUG", 2, 500), priority=5))
    soon = placed(engine, order_of("A-2", ("MUG", 2, 500)))
    late = placed(engine, order_of("A-3", ("MUG", 2, 500)))
    promise(engine, soon, 2)
    promise(engine, late, 9)
    vip = placed(engine, order_of("A-4", ("MUG", 7, 500), tags=("vip",)))
    now = datetime.now(UTC)
    with database.connection() as connection:
        sku, shares = load_shares(Source(connection, database.cell), vip, 1, 7, now)
    assert (sku, [(each.order, each.quantity) for each in shares]) == ("MUG", [(late, 2), (soon, 2), (urgent, 2)])
    takes = tuple(TakeInput(each.order, each.line, each.quantity) for each in shares)
    command = Reallocate(reallocation="preview", sku=sku, order=vip, line=1, takes=takes)
    seen = preview_record(database, command, SYSTEM, now)
    assert isinstance(seen, Reallocation)
    # who leaves in eight days has time for what comes in five; who leaves tomorrow has not
    slips = [each.promised_at != each.promised_before for each in seen.givers[:2]]
    assert (slips, order(database, late).lines[0].units.pooled) == ([False, True], 2)
    told = take(engine, vip, *((each.order, each.quantity) for each in shares))
    assert [each["supplies"] for each in told["givers"]] == [
        [list(row) for row in each.supplies] for each in seen.givers
    ]
    assert_clean(database)


def test_work_that_nobody_has_accepted_is_withdrawn_and_accepted_work_is_left(
    engine: Engine, database: Database
) -> None:
    open_shop(engine, [("MUG", "lyon", 4), ("MUG", "lille", 1)])
    rules(engine, TakingRule(taker="vip", givers=("others",), covered=False))
    waiting = placed(engine, order_of("A-1", ("MUG", 2, 500)))
    begun = placed(engine, order_of("A-2", ("MUG", 2, 500)))
    for id_ in (waiting, begun):
        engine.run(AllocateUnits(order=id_, group=1, allotments=(Allotment(1, "eu", "lyon", 2),)))
    engine.run(AcceptFulfillment(order=begun, fulfillment=1))
    vip = placed(engine, order_of("A-3", ("MUG", 3, 500), tags=("vip",)))
    with pytest.raises(Refused) as refused:
        take(engine, vip, (begun, 1))
    assert (refused.value.code, refused.value.facts["available"]) == (R.NOTHING_TO_TAKE, 0)
    told = take(engine, vip, (waiting, 2))
    assert told["givers"][0]["pulled_back"] == [1]
    assert told["givers"][0]["waiting"] == 2
    assert order(database, begun).lines[0].units.released == 2
    assert order(database, vip).lines[0].units.pooled == 3
    assert order(database, waiting).lines[0].units.unplanned == 2
    assert_clean(database)


def test_rules_say_who_may_take_what_and_how_much_in_a_time(engine: Engine, database: Database) -> None:
    open_shop(engine, [("MUG", "lyon", 9)])
    cheap = placed(engine, order_of("A-1", ("MUG", 4, 100)))
    dear = placed(engine, order_of("A-2", ("MUG", 4, 900)))
    foreign = placed(engine, order_of("A-4", ("MUG", 1, 100), currency="USD"))
    vip = placed(engine, order_of("A-3", ("MUG", 8, 500), tags=("vip",)))

    def refusal(*givers: tuple[OrderId, int], taker: OrderId = vip) -> object:
        with pytest.raises(Refused) as refused:
            take(engine, taker, *givers)
        return refused.value.code

    assert refusal((cheap, 1)) is R.TAKING_NOT_ALLOWED, "no rules"
    rules(engine, TakingRule(taker="urgent", givers=("others",)))
    assert refusal((cheap, 1)) is R.TAKING_NOT_ALLOWED
    rules(engine, TakingRule(taker="vip", givers=("others",), worth_less=True, most_units=3, covered=False))
    assert refusal((dear, 1)) is R.TAKING_NOT_ALLOWED
    assert refusal((foreign, 1)) is R.TAKING_NOT_ALLOWED, "nobody knows what its money is worth"
    assert refusal((cheap, 4)) is R.TAKING_CAPPED
    assert refusal((vip, 1), taker=cheap) is R.REALLOCATION_LINES, "nothing is lacking"
    assert refusal((vip, 1)) is R.REALLOCATION_LINES
    take(engine, vip, (cheap, 2))
    assert refusal((cheap, 2)) is R.REALLOCATION_EXISTS
    with pytest.raises(Refused) as refused:
        take(engine, vip, (cheap, 2), name="R-2")
    assert (refused.value.code, refused.value.facts["allowed"]) == (R.TAKING_CAPPED, 1)
    rules(engine, TakingRule(taker="vip", givers=("others",)))
    with pytest.raises(Refused) as refused:
        take(engine, vip, (dear, 1), name="R-2")
    assert refused.value.code is R.GIVER_NOT_COVERED
    assert order(database, dear).lines[0].units.pooled == 4
    rules(engine, TakingRule(taker="vip", givers=("others",), promised_later=True, covered=False))
    promise(engine, vip, 4)
    promise(engine, dear, 3)
    with pytest.raises(Refused) as refused:
        take(engine, vip, (dear, 1), name="R-2")
    assert refused.value.code is R.TAKING_NOT_ALLOWED
    assert_clean(database)


BAD = [
    ("other", (VIP,), ()),
    ("default", (VIP, VIP), ()),
    ("default", (PriorityClass(id="others"),), ()),
    ("default", (VIP,), (TakingRule(taker="vip", givers=("nobody",)),)),
    ("default", (VIP,), (TakingRule(taker="vip", givers=()),)),
    ("default", (VIP,), (TakingRule(taker="vip", givers=("vip",)),)),
    ("default", (VIP,), (TakingRule(taker="vip", givers=("others",), days=0),)),
    ("default", (VIP,), (TakingRule(taker="vip", givers=("others",), most_units=-1),)),
]


@pytest.mark.parametrize(("name", "classes", "takings"), BAD)
def test_rules_that_can_not_hold_are_refused(engine: Engine, name: str, classes: Any, takings: Any) -> None:
    with pytest.raises(Refused) as refused:
        engine.run(PutPriorityRules(priority_rules=name, classes=classes, takings=takings))
    assert refused.value.code is StockRefusal.RULE_NOT_ACCEPTABLE


def taking(kind: type[Reallocate], taker: OrderId, *givers: tuple[OrderId, int], name: str = "R-1") -> Reallocate:
    takes = tuple(TakeInput(id_, 1, units) for id_, units in givers)
    return kind(reallocation=name, sku="MUG", order=taker, line=1, takes=takes, reason="a wedding")


def test_what_one_proposes_another_approves_and_it_is_done_as_shown(engine: Engine, database: Database) -> None:
    open_shop(engine, [("MUG", "lyon", 5)])
    buy(engine, 10)
    rules(engine, msgspec.structs.replace(TAKING, approval=True))
    plain = placed(engine, order_of("A-1", ("MUG", 5, 500)))
    promise(engine, plain, 3)
    vip = placed(engine, order_of("A-2", ("MUG", 4, 500), tags=("vip",)))
    with pytest.raises(Refused, match="APPROVAL_REQUIRED"):
        take(engine, vip, (plain, 4))
    before = order(database, plain)
    proposed = msgspec.json.decode(
        engine.run(taking(ProposeReallocation, vip, (plain, 4)), actor=ANNE), type=Reallocation
    )
    assert (proposed.state, proposed.proposed_by) == ("proposed", "anne")
    assert proposed.givers[0].promised_at is not None
    assert order(database, plain) == before, "nothing has moved"
    for actor, command, code in (
        (ANNE, approval_of(proposed), "APPROVER_PROPOSED"),
        (BEN, taking(ApproveReallocation, vip, (plain, 3)), "REALLOCATION_MOVED_ON"),
        (BEN, taking(ProposeReallocation, vip, (plain, 4)), "REALLOCATION_EXISTS"),
        (BEN, taking(ApproveReallocation, vip, (plain, 4), name="R-9"), "REALLOCATION_UNKNOWN"),
    ):
        with pytest.raises(Refused, match=code):
            engine.run(command, actor=actor)
    done = msgspec.json.decode(engine.run(approval_of(proposed), actor=BEN), type=Reallocation)
    assert (done.state, done.by, done.proposed_by, done.givers) == ("applied", "ben", "anne", proposed.givers)
    assert order(database, vip).lines[0].units.pooled == 4
    with pytest.raises(Refused, match="REALLOCATION_STATE"):
        engine.run(approval_of(proposed), actor=BEN)
    assert_clean(database)


def test_a_proposal_is_not_carried_out_when_the_world_has_moved_on(engine: Engine, database: Database) -> None:
    open_shop(engine, [("MUG", "lyon", 5)])
    buy(engine, 10)
    rules(engine, msgspec.structs.replace(TAKING, approval=True))
    plain = placed(engine, order_of("A-1", ("MUG", 5, 500)))
    vip = placed(engine, order_of("A-2", ("MUG", 4, 500), tags=("vip",)))
    proposed = msgspec.json.decode(
        engine.run(taking(ProposeReallocation, vip, (plain, 4)), actor=ANNE), type=Reallocation
    )
    promise(engine, plain, 3)
    before = order(database, plain)
    with pytest.raises(Refused, match="REALLOCATION_MOVED_ON") as refused:
        engine.run(approval_of(proposed), actor=BEN)
    assert refused.value.facts["order"] == before.number
    assert order(database, plain) == before
    engine.run(WithdrawReallocation(reallocation="R-1", reason="too late"), actor=BEN)
    with pytest.raises(Refused, match="REALLOCATION_STATE"):
        engine.run(approval_of(proposed), actor=BEN)
    assert_clean(database)
