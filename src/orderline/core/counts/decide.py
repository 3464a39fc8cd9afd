"""Rules of counts. Source: domain model 3 (count session) and 4.1: the difference is that at the moment of counting."""

from collections.abc import Collection
from typing import Final

from orderline.core.context import Context
from orderline.core.counts import commands as c
from orderline.core.counts.evolve import COUNT
from orderline.core.counts.refusals import CountRefusal as R
from orderline.core.counts.state import (
    Count,
    CountedLot,
    CountLine,
    CountOpened,
    CountPlanned,
    CountPosted,
    CountState,
    CountSubmitted,
    CountVoided,
    RecountAsked,
)
from orderline.core.moves import StockBucket
from orderline.core.orders.guards import check_text, occurred
from orderline.core.stock.checks import check_code, check_location, check_stocked
from orderline.core.stock.decide import tell_oversold
from orderline.core.stock.events import StockAdjusted
from orderline.core.stock.lot_rules import check_coming, check_named
from orderline.core.stock.lots import LotUnits
from orderline.core.stock.since import sellable_since
from orderline.core.stock.state import Sku
from orderline.core.world import Draft, World
from orderline.values.failures import Refused
from orderline.values.quantity import MAX_QUANTITY
from orderline.values.time import utc

MOST_LINES: Final = 1_000
_COUNTING: Final = (CountState.PLANNED, CountState.OPEN, CountState.RECOUNT)


def decide_plan_count(draft: Draft, command: c.PlanCount, context: Context) -> None:
    """Refused COUNT_EXISTS: the name is taken; COUNT_LINES: no SKU, one twice, or more than 1,000."""
    check_code(command.count, "count")
    if ("count", command.count) in draft.world.records:
        raise Refused(R.COUNT_EXISTS, field="count", value=command.count)
    check_location(draft.world, command.location)
    _check_lines(command.lines, "lines")
    for index, sku in enumerate(command.lines):
        check_stocked(draft.world, sku, f"lines[{index}]")
    due_at = None if command.due_at is None else utc(command.due_at, field="due_at")
    draft.tell_record(
        COUNT,
        command.count,
        CountPlanned(
            id=command.count,
            location=command.location,
            skus=command.lines,
            blind=command.blind,
            at=context.now,
            by=context.actor.name,
            due_at=due_at,
            lines=tuple(_line(draft.world.skus.get(sku), sku) for sku in command.lines),
        ),
    )


def decide_open_count(draft: Draft, command: c.OpenCount, context: Context) -> None:
    """Refused COUNT_STATE: it was begun before."""
    _count_in(draft, command, (CountState.PLANNED, CountState.RECOUNT))
    draft.tell_record(COUNT, command.count, CountOpened())


def decide_submit_count(draft: Draft, command: c.SubmitCount, context: Context) -> None:
    """Compare what was found with what the record had at that moment: what is there now, less what moved since.

    Refused COUNT_STATE, COUNT_LINES: a SKU that is not of this count, or twice.
    """
    count = _count_in(draft, command, (*_COUNTING, CountState.SUBMITTED))
    if command.location != count.location:
        raise Refused(R.COUNT_LINES, field="location", value=command.location, allowed=count.location)
    _check_lines([line.sku for line in command.lines], "lines")
    lines: list[CountLine] = []
    for index, counted in enumerate(command.lines):
        before = count.line_of(counted.sku)
        if before is None:
            raise Refused(R.COUNT_LINES, field=f"lines[{index}].sku", value=counted.sku, count=count.id)
        if not 0 <= counted.quantity <= MAX_QUANTITY:
            raise Refused(
                R.COUNT_LINES,
                field=f"lines[{index}].quantity",
                value=counted.quantity,
                allowed=f"from 0 to {MAX_QUANTITY}",
            )
        at = occurred(counted.counted_at, context)
        level = draft.world.level(counted.sku, count.location)
        expected = level.sellable - sellable_since(
            draft.world, f"count:{count.id}", counted.counted_at, counted.sku, count.location
        )
        lots = _counted_lots(draft.world, count.location, counted, f"lines[{index}]")
        lines.append(
            CountLine(
                sku=counted.sku,
                quantity=counted.quantity,
                expected=expected,
                counted_at=at,
                counted_by=context.actor.name,
                recounts=before.recounts,
                lots=lots,
                gtin=before.gtin,
                tracking=before.tracking,
            )
        )
    draft.tell_record(COUNT, count.id, CountSubmitted(lines=tuple(lines)))


def decide_ask_recount(draft: Draft, command: c.AskRecount, context: Context) -> None:
    """Refused COUNT_STATE: it is not submitted; COUNT_LINES: no such line, or none differs."""
    count = _count_in(draft, command, (CountState.SUBMITTED,))
    skus = command.lines or tuple(line.sku for line in count.lines if line.difference)
    _check_lines(skus, "lines")
    for index, sku in enumerate(skus):
        if count.line_of(sku) is None:
            raise Refused(R.COUNT_LINES, field=f"lines[{index}]", value=sku, count=count.id)
    draft.tell_record(COUNT, count.id, RecountAsked(skus=skus, reason=check_text(command.reason, "reason", 500)))


def decide_approve_count(draft: Draft, command: c.ApproveCount, context: Context) -> None:
    """Post the differences: units found are first those missed before; what is still missed is written off.

    Refused COUNT_STATE; COUNT_CONTRADICTED: more has left the shelf since than the count leaves there.
    """
    count = _count_in(draft, command, (CountState.SUBMITTED,))
    for line in count.lines:
        _post(draft, count, line, context)
    draft.tell_record(COUNT, count.id, CountPosted(by=context.actor.name))


def decide_void_count(draft: Draft, command: c.VoidCount, context: Context) -> None:
    """Refused COUNT_STATE: it is posted or void."""
    _count_in(draft, command, (*_COUNTING, CountState.SUBMITTED))
    reason = check_text(command.reason, "reason", 500, required=True)
    draft.tell_record(COUNT, command.count, CountVoided(reason=reason))


def _line(sku: Sku | None, code: str) -> CountLine:
    return CountLine(sku=code) if sku is None else CountLine(sku=code, gtin=sku.gtin, tracking=sku.tracking)


def _post(draft: Draft, count: Count, line: CountLine, context: Context) -> None:
    level = draft.world.level(line.sku, count.location)
    difference = line.difference
    if level.sellable + difference < 0:
        raise Refused(
            R.COUNT_CONTRADICTED, sku=line.sku, counted=line.quantity, difference=difference, sellable=level.sellable
        )
    if line.lots or draft.world.lots.tracks(line.sku):
        _post_lots(draft, count, line, context)
        tell_oversold(draft, line.sku, count.location, context)
        return
    missed = min(level.missing, max(0, difference))
    for source, target, quantity in (
        (StockBucket.MISSING, StockBucket.SELLABLE, missed),
        (StockBucket.MISSING, StockBucket.ADJUSTMENT, level.missing - missed),
        (StockBucket.ADJUSTMENT, StockBucket.SELLABLE, max(0, difference) - missed),
        (StockBucket.SELLABLE, StockBucket.ADJUSTMENT, max(0, -difference)),
    ):
        if quantity:
            draft.tell_stock(
                StockAdjusted(
                    sku=line.sku,
                    location=count.location,
                    source=source,
                    target=target,
                    quantity=quantity,
                    at=context.now,
                    reason=f"count:{count.id}",
                )
            )
    tell_oversold(draft, line.sku, count.location, context)


def _counted_lots(world: World, location: str, counted: c.CountedInput, field: str) -> tuple[CountedLot, ...]:
    """What was found lot by lot beside what the record has now, and what of it was not found.

    Refused as `check_named` and `check_coming` say. COUNT_LINES: lots are compared with the present alone.
    """
    named = check_named(world, counted.sku, counted.lots, counted.quantity, f"{field}.lots")
    if not world.lots.tracks(counted.sku):
        return ()
    if counted.counted_at is not None:
        allowed = "none, for a SKU that is tracked"
        raise Refused(R.COUNT_LINES, field=f"{field}.counted_at", value=str(counted.counted_at), allowed=allowed)
    there = {level.lot: level for level in world.lots.of(counted.sku, location) if level.bucket == StockBucket.SELLABLE}
    new = check_coming(
        world, world.skus[counted.sku], [e for e in named if _is_new(world, counted, location, e)], f"{field}.lots"
    )
    dates = {each.lot: each.expires_on for each in (*there.values(), *new)}
    found = {each.lot: each.quantity for each in named}
    return tuple(
        CountedLot(lot, found.get(lot, 0), there[lot].quantity if lot in there else 0, dates.get(lot))
        for lot in sorted({*there, *found})
    )


def _is_new(world: World, counted: c.CountedInput, location: str, each: LotUnits) -> bool:
    """Is the lot neither on the shelf nor missed there?"""
    known = (StockBucket.SELLABLE, StockBucket.MISSING)
    here = (level.lot for level in world.lots.of(counted.sku, location) if level.bucket in known)
    return each.lot not in here


def _post_lots(draft: Draft, count: Count, line: CountLine, context: Context) -> None:
    """Lot by lot: units found are first those of the lot that were missed; all else that is missed is written off.

    Refused COUNT_CONTRADICTED: of a lot more has left the shelf since than the count leaves there.
    """
    world = draft.world
    here = world.lots.of(line.sku, count.location)
    there = {level.lot: level.quantity for level in here if level.bucket == StockBucket.SELLABLE}
    missing = {level.lot: level.quantity for level in here if level.bucket == StockBucket.MISSING}
    moves: list[tuple[StockBucket, StockBucket, LotUnits]] = []
    new = [LotUnits(e.lot, e.quantity, e.expires_on) for e in line.lots if e.quantity and e.lot not in there | missing]
    check_coming(world, world.skus[line.sku], new, "lots")
    for each in line.lots:
        difference = each.quantity - each.expected
        if there.get(each.lot, 0) + difference < 0:
            about = {"counted": each.quantity, "difference": difference, "sellable": there.get(each.lot, 0)}
            raise Refused(R.COUNT_CONTRADICTED, sku=line.sku, lot=each.lot, **about)
        missed = min(missing.get(each.lot, 0), max(0, difference))
        missing[each.lot] = missing.get(each.lot, 0) - missed
        for source, target, units in (
            (StockBucket.MISSING, StockBucket.SELLABLE, missed),
            (StockBucket.ADJUSTMENT, StockBucket.SELLABLE, max(0, difference) - missed),
            (StockBucket.SELLABLE, StockBucket.ADJUSTMENT, max(0, -difference)),
        ):
            moves.append((source, target, LotUnits(each.lot, units, each.expires_on)))
    moves.extend((StockBucket.MISSING, StockBucket.ADJUSTMENT, LotUnits(lot, units)) for lot, units in missing.items())
    for source, target, units in moves:
        if units.quantity:
            draft.tell_stock(
                StockAdjusted(
                    sku=line.sku,
                    location=count.location,
                    source=source,
                    target=target,
                    quantity=units.quantity,
                    at=context.now,
                    reason=f"count:{count.id}",
                    lot=units.lot,
                    expires_on=units.expires_on,
                )
            )


def _count_in(draft: Draft, command: c.CountCommand, states: Collection[CountState]) -> Count:
    count = draft.world.records.get(("count", command.count))
    if not isinstance(count, Count):
        raise Refused(R.COUNT_UNKNOWN, field="count", value=command.count[:100])
    if count.state not in states:
        raise Refused(R.COUNT_STATE, field="count", value=count.id, state=count.state, allowed=[str(s) for s in states])
    return count


def _check_lines(skus: Collection[str], field: str) -> None:
    if not 0 < len(skus) <= MOST_LINES or len(set(skus)) < len(skus):
        raise Refused(R.COUNT_LINES, field=field, value=len(skus), allowed=f"1 to {MOST_LINES} SKUs, each once")


RULES: Final = {
    c.PlanCount: decide_plan_count,
    c.OpenCount: decide_open_count,
    c.SubmitCount: decide_submit_count,
    c.AskRecount: decide_ask_recount,
    c.ApproveCount: decide_approve_count,
    c.VoidCount: decide_void_count,
}
