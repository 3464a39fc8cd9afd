"""Rules of shelves: adjustments, safety stock, thresholds."""

from orderline.core.context import Context
from orderline.core.moves import PHYSICAL, REASONS, StockBucket
from orderline.core.orders.guards import check_text, occurred
from orderline.core.stock.checks import check_location, check_stocked
from orderline.core.stock.commands import (
    AdjustStock,
    SetDoubt,
    SetSafety,
    SetThreshold,
)
from orderline.core.stock.events import (
    DoubtSet,
    OversoldFound,
    SafetySet,
    StockAdjusted,
    ThresholdSet,
)
from orderline.core.stock.lot_rules import check_moving
from orderline.core.stock.refusals import StockRefusal as R
from orderline.core.supply.rows import ALL
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.quantity import MAX_QUANTITY, check_quantity


def decide_adjust(draft: Draft, command: AdjustStock, context: Context) -> None:
    """As `adjust`: whoever moves units of a tracked SKU says of which lots they are."""
    adjust(draft, command, context)


def adjust(draft: Draft, command: AdjustStock, context: Context, *, assumes: bool = False) -> None:
    """Move units between stock buckets for a reason of REASONS.

    A sale in a store has happened: when the record says less, the difference is first found, then sold.
    Refused QUANTITY_NOT_AVAILABLE: the bucket holds fewer units than the reason takes.
    assumes: units whose lots nobody names are those that expire first; serial numbers are to be named.
    Refused as `check_moving` says: of which lots they are was not said, or can't be.
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
    lots = check_moving(
        draft, command.sku, command.location, command.lots, quantity, (source, target), context, assumes=assumes
    )
    if source in PHYSICAL:
        available: int = getattr(world.level(command.sku, command.location), source)
        missing = quantity - available
        if missing > 0 and (command.reason != "sold_in_store" or command.lots):
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
    for each in lots:
        draft.tell_stock(
            StockAdjusted(
                sku=command.sku,
                location=command.location,
                source=source,
                target=target,
                quantity=each.quantity,
                at=at,
                reason=command.reason,
                reference=reference,
                lot=each.lot,
                expires_on=each.expires_on,
            )
        )
    tell_oversold(draft, command.sku, command.location, context)


def tell_oversold(draft: Draft, sku: str, location: str, context: Context) -> None:
    """Raise it when fewer units are at a location than are allocated there."""
    oversold = draft.world.level(sku, location).oversold
    if oversold:
        draft.tell_stock(OversoldFound(sku, location, oversold, context.now))


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


def decide_set_doubt(draft: Draft, command: SetDoubt, context: Context) -> None:
    """Refused QUANTITY_NEGATIVE: no share; SKU_UNKNOWN, LOCATION_UNKNOWN."""
    check_stocked(draft.world, command.sku, "sku")
    check_location(draft.world, command.location)
    if not 0 <= command.doubt_ppm <= ALL:
        raise Refused(R.QUANTITY_NEGATIVE, field="doubt_ppm", value=command.doubt_ppm, allowed=f"from 0 to {ALL}")
    draft.tell_stock(DoubtSet(command.sku, command.location, command.doubt_ppm))


def _check_kept_back(units: int, field: str) -> None:
    if not 0 <= units <= MAX_QUANTITY:
        raise Refused(R.QUANTITY_NEGATIVE, field=field, value=units, allowed=f"from 0 to {MAX_QUANTITY}")
