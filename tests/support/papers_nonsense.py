"""Commands drawn at random on what stands beside goods: policies, quotes, boxes, parcels in common, claims, missing parcels."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random
from typing import Any, Final

from msgspec.structs import replace

from orderline.core.orders.commands import (
    AllocateUnits,
    Allotment,
    Command,
    PackUnits,
    ParcelInput,
    PickUnits,
    ShipParcels,
    TrackParcel,
)
from orderline.core.orders.state import Execution, FulfillmentOrder, LineQuantity, Order, ParcelState
from orderline.core.policies import commands as y
from orderline.core.promises.commands import MakeQuote
from orderline.core.promises.model import CartLine, Option, Part, PartItem
from orderline.core.shipments import carrier_claims as cc
from orderline.core.shipments import combination_commands as cb
from orderline.core.shipments import missing_parcels as mp
from orderline.core.shipments.boxes import BoxState, PutBox
from orderline.core.stock.commands import AdjustStock, PutLocation
from orderline.values.address import Place
from support.nonsense import CARTS
from support.orphans_nonsense import orphan_command
from support.shop import LOCATIONS, NOON, order_of

Known = Callable[[str], Sequence[Any]]

POLICY: Final = (
    'kind = "routing"\ndescription = "{}"\n[[group]]\nname = "all"\n[[group.rule]]\nname = "near"\nobjective = ["{}"]\n'
)
OWN: Final = replace(LOCATIONS[1], partner="")  # for once, no partner runs it
GOALS: Final = ("distance", "late", "cost", "nothing")  # none is called "nothing"


def paper_command(dice: Random, orders: Sequence[Order], known: Known) -> Command:
    """What happens to papers and parcels; most of it suits those there are. known: the records of a kind."""
    return dice.choice(_KINDS)(dice, orders, known)


def _policy(dice: Random, orders: Sequence[Order], known: Known) -> Command:
    one = dice.choice([None, *known("policy")])
    name, number = (one.id, dice.randint(0, len(one.versions))) if one is not None else ("P-1", 1)
    at = dice.choice([None, NOON + timedelta(days=dice.randint(-2, 9))])
    put = y.PutPolicy(
        policy=name, text=POLICY.format(dice.randint(1, 9), dice.choice(GOALS)), draft=dice.random() < 0.2
    )
    if one is None:
        return put
    return dice.choice(
        [
            put,
            y.ActivatePolicy(policy=name, policy_version=number),
            y.ActivatePolicy(policy=name, policy_version=number),
            y.ActivatePolicy(
                policy=name, policy_version=number, effective_from=at, effective_to=NOON + timedelta(days=5)
            ),
            y.NoteSimulation(policy=name, policy_version=number, figures={"splits": dice.randint(0, 9)}),
            y.ShadowPolicy(policy=name, policy_version=number),
            y.RollBackPolicy(policy=name),
            y.RetirePolicy(policy=name),
        ]
    )


def _quote(dice: Random, orders: Sequence[Order], known: Known) -> Command:
    """Something is quoted, mostly with units held for it; or ordered by a quote, with its cart or another."""
    open_ = [each for each in known("quote") if each.state == "open"]
    if open_ and dice.random() < 0.5:
        quote = dice.choice(open_)
        about: dict[str, Any] = {"quote": quote.id, "quote_option": dice.choice(["", "1", "9"])}
        if quote.cart_hold or dice.random() < 0.1:
            about["cart_hold"] = quote.cart_hold or str(dice.choice(CARTS))
        goods = [(line.sku, line.quantity + (dice.random() < 0.1), 900) for line in quote.lines]
        return order_of(f"Q-{dice.randrange(10_000)}", *goods, **about)
    sku, quantity = dice.choice(["TEE-M", "MUG"]), dice.randint(1, 3)
    there = NOON + timedelta(days=dice.randint(1, 9))
    part = Part(
        location="lyon", items=(PartItem(1, sku, quantity),), carrier="post", service="standard", handover_at=NOON,
        earliest_at=there, latest_at=there, cost_minor=490, carbon_g=100, parcels=1, cutoff_at=NOON, cutoff="",
        calendars=(), steps=(),
    )  # fmt: skip
    option = Option(
        id="1", method="standard", goals=(), earliest_at=there, latest_at=there, cost_minor=490, currency="EUR",
        carbon_g=100, parcels=1, complete=True, lines=(), parts=(part,),
    )  # fmt: skip
    return MakeQuote(
        quote=_name(dice),
        channel="web",
        place=Place(country="FR"),
        lines=(CartLine(line=1, sku=sku, quantity=quantity),),
        options=(option,),
        expires_at=NOON + timedelta(minutes=dice.choice([-5, 10, 3_000])),
        cart=dice.choice([None, *CARTS, *CARTS]),
    )


def _box(dice: Random, orders: Sequence[Order], known: Known) -> Command:
    return PutBox(
        box=f"B-{dice.randint(1, 3)}", length_mm=dice.choice([0, 300, 300, 300]), width_mm=200, height_mm=dice.randint(1, 400), tare_g=dice.randint(0, 200),
        state=dice.choice(list(BoxState)),
    )  # fmt: skip


def _combination(dice: Random, orders: Sequence[Order], known: Known) -> Command:
    going = [each for each in known("combination") if each.state not in ("shipped", "dissolved")]
    if not going or dice.random() < 0.3:
        work = [(order, each) for order in orders for each in order.fulfillments if _may_join(order, each)]
        place = dice.choice(work)[1].location if work else OWN.code
        here = [cb.Work(order.id, each.number) for order, each in work if each.location == place]
        if len(here) < 2 and dice.random() < 0.9:
            chance = dice.random()
            if chance < 0.1:
                return PutLocation(location=OWN)
            if chance < 0.2:
                return AdjustStock(sku="TEE-M", location=OWN.code, quantity=5, reason="received")
            return _onward(dice, orders, to_pack=True)
        return cb.CombineWork(combination=_name(dice), location=place, work=tuple(here[: dice.randint(2, 4)]))
    one = dice.choice(list(known("combination")) if dice.random() < 0.2 else going)
    about: dict[str, Any] = {"combination": one.id, "members": tuple(each.order for each in one.members)}
    order = dice.choice([None, None, *about["members"]])
    mates = [each for each in orders if each.id in about["members"]] or orders
    cost = dice.randint(0, 999)
    state: Any = dice.choice(["in_transit", "delivered", "lost"])
    packed = cb.PackCombination(**about, weight_g=dice.randint(1, 900))
    next_: dict[str, Command] = {
        "open": dice.choice([packed, _onward(dice, mates, to_pack=True)]),
        "packed": cb.LabelCombination(
            **about, carrier="post", tracking_number=one.id, cost_minor=cost, cost_currency="EUR"
        ),
        "labeled": cb.ShipCombination(**about),
        "shipped": cb.TrackCombination(**about, state=state),
        "voiding": cb.AnswerCombinationVoid(**about, voided=dice.random() < 0.5),
        "dissolved": cb.SplitCombination(**about, order=order),
    }
    return next_[str(one.state)] if dice.random() < 0.6 else dice.choice([packed, *next_.values()])


def _claim(dice: Random, orders: Sequence[Order], known: Known) -> Command:
    claims = [each for each in known("carrier_claim") if each.state not in ("paid", "withdrawn")]
    if not claims or dice.random() < 0.3:
        found = _parcel(dice, orders, claimable=True)
        if found is None:
            return _onward(dice, orders)
        value = dice.choice([None, -1, 700])
        reason: Any = dice.choice(["lost", "damaged"])
        return cc.DraftClaim(claim=_name(dice), order=found[0], parcel=found[1], reason=reason, value_minor=value)
    one = dice.choice(claims)
    amount = dice.choice([None, 0, 300, 10**9])
    answered = cc.AnswerClaim(claim=one.id, accepted=dice.random() < 0.6, amount_minor=amount)
    next_: dict[str, Command] = {
        "drafted": cc.FileClaim(claim=one.id, reference="R"),
        "filed": answered,
        "appealed": answered,
        "rejected": cc.AppealClaim(claim=one.id, note="look again"),
        "accepted": cc.PayClaim(claim=one.id, amount_minor=dice.choice([1, 300, max(1, one.accepted_minor), 10**9])),
    }
    others = (cc.WithdrawClaim(claim=one.id, note="found"), cc.ClaimDue(claim=one.id, due_at=one.due_at or NOON))
    return next_.get(str(one.state), answered) if dice.random() < 0.8 else dice.choice([*next_.values(), *others])


def _missing(dice: Random, orders: Sequence[Order], known: Known) -> Command:
    cases = known("missing_parcel")
    if not cases or dice.random() < 0.5:
        found = _parcel(dice, orders, claimable=False)
        if found is None:
            return _onward(dice, orders)
        return mp.ReportMissing(case=_name(dice), order=found[0], parcel=found[1], note="nothing came")
    one = dice.choice([each for each in cases if each.state == "open"] or list(cases))
    if dice.random() < 0.2:
        return mp.MissingDue(case=one.id, due_at=one.due_at or NOON)
    return mp.DecideMissing(case=one.id, order=one.order, state=dice.choice(list(mp.MissingState)), answer="asked")


def _parcel(dice: Random, orders: Sequence[Order], *, claimable: bool) -> tuple[Any, int] | None:
    """A parcel of an order, mostly one that has left, or was delivered; None: goods are to be sent first."""
    there = [(order.id, parcel) for order in orders for parcel in order.parcels]
    fit = [
        (order, parcel.number)
        for order, parcel in there
        if parcel.carrier and (parcel.state is ParcelState.DELIVERED or (claimable and parcel.shipment is not None))
    ]
    if dice.random() < 0.1:
        return dice.choice(orders).id, 1
    return dice.choice(fit) if fit else None


def _may_join(order: Order, fulfillment: FulfillmentOrder) -> bool:
    going = fulfillment.execution in (Execution.OPEN, Execution.IN_PROGRESS) and fulfillment.location != "lyon"
    to_pack = not any(item.units.packed for item in fulfillment.items)
    return going and to_pack and order.group_of(fulfillment.group).pickup_location is None


def _onward(dice: Random, orders: Sequence[Order], *, to_pack: bool = False) -> Command:
    """The next step of goods on their way to a customer, so that there is something to be combined, or to claim for.

    to_pack: only until they are picked.
    """
    order = dice.choice(orders)
    id_ = order.id
    for line in order.lines:
        for share in line.claims:
            place = "paris" if share.pool == "stores" else dice.choice(["lyon", OWN.code, OWN.code])
            allotment = Allotment(line.line, share.pool, place, share.quantity)
            return AllocateUnits(order=id_, group=line.group, allotments=(allotment,))
    for each in order.fulfillments:
        open_ = tuple(LineQuantity(i.line, n) for i in each.items if (n := i.units.allocated + i.units.released))
        picked = tuple(LineQuantity(i.line, i.units.picked) for i in each.items if i.units.picked)
        packed = any(i.units.packed for i in each.items)
        if open_:
            return PickUnits(order=id_, fulfillment=each.number, lines=open_)
        if picked and not to_pack:
            parcel = ParcelInput(items=picked, carrier="post", tracking_number=f"T-{order.number}-{each.number}")
            return PackUnits(order=id_, fulfillment=each.number, parcels=(parcel,))
        if packed and not to_pack:
            return ShipParcels(order=id_, fulfillment=each.number)
    under_way = [parcel.number for parcel in order.parcels if parcel.state is ParcelState.HANDED_OVER]
    if under_way:
        return TrackParcel(order=id_, parcel=under_way[0], state="delivered")
    return order_of(f"C-{dice.randrange(10_000)}", ("TEE-M", 1, 900))


def _name(dice: Random) -> str:
    return f"N-{dice.randrange(10_000)}"


_KINDS: Final = (_policy, _quote, _quote, _box, _combination, _combination, _claim, _missing, orphan_command)
