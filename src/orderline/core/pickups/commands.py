"""Requests about goods that a customer collects."""

from datetime import datetime

from orderline.core.orders.commands import OrderCommand
from orderline.core.orders.facts import Attachment
from orderline.core.orders.parcels import LineQuantity


class PickupCommand(OrderCommand, frozen=True, gc=False, kw_only=True):
    """A command on a fulfillment order whose goods are collected."""

    fulfillment: int


class ReadyPickup(PickupCommand, frozen=True, gc=False, kw_only=True, tag="ready_pickup"):
    """Packed parcels lie ready for the customer, who is told and sent a code; all that are packed, when none is named.

    seed, code_hash: of the code, when this is the first part that is ready.
    """

    parcels: tuple[int, ...] = ()
    occurred_at: datetime | None = None
    seed: str = ""
    code_hash: str = ""


class CollectParcels(PickupCommand, frozen=True, gc=False, kw_only=True, tag="collect_parcels"):
    """The customer took parcels over the counter; all that are packed, when none is named.

    code_hash: of the code that was shown. without_code: how it was made sure otherwise who came, such as a passport.
    collected_by: who came instead of the customer; kept with personal data only. left: units in these parcels that were not
    taken; they go back to the shelf. proof: what shows that it was handed over, such as a signature.
    """

    parcels: tuple[int, ...] = ()
    left: tuple[LineQuantity, ...] = ()
    proof: tuple[Attachment, ...] = ()
    code_hash: str = ""
    without_code: str = ""
    collected_by: str = ""
    occurred_at: datetime | None = None


class RenewPickup(PickupCommand, frozen=True, gc=False, kw_only=True, tag="renew_pickup"):
    """Send the customer a new code, and keep the goods longer, when a later deadline is given."""

    deadline_at: datetime | None = None
    seed: str = ""
    code_hash: str = ""


class ExpirePickup(PickupCommand, frozen=True, gc=False, kw_only=True, tag="expire_pickup"):
    """The deadline is over: what was not collected goes back to the shelf."""


class RestockPickup(PickupCommand, frozen=True, gc=False, kw_only=True, tag="restock_pickup"):
    """Goods that nobody collected are on the shelf again: their units are canceled, and money for them goes back."""

    occurred_at: datetime | None = None
