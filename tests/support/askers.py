"""Days of a shop in which much goes wrong: customers are asked, answer, keep silent, while everybody works on."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

from orderline.core.decisions import commands as d
from orderline.core.decisions.asking import DecisionCause
from orderline.core.decisions.doubting import Doubt
from orderline.core.decisions.state import Decision
from orderline.core.holds.commands import EscalateHold
from orderline.core.holds.state import Breach, HoldInput
from orderline.core.orders import commands as c
from orderline.core.orders.state import LineQuantity, Order, ParcelState
from orderline.core.pickups import commands as p
from orderline.core.stock.commands import AdjustStock, PutLocation, PutPool, PutSubstitutes
from orderline.core.stock.state import Location, LocationKind, Pool
from orderline.core.stock.substitutes import Substitute, SwapPrice
from orderline.values.address import Place
from orderline.values.ids import OrderId, new_id
from support.likely import change_command
from support.shop import HOME, order_of

STOCK = [("CAP-9", "lille", 2), ("TEE-M", "lyon", 6), ("TEE-M", "lille", 3), ("TEE-M", "paris", 4), ("MUG", "lyon", 3)]
PLACES = {"lyon": "eu", "lille": "eu", "paris": "stores", "nice": "nice"}
OPENING: tuple[c.Command, ...] = (
    PutPool(pool=Pool("nice")),
    PutLocation(location=Location("nice", "Nice", LocationKind.STORE, "nice", Place(country="FR"), pickup=True)),
    AdjustStock(sku="TEE-M", location="nice", quantity=5, reason="received"),
    PutSubstitutes(
        sku="TEE-M",
        substitutes=(
            Substitute(sku="CAP-9", price=SwapPrice.LOWER, prices={"EUR": 1501}, consent=False, channels=("web",)),
            Substitute(sku="MUG", price=SwapPrice.DIFFERENCE, prices={"EUR": 2099}),
        ),
    ),
)


class Askers:
    """Draws the next command from what stands. order_of, decisions: how the shop that is played on is read."""

    def __init__(
        self,
        dice: Random,
        read: Callable[[OrderId], Order],
        decisions: Callable[[], list[Decision]],
        now: Callable[[], datetime],
    ) -> None:
        self.dice = dice
        self.read = read
        self.decisions = decisions
        self.now = now
        self.orders: list[OrderId] = []
        self.placed = 0

    def next(self) -> c.Command:
        """Some command; it may well be refused."""
        dice = self.dice
        if not self.orders or dice.random() < 0.12:
            return self._placing()
        if dice.random() < 0.35 and (known := self.decisions()):
            return self._deciding(dice.choice(known))
        return self._working(self.read(dice.choice(self.orders)))

    def _placing(self) -> c.Command:
        self.placed += 1
        dice = self.dice
        about: dict[str, Any] = {"pickup": dice.choice(("paris", "nice"))} if dice.random() < 0.4 else {}
        if not about:
            group = c.GroupInput(address=HOME, ship_complete=dice.random() < 0.5)
            about = {"groups": (group,)}
        lines = [("TEE-M", dice.randint(1, 2), 2000)]
        if "groups" in about:
            lines.append(("MUG", dice.randint(1, 3), 500))
        return order_of(f"A-{self.placed}", *lines, **about)

    def _deciding(self, decision: Decision) -> c.Command:
        dice = self.dice
        about: dict[str, Any] = {"decision": decision.id, "order": decision.order}
        draw = dice.random()
        if draw < 0.5:
            option = dice.choice([each.code for each in decision.options])
            token: dict[str, Any] = (
                {"token_hash": decision.token_hash} if dice.random() < 0.7 else {"reason": "by phone"}
            )
            return d.AnswerDecision(option=option, address=HOME, suggestion=HOME, **token, **about)
        if draw < 0.75:
            return d.LapseDecision(sending=decision.sendings, **about)
        if draw < 0.85:
            return d.ReviewDecision(**about)
        if draw < 0.92:
            return d.ResendDecision(nonce="m", token_hash="k", **about)
        stranded = d.StrandDecision(sending=decision.sendings, reason="no address", **about)
        return dice.choice((d.WithdrawDecision(reason="found", **about), d.SendDecision(**about), stranded))

    def _working(self, order: Order) -> c.Command:
        dice = self.dice
        line = dice.choice(order.lines)
        number = dice.randint(1, max(1, len(order.fulfillments)))
        about: dict[str, Any] = {"order": order.id, "fulfillment": number}
        place = dice.choice(list(PLACES))
        units = max(1, line.units.pooled)
        items = (LineQuantity(line.line, max(1, line.units.released or line.units.picked)),)
        waiting = [parcel.number for parcel in order.parcels if parcel.state is ParcelState.PACKED]
        commands: list[c.Command] = [
            c.AllocateUnits(order=order.id, group=1, allotments=(c.Allotment(line.line, PLACES[place], place, units),)),
            c.AllocateUnits(order=order.id, group=1, allotments=(c.Allotment(line.line, PLACES[place], place, units),)),
            c.AcceptFulfillment(**about),
            c.RejectUnits(reason="empty", shelf=dice.choice(("", "missing")), **about),
            c.RejectUnits(reason="empty", shelf=dice.choice(("", "missing")), **about),
            c.PickUnits(lines=items, **about),
            c.PackUnits(parcels=(c.ParcelInput(items=items),), **about),
            c.ShipParcels(parcels=tuple(waiting[:1]), **about),
            c.CancelUnits(order=order.id, reason="x", lines=(LineQuantity(line.line, 1),)),
            c.AnswerCancel(accepted=dice.random() < 0.5, **about),
            c.ReserveUnits(order=order.id),
            c.ReclaimUnits(order=order.id),
            c.PullBack(**about),
            p.ReadyPickup(seed="s", code_hash="k", **about),
            p.ExpirePickup(**about),
            AdjustStock(sku=line.sku, location=place, quantity=1, reason=dice.choice(("received", "shrinkage"))),
            c.PlaceHold(order=order.id, hold=_doubted(dice)),
            EscalateHold(order=order.id, hold=dice.randint(1, max(1, order.holds_placed)), reason="not answered"),
            self._drafting(order),
            self._drafting(order),
            self._drafting(order),
            self._drafting(order),
        ]
        return dice.choice(commands)

    def _drafting(self, order: Order) -> c.Command:
        dice = self.dice
        cause = dice.choice(list(DecisionCause))
        about: dict[str, Any] = {}
        if cause is DecisionCause.DELAY:
            late = dice.choice((None, self.now() + timedelta(days=dice.randint(1, 40))))
            lines = tuple({dice.choice(order.lines).line})
            about = {"lines": lines, "latest_at": late, "replaces": tuple(each.id for each in order.asked)}
        if cause is DecisionCause.UNCOLLECTED:
            about = {"fulfillment": dice.randint(1, max(1, len(order.fulfillments)))}
        if cause is DecisionCause.ADDRESS:
            group = dice.choice(order.agreement.groups)
            doubt = Doubt(group=group.group, recipient=group.recipient, suggests=dice.random() < 0.7)
            about = {
                "hold": dice.randint(1, max(1, order.holds_placed)),
                "doubt": doubt,
                "by_hand": dice.random() < 0.5,
            }
        if cause is DecisionCause.CHANGE:
            about = {"change": change_command(dice, order), "by_hand": True}
        return d.DraftDecision(decision=str(new_id()), order=order.id, cause=cause, nonce="n", token_hash="h", **about)


def _doubted(dice: Random) -> HoldInput:
    return HoldInput(type="address", line=dice.choice([None, None, 1]), on_breach=dice.choice(list(Breach)))
