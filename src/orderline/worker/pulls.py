"""Pulls: ask channels for orders that they have not told, or that we have not heard, and take them in as if told.

From when a channel is first asked on; what was placed before is for `orderline import`. Taken in twice, an order is the
same order: (channel, external id) is known for ever.
"""

import hashlib
import logging
from datetime import datetime, timedelta
from typing import Final

from orderline.contracts.channels import ChannelOrder, ChannelOrderPage, ChannelOrderPlaced
from orderline.contracts.registry import Capability, Kind
from orderline.core.stock.state import Channel
from orderline.store.liveness import drop_lease, take_lease
from orderline.store.pulls import begin_pull, load_pull, save_pull
from orderline.values.failures import Refused, Trouble
from orderline.worker.channel_facts import channel_of
from orderline.worker.inbound import Inbound
from orderline.worker.partners import Partner
from orderline.worker.work import Work

PULL_EVERY: Final = timedelta(seconds=60)
# Who pulls says so before each page, so that another may go on when it is gone.
LEASE_LASTS: Final = timedelta(seconds=90)
PAGE: Final = 250

_logger = logging.getLogger(__name__)


class Pulls:
    """Orders by the clock; `tick` is called again and again."""

    def __init__(self, work: Work, inbound: Inbound) -> None:
        self._work = work
        self._inbound = inbound
        self._due: dict[str, datetime] = {}
        self._leading: set[str] = set()

    async def tick(self) -> None:
        """Pull what is due; a channel that does not answer keeps no other waiting for the next time."""
        settings = await self._work.settings()
        for channel in settings.channels.values():
            now = self._work.services.clock()
            if not channel.active or channel_of(settings, channel.partner) is not channel:
                continue
            if channel.code in self._due and now < self._due[channel.code]:
                continue
            self._due[channel.code] = now + PULL_EVERY
            try:
                await self._pull(channel)
            except Trouble as trouble:
                _logger.warning("no orders are pulled for channel %s: %s", channel.code, trouble)

    async def stop(self) -> None:
        """Let another worker lead at once."""
        for name in self._leading:
            await self._work.read(drop_lease, self._work.database, name, self._work.jobs.holder)

    async def _pull(self, channel: Channel) -> None:
        work = self._work
        partner = self._partner(channel)
        if partner is None or not await self._leads(channel):
            return
        if await work.read(begin_pull, work.database, channel.code, work.services.clock()):
            return
        more = True
        while more and await self._leads(channel):
            known = await work.read(load_pull, work.database, channel.code)
            if known is None:
                return
            place = known.place
            async with partner.calls:
                page: ChannelOrderPage = await partner.contract.pull_orders(place, limit=PAGE)
            facts = [_fact(order) for order in page.orders if order.placed_at >= known.since]
            if facts:
                await self._inbound.take_told(channel.partner, facts)
            await work.read(save_pull, work.database, channel.code, page.cursor, work.services.clock())
            more = page.more and page.cursor != place

    def _partner(self, channel: Channel) -> Partner | None:
        """Who is asked; nobody when the partner can't be, or is not set up here."""
        try:
            partner = self._work.partners.partner(Kind.CHANNELS, channel.partner)
        except Refused:
            return None
        return partner if partner.can(Capability.CATCH_UP) else None

    async def _leads(self, channel: Channel) -> bool:
        work = self._work
        now = work.services.clock()
        name = f"pull {channel.code}"
        leads = await work.read(take_lease, work.database, name, work.jobs.holder, now, LEASE_LASTS)
        if leads:
            self._leading.add(name)
        return leads


def _fact(order: ChannelOrder) -> ChannelOrderPlaced:
    """The order as the fact that the channel would have told. It has a name of ours, of one length."""
    name = hashlib.sha256(order.external_id.encode()).hexdigest()
    return ChannelOrderPlaced(event_id=f"pulled-{name}-{order.revision}", occurred_at=order.placed_at, order=order)
