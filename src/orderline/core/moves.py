"""The two move tables: units of an order line between its buckets, and units of a stock level between its own.

Everything that happens to an order is one of these moves; a rule that can be said as a row here is not said
anywhere else. Source: the domain model, sections 2 (line buckets) and 4 (stock buckets).
"""

from enum import StrEnum
from typing import Final

import msgspec

from orderline.values.failures import Refused


class Bucket(StrEnum):
    """Where units of an order line stand; each unit stands in exactly one."""

    UNPLANNED = "unplanned"
    POOLED = "pooled"
    PEGGED = "pegged"
    ALLOCATED = "allocated"
    RELEASED = "released"
    PICKED = "picked"
    PACKED = "packed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    LOST = "lost"
    RETURNED = "returned"
    CANCELED = "canceled"


class Move(StrEnum):
    """The passage of a quantity from one bucket to another."""

    RESERVE = "reserve"
    UNRESERVE = "unreserve"
    RECLAIM = "reclaim"
    PEG = "peg"
    UNPEG = "unpeg"
    ALLOCATE = "allocate"
    PULL_BACK = "pull_back"
    RELEASE = "release"
    REJECT = "reject"
    PICK = "pick"
    UNPICK = "unpick"
    PACK = "pack"
    UNPACK = "unpack"
    SHIP = "ship"
    FULFILL = "fulfill"
    DELIVER = "deliver"
    LOSE = "lose"
    RETURN = "return"
    SEND_BACK = "send_back"
    CANCEL = "cancel"
    SHIP_LATE = "ship_late"
    UNSHIP = "unship"
    UNSHIP_LATE = "unship_late"


class MoveRefusal(StrEnum):
    QUANTITY_NOT_POSITIVE = "QUANTITY_NOT_POSITIVE"
    MOVE_NOT_POSSIBLE = "MOVE_NOT_POSSIBLE"
    QUANTITY_NOT_AVAILABLE = "QUANTITY_NOT_AVAILABLE"


B = Bucket

MOVES: Final[dict[Move, tuple[tuple[Bucket, ...], tuple[Bucket, ...]]]] = {
    # move           may take from                                       may put into
    Move.RESERVE:    ((B.UNPLANNED, B.PEGGED),                           (B.POOLED,)),
    Move.UNRESERVE:  ((B.POOLED,),                                       (B.UNPLANNED,)),
    Move.RECLAIM:    ((B.POOLED,),                                       (B.POOLED, B.UNPLANNED)),
    Move.PEG:        ((B.UNPLANNED,),                                    (B.PEGGED,)),
    Move.UNPEG:      ((B.PEGGED,),                                       (B.UNPLANNED,)),
    Move.ALLOCATE:   ((B.UNPLANNED, B.POOLED, B.PEGGED),                 (B.ALLOCATED,)),
    Move.PULL_BACK:  ((B.ALLOCATED, B.RELEASED),                         (B.UNPLANNED, B.POOLED)),
    Move.RELEASE:    ((B.ALLOCATED,),                                    (B.RELEASED,)),
    Move.REJECT:     ((B.ALLOCATED, B.RELEASED),                         (B.UNPLANNED, B.POOLED)),
    Move.PICK:       ((B.RELEASED,),                                     (B.PICKED,)),
    Move.UNPICK:     ((B.PICKED,),                                       (B.RELEASED,)),
    Move.PACK:       ((B.PICKED,),                                       (B.PACKED,)),
    Move.UNPACK:     ((B.PACKED,),                                       (B.PICKED,)),
    Move.SHIP:       ((B.PACKED,),                                       (B.SHIPPED,)),
    Move.FULFILL:    ((B.UNPLANNED,),                                    (B.DELIVERED,)),
    Move.DELIVER:    ((B.SHIPPED, B.LOST),                               (B.DELIVERED,)),
    Move.LOSE:       ((B.SHIPPED, B.DELIVERED),                          (B.LOST,)),
    Move.RETURN:     ((B.SHIPPED, B.DELIVERED, B.LOST),                  (B.RETURNED,)),
    Move.SEND_BACK:  ((B.RETURNED,),                                     (B.SHIPPED,)),
    Move.CANCEL:     ((B.UNPLANNED, B.POOLED, B.PEGGED, B.ALLOCATED,
                       B.RELEASED, B.PICKED, B.PACKED),                  (B.CANCELED,)),
    Move.SHIP_LATE:  ((B.CANCELED,),                                     (B.SHIPPED,)),
    Move.UNSHIP:     ((B.SHIPPED,),                                      (B.PACKED,)),
    Move.UNSHIP_LATE: ((B.SHIPPED,),                                     (B.CANCELED,)),
}  # fmt: skip


class Units(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """How many units of a line stand in each bucket; the sum is the quantity ordered."""

    unplanned: int = 0
    pooled: int = 0
    pegged: int = 0
    allocated: int = 0
    released: int = 0
    picked: int = 0
    packed: int = 0
    shipped: int = 0
    delivered: int = 0
    lost: int = 0
    returned: int = 0
    canceled: int = 0

    def of(self, bucket: Bucket) -> int:
        """The units standing in one bucket."""
        return getattr(self, bucket)

    def total(self) -> int:
        """All units: what was ordered."""
        return sum(msgspec.structs.astuple(self))

    @property
    def before_location(self) -> int:
        """Units that no location has been chosen for."""
        return self.unplanned + self.pooled + self.pegged

    @property
    def at_location(self) -> int:
        """Units that stand in AT_LOCATION: a location has them or is to have them ready."""
        return self.allocated + self.released + self.picked + self.packed

    @property
    def gone(self) -> int:
        """Units that have been supplied, whatever became of them then."""
        return self.shipped + self.delivered + self.lost + self.returned


BEFORE_SHIPMENT: Final = MOVES[Move.CANCEL][0]
AT_LOCATION: Final = (B.ALLOCATED, B.RELEASED, B.PICKED, B.PACKED)


def apply(units: Units, move: Move, source: Bucket, target: Bucket, quantity: int) -> Units:
    """Move `quantity` units of a line out of `source` into `target` along `move`. Refused as `check_move` says."""
    check_move(units, move, source, target, quantity)
    return shift(units, source, target, quantity)


def check_move(units: Units, move: Move, source: Bucket, target: Bucket, quantity: int) -> None:
    """May `quantity` units go out of `source` into `target` along `move`?

    Refused QUANTITY_NOT_POSITIVE: quantity is zero or less.
    Refused MOVE_NOT_POSSIBLE: the move does not take from, or put into, that bucket.
    Refused QUANTITY_NOT_AVAILABLE: the bucket holds fewer units than asked.
    """
    if quantity <= 0:
        raise Refused(MoveRefusal.QUANTITY_NOT_POSITIVE, field="quantity", value=quantity)
    sources, targets = MOVES[move]
    if source not in sources or target not in targets:
        raise Refused(MoveRefusal.MOVE_NOT_POSSIBLE, move=move, source=source, target=target)
    if units.of(source) < quantity:
        raise Refused(
            MoveRefusal.QUANTITY_NOT_AVAILABLE,
            bucket=source,
            field="quantity",
            value=quantity,
            available=units.of(source),
        )


def shift(units: Units, source: Bucket | None, target: Bucket, quantity: int) -> Units:
    """The units after the move, unchecked: what `evolve` does with a fact. No source: units enter the line."""
    if source is target:  # from one pool to another
        return units
    changes = {target.value: getattr(units, target) + quantity}
    if source is not None:
        changes[source.value] = getattr(units, source) - quantity
    return msgspec.structs.replace(units, **changes)


class StockBucket(StrEnum):
    """Where units of a SKU stand at a location, or outside of all locations (the last ones).

    in_service: a customer's own, here to be repaired; it is nobody's stock.
    """

    SELLABLE = "sellable"
    PICKED = "picked"
    DAMAGED = "damaged"
    QUALITY_CONTROL = "quality_control"
    BLOCKED = "blocked"
    MISSING = "missing"
    DISPLAY = "display"
    IN_TRANSIT_IN = "in_transit_in"
    IN_TRANSIT_OUT = "in_transit_out"
    CUSTOMER = "customer"
    IN_SERVICE = "in_service"
    VENDOR = "vendor"
    SCRAP = "scrap"
    ADJUSTMENT = "adjustment"


S = StockBucket
PHYSICAL: Final = (S.SELLABLE, S.PICKED, S.DAMAGED, S.QUALITY_CONTROL, S.BLOCKED, S.MISSING, S.DISPLAY)

# What a move of line units at a location does on its shelf, by the bucket the units leave.
SHELF: Final[dict[tuple[Move, Bucket], tuple[StockBucket, StockBucket]]] = {
    (Move.PICK, B.RELEASED):    (S.SELLABLE, S.PICKED),
    (Move.UNPICK, B.PICKED):    (S.PICKED, S.SELLABLE),
    (Move.CANCEL, B.PICKED):    (S.PICKED, S.SELLABLE),
    (Move.CANCEL, B.PACKED):    (S.PICKED, S.SELLABLE),
    (Move.SHIP, B.PACKED):      (S.PICKED, S.IN_TRANSIT_OUT),
    (Move.SHIP_LATE, B.CANCELED): (S.SELLABLE, S.IN_TRANSIT_OUT),
    (Move.UNSHIP, B.SHIPPED):   (S.IN_TRANSIT_OUT, S.PICKED),
    (Move.UNSHIP_LATE, B.SHIPPED): (S.IN_TRANSIT_OUT, S.SELLABLE),
    (Move.DELIVER, B.SHIPPED):  (S.IN_TRANSIT_OUT, S.CUSTOMER),
    (Move.DELIVER, B.LOST):     (S.SCRAP, S.CUSTOMER),
    (Move.LOSE, B.SHIPPED):     (S.IN_TRANSIT_OUT, S.SCRAP),
    (Move.LOSE, B.DELIVERED):   (S.CUSTOMER, S.SCRAP),
}  # fmt: skip

# Why a count at a location is corrected, and between which buckets the units then go.
REASONS: Final[dict[str, tuple[StockBucket, StockBucket]]] = {
    # reason            from                to
    "received":         (S.VENDOR,          S.SELLABLE),
    "received_for_qc":  (S.VENDOR,          S.QUALITY_CONTROL),
    "qc_passed":        (S.QUALITY_CONTROL, S.SELLABLE),
    "qc_failed":        (S.QUALITY_CONTROL, S.DAMAGED),
    "found":            (S.ADJUSTMENT,      S.SELLABLE),
    "found_missing":    (S.MISSING,         S.SELLABLE),
    "shrinkage":        (S.SELLABLE,        S.ADJUSTMENT),
    "missing":          (S.SELLABLE,        S.MISSING),
    "written_off":      (S.MISSING,         S.ADJUSTMENT),
    "damaged":          (S.SELLABLE,        S.DAMAGED),
    "repaired":         (S.DAMAGED,         S.SELLABLE),
    "scrapped":         (S.DAMAGED,         S.SCRAP),
    "blocked":          (S.SELLABLE,        S.BLOCKED),
    "unblocked":        (S.BLOCKED,         S.SELLABLE),
    "to_display":       (S.SELLABLE,        S.DISPLAY),
    "from_display":     (S.DISPLAY,         S.SELLABLE),
    "sold_in_store":    (S.SELLABLE,        S.CUSTOMER),
    "sent_unasked":     (S.SELLABLE,        S.CUSTOMER),
    "returned_in_store": (S.CUSTOMER,       S.SELLABLE),
    "returned_damaged": (S.CUSTOMER,        S.DAMAGED),
    "returned_for_qc":  (S.CUSTOMER,        S.QUALITY_CONTROL),
    "returned_to_vendor": (S.SELLABLE,      S.VENDOR),
}  # fmt: skip
