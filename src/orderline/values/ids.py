"""Typed ids: UUIDv7, made where a command enters; sortable by the time they were made."""

from typing import NewType
from uuid import UUID

from uuid_utils.compat import uuid7 as new_id

OrderId = NewType("OrderId", UUID)
FulfillmentId = NewType("FulfillmentId", UUID)
ShipmentId = NewType("ShipmentId", UUID)
ParcelId = NewType("ParcelId", UUID)
PersonToken = NewType("PersonToken", UUID)
HoldId = NewType("HoldId", UUID)
JobId = NewType("JobId", UUID)
DecisionId = NewType("DecisionId", UUID)
TenderId = NewType("TenderId", UUID)
CartHoldId = NewType("CartHoldId", UUID)

__all__ = [
    "CartHoldId",
    "DecisionId",
    "FulfillmentId",
    "HoldId",
    "JobId",
    "OrderId",
    "ParcelId",
    "PersonToken",
    "ShipmentId",
    "TenderId",
    "new_id",
]
