"""A line as its units move: the claims behind pooled units, the dated supply behind pegged ones."""

from msgspec.structs import replace

from orderline.core.moves import Bucket, Units, check_move, shift
from orderline.core.orders.events import MovedItem, UnitsMoved
from orderline.core.orders.state import Line, Order, PegShare, PoolShare


def line_moved(line: Line, items: list[MovedItem], event: UnitsMoved) -> Line:
    """A line after its units moved: its buckets, and what stands behind those that wait."""
    units, claims, pegs = line.units, line.claims, line.pegs
    for item in items:
        units = shift(units, item.source, item.target, item.quantity)
        if item.source is Bucket.POOLED:
            claims = _claimed(claims, item.pool, -item.quantity)
        if item.target is Bucket.POOLED:
            claims = _claimed(claims, item.into or item.pool, item.quantity)
        if item.source is Bucket.PEGGED:
            pegs = _pegged(pegs, item, -item.quantity)
        elif item.target is Bucket.PEGGED:
            pegs = _pegged(pegs, item, item.quantity)
    if line.auto_cancel is not None and not (units.unplanned or units.pooled):
        line = replace(line, auto_cancel=None)
    if event.exclude and event.location not in line.excluded:
        return replace(line, units=units, claims=claims, pegs=pegs, excluded=(*line.excluded, event.location))
    return replace(line, units=units, claims=claims, pegs=pegs)


def _claimed(claims: tuple[PoolShare, ...], pool: str, quantity: int) -> tuple[PoolShare, ...]:
    if not claims or not any(share.pool == pool for share in claims):
        return (*claims, PoolShare(pool, quantity))
    changed = (PoolShare(pool, s.quantity + quantity) if s.pool == pool else s for s in claims)
    return tuple(share for share in changed if share.quantity)


def _pegged(pegs: tuple[PegShare, ...], item: MovedItem, quantity: int) -> tuple[PegShare, ...]:
    """One share for each row: what is promised twice of one row is promised for the earlier instant."""
    before = next((share for share in pegs if share.supply == item.supply), None)
    others = tuple(share for share in pegs if share.supply != item.supply)
    if before is None:
        assert item.promised_at is not None, "units are pegged with a promise"
        return (*others, PegShare(item.supply, item.pool, quantity, item.promised_at))
    left = before.quantity + quantity
    return (*others, replace(before, quantity=left)) if left else others


def check_moves(order: Order | None, event: UnitsMoved) -> None:
    """Every move of every rule goes by the move table; whatever a rule overlooks is refused here."""
    assert order is not None, "units move after their order was placed"
    repeats = len({item.line for item in event.items}) < len(event.items)
    units: dict[int, Units] = {}
    for item in event.items:
        line = order.line_of(item.line)
        assert line is not None
        before = units.get(item.line, line.units)
        check_move(before, event.move, item.source, item.target, item.quantity)
        if repeats:
            units[item.line] = shift(before, item.source, item.target, item.quantity)
