"""How long stock lasts, and what should be sent or bought so that it does not run out. Pure.

Velocity is what has left a shelf for customers in the last four weeks.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from orderline.core.replenishments.state import ReplenishRule, rule_for
from orderline.core.stock.doubt import Shelf
from orderline.core.stock.state import PoolLevel, Settings, StockLevel
from orderline.core.supply.rows import SupplyKind

SOLD_OVER: Final = timedelta(days=28)


class Cover(msgspec.Struct, frozen=True, omit_defaults=True):
    """How long what is there lasts. available: units that may still be sold; days: None when nothing is sold.

    Of a location, or of a channel, whose units are those of its pools.
    """

    sku: str
    available: int
    sold: int
    days: int | None = None
    location: str = ""
    channel: str = ""


class Proposal(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Units that should be sent from `source`, or bought from `vendor`, to a location, and why.

    position: there and to come, less what is allocated or not believed. The level at which to act is `reorder_at`,
    and `target` what it is to be. cover_days: how long the position lasts; None: nothing is sold.
    """

    sku: str
    location: str
    quantity: int
    kind: SupplyKind
    due_at: datetime
    rule: str
    position: int
    to_come: int
    sold: int
    reorder_at: int
    target: int
    safety: int
    cover_days: int | None = None
    source: str = ""
    vendor: str = ""


class Standing(msgspec.Struct, frozen=True):
    """What is known of some SKUs: all their shelves, claims by (SKU, pool), units sold and to come by shelf."""

    shelves: Sequence[StockLevel]
    pools: Mapping[tuple[str, str], PoolLevel]
    sold: Mapping[Shelf, int]
    to_come: Mapping[Shelf, int]


def cover_of(available: int, sold: int) -> int | None:
    """Whole days that units last; None: nothing is sold."""
    return max(0, available) * SOLD_OVER.days // sold if sold > 0 else None


def needed(sold: int, days: int) -> int:
    """Units sold in so many days, rounded up."""
    return -(-sold * days // SOLD_OVER.days)


def position_of(level: StockLevel, to_come: int) -> int:
    """Units there and to come, less what is allocated and what is not believed."""
    return level.sellable + level.picked - level.allocated - level.phantom + to_come


def propose(rules: Sequence[ReplenishRule], settings: Settings, known: Standing, now: datetime) -> list[Proposal]:
    """What should be sent or bought, what runs out first first. What one location gives is not given twice."""
    shelves = {(level.sku, level.location): level for level in known.shelves}
    given: dict[Shelf, int] = {}
    of_pool: dict[tuple[str, str], int] = {}
    wanting: list[tuple[StockLevel, ReplenishRule, Proposal]] = []
    for level in known.shelves:
        location = settings.locations[level.location]
        rule = rule_for(rules, level.sku, location) if location.active else None
        asked = _lacking(rule, level, known, now) if rule is not None else None
        if rule is not None and asked is not None:
            wanting.append((level, rule, asked))
    found: list[Proposal] = []
    for level, rule, asked in sorted(wanting, key=lambda each: _urgency(each[2])):
        left = asked.quantity
        for code in rule.transfer_from:
            if code == level.location:
                continue
            shelf = (level.sku, code)
            pool = (level.sku, settings.locations[code].pool if code in settings.locations else "")
            there = shelves.get(shelf)
            spare = _excess(rules, rule, settings, known, there) if there is not None else 0
            units = min(
                left,
                spare - given.get(shelf, 0),
                _unclaimed(known, pool) - of_pool.get(pool, 0),
            )
            if units > 0:
                given[shelf] = given.get(shelf, 0) + units
                of_pool[pool] = of_pool.get(pool, 0) + units
                left -= units
                due_at = now + timedelta(days=rule.transfer_days)
                sent = msgspec.structs.replace(
                    asked, quantity=units, kind=SupplyKind.TRANSFER, source=code, due_at=due_at
                )
                found.append(sent)
        if left and rule.buy:
            found.append(msgspec.structs.replace(asked, quantity=_packed(left, rule.pack), vendor=rule.vendor))
    return found


def _lacking(rule: ReplenishRule, level: StockLevel, known: Standing, now: datetime) -> Proposal | None:
    """What a shelf should get, as if it were bought; None: it has enough."""
    shelf = (level.sku, level.location)
    sold, to_come = known.sold.get(shelf, 0), known.to_come.get(shelf, 0)
    position = position_of(level, to_come)
    point = needed(sold, rule.lead_days) + level.safety if rule.reorder_point is None else rule.reorder_point
    target = max(point, needed(sold, rule.lead_days + rule.cover_days) + level.safety)
    if position > point or position >= target:
        return None
    return Proposal(
        sku=level.sku, location=level.location, quantity=target - position,
        kind=SupplyKind.PURCHASE, due_at=now + timedelta(days=rule.lead_days), rule=rule.id, position=position,
        to_come=to_come, sold=sold, reorder_at=point, target=target, safety=level.safety,
        cover_days=cover_of(position, sold),
    )  # fmt: skip


def _excess(
    rules: Sequence[ReplenishRule], asking: ReplenishRule, settings: Settings, known: Standing, level: StockLevel
) -> int:
    """Units that a shelf can spare beyond what it needs itself."""
    location = settings.locations[level.location]
    if not location.active:
        return 0
    own = rule_for(rules, level.sku, location) or asking
    sold = known.sold.get((level.sku, level.location), 0)
    keeps = needed(sold, own.lead_days + own.cover_days) + level.safety
    return max(0, level.free - level.phantom - keeps)


def _unclaimed(known: Standing, pool: tuple[str, str]) -> int:
    """Units of a pool that nobody was promised, and no scheduled demand waits for: no more can be sent away."""
    level = known.pools.get(pool)
    return level.unclaimed - level.withheld if level is not None else 0


def _packed(units: int, pack: int) -> int:
    return -(-units // pack) * pack


def _urgency(asked: Proposal) -> tuple[int, str, str]:
    days = asked.cover_days if asked.cover_days is not None else 10**9
    return (days, asked.sku, asked.location)
