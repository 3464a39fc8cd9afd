"""The options of each cause: which commands they are, and which of them silence may stand for.

Whoever sells may not keep the money of somebody who has not agreed to an indefinite delay: silence is then a
cancellation with refund. A first delay with a date is borne by silence, another or a long one is not. Source: domain model 10.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from orderline.core.changes.actions import ChangeAddress
from orderline.core.changes.commands import ChangeOrder
from orderline.core.decisions.asking import UNFILLABLE, DecisionCause, DelayStage
from orderline.core.decisions.doubting import doubted_hold
from orderline.core.decisions.state import Option, OptionCommand, Subject
from orderline.core.holds.commands import EscalateHold
from orderline.core.holds.state import Breach
from orderline.core.orders.commands import CancelUnits, HoldInput, PlaceHold, PromiseLines, RejectUnits, ReleaseHold
from orderline.core.orders.delivery import ChangeDelivery
from orderline.core.orders.promised import LineWindowInput, PromiseCause
from orderline.core.orders.state import DemandGroup, LineKind, Order
from orderline.core.orders.status import waits_for_the_rest
from orderline.core.orders.substitution import SubstituteUnits
from orderline.core.orders.swapping import pool_with, substitutes_of
from orderline.core.pickups.commands import RenewPickup
from orderline.core.pickups.stages import pickup_of
from orderline.core.stock.state import CartLine, Location
from orderline.core.world import World
from orderline.values.geo import distance_m, locate

WAIT: Final = "wait"
ACCEPT: Final = "accept"
SPLIT: Final = "split"
SUBSTITUTE: Final = "substitute"
SWAP: Final = "swap:"
CANCEL: Final = "cancel"
SHIP: Final = "ship"
LATER: Final = "later"
SUGGESTED: Final = "suggested"
OTHER: Final = "other"
ON_TIME: Final = "on_time"
DATE: Final = "date"
REJECT: Final = "reject"
APPROVE: Final = "approve"
KEEP: Final = "keep"
AGREE: Final = "agree"
DECLINE: Final = "decline"
_LATER: Final = timedelta(days=1)  # any date will do to see whether one can be told
STORE: Final = "store:"
STORES_MOST: Final = 10
MOST_BORNE: Final = timedelta(days=30)
KEPT_LONGER: Final = timedelta(days=7)


def candidates(
    world: World, order: Order, cause: DecisionCause, subject: Subject, now: datetime | None
) -> list[Option]:
    """What might be chosen, whether it can be done or not. now: None, when it is only asked what would be touched."""
    return _MAKERS[cause](world, order, subject, now or order.accepted_at)


def default_of(cause: DecisionCause, subject: Subject, options: Sequence[Option]) -> str:
    """What silence stands for; "": nothing that is offered may stand for it."""
    codes = {option.code for option in options}
    if cause is DecisionCause.DELAY and ACCEPT in codes and is_borne(subject):
        return ACCEPT
    if cause is DecisionCause.LATE_WORK:  # who says nothing does nothing
        return REJECT if REJECT in codes else ""
    if cause is DecisionCause.CHANGE:  # silence agrees to nothing
        return DECLINE if AGREE in codes else ""
    if cause is DecisionCause.ADDRESS:  # silence sends nothing to where it may not arrive: the hold's owner is told
        return WAIT if WAIT in codes else ""
    if cause is DecisionCause.APPROVAL:  # nobody's silence approves, or refuses
        return KEEP
    return CANCEL if CANCEL in codes else ""


def is_borne(subject: Subject) -> bool:
    """May silence stand for consent? To the first delay with a date, not too long after what was promised; to no other.

    Source: the rule of the US Federal Trade Commission on late orders (16 CFR 435.2 b), which is the strictest.
    """
    if subject.stage is not DelayStage.FIRST or subject.latest_at is None:
        return False
    return subject.promised_at is None or subject.latest_at - subject.promised_at <= MOST_BORNE


def _unfillable(world: World, order: Order, subject: Subject, now: datetime) -> list[Option]:
    lines = {each.line for each in subject.lines}
    holds = [hold.number for hold in order.holds if hold.type == UNFILLABLE and hold.line in lines]
    lifted = tuple(ReleaseHold(order=order.id, hold=number, reason="the customer waits") for number in holds)
    searched = tuple(
        PlaceHold(
            order=order.id,
            hold=HoldInput(type="customer_request", reason="offer something instead", line=each.line),
        )
        for each in subject.lines
    )
    swaps = swap_options(world, order, subject)
    offered = Option(code=SUBSTITUTE, title="Be offered something else instead", commands=(*lifted, *searched))
    return [
        *_elsewhere(world, order, subject),
        *swaps,
        Option(code=WAIT, title="Wait until it can be had again", commands=lifted),
        *([] if swaps else [offered]),
        _cancel(order, subject, "can't be had"),
    ]


def _delay(world: World, order: Order, subject: Subject, now: datetime) -> list[Option]:
    promised = _promised(order, subject, now)
    if subject.latest_at is None:
        accept = Option(code=WAIT, title="Wait, though nobody knows how long")
    else:
        accept = Option(code=ACCEPT, title=f"Have it by {subject.latest_at:%Y-%m-%d}", commands=promised)
    groups = {line.group for line in order.lines if any(each.line == line.line for each in subject.lines)}
    split = [
        Option(
            code=SPLIT,
            title="Have what is there at once, and the rest later",
            commands=(
                *(ChangeDelivery(order=order.id, group=group, ship_complete=False) for group in apart),
                *promised,
            ),
        )
        for apart in [[group for group in sorted(groups) if _waits_in_vain(order, group)]]
        if apart
    ]
    return [accept, *split, *swap_options(world, order, subject), _cancel(order, subject, "delayed")]


def _uncollected(world: World, order: Order, subject: Subject, now: datetime) -> list[Option]:
    fulfillment = order.fulfillment_of(subject.fulfillment or 0)
    pickup = pickup_of(order, fulfillment) if fulfillment is not None else None
    if fulfillment is None or pickup is None:
        return []
    renewed = RenewPickup(
        order=order.id,
        fulfillment=fulfillment.number,
        deadline_at=now + KEPT_LONGER,
        seed=pickup.seed,
        code_hash=pickup.code_hash,
    )
    title = f"Collect it by {now + KEPT_LONGER:%Y-%m-%d}"
    return [Option(code=LATER, title=title, commands=(renewed,)), _cancel(order, subject, "not collected")]


def swap_options(world: World, order: Order, subject: Subject) -> list[Option]:
    """What may be sent instead, the first of each line, the second of each, and so on; of all lines or of none."""
    lines = [(line, each.quantity) for each in subject.lines if (line := order.line_of(each.line)) is not None]
    ranked = [substitutes_of(world, order, line) for line, _ in lines]
    options: list[Option] = []
    for rank in range(min((len(each) for each in ranked), default=0)):
        chosen = [(line, units, each[rank][0].sku) for (line, units), each in zip(lines, ranked, strict=True)]
        codes = list(dict.fromkeys(code for _, _, code in chosen))
        told = ", ".join(sku.description or sku.code for code in codes if (sku := world.skus.get(code)) is not None)
        options.append(
            Option(
                code=f"{SWAP}{'+'.join(codes)}",
                title=f"Have this instead: {told}",
                commands=tuple(
                    SubstituteUnits(order=order.id, line=line.line, sku=code, quantity=units, reason="agreed")
                    for line, units, code in chosen
                ),
                reserved=tuple(
                    CartLine(code, pool, units)
                    for line, units, code in chosen
                    if (pool := pool_with(world, order, line, code, units))
                ),
            )
        )
    return options


def swaps_of(world: World, order: Order, subject: Subject) -> list[SubstituteUnits]:
    """Everything that may be sent instead of anything."""
    return [
        SubstituteUnits(order=order.id, line=line.line, sku=substitute.sku, quantity=each.quantity)
        for each in subject.lines
        if (line := order.line_of(each.line)) is not None
        for substitute, _ in substitutes_of(world, order, line)
    ]


def _late_work(world: World, order: Order, subject: Subject, now: datetime) -> list[Option]:
    """When it will be done, or not at all: then others are asked to serve it."""
    standing = {each.line: each.window.latest_at for each in order.promises if each.outcome is None}
    windows = tuple(
        LineWindowInput(line=each.line, earliest_at=now, latest_at=max(now, standing.get(each.line, now)) + _LATER)
        for each in subject.lines
    )
    later = PromiseLines(
        order=order.id, lines=windows, cause=PromiseCause.LOCATION, reason="the location says so", source="decision"
    )
    back = RejectUnits(order=order.id, fulfillment=subject.fulfillment or 0, reason="can't be done in time")
    return [
        Option(code=ON_TIME, title="It will be done in time"),
        Option(code=DATE, title="The customer will have it by another date", commands=(later,), needs="date"),
        Option(code=REJECT, title="It can't be done here", commands=(back,)),
    ]


def _approval(world: World, order: Order, subject: Subject, now: datetime) -> list[Option]:
    lifted = ReleaseHold(order=order.id, hold=subject.hold or 0, reason="approved", answered=True)
    return [
        Option(code=APPROVE, title="Approve it", commands=(lifted,)),
        Option(code=KEEP, title="Leave it where it is"),
        _cancel(order, subject, "not approved"),
    ]


def _address(world: World, order: Order, subject: Subject, now: datetime) -> list[Option]:
    """Where goods go whose address is doubted. Nobody's silence settles it: the hold goes to whoever owns it."""
    doubt, hold = subject.doubt, doubted_hold(order, subject.hold)
    if doubt is None or hold is None:
        return []
    lifted = ReleaseHold(order=order.id, hold=hold.number, reason="the customer has said where to", answered=True)
    sent = ChangeOrder(order=order.id, reason="the address was doubted", actions=(ChangeAddress(group=doubt.group),))
    told = EscalateHold(order=order.id, hold=hold.number, reason="the customer has not said where to")
    suggestion = Option(
        code=SUGGESTED, title="Send it to the address as we would write it", commands=(sent, lifted), needs="suggestion"
    )
    return [
        *([suggestion] if doubt.suggests else []),
        Option(code=KEEP, title="The address is right as it is", commands=(lifted,)),
        Option(code=OTHER, title="Send it to another address", commands=(sent, lifted), needs="address"),
        Option(
            code=WAIT,
            title="Wait: somebody will ask you about it",
            commands=(told,) if hold.on_breach is Breach.ESCALATE else (),
        ),
    ]


def _change(world: World, order: Order, subject: Subject, now: datetime) -> list[Option]:
    proposed = subject.change
    if proposed is None:
        return []
    open_ = any(isinstance(each, ChangeAddress) and each.address is None for each in proposed.actions)
    return [
        Option(code=AGREE, title="Change it like this", commands=(proposed,), needs="address" if open_ else ""),
        Option(code=DECLINE, title="Leave it as it is"),
    ]


def _elsewhere(world: World, order: Order, subject: Subject) -> list[Option]:
    """Another store, or an address, for a group that its store can't serve and that nobody has begun to serve."""
    wanted = {each.line: each.quantity for each in subject.lines}
    lines = [line for line in order.lines if line.line in wanted]
    numbers = {line.group for line in lines}
    group = order.group_of(lines[0].group)
    if len(numbers) > 1 or group.pickup_location is None or order.is_test:
        return []
    units = [(line.sku, line.units.unplanned + line.units.pooled) for line in order.lines if line.group == group.group]
    options = [
        Option(
            code=f"{STORE}{store.code}",
            title=f"Collect it at {store.name or store.code}",
            commands=(ChangeDelivery(order=order.id, group=group.group, pickup_location=store.code),),
            reserved=tuple(CartLine(sku, store.pool, quantity) for sku, quantity in units if quantity),
        )
        for store in _stores_near(world, group, {code for line in lines for code in line.excluded})
    ]
    if any(line.kind is LineKind.PICKUP for line in lines):
        shipped = ChangeDelivery(order=order.id, group=group.group, to_address=True)
        options.append(Option(code=SHIP, title="Have it sent to you", commands=(shipped,), needs="address"))
    return options


def _stores_near(world: World, group: DemandGroup, excluded: set[str]) -> list[Location]:
    locations = world.settings.locations
    here = locations.get(group.pickup_location or "")
    stores = [
        each
        for each in locations.values()
        if each.pickup and each.active and each is not here and each.code not in excluded and each.daily_capacity != 0
    ]

    found = locate(here.place) if here is not None else None

    def far(store: Location) -> tuple[int, str]:
        there = locate(store.place)
        away = distance_m(found.coordinates, there.coordinates) if found is not None and there is not None else 0
        return (away, store.code)

    return sorted(stores, key=far)[:STORES_MOST]


def _promised(order: Order, subject: Subject, now: datetime) -> tuple[OptionCommand, ...]:
    """The promise of each line that is later than it stands; none, where nobody knows when."""
    if subject.latest_at is None:
        return ()
    standing = {each.line: each for each in order.promises}
    windows = [
        LineWindowInput(line=each.line, earliest_at=min(now, subject.latest_at), latest_at=subject.latest_at)
        for each in subject.lines
        if each.line not in standing
        or (standing[each.line].outcome is None and standing[each.line].window.latest_at < subject.latest_at)
    ]
    if not windows:
        return ()
    why = PromiseCause(subject.cause) if subject.cause else None
    agreed = PromiseLines(order=order.id, lines=tuple(windows), cause=why, reason="accepted", source="decision")
    return (agreed,)


def _waits_in_vain(order: Order, group: int) -> bool:
    """Are there units of the group that could go, if they did not wait for the rest?"""
    return waits_for_the_rest(order, group) and any(line.claims for line in order.lines if line.group == group)


def _cancel(order: Order, subject: Subject, reason: str) -> Option:
    command = CancelUnits(order=order.id, reason=reason, lines=subject.lines)
    return Option(code=CANCEL, title="Cancel it, and have the money back", commands=(command,))


_MAKERS: Final[dict[DecisionCause, Callable[[World, Order, Subject, datetime], list[Option]]]] = {
    DecisionCause.UNFILLABLE: _unfillable,
    DecisionCause.DELAY: _delay,
    DecisionCause.UNCOLLECTED: _uncollected,
    DecisionCause.LATE_WORK: _late_work,
    DecisionCause.APPROVAL: _approval,
    DecisionCause.ADDRESS: _address,
    DecisionCause.CHANGE: _change,
}
