"""What a customer may choose in place of goods that come back: the same again, or what is named to be sent for it."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from orderline.core.orders.state import STOCKED, AgreedLine, Line, Order
from orderline.core.orders.swapping import agreed_of, swapped_line
from orderline.core.returns.commands import ExchangeLineInput
from orderline.core.stock.exclusions import exclusion_of
from orderline.core.stock.state import Sku, SkuKind
from orderline.core.stock.substitutes import allowed_for


class Instead(msgspec.Struct, frozen=True):
    """A SKU that may be sent, and what a unit of it costs, as its rules say; of the same SKU what was agreed."""

    sku: str
    description: str
    unit_price_minor: int


def instead_of(skus: Mapping[str, Sku], order: Order, line: Line, at: datetime) -> list[Instead]:
    """What may be sent for units of a line, in order, as far as it is sold there."""
    known = skus.get(line.sku)
    if known is None or line.kind not in STOCKED or line.parent is not None or order.history:
        return []
    price = agreed_of(order, line.line).unit_price_minor
    group = order.group_of(line.group)
    named = allowed_for(known.substitutes, order.channel, group.place.country, price, order.currency)
    offered = [(line.sku, price), *((each.sku, costs) for each, costs in named)]

    def is_sold(sku: Sku | None) -> bool:
        if sku is None or not sku.active or sku.kind is not SkuKind.STOCKED:
            return False
        excluded = exclusion_of(sku.exclusions, order.channel, at, group.pickup_location)
        return excluded is None and not sku.not_for_sale(at, group.place.country)

    return [Instead(sku, skus[sku].description, costs) for sku, costs in offered if is_sold(skus.get(sku))]


def exchanged_for(order: Order, agreed: AgreedLine, instead: Instead, quantity: int) -> ExchangeLineInput:
    """Units of it in place of as many of a line; at another price, discount and taxes are in proportion to it."""
    if instead.unit_price_minor == agreed.unit_price_minor or not 0 < quantity <= agreed.quantity:
        return ExchangeLineInput(sku=instead.sku, quantity=quantity, instead_of=agreed.line)
    included = order.agreement.taxes_included
    swapped = swapped_line(agreed, 0, quantity, instead.unit_price_minor, taxes_included=included)
    return ExchangeLineInput(
        sku=instead.sku,
        quantity=quantity,
        instead_of=agreed.line,
        unit_price_minor=swapped.unit_price_minor,
        discount_minor=swapped.discount_minor,
        taxes=swapped.taxes,
    )
