"""What became of a day of orders, counted from the orders themselves."""

from collections import Counter
from collections.abc import Iterable

import msgspec

from orderline.cli.demo.play import Tally
from orderline.core.decisions.asking import UNFILLABLE
from orderline.core.orders.state import LineKind, Negotiation, Order, ParcelState
from orderline.core.orders.status import Phase, status_of


class Money(msgspec.Struct, frozen=True):
    """Sums in minor units of one currency."""

    currency: str
    captured_minor: int
    voided_minor: int
    refunded_minor: int
    open_minor: int


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """split: orders sent in more than one shipment. rerouted: orders of which a location could not serve units, and
    what became of them. cancels_denied: the location had begun already. answered_again: orders sent twice, answered
    with the first answer. unfillable: orders with units that no location has,
    for a person to decide. examples: order numbers.
    """

    orders: int
    units: int
    delivered_units: int
    phases: dict[str, int]
    shipments: int
    parcels: int
    split: int
    rerouted: int
    rerouted_delivered: int
    pickups: int
    canceled_orders: int
    canceled_units: int
    cancels_too_late: int
    cancels_denied: int
    lost_parcels: int
    backordered: int
    unfillable: int
    held: int
    declined: int
    refused: dict[str, int]
    answered_again: int
    answered_differently: int
    taken_ids_refused: int
    money: Money
    examples: dict[str, str]


def summarize(orders: Iterable[Order], tally: Tally) -> Summary:
    """Count it all, in one pass."""
    phases: Counter[str] = Counter()
    sums: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for order in orders:
        status = status_of(order)
        phases[status.phase.value] += 1
        _count_units(order, sums)
        _count_work(order, status.phase, sums, examples)
        for tender in order.tenders:
            sums["captured"] += tender.captured_minor
            sums["voided"] += tender.voided_minor
            sums["refunded"] += tender.refunded_minor
            sums["open"] += max(0, tender.authorized_minor - tender.captured_minor - tender.voided_minor)
        if any(tender.declined for tender in order.tenders):
            sums["declined"] += 1
            examples.setdefault("declined", order.number)
    return Summary(
        orders=sum(phases.values()),
        units=sums["units"],
        delivered_units=sums["delivered"],
        phases={phase.value: phases[phase.value] for phase in Phase if phases[phase.value]},
        shipments=sums["shipments"],
        parcels=sums["parcels"],
        split=sums["split"],
        rerouted=sums["rerouted"],
        rerouted_delivered=sums["rerouted_delivered"],
        pickups=sums["pickups"],
        canceled_orders=phases[Phase.CANCELED.value],
        canceled_units=sums["canceled"],
        cancels_too_late=tally.cancels_late,
        cancels_denied=sums["denied"],
        lost_parcels=sums["lost"],
        backordered=sums["backordered"],
        unfillable=sums["unfillable"],
        held=phases[Phase.HELD.value],
        declined=sums["declined"],
        refused=dict(tally.refused),
        answered_again=tally.repeated_same,
        answered_differently=tally.repeated - tally.repeated_same,
        taken_ids_refused=tally.taken,
        money=Money("EUR", sums["captured"], sums["voided"], sums["refunded"], sums["open"]),
        examples=examples,
    )


def _count_units(order: Order, sums: Counter[str]) -> None:
    for line in order.lines:
        if line.kind is not LineKind.BUNDLE:
            sums["units"] += line.units.total()
            sums["delivered"] += line.units.delivered
            sums["canceled"] += line.units.canceled


def _count_work(order: Order, phase: Phase, sums: Counter[str], examples: dict[str, str]) -> None:
    sums["shipments"] += len(order.shipments)
    sums["parcels"] += sum(parcel.shipment is not None for parcel in order.parcels)
    lost = sum(parcel.state is ParcelState.LOST for parcel in order.parcels)
    split = len(order.shipments) > 1
    rerouted = any(line.excluded for line in order.lines)
    sums["lost"] += lost
    sums["split"] += split
    sums["rerouted"] += rerouted
    sums["rerouted_delivered"] += rerouted and phase is Phase.DELIVERED
    sums["denied"] += any(each.negotiation is Negotiation.CANCEL_REJECTED for each in order.fulfillments)
    sums["pickups"] += any(group.pickup_location for group in order.agreement.groups)
    waits = any(line.backordered for line in order.lines)
    sums["backordered"] += waits
    unfillable = any(hold.type == UNFILLABLE for hold in order.holds)
    sums["unfillable"] += unfillable
    for name, applies in (
        ("split_and_rerouted", split and rerouted), ("split", split), ("rerouted", rerouted), ("lost", bool(lost)),
        ("backordered", waits), ("held", phase is Phase.HELD), ("unfillable", unfillable),
    ):  # fmt: skip
        if applies:
            examples.setdefault(name, order.number)
