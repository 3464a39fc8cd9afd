"""What is asked of combinations."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

from orderline.core.orders.commands import Command, ShipParcels, TrackParcel
from orderline.core.orders.parcels import ParcelDocument, RateChoice
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.shipments.combinations import Combination, CombinedWork
from orderline.core.world import World
from orderline.values.ids import OrderId


class Work(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fulfillment order by its order and number."""

    order: OrderId
    fulfillment: int


class CombinationCommand(RecordCommand, frozen=True, gc=False, kw_only=True):
    """A command on a combination. members: its orders, as they were read; who has left it is looked up."""

    combination: str
    members: tuple[OrderId, ...] = ()

    def records(self) -> Iterable[RecordKey]:
        """The combination."""
        return (("combination", self.combination),)

    def orders(self) -> Iterable[OrderId]:
        """Its orders."""
        return self.members

    def inner(self, world: World) -> Iterable[Command]:
        """What is done with each of its orders."""
        known = world.records.get(("combination", self.combination))
        if not isinstance(known, Combination):
            return ()
        return [command for each in known.members if not each.left for command in self.each(each)]

    def each(self, work: CombinedWork) -> Iterable[Command]:
        """What is done with one of its orders."""
        return ()


class CombineWork(CombinationCommand, frozen=True, gc=False, kw_only=True, tag="combine_work"):
    """Let fulfillment orders of one location leave in one parcel, to one recipient."""

    location: str
    work: tuple[Work, ...]

    def orders(self) -> Iterable[OrderId]:
        """Whose work it is."""
        return {each.order for each in self.work}


class PackCombination(CombinationCommand, frozen=True, gc=False, kw_only=True, tag="pack_combination"):
    """Everything was put into one parcel. All of its units must have been picked."""

    weight_g: int = 0
    length_mm: int = 0
    width_mm: int = 0
    height_mm: int = 0


class RateCombination(CombinationCommand, frozen=True, gc=False, kw_only=True, tag="rate_combination"):
    """Note by whom it goes, before its label is bought."""

    choice: RateChoice


class LabelCombination(CombinationCommand, frozen=True, gc=False, kw_only=True, tag="label_combination"):
    """A label was bought for the parcel; its cost is shared by the units that each order has in it."""

    carrier: str
    tracking_number: str
    service: str = ""
    partner: str = ""
    cost_minor: int = 0
    cost_currency: str = ""
    documents: tuple[ParcelDocument, ...] = ()


class ShipCombination(CombinationCommand, frozen=True, gc=False, kw_only=True, tag="ship_combination"):
    """The parcel was handed to its carrier: the shipment of each order that is in it."""

    carrier: str = ""
    occurred_at: datetime | None = None

    def each(self, work: CombinedWork) -> Iterable[Command]:
        """Its part is shipped."""
        return (ShipParcels(order=work.order, fulfillment=work.fulfillment),)


class TrackCombination(CombinationCommand, frozen=True, gc=False, kw_only=True, tag="track_combination"):
    """The carrier's news of the parcel: true of all that is in it."""

    state: Literal["in_transit", "out_for_delivery", "exception", "returning", "delivered", "lost"]
    occurred_at: datetime | None = None
    code: str = ""
    place: str = ""

    def each(self, work: CombinedWork) -> Iterable[Command]:
        """Its part is tracked."""
        return (TrackParcel(order=work.order, parcel=work.parcel, state=self.state),)


class SplitCombination(CombinationCommand, frozen=True, gc=False, kw_only=True, tag="split_combination"):
    """Let an order go on its own again, or all of them. What it has packed is unpacked.

    A label stays with those that remain; where fewer than two would, all are split, and it is given back.
    """

    order: OrderId | None = None
    reason: str = ""


class AnswerCombinationVoid(CombinationCommand, frozen=True, gc=False, kw_only=True, tag="answer_combination_void"):
    """What the carrier said to the label of a dissolved combination."""

    voided: bool
    code: str = ""
