"""Why this many units can be promised: every term of the figure with the rows behind it. Terms add up to the figure.

Source: domain model 4.2. A channel's figure is the sum over its pools, which are disjoint; a bundle's is what its
scarcest component makes.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec

from orderline.core.demands.rows import DemandRow
from orderline.core.stock.dated import DemandTerm, SupplyTerm, is_sold, kept_for_demand, supply_term
from orderline.core.stock.doubt import Doubt
from orderline.core.stock.exclusions import exclusion_of
from orderline.core.stock.lots import AgedLot
from orderline.core.stock.state import PoolLevel, ShortPolicy, Sku, SkuKind, StockLevel
from orderline.core.supply.rows import SupplyRow, by_date
from orderline.core.supply.slips import Learned
from orderline.values.ids import CartHoldId, OrderId


class ShelfTerm(msgspec.Struct, frozen=True):
    """What one location adds: sellable + picked - allocated - safety - phantom, never below zero (by `lifted`).

    inactive, feed_stale: what a location would add and does not, for it is not active, or its feed is too old; below
    zero, so that the terms add up to `amount`. phantom: sellable units thought not to be there, for `doubt`.
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
    feed_stale: int = 0
    safety_rule: str = ""
    phantom: int = 0
    doubt: Doubt | None = None


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


class LagTerm(msgspec.Struct, frozen=True):
    """Units kept back as a channel is `lag_s` late: a quantile of what is ordered meanwhile. orders, pushes: it was measured on."""

    units: int
    lag_s: int
    quantile_ppm: int
    orders: int
    pushes: int
    measured_at: datetime


class Term(msgspec.Struct, frozen=True, omit_defaults=True):
    """One term: `amount` is added to the others, so what is taken away is negative. rule: which set it, if one did."""

    name: str
    amount: int
    shelves: tuple[ShelfTerm, ...] = ()
    orders: tuple[ClaimRow, ...] = ()
    carts: tuple[CartRow, ...] = ()
    units_shown: int = 0
    supply: tuple[SupplyTerm, ...] = ()
    demand: tuple[DemandTerm, ...] = ()
    rule: str = ""
    lag: LagTerm | None = None
    lots: tuple[AgedLot, ...] = ()


class PoolExplanation(msgspec.Struct, frozen=True):
    """One pool: terms that add up to `atp`, and what is promised beyond it.

    oversold: units claimed that the pool does not have. backordered: units accepted beyond what is there.
    recorded: the sum of the shelves as the claims row has it; another figure than the shelves give is a fault.
    overpegged: units promised of dated supply beyond what is counted on.
    """

    pool: str
    atp: int
    terms: tuple[Term, ...]
    oversold: int
    backordered: int
    recorded: int
    overpegged: int = 0


class ComponentExplanation(msgspec.Struct, frozen=True):
    """A component of a bundle: `atp` of it makes `makes` bundles."""

    sku: str
    quantity: int
    atp: int
    makes: int
    pools: tuple[PoolExplanation, ...]


class AtpExplanation(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a channel may promise of a SKU now, or at an instant `at`. A bundle has components instead of pools.

    terms: what is added beside the pools: the channel's buffer, and that the SKU is not for sale (`reason`).
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
    at: datetime | None = None
    terms: tuple[Term, ...] = ()
    reason: str = ""


class StockFacts(msgspec.Struct, frozen=True):
    """What is known of one stocked SKU: shelves by pool, claims rows by pool, evidence by pool; inactive locations; stale: those
    whose feed is too old.

    supply: its dated supply, sold as far ahead as `sold_until`; not at all, when None. doubts: by location. demand:
    what is scheduled. learned: what rows of dated supply are counted on by, by their ids. aged: by pool, lots that end too
    soon for the channel.
    """

    shelves: Mapping[str, Sequence[StockLevel]]
    levels: Mapping[str, PoolLevel]
    evidence: Mapping[str, Evidence]
    inactive: Collection[str] = ()
    supply: Sequence[SupplyRow] = ()
    sold_until: datetime | None = None
    stale: Collection[str] = ()
    doubts: Mapping[str, Doubt] = {}
    demand: Sequence[DemandRow] = ()
    learned: Mapping[str, Learned] = {}
    aged: Mapping[str, Sequence[AgedLot]] = {}


class Asked(msgspec.Struct, frozen=True):
    """At which instant, from which country, with how many units kept back from the channel, and for its lag."""

    now: datetime
    at: datetime | None = None
    country: str = ""
    buffer: int = 0
    lag: LagTerm | None = None


def explain_atp(
    sku: Sku,
    pools: Sequence[str],
    facts: Mapping[str, StockFacts],
    *,
    channel: str = "",
    short_policy: ShortPolicy | None = None,
    unlimited: Collection[str] = (),
    asked: Asked | None = None,
) -> AtpExplanation:
    """Explain what can be promised of a SKU from pools in this order.

    facts: by SKU, of the SKU itself or of a bundle's components. short_policy: the channel's own, if it has one.
    unlimited: components that no stock stands behind.
    """
    explained = _explain(sku, pools, facts, channel, short_policy or sku.short_policy, unlimited, asked)
    return explained if asked is None else _for_channel(explained, sku, asked)


def _explain(
    sku: Sku,
    pools: Sequence[str],
    facts: Mapping[str, StockFacts],
    channel: str,
    policy: ShortPolicy,
    unlimited: Collection[str],
    asked: Asked | None,
) -> AtpExplanation:
    at = asked.at if asked is not None else None
    cap = sku.backorder_cap if policy is ShortPolicy.CAP else 0
    if sku.kind is SkuKind.BUNDLE:
        parts = tuple(
            _component(component.sku, component.quantity, pools, facts.get(component.sku), at)
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
            at=at,
        )
    if sku.kind is not SkuKind.STOCKED:
        return AtpExplanation(sku.code, sku.kind, 0, policy, channel=channel, unlimited=True)
    explained = _pools(sku.code, pools, facts.get(sku.code), at)
    return AtpExplanation(
        sku=sku.code,
        kind=sku.kind,
        atp=sum(pool.atp for pool in explained),
        short_policy=policy,
        channel=channel,
        backorder_cap=cap,
        pools=explained,
        at=at,
    )


def _for_channel(explained: AtpExplanation, sku: Sku, asked: Asked) -> AtpExplanation:
    """Less the channel's buffer, and nothing at all of what is not for sale then or there."""
    terms: list[Term] = []
    if asked.buffer and not explained.unlimited:
        terms.append(Term("channel_buffer", -min(asked.buffer, explained.atp)))
    if asked.lag is not None and explained.kind is SkuKind.STOCKED:
        left = explained.atp + sum(term.amount for term in terms)
        terms.append(Term("lag_buffer", -min(asked.lag.units, left), lag=asked.lag))
    at = asked.at or asked.now
    excluded = exclusion_of(sku.exclusions, explained.channel, at) if explained.channel else None
    reason = excluded.told() if excluded is not None else sku.not_for_sale(at, asked.country)
    left = explained.atp + sum(term.amount for term in terms)
    if reason:
        terms.append(Term("not_for_sale", -left))
        left = 0
    return msgspec.structs.replace(
        explained, atp=left, terms=tuple(terms), reason=reason, unlimited=explained.unlimited and not reason
    )


def bundle_atp(components: Sequence[tuple[int, int]]) -> int:
    """How many bundles can be made: (what is available, units in each) per component."""
    return min((available // quantity for available, quantity in components), default=0)


def explain_pool(
    level: PoolLevel,
    shelves: Sequence[StockLevel],
    evidence: Evidence,
    inactive: Collection[str] = (),
    *,
    supply: Sequence[SupplyRow] = (),
    sold_until: datetime | None = None,
    at: datetime | None = None,
    stale: Collection[str] = (),
    doubts: Mapping[str, Doubt] | None = None,
    demand: Sequence[DemandRow] = (),
    learned: Mapping[str, Learned] | None = None,
    aged: Sequence[AgedLot] = (),
) -> PoolExplanation:
    """The terms of one pool; they add up to `level.atp` when the claims row agrees with the shelves.

    at: with the dated supply that can be counted on by then, less what already waits for supply.
    demand: what is scheduled is kept, as far as nothing that comes after `at` covers it in time.
    """
    shelf_terms = tuple(
        _shelf(
            shelf,
            active=shelf.location not in inactive,
            fresh=shelf.location not in stale,
            doubt=(doubts or {}).get(shelf.location),
        )
        for shelf in shelves
    )
    promisable = sum(term.amount for term in shelf_terms)
    terms = [Term("locations", promisable, shelves=shelf_terms)]
    carts_shown = sum(row.quantity for row in evidence.carts)
    terms.append(Term("pool_claims", -level.claims, orders=evidence.orders, units_shown=evidence.units_shown))
    terms.append(Term("cart_holds", -level.held, carts=evidence.carts, units_shown=carts_shown))
    if level.kept:
        terms.append(Term("kept_for_pegs", -level.kept))
    terms.append(Term("threshold", -level.threshold))
    if at is not None:
        rows = tuple(
            supply_term(row, sold_until, (learned or {}).get(row.id)) for row in by_date(supply) if row.ready_at <= at
        )
        terms.append(Term("dated_supply", sum(row.amount for row in rows), supply=rows))
        if level.backordered:
            terms.append(Term("backordered", -level.backordered))
    uncounted = [row for row in supply if at is None or not is_sold(row, at, sold_until)]
    short, needed, coming = kept_for_demand(demand, uncounted, at)
    if short:
        terms.append(Term("scheduled_demand", -short, supply=coming, demand=needed))
    if aged:
        terms.append(Term("short_life", -sum(each.quantity for each in aged), lots=tuple(aged)))
    total = sum(term.amount for term in terms)
    if total < 0:
        terms.append(Term("never_below_zero", -total))
    return PoolExplanation(
        pool=level.pool,
        atp=max(0, total),
        terms=tuple(terms),
        oversold=max(0, level.claims + level.kept - promisable),
        backordered=level.backordered,
        recorded=level.promisable,
        overpegged=sum(row.overpegged for row in supply),
    )


def _component(
    sku: str, quantity: int, pools: Sequence[str], facts: StockFacts | None, at: datetime | None
) -> ComponentExplanation:
    explained = _pools(sku, pools, facts, at)
    atp = sum(pool.atp for pool in explained)
    return ComponentExplanation(sku, quantity, atp, atp // quantity, explained)


def _pools(
    sku: str, pools: Sequence[str], facts: StockFacts | None, at: datetime | None
) -> tuple[PoolExplanation, ...]:
    facts = facts or StockFacts({}, {}, {})
    return tuple(
        explain_pool(
            facts.levels.get(pool) or PoolLevel(sku, pool),
            facts.shelves.get(pool, ()),
            facts.evidence.get(pool) or Evidence(),
            facts.inactive,
            supply=[row for row in facts.supply if row.pool == pool],
            sold_until=facts.sold_until,
            at=at,
            stale=facts.stale,
            doubts=facts.doubts,
            demand=[row for row in facts.demand if row.pool == pool],
            learned=facts.learned,
            aged=facts.aged.get(pool, ()),
        )
        for pool in pools
    )


def _shelf(level: StockLevel, *, active: bool, fresh: bool, doubt: Doubt | None) -> ShelfTerm:
    plain = level.sellable + level.picked - level.allocated - level.safety - level.phantom
    return ShelfTerm(
        location=level.location,
        amount=level.promisable if active and fresh else 0,
        sellable=level.sellable,
        picked=level.picked,
        allocated=-level.allocated,
        safety=-level.safety,
        lifted=level.promisable - plain,
        oversold=level.oversold,
        inactive=0 if active else -level.promisable,
        feed_stale=-level.promisable if active and not fresh else 0,
        phantom=-level.phantom,
        doubt=doubt,
    )
