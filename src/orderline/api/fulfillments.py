"""Work at locations: what a warehouse or store says about a fulfillment order, and taking one back."""

import asyncio
from typing import Final

import msgspec

from orderline.api.actions import action
from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import decide
from orderline.api.records import Records
from orderline.api.scoping import check_location, order_of, order_unknown
from orderline.core.fulfillments import discrepancies as d
from orderline.core.fulfillments.undoing import UnpackUnits, UnpickUnits
from orderline.core.orders import commands as c
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.orders.state import Order
from orderline.core.shipments.undoing import UndoHandover
from orderline.engine.sealing import OrderAnswer
from orderline.store.loading import load_settings
from orderline.store.working import read_orders
from orderline.values.failures import Refused
from orderline.values.ids import OrderId

_AT: Final = "/v1/orders/{order}/fulfillments/{number}"

_ROWS: Final = (
    # operation            command               resource            summary
    ("accept_fulfillment", c.AcceptFulfillment,  "acceptances",      "Accept the work", ()),
    ("reject_units",       c.RejectUnits,        "rejections",       "Reject units, which are routed again",
     ("REASON_REQUIRED", "QUANTITY_NOT_AVAILABLE")),
    ("pick_units",         c.PickUnits,          "picks",            "Units were picked, or not found",
     ("QUANTITY_NOT_AVAILABLE", "LOTS_REQUIRED", "LOT_NOT_HERE", "LOT_EXPIRED", "LOT_SHORT_LIFE")),
    ("pack_units",         c.PackUnits,          "packings",         "Units were packed into parcels",
     ("QUANTITY_NOT_AVAILABLE",)),
    ("ship_parcels",       c.ShipParcels,        "shipments",        "Parcels were handed to the carrier",
     ("PARCEL_UNKNOWN", "PARCEL_NOT_PACKED", "LABEL_VOIDED", "BLOCKED_BY_HOLD")),
    ("unpack_units",       UnpackUnits,          "unpackings",       "Take parcels apart that were not handed over",
     ("PARCEL_NOT_PACKED",)),
    ("unpick_units",       UnpickUnits,          "put-backs",        "Put picked units back onto the shelf",
     ("QUANTITY_NOT_AVAILABLE", "NOTHING_TO_DO")),
    ("undo_handover",      UndoHandover,         "handover-undoings", "Parcels that were recorded as handed over are here",
     ("PARCEL_UNKNOWN", "PARCEL_NOT_SHIPPED", "PARCEL_MOVED", "REASON_REQUIRED", "FULFILLMENT_COMBINED")),
    ("pull_back",          c.PullBack,           "withdrawals",      "Take the work back; its units are routed again",
     ("FULFILLMENT_STARTED", "LOCATION_UNKNOWN", "LOCATION_NOT_IN_POOL", "NOT_PICKED_UP_HERE", "ROUTE_LOST_RACE")),
    ("answer_cancel",      c.AnswerCancel,       "cancel-answers",   "Answer a request to let go of the work", ()),
)  # fmt: skip

# It takes back what the customer was told and was charged for: the office does it, not the location's own key.
_TAKES_BACK: Final = frozenset({"undo_handover"})

_DISCREPANCIES: Final = Records(
    kind=d.DISCREPANCY,
    one="discrepancy",
    many="discrepancies",
    capability="fulfillments",
    read=Right.FULFILLMENTS_READ,
    write=Right.FULFILLMENTS_WRITE,
    unknown=d.DiscrepancyRefusal.DISCREPANCY_UNKNOWN,
    states=d.DiscrepancyState,
    location_of=lambda found: found.location,
    orders_in=lambda found: (found.order,),
)


class AllocateUnitsInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where units of a group are to be served from; all of them that are claimed in the location's pool, when none are named."""

    location: str
    group: int = 1
    lines: tuple[c.LineQuantity, ...] = ()
    expected_version: int | None = None


async def _allocate(call: Call[None, AllocateUnitsInput]) -> Answer:
    given, id_ = call.input, await order_of(call)
    check_location(call, given.location)
    order, pool = await asyncio.to_thread(_claimed, call, id_)
    named = {each.line: each.quantity for each in given.lines}
    claimed = {
        each.line: sum(share.quantity for share in each.claims if share.pool == pool)
        for each in order.lines
        if each.group == given.group
    }
    units = named or {line: quantity for line, quantity in claimed.items() if quantity}
    allotments = tuple(c.Allotment(line, pool, given.location, quantity) for line, quantity in units.items())
    command = c.AllocateUnits(
        order=id_, group=given.group, allotments=allotments, expected_version=given.expected_version
    )
    return await decide(call, command)


def _claimed(call: Call[None, AllocateUnitsInput], id_: OrderId) -> tuple[Order, str]:
    """The order, and the pool of the location."""
    database, code = call.services.database, call.input.location
    with database.connection() as connection:
        location = load_settings(connection, database.cell).locations.get(code)
    if location is None:
        raise Refused(OrderRefusal.LOCATION_UNKNOWN, field="location", value=code[:100])
    order = read_orders(database, [id_]).get(id_)
    if order is None:
        raise order_unknown(call.path["order"], "order")
    return order, location.pool


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="allocate_units",
        method="POST",
        path="/v1/orders/{order}/allocations",
        right=Right.ORDERS_WRITE,
        summary="Have units served from a location of your choice",
        description="Units that no location has been chosen for yet, as routing would choose one. "
        + " ".join((AllocateUnitsInput.__doc__ or "").split()),
        handler=_allocate,
        capability="fulfillments",
        input=AllocateUnitsInput,
        output=OrderAnswer,
        refusals=(
            "ORDER_UNKNOWN",
            "VERSION_STALE",
            "ORDER_CLOSED",
            "BLOCKED_BY_HOLD",
            "NOT_PAID",
            "LOCATION_UNKNOWN",
            "LOCATION_NOT_IN_POOL",
            "LINE_UNKNOWN",
            "GROUP_UNKNOWN",
            "NOT_PICKED_UP_HERE",
            "ROUTE_LOST_RACE",
            "NOTHING_TO_DO",
        ),
    ),
    *_DISCREPANCIES.reading(),
    _DISCREPANCIES.acting(
        d.SettleDiscrepancy,
        path="settlements",
        summary="Say what became of goods that were packed or sent and were not to be",
        names="discrepancy",
        refusals=("DISCREPANCY_SETTLED",),
    ),
    *(
        action(
            name,
            f"{_AT}/{resource}",
            command,
            summary,
            capability="fulfillments",
            right=Right.ORDERS_WRITE if name in _TAKES_BACK else Right.FULFILLMENTS_WRITE,
            names="fulfillment",
            refusals=("FULFILLMENT_UNKNOWN", "FULFILLMENT_NOT_OPEN", *refusals),
        )
        for name, command, resource, summary, refusals in _ROWS
    ),
)
