"""Commands on records drawn at random, for a shop whose orders go on meanwhile: supply, counts, tills, waves, questions."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

from msgspec.structs import replace

from orderline.core.counts import commands as n
from orderline.core.decisions import commands as d
from orderline.core.decisions.asking import DecisionCause
from orderline.core.fulfillments import wave_rules as w
from orderline.core.fulfillments.undoing import UnpackUnits, UnpickUnits
from orderline.core.fulfillments.waves import WaveBy
from orderline.core.orders.commands import Command, PromiseLines
from orderline.core.orders.delivery import ChangeDelivery
from orderline.core.orders.promised import LineWindowInput, PromiseCause
from orderline.core.orders.state import Order
from orderline.core.shipments import manifests as m
from orderline.core.supply import commands as p
from orderline.core.supply.receiving import ReceivedInput
from orderline.core.tickets.commands import TakeTicket, TicketLineInput
from orderline.core.tickets.state import Condition, TicketKind
from orderline.core.transfers import commands as t
from support.drafts_nonsense import draft_command
from support.likely import change_command
from support.persons_nonsense import person_command
from support.shop import HOME, NOON

STOCKED: Final = ("TEE-M", "MUG", "CAP-9")
PLACES: Final = ("lyon", "lille", "paris")


Known = Callable[[str], Sequence[Any]]


def record_command(dice: Random, orders: Sequence[Order], known: Known) -> Command:
    """What happens beside the orders, or to one of them; most of it suits the records there are.

    known: the records of a kind.
    """
    return dice.choice(_KINDS)(dice, orders, known)


def _one(dice: Random, known: Sequence[Any], over: Sequence[str]) -> Any:
    """A record to go on with, mostly one that is not over; None: it is time for a new one."""
    going = [each for each in known if each.state not in over]
    if not known or (len(going) < 3 and dice.random() < 0.3):
        return None
    return dice.choice(going) if going and dice.random() < 0.9 else dice.choice(list(known))


def _purchase(dice: Random, orders: Sequence[Order], known: Known) -> Command:
    due_at = NOON + timedelta(days=dice.randint(-1, 20))
    one = _one(dice, known("purchase_order"), ("received", "closed", "canceled"))
    if one is None:
        confidence = dice.choice([None, 500_000])
        line = p.PurchaseLineInput(dice.choice(STOCKED), dice.randint(1, 8), due_at, dice.randint(0, 2), confidence)
        vendor = dice.choice(["", "Weavers"])
        return p.CreatePurchaseOrder(
            purchase_order=_name(dice), location=dice.choice(PLACES), lines=(line,), vendor=vendor
        )
    name = one.id
    if one.slips():
        return p.LearnVendor(vendor_record="Weavers", purchase_order=name)
    if one.state == "draft" and dice.random() < 0.7:
        return p.SendPurchaseOrder(purchase_order=name)
    revised = p.RevisedInput(1, dice.choice([None, dice.randint(0, 6)]), dice.choice([None, due_at]))
    received = ReceivedInput(1, dice.randint(0, 4), dice.randint(0, 1), dice.randint(0, 1))
    announced = (p.NoticeLine(1, dice.randint(1, 4)),)
    came = p.ReceivePurchaseOrder(
        purchase_order=name, receipt=_name(dice), lines=(received,), complete=dice.random() < 0.2
    )  # fmt: skip
    return dice.choice(
        [
            p.ConfirmPurchaseOrder(purchase_order=name, lines=dice.choice([(), (revised,)])),
            p.RevisePurchaseOrder(purchase_order=name, lines=(revised,), reason="late"),
            p.RevisePurchaseOrder(purchase_order=name, lines=(revised,), reason="late", ours=True),
            p.AnnounceShipment(purchase_order=name, notice=_name(dice), lines=announced),
            came,
            came,
            p.ClosePurchaseOrder(purchase_order=name),
            p.CancelPurchaseOrder(purchase_order=name, reason="off"),
        ]
    )


def _transfer(dice: Random, orders: Sequence[Order], known: Known) -> Command:
    one = _one(dice, known("transfer"), ("received", "canceled"))
    if one is None:
        line = t.TransferLineInput(dice.choice(STOCKED), dice.randint(1, 3))
        due_at = NOON + timedelta(days=dice.randint(0, 9))
        source, target = dice.sample(PLACES, 2)
        return t.CreateTransfer(transfer=_name(dice), source=source, target=target, lines=(line,), due_at=due_at)
    name = one.id
    received = ReceivedInput(1, dice.randint(0, 2), dice.randint(0, 1))
    came = t.ReceiveTransfer(transfer=name, receipt=_name(dice), lines=(received,), complete=dice.random() < 0.4)
    next_: Command = {
        "draft": t.ApproveTransfer(transfer=name),
        "approved": t.PickTransfer(
            transfer=name, lines=dice.choice([(), (t.TransferPickInput(1, dice.randint(0, 2)),)])
        ),
        "picked": t.ShipTransfer(transfer=name),
    }.get(str(one.state), came)
    return next_ if dice.random() < 0.9 else t.CancelTransfer(transfer=name, reason="off")


def _count(dice: Random, orders: Sequence[Order], known: Known) -> Command:
    one = _one(dice, known("count"), ("posted", "void"))
    if one is None:
        return n.PlanCount(count=_name(dice), location=dice.choice(PLACES), lines=tuple(dice.sample(STOCKED, 2)))
    lines = tuple(n.CountedInput(line.sku, dice.randint(0, 8)) for line in one.lines)
    told = n.SubmitCount(count=one.id, location=one.location, lines=lines[: dice.randint(1, len(lines))])
    if one.state == "submitted":
        return dice.choice(
            [n.ApproveCount(count=one.id), n.ApproveCount(count=one.id), n.AskRecount(count=one.id), told]
        )
    return dice.choice([n.OpenCount(count=one.id), told, told, n.VoidCount(count=one.id, reason="off")])


def _ticket(dice: Random, orders: Sequence[Order], known: Known) -> Command:
    about: dict[str, Any] = {}
    if orders and dice.random() < 0.5:
        order = dice.choice(orders)
        line = dice.choice(order.lines)
        about = {"order": order.id, "line": line.line, "sku": line.sku}
    given: dict[str, Any] = {"kind": TicketKind.RETURN, "sku": dice.choice(STOCKED), "quantity": 1, **about}
    back = TicketLineInput(**given, condition=dice.choice(list(Condition)))
    sold = TicketLineInput(kind=TicketKind.SALE, sku=dice.choice(STOCKED), quantity=dice.randint(1, 3))
    lines = dice.choice([(sold,), (back,), (sold, back)])
    return TakeTicket(location="paris", till="T1", sequence=dice.randint(1, 30), lines=lines)


def _wave(dice: Random, orders: Sequence[Order], known: Known) -> Command:
    waves = known("wave")
    one = _one(dice, waves, ("done", "void"))
    if one is None:
        place = dice.choice(PLACES)
        here = [
            (order, each)
            for order in orders
            for each in order.fulfillments
            if each.location == place and any(item.units.allocated + item.units.released for item in each.items)
        ]
        return w.CreateWave(
            wave=_name(dice),
            location=place,
            work=tuple(w.WaveWork(order.id, each.number) for order, each in here),
            by=dice.choice(list(WaveBy)),
            goods=tuple(sorted({line.sku for order, _ in here for line in order.lines})),
            after=tuple(each.id for each in waves),
        )
    walk = dice.choice(one.lists)
    stop = dice.choice(walk.stops)
    code, quantity = dice.choice([stop.sku, stop.sku, "WRONG"]), dice.randint(1, 2)
    short = (w.NotFound(stop.sku, 1),) if dice.random() < 0.3 else ()
    return dice.choice(
        [
            w.ScanItem(wave=one.id, list=walk.number, code=code, quantity=quantity),
            w.CompleteList(wave=one.id, list=walk.number, unscanned=True, short=short),
            w.VoidWave(wave=one.id, reason="off"),
        ]
    )


def _decision(dice: Random, orders: Sequence[Order], known: Known) -> Command:
    open_ = [each for each in known("decision") if each.state in ("drafted", "sent")]
    if not open_ or dice.random() < 0.3:
        order = dice.choice(orders)
        late = [line.line for line in order.lines if line.units.pegged + line.units.unplanned + line.units.pooled]
        drafted = d.DraftDecision(
            decision=str(UUID(int=dice.getrandbits(128))), order=order.id, lines=tuple(late), why=PromiseCause.SUPPLIER,
            cause=dice.choice([DecisionCause.DELAY, *DecisionCause]), nonce="n", token_hash="h",
            latest_at=dice.choice([None, NOON + timedelta(days=dice.randint(5, 40))]),
        )  # fmt: skip
        if drafted.cause is DecisionCause.CHANGE:
            return replace(drafted, lines=(), change=change_command(dice, order), by_hand=True)
        return drafted
    one = dice.choice(open_)
    about: dict[str, Any] = {"decision": one.id, "order": one.order}
    option = dice.choice([each.code for each in one.options] or ["cancel"])
    return dice.choice(
        [
            d.SendDecision(**about, nonce="n", token_hash="h"),
            d.ResendDecision(**about, nonce="m", token_hash="i"),
            d.AnswerDecision(**about, option=option, reason="called", address=HOME),
            d.AnswerDecision(**about, option=option, token_hash=one.token_hash or "h"),
            d.LapseDecision(**about, sending=one.sendings),
            d.ReviewDecision(**about),
            d.StrandDecision(**about, sending=one.sendings, reason="no address"),
            d.WithdrawDecision(**about, reason="off"),
        ]
    )


def _of_order(dice: Random, orders: Sequence[Order], known: Known) -> Command:
    order = dice.choice(orders)
    start = NOON + timedelta(days=dice.randint(0, 9))
    window = LineWindowInput(line=1, earliest_at=start, latest_at=start + timedelta(days=dice.randint(0, 9)))
    number = dice.randint(1, max(1, len(order.fulfillments)))
    return dice.choice(
        [
            p.PegUnits(order=order.id),
            p.PegUnits(order=order.id),
            ChangeDelivery(order=order.id, pickup_location="paris"),
            ChangeDelivery(order=order.id, address=HOME),
            ChangeDelivery(order=order.id, group=dice.randint(1, 2), ship_complete=dice.random() < 0.5),
            PromiseLines(order=order.id, lines=(window,), cause=dice.choice([None, PromiseCause.SUPPLIER]), source="test"),
            UnpackUnits(order=order.id, fulfillment=number, reason="wrong box"),
            UnpickUnits(order=order.id, fulfillment=number, reason="wrong shelf"),
        ]
    )  # fmt: skip


def _manifest(dice: Random, orders: Sequence[Order], known: Known) -> Command:
    place = dice.choice(PLACES)
    parcels = [
        (order, parcel, order.shipments[parcel.shipment - 1])
        for order in orders
        for parcel in order.parcels
        if parcel.shipment is not None
    ]
    there = [each for each in parcels if each[2].location == place]
    closed = m.CloseManifest(
        manifest=_name(dice),
        location=place,
        carrier=there[0][2].carrier if there else "post",
        day=there[0][2].handed_over_at.date() if there else NOON.date(),
        parcels=tuple(m.ManifestedParcel(order.id, parcel.number) for order, parcel, _ in there),
    )
    open_ = [each.id for each in known("manifest") if each.state == "closed"]
    return m.ConfirmManifest(manifest=dice.choice(open_), reference="R") if open_ and not there else closed


def _name(dice: Random) -> str:
    return f"N-{dice.randrange(10_000)}"


_KINDS: Final[tuple[Callable[[Random, Sequence[Order], Known], Command], ...]] = (
    _purchase, _purchase, _transfer, _count, _ticket, _wave, _decision, _of_order, _of_order, _manifest, draft_command, person_command,
)  # fmt: skip
