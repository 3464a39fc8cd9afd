"""Golden journals: a scenario as text, one command a line, and indented below it all that it moved."""

import re
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from msgspec.structs import replace

from orderline.core.moves import Bucket
from orderline.core.orders import commands as c
from orderline.core.orders import events as e
from orderline.core.orders.next_step import next_step_of
from orderline.core.orders.state import LineQuantity, PaymentKind
from orderline.core.orders.status import status_of
from orderline.core.pickups import commands as p
from orderline.core.stock import commands as s
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.ids import CartHoldId, OrderId
from orderline.values.money import parse_minor, render_minor
from support.always import assert_follow_ups_sound, assert_sound
from support.scenario_decisions import VERBS as DECISIONS
from support.scenario_decisions import told_of
from support.shop import MemoryShop, order_of


def play(text: str) -> str:
    """The scenario with what its commands really did."""
    return Player().play(text)


class Player:
    """Runs the lines of a scenario on a shop in memory and writes down what happens."""

    def __init__(self) -> None:
        self.shop = MemoryShop()
        self.orders: dict[str, OrderId] = {}
        self.names: dict[OrderId, str] = {}

    def play(self, text: str) -> str:
        told: list[str] = []
        for line in text.splitlines():
            if line.startswith("  "):
                continue
            told.append(line)
            if line and not line.startswith("#"):
                told.extend(self._do(line))
        return "\n".join(told) + "\n"

    def _do(self, line: str) -> list[str]:
        verb, *words = line.split()
        if verb == "wait":
            self.shop.later(minutes=int(words[0]))
            return []
        told: list[str] = []
        for command in VERBS[verb](self, words):
            try:
                draft = self.shop.do(command)
            except Refused as refused:
                return [*told, f"  refused {refused.code}"]
            assert_follow_ups_sound(self.shop, draft)
            if isinstance(command, c.PlaceOrder):
                id_ = draft.events[0][0]
                self.orders[words[0]], self.names[id_] = id_, words[0]
            told.extend(self._told(draft))
        assert_sound(self.shop)
        return told

    def _told(self, draft: Draft) -> list[str]:
        told: list[str] = []
        told.extend(f"  {line}" for line in told_of(draft))
        for order_id, event in draft.events:
            told.extend(f"  {line}" for line in self._event(order_id, event))
        told.extend(
            f"  {entry.sku} {entry.location:<8} {entry.source} -> {entry.target}  {entry.quantity}"
            for entry in draft.entries
        )
        for order_id in dict.fromkeys(order_id for order_id, _ in draft.events):
            order = self.shop.order(order_id)
            status = status_of(order)
            step = next_step_of(order, status.phase)
            then = f"; next {step.what} by {step.owner}" if step else ""
            flags = "".join(f", {flag}" for flag in status.flags)
            told.append(f"  = {self.names.get(order_id, 'new')} {status.phase}, {status.payment}{flags}{then}")
        return told

    def _event(self, order_id: OrderId, event: e.AnyOrderEvent) -> list[str]:
        name = self.names.get(order_id) or f"SO-{len(self.names) + 1}"
        match event:
            case e.UnitsMoved():
                where = f"   FO-{event.fulfillment} {event.location}" if event.fulfillment else ""
                return [
                    f"{name}/{item.line}   {item.source} -> {item.target}  {item.quantity}"
                    f"{where or (f'   {item.pool}' if item.pool else '')}"
                    f"{_pool_of(event, item)}"
                    for item in event.items
                ]
            case e.UnitsBackordered():
                return [f"{name}/{event.line}   backordered {event.quantity:+d}   {event.pool}"]
            case e.FulfillmentOpened():
                return [f"FO-{event.number} opened at {event.location}"]
            case e.FulfillmentProgressed():
                back = "".join(f" {each.line}x{each.quantity}" for each in event.asked_back)
                return [f"FO-{event.fulfillment} {' '.join(filter(None, (event.execution, event.negotiation)))}{back}"]
            case e.ParcelPacked():
                return [f"P-{event.number} packed {' '.join(f'{i.line}x{i.quantity}' for i in event.items)}"]
            case e.ParcelTracked():
                return [f"P-{event.parcel} {event.state}"]
            case e.ShipmentHandedOver():
                return [f"S-{event.number} handed over {' '.join(f'P-{parcel}' for parcel in event.parcels)}"]
            case e.PaymentRequested():
                return [f"T-{event.tender} {event.kind} {render_minor(event.amount_minor, 'EUR')} asked"]
            case e.PaymentAnswered():
                answer = "in doubt" if event.in_doubt else f"declined {event.declined}" if event.declined else "done"
                return [f"T-{event.tender} {event.kind} {render_minor(event.amount_minor, 'EUR')} {answer}"]
            case e.PaymentWithdrawn():
                return [f"T-{event.tender} {event.kind} {render_minor(event.amount_minor, 'EUR')} withdrawn"]
            case e.RefundReversed():
                return [f"T-{event.tender} refund {render_minor(event.amount_minor, 'EUR')} sent back"]
            case e.MoneyPosted():
                amounts = (f"{x.account} {render_minor(x.amount_minor, 'EUR')}" for x in event.posted.entries)
                return [f"{event.posted.cause}: {', '.join(amounts)}"]
            case e.HoldPlaced():
                return [f"hold {event.hold.number} {event.hold.type} blocks {' '.join(event.hold.blocks) or 'nothing'}"]
            case e.HoldReleased():
                return [f"hold {event.hold} released"]
            case e.OrderPlaced():
                return [
                    f"{name}/{line.line}   {line.sku} x{line.quantity} {line.kind}"
                    f"  {render_minor(line.total_minor, event.currency)}"
                    for line in event.agreement.lines
                ]
            case _:
                return [str(event.__struct_config__.tag)]


def _pool_of(event: e.UnitsMoved, item: e.MovedItem) -> str:
    """Where units are claimed now, when that is not told by where they come from."""
    if event.fulfillment and item.target is Bucket.POOLED:
        return f" {item.pool}"
    return f" -> {item.into}" if item.into else ""


def _stock(player: Player, words: list[str]) -> list[c.Command]:
    sku, *rest = words
    return [
        s.AdjustStock(sku=sku, location=place, quantity=int(quantity), reason="received")
        for place, quantity in zip(rest[::2], rest[1::2], strict=True)
    ]


def _adjust(player: Player, words: list[str]) -> list[c.Command]:
    sku, place, quantity, reason = words
    return [s.AdjustStock(sku=sku, location=place, quantity=int(quantity), reason=reason)]


def _place(player: Player, words: list[str]) -> list[c.Command]:
    name, *rest = words
    lines: list[tuple[str, int, int]] = []
    about: dict[str, Any] = {}
    while rest:
        word = rest.pop(0)
        if word in ("paid", "pickup"):
            about[word] = None if rest[0] == "elsewhere" else rest[0]
            rest.pop(0)
        elif word == "cart":
            about["cart_hold"] = str(_cart_id(rest.pop(0)))
        else:
            lines.append((word, int(rest.pop(0)[1:]), parse_minor(rest.pop(0)[1:], "EUR")))
    return [order_of(name, *lines, **about)]


def _allocate(player: Player, words: list[str]) -> list[c.Command]:
    order, *rest = words
    pools = {"lyon": "eu", "lille": "eu", "paris": "stores"}
    allotments = tuple(
        c.Allotment(int(rest[i]), pools[rest[i + 1]], rest[i + 1], int(rest[i + 2])) for i in range(0, len(rest), 3)
    )
    return [c.AllocateUnits(order=player.orders[order], group=1, allotments=allotments)]


def _units(words: list[str]) -> tuple[LineQuantity, ...]:
    return tuple(LineQuantity(*map(int, word.split("x"))) for word in words if re.fullmatch(r"\d+x\d+", word))


def _pick(player: Player, words: list[str]) -> list[c.Command]:
    at = words.index("short") if "short" in words else len(words)
    return [
        c.PickUnits(
            order=player.orders[words[0]],
            fulfillment=_number(words[1]),
            lines=_units(words[:at]),
            short=_units(words[at:]),
        )
    ]


def _reject(player: Player, words: list[str]) -> list[c.Command]:
    return [
        c.RejectUnits(
            order=player.orders[words[0]], fulfillment=_number(words[1]), lines=_units(words), reason=words[-1]
        )
    ]


def _pack(player: Player, words: list[str]) -> list[c.Command]:
    parcel = c.ParcelInput(items=_units(words))
    return [c.PackUnits(order=player.orders[words[0]], fulfillment=_number(words[1]), parcels=(parcel,))]


def _pay(player: Player, words: list[str]) -> list[c.Command]:
    order = player.shop.order(player.orders[words[0]])
    tender = order.tenders[_number(words[1]) - 1]
    kind, answer = PaymentKind(words[2]), words[3]
    request = next(each for each in tender.requests if each.kind is kind)
    return [
        c.AnswerPayment(
            order=order.id,
            tender=tender.number,
            key=request.key,
            kind=kind,
            amount_minor=request.amount_minor,
            declined="no_funds" if answer == "no" else "",
            in_doubt=answer == "doubt",
        )
    ]


def _retry(player: Player, words: list[str]) -> list[c.Command]:
    return [c.RetryPayment(order=player.orders[words[0]], tender=_number(words[1]))]


def _tender(player: Player, words: list[str]) -> list[c.Command]:
    """tender SO-1 20.00 requested [replaces T-1]"""
    state: Any = words[2]
    tender = c.TenderInput(provider="sandbox", amount_minor=parse_minor(words[1], "EUR"), token="tok", state=state)
    replaces = _number(words[4]) if len(words) > 4 else None
    return [c.AddTender(order=player.orders[words[0]], tender=tender, replaces=replaces)]


def _cancel(player: Player, words: list[str]) -> list[c.Command]:
    return [c.CancelUnits(order=player.orders[words[0]], lines=_units(words), reason="changed my mind")]


def _on_fulfillment(make: Callable[..., c.Command], **about: object) -> Callable[[Player, list[str]], list[c.Command]]:
    def command(player: Player, words: list[str]) -> list[c.Command]:
        return [make(order=player.orders[words[0]], fulfillment=_number(words[1]), **about)]

    return command


def _ship(player: Player, words: list[str]) -> list[c.Command]:
    parcels = tuple(_number(word) for word in words[2:])
    return [c.ShipParcels(order=player.orders[words[0]], fulfillment=_number(words[1]), parcels=parcels)]


def _nobody_asked(player: Player, words: list[str]) -> list[c.Command]:
    """No provider has been sent the order's open requests."""
    for tender in player.shop.order(player.orders[words[0]]).tenders:
        player.shop.world.unsent.update((request.key, UUID(int=7)) for request in tender.requests)
    return []


def _answer_cancel(player: Player, words: list[str]) -> list[c.Command]:
    accepted = words[2] == "yes"
    return [c.AnswerCancel(order=player.orders[words[0]], fulfillment=_number(words[1]), accepted=accepted)]


def _track(player: Player, words: list[str]) -> list[c.Command]:
    state: Any = words[2]
    return [c.TrackParcel(order=player.orders[words[0]], parcel=_number(words[1]), state=state)]


def _hold(player: Player, words: list[str]) -> list[c.Command]:
    line = int(words[2]) if len(words) > 2 else None
    return [c.PlaceHold(order=player.orders[words[0]], hold=c.HoldInput(type=words[1], line=line))]


def _release(player: Player, words: list[str]) -> list[c.Command]:
    return [c.ReleaseHold(order=player.orders[words[0]], hold=int(words[1]))]


def _reserve(player: Player, words: list[str]) -> list[c.Command]:
    return [c.ReserveUnits(order=player.orders[words[0]])]


def _reclaim(player: Player, words: list[str]) -> list[c.Command]:
    return [c.ReclaimUnits(order=player.orders[words[0]])]


def _opening(active: bool) -> Callable[[Player, list[str]], list[c.Command]]:
    def command(player: Player, words: list[str]) -> list[c.Command]:
        location = player.shop.world.settings.locations[words[0]]
        return [s.PutLocation(location=replace(location, active=active))]

    return command


def _close(player: Player, words: list[str]) -> list[c.Command]:
    return [c.CloseOrder(order=player.orders[words[0]])]


def _hold_cart(player: Player, words: list[str]) -> list[c.Command]:
    line = s.CartLineInput(words[1], int(words[2]))
    return [s.HoldCart(cart=_cart_id(words[0]), channel="web", lines=(line,))]


def _expire_cart(player: Player, words: list[str]) -> list[c.Command]:
    return [s.ReleaseCart(cart=_cart_id(words[0]), expired_only=True)]


def _cart_id(name: str) -> CartHoldId:
    return CartHoldId(UUID(int=_number(name)))


def _number(name: str) -> int:
    return int(name.partition("-")[2])


VERBS: Final[dict[str, Callable[[Player, list[str]], list[c.Command]]]] = {
    **DECISIONS,
    "stock": _stock,
    "adjust": _adjust,
    "place": _place,
    "reserve": _reserve,
    "reclaim": _reclaim,
    "allocate": _allocate,
    "submit": _on_fulfillment(c.SubmitFulfillment),
    "accept": _on_fulfillment(c.AcceptFulfillment),
    "pull-back": _on_fulfillment(c.PullBack),
    "reject": _reject,
    "pick": _pick,
    "pack": _pack,
    "ship": _ship,
    "nobody-asked": _nobody_asked,
    "collect": _on_fulfillment(p.CollectParcels),
    "track": _track,
    "cancel": _cancel,
    "answer-cancel": _answer_cancel,
    "pay": _pay,
    "retry": _retry,
    "tender": _tender,
    "hold": _hold,
    "release": _release,
    "close": _close,
    "deactivate": _opening(False),
    "activate": _opening(True),
    "cart": _hold_cart,
    "expire": _expire_cart,
}
