"""Substitution: units of a line are canceled, and a new line with what is sent instead is agreed. Source: domain model 2.

The money of the new line is that of the units it stands for, to the cent, scaled where its price is another: the total of
the agreement and what was canceled of it stay sums of their lines, and taxes keep their rate.
"""

from msgspec.structs import replace

from orderline.core.context import Context
from orderline.core.moves import Bucket, Move
from orderline.core.orders.agreed_events import OrderAmended
from orderline.core.orders.cancel import decide_cancel
from orderline.core.orders.claims import pools_of
from orderline.core.orders.commands import CancelUnits
from orderline.core.orders.events import MovedItem, UnitsMoved
from orderline.core.orders.guards import check_line, check_text, ongoing_order
from orderline.core.orders.reclaim import room_for
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.settle import settle
from orderline.core.orders.state import STOCKED, AgreedLine, Line, LineQuantity, Order, TaxLine
from orderline.core.orders.substitution import SubstituteUnits
from orderline.core.stock.exclusions import exclusion_of
from orderline.core.stock.state import Sku, SkuKind
from orderline.core.stock.substitutes import Substitute, allowed_for
from orderline.core.world import Draft, World
from orderline.values.failures import Refused
from orderline.values.money import share_so_far, split_minor
from orderline.values.quantity import check_quantity


def decide_substitute(draft: Draft, command: SubstituteUnits, context: Context) -> None:
    """Refused SUBSTITUTE_UNKNOWN: the SKU of the line does not allow it here, or the line is a part of a bundle.

    Refused SKU_NOT_ACTIVE, SKU_NOT_FOR_SALE, SKU_NOT_SOLD_HERE, STOCK_NOT_AVAILABLE: of the substitute.
    Refused FULFILLMENT_STARTED: a location has begun with the units; and as `cancel_units` is.
    """
    order = ongoing_order(draft.world, command)
    line = check_line(order, command.line)
    quantity = check_quantity(command.quantity)
    reason = check_text(command.reason, "reason", 200)
    allowed = substitutes_of(draft.world, order, line)
    price = next((price for each, price in allowed if each.sku == command.sku), None)
    if price is None:
        known = [each.sku for each, _ in allowed]
        raise Refused(R.SUBSTITUTE_UNKNOWN, field="sku", value=command.sku[:100], allowed=known)
    sku = _check_sold(draft.world, order, line, command.sku, context)
    agreed = agreed_of(order, line.line)
    swapped = swapped_line(agreed, line.units.canceled, quantity, price, taxes_included=order.agreement.taxes_included)
    added = replace(swapped, line=len(order.lines) + 1, sku=sku.code, description=sku.description)
    before = order.agreement
    draft.tell(
        order.id,
        OrderAmended(
            replace(
                before,
                number=before.number + 1,
                agreed_at=context.now,
                lines=(*before.lines, added),
                total_minor=before.total_minor + added.total_minor,
            )
        ),
    )
    why = f"substituted by {sku.code}" + (f": {reason}" if reason else "")
    # Beside the new line's money, so that nothing is given back in between.
    decide_cancel(draft, CancelUnits(order=order.id, reason=why, lines=(LineQuantity(line.line, quantity),)), context)
    current = draft.world.order(order.id)
    now = check_line(current, line.line)
    if now.units.canceled != line.units.canceled + quantity:
        raise Refused(R.FULFILLMENT_STARTED, field="line", value=line.line, units=quantity)
    _claim(draft, current, check_line(current, added.line), context)
    settle(draft, order.id, context)


def substitutes_of(world: World, order: Order, line: Line) -> list[tuple[Substitute, int]]:
    """What may be sent for units of a line, in order, each with what a unit costs; by the rules of its SKU."""
    sku = world.skus.get(line.sku)
    if sku is None or not sku.substitutes or line.kind not in STOCKED or line.parent is not None or order.history:
        return []
    country = order.group_of(line.group).place.country
    price = agreed_of(order, line.line).unit_price_minor
    return allowed_for(sku.substitutes, order.channel, country, price, order.currency)


def pool_with(world: World, order: Order, line: Line, sku: str, quantity: int) -> str:
    """The first pool of the line's group that has units of another SKU; empty: none has them all."""
    pools = pools_of(world, world.settings.channels[order.channel], order.is_test, order.group_of(line.group))
    return next((pool for pool in pools if world.pool_level(sku, pool).atp >= quantity), "")


def agreed_of(order: Order, number: int) -> AgreedLine:
    """What is agreed of a line."""
    return next(each for each in order.agreement.lines if each.line == number)


def swapped_line(
    agreed: AgreedLine, canceled: int, quantity: int, unit_price_minor: int, *, taxes_included: bool
) -> AgreedLine:
    """The line that stands for `quantity` units of an agreed one, of which `canceled` were canceled before.

    At the price that was agreed, its total is what the units come to when they are canceled: their part of all
    that was agreed, cumulative. At another, discount and taxes are scaled with the price.
    """

    def part(total: int) -> int:
        left = agreed.quantity - canceled
        return share_so_far(total, left, agreed.quantity) - share_so_far(total, left - quantity, agreed.quantity)

    total = part(agreed.total_minor)
    tax = part(sum(each.amount_minor for each in agreed.taxes))
    if not taxes_included:  # rounded by itself, it may lack a cent of what the total says
        tax = max(tax, total - agreed.unit_price_minor * quantity)
    discount = agreed.unit_price_minor * quantity + (0 if taxes_included else tax) - total
    was = agreed.unit_price_minor
    if unit_price_minor != was:
        # What was free is free of discount and tax, whatever is sent for it.
        discount = discount * unit_price_minor // was if was else 0
        tax = (2 * tax * unit_price_minor + was) // (2 * was) if was else 0
        total = unit_price_minor * quantity - discount + (0 if taxes_included else tax)
    return replace(
        agreed,
        quantity=quantity,
        unit_price_minor=unit_price_minor,
        discount_minor=discount,
        taxes=_taxes(agreed.taxes, tax),
        total_minor=total,
        replaces=agreed.line,
    )


def _taxes(taxes: tuple[TaxLine, ...], amount: int) -> tuple[TaxLine, ...]:
    weights = [each.amount_minor for each in taxes]
    parts = split_minor(amount, weights) if any(weights) else weights
    return tuple(replace(each, amount_minor=part) for each, part in zip(taxes, parts, strict=True))


def _check_sold(world: World, order: Order, line: Line, code: str, context: Context) -> Sku:
    """The substitute, as intake would ask for it."""
    sku = world.skus.get(code)
    if sku is None or not sku.active or sku.kind is not SkuKind.STOCKED:
        raise Refused(R.SKU_NOT_ACTIVE, field="sku", value=code[:100])
    group = order.group_of(line.group)
    excluded = exclusion_of(sku.exclusions, order.channel, context.now, group.pickup_location)
    if excluded is not None:
        raise Refused(R.SKU_NOT_SOLD_HERE, field="sku", value=code, reason=excluded.told(), unblock=excluded.owner)
    reason = sku.not_for_sale(context.now, group.place.country)
    if reason:
        raise Refused(R.SKU_NOT_FOR_SALE, field="sku", value=code, reason=reason)
    return sku


def _claim(draft: Draft, order: Order, line: Line, context: Context) -> None:
    channel = draft.world.settings.channels[order.channel]
    left = line.units.unplanned
    for pool in pools_of(draft.world, channel, order.is_test, order.group_of(line.group)):
        units = min(left, room_for(draft.world, order, line, pool))
        if units > 0:
            item = MovedItem(line.line, Bucket.UNPLANNED, Bucket.POOLED, units, pool)
            draft.tell(order.id, UnitsMoved(move=Move.RESERVE, items=(item,), at=context.now))
            left -= units
    if left:
        available = line.units.unplanned - left
        raise Refused(
            R.STOCK_NOT_AVAILABLE, field="quantity", value=line.units.unplanned, sku=line.sku, available=available
        )
