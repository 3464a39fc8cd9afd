"""What orders have of dated supply, as rules see it that look from the supply to the orders."""

from datetime import datetime

import msgspec

from orderline.core.orders.state import Order
from orderline.values.ids import OrderId


class Peg(msgspec.Struct, frozen=True, gc=False):
    """Units of an order line that wait for a row of dated supply. value_minor: of these units, as agreed."""

    order: OrderId
    number: str
    line: int
    quantity: int
    promised_at: datetime
    value_minor: int
    priority: int
    placed_at: datetime


def pegs_on(order: Order, supply: str) -> list[Peg]:
    """What one order has of a row."""
    pegs: list[Peg] = []
    for line in order.lines:
        for share in line.pegs:
            if share.supply == supply:
                agreed = next(each for each in order.agreement.lines if each.line == line.line)
                value = agreed.total_minor * share.quantity // agreed.quantity
                pegs.append(
                    Peg(
                        order.id, order.number, line.line, share.quantity, share.promised_at, value, order.priority,
                        order.placed_at,
                    )
                )  # fmt: skip
    return pegs
