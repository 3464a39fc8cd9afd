"""A hand-over that was recorded by mistake is undone: units, stock, lots, invoice and money stand as before it."""

from collections import Counter
from datetime import timedelta
from random import Random

import pytest

from core.returns.test_money_laws import odd_order
from orderline.core.documents.due import invoice_due
from orderline.core.documents.issuing import IssueInvoice
from orderline.core.documents.state import Document, DocumentMade
from orderline.core.ledger.events import MoneyPosted
from orderline.core.next_steps import JobKind, order_follow_ups
from orderline.core.orders import commands as c
from orderline.core.orders.actions import actions_of
from orderline.core.orders.billed import DocumentKind
from orderline.core.orders.priced import Charge, TaxLine
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.state import Execution, LineQuantity, ParcelState, PaymentKind
from orderline.core.returns import commands as r
from orderline.core.shipments.undoing import UndoHandover
from orderline.core.stock import commands as s
from orderline.core.stock.lots import LotUnits, Tracking
from orderline.core.stock.state import Sku
from orderline.values.failures import Refused
from orderline.values.ids import OrderId, new_id
from support.always import assert_sound
from support.shop import NOON, MemoryShop, order_of

VAT = TaxLine("VAT", 333, 200_000)


def sent(shop: MemoryShop, order: OrderId, *boxes: int) -> None:
    """Units of the first line sent from lyon, in boxes of so many."""
    units = (LineQuantity(1, sum(boxes)),)
    shop.do(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", sum(boxes)),)))
    number = len(shop.order(order).fulfillments)
    parcels = tuple(
        c.ParcelInput(items=(LineQuantity(1, each),), carrier="post", tracking_number="T") for each in boxes
    )
    shop.do(c.PickUnits(order=order, fulfillment=number, lines=units))
    shop.do(c.PackUnits(order=order, fulfillment=number, parcels=parcels))
    shop.do(c.ShipParcels(order=order, fulfillment=number))


def invoiced(shop: MemoryShop, order: OrderId) -> Document:
    draft = shop.do(IssueInvoice(order=order, entity="main"))
    return next(event.document for _, _, event in draft.record_events if isinstance(event, DocumentMade))


def answered(shop: MemoryShop, order: OrderId) -> None:
    """Providers say yes to all that they are asked."""
    for tender in shop.order(order).tenders:
        for each in tender.requests:
            shop.do(
                c.AnswerPayment(
                    order=order, tender=tender.number, key=each.key, kind=each.kind, amount_minor=each.amount_minor
                )
            )


def balances(shop: MemoryShop, order: OrderId) -> dict[str, int]:
    """What all postings of an order come to, account by account; noughts left out."""
    sums: Counter[str] = Counter()
    for event in shop.events[order]:
        if isinstance(event, MoneyPosted):
            for entry in event.posted.entries:
                sums[f"{entry.account} {entry.sub}".strip()] += entry.amount_minor
    return {account: amount for account, amount in sums.items() if amount}


def undo(order: OrderId, *parcels: int, fulfillment: int = 1, to_shelf: bool = False) -> UndoHandover:
    return UndoHandover(
        order=order, fulfillment=fulfillment, parcels=parcels, reason="scanned by mistake", to_shelf=to_shelf
    )


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop([("TEE-M", "lyon", 5)])


def test_units_stock_invoice_and_money_are_as_before_and_it_can_leave_again(shop: MemoryShop) -> None:
    line = c.LineInput(sku="TEE-M", quantity=3, unit_price_minor=2000, taxes=(VAT,))
    charges = (Charge("shipping", 499, taxes=(TaxLine("VAT", 83, 200_000),)), Charge("discount", -300))
    order = shop.place(order_of("A-1", line, charges=charges, taxes_included=True))
    sent(shop, order, 2, 1)
    answered(shop, order)
    first = invoiced(shop, order)
    billed, paid = balances(shop, order), shop.order(order).tenders[0].captured_minor
    assert (first.total_minor, paid) == (6199, 6199)
    draft = shop.do(undo(order))
    after = shop.order(order)
    assert (after.lines[0].units.packed, after.lines[0].units.shipped) == (3, 0)
    assert {parcel.state for parcel in after.parcels} == {ParcelState.LABELED}
    assert (after.shipments[0].parcels, after.shipments[0].undone_at) == ((), shop.now)
    assert after.fulfillments[0].execution is Execution.IN_PROGRESS
    level = shop.world.level("TEE-M", "lyon")
    assert (level.sellable, level.picked, level.allocated) == (2, 3, 3)
    jobs = order_follow_ups(shop.world.settings, after, [event for _, event in draft.events], shop.now)
    assert {job.body.template for job in jobs if job.kind is JobKind.NOTICE} == {"handover_undone"}
    assert JobKind.DOCUMENT in {job.kind for job in jobs}
    note = invoiced(shop, order)
    assert (note.kind, note.total_minor, note.reason) == (DocumentKind.CREDIT_NOTE, 6199, "not_handed_over")
    assert note.refers_to == (first.number,)
    assert balances(shop, order) == {"psp_clearing sandbox": 6199, "deposits": -6199}
    assert shop.order(order).tenders[0].refunded_minor == 0
    assert not shop.order(order).tenders[0].requests
    assert_sound(shop)
    shop.do(c.ShipParcels(order=order, fulfillment=1))
    assert shop.order(order).parcels[0].shipment == 2
    assert invoiced(shop, order).prepaid_minor == 6199
    assert balances(shop, order) == billed
    assert_sound(shop)


def test_what_was_paid_comes_back_when_the_units_are_then_canceled(shop: MemoryShop) -> None:
    order = shop.place(order_of("A-1", ("TEE-M", 2, 2000)))
    sent(shop, order, 2)
    answered(shop, order)
    invoiced(shop, order)
    shop.do(undo(order, to_shelf=True))
    level = shop.world.level("TEE-M", "lyon")
    assert (level.sellable, level.picked, level.allocated) == (5, 0, 2)
    assert shop.order(order).lines[0].units.released == 2
    assert {parcel.state for parcel in shop.order(order).parcels} == {ParcelState.VOIDED}
    assert shop.order(order).fulfillments[0].execution is Execution.OPEN
    invoiced(shop, order)
    shop.do(c.CancelUnits(order=order, reason="changed my mind"))
    shop.do(c.AnswerCancel(order=order, fulfillment=1, accepted=True))
    answered(shop, order)
    assert shop.order(order).tenders[0].refunded_minor == 4000
    assert balances(shop, order) == {}
    assert_sound(shop)


def test_one_parcel_of_two_is_here_still(shop: MemoryShop) -> None:
    order = shop.place(order_of("A-1", ("TEE-M", 3, 2000)))
    sent(shop, order, 2, 1)
    answered(shop, order)
    invoiced(shop, order)
    shop.do(undo(order, 2))
    after = shop.order(order)
    assert (after.lines[0].units.packed, after.lines[0].units.shipped) == (1, 2)
    assert (after.shipments[0].parcels, after.shipments[0].undone) == ((1,), (2,))
    assert after.shipments[0].undone_at is None
    note = invoiced(shop, order)
    assert (note.total_minor, note.lines[0].quantity) == (2000, 1)
    assert balances(shop, order)["deposits"] == -2000
    shop.do(c.TrackParcel(order=order, parcel=1, state="delivered"))
    assert_sound(shop)


def test_money_that_nobody_was_asked_for_yet_is_not_collected(shop: MemoryShop) -> None:
    order = shop.place(order_of("A-1", ("TEE-M", 2, 2000)))
    sent(shop, order, 2)
    [request] = shop.order(order).tenders[0].requests
    assert request.kind is PaymentKind.CAPTURE
    shop.world.unsent = {request.key: new_id()}
    shop.do(undo(order))
    assert shop.order(order).tenders[0].requests == ()
    shop.do(c.ShipParcels(order=order, fulfillment=1))
    assert [each.amount_minor for each in shop.order(order).tenders[0].requests] == [4000]
    assert_sound(shop)


def test_what_is_collected_with_the_order_stays_asked_for(shop: MemoryShop) -> None:
    order = shop.place(order_of("A-1", ("TEE-M", 2, 2000), paid="captured"))
    sent(shop, order, 2)
    shop.do(undo(order))
    assert shop.order(order).tenders[0].captured_minor == 4000
    assert shop.order(order).tenders[0].requests == ()


def test_facts_that_say_that_a_parcel_has_left_refuse_it(shop: MemoryShop) -> None:
    order = shop.place(order_of("A-1", ("TEE-M", 4, 2000)))
    refused(shop, UndoHandover(order=order, fulfillment=1, reason="here"), R.FULFILLMENT_UNKNOWN)
    sent(shop, order, 1, 1, 1, 1)
    refused(shop, UndoHandover(order=order, fulfillment=1, reason=" "), R.REASON_REQUIRED)
    refused(shop, undo(order, 9), R.PARCEL_UNKNOWN)
    shop.do(c.TrackParcel(order=order, parcel=1, state="handed_over"))
    assert refused(shop, undo(order, 1), R.PARCEL_MOVED) == "scanned by the carrier"
    refused(shop, c.TrackParcel(order=order, parcel=1, state="handed_over"), R.PARCEL_ALREADY_THERE)
    shop.do(c.TrackParcel(order=order, parcel=2, state="in_transit"))
    refused(shop, c.TrackParcel(order=order, parcel=2, state="handed_over"), R.PARCEL_ALREADY_THERE)
    assert refused(shop, undo(order, 2), R.PARCEL_MOVED) == "in transit"
    assert refused(shop, undo(order), R.PARCEL_MOVED)
    shop.do(undo(order, 3))
    refused(shop, undo(order, 3), R.PARCEL_NOT_SHIPPED)
    refused(shop, c.TrackParcel(order=order, parcel=3, state="in_transit"), R.PARCEL_NOT_SHIPPED)
    shop.do(r.RequestReturn(order=order, lines=(r.ReturnLineInput(line=1, quantity=1, reason="style"),)))
    assert refused(shop, undo(order, 4), R.PARCEL_MOVED) == "return 1"
    assert_sound(shop)


def test_actions_say_whether_it_may_be_undone(shop: MemoryShop) -> None:
    def told() -> tuple[bool, str]:
        action = next(each for each in actions_of(shop.order(order)) if each.name == "undo_handover")
        return action.allowed, action.refused

    order = shop.place(order_of("A-1", ("TEE-M", 1, 2000)))
    assert told() == (False, "PARCEL_NOT_SHIPPED")
    sent(shop, order, 1)
    assert told() == (True, "")
    shop.do(c.TrackParcel(order=order, parcel=1, state="delivered"))
    assert told() == (False, "PARCEL_MOVED")


def test_what_was_handed_over_although_it_was_canceled_is_canceled_again(shop: MemoryShop) -> None:
    order = shop.place(order_of("A-1", ("TEE-M", 2, 2000), paid="captured"))
    units = (LineQuantity(1, 2),)
    shop.do(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", 2),)))
    shop.do(c.PickUnits(order=order, fulfillment=1, lines=units))
    shop.do(c.PackUnits(order=order, fulfillment=1, parcels=(c.ParcelInput(items=units),)))
    shop.do(c.CancelUnits(order=order, reason="changed my mind"))
    shop.do(c.AnswerCancel(order=order, fulfillment=1, accepted=True))
    assert shop.order(order).lines[0].units.canceled == 2
    refunds = [each.key for tender in shop.order(order).tenders for each in tender.requests]
    shop.world.unsent = dict.fromkeys(refunds, new_id())
    shop.do(c.ShipParcels(order=order, fulfillment=1, parcels=(1,), carrier="post"))
    assert shop.order(order).lines[0].units.shipped == 2
    shop.do(undo(order, 1))
    after = shop.order(order)
    assert (after.lines[0].units.canceled, after.parcels[0].state) == (2, ParcelState.VOIDED)
    assert shop.world.level("TEE-M", "lyon").sellable == 5
    assert [each.amount_minor for each in after.tenders[0].requests if each.kind is PaymentKind.REFUND] == [4000]
    assert_sound(shop)


def test_the_lots_that_left_are_here_again(shop: MemoryShop) -> None:
    shop = MemoryShop([])
    shop.do(s.PutSkus(skus=(Sku(code="TEE-M", tracking=Tracking.LOT),)))
    for lot, quantity, days in (("L-1", 2, 30), ("L-2", 2, 60)):
        lots = (LotUnits(lot, quantity, NOON.date() + timedelta(days=days)),)
        shop.do(s.AdjustStock(sku="TEE-M", location="lyon", reason="received", quantity=quantity, lots=lots))
    order = shop.place(order_of("A-1", ("TEE-M", 3, 2000)))
    sent(shop, order, 2, 1)
    gone = shop.order(order).fulfillments[0].items[0]
    assert ({each.lot: each.quantity for each in gone.sent}, gone.lots) == ({"L-1": 2, "L-2": 1}, ())
    shop.do(undo(order, 2))
    item = shop.order(order).fulfillments[0].items[0]
    assert {each.lot: each.quantity for each in item.lots} == {"L-2": 1}
    assert {each.lot: each.quantity for each in item.sent} == {"L-1": 2}
    picked = {each.lot: each.quantity for each in shop.world.lots.of("TEE-M", "lyon") if each.bucket == "picked"}
    assert picked == {"L-2": 1}
    shop.do(c.ShipParcels(order=order, fulfillment=1))
    assert_sound(shop)


@pytest.mark.parametrize("seed", range(60))
def test_postings_are_mirrored_whatever_was_agreed_and_sent(seed: int) -> None:
    """Sent in parts, invoiced, undone in parts, invoiced: what is left is what would stand had it never left."""
    dice = Random(seed)
    shop = MemoryShop([(sku, "lyon", 60) for sku in ("TEE-M", "MUG", "CAP-9")])
    order = shop.place(odd_order(dice, f"U-{seed}"))
    for line in shop.order(order).lines:
        units = line.units.pooled
        if not units or any(tender.provider == "terms" for tender in shop.order(order).tenders):
            continue
        shop.do(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(line.line, "eu", "lyon", units),)))
        number = len(shop.order(order).fulfillments)
        shop.do(c.PickUnits(order=order, fulfillment=number, lines=(LineQuantity(line.line, units),)))
        boxes = tuple(c.ParcelInput(items=(LineQuantity(line.line, 1),)) for _ in range(units))
        shop.do(c.PackUnits(order=order, fulfillment=number, parcels=boxes))
    if not shop.order(order).parcels:
        return
    stages: list[dict[str, int]] = []
    for each in shop.order(order).fulfillments:
        stages.append(_earned(shop, order))
        shop.do(c.ShipParcels(order=order, fulfillment=each.number))
        answered(shop, order)
        _bill(shop, order)
    for each in reversed(shop.order(order).fulfillments):
        shop.do(undo(order, fulfillment=each.number))
        answered(shop, order)
        _bill(shop, order)
        assert _earned(shop, order) == stages.pop()
        assert_sound(shop)
    paid = sum(tender.captured_minor for tender in shop.order(order).tenders)
    left = balances(shop, order)
    assert left.pop("deposits", 0) == -paid
    assert all(account.startswith("psp_clearing") for account in left)


def _bill(shop: MemoryShop, order: OrderId) -> None:
    if invoice_due(shop.order(order)):
        invoiced(shop, order)


def _earned(shop: MemoryShop, order: OrderId) -> dict[str, int]:
    """What is earned, owed in tax and taken off: all but money and who owes it."""
    money = ("psp_clearing", "deposits", "receivable", "bank")
    return {name: amount for name, amount in balances(shop, order).items() if not name.startswith(money)}


def refused(shop: MemoryShop, command: c.Command, code: R) -> object:
    """The command is refused with a code; why, as it says."""
    with pytest.raises(Refused) as found:
        shop.do(command)
    assert found.value.code is code
    return found.value.facts.get("because")
