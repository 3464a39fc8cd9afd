"""Work at locations: what a warehouse or store says about a fulfillment order, and taking one back."""

from typing import Final

from orderline.api.actions import action
from orderline.api.calls import Operation, Right
from orderline.api.records import Records
from orderline.core.fulfillments import discrepancies as d
from orderline.core.fulfillments.undoing import UnpackUnits, UnpickUnits
from orderline.core.orders import commands as c
from orderline.core.shipments.undoing import UndoHandover

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
     ("FULFILLMENT_STARTED",)),
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

OPERATIONS: Final[tuple[Operation, ...]] = (
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
