"""Commands drawn at random: sensible ones, late ones, repeated ones, and ones that make no sense at all."""

from datetime import datetime, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

from hypothesis import strategies as st
from msgspec.structs import replace

from orderline.core.demands.commands import (
    CancelDemand,
    DemandLineInput,
    PlanDemand,
    RevisedDemandInput,
    ReviseDemand,
)
from orderline.core.moves import REASONS, Bucket
from orderline.core.orders import commands as c
from orderline.core.orders.state import Charge, LineQuantity, Negotiation, Order, ParcelState, PaymentKind, TaxLine
from orderline.core.pickups import commands as p
from orderline.core.reallocations.commands import PutPriorityRules, Reallocate, TakeInput
from orderline.core.reallocations.state import PriorityClass, TakingRule
from orderline.core.shipments import commands as sh
from orderline.core.stock import commands as s
from orderline.core.stock.lots import LotUnits
from orderline.core.stock.state import Sku, SkuKind
from orderline.core.tenders.paying_again import missing_minor
from orderline.values.ids import CartHoldId, DecisionId, OrderId
from support.shop import HOME, LOCATIONS, NOON, SKUS, order_of

CODES: Final = ["TEE-M", "MUG", "CAP-9", "EBOOK", "WRAP", "SET"]
STOCKED: Final = CODES[:3]
PLACES: Final = ["lyon", "lille", "paris"]
CARTS: Final = [CartHoldId(UUID(int=number)) for number in (1, 2)]
DEMANDS: Final = ["D-1", "D-2"]
# Orders of low priority take from all others, covered or not.
ANYBODY: Final = PutPriorityRules(
    priority_rules="default",
    classes=(PriorityClass(id="first", priority_from=1),),
    takings=(
        TakingRule(taker="others", givers=("first",), covered=False),
        TakingRule(taker="first", givers=("others",)),
    ),
)
NOBODY: Final = OrderId(UUID(int=9))

small = st.integers(-1, 6)
numbers = st.integers(0, 4)
quantities = st.builds(LineQuantity, numbers, small)
some_quantities = st.lists(quantities, max_size=3).map(tuple)
odd_text = st.sampled_from(["", "x", "a\x00b", "\x1f", "late", "x" * 6000])
moments = st.none() | st.sampled_from([NOON - timedelta(days=3), NOON + timedelta(days=400), datetime(2026, 11, 20)])  # noqa: DTZ001


@st.composite
def placements(draw: st.DrawFn, names: st.SearchStrategy[str]) -> c.PlaceOrder:
    """Orders that mostly can be accepted."""
    lines: list[c.LineInput] = []
    for _ in range(draw(st.integers(1, 3))):
        quantity, price = draw(st.integers(1, 4)), draw(st.integers(0, 3000))
        lines.append(
            c.LineInput(
                sku=draw(st.sampled_from(CODES)),
                quantity=quantity,
                unit_price_minor=price,
                discount_minor=draw(st.sampled_from([0, 0, price * quantity // 3])),
                taxes=draw(st.sampled_from([(), (TaxLine("VAT", 17, 200_000),)])),
            )
        )
    charge = draw(st.sampled_from([0, 0, 490, -100]))
    goods = sum(line.quantity * line.unit_price_minor - line.discount_minor for line in lines)
    about: dict[str, Any] = {}
    if charge and goods + charge >= 0:
        about["charges"] = (Charge("shipping" if charge > 0 else "discount", charge),)
    if draw(st.integers(0, 5)) == 0:
        about["cart_hold"] = str(draw(st.sampled_from(CARTS)))
    if draw(st.integers(0, 9)) == 0:
        about["is_test"] = True
    if draw(st.integers(0, 9)) == 0:
        about["holds"] = (c.HoldInput(type=draw(st.sampled_from(["fraud", "manual", "quality"]))),)
    pickup = draw(st.sampled_from([None, None, None, "paris"]))
    if pickup and draw(st.booleans()):
        about["groups"] = (c.GroupInput(address=HOME), c.GroupInput(group=2, pickup_location="paris"))
        lines[-1] = c.LineInput(sku=draw(st.sampled_from(CODES)), quantity=1, unit_price_minor=goods and 5, group=2)
        about.pop("charges", None)
        pickup = None
    paid = draw(st.sampled_from(["authorized", "requested", "captured", None]))
    return order_of(draw(names), *lines, paid=paid, pickup=pickup, **about)


@st.composite
def odd_placements(draw: st.DrawFn, names: st.SearchStrategy[str]) -> c.PlaceOrder:
    """Orders with something wrong."""
    line = c.LineInput(
        sku=draw(st.sampled_from([*CODES, "NO-SUCH", "a\x00b"])),
        quantity=draw(st.sampled_from([0, -1, 1, 10**10, 10**9])),
        unit_price_minor=draw(st.sampled_from([0, -5, 100, 10**14])),
        group=draw(st.sampled_from([1, 7])),
    )
    about: dict[str, Any] = draw(
        st.sampled_from(
            [
                {},
                {"channel": "nowhere"},
                {"channel": "a\x00b"},
                {"currency": "XXX"},
                {"total_minor": 1},
                {"external_id": "a\x00b"},
                {"external_id": ""},
                {"lines": ()},
                {"tags": ("\x1f",)},
                {"cart_hold": "no uuid"},
                {"cart_hold": str(UUID(int=77))},
                {"holds": (c.HoldInput(type="fraud", line=2**40),)},
                {"holds": (c.HoldInput(type="fraud", due_at=datetime(2026, 11, 20)),)},  # noqa: DTZ001
                {"placed_at": datetime(2026, 11, 20)},  # noqa: DTZ001
                {"groups": (c.GroupInput(pickup_location="lyon"),)},
                {"priority": 10**12},
            ]
        )
    )
    return order_of(draw(names), line, **about)


def nonsense(orders: st.SearchStrategy[OrderId]) -> st.SearchStrategy[c.Command]:
    """Commands with arguments drawn blindly."""
    order = {"order": orders}
    at = {"occurred_at": moments}
    parcel = st.builds(c.ParcelInput, items=some_quantities, weight_g=st.sampled_from([0, -1, 500]))
    hold = st.builds(
        c.HoldInput,
        type=st.sampled_from(["fraud", "quality", "no such"]),
        blocks=st.sampled_from([(), ("capture",), ("cancel",), ("ship",)]),
        line=st.none() | numbers,
        due_at=moments,
    )
    allotment = st.builds(
        c.Allotment, numbers, st.sampled_from(["eu", "stores", "no", "a\x00b"]), st.sampled_from([*PLACES, "no"]), small
    )
    feed_row = st.builds(
        s.FeedRow, st.sampled_from([*CODES, "NO"]), st.sampled_from([*PLACES, "no"]), st.integers(-3, 12)
    )
    return st.one_of(
        st.builds(c.PlaceHold, **order, hold=hold),
        st.builds(c.ReleaseHold, **order, hold=numbers, reason=odd_text),
        st.builds(c.ReserveUnits, **order),
        st.builds(c.ReclaimUnits, **order),
        st.builds(
            c.AllocateUnits,
            **order,
            group=st.sampled_from([1, 1, 2, 99]),
            allotments=st.lists(allotment, max_size=2).map(tuple),
            decision=st.none() | st.just(DecisionId(UUID(int=5))),
        ),
        st.builds(c.PullBack, **order, fulfillment=numbers, reason=odd_text),
        st.builds(c.SubmitFulfillment, **order, fulfillment=numbers),
        st.builds(c.AcceptFulfillment, **order, fulfillment=numbers, **at),
        st.builds(
            c.RejectUnits,
            **order,
            fulfillment=numbers,
            lines=some_quantities,
            reason=odd_text,
            shelf=st.sampled_from(["", "missing", "damaged"]),
            **at,
        ),
        st.builds(c.PickUnits, **order, fulfillment=numbers, lines=some_quantities, short=some_quantities, **at),
        st.builds(c.PackUnits, **order, fulfillment=numbers, parcels=st.lists(parcel, max_size=2).map(tuple), **at),
        st.builds(
            c.LabelParcel, **order, parcel=numbers, carrier=st.sampled_from(["", "post"]), tracking_number=odd_text
        ),
        st.builds(c.ShipParcels, **order, fulfillment=numbers, parcels=st.lists(numbers, max_size=2).map(tuple), **at),
        st.builds(p.ReadyPickup, **order, fulfillment=numbers, code_hash=st.sampled_from(["", "a"]), **at),
        st.builds(p.CollectParcels, **order, fulfillment=numbers, code_hash=st.sampled_from(["", "a", "b"]), **at),
        st.builds(p.RenewPickup, **order, fulfillment=numbers, code_hash=st.just("b")),
        st.builds(p.ExpirePickup, **order, fulfillment=numbers),
        st.builds(p.RestockPickup, **order, fulfillment=numbers, **at),
        st.builds(
            c.TrackParcel,
            **order,
            parcel=numbers,
            state=st.sampled_from(["in_transit", "exception", "delivered", "lost", "returning"]),
            **at,
        ),
        st.builds(c.CancelUnits, **order, reason=odd_text, lines=some_quantities),
        st.builds(c.AnswerCancel, **order, fulfillment=numbers, accepted=st.booleans(), **at),
        st.builds(
            c.AnswerPayment,
            **order,
            tender=numbers,
            key=st.sampled_from(["", "made up"]),
            kind=st.sampled_from(PaymentKind),
            amount_minor=small,
        ),
        st.builds(c.RetryPayment, **order, tender=numbers),
        st.builds(
            c.AddTender,
            **order,
            tender=st.builds(
                c.TenderInput,
                provider=st.sampled_from(["", "sandbox"]),
                amount_minor=st.sampled_from([-1, 0, 1, 500, 10**12]),
                state=st.sampled_from(["requested", "authorized", "captured"]),
                refunded_minor=st.sampled_from([0, 0, 5]),
            ),
            replaces=st.none() | numbers,
        ),
        st.builds(c.LinkOrders, **order, type=st.just("related"), target=orders, quantity=small),
        st.builds(
            c.AnnotateOrder,
            **order,
            priority=st.none() | st.sampled_from([5, 10**12]),
            tags=st.none() | st.sampled_from([("vip",), ("a\x1fb",), ()]),
            note=odd_text,
        ),
        st.builds(c.CloseOrder, **order),
        st.builds(
            s.AdjustStock,
            sku=st.sampled_from([*CODES, "NO", "a\x00b"]),
            location=st.sampled_from([*PLACES, "no"]),
            quantity=st.integers(-1, 12) | st.just(10**9),
            reason=st.sampled_from([*REASONS, "because"]),
            **at,
        ),
        st.builds(
            s.ApplyFeed,
            feed=st.sampled_from(["wms", "erp"]),
            sequence=st.integers(0, 4) | st.just(2**70),
            part=st.integers(0, 1),
            delta=st.booleans(),
            rows=st.lists(feed_row, max_size=3).map(tuple),
            as_of=st.none() | st.sampled_from([NOON - timedelta(hours=1), datetime(2026, 11, 20)]),  # noqa: DTZ001
        ),
        st.builds(
            s.SetSafety, sku=st.sampled_from([*CODES, "NO"]), location=st.sampled_from([*PLACES, "no"]), safety=small
        ),
        st.builds(
            s.SetDoubt,
            sku=st.sampled_from([*CODES, "NO"]),
            location=st.sampled_from([*PLACES, "no"]),
            doubt_ppm=st.sampled_from([0, 1, 250_000, 1_000_000, 1_000_001]),
        ),
        st.builds(
            s.SetThreshold, sku=st.sampled_from([*CODES, "NO"]), pool=st.sampled_from(["eu", "no"]), threshold=small
        ),
        st.builds(
            s.HoldCart,
            cart=st.sampled_from(CARTS),
            channel=st.sampled_from(["web", "web", "no"]),
            lines=st.lists(st.builds(s.CartLineInput, st.sampled_from(CODES), small), max_size=2).map(tuple),
            ttl_s=st.sampled_from([600, 600, 1]),
        ),
        st.builds(s.ReleaseCart, cart=st.sampled_from([*CARTS, CartHoldId(UUID(int=3))]), expired_only=st.booleans()),
        st.just(ANYBODY),
        st.builds(
            Reallocate,
            reallocation=st.sampled_from(["R-1", "R-2", "R-3"]),
            sku=st.sampled_from([*STOCKED, "NO"]),
            **order,
            line=numbers,
            takes=st.lists(st.builds(TakeInput, orders, numbers, small), max_size=2).map(tuple),
        ),
        st.builds(s.PutSkus, skus=st.sampled_from([(SKUS[0],), (Sku("MUG", "Mug", kind=SkuKind.DIGITAL),)])),
    )


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
                order=id_, hold=c.HoldInput(type=dice.choice(["fraud", "quality"]), line=dice.choice([None, 1]))
            ),
        ),
    ]
    choices += [(4, c.ReleaseHold(order=id_, hold=hold.number)) for hold in order.holds]
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
            state: Any = dice.choice(["in_transit", "exception", "delivered", "delivered", "lost"])
            choices.append((4, c.TrackParcel(order=id_, parcel=parcel.number, state=state)))
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
    return dice.choices([command for _, command in choices], [weight for weight, _ in choices])[0]


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
    paid = dice.choice(["authorized", "authorized", "requested", "captured", None])
    return order_of(name, *lines, paid=paid, pickup=dice.choice([None, None, None, "paris"]), **about)
