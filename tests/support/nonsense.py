"""Commands drawn blindly: late ones, repeated ones, and ones that make no sense at all."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from hypothesis import strategies as st

from orderline.core.holds.commands import BreachHold, RejectHold
from orderline.core.holds.state import Breach, Rejection
from orderline.core.moves import REASONS
from orderline.core.orders import commands as c
from orderline.core.orders.state import Charge, LineQuantity, PaymentKind, TaxLine
from orderline.core.pickups import commands as p
from orderline.core.reallocations.commands import PutPriorityRules, Reallocate, TakeInput
from orderline.core.reallocations.state import PriorityClass, TakingRule
from orderline.core.stock import commands as s
from orderline.core.stock.state import Sku, SkuKind
from orderline.values.ids import CartHoldId, DecisionId, OrderId
from support.shop import HOME, NOON, SKUS, order_of

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
    paid: Any = draw(st.sampled_from(["authorized", "requested", "captured", None]))
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
        on_breach=st.sampled_from(Breach),
        on_reject=st.sampled_from(Rejection),
        may_release=st.sampled_from([(), ("risk",), ("a\x00b",)]),
        four_eyes_above_minor=st.sampled_from([None, 0, 10**9]),
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
        st.builds(RejectHold, **order, hold=numbers, reason=odd_text),
        st.builds(BreachHold, **order, hold=numbers),
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
