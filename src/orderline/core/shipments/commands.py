"""Requests about parcels that their carriers are asked for."""

from orderline.core.orders.commands import OrderCommand
from orderline.core.orders.parcels import RateChoice


class RequestLabel(OrderCommand, frozen=True, gc=False, kw_only=True, tag="request_label"):
    """Have a label bought for a parcel that has none: one was voided, or none could be bought.

    service: of the carrier; the cheapest that serves the order's delivery method in time, when not given.
    partner: the connector to buy it through; whoever is cheapest, when not given.
    """

    parcel: int
    service: str = ""
    partner: str = ""


class ChooseRate(OrderCommand, frozen=True, gc=False, kw_only=True, tag="choose_rate"):
    """Note which offer is taken for a parcel, before its label is bought."""

    parcel: int
    choice: RateChoice


class VoidLabel(OrderCommand, frozen=True, gc=False, kw_only=True, tag="void_label"):
    """Give the label of a parcel back to its carrier; without another the parcel can't leave."""

    parcel: int
    reason: str = ""


class AnswerVoid(OrderCommand, frozen=True, gc=False, kw_only=True, tag="answer_void"):
    """What the carrier said to a label that was to be given back."""

    parcel: int
    tracking_number: str
    voided: bool
    code: str = ""
