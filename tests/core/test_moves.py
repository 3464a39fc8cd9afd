"""The move table of line buckets: every move from every bucket, allowed or refused; nothing is made or lost."""

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderline.core.moves import (
    AT_LOCATION,
    BEFORE_SHIPMENT,
    MOVES,
    PHYSICAL,
    REASONS,
    SHELF,
    Bucket,
    Move,
    MoveRefusal,
    Units,
    apply,
)
from orderline.values.failures import Refused

B = Bucket

CASES = [
    # before                      move              out of       into          n   after, or refusal
    (Units(unplanned=3),          Move.RESERVE,     B.UNPLANNED, B.POOLED,     3,  Units(pooled=3)),
    (Units(unplanned=3),          Move.RESERVE,     B.UNPLANNED, B.POOLED,     1,  Units(unplanned=2, pooled=1)),
    (Units(pooled=1, pegged=1),   Move.ALLOCATE,    B.PEGGED,    B.ALLOCATED,  1,  Units(pooled=1, allocated=1)),
    (Units(released=2),           Move.REJECT,      B.RELEASED,  B.POOLED,     2,  Units(pooled=2)),
    (Units(pooled=2),             Move.RECLAIM,     B.POOLED,    B.POOLED,     1,  Units(pooled=2)),
    (Units(pooled=2),             Move.RECLAIM,     B.POOLED,    B.UNPLANNED,  1,  Units(unplanned=1, pooled=1)),
    (Units(pooled=1, packed=2),   Move.SHIP,        B.PACKED,    B.SHIPPED,    2,  Units(pooled=1, shipped=2)),
    (Units(lost=1),               Move.DELIVER,     B.LOST,      B.DELIVERED,  1,  Units(delivered=1)),
    (Units(canceled=1),           Move.SHIP_LATE,   B.CANCELED,  B.SHIPPED,    1,  Units(shipped=1)),
    (Units(shipped=2),            Move.UNSHIP,      B.SHIPPED,   B.PACKED,     1,  Units(shipped=1, packed=1)),
    (Units(shipped=1),            Move.UNSHIP_LATE, B.SHIPPED,   B.CANCELED,   1,  Units(canceled=1)),
    (Units(packed=1),             Move.SHIP,        B.PACKED,    B.SHIPPED,    2,  MoveRefusal.QUANTITY_NOT_AVAILABLE),
    (Units(packed=1),             Move.SHIP,        B.PACKED,    B.SHIPPED,    0,  MoveRefusal.QUANTITY_NOT_POSITIVE),
    (Units(packed=1),             Move.SHIP,        B.PACKED,    B.SHIPPED,    -1, MoveRefusal.QUANTITY_NOT_POSITIVE),
    (Units(shipped=1),            Move.CANCEL,      B.SHIPPED,   B.CANCELED,   1,  MoveRefusal.MOVE_NOT_POSSIBLE),
    (Units(picked=1),             Move.SHIP,        B.PICKED,    B.SHIPPED,    1,  MoveRefusal.MOVE_NOT_POSSIBLE),
    (Units(packed=1),             Move.SHIP,        B.PACKED,    B.DELIVERED,  1,  MoveRefusal.MOVE_NOT_POSSIBLE),
]  # fmt: skip


@pytest.mark.parametrize(("before", "move", "source", "target", "quantity", "expected"), CASES)
def test_a_move_goes_as_the_table_says(
    before: Units, move: Move, source: Bucket, target: Bucket, quantity: int, expected: Units | MoveRefusal
) -> None:
    if isinstance(expected, Units):
        assert apply(before, move, source, target, quantity) == expected
    else:
        with pytest.raises(Refused) as refused:
            apply(before, move, source, target, quantity)
        assert refused.value.code is expected


@pytest.mark.parametrize("move", list(Move))
def test_each_move_takes_from_its_buckets_and_from_no_other(move: Move) -> None:
    full = Units(*(5 for _ in Bucket))
    sources, targets = MOVES[move]
    for source, target in itertools.product(Bucket, Bucket):
        if source in sources and target in targets:
            after = apply(full, move, source, target, 2)
            assert after.total() == full.total()
            # from one pool to another, they stay in their bucket
            assert (after.of(source), after.of(target)) == ((5, 5) if source is target else (3, 7))
        else:
            with pytest.raises(Refused, match="MOVE_NOT_POSSIBLE"):
                apply(full, move, source, target, 2)


def test_every_bucket_is_reached_and_only_ends_are_not_left() -> None:
    reached = {target for _, targets in MOVES.values() for target in targets}
    left = {source for sources, _ in MOVES.values() for source in sources}
    assert reached | {B.UNPLANNED} == set(Bucket)
    assert left == set(Bucket)
    assert set(BEFORE_SHIPMENT).isdisjoint({B.SHIPPED, B.DELIVERED, B.LOST, B.RETURNED, B.CANCELED})


@given(
    st.lists(st.tuples(st.sampled_from(Move), st.integers(0, 3), st.integers(0, 3), st.integers(-1, 4)), max_size=60)
)
def test_any_sequence_of_moves_conserves_the_units(steps: list[tuple[Move, int, int, int]]) -> None:
    units = Units(unplanned=7)
    for move, source, target, quantity in steps:
        sources, targets = MOVES[move]
        try:
            units = apply(units, move, sources[source % len(sources)], targets[target % len(targets)], quantity)
        except Refused:
            continue
    assert units.total() == 7
    assert min(msgspec.structs.astuple(units)) >= 0


def test_each_bucket_is_before_a_location_at_one_gone_or_canceled() -> None:
    for bucket in Bucket:
        units = Units(**{bucket.value: 3})
        assert units.before_location + units.at_location + units.gone + units.canceled == 3
        assert (units.at_location > 0) == (bucket in AT_LOCATION)
        assert (units.before_location + units.at_location > 0) == (bucket in BEFORE_SHIPMENT)


def test_shelf_moves_and_reasons_go_between_two_different_buckets() -> None:
    for source, target in (*SHELF.values(), *REASONS.values()):
        assert source is not target
        assert source in PHYSICAL or target in PHYSICAL or (source, target) in set(SHELF.values())
    for move, bucket in SHELF:
        assert bucket in MOVES[move][0]
