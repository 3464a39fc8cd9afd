"""Commands drawn so that most of them make sense: what somebody would do next with an order, a shelf or a shop."""

from datetime import timedelta
from random import Random
from typing import Any

from msgspec.structs import replace

from orderline.core.changes import actions as a
from orderline.core.changes.commands import ChangeOrder, UndoChange
from orderline.core.demands.commands import (
    CancelDemand,
    DemandLineInput,
    PlanDemand,
    RevisedDemandInput,
    ReviseDemand,
)
from orderline.core.disputes.commands import AcceptDispute, AnswerDispute, RecordEvidence, TellDispute
from orderline.core.disputes.state import DisputeStage
from orderline.core.documents.issuing import IssueCreditNote, IssueInvoice
from orderline.core.holds.commands import BreachHold, RejectHold
from orderline.core.holds.state import Breach, Rejection
from orderline.core.moves import REASONS, Bucket
from orderline.core.orders import commands as c
from orderline.core.orders.state import Charge, LineQuantity, Negotiation, Order, ParcelState, TaxLine, Tender
from orderline.core.pickups import commands as p
from orderline.core.shipments import commands as sh
from orderline.core.shipments.undoing import UndoHandover
from orderline.core.stock import commands as s
from orderline.core.stock.lots import LotUnits
from orderline.core.tenders.paying_again import missing_minor
from support.money_nonsense import channel_with_rules, money_commands, schedule_of
from support.nonsense import CARTS, CODES, DEMANDS, PLACES, STOCKED
from support.returns_nonsense import return_command
from support.shop import HOME, LOCATIONS, NOON, order_of


def next_command(dice: Random, order: Order) -> c.Command:
    """A command that suits the order as it stands: what somebody outside would do or tell next."""
    id_ = order.id
    choices: list[tuple[int, c.Command]] = [
        (1, c.CancelUnits(order=id_, reason="changed my mind")),
        (1, c.ReserveUnits(order=id_)),
        (1, c.ReclaimUnits(order=id_)),
        (1, c.CloseOrder(order=id_)),
        (
            1,
            c.PlaceHold(
                order=id_,
                hold=c.HoldInput(
                    type=dice.choice(["fraud", "quality"]),
                    line=dice.choice([None, 1]),
                    due_at=dice.choice([None, NOON]),
                    on_breach=dice.choice(list(Breach)),
                    on_reject=dice.choice(list(Rejection)),
                ),
            ),
        ),
    ]
    choices += [(4, c.ReleaseHold(order=id_, hold=hold.number)) for hold in order.holds]
    choices += [(2, change_command(dice, order)), (1, UndoChange(order=id_, reason="a mistake"))]
    choices += [(2, RejectHold(order=id_, hold=hold.number, reason="fraud")) for hold in order.holds]
    choices += [(1, BreachHold(order=id_, hold=hold.number)) for hold in order.holds]
    for line in order.lines:
        if line.units.total() > line.units.canceled:
            some = (LineQuantity(line.line, dice.randint(1, 2)),)
            choices.append((1, c.CancelUnits(order=id_, reason="one less", lines=some)))
        for share in line.claims:
            place = "paris" if share.pool == "stores" else dice.choice(["lyon", "lille"])
            allotment = c.Allotment(line.line, share.pool, place, dice.randint(1, share.quantity))
            choices.append((12, c.AllocateUnits(order=id_, group=line.group, allotments=(allotment,))))
    for each in order.fulfillments:
        choices += _work(dice, order, each.number)
    for parcel in order.parcels:
        if parcel.state not in (ParcelState.PACKED, ParcelState.LABELED, ParcelState.VOIDED):
            state: Any = dice.choice(["handed_over", "in_transit", "exception", "delivered", "delivered", "lost"])
            choices.append((4, c.TrackParcel(order=id_, parcel=parcel.number, state=state)))
            which, shelf = dice.choice([(), (parcel.number,)]), dice.random() < 0.3
            undo = UndoHandover(order=id_, fulfillment=parcel.fulfillment, parcels=which, reason="here", to_shelf=shelf)
            choices.append((4, undo))
        choices.append((1, c.LabelParcel(order=id_, parcel=parcel.number, carrier="post", tracking_number="T1")))
        choices.append((1, sh.VoidLabel(order=id_, parcel=parcel.number)))
        answer = sh.AnswerVoid(order=id_, parcel=parcel.number, tracking_number="T1", voided=dice.random() < 0.5)
        choices.append((1, answer))
        choices.append((1, sh.RequestLabel(order=id_, parcel=parcel.number)))
    if order.tenders:
        state: Any = dice.choice(["requested", "authorized", "captured"])
        most = max(1, missing_minor(order), *(tender.authorized_minor for tender in order.tenders))
        added = c.TenderInput(provider="sandbox", amount_minor=dice.randint(1, most), token="more", state=state)
        replaces = dice.choice([None, 1, len(order.tenders)])
        choices.append((2 if missing_minor(order) else 1, c.AddTender(order=id_, tender=added, replaces=replaces)))
    for tender in order.tenders:
        if tender.declined:
            choices.append((4, c.RetryPayment(order=id_, tender=tender.number)))
        for request in tender.requests:
            answer = dice.choice(["yes", "yes", "yes", "no", "part", "doubt"])
            amount = dice.randint(1, request.amount_minor) if answer == "part" else request.amount_minor
            answered = c.AnswerPayment(
                order=id_,
                tender=tender.number,
                key=request.key,
                kind=request.kind,
                amount_minor=amount,
                declined="no funds" if answer == "no" else "",
                in_doubt=answer == "doubt",
            )
            choices.append((12, answered))
        choices.append((1, dispute_command(dice, order, tender)))
    choices += money_commands(dice, order)
    if order.returns or any(line.units.gone for line in order.lines):
        choices.append((10, return_command(dice, order)))
        choices.append((3, IssueInvoice(order=id_, entity="main")))
    choices += [(2, IssueCreditNote(order=id_, entity="main", credit=each.number)) for each in order.credits]
    return dice.choices([command for _, command in choices], [weight for weight, _ in choices])[0]


def change_command(dice: Random, order: Order) -> ChangeOrder:
    """Somebody wants one to three things otherwise."""
    numbers = [line.line for line in order.lines]
    price, group = dice.choice([0, 333, 1999, 2500]), dice.choice([1, 1, 1, 2])
    quantity = dice.randint(1, 3)
    tax = (TaxLine("VAT", price // 6, 200_000),)
    added = c.LineInput(sku=dice.choice(CODES), quantity=quantity, unit_price_minor=price, taxes=dice.choice([(), tax]))
    drawn: list[a.ChangeAction] = [
        a.AddLine(line=added),
        a.RemoveUnits(line=dice.choice(numbers), quantity=dice.randint(1, 2)),
        a.ChangePrice(line=dice.choice(numbers), unit_price_minor=price, discount_minor=price // 7, taxes=()),
        a.ChangeAddress(group=group, address=HOME),
        a.ChangeMethod(group=group, method=dice.choice(["express", "standard"])),
        a.ChangePickup(group=group, pickup_location="paris"),
        a.MoveLocation(fulfillment=dice.randint(1, 3), to=dice.choice(["", "lille", "lyon"])),
        a.AddCharge(charge=Charge(dice.choice(["shipping", "wrapping"]), dice.choice([490, 120, -50]))),
        a.ChangeCharge(number=1, amount_minor=dice.choice([0, 190, -20])),
        a.WaiveCharge(number=1),
        a.SetGift(gift=dice.random() < 0.5),
    ]
    actions = tuple(dice.sample(drawn, dice.randint(1, 3)))
    tenders: tuple[c.TenderInput, ...] = ()
    if order.tenders and dice.random() < 0.3:
        state: Any = dice.choice(["requested", "authorized", "captured"])
        tenders = (c.TenderInput(provider="sandbox", amount_minor=max(1, price), token="more", state=state),)
    return ChangeOrder(order=order.id, reason="wants it otherwise", actions=actions, tenders=tenders)


def dispute_command(dice: Random, order: Order, tender: Tender) -> c.Command:
    """A bank takes money back, or says how that went on; we answer."""
    known = [each for each in order.disputes if each.tender == tender.number]
    if known and dice.random() < 0.3:
        return AnswerDispute(order=order.id, dispute=dice.choice(known).number)
    if known and dice.random() < 0.1:
        return AcceptDispute(order=order.id, dispute=dice.choice(known).number, note="not worth it")
    if known and known[0].evidence_key and dice.random() < 0.5:
        refused = dice.choice(["", "too late"])
        return RecordEvidence(order=order.id, dispute=known[0].number, key=known[0].evidence_key, refused=refused)
    return TellDispute(
        order=order.id, tender=tender.number, reference=f"D-{tender.number}-{dice.randint(1, 2)}",
        stage=dice.choice(list(DisputeStage)), amount_minor=dice.choice([tender.captured_minor, dice.randint(0, 999)]),
    )  # fmt: skip


def _work(dice: Random, order: Order, number: int) -> list[tuple[int, c.Command]]:
    id_ = order.id
    fulfillment = order.fulfillments[number - 1]
    commands: list[tuple[int, c.Command]] = []

    def units(bucket: Bucket) -> tuple[LineQuantity, ...]:
        there = [(item.line, item.units.of(bucket)) for item in fulfillment.items if item.units.of(bucket)]
        return tuple(LineQuantity(line, dice.randint(1, quantity)) for line, quantity in there)

    if allocated := units(Bucket.ALLOCATED):
        commands += [
            (4, c.SubmitFulfillment(order=id_, fulfillment=number)),
            (2, c.PullBack(order=id_, fulfillment=number)),
            (12, c.AcceptFulfillment(order=id_, fulfillment=number)),
            (4, c.PickUnits(order=id_, fulfillment=number, lines=allocated)),
        ]
    if released := units(Bucket.RELEASED):
        shelf: Any = dice.choice(["", "missing", "damaged"])
        rejected = c.RejectUnits(order=id_, fulfillment=number, lines=released, reason="no", shelf=shelf)
        short = c.PickUnits(order=id_, fulfillment=number, lines=(), short=released)
        commands += [
            (4, rejected),
            (1, replace(rejected, empties_shelf=True)),
            (3, short),
            (1, replace(short, empties_shelf=True)),
            (16, c.PickUnits(order=id_, fulfillment=number, lines=released)),
        ]
    if picked := units(Bucket.PICKED):
        commands.append((16, c.PackUnits(order=id_, fulfillment=number, parcels=(c.ParcelInput(items=picked),))))
    for parcel in order.parcels:
        if parcel.fulfillment == number and parcel.state is ParcelState.VOIDED:
            commands.append((6, c.ShipParcels(order=id_, fulfillment=number, parcels=(parcel.number,))))
    if canceled := units(Bucket.CANCELED):
        commands.append((2, c.PackUnits(order=id_, fulfillment=number, parcels=(c.ParcelInput(items=canceled),))))
    if units(Bucket.PACKED):
        commands.append((12, c.ShipParcels(order=id_, fulfillment=number)))
        commands += [
            (6, p.ReadyPickup(order=id_, fulfillment=number, code_hash=dice.choice(["", "a"]))),
            (6, p.CollectParcels(order=id_, fulfillment=number, code_hash=dice.choice(["", "a", "b"]))),
            (2, p.RenewPickup(order=id_, fulfillment=number, code_hash="a")),
            (4, p.ExpirePickup(order=id_, fulfillment=number)),
            (6, p.RestockPickup(order=id_, fulfillment=number)),
        ]
    if fulfillment.negotiation is Negotiation.CANCEL_REQUESTED:
        answer = c.AnswerCancel(order=id_, fulfillment=number, accepted=dice.random() < 0.6)
        commands.append((16, answer))
    return commands


def world_command(dice: Random) -> c.Command:
    """Something that happens at a shelf or in a shop, whatever the orders do."""
    sku, place = dice.choice(STOCKED), dice.choice(PLACES)
    kind = dice.randrange(6)
    if dice.random() < 0.1:
        put = next(location for location in LOCATIONS if location.code == place)
        return s.PutLocation(location=replace(put, active=dice.random() < 0.6))
    if dice.random() < 0.1:
        return demand_command(dice)
    if dice.random() < 0.05:
        return channel_with_rules(dice)
    if kind == 0:
        row = s.FeedRow(sku, place, dice.randint(0, 8))
        return s.ApplyFeed(feed="wms", sequence=1, part=dice.randrange(10**6), delta=False, rows=(row,))
    if kind == 1:
        return s.HoldCart(cart=dice.choice(CARTS), channel="web", lines=(s.CartLineInput(sku, dice.randint(1, 3)),))
    if kind == 2:
        return s.ReleaseCart(cart=dice.choice(CARTS))
    reason = dice.choice(["received", "received", "received", *REASONS])
    return s.AdjustStock(sku=sku, location=place, quantity=dice.randint(1, 4), reason=reason)


def demand_command(dice: Random) -> c.Command:
    """Somebody schedules demand, changes it, or gives it up."""
    name = dice.choice(DEMANDS)
    need_at = NOON + timedelta(days=dice.randint(-2, 40))
    match dice.randrange(4):
        case 0:
            return CancelDemand(demand=name, reason="off")
        case 1:
            changed = RevisedDemandInput(1, dice.choice([None, dice.randint(0, 6)]), dice.choice([None, need_at]))
            return ReviseDemand(demand=name, lines=(changed,))
        case _:
            line = DemandLineInput(dice.choice(STOCKED), dice.choice(["eu", "stores"]), dice.randint(1, 4), need_at)
            return PlanDemand(demand=f"{name}{dice.choice(['', dice.randrange(9)])}", lines=(line,))


def with_lots_named(command: c.Command) -> c.Command:
    """An adjustment of shirts with a lot named, for a shop that tracks them; anything else as it is."""
    if not isinstance(command, s.AdjustStock) or command.sku != "TEE-M" or command.lots:
        return command
    number = command.quantity % 3
    lots = (LotUnits(f"L-{number}", command.quantity, NOON.date() + timedelta(days=30 + number)),)
    return replace(command, lots=lots)


def random_order(dice: Random, name: str) -> c.PlaceOrder:
    """An order that mostly can be accepted."""
    lines: list[c.LineInput] = []
    for _ in range(dice.randint(1, 3)):
        quantity, price = dice.randint(1, 4), dice.choice([0, 333, 1999, 2000])
        discount = dice.choice([0, 0, price * quantity // 3])
        sku = dice.choice([*CODES, "TEE-M", "TEE-M"])
        lines.append(c.LineInput(sku=sku, quantity=quantity, unit_price_minor=price, discount_minor=discount))
    goods = sum(line.quantity * line.unit_price_minor - line.discount_minor for line in lines)
    about: dict[str, Any] = {}
    charge = dice.choice([0, 0, 490, -100])
    if charge and goods + charge >= 0:
        about["charges"] = (Charge("shipping" if charge > 0 else "discount", charge),)
    if dice.random() < 0.15:
        about["cart_hold"] = str(dice.choice(CARTS))
    if dice.random() < 0.05:
        about["is_test"] = True
    if dice.random() < 0.05:
        about["demand"] = dice.choice(DEMANDS)
    if dice.random() < 0.1:
        about["holds"] = (c.HoldInput(type=dice.choice(["fraud", "manual", "quality"])),)
    if dice.random() < 0.1:
        about["tenders"] = (
            c.TenderInput(provider="sandbox", amount_minor=goods // 2, token="a", state="authorized"),
            c.TenderInput(provider="sandbox", amount_minor=goods // 3, token="b"),
        )
        about.pop("charges", None)
    if dice.random() < 0.1:
        charges = sum(each.amount_minor for each in about.get("charges", ()))
        state: Any = dice.choice(["authorized", "requested"])
        about["tenders"] = (c.TenderInput(provider="terms", amount_minor=goods + charges, state=state),)
    if dice.random() < 0.15:
        about["schedule"] = schedule_of(dice)
    paid: Any = dice.choice(["authorized", "authorized", "requested", "captured", None])
    return order_of(name, *lines, paid=paid, pickup=dice.choice([None, None, None, "paris"]), **about)
