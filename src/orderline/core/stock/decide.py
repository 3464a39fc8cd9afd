"""Rules of stock: settings, adjustments, feeds, safety, cart holds."""

import re
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from orderline.core.context import Context
from orderline.core.moves import PHYSICAL, REASONS, StockBucket
from orderline.core.orders.guards import check_text, occurred
from orderline.core.stock.commands import (
    AdjustStock,
    ApplyFeed,
    CartLineInput,
    FeedRow,
    HoldCart,
    PutChannel,
    PutLocation,
    PutPool,
    PutSkus,
    ReleaseCart,
    SetSafety,
    SetThreshold,
)
from orderline.core.stock.events import (
    CartHeld,
    CartReleased,
    ChannelPut,
    FeedApplied,
    LocationPut,
    OversoldFound,
    PoolPut,
    SafetySet,
    SkuPut,
    StockAdjusted,
    ThresholdSet,
)
from orderline.core.stock.refusals import StockRefusal as R
from orderline.core.stock.state import CartHold, CartLine, Sku, SkuKind
from orderline.core.world import Draft, World
from orderline.values.failures import Refused
from orderline.values.money import check_currency
from orderline.values.quantity import MAX_QUANTITY, check_quantity
from orderline.values.time import utc

_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+\-]{0,99}")
CART_TTL_S: Final = (10, 3_600)
LAST_SEQUENCE: Final = 2**62
_ON_SHELF: Final = (StockBucket.SELLABLE, StockBucket.PICKED)


def check_code(code: str, field: str) -> str:
    """A code people and partners type. Refused CODE_NOT_ACCEPTABLE: not 1 to 100 letters, digits and . _ : / + -"""
    if not _CODE.fullmatch(code):
        allowed = "1 to 100 letters, digits, or one of . _ : / + - (a letter or digit first)"
        raise Refused(R.CODE_NOT_ACCEPTABLE, field=field, value=code[:120], allowed=allowed)
    return code


def check_sku_code(code: str, field: str) -> str:
    """As `check_code`, with inner spaces allowed: real catalogs have them."""
    check_text(code, field, 100, required=True)
    if code != code.strip():
        raise Refused(R.CODE_NOT_ACCEPTABLE, field=field, value=code, allowed="no space at either end")
    return code


def decide_put_skus(draft: Draft, command: PutSkus, context: Context) -> None:
    """Create or replace SKUs. Refused CODE_NOT_ACCEPTABLE, SKU_CHANGES_KIND, SKU_UNKNOWN (a component), BUNDLE_...

    A kind is kept: stock and order lines are handled by it.
    """
    given = {sku.code: sku for sku in command.skus}
    for index, sku in enumerate(command.skus):
        field = f"skus[{index}]"
        check_sku_code(sku.code, f"{field}.code")
        check_text(sku.description, f"{field}.description", 500)
        check_text(sku.gtin, f"{field}.gtin", 20)
        check_text(sku.unit, f"{field}.unit", 30)
        for name in ("weight_g", "backorder_cap"):
            if not 0 <= getattr(sku, name) <= MAX_QUANTITY:
                raise Refused(R.QUANTITY_NEGATIVE, field=f"{field}.{name}", value=getattr(sku, name))
        _check_bundle(draft.world, sku, given, field)
        before = draft.world.skus.get(sku.code)
        if before is not None and before.kind is not sku.kind:
            raise Refused(R.SKU_CHANGES_KIND, field=f"{field}.kind", value=sku.kind, allowed=before.kind)
        if before != sku:
            draft.tell_stock(SkuPut(sku))


def _check_bundle(world: World, sku: Sku, given: dict[str, Sku], field: str) -> None:
    if (sku.kind is SkuKind.BUNDLE) != bool(sku.components):
        raise Refused(R.BUNDLE_WITHOUT_COMPONENTS, field=f"{field}.components", value=sku.code, kind=sku.kind)
    for component in sku.components:
        part = given.get(component.sku) or world.skus.get(component.sku)
        if part is None:
            raise Refused(R.SKU_UNKNOWN, field=f"{field}.components", value=component.sku)
        if part.kind is SkuKind.BUNDLE:
            raise Refused(R.BUNDLE_OF_BUNDLES, field=f"{field}.components", value=component.sku)
        check_quantity(component.quantity, field=f"{field}.components.quantity")
        check_quantity(component.weight, field=f"{field}.components.weight")


def decide_put_location(draft: Draft, command: PutLocation, context: Context) -> None:
    """Create or replace a location. Refused LOCATION_CHANGES_POOL: its stock is promised from its pool already."""
    location = command.location
    check_code(location.code, "location.code")
    check_text(location.name, "location.name", 200)
    settings = draft.world.settings
    if location.pool not in settings.pools:
        raise Refused(R.POOL_UNKNOWN, field="location.pool", value=location.pool, allowed=sorted(settings.pools)[:50])
    before = settings.locations.get(location.code)
    if before is not None and before.pool != location.pool:
        raise Refused(R.LOCATION_CHANGES_POOL, field="location.pool", value=location.pool, allowed=before.pool)
    if not re.fullmatch("[A-Z]{2}", location.place.country):
        allowed = "two capital letters (ISO 3166-1)"
        raise Refused(R.COUNTRY_UNKNOWN, field="location.place.country", value=location.place.country, allowed=allowed)
    try:
        ZoneInfo(location.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Refused(R.TIME_ZONE_UNKNOWN, field="location.time_zone", value=location.time_zone) from None
    if not 0 <= location.handling_days <= 365:
        raise Refused(R.QUANTITY_NEGATIVE, field="location.handling_days", value=location.handling_days)
    if before != location:
        draft.tell_stock(LocationPut(location))


def decide_put_pool(draft: Draft, command: PutPool, context: Context) -> None:
    """Create or rename a pool."""
    check_code(command.pool.code, "pool.code")
    check_text(command.pool.name, "pool.name", 200)
    draft.tell_stock(PoolPut(command.pool))


def decide_put_channel(draft: Draft, command: PutChannel, context: Context) -> None:
    """Create or replace a channel. Refused POOL_UNKNOWN: it names none, or one that does not exist."""
    channel, pools = command.channel, draft.world.settings.pools
    check_code(channel.code, "channel.code")
    check_text(channel.name, "channel.name", 200)
    if not channel.pools:
        raise Refused(R.POOL_UNKNOWN, field="channel.pools", value=[], allowed=sorted(pools)[:50])
    for pool in channel.pools:
        if pool not in pools or channel.pools.count(pool) > 1:
            raise Refused(R.POOL_UNKNOWN, field="channel.pools", value=pool, allowed=sorted(pools)[:50])
    for currency in channel.currencies:
        check_currency(currency, field="channel.currencies")
    draft.tell_stock(ChannelPut(channel))


def decide_adjust(draft: Draft, command: AdjustStock, context: Context) -> None:
    """Move units between stock buckets for a reason of REASONS.

    A sale in a store has happened: when the record says less, the difference is first found, then sold.
    Refused QUANTITY_NOT_AVAILABLE: the bucket holds fewer units than the reason takes.
    """
    world = draft.world
    if command.reason not in REASONS:
        raise Refused(R.REASON_UNKNOWN, field="reason", value=command.reason, allowed=sorted(REASONS))
    check_stocked(world, command.sku, "sku")
    check_location(world, command.location)
    quantity = check_quantity(command.quantity)
    at = occurred(command.occurred_at, context)
    source, target = REASONS[command.reason]
    reference = check_text(command.reference, "reference", 200)
    if source in PHYSICAL:
        available: int = getattr(world.level(command.sku, command.location), source)
        missing = quantity - available
        if missing > 0 and command.reason != "sold_in_store":
            raise Refused(
                R.QUANTITY_NOT_AVAILABLE, field="quantity", value=quantity, bucket=source, available=available
            )
        if missing > 0:
            draft.tell_stock(
                StockAdjusted(
                    sku=command.sku,
                    location=command.location,
                    source=StockBucket.ADJUSTMENT,
                    target=source,
                    quantity=missing,
                    at=at,
                    reason="found_by_sale",
                    reference=reference,
                )
            )
    if target in PHYSICAL:
        check_quantity(quantity + getattr(world.level(command.sku, command.location), target))
    draft.tell_stock(
        StockAdjusted(
            sku=command.sku,
            location=command.location,
            source=source,
            target=target,
            quantity=quantity,
            at=at,
            reason=command.reason,
            reference=reference,
        )
    )
    tell_oversold(draft, command.sku, command.location, context)


def tell_oversold(draft: Draft, sku: str, location: str, context: Context) -> None:
    """Raise it when fewer units are at a location than are allocated there."""
    oversold = draft.world.level(sku, location).oversold
    if oversold:
        draft.tell_stock(OversoldFound(sku, location, oversold, context.now))


class RowVerdict(msgspec.Struct, frozen=True):
    """A feed row that had no effect, and why."""

    row: int
    code: str
    field: str
    value: str | int


class FeedVerdict(msgspec.Struct, frozen=True):
    """What a part of a feed did: rows that changed a level, that changed none, and that were refused."""

    changed: int
    unchanged: int
    refused: tuple[RowVerdict, ...]


def decide_feed(draft: Draft, command: ApplyFeed, context: Context) -> FeedVerdict:
    """Bring levels to what a feed says, row by row; a row that can't be used is named and stops no other.

    Refused FEED_SEQUENCE_OLD: a later feed of this name has been applied.
    """
    check_code(command.feed, "feed")
    if not 0 <= command.sequence <= LAST_SEQUENCE:
        allowed = f"from 0 to {LAST_SEQUENCE}"
        raise Refused(R.FEED_SEQUENCE_OLD, field="sequence", value=str(command.sequence), allowed=allowed)
    if command.as_of is not None:
        utc(command.as_of, field="as_of")
    last = draft.world.feeds.get(command.feed, 0)
    if command.sequence < last:
        raise Refused(R.FEED_SEQUENCE_OLD, field="sequence", value=command.sequence, allowed=f"{last} or later")
    draft.tell_stock(FeedApplied(command.feed, command.sequence, command.part))
    changed = unchanged = 0
    refused: list[RowVerdict] = []
    for index, row in enumerate(command.rows):
        verdict = _check_row(draft.world, command, row, index)
        if verdict is not None:
            refused.append(verdict)
            continue
        difference = _difference(draft.world, command, row)
        if difference == 0:
            unchanged += 1
            continue
        changed += 1
        came = difference > 0
        draft.tell_stock(
            StockAdjusted(
                sku=row.sku,
                location=row.location,
                source=StockBucket.ADJUSTMENT if came else StockBucket.SELLABLE,
                target=StockBucket.SELLABLE if came else StockBucket.ADJUSTMENT,
                quantity=abs(difference),
                at=context.now,
                reason=feed_cause(command.feed),
                reference=str(command.sequence),
            )
        )
        if not came:
            tell_oversold(draft, row.sku, row.location, context)
    return FeedVerdict(changed, unchanged, tuple(refused))


def _check_row(world: World, command: ApplyFeed, row: FeedRow, index: int) -> RowVerdict | None:
    sku = world.skus.get(row.sku)
    if sku is None:
        return RowVerdict(index, R.SKU_UNKNOWN.value, "sku", row.sku[:100])
    if sku.kind is not SkuKind.STOCKED:
        return RowVerdict(index, R.SKU_NOT_STOCKED.value, "sku", row.sku)
    if row.location not in world.settings.locations:
        return RowVerdict(index, R.LOCATION_UNKNOWN.value, "location", row.location[:100])
    if row.quantity < 0 and not command.delta:
        return RowVerdict(index, R.QUANTITY_NEGATIVE.value, "quantity", row.quantity)
    if abs(row.quantity) > MAX_QUANTITY:
        return RowVerdict(index, "QUANTITY_TOO_LARGE", "quantity", row.quantity)
    if command.delta and world.level(row.sku, row.location).sellable + row.quantity < 0:
        return RowVerdict(index, R.QUANTITY_NOT_AVAILABLE.value, "quantity", row.quantity)
    if command.delta and world.level(row.sku, row.location).sellable + row.quantity > MAX_QUANTITY:
        return RowVerdict(index, "QUANTITY_TOO_LARGE", "quantity", row.quantity)
    return None


def _difference(world: World, command: ApplyFeed, row: FeedRow) -> int:
    if command.delta:
        return row.quantity
    level = world.level(row.sku, row.location)
    there = row.quantity + (0 if command.as_of is None else _moved_since(world, command, row, command.as_of))
    return max(0, there - level.picked) - level.sellable


def _moved_since(world: World, command: ApplyFeed, row: FeedRow, as_of: datetime) -> int:
    """Units that came to the shelf after the snapshot was taken: before this batch, and in it."""
    moved = world.moved.get((command.feed, as_of, row.sku, row.location), 0)
    for entry in world.posted.get((row.sku, row.location), ()):
        if entry.at > as_of and entry.cause != feed_cause(command.feed):
            moved += entry.quantity * ((entry.target in _ON_SHELF) - (entry.source in _ON_SHELF))
    return moved


def feed_cause(feed: str) -> str:
    """What the entries of a feed name as their cause."""
    return f"feed:{feed}"


def decide_set_safety(draft: Draft, command: SetSafety, context: Context) -> None:
    """Refused QUANTITY_NEGATIVE, SKU_UNKNOWN, LOCATION_UNKNOWN."""
    check_stocked(draft.world, command.sku, "sku")
    check_location(draft.world, command.location)
    _check_kept_back(command.safety, "safety")
    draft.tell_stock(SafetySet(command.sku, command.location, command.safety))


def decide_set_threshold(draft: Draft, command: SetThreshold, context: Context) -> None:
    """Refused QUANTITY_NEGATIVE, SKU_UNKNOWN, POOL_UNKNOWN."""
    check_stocked(draft.world, command.sku, "sku")
    if command.pool not in draft.world.settings.pools:
        allowed = sorted(draft.world.settings.pools)[:50]
        raise Refused(R.POOL_UNKNOWN, field="pool", value=command.pool, allowed=allowed)
    _check_kept_back(command.threshold, "threshold")
    draft.tell_stock(ThresholdSet(command.sku, command.pool, command.threshold))


def decide_hold_cart(draft: Draft, command: HoldCart, context: Context) -> CartHold:
    """Keep units for a checkout. The same cart again is measured as if it held nothing: a shopper never blocks herself.

    Refused STOCK_NOT_AVAILABLE: a SKU has fewer units in the channel's pools than asked.
    """
    world = draft.world
    channel = world.settings.channels.get(command.channel)
    if channel is None:
        allowed = sorted(world.settings.channels)[:50]
        raise Refused(R.CHANNEL_UNKNOWN, field="channel", value=command.channel, allowed=allowed)
    shortest, longest = CART_TTL_S
    if not shortest <= command.ttl_s <= longest:
        raise Refused(R.TTL_OUT_OF_RANGE, field="ttl_s", value=command.ttl_s, allowed=f"from {shortest} to {longest}")
    before = world.carts.get(command.cart)
    if before is not None and before.channel != command.channel:
        raise Refused(R.CART_OF_OTHER_CHANNEL, field="channel", value=command.channel, allowed=before.channel)
    own: dict[tuple[str, str], int] = {}
    for line in before.lines if before is not None else ():
        own[line.sku, line.pool] = own.get((line.sku, line.pool), 0) + line.quantity
    lines: list[CartLine] = []
    for index, asked in enumerate(command.lines):
        lines.extend(_cart_lines(world, asked, channel.pools, own, index))
    cart = CartHold(command.cart, command.channel, context.now + timedelta(seconds=command.ttl_s), tuple(lines))
    draft.tell_stock(CartHeld(cart, before))
    return cart


def _cart_lines(
    world: World, asked: CartLineInput, pools: tuple[str, ...], own: dict[tuple[str, str], int], index: int
) -> list[CartLine]:
    sku = check_stocked(world, asked.sku, f"lines[{index}].sku")
    left = check_quantity(asked.quantity, field=f"lines[{index}].quantity")
    lines: list[CartLine] = []
    for pool in pools:
        level = world.pool_level(sku.code, pool)
        room = level.promisable - level.claims - level.held - level.threshold + own.get((sku.code, pool), 0)
        take = min(left, max(0, room))
        if take:
            lines.append(CartLine(sku.code, pool, take))
            own[sku.code, pool] = own.get((sku.code, pool), 0) - take
            left -= take
    if left:
        raise Refused(
            R.STOCK_NOT_AVAILABLE,
            field=f"lines[{index}].quantity",
            value=asked.quantity,
            sku=asked.sku,
            available=asked.quantity - left,
        )
    return lines


def decide_release_cart(draft: Draft, command: ReleaseCart, context: Context) -> None:
    """Give a cart's units back. Refused CART_UNKNOWN: it has none; CART_NOT_EXPIRED: its time is not over."""
    cart = draft.world.carts.get(command.cart)
    if cart is None:
        raise Refused(R.CART_UNKNOWN, field="cart", value=str(command.cart))
    if command.expired_only and cart.expires_at > context.now:
        raise Refused(R.CART_NOT_EXPIRED, field="cart", value=str(command.cart), expires_at=cart.expires_at)
    draft.tell_stock(CartReleased(cart.id, command.expired_only))


def check_stocked(world: World, code: str, field: str) -> Sku:
    """The SKU of that code. Refused SKU_UNKNOWN, SKU_NOT_STOCKED: it is digital, a service or a bundle."""
    sku = world.skus.get(code)
    if sku is None:
        raise Refused(R.SKU_UNKNOWN, field=field, value=code[:100])
    if sku.kind is not SkuKind.STOCKED:
        raise Refused(R.SKU_NOT_STOCKED, field=field, value=code, kind=sku.kind)
    return sku


def check_location(world: World, code: str) -> None:
    """Refused LOCATION_UNKNOWN: there is no location of that code."""
    if code not in world.settings.locations:
        allowed = sorted(world.settings.locations)[:50]
        raise Refused(R.LOCATION_UNKNOWN, field="location", value=code[:100], allowed=allowed)


def _check_kept_back(units: int, field: str) -> None:
    if not 0 <= units <= MAX_QUANTITY:
        raise Refused(R.QUANTITY_NEGATIVE, field=field, value=units, allowed=f"from 0 to {MAX_QUANTITY}")
