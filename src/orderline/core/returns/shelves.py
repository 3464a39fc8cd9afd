"""Where goods that came back stand, and how they get there."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from orderline.core.moves import StockBucket
from orderline.core.orders.state import Order
from orderline.core.returns.state import Disposition
from orderline.core.stock.events import StockAdjusted
from orderline.core.stock.lots import LotUnits
from orderline.core.world import Draft

# Goods in hand stand here until it is said what becomes of them.
ARRIVAL: Final = StockBucket.QUALITY_CONTROL
# Where goods stand after that; the last three have left the location.
SHELF_OF: Final[dict[Disposition, StockBucket]] = {
    Disposition.RESTOCK: StockBucket.SELLABLE,
    Disposition.REFURBISH: StockBucket.DAMAGED,
    Disposition.INSPECT: StockBucket.QUALITY_CONTROL,
    Disposition.VENDOR: StockBucket.VENDOR,
    Disposition.DONATE: StockBucket.SCRAP,
    Disposition.SCRAP: StockBucket.SCRAP,
}


def post_goods(
    draft: Draft,
    sku: str,
    location: str,
    way: tuple[StockBucket, StockBucket],
    lots: Sequence[LotUnits],
    at: datetime,
    cause: str,
) -> None:
    """Move goods of lots between two buckets of a location."""
    for each in lots:
        draft.tell_stock(
            StockAdjusted(
                sku=sku, location=location, source=way[0], target=way[1], quantity=each.quantity, at=at, reason=cause,
                lot=each.lot, expires_on=each.expires_on,
            )
        )  # fmt: skip


def cause_of(order: Order, number: int) -> str:
    """What the ledger of stock says of moves for a return."""
    return f"return:{order.id}:{number}"
