"""Rules of purchase orders. Source: domain model 3 (purchase order) and 4.1 (what a receipt posts)."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

import msgspec

from orderline.core.context import Context
from orderline.core.moves import StockBucket
from orderline.core.orders.guards import check_text, occurred
from orderline.core.stock.checks import check_code, check_location, check_stocked
from orderline.core.stock.decide import tell_oversold
from orderline.core.stock.events import StockAdjusted, UnitsKept
from orderline.core.stock.lot_rules import check_coming, check_named
from orderline.core.stock.lots import LotUnits, is_fresh
from orderline.core.supply import commands as c
from orderline.core.supply.evolve import PURCHASE
from orderline.core.supply.hurting import MOST_TOLD, hurt_by
from orderline.core.supply.learning import counted_on, still_learned
from orderline.core.supply.receiving import Receipt, ReceivedInput, ReceivedLine
from orderline.core.supply.refusals import SupplyRefusal as R
from orderline.core.supply.rows import ALL, SupplyRow, find, row_id
from orderline.core.supply.slips import MOST_SLACK_DAYS
from orderline.core.supply.state import (
    AWAITED,
    Notice,
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
from orderline.core.world import Draft, World
from orderline.values.failures import Refused
from orderline.values.quantity import MAX_QUANTITY, check_quantity
from orderline.values.time import utc

MOST_LINES: Final = 1_000


def decide_create_purchase(draft: Draft, command: c.CreatePurchaseOrder, context: Context) -> None:
    """Refused PURCHASE_EXISTS: the name is taken; PURCHASE_LINES: no line, too many, or one out of bounds."""
    check_code(command.purchase_order, "purchase_order")
    if ("purchase_order", command.purchase_order) in draft.world.records:
        raise Refused(R.PURCHASE_EXISTS, field="purchase_order", value=command.purchase_order)
    check_location(draft.world, command.location)
    if not 0 < len(command.lines) <= MOST_LINES:
        raise Refused(R.PURCHASE_LINES, field="lines", value=len(command.lines), allowed=f"1 to {MOST_LINES} lines")
    lines: list[PurchaseLine] = []
    for number, asked in enumerate(command.lines, 1):
        field = f"lines[{number - 1}]"
        check_stocked(draft.world, asked.sku, f"{field}.sku")
        slack_days, confidence_ppm, learned = counted_on(draft.world, command, asked)
        line = PurchaseLine(
            line=number,
            sku=asked.sku,
            quantity=check_quantity(asked.quantity, field=f"{field}.quantity"),
            due_at=utc(asked.due_at, field=f"{field}.due_at"),
            slack_days=slack_days,
            confidence_ppm=confidence_ppm,
            learned=learned,
        )
        _check_line(line, field)
        lines.append(line)
    draft.tell_record(
        PURCHASE,
        command.purchase_order,
        PurchaseOrdered(
            id=command.purchase_order,
            kind=command.kind,
            vendor=check_text(command.vendor, "vendor", 200),
            location=command.location,
            pool=draft.world.settings.locations[command.location].pool,
            lines=tuple(lines),
            at=context.now,
            by=context.actor.name,
            note=check_text(command.note, "note", 500),
        ),
    )


def decide_send_purchase(draft: Draft, command: c.SendPurchaseOrder, context: Context) -> None:
    """Refused PURCHASE_STATE: it was sent before."""
    _purchase_in(draft, command, (PurchaseState.DRAFT,))
    draft.tell_record(PURCHASE, command.purchase_order, PurchaseSent(at=context.now))


def decide_confirm_purchase(draft: Draft, command: c.ConfirmPurchaseOrder, context: Context) -> None:
    """Refused PURCHASE_STATE: it was not sent, or confirmed before."""
    purchase = _purchase_in(draft, command, (PurchaseState.SENT,))
    _tell(draft, purchase, PurchaseRevised(lines=_revised(purchase, command.lines), confirmed=True))


def decide_revise_purchase(draft: Draft, command: c.RevisePurchaseOrder, context: Context) -> None:
    """Refused PURCHASE_STATE: it is at its end; PURCHASE_LINES: less than has come, or a line it does not have."""
    purchase = _purchase_in(draft, command, (PurchaseState.DRAFT, *AWAITED))
    lines = _revised(purchase, command.lines, ours=command.ours)
    if not lines:
        raise Refused(R.PURCHASE_LINES, field="lines", value=0, allowed="lines of the purchase order, each once")
    reason = check_text(command.reason, "reason", 500)
    _tell(draft, purchase, PurchaseRevised(lines=lines, reason=reason))


def decide_announce_shipment(draft: Draft, command: c.AnnounceShipment, context: Context) -> None:
    """Refused PURCHASE_STATE; PURCHASE_LINES: a line it does not have; RECEIPT_REUSED: another notice had this id."""
    purchase = _purchase_in(draft, command, AWAITED)
    check_code(command.notice, "notice")
    _check_known(purchase, [each.line for each in command.lines])
    for index, each in enumerate(command.lines):
        check_quantity(each.quantity, field=f"lines[{index}].quantity")
    tracking = check_text(command.tracking_number, "tracking_number", 100)
    notice = Notice(command.notice, tuple((each.line, each.quantity) for each in command.lines), tracking)
    known = next((each for each in purchase.notices if each.id == notice.id), None)
    if known is None:
        draft.tell_record(PURCHASE, purchase.id, ShipmentAnnounced(notice=notice))
    elif known != notice:
        raise Refused(R.RECEIPT_REUSED, field="notice", value=notice.id)


def decide_receive_purchase(draft: Draft, command: c.ReceivePurchaseOrder, context: Context) -> None:
    """Post what came; a receipt that is known has no further effect.

    Refused RECEIPT_REUSED: another receipt had this id; NOTICE_UNKNOWN: no shipment was announced by that name.
    Refused PURCHASE_STATE: it was not sent, or is closed; PURCHASE_LINES: a line it does not have.
    """
    purchase = _known_purchase(draft, command)
    check_code(command.receipt, "receipt")
    announced: dict[int, int] = {}
    if command.notice:
        notice = next((each for each in purchase.notices if each.id == command.notice), None)
        if notice is None:
            allowed = [each.id for each in purchase.notices][-50:]
            raise Refused(R.NOTICE_UNKNOWN, field="notice", value=command.notice[:100], allowed=allowed)
        announced = dict(notice.lines)
    lines: list[ReceivedLine] = []
    for index, each in enumerate(command.lines):
        line = purchase.line_of(each.line)
        missing = line.missing if line is not None and purchase.state in AWAITED else 0
        lines.append(received_line(each, missing, announced.get(each.line) if command.notice else None, index))
        if line is not None:
            row = find(draft.world.supply_of(line.sku, purchase.pool), row_id("purchase_order", purchase.id, line.line))
            lines[-1] = with_kept(lines[-1], row)
    at = occurred(command.occurred_at, context)
    receipt = Receipt(command.receipt, tuple(lines), command.notice, command.complete, at)
    if is_known(purchase.receipts, receipt):
        return
    _check_state(purchase, (*AWAITED, PurchaseState.RECEIVED))
    _check_known(purchase, [each.line for each in lines], empty=command.complete)
    for index, each in enumerate(command.lines):
        check_received_lots(draft.world, purchase.lines[each.line - 1].sku, each, index)
    _tell(draft, purchase, PurchaseReceived(receipt=receipt))
    _keep(draft, purchase, receipt)
    cause = f"purchase_order:{purchase.id}"
    for each in lines:
        line = purchase.lines[each.line - 1]
        post_received(draft, line.sku, purchase.location, StockBucket.VENDOR, each, cause, at)
        tell_oversold(draft, line.sku, purchase.location, context)


def decide_close_purchase(draft: Draft, command: c.ClosePurchaseOrder, context: Context) -> None:
    """Refused PURCHASE_STATE: nothing has come yet (cancel it), or it is closed."""
    purchase = _purchase_in(draft, command, (PurchaseState.PARTLY_RECEIVED, PurchaseState.RECEIVED))
    _tell(draft, purchase, PurchaseClosed(reason=check_text(command.reason, "reason", 500), at=context.now))


def decide_cancel_purchase(draft: Draft, command: c.CancelPurchaseOrder, context: Context) -> None:
    """Refused PURCHASE_STATE: units have come; close it instead."""
    purchase = _purchase_in(draft, command, (PurchaseState.DRAFT, PurchaseState.SENT, PurchaseState.CONFIRMED))
    reason = check_text(command.reason, "reason", 500, required=True)
    _tell(draft, purchase, PurchaseCanceled(reason=reason))


def received_line(each: ReceivedInput, missing: int, announced: int | None, index: int) -> ReceivedLine:
    """A line of a receipt beside what was to come. Refused PURCHASE_LINES: below zero, too many, or none."""
    for name in ("quantity", "damaged", "quality_control"):
        units = getattr(each, name)
        if not 0 <= units <= MAX_QUANTITY:
            field, allowed = f"lines[{index}].{name}", f"from 0 to {MAX_QUANTITY}"
            raise Refused(R.PURCHASE_LINES, field=field, value=units, allowed=allowed)
    total = each.quantity + each.damaged + each.quality_control
    if not total:
        raise Refused(R.PURCHASE_LINES, field=f"lines[{index}].quantity", value=0, allowed="1 or more units")
    return ReceivedLine(
        each.line,
        each.quantity,
        each.damaged,
        each.quality_control,
        announced,
        over=max(0, total - missing),
        lots=each.lots,
    )


def with_kept(line: ReceivedLine, row: SupplyRow | None) -> ReceivedLine:
    """A line of a receipt with the units that go to those who wait for its row."""
    kept = min(line.quantity, row.awaited) if row is not None else 0
    return msgspec.structs.replace(line, kept=kept)


def check_received_lots(world: World, sku: str, line: ReceivedInput | ReceivedLine, index: int) -> None:
    """Refused as `check_named` and `check_coming` say: lots must add up to what came, state by state."""
    field = f"lines[{index}].lots"
    for name in ("quantity", "damaged", "quality_control"):
        named = tuple(
            LotUnits(each.lot, units, each.expires_on) for each in line.lots if (units := getattr(each, name))
        )
        check_named(world, sku, named, getattr(line, name), field)
    if line.lots:
        whole = [
            LotUnits(each.lot, each.quantity + each.damaged + each.quality_control, each.expires_on)
            for each in line.lots
        ]
        check_named(world, sku, whole, sum(each.quantity for each in whole), field)
        check_coming(world, world.skus[sku], whole, field)


def received_lots(world: World, sku: str, line: ReceivedLine, at: datetime) -> list[tuple[StockBucket, LotUnits]]:
    """Where what came goes, lot by lot; what is too close to its end to be sold goes to what is blocked."""
    states = (
        ("quantity", StockBucket.SELLABLE),
        ("damaged", StockBucket.DAMAGED),
        ("quality_control", StockBucket.QUALITY_CONTROL),
    )
    if not line.lots:
        return [(target, LotUnits("", units)) for name, target in states if (units := getattr(line, name))]
    known = world.skus[sku]
    whole = [LotUnits(each.lot, 1, each.expires_on) for each in line.lots]
    dated = {each.lot: each.expires_on for each in check_coming(world, known, whole, "lots")}
    found: list[tuple[StockBucket, LotUnits]] = []
    for each in line.lots:
        for name, target in states:
            units, expires_on = getattr(each, name), dated[each.lot]
            if units:
                fresh = target is not StockBucket.SELLABLE or is_fresh(expires_on, at.date(), known.min_shelf_days)
                found.append((target if fresh else StockBucket.BLOCKED, LotUnits(each.lot, units, expires_on)))
    return found


def is_known(receipts: Collection[Receipt], receipt: Receipt) -> bool:
    """Was the receipt taken in before? Refused RECEIPT_REUSED: one of its id was, and said something else."""
    known = next((each for each in receipts if each.id == receipt.id), None)
    if known is not None and known.told() != receipt.told():
        raise Refused(R.RECEIPT_REUSED, field="receipt", value=receipt.id)
    return known is not None


def post_received(
    draft: Draft, sku: str, location: str, source: StockBucket, line: ReceivedLine, cause: str, at: datetime
) -> None:
    """Put what came onto the shelf, by its state. Refused QUANTITY_TOO_LARGE: the shelf would hold too many."""
    for target, units in received_lots(draft.world, sku, line, at):
        check_quantity(units.quantity + getattr(draft.world.level(sku, location), target))
        draft.tell_stock(
            StockAdjusted(
                sku=sku,
                location=location,
                source=source,
                target=target,
                quantity=units.quantity,
                at=at,
                reason=cause,
                lot=units.lot,
                expires_on=units.expires_on,
            )
        )


def _tell(
    draft: Draft,
    purchase: PurchaseOrder,
    event: PurchaseRevised | PurchaseReceived | PurchaseClosed | PurchaseCanceled,
) -> None:
    """Tell an event, with the promises that it breaks beside those that were broken before."""
    ids = {row_id("purchase_order", purchase.id, line.line): line for line in purchase.lines}
    pairs = [(line.sku, purchase.pool) for line in purchase.lines]
    known = {(each.order, each.line, each.supply): each.harm for each in hurt_by(draft, pairs, ids)}
    trial = Draft(draft.world, draft.now)
    trial.tell_record(PURCHASE, purchase.id, event)
    if isinstance(event, PurchaseReceived):
        _keep(trial, purchase, event.receipt)
    hurt = [
        each for each in hurt_by(trial, pairs, ids) if each.harm > known.get((each.order, each.line, each.supply), -1)
    ]
    trial.roll_back()
    told = msgspec.structs.replace(event, hurt=tuple(hurt[:MOST_TOLD]), hurt_total=len(hurt))
    draft.tell_record(PURCHASE, purchase.id, told)


def _keep(draft: Draft, purchase: PurchaseOrder, receipt: Receipt) -> None:
    for each in receipt.lines:
        if each.kept:
            supply = row_id("purchase_order", purchase.id, each.line)
            sku = purchase.lines[each.line - 1].sku
            draft.tell_stock(UnitsKept(sku, purchase.pool, supply, each.kept))


def _revised(
    purchase: PurchaseOrder, asked: Collection[c.RevisedInput], *, ours: bool = False
) -> tuple[PurchaseLine, ...]:
    _check_known(purchase, [each.line for each in asked], empty=True)
    lines: list[PurchaseLine] = []
    for index, each in enumerate(asked):
        field = f"lines[{index}]"
        line = purchase.lines[each.line - 1]
        changes = {
            name: value
            for name in ("quantity", "slack_days", "confidence_ppm")
            if (value := getattr(each, name)) is not None
        }
        if each.due_at is not None:
            changes["due_at"] = utc(each.due_at, field=f"{field}.due_at")
        line = msgspec.structs.replace(line, **changes)
        line = msgspec.structs.replace(line, learned=still_learned(line.learned, changes))
        if ours and line.promised_at is not None and line.ended_at is None:
            line = msgspec.structs.replace(line, promised=line.quantity, promised_at=line.due_at)
        if each.quantity is not None and not line.come <= each.quantity <= MAX_QUANTITY:
            allowed = f"from {line.come}, which have come, to {MAX_QUANTITY}"
            raise Refused(R.PURCHASE_LINES, field=f"{field}.quantity", value=each.quantity, allowed=allowed)
        _check_line(line, field)
        lines.append(line)
    return tuple(lines)


def _check_line(line: PurchaseLine, field: str) -> None:
    if not 0 <= line.slack_days <= MOST_SLACK_DAYS:
        allowed = f"from 0 to {MOST_SLACK_DAYS}"
        raise Refused(R.PURCHASE_LINES, field=f"{field}.slack_days", value=line.slack_days, allowed=allowed)
    if not 0 <= line.confidence_ppm <= ALL:
        allowed = f"from 0 to {ALL}"
        raise Refused(R.PURCHASE_LINES, field=f"{field}.confidence_ppm", value=line.confidence_ppm, allowed=allowed)


def _check_known(purchase: PurchaseOrder, lines: Collection[int], *, empty: bool = False) -> None:
    known = [line.line for line in purchase.lines]
    wrong = next((line for line in lines if line not in known), None)
    if wrong is not None:
        raise Refused(R.PURCHASE_LINES, field="lines", value=wrong, allowed=known[:50])
    if len(set(lines)) < len(lines) or not (lines or empty):
        raise Refused(R.PURCHASE_LINES, field="lines", value=len(lines), allowed="lines of the order, each once")


def _purchase_in(draft: Draft, command: c.PurchaseCommand, states: Collection[PurchaseState]) -> PurchaseOrder:
    purchase = _known_purchase(draft, command)
    _check_state(purchase, states)
    return purchase


def _known_purchase(draft: Draft, command: c.PurchaseCommand) -> PurchaseOrder:
    purchase = draft.world.records.get(("purchase_order", command.purchase_order))
    if not isinstance(purchase, PurchaseOrder):
        raise Refused(R.PURCHASE_UNKNOWN, field="purchase_order", value=command.purchase_order[:100])
    return purchase


def _check_state(purchase: PurchaseOrder, states: Collection[PurchaseState]) -> None:
    if purchase.state not in states:
        allowed = [str(state) for state in states]
        raise Refused(
            R.PURCHASE_STATE, field="purchase_order", value=purchase.id, state=purchase.state, allowed=allowed
        )


RULES: Final = {
    c.CreatePurchaseOrder: decide_create_purchase,
    c.SendPurchaseOrder: decide_send_purchase,
    c.ConfirmPurchaseOrder: decide_confirm_purchase,
    c.RevisePurchaseOrder: decide_revise_purchase,
    c.AnnounceShipment: decide_announce_shipment,
    c.ReceivePurchaseOrder: decide_receive_purchase,
    c.ClosePurchaseOrder: decide_close_purchase,
    c.CancelPurchaseOrder: decide_cancel_purchase,
}
