"""What a change set is made of: one small struct for each thing that can be agreed anew."""

from datetime import datetime
from typing import Annotated

import msgspec

from orderline.core.orders.commands import LineInput
from orderline.core.orders.credited import Destination
from orderline.core.orders.priced import Charge, TaxLine
from orderline.core.returns.commands import ExchangeInput, ReturnLineInput
from orderline.values.address import Address

Number = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class Action(
    msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True, tag_field="action"
):
    """The base of all actions of a change set."""


class AddLine(Action, frozen=True, kw_only=True, tag="add_line"):
    """One more line, with its price and tax; its units are claimed by the rules of the intake."""

    line: LineInput


class RemoveUnits(Action, frozen=True, kw_only=True, tag="remove_units"):
    """Units less. Those that no location has begun with are canceled at once, the others are asked back."""

    line: Number
    quantity: int


class ChangePrice(Action, frozen=True, kw_only=True, tag="change_price"):
    """Another price for a line of which nothing has left. discount_minor, taxes: of all its units, canceled ones included."""

    line: Number
    unit_price_minor: int
    discount_minor: int = 0
    taxes: tuple[TaxLine, ...] = ()


class ChangeAddress(Action, frozen=True, kw_only=True, tag="change_address"):
    """Send a group elsewhere, also one that was to be collected. Without an address, whoever is asked gives it."""

    group: Number = 1
    address: Address | None = None


class ChangeMethod(Action, frozen=True, kw_only=True, tag="change_method"):
    """Send a group by another method; ship_complete: whether all of it goes at once; what is not given stays."""

    group: Number = 1
    method: str = ""
    ship_complete: bool | None = None


class ChangePickup(Action, frozen=True, kw_only=True, tag="change_pickup"):
    """Have a group collected, or collected elsewhere."""

    group: Number = 1
    pickup_location: str


class MoveLocation(Action, frozen=True, kw_only=True, tag="move_location"):
    """Take a fulfillment order away from its location, which is not asked for these lines again. to: who serves it instead."""

    fulfillment: Number
    to: str = ""


class AddCharge(Action, frozen=True, kw_only=True, tag="add_charge"):
    """One more amount beside the lines: shipping, a fee, or a discount (below zero) on the order as a whole."""

    charge: Charge


class ChangeCharge(Action, frozen=True, kw_only=True, tag="change_charge"):
    """Another amount for a charge. number: its place among the charges as they were agreed, from 1."""

    number: Number
    amount_minor: int
    taxes: tuple[TaxLine, ...] = ()


class WaiveCharge(Action, frozen=True, kw_only=True, tag="waive_charge"):
    """Ask no more for a charge. number: its place among the charges as they were agreed, from 1."""

    number: Number


class Substitute(Action, frozen=True, kw_only=True, tag="substitute"):
    """Send something else for units that no location has begun to serve, as the SKU of the line allows it."""

    line: Number
    sku: str
    quantity: int


class SetGift(Action, frozen=True, kw_only=True, tag="gift"):
    """Whether a group is a gift, whose papers show no prices. messages: what is written to lines of it, by the number of the line."""

    group: Number = 1
    gift: bool | None = None
    messages: dict[str, str] = {}


class Reschedule(Action, frozen=True, kw_only=True, tag="reschedule"):
    """Deliver a group at another time: from `release_at` on, or at once; and by when it was promised, if that is another."""

    group: Number = 1
    release_at: datetime | None = None
    promised_by: datetime | None = None


class AppeasedLine(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """What is given on a line, with tax."""

    line: Number
    amount_minor: int


class Appease(Action, frozen=True, kw_only=True, tag="appease"):
    """Give money, with tax, for a reason without goods coming back: of what was paid for what has left, and no more.

    why: late, service, courtesy (goodwill); damaged, not_as_described, price_match, price_error (a lower price).
    amount_minor: on the order as a whole, shared by what is left of its lines; lines: on each; shipping_minor: of shipping.
    destination: `tenders` or `store_credit`.
    """

    why: str
    amount_minor: int = 0
    lines: tuple[AppeasedLine, ...] = ()
    shipping_minor: int = 0
    destination: Destination = Destination.TENDERS

    @property
    def total_minor(self) -> int:
        """All that is given."""
        return self.amount_minor + self.shipping_minor + sum(each.amount_minor for each in self.lines)


class ReturnUnits(Action, frozen=True, kw_only=True, tag="return_units"):
    """Goods come back, or are claimed as missing, damaged or wrong; `exchange`: what is sent in their place.

    As the request for a return, and by the same policy. approve: whatever the policy says, for the reason of the change.
    """

    lines: tuple[ReturnLineInput, ...]
    destination: Destination = Destination.TENDERS
    exchange: ExchangeInput | None = None
    parcel: Number = 0
    approve: bool = False
    to: str = ""


ChangeAction = (
    AddLine
    | RemoveUnits
    | ChangePrice
    | ChangeAddress
    | ChangeMethod
    | ChangePickup
    | MoveLocation
    | AddCharge
    | ChangeCharge
    | WaiveCharge
    | Substitute
    | SetGift
    | Reschedule
    | Appease
    | ReturnUnits
)
