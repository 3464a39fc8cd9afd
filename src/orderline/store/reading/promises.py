"""What can be promised: quick figures for many at once, and one figure explained with the rows behind it."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from orderline.core.demands.rows import DemandRow
from orderline.core.stock.exclusions import exclusion_of
from orderline.core.stock.explain import (
    Asked,
    AtpExplanation,
    CartRow,
    ClaimRow,
    Evidence,
    PoolExplanation,
    StockFacts,
    Term,
    bundle_atp,
    explain_atp,
)
from orderline.core.stock.keeping import with_rules
from orderline.core.stock.lagging import lag_term
from orderline.core.stock.refusals import StockRefusal as R
from orderline.core.stock.state import CartHold, Channel, PoolLevel, Settings, ShortPolicy, Sku, SkuKind, StockLevel
from orderline.core.supply.rows import SupplyRow
from orderline.store.loading import decode_state, supply_of_row
from orderline.store.reading.doubting import load_doubts
from orderline.store.reading.keeping import load_rules
from orderline.store.reading.lagging import kept_back, load_lag
from orderline.store.reading.lasting import Aged, load_aged, units_of
from orderline.store.reading.source import Source, encode
from orderline.store.reading.supply import load_learned
from orderline.values.failures import Refused
from orderline.values.ids import OrderId

MOST_SKUS: Final = 200
SCAN: Final = 5_000
MOST_SHOWN: Final = 20

_skus = msgspec.json.Decoder(Sku)
_carts = msgspec.json.Decoder(CartHold)


class AtpAsked(msgspec.Struct, frozen=True):
    """How many of these SKUs may a channel promise now?"""

    channel: str
    skus: tuple[str, ...]


class AtpFigure(msgspec.Struct, frozen=True, omit_defaults=True):
    """What may be promised of one SKU. backordered: units accepted beyond the stock. reason: why it is not sold."""

    sku: str
    atp: int
    kind: SkuKind
    short_policy: ShortPolicy
    unlimited: bool = False
    backordered: int = 0
    reason: str = ""


class AtpAnswer(msgspec.Struct, frozen=True):
    """Figures in the order they were asked for."""

    channel: str
    items: list[AtpFigure]


Known = dict[str, tuple[Sku, dict[str, PoolLevel]]]


def load_atp(source: Source, settings: Settings, asked: Sequence[AtpAsked]) -> list[bytes | Refused]:
    """Figures for many askers with one statement, or two when bundles are among them.

    Refused CHANNEL_UNKNOWN, SKU_UNKNOWN: of that asker alone.
    """
    known = load_known(source, {sku for each in asked for sku in each.skus})
    answers: list[bytes | Refused] = []
    for each in asked:
        try:
            channel = channel_of(settings, each.channel)
            lag, aged = load_lag(source, channel), load_aged(source, settings, channel, known, datetime.now(UTC).date())
            figures = [_figure(known, sku, channel, kept_back(lag, channel, sku), aged) for sku in each.skus]
            answers.append(encode(AtpAnswer(each.channel, figures)))
        except Refused as refused:
            answers.append(refused)
    return answers


def figures_of(source: Source, channel: Channel, codes: Sequence[str]) -> list[AtpFigure]:
    """What a channel may promise of SKUs now; of those that are known."""
    known = load_known(source, set(codes))
    lag, aged = (
        load_lag(source, channel),
        load_aged(source, source.settings(), channel, known, datetime.now(UTC).date()),
    )
    return [_figure(known, code, channel, kept_back(lag, channel, code), aged) for code in codes if code in known]


def load_known(source: Source, codes: set[str]) -> Known:
    """SKUs with their levels by pool, and the components of those that are bundles."""
    known = _read_known(source, codes)
    components = {
        component.sku for sku, _ in known.values() if sku.kind is SkuKind.BUNDLE for component in sku.components
    }
    missing = components - set(known)
    if missing:
        known.update(_read_known(source, missing))
    return known


def channel_of(settings: Settings, code: str) -> Channel:
    """The channel of that code. Refused CHANNEL_UNKNOWN."""
    channel = settings.channels.get(code)
    if channel is None:
        raise Refused(R.CHANNEL_UNKNOWN, field="channel", value=code, allowed=sorted(settings.channels)[:50])
    return channel


def explain_promise(
    source: Source,
    settings: Settings,
    code: str,
    channel_code: str = "",
    *,
    shown: int = MOST_SHOWN,
    at: datetime | None = None,
    country: str = "",
    channels_seen: Collection[str] = (),
    locations_seen: Collection[str] = (),
) -> AtpExplanation:
    """The figure of a SKU for a channel, or over all pools, with every term and the rows behind it.

    shown: how many orders and carts are listed behind a term, of these channels if there are any.
    locations_seen: only their shelves are told, if there are any; the terms count all.
    at: what can be promised for then, dated supply included; now, when None. country: where it would be sold to.
    Refused SKU_UNKNOWN, CHANNEL_UNKNOWN.
    """
    now = datetime.now(UTC)
    channel = channel_of(settings, channel_code) if channel_code else None
    pools = channel.pools if channel is not None else tuple(sorted(settings.pools))
    known = load_known(source, {code})
    sku, _ = _of(known, code)
    parts = [component.sku for component in sku.components]
    stocked = [each for each in parts or [code] if known[each][0].kind is SkuKind.STOCKED]
    shelves: dict[str, dict[str, list[StockLevel]]] = {each: {} for each in stocked}
    for row in source.rows("reading_stock", "shelves_of", skus=stocked, locations=None):
        level = StockLevel(*row)
        shelves[level.sku].setdefault(settings.locations[level.location].pool, []).append(level)
    supply: dict[str, list[SupplyRow]] = {each: [] for each in stocked}
    for row in source.rows("supply", "supply_of", skus=stocked):
        supply[row[0]].append(supply_of_row(row))
    demand: dict[str, list[DemandRow]] = {each: [] for each in stocked}
    for row in source.rows("demands", "demand_of", skus=stocked):
        demand[row[0]].append(DemandRow(*row))
    policy = channel.short_policy if channel is not None else None
    rules = load_rules(source)
    levels = [level for by_pool in shelves.values() for some in by_pool.values() for level in some]
    doubts = load_doubts(source, settings, rules, levels, now)
    learned = load_learned(source, [row.id for rows in supply.values() for row in rows]) if at is not None else {}
    aged = load_aged(source, settings, channel, stocked, (at or now).date())
    facts = {
        each: StockFacts(
            shelves[each],
            known[each][1],
            _evidence(source, each, known[each][1], shown, channels_seen),
            [code for code, location in settings.locations.items() if not location.active],
            supply[each],
            known[each][0].ahead_until(now, policy or known[each][0].short_policy),
            [code for code, location in settings.locations.items() if location.feed_stale],
            {location: doubt for (sku_code, location), doubt in doubts.items() if sku_code == each},
            demand[each],
            learned,
            {pool: aged.get((each, pool), ()) for pool in pools},
        )
        for each in stocked
    }
    unlimited = set(parts) - set(stocked)
    lag = lag_term(load_lag(source, channel), channel.lag_quantile_ppm, code) if channel is not None else None
    asked = Asked(now, at, country, channel.buffer if channel is not None else 0, lag)
    explained = explain_atp(
        sku, pools, facts, channel=channel_code, short_policy=policy, unlimited=unlimited, asked=asked
    )
    explained = with_rules(explained, rules, settings, now) if rules else explained
    return _hide_shelves(explained, locations_seen) if locations_seen else explained


def _hide_shelves(explained: AtpExplanation, seen: Collection[str]) -> AtpExplanation:
    def pools(given: tuple[PoolExplanation, ...]) -> tuple[PoolExplanation, ...]:
        return tuple(replace(pool, terms=tuple(term(each) for each in pool.terms)) for pool in given)

    def term(given: Term) -> Term:
        return replace(given, shelves=tuple(shelf for shelf in given.shelves if shelf.location in seen))

    components = tuple(replace(part, pools=pools(part.pools)) for part in explained.components)
    return replace(explained, pools=pools(explained.pools), components=components)


def _read_known(source: Source, codes: set[str]) -> Known:
    known: Known = {}
    for row in source.rows("reading_stock", "read_skus", codes=list(codes)):
        code: str = row[0]
        found = known.get(code)
        if found is None:
            found = (_skus.decode(row[1]), {})
            known[code] = found
        if row[2] is not None:
            found[1][row[2]] = PoolLevel(code, *row[2:])
    return known


def _of(known: Known, code: str) -> tuple[Sku, dict[str, PoolLevel]]:
    found = known.get(code)
    if found is None:
        raise Refused(R.SKU_UNKNOWN, field="sku", value=code[:100])
    return found


def _figure(known: Known, code: str, channel: Channel, late: int, aged: Aged) -> AtpFigure:
    """late: units kept back as the channel's orders come in late. aged: lots that end too soon for it."""
    sku, levels = _of(known, code)
    policy = channel.short_policy or sku.short_policy
    now = datetime.now(UTC)
    excluded = exclusion_of(sku.exclusions, channel.code, now)
    reason = excluded.told() if excluded is not None else sku.not_for_sale(now)
    if reason:
        return AtpFigure(code, 0, sku.kind, policy, reason=reason)
    if sku.kind is SkuKind.STOCKED:
        found = [levels[pool] for pool in channel.pools if pool in levels]
        backordered = sum(level.backordered for level in found)
        lasting = sum(max(0, level.atp - units_of(aged, code, level.pool)) for level in found)
        atp = max(0, lasting - channel.buffer - late)
        return AtpFigure(code, atp, sku.kind, policy, backordered=backordered)
    if sku.kind is not SkuKind.BUNDLE:
        return AtpFigure(code, 0, sku.kind, policy, unlimited=True)
    parts = [(_component_atp(known, part.sku, channel, aged), part.quantity) for part in sku.components]
    limits = [(atp, quantity) for atp, quantity in parts if atp is not None]
    return AtpFigure(code, max(0, bundle_atp(limits) - channel.buffer), sku.kind, policy, unlimited=not limits)


def _component_atp(known: Known, code: str, channel: Channel, aged: Aged) -> int | None:
    sku, levels = _of(known, code)
    if exclusion_of(sku.exclusions, channel.code, datetime.now(UTC)) is not None:
        return 0
    if sku.kind is not SkuKind.STOCKED:
        return None
    found = (levels[pool] for pool in channel.pools if pool in levels)
    return sum(max(0, level.atp - units_of(aged, code, level.pool)) for level in found)


def _evidence(
    source: Source, sku: str, levels: dict[str, PoolLevel], shown: int, channels: Collection[str]
) -> dict[str, Evidence]:
    orders: list[ClaimRow] = []
    carts: list[CartRow] = []
    if any(level.claims for level in levels.values()):
        rows = source.rows("reading_stock", "claimants", sku=sku, scan=SCAN, most=shown)
        seen: set[UUID] = set()
        for id_, state in rows:
            if id_ not in seen:
                seen.add(id_)
                orders.extend(_claims_of(OrderId(id_), state, sku, channels))
    if any(level.held for level in levels.values()):
        for (body,) in source.rows("reading_stock", "carts_with", skus=[sku], most=shown):
            cart = _carts.decode(body)
            if channels and cart.channel not in channels:
                continue
            carts.extend(
                CartRow(cart.id, line.pool, line.quantity, cart.expires_at) for line in cart.lines if line.sku == sku
            )
    found: dict[str, Evidence] = {}
    for pool in levels:
        claims = tuple(row for row in orders if row.pool == pool)
        held = tuple(row for row in carts if row.pool == pool)
        found[pool] = Evidence(claims, held, sum(row.quantity for row in claims))
    return found


def _claims_of(id_: OrderId, state: str, sku: str, channels: Collection[str]) -> list[ClaimRow]:
    order = decode_state(state)
    if channels and order.channel not in channels:
        return []
    return [
        ClaimRow(id_, order.number, share.pool, share.quantity)
        for line in order.lines
        if line.sku == sku
        for share in line.claims
    ]


class LevelAsOf(msgspec.Struct, frozen=True):
    """Units of one bucket at one location at a past instant."""

    location: str
    bucket: str
    quantity: int


class StockAsOf(msgspec.Struct, frozen=True):
    """The shelves of a SKU at an instant, by what was recorded until `known_at`."""

    sku: str
    at: datetime
    known_at: datetime
    levels: list[LevelAsOf]


def load_as_of(source: Source, sku: str, at: datetime, known_at: datetime, locations: Sequence[str] = ()) -> StockAsOf:
    """Rebuild shelves from the ledger: facts that had happened by `at` and were recorded by `known_at`."""
    rows: list[tuple[Any, ...]] = source.rows("stock", "stock_as_of", sku=sku, at=at, known_at=known_at)
    levels = [
        LevelAsOf(location, bucket, quantity)
        for location, bucket, quantity in rows
        if not locations or location in locations
    ]
    return StockAsOf(sku, at, known_at, levels)
