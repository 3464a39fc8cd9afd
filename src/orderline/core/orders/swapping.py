"""Substitution: units of a line are canceled, and a new line with what is sent instead is agreed. Source: domain model 2.

The money of the new line is that of the units it stands for, to the cent, scaled where its price is another: the total of
the agreement and what was canceled of it stay sums of their lines, and taxes keep their rate.
"""

from msgspec.structs import replace

from orderline.core.context import Context
from orderline.core.orders.claims import pools_of
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.state import STOCKED, AgreedLine, Line, Order, TaxLine
from orderline.core.stock.exclusions import exclusion_of
from orderline.core.stock.state import Sku, SkuKind
from orderline.core.stock.substitutes import Substitute, allowed_for
from orderline.core.world import World
from orderline.values.failures import Refused
from orderline.values.money import in_proportion, share_so_far, split_minor


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
        tax = in_proportion(tax, unit_price_minor, was) if was else 0
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


def check_sold(world: World, order: Order, line: Line, code: str, context: Context) -> Sku:
    """The substitute, as intake would ask for it. Refused SKU_NOT_ACTIVE, SKU_NOT_SOLD_HERE, SKU_NOT_FOR_SALE."""
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
