"""Requests about how the lines of a demand group are delivered."""

from orderline.core.holds.state import HoldAuthority
from orderline.core.orders.commands import OrderCommand
from orderline.values.address import Address


class ChangeDelivery(OrderCommand, frozen=True, gc=False, kw_only=True, tag="change_delivery"):
    """Agree anew how a group is delivered; units that have not gone to a location are claimed again for it.

    pickup_location: the customer collects there. address: it is shipped there; to_address: to an address that comes with
    an answer. ship_complete: whether all goes at once; what is not given stays. hold: the number of a hold on its address,
    which is lifted with it; authority: as of `ReleaseHold`, filled in by the way in.
    """

    group: int = 1
    pickup_location: str | None = None
    address: Address | None = None
    to_address: bool = False
    ship_complete: bool | None = None
    hold: int | None = None
    authority: HoldAuthority | None = None
