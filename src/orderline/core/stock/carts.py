"""Cart holds: units kept for a checkout, for a while."""

from datetime import datetime, timedelta
from typing import Final

from orderline.core.context import Context
from orderline.core.stock.checks import check_stocked
from orderline.core.stock.commands import (
    CartLineInput,
    HoldCart,
    ReleaseCart,
)
from orderline.core.stock.events import (
    CartHeld,
    CartReleased,
)
from orderline.core.stock.exclusions import exclusion_of
from orderline.core.stock.lasting import aged_units
from orderline.core.stock.refusals import StockRefusal as R
from orderline.core.stock.state import CartHold, CartLine, Channel
from orderline.core.world import Draft, World
from orderline.values.failures import Refused
from orderline.values.quantity import check_quantity

CART_TTL_S: Final = (10, 3_600)


def decide_hold_cart(draft: Draft, command: HoldCart, context: Context) -> CartHold:
    """Keep units for a checkout. The same cart again is measured as if it held nothing: a shopper never blocks herself.

    Refused SKU_NOT_FOR_SALE: a SKU is not sold yet, or no more; from which country it is asked for is not known yet.
    Refused SKU_NOT_SOLD_HERE: a SKU is excluded from the channel.
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
        _check_sold(world, asked, command.channel, context, index)
        lines.extend(_cart_lines(world, asked, channel, own, index, context.now))
    cart = CartHold(command.cart, command.channel, context.now + timedelta(seconds=command.ttl_s), tuple(lines))
    draft.tell_stock(CartHeld(cart, before))
    return cart


def _check_sold(world: World, asked: CartLineInput, channel: str, context: Context, index: int) -> None:
    sku = world.skus.get(asked.sku)
    if sku is None:
        return  # `check_stocked` says so
    field = f"lines[{index}].sku"
    reason = sku.not_for_sale(context.now)
    if reason:
        raise Refused(R.SKU_NOT_FOR_SALE, field=field, value=asked.sku, reason=reason)
    excluded = exclusion_of(sku.exclusions, channel, context.now)
    if excluded is not None:
        raise Refused(R.SKU_NOT_SOLD_HERE, field=field, value=asked.sku, reason=excluded.told(), unblock=excluded.owner)


def _cart_lines(
    world: World, asked: CartLineInput, channel: Channel, own: dict[tuple[str, str], int], index: int, now: datetime
) -> list[CartLine]:
    sku = check_stocked(world, asked.sku, f"lines[{index}].sku")
    left = check_quantity(asked.quantity, field=f"lines[{index}].quantity")
    lines: list[CartLine] = []
    kept_back = channel.buffer
    for pool in channel.pools:
        level = world.pool_level(sku.code, pool)
        room = level.unclaimed - level.threshold - level.withheld + own.get((sku.code, pool), 0)
        room -= aged_units(world, channel, sku.code, pool, now.date())
        if kept_back and room > 0:
            kept_back, room = max(0, kept_back - room), room - kept_back
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
    """Give a cart's units back.

    Refused CART_UNKNOWN: it has none, or belongs to a channel that the caller may not see.
    Refused CART_NOT_EXPIRED: its time is not over.
    """
    cart = draft.world.carts.get(command.cart)
    if cart is None or (command.channels and cart.channel not in command.channels):
        raise Refused(R.CART_UNKNOWN, field="cart", value=str(command.cart))
    if command.expired_only and cart.expires_at > context.now:
        raise Refused(R.CART_NOT_EXPIRED, field="cart", value=str(command.cart), expires_at=cart.expires_at)
    draft.tell_stock(CartReleased(cart.id, command.expired_only))
