"""Why an order stands where it stands: the rule of precedence that gave its phase, its money, its units.

A figure here is computed by the same functions that decide; nothing is worked out a second time.
"""

from typing import Final

import msgspec

from orderline.core.moves import Units
from orderline.core.orders.state import LineKind, Negotiation, Order, PaymentKind, PoolShare
from orderline.core.orders.status import (
    FulfillmentStatus,
    PaymentStatus,
    Phase,
    ReturnStatus,
    Status,
    status_of,
    sum_units,
)
from orderline.core.tenders.scheduled import InstallmentStands, installments_of
from orderline.core.tenders.sums import (
    credited_minor,
    earned_minor,
    given_elsewhere_minor,
    is_releasable,
    needed_minor,
    net_agreed_minor,
    net_due_minor,
    secured_minor,
    to_secure_minor,
)

PHASES: Final[dict[Phase, str]] = {
    Phase.CANCELED: "every unit was canceled",
    Phase.CLOSED: "the order was closed",
    Phase.HELD: "a hold stands",
    Phase.BLOCKED: "a payment was declined, or its outcome is not known",
    Phase.EXCEPTION: "units were lost, or a location was asked to let go of units and has not answered",
    Phase.ACCEPTED: "the money that the goods wait for has not been promised yet",
    Phase.ROUTING: "units are claimed in a pool and have no location yet",
    Phase.WAITING_SUPPLY: "units wait for stock to come",
    Phase.IN_WORK: "units are at a location, none has left",
    Phase.PARTLY_SHIPPED: "some units have left, others are still at a location",
    Phase.SHIPPED: "all units have left, none has arrived",
    Phase.PARTLY_DELIVERED: "some units have arrived, others are on their way",
    Phase.DELIVERED: "all units have arrived",
}

PAYMENTS: Final[dict[PaymentStatus, str]] = {
    PaymentStatus.NONE: "the order carries no tender: it is paid elsewhere",
    PaymentStatus.PENDING: "nothing has been authorized yet",
    PaymentStatus.DECLINED: "a tender was declined and nothing else is authorized",
    PaymentStatus.AUTHORIZED_PARTLY: "less is authorized than was agreed",
    PaymentStatus.AUTHORIZED: "all that was agreed is authorized, nothing is captured",
    PaymentStatus.PAID_PARTLY: "less is captured than was agreed",
    PaymentStatus.PAID: "all that was agreed is captured",
    PaymentStatus.REFUNDED_PARTLY: "part of what was captured was given back",
    PaymentStatus.REFUNDED: "all that was captured was given back",
    PaymentStatus.VOIDED: "the authorization was let go of",
}

FULFILLMENTS: Final[dict[FulfillmentStatus, str]] = {
    FulfillmentStatus.NONE: "no unit is at a location or has left one",
    FulfillmentStatus.PLANNED: "units are at a location, none has left",
    FulfillmentStatus.PARTLY: "some of the live units have left",
    FulfillmentStatus.FULFILLED: "all live units have left",
    FulfillmentStatus.DELIVERED: "all live units have arrived",
}

RETURNS: Final[dict[ReturnStatus, str]] = {
    ReturnStatus.NONE: "no unit came back",
    ReturnStatus.REQUESTED: "units are to come back, none is on its way",
    ReturnStatus.IN_TRANSIT: "units are on their way back, none has come",
    ReturnStatus.PARTLY: "some units came back",
    ReturnStatus.RETURNED: "all units that had left came back",
}

_RANKS: Final = {phase: rank for rank, phase in enumerate(Phase, 1)}


class Reason(msgspec.Struct, frozen=True, omit_defaults=True):
    """One axis of the status: its value, and the rule that gave it. rank: its place in the order of precedence."""

    value: str
    because: str
    rank: int = 0
    about: tuple[str, ...] = ()


class MoneySums(msgspec.Struct, frozen=True):
    """The money of an order in minor units of its currency.

    net = agreed - canceled - credited. missing: what has to be promised or paid before goods are released.
    balance = captured - refunded - earned, and what credits give back over the tenders: above zero we owe the customer
    goods or money, below zero they owe us.
    """

    currency: str
    agreed_minor: int
    canceled_minor: int
    credited_minor: int
    net_minor: int
    authorized_minor: int
    captured_minor: int
    voided_minor: int
    refunded_minor: int
    asked_minor: int
    earned_minor: int
    missing_minor: int
    balance_minor: int


class Whereabouts(msgspec.Struct, frozen=True, omit_defaults=True):
    """Units of a line in one fulfillment order."""

    fulfillment: int
    location: str
    units: Units


class LineUnits(msgspec.Struct, frozen=True, omit_defaults=True):
    """The units of a line. ordered = open + gone + canceled; claims and places say where the open ones stand."""

    line: int
    sku: str
    ordered: int
    open: int
    gone: int
    canceled: int
    units: Units
    claims: tuple[PoolShare, ...] = ()
    places: tuple[Whereabouts, ...] = ()
    backordered: str = ""
    excluded: tuple[str, ...] = ()


class OrderExplanation(msgspec.Struct, frozen=True, omit_defaults=True):
    """Status, money, units and installments of an order, each with what is behind it."""

    phase: Reason
    payment: Reason
    fulfillment: Reason
    returns: Reason
    money: MoneySums
    lines: tuple[LineUnits, ...]
    installments: tuple[InstallmentStands, ...] = ()


def explain_order(order: Order, status: Status | None = None) -> OrderExplanation:
    """Explain an order. status: as `status_of` gives it, when it is known already."""
    status = status or status_of(order)
    return OrderExplanation(
        phase=Reason(status.phase, PHASES[status.phase], _RANKS[status.phase], _about(order, status.phase)),
        payment=Reason(status.payment, PAYMENTS[status.payment]),
        fulfillment=Reason(status.fulfillment, FULFILLMENTS[status.fulfillment]),
        returns=Reason(status.returns, RETURNS[status.returns]),
        money=explain_money(order),
        lines=_lines(order),
        installments=installments_of(order),
    )


def explain_money(order: Order) -> MoneySums:
    """What was agreed, promised, collected, given back and earned."""
    authorized = captured = voided = refunded = asked = 0
    for tender in order.tenders:
        authorized += tender.authorized_minor
        captured += tender.captured_minor
        voided += tender.voided_minor
        refunded += tender.refunded_minor
        for request in tender.requests:
            if request.kind is PaymentKind.CAPTURE or request.kind is PaymentKind.AUTHORIZE:
                asked += request.amount_minor
    agreed = order.agreement.total_minor
    agreed_net, net = net_agreed_minor(order), net_due_minor(order)
    earned = earned_minor(order)
    to_tenders = credited_minor(order) - given_elsewhere_minor(order)
    return MoneySums(
        currency=order.currency,
        agreed_minor=agreed,
        canceled_minor=agreed - agreed_net,
        credited_minor=credited_minor(order),
        net_minor=net,
        authorized_minor=authorized,
        captured_minor=captured,
        voided_minor=voided,
        refunded_minor=refunded,
        asked_minor=asked,
        earned_minor=earned,
        missing_minor=0 if is_releasable(order) else _needed(order) - secured_minor(order),
        balance_minor=captured - refunded - earned + to_tenders if order.tenders else 0,
    )


def _needed(order: Order) -> int:
    return to_secure_minor(order) if order.schedule is None else needed_minor(order, order.schedule)


def _lines(order: Order) -> tuple[LineUnits, ...]:
    places: dict[int, list[Whereabouts]] = {}
    for each in order.fulfillments:
        for item in each.items:
            if item.units.total():
                places.setdefault(item.line, []).append(Whereabouts(each.number, each.location, item.units))
    found: list[LineUnits] = []
    for line in order.lines:
        if line.kind is LineKind.BUNDLE:
            continue
        units = line.units
        ordered = units.total()
        found.append(
            LineUnits(
                line=line.line,
                sku=line.sku,
                ordered=ordered,
                open=ordered - units.gone - units.canceled,
                gone=units.gone,
                canceled=units.canceled,
                units=units,
                claims=line.claims,
                places=tuple(places.get(line.line, ())),
                backordered=line.backordered or "",
                excluded=line.excluded,
            )
        )
    return tuple(found)


def _about(order: Order, phase: Phase) -> tuple[str, ...]:
    match phase:
        case Phase.HELD:
            return tuple(f"hold {hold.number} ({hold.type}), owner {hold.owner}" for hold in order.holds)
        case Phase.BLOCKED:
            return tuple(
                f"tender {tender.number}: {tender.declined or 'in doubt'}"
                for tender in order.tenders
                if tender.declined or any(request.in_doubt for request in tender.requests)
            )
        case Phase.EXCEPTION:
            lost = sum_units(order).lost
            asked = tuple(
                f"fulfillment {each.number} at {each.location}: asked to let go"
                for each in order.fulfillments
                if each.negotiation is Negotiation.CANCEL_REQUESTED
            )
            return (f"{lost} units lost", *asked) if lost else asked
        case Phase.ROUTING:
            return tuple(
                f"line {line.line}: {share.quantity} in pool {share.pool}"
                for line in order.lines
                for share in line.claims
            )
        case Phase.WAITING_SUPPLY:
            return tuple(
                f"line {line.line}: {line.units.unplanned + line.units.pegged} of {line.sku}"
                for line in order.lines
                if line.units.unplanned or line.units.pegged
            )
        case _:
            return ()
