"""Requests about draft orders. `draft_order` is the caller's own name for it."""

from collections.abc import Iterable
from datetime import datetime

from orderline.core.drafts.state import KIND, DraftGroup, DraftOrder, link_of
from orderline.core.orders.buying import CompanyInput
from orderline.core.orders.commands import LineInput
from orderline.core.orders.state import Charge
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.tenders.installments import ScheduleInput
from orderline.core.world import World
from orderline.values.ids import CartHoldId


class DraftOrderCommand(RecordCommand, frozen=True, gc=False, kw_only=True):
    """A command on a draft order."""

    draft_order: str

    def records(self) -> Iterable[RecordKey]:
        return ((KIND, self.draft_order),)

    def carts(self) -> Iterable[CartHoldId]:
        return (CartHoldId(link_of(self.draft_order)),)


class PutDraftOrder(DraftOrderCommand, frozen=True, gc=False, kw_only=True, tag="put_draft_order"):
    """Put an order together, or change it: all of it at once, with prices. revision: the one that was seen.

    An offer of it is good no more. What is sent needs a `place` in its group before it is offered: a country, and a postal
    code where there are any. No group is one group, to be sent. schedule: in which installments it is paid.
    """

    channel: str
    currency: str
    lines: tuple[LineInput, ...]
    charges: tuple[Charge, ...] = ()
    groups: tuple[DraftGroup, ...] = ()
    taxes_included: bool = False
    customer: str = ""
    company: CompanyInput | None = None
    note: str = ""
    revision: int | None = None
    schedule: ScheduleInput | None = None

    def skus(self) -> Iterable[str]:
        return (line.sku for line in self.lines)


class OfferDraftOrder(DraftOrderCommand, frozen=True, gc=False, kw_only=True, tag="offer_draft_order"):
    """Offer it at its prices until a time, as a quote. keep_stock: units are kept for it until then.

    nonce, token_hash: of the link by which the customer accepts or declines it; an earlier one is good for nothing.
    """

    until: datetime
    keep_stock: bool = False
    nonce: str = ""
    token_hash: str = ""

    def skus_of_orders(self, world: World) -> Iterable[str]:
        known = world.records.get((KIND, self.draft_order))
        return (line.sku for line in known.lines) if isinstance(known, DraftOrder) else ()

    def pools(self, world: World) -> Iterable[tuple[str, str]]:
        known = world.records.get((KIND, self.draft_order))
        channel = world.settings.channels.get(known.channel) if isinstance(known, DraftOrder) else None
        if not self.keep_stock or not isinstance(known, DraftOrder) or channel is None:
            return
        pools = set(channel.pools)
        for group in known.groups:
            location = world.settings.locations.get(group.pickup_location or "")
            if location is not None:
                pools.update((location.pool, *location.supplied_from))
        for line in known.lines:
            sku = world.skus.get(line.sku)
            parts = [each.sku for each in sku.components] if sku is not None else []
            yield from ((part, pool) for part in (line.sku, *parts) for pool in pools)


class DeclineDraftOrder(DraftOrderCommand, frozen=True, gc=False, kw_only=True, tag="decline_draft_order"):
    """The customer does not want what was offered. token_hash: of the link it came by; staff say why."""

    reason: str = ""
    token_hash: str = ""


class DiscardDraftOrder(DraftOrderCommand, frozen=True, gc=False, kw_only=True, tag="discard_draft_order"):
    """Give a draft order up."""

    reason: str


class ExpireDraftOrder(DraftOrderCommand, frozen=True, gc=False, kw_only=True, tag="expire_draft_order"):
    """The time of an offer is over. revision: the one that was offered."""

    revision: int
