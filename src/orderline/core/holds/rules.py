"""Holds: reasons that stop named commands. Each type blocks a set by default; a hold may name its own.

Source: domain model section 8. A hold moves no units and frees no stock. How one ends stands in `resolving`.
"""

from datetime import timedelta
from typing import Final

from orderline.core.context import Context
from orderline.core.decisions.asking import UNFILLABLE
from orderline.core.disputes.state import awaits_answer
from orderline.core.holds.authority import check_may_place
from orderline.core.holds.events import HoldPlaced
from orderline.core.holds.state import SCHEDULE, SCREENING, Breach
from orderline.core.orders.commands import HoldInput, PlaceHold
from orderline.core.orders.guards import check_line, check_text, ongoing_order
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.state import Hold, Order, is_canceled
from orderline.core.tenders.sums import open_authorization, open_declines, refundable_minor
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.time import utc

# Commands that a hold may block. Facts (picked, shipped, delivered ...) can't be: they have happened.
BLOCKABLE: Final = ("allocate", "release", "capture", "cancel", "fulfill", "label")

FRAUD: Final = "fraud"

ADDRESS: Final = "address"

RETURNED_IN_STORE: Final = "returned_in_store"  # units of an order came back at a counter; their money is open

EXCHANGE: Final = "exchange"  # what is sent in exchange waits for the goods it is exchanged for

REPAIR: Final = "repair"  # the price of a repair is billed when it is done

LATE_SHIPMENT: Final = "late_shipment"  # a location sends what was canceled

TYPES: Final[dict[str, tuple[tuple[str, ...], str, int]]] = {
    # type              blocks by default                     owner          due in hours
    FRAUD:              (("allocate", "release", "capture", "fulfill"), "risk", 24),
    ADDRESS:            (("allocate", "release", "label"),    "support",     24),
    "payment":          (("allocate", "release", "fulfill"),  "finance",     24),
    "credit":           (("allocate", "release", "fulfill"),  "finance",     24),
    "price":            (("allocate", "release", "fulfill"),  "sales",       24),
    "stock":            (("allocate", "release"),             "operations",  24),
    "compliance":       (("allocate", "release", "capture", "fulfill"), "compliance", 48),
    "customer_request": (("allocate", "release"),             "support",     72),
    "approval":         (("allocate", "release", "fulfill"),  "sales",       24),
    "data":             (("allocate", "release", "label"),    "support",     24),
    "duplicate":        (("allocate", "release", "capture", "fulfill"), "support", 24),
    "quality":          (("release",),                        "operations",  24),
    EXCHANGE:           (("allocate", "release", "fulfill"), "customer", 720),
    REPAIR:             (("fulfill",),                        "support",     336),
    UNFILLABLE:         ((),                                  "support",     24),
    LATE_SHIPMENT:      ((),                                  "support",     24),
    RETURNED_IN_STORE:  ((),                                  "finance",     48),
    "margin":           (("allocate", "release", "fulfill"),  "sales",       24),
    SCHEDULE:           (("allocate", "release", "fulfill"),  "sales",       24),
    SCREENING:          (("allocate", "release", "capture", "fulfill"), "risk", 1),
    "manual":           (("allocate", "release", "fulfill"),  "operations",  24),
}  # fmt: skip


def new_hold(asked: HoldInput, number: int, context: Context, *, rule: str = "") -> Hold:
    """The hold that was asked for, with the defaults of its type filled in.

    Refused HOLD_TYPE_UNKNOWN, COMMAND_NOT_BLOCKABLE, TEXT_NOT_ACCEPTABLE, TIME_NOT_AWARE, TIME_OUT_OF_RANGE,
    HOLD_LETS_GO: the clock would lift what two have to.
    """
    if asked.type not in TYPES:
        raise Refused(R.HOLD_TYPE_UNKNOWN, field="type", value=asked.type, allowed=sorted(TYPES))
    for name in asked.blocks:
        if name not in BLOCKABLE:
            raise Refused(R.COMMAND_NOT_BLOCKABLE, field="blocks", value=name, allowed=list(BLOCKABLE))
    if asked.four_eyes_above_minor is not None and asked.on_breach is Breach.RELEASE:
        raise Refused(R.HOLD_LETS_GO, field="on_breach", value=asked.on_breach, allowed="escalate or reject")
    blocks, owner, due_in_hours = TYPES[asked.type]
    return Hold(
        number=number,
        type=asked.type,
        blocks=asked.blocks or blocks,
        placed_at=context.now,
        placed_by=context.actor.name,
        reason=check_text(asked.reason, "reason", 500),
        owner=check_text(asked.owner, "owner", 100) or owner,
        due_at=utc(asked.due_at, field="due_at") if asked.due_at else context.now + timedelta(hours=due_in_hours),
        line=asked.line,
        escalate_to=check_text(asked.escalate_to, "escalate_to", 100),
        on_breach=asked.on_breach,
        on_reject=asked.on_reject,
        may_release=tuple(check_text(each, "may_release", 60, required=True) for each in asked.may_release),
        four_eyes_above_minor=asked.four_eyes_above_minor,
        rule=rule,
    )


def is_settled(order: Order) -> bool:
    """Is all of it canceled, with no money held, owed, asked for or disputed?"""
    if not all(map(is_canceled, order.lines)) or refundable_minor(order) or open_declines(order):
        return False
    held = any(tender.requests or open_authorization(tender) for tender in order.tenders)
    return not held and not any(map(awaits_answer, order.disputes))


def decide_place_hold(draft: Draft, command: PlaceHold, context: Context) -> None:
    """Stop named commands on the order, or on one line of it, until the hold is released.

    Refused ORDER_CANCELED: all of it is canceled and its money settled, so that there is nothing to stop.
    Refused HOLD_NOT_YOURS: the key may not.
    """
    order = ongoing_order(draft.world, command)
    if is_settled(order):
        raise Refused(R.ORDER_CANCELED, value=order.number, unblock="nobody: place a new order")
    check_may_place(order, command.hold.type, command.authority)
    if command.hold.line is not None:
        check_line(order, command.hold.line)
    draft.tell(order.id, HoldPlaced(new_hold(command.hold, order.holds_placed + 1, context)))
