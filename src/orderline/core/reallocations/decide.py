"""Rules of reallocation: one atomic act, with a record that tells both sides and a new promise for who gives."""

from datetime import timedelta
from typing import Final

from msgspec.structs import replace

from orderline.core.context import Context
from orderline.core.fulfillments.decide import decide_pull_back
from orderline.core.moves import Bucket, Move
from orderline.core.orders.claims import peg_until, pools_of
from orderline.core.orders.commands import PullBack
from orderline.core.orders.events import MovedItem, UnitsMoved
from orderline.core.orders.guards import check_line, check_text
from orderline.core.orders.promised import LineWindowInput, PromiseCause
from orderline.core.orders.reclaim import count_backorders, places_again, room_for, wait_for_supply
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.orders.settle import settle
from orderline.core.orders.state import STOCKED, Line, Order
from orderline.core.promises.keeping import promise_lines
from orderline.core.reallocations import commands as c
from orderline.core.reallocations.evolve import PRIORITY_RULES, REALLOCATION, TAKEN_UNITS
from orderline.core.reallocations.refusals import ReallocationRefusal as R
from orderline.core.reallocations.state import (
    OTHERS,
    Given,
    PriorityRules,
    PriorityRulesPut,
    Taken,
    TakenCounted,
    TakenUnits,
    TakingRule,
    UnitsReallocated,
)
from orderline.core.reallocations.taking import can_give, class_of, left_of, promised, rule_for, withdrawable
from orderline.core.stock.checks import check_code
from orderline.core.stock.refusals import StockRefusal
from orderline.core.supply.pegging import peg_items
from orderline.core.supply.rows import SupplyRow, find
from orderline.core.world import Draft, World
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from orderline.values.quantity import MAX_QUANTITY, check_quantity

MOST_CLASSES: Final = 50
MOST_TAKINGS: Final = 200
MOST_DAYS: Final = 90
MOST_TAKES: Final = 100
_LOOKED_BACK: Final = timedelta(days=MOST_DAYS)


def decide_put_priority_rules(draft: Draft, command: c.PutPriorityRules, context: Context) -> None:
    """Refused RULE_NOT_ACCEPTABLE: another name than `default`, a class twice or unknown, or a number out of bounds."""
    if command.priority_rules != c.DEFAULT:
        _refuse("priority_rules", command.priority_rules[:100], c.DEFAULT)
    known = [each.id for each in command.classes]
    for index, each in enumerate(command.classes):
        check_code(each.id, f"classes[{index}].id")
    if len(set(known)) < len(known) or len(known) > MOST_CLASSES or OTHERS in known:
        _refuse("classes", len(known), f"at most {MOST_CLASSES}, each once, none named {OTHERS}")
    if len(command.takings) > MOST_TAKINGS:
        _refuse("takings", len(command.takings), f"at most {MOST_TAKINGS}")
    for index, rule in enumerate(command.takings):
        for field, named in (("taker", (rule.taker,)), ("givers", rule.givers or ("",))):
            unknown = [each for each in named if each not in (*known, OTHERS)]
            if unknown:
                _refuse(f"takings[{index}].{field}", unknown[0][:100], ", ".join((*known, OTHERS)))
        if rule.taker in rule.givers:
            _refuse(f"takings[{index}].givers", rule.taker, "other classes than that of the taker")
        if not 1 <= rule.days <= MOST_DAYS:
            _refuse(f"takings[{index}].days", rule.days, f"from 1 to {MOST_DAYS}")
        if rule.most_units is not None and not 0 <= rule.most_units <= MAX_QUANTITY:
            _refuse(f"takings[{index}].most_units", rule.most_units, f"from 0 to {MAX_QUANTITY}, or none")
    put = PriorityRulesPut(
        id=c.DEFAULT, classes=command.classes, takings=command.takings, by=context.actor.name, at=context.now
    )
    draft.tell_record(PRIORITY_RULES, c.DEFAULT, put)


def decide_reallocate(draft: Draft, command: c.Reallocate, context: Context) -> None:
    """Take the units, give them, and look after who has given.

    Refused REALLOCATION_EXISTS; APPROVAL_REQUIRED: the rule wants it to be proposed; REALLOCATION_LINES: the line lacks fewer units, or an order is named twice.
    Refused TAKING_NOT_ALLOWED, TAKING_CAPPED: by the rules; NOTHING_TO_TAKE: the units are picked, accepted or gone,
    can't serve the order, or whoever gives them would lose others with them; GIVER_NOT_COVERED: no other stock or
    supply would serve who gives.
    """
    check_code(command.reallocation, "reallocation")
    if ("reallocation", command.reallocation) in draft.world.records:
        raise Refused(R.REALLOCATION_EXISTS, field="reallocation", value=command.reallocation)
    reallocate(draft, command, context, approved=False)


def reallocate(draft: Draft, command: c.Reallocate, context: Context, *, approved: bool) -> None:
    """As `decide_reallocate`, whatever is known of the reallocation. approved: rules that want an approval allow it."""
    reason = check_text(command.reason, "reason", 500)
    rules = draft.world.records.get(("priority_rules", c.DEFAULT))
    if not isinstance(rules, PriorityRules):
        raise Refused(R.TAKING_NOT_ALLOWED, value="no rules", unblock="operations")
    taker, line = _line(draft.world, command, command.order, command.line, "line")
    wanted = _check_wanted(draft.world, command, taker, line)
    _check_allowed(draft.world, command, rules, taker, line, context)
    pools = pools_of(
        draft.world, draft.world.settings.channels[taker.channel], taker.is_test, taker.group_of(line.group)
    )
    why = f"reallocation {command.reallocation}"
    begun: list[tuple[Given, TakingRule]] = []
    freed: dict[str, int] = {}
    for index, take in enumerate(command.takes):
        giver, given = _line(draft.world, command, take.order, take.line, f"takes[{index}].line")
        rule = rule_for(rules, taker, line, giver, given)
        assert rule is not None, "it was checked"
        if rule.approval and not approved:
            raise Refused(R.APPROVAL_REQUIRED, field=f"takes[{index}]", value=giver.number, taker=rule.taker)
        told = Given(
            order=giver.id, number=giver.number, line=given.line, of=class_of(rules.classes, giver),
            quantity=take.quantity, promised_before=promised(giver, given), pulled_back=(),
        )  # fmt: skip
        begun.append((_take(draft, told, pools, freed, why, index, context), rule))
    _give(draft, taker.id, line, wanted, freed, why, context)
    givers = tuple(_look_after(draft, told, rule, why, context) for told, rule in begun)
    for id_ in (taker.id, *(each.order for each in givers)):
        settle(draft, id_, context)
    own = class_of(rules.classes, taker)
    draft.tell_record(
        REALLOCATION,
        command.reallocation,
        UnitsReallocated(
            id=command.reallocation, sku=command.sku, order=taker.id, number=taker.number, line=line.line, taker=own,
            quantity=wanted, givers=givers, reason=reason, at=context.now, by=context.actor.name,
        ),
    )  # fmt: skip
    taken = Taken(context.now, own, wanted, command.reallocation)
    since = context.now - _LOOKED_BACK
    draft.tell_record(TAKEN_UNITS, command.sku, TakenCounted(id=command.sku, taken=taken, since=since))


def _line(world: World, command: c.Reallocate, id_: OrderId, number: int, field: str) -> tuple[Order, Line]:
    order = world.orders.get(id_)
    if order is None:
        raise Refused(OrderRefusal.ORDER_UNKNOWN, field=field.replace("line", "order"), value=str(id_))
    if order.closed_at is not None:
        raise Refused(OrderRefusal.ORDER_CLOSED, value=order.number, closed_at=order.closed_at)
    line = check_line(order, number)
    if line.sku != command.sku or line.kind not in STOCKED or order.is_test:
        raise Refused(R.REALLOCATION_LINES, field=field, value=number, sku=line.sku, allowed=f"a line of {command.sku}")
    return order, line


def _check_wanted(world: World, command: c.Reallocate, taker: Order, line: Line) -> int:
    """How many units are asked for in all, none of them twice."""
    if command.sku not in world.skus:
        raise Refused(StockRefusal.SKU_UNKNOWN, field="sku", value=command.sku[:100])
    named = [(take.order, take.line) for take in command.takes]
    if not 0 < len(named) <= MOST_TAKES or len(set(named)) < len(named) or taker.id in {id_ for id_, _ in named}:
        allowed = f"1 to {MOST_TAKES} lines of other orders, each once"
        raise Refused(R.REALLOCATION_LINES, field="takes", value=len(named), allowed=allowed)
    quantities = enumerate(command.takes)
    wanted = sum(check_quantity(take.quantity, field=f"takes[{index}].quantity") for index, take in quantities)
    lacking = line.units.unplanned + sum(quantity for _, quantity in _pegged(world, line))
    if wanted > lacking:
        raise Refused(R.REALLOCATION_LINES, field="takes", value=wanted, allowed=f"at most {lacking}: what is lacking")
    return wanted


def _check_allowed(
    world: World, command: c.Reallocate, rules: PriorityRules, taker: Order, line: Line, context: Context
) -> None:
    known = world.records.get(("taken_units", command.sku))
    history = known.taken if isinstance(known, TakenUnits) else ()
    total = 0
    for index, take in enumerate(command.takes):
        giver, given = _line(world, command, take.order, take.line, f"takes[{index}].line")
        rule = rule_for(rules, taker, line, giver, given)
        if rule is None:
            raise Refused(
                R.TAKING_NOT_ALLOWED,
                field=f"takes[{index}]",
                value=giver.number,
                taker=class_of(rules.classes, taker),
                giver=class_of(rules.classes, giver),
            )
        total += take.quantity
        left = left_of(rule, history, context.now)
        if left is not None and total > left:
            raise Refused(
                R.TAKING_CAPPED, field=f"takes[{index}].quantity", value=total, allowed=left, taker=rule.taker,
                days=rule.days,
            )  # fmt: skip


def _take(
    draft: Draft, told: Given, pools: tuple[str, ...], freed: dict[str, int], why: str, index: int, context: Context
) -> Given:
    """Units leave their claims in the taker's pools; work that nobody has accepted is withdrawn first, if need be."""
    withdrawn: list[int] = []
    while _claimed(draft.world, told, pools) < told.quantity:
        order, line = _now(draft.world, told)
        work = next((each for each in withdrawable(order, line.line) if each.pool in pools), None)
        if work is None:
            raise _not_there(told, index, can_give(order, line, pools))
        decide_pull_back(draft, PullBack(order=order.id, fulfillment=work.number, reason=why), context)
        if _unplanned(draft.world.order(order.id)) > _unplanned(order):
            raise _not_there(told, index, _claimed(draft.world, told, pools))  # it would lose more than it gives
        withdrawn.append(work.number)
    left = told.quantity
    items: list[MovedItem] = []
    _, line = _now(draft.world, told)
    for share in sorted(line.claims, key=lambda each: pools.index(each.pool) if each.pool in pools else len(pools)):
        quantity = min(left, share.quantity) if share.pool in pools else 0
        if quantity:
            items.append(MovedItem(told.line, Bucket.POOLED, Bucket.UNPLANNED, quantity, share.pool))
            freed[share.pool] = freed.get(share.pool, 0) + quantity
            left -= quantity
    draft.tell(told.order, UnitsMoved(move=Move.UNRESERVE, items=tuple(items), at=context.now, reason=why))
    return replace(told, pulled_back=tuple(withdrawn))


def _give(
    draft: Draft, id_: OrderId, line: Line, wanted: int, freed: dict[str, int], why: str, context: Context
) -> None:
    """The taker claims what was freed; units that it waited for of dated supply are given up for it."""
    world = draft.world
    missing = wanted - line.units.unplanned
    off: list[MovedItem] = []
    for share, awaited in _pegged(world, line):
        quantity = min(missing, awaited)
        if quantity > 0:
            supply, pool = share
            off.append(MovedItem(line.line, Bucket.PEGGED, Bucket.UNPLANNED, quantity, pool, supply=supply))
            missing -= quantity
    before = world.order(id_)
    if off:
        draft.tell(id_, UnitsMoved(move=Move.UNPEG, items=tuple(off), at=context.now, reason=why))
    items: list[MovedItem] = []
    for pool, quantity in freed.items():
        order = world.order(id_)
        if room_for(world, order, line, pool, promised=True) < quantity:
            raise Refused(R.NOTHING_TO_TAKE, field="takes", value=quantity, order=order.number, pool=pool)
        items.append(MovedItem(line.line, Bucket.UNPLANNED, Bucket.POOLED, quantity, pool))
    draft.tell(id_, UnitsMoved(move=Move.RESERVE, items=tuple(items), at=context.now, reason=why))
    count_backorders(draft, before, context)


def _look_after(draft: Draft, told: Given, rule: TakingRule, why: str, context: Context) -> Given:
    """Who has given is served by other stock, or waits for dated supply, and is promised what that makes possible."""
    world = draft.world
    order, line = _now(world, told)
    channel = world.settings.channels[order.channel]
    pools = pools_of(world, channel, order.is_test, order.group_of(line.group))
    [places] = places_again(world, order.id, [(line.line, pools[0], told.quantity)])
    if places:
        items = tuple(
            MovedItem(line.line, Bucket.UNPLANNED, Bucket.POOLED, place.quantity, place.pool) for place in places
        )
        draft.tell(order.id, UnitsMoved(move=Move.RESERVE, items=items, at=context.now, reason=why))
    restocked = sum(place.quantity for place in places)
    until = peg_until(world, order.is_test, channel, line.sku, context.now)
    rows = [row for pool in pools for row in world.supply_of(line.sku, pool)]
    pickup = order.group_of(line.group).pickup_location
    scheduled = ((pool, world.ahead(line.sku, pool)) for pool in pools)
    ahead = {pool: each for pool, each in scheduled if each is not None}
    left = told.quantity - restocked
    pegs = peg_items(line.line, rows, left, until, pickup, ahead=ahead) if until is not None else []
    if pegs:
        draft.tell(order.id, UnitsMoved(move=Move.PEG, items=tuple(pegs), at=context.now, reason=why))
        _revise(draft, told, [row for row in rows if row.id in {item.supply for item in pegs}], why, context)
    waiting = told.quantity - restocked - sum(item.quantity for item in pegs)
    if waiting and rule.covered:
        raise Refused(R.GIVER_NOT_COVERED, value=waiting, order=told.number, line=told.line)
    if waiting:
        lost = MovedItem(line.line, Bucket.POOLED, Bucket.UNPLANNED, waiting)
        wait_for_supply(draft, order.id, [lost], context)
    order, line = _now(world, told)
    return replace(
        told,
        promised_at=promised(order, line),
        restocked=restocked,
        supplies=tuple((item.supply, item.quantity) for item in pegs),
        waiting=waiting,
    )


def _revise(draft: Draft, told: Given, rows: list[SupplyRow], why: str, context: Context) -> None:
    """The promise of a line that waits for supply now moves as far as its handover does; told none, by the whole wait."""
    order, line = _now(draft.world, told)
    promise = next((each for each in order.promises if each.line == line.line and each.outcome is None), None)
    if promise is None:
        return
    window = promise.window
    last = max(rows, key=lambda row: row.ready_at)
    later = last.ready_at - (window.handover_at or window.at)
    if later.total_seconds() <= 0:
        return
    moved = LineWindowInput(
        line=line.line, earliest_at=window.earliest_at + later, latest_at=window.latest_at + later,
        services=window.services, supply=last.id,
    )  # fmt: skip
    promise_lines(draft, order, [moved], context, source="reallocation", cause=PromiseCause.US, reason=why)


def _pegged(world: World, line: Line) -> list[tuple[tuple[str, str], int]]:
    """((row, pool), units) of a line that wait for what has not come, what comes last first."""
    found: list[tuple[tuple[str, str], int]] = []
    for share in sorted(line.pegs, key=lambda each: each.promised_at, reverse=True):
        row = find(world.supply_of(line.sku, share.pool), share.supply)
        awaited = min(share.quantity, row.awaited) if row is not None else 0
        if awaited:
            found.append(((share.supply, share.pool), awaited))
    return found


def _now(world: World, told: Given) -> tuple[Order, Line]:
    order = world.order(told.order)
    line = order.line_of(told.line)
    assert line is not None
    return order, line


def _not_there(told: Given, index: int, available: int) -> Refused:
    field = f"takes[{index}].quantity"
    return Refused(R.NOTHING_TO_TAKE, field=field, value=told.quantity, order=told.number, available=available)


def _unplanned(order: Order) -> int:
    return sum(line.units.unplanned for line in order.lines)


def _claimed(world: World, told: Given, pools: tuple[str, ...]) -> int:
    return sum(share.quantity for share in _now(world, told)[1].claims if share.pool in pools)


def _refuse(field: str, value: object, allowed: str) -> None:
    raise Refused(StockRefusal.RULE_NOT_ACCEPTABLE, field=field, value=value, allowed=allowed)


RULES: Final = {
    c.PutPriorityRules: decide_put_priority_rules,
    c.Reallocate: decide_reallocate,
}
