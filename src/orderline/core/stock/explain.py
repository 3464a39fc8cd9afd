"""Why this many units can be promised: every term of the figure with the rows behind it. Terms add up to the figure.

Source: domain model 4.2. A channel's figure is the sum over its pools, which are disjoint; a bundle's is what its
scarcest component makes.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec

from orderline.core.stock.state import PoolLevel, ShortPolicy, Sku, SkuKind, StockLevel
from orderline.values.ids import CartHoldId, OrderId


class ShelfTerm(msgspec.Struct, frozen=True):
    """What one location adds: sellable + picked - allocated - safety, never below zero (`lifted` makes up for it).

    inactive: what an inactive location would add and does not; below zero, so that the terms add up to `amount`.
    """

    location: str
    amount: int
    sellable: int
    picked: int
    allocated: int
    safety: int
    lifted: int
    oversold: int
    inactive: int = 0


class ClaimRow(msgspec.Struct, frozen=True):
    """Units of an order that are claimed in a pool and have no location yet."""

    order: OrderId
    number: str
    pool: str
    quantity: int


class CartRow(msgspec.Struct, frozen=True):
    """Units kept for a checkout."""

    cart: CartHoldId
    pool: str
    quantity: int
    expires_at: datetime


class Evidence(msgspec.Struct, frozen=True):
    """The rows behind a term: the first of them, and how many units of the amount they account for."""

    orders: tuple[ClaimRow, ...] = ()
    carts: tuple[CartRow, ...] = ()
    units_shown: int = 0


class Term(msgspec.Struct, frozen=True, omit_defaults=True):
    """One term: `amount` is added to the others, so what is taken away is negative."""

    name: str
    amount: int
    shelves: tuple[ShelfTerm, ...] = ()
    orders: tuple[ClaimRow, ...] = ()
    carts: tuple[CartRow, ...] = ()
    units_shown: int = 0


class PoolExplanation(msgspec.Struct, frozen=True):
    """One pool: terms that add up to `atp`, and what is promised beyond it.

    oversold: units claimed that the pool does not have. backordered: units accepted beyond what is there.
    recorded: the sum of the shelves as the claims row has it; another figure than the shelves give is a fault.
    """

    pool: str
    atp: int
    terms: tuple[Term, ...]
    oversold: int
    backordered: int
    recorded: int


class ComponentExplanation(msgspec.Struct, frozen=True):
    """A component of a bundle: `atp` of it makes `makes` bundles."""

    sku: str
    quantity: int
    atp: int
    makes: int
    pools: tuple[PoolExplanation, ...]


class AtpExplanation(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a channel may promise of a SKU now. A bundle has components instead of pools.

    unlimited: digital goods and services, which no stock stands behind.
    short_policy: what happens to an order for more than that.
    """

    sku: str
    kind: SkuKind
    atp: int
    short_policy: ShortPolicy
    channel: str = ""
    unlimited: bool = False
    backorder_cap: int = 0
    pools: tuple[PoolExplanation, ...] = ()
    components: tuple[ComponentExplanation, ...] = ()
    limited_by: str = ""


class StockFacts(msgspec.Struct, frozen=True):
    """What is known of one stocked SKU: shelves by pool, claims rows by pool, evidence by pool; inactive locations."""

    shelves: Mapping[str, Sequence[StockLevel]]
    levels: Mapping[str, PoolLevel]
    evidence: Mapping[str, Evidence]
    inactive: Collection[str] = ()


def explain_atp(
    sku: Sku,
    pools: Sequence[str],
    facts: Mapping[str, StockFacts],
    *,
    channel: str = "",
    short_policy: ShortPolicy | None = None,
    unlimited: Collection[str] = (),
) -> AtpExplanation:
    """Explain what can be promised of a SKU from pools in this order.

    facts: by SKU, of the SKU itself or of a bundle's components. short_policy: the channel's own, if it has one.
    unlimited: components that no stock stands behind.
    """
    policy = short_policy or sku.short_policy
    cap = sku.backorder_cap if policy is ShortPolicy.CAP else 0
    if sku.kind is SkuKind.BUNDLE:
        parts = tuple(
            _component(component.sku, component.quantity, pools, facts.get(component.sku))
            for component in sku.components
            if component.sku not in unlimited
        )
        if not parts:
            return AtpExplanation(sku.code, sku.kind, 0, policy, channel=channel, unlimited=True)
        scarcest = min(parts, key=lambda part: part.makes)
        return AtpExplanation(
            sku=sku.code,
            kind=sku.kind,
            atp=scarcest.makes,
            short_policy=policy,
            channel=channel,
            backorder_cap=cap,
            components=parts,
            limited_by=scarcest.sku,
        )
    if sku.kind is not SkuKind.STOCKED:
        return AtpExplanation(sku.code, sku.kind, 0, policy, channel=channel, unlimited=True)
    explained = _pools(sku.code, pools, facts.get(sku.code))
    return AtpExplanation(
        sku=sku.code,
        kind=sku.kind,
        atp=sum(pool.atp for pool in explained),
        short_policy=policy,
        channel=channel,
        backorder_cap=cap,
        pools=explained,
    )


def bundle_atp(components: Sequence[tuple[int, int]]) -> int:
    """How many bundles can be made: (what is available, units in each) per component."""
    return min((available // quantity for available, quantity in components), default=0)


def explain_pool(
    level: PoolLevel, shelves: Sequence[StockLevel], evidence: Evidence, inactive: Collection[str] = ()
) -> PoolExplanation:
    """The terms of one pool; they add up to `level.atp` when the claims row agrees with the shelves."""
    shelf_terms = tuple(_shelf(shelf, active=shelf.location not in inactive) for shelf in shelves)
    promisable = sum(term.amount for term in shelf_terms)
    terms = [Term("locations", promisable, shelves=shelf_terms)]
    carts_shown = sum(row.quantity for row in evidence.carts)
    terms.append(Term("pool_claims", -level.claims, orders=evidence.orders, units_shown=evidence.units_shown))
    terms.append(Term("cart_holds", -level.held, carts=evidence.carts, units_shown=carts_shown))
    terms.append(Term("threshold", -level.threshold))
    total = sum(term.amount for term in terms)
    if total < 0:
        terms.append(Term("never_below_zero", -total))
    return PoolExplanation(
        pool=level.pool,
        atp=max(0, total),
        terms=tuple(terms),
        oversold=max(0, level.claims - promisable),
        backordered=level.backordered,
        recorded=level.promisable,
    )


def _component(sku: str, quantity: int, pools: Sequence[str], facts: StockFacts | None) -> ComponentExplanation:
    explained = _pools(sku, pools, facts)
    atp = sum(pool.atp for pool in explained)
    return ComponentExplanation(sku, quantity, atp, atp // quantity, explained)


def _pools(sku: str, pools: Sequence[str], facts: StockFacts | None) -> tuple[PoolExplanation, ...]:
    facts = facts or StockFacts({}, {}, {})
    return tuple(
        explain_pool(
            facts.levels.get(pool) or PoolLevel(sku, pool),
            facts.shelves.get(pool, ()),
            facts.evidence.get(pool) or Evidence(),
            facts.inactive,
        )
        for pool in pools
    )


def _shelf(level: StockLevel, *, active: bool) -> ShelfTerm:
    plain = level.sellable + level.picked - level.allocated - level.safety
    return ShelfTerm(
        location=level.location,
        amount=level.promisable if active else 0,
        sellable=level.sellable,
        picked=level.picked,
        allocated=-level.allocated,
        safety=-level.safety,
        lifted=level.promisable - plain,
        oversold=level.oversold,
        inactive=0 if active else -level.promisable,
    )
