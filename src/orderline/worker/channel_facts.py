"""What channels tell, as commands: orders their customers placed, and cancellations they ask for. Pure translation."""

from orderline.contracts.channels import ChannelCancellationRequested, ChannelOrder
from orderline.core.orders.commands import (
    CancelUnits,
    CustomerInput,
    GroupInput,
    LineInput,
    PlaceOrder,
    TenderInput,
)
from orderline.core.orders.state import Charge, LineQuantity, Order, TaxLine
from orderline.core.stock.state import Channel, Settings
from orderline.values.address import Address

# Where an order line keeps the channel's own name for it.
EXTERNAL_LINE = "external_line_id"


def channel_of(settings: Settings, partner: str) -> Channel | None:
    """The channel that a partner is; None when there is none, or when it can't be told which."""
    found = [channel for channel in settings.channels.values() if channel.partner == partner]
    return found[0] if len(found) == 1 else None


def parse_channel_order(told: ChannelOrder, channel: Channel) -> PlaceOrder:
    """The order as a command, its methods in our words. Whether prices hold their taxes is read from the total."""
    goods = sum(line.quantity * line.unit_price_minor - line.discount_minor for line in told.lines)
    recipient = told.ship_to
    address = Address(
        name=recipient.name,
        lines=recipient.lines,
        city=recipient.city,
        region=recipient.region,
        postal_code=recipient.postal_code,
        country=recipient.country,
        phone=recipient.phone,
    )
    tenders: tuple[TenderInput, ...] = ()
    provider = told.payment_method or channel.payments
    if provider and told.total_minor:
        state = "captured" if told.paid else "requested"
        tenders = (
            TenderInput(provider=provider, amount_minor=told.total_minor, token=told.payment_token, state=state),
        )
    return PlaceOrder(
        channel=channel.code,
        external_id=told.external_id,
        currency=told.currency,
        placed_at=told.placed_at,
        total_minor=told.total_minor,
        taxes_included=goods + told.shipping_minor == told.total_minor,
        customer=CustomerInput(recipient.name, told.email or recipient.email, recipient.phone),
        lines=tuple(
            LineInput(
                sku=line.sku,
                quantity=line.quantity,
                unit_price_minor=line.unit_price_minor,
                discount_minor=line.discount_minor,
                description=line.title,
                taxes=(TaxLine("tax", line.tax_minor),) if line.tax_minor else (),
                custom={EXTERNAL_LINE: line.external_line_id},
            )
            for line in told.lines
        ),
        charges=(Charge("shipping", told.shipping_minor),) if told.shipping_minor else (),
        groups=(GroupInput(address=address, email=told.email, method=told.shipping_method),),
        tenders=tenders,
        tags=told.tags,
    )


def parse_cancellation(fact: ChannelCancellationRequested, order: Order) -> CancelUnits:
    """The cancellation that a customer asked the channel for."""
    reason = fact.reason or "canceled at the channel"
    if not fact.lines:
        return CancelUnits(order=order.id, reason=reason)
    lines = {external_line(order, agreed.line): agreed.line for agreed in order.agreement.lines}
    return CancelUnits(
        order=order.id,
        reason=reason,
        # A line that is not ours is refused as such.
        lines=tuple(LineQuantity(lines.get(each.external_line_id, 0), each.quantity) for each in fact.lines),
    )


def external_line(order: Order, line: int) -> str:
    """The channel's name for a line; its number here, when the channel has told none."""
    agreed = next((each for each in order.agreement.lines if each.line == line), None)
    told = agreed.custom.get(EXTERNAL_LINE) if agreed is not None else None
    return str(told or line)
