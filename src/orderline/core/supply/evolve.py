"""A purchase order as its events tell it, and the dated supply it stands for."""

from datetime import datetime
from typing import assert_never

import msgspec

from orderline.core.records import RecordKind, Window
from orderline.core.supply.following import purchase_follow_ups
from orderline.core.supply.rows import SupplyRow, row_id
from orderline.core.supply.state import (
    AWAITED,
    AnyPurchaseEvent,
    PurchaseCanceled,
    PurchaseClosed,
    PurchaseLine,
    PurchaseOrder,
    PurchaseOrdered,
    PurchaseReceived,
    PurchaseRevised,
    PurchaseSent,
    PurchaseState,
    ShipmentAnnounced,
)

_OWNERS = {
    PurchaseState.DRAFT: "purchasing",
    PurchaseState.SENT: "vendor",
    PurchaseState.CONFIRMED: "vendor",
    PurchaseState.PARTLY_RECEIVED: "vendor",
    PurchaseState.RECEIVED: "purchasing",
}


def evolve_purchase(purchase: PurchaseOrder | None, event: AnyPurchaseEvent) -> PurchaseOrder:
    """The purchase order after an event."""
    if isinstance(event, PurchaseOrdered):
        return PurchaseOrder(
            id=event.id,
            kind=event.kind,
            vendor=event.vendor,
            location=event.location,
            pool=event.pool,
            state=PurchaseState.DRAFT,
            lines=event.lines,
            made_at=event.at,
            made_by=event.by,
            note=event.note,
        )
    assert purchase is not None
    replace = msgspec.structs.replace
    match event:
        case PurchaseSent():
            lines = purchase.lines
            if event.at is not None:
                lines = tuple(replace(each, promised=each.quantity, promised_at=each.due_at) for each in lines)
            return replace(purchase, state=PurchaseState.SENT, lines=lines)
        case PurchaseRevised():
            revised = {line.line: line for line in event.lines}
            lines = tuple(revised.get(line.line, line) for line in purchase.lines)
            changed = replace(purchase, lines=lines, hurt=event.hurt, hurt_total=event.hurt_total, reason=event.reason)
            if event.confirmed and purchase.state is PurchaseState.SENT:
                changed = replace(changed, state=PurchaseState.CONFIRMED)
            return changed
        case ShipmentAnnounced():
            return replace(purchase, notices=(*purchase.notices, event.notice))
        case PurchaseReceived():
            return _received(purchase, event)
        case PurchaseClosed():
            return replace(
                purchase,
                state=PurchaseState.CLOSED,
                lines=tuple(_ended(line, event.at) for line in purchase.lines),
                reason=event.reason,
                hurt=event.hurt,
                hurt_total=event.hurt_total,
            )
        case PurchaseCanceled():
            state, hurt = PurchaseState.CANCELED, event.hurt
            return replace(purchase, state=state, reason=event.reason, hurt=hurt, hurt_total=event.hurt_total)
        case _:
            assert_never(event)


def _received(purchase: PurchaseOrder, event: PurchaseReceived) -> PurchaseOrder:
    come, at = {each.line: each for each in event.receipt.lines}, event.receipt.at
    lines = tuple(
        msgspec.structs.replace(
            line,
            received=line.received + each.quantity,
            damaged=line.damaged + each.damaged,
            quality_control=line.quality_control + each.quality_control,
            come_at=max(line.come_at or at, at) if at is not None and line.ended_at is None else line.come_at,
        )
        if (each := come.get(line.line)) is not None
        else line
        for line in purchase.lines
    )
    done = event.receipt.complete or not any(line.missing for line in lines)
    lines = tuple(_ended(line, at) if done or not line.missing else line for line in lines)
    state = PurchaseState.RECEIVED if done else PurchaseState.PARTLY_RECEIVED
    return msgspec.structs.replace(
        purchase,
        state=state,
        lines=lines,
        receipts=(*purchase.receipts, event.receipt),
        hurt=event.hurt,
        hurt_total=event.hurt_total,
    )


def _ended(line: PurchaseLine, at: datetime | None) -> PurchaseLine:
    """The line with since when no more is expected of it."""
    if at is None or line.ended_at is not None:
        return line
    return msgspec.structs.replace(line, ended_at=max(line.come_at or at, at))


def purchase_rows(purchase: PurchaseOrder) -> tuple[SupplyRow, ...]:
    """The dated supply behind a purchase order; none before it is sent and after its end."""
    if purchase.state not in AWAITED:
        return ()
    return tuple(_row(purchase, line) for line in purchase.lines if line.missing)


def _row(purchase: PurchaseOrder, line: PurchaseLine) -> SupplyRow:
    return SupplyRow(
        sku=line.sku,
        pool=purchase.pool,
        id=row_id("purchase_order", purchase.id, line.line),
        location=purchase.location,
        kind=purchase.kind,
        due_at=line.due_at,
        slack_days=line.slack_days,
        confidence_ppm=line.confidence_ppm,
        open=line.missing,
    )


def _window(purchase: PurchaseOrder) -> Window:
    owner = _OWNERS.get(purchase.state, "")
    due_at = min((line.due_at for line in purchase.lines if line.missing), default=None) if owner else None
    return Window(purchase.state, purchase.location, owner, due_at)


PURCHASE = RecordKind(
    "purchase_order",
    PurchaseOrder,
    AnyPurchaseEvent,
    evolve_purchase,
    _window,
    purchase_follow_ups,
    supply=purchase_rows,
)
