"""Pushes: tell channels how many units of each SKU they may sell, when that has changed.

What has changed is looked up, not told: nothing that changes stock has to do more. Whatever changes while a channel is
slow is told once, as it is then. A set that is not taken is sent again with later figures under higher numbers.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from orderline.contracts.channels import ListingsPublished, PublishedLevel, PublishedListing, StockPublished
from orderline.contracts.registry import Capability, Kind
from orderline.core.stock.state import Channel
from orderline.store.liveness import drop_lease, take_lease
from orderline.store.pushing import (
    WaitingListing,
    ack_levels,
    ack_listings,
    load_bundles,
    look_at_levels,
    note_failed_listings,
    note_failed_push,
    waiting_levels,
    waiting_listings,
)
from orderline.values.failures import Refused, Trouble
from orderline.worker.channel_facts import channel_of
from orderline.worker.partners import Partner
from orderline.worker.work import Work

LOOK_EVERY: Final = timedelta(seconds=2)
# Looking takes at most a part of a worker's time, however many SKUs there are.
PART_OF_TIME: Final = 20
LOOK_AGAIN_AFTER: Final = timedelta(hours=1)  # rules by the clock change figures, too
BUNDLES_FOR: Final = timedelta(seconds=60)
LEASE_LASTS: Final = timedelta(seconds=60)
MOST: Final = 5_000
FAILED_S: Final = (5, 15, 60, 300)

_logger = logging.getLogger(__name__)


class Pushes:
    """Stock by the clock; `tick` is called again and again."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._due: dict[str, datetime] = {}
        self._failed: dict[str, int] = {}
        self._leading: set[str] = set()
        self._bundles: tuple[datetime, Mapping[str, Sequence[str]]] | None = None

    async def tick(self) -> None:
        """Push what is due; a channel that does not answer keeps no other waiting for the next time."""
        settings = await self._work.settings()
        for channel in settings.channels.values():
            now = self._work.services.clock()
            if not channel.active or channel_of(settings, channel.partner) is not channel:
                continue
            if channel.code in self._due and now < self._due[channel.code]:
                continue
            partner = self._partner(channel)
            if partner is not None and await self._leads(channel, now):
                if partner.can(Capability.STOCK):
                    await self._push(channel, partner, now)
                if partner.can(Capability.LISTINGS):
                    await self._push_listings(channel, partner, now)

    async def stop(self) -> None:
        """Let another worker lead at once."""
        for name in self._leading:
            await self._work.read(drop_lease, self._work.database, name, self._work.jobs.holder)

    async def _push(self, channel: Channel, partner: Partner, now: datetime) -> None:
        work, database = self._work, self._work.database
        bundles = await self._known_bundles(now)
        before = now - LOOK_AGAIN_AFTER
        changed = await work.read(look_at_levels, database, channel, bundles, now, before, MOST)
        took = work.services.clock() - now
        self._due[channel.code] = now + max(LOOK_EVERY, took * PART_OF_TIME)
        levels = await work.read(waiting_levels, database, channel.code, MOST)
        if levels:
            pushed_at = work.services.clock()
            try:
                async with partner.calls:
                    told: StockPublished = await partner.contract.push_stock(
                        [PublishedLevel(each.sku, each.quantity, each.sequence) for each in levels]
                    )
            except Trouble as trouble:
                failed = self._failed[channel.code] = self._failed.get(channel.code, 0) + 1
                wait_s = trouble.retry_after_s or FAILED_S[min(failed, len(FAILED_S)) - 1]
                self._due[channel.code] = pushed_at + timedelta(seconds=wait_s)
                await work.read(note_failed_push, database, channel.code, levels, pushed_at, str(trouble))
                _logger.warning("channel %s takes no stock: %s", channel.code, trouble)
                return
            self._failed.pop(channel.code, None)
            acked_at = work.services.clock()
            await work.read(ack_levels, database, channel.code, levels, set(told.unknown), pushed_at, acked_at)
        if max(changed, len(levels)) >= MOST:
            self._due.pop(channel.code, None)  # there is more

    async def _push_listings(self, channel: Channel, partner: Partner, now: datetime) -> None:
        """As what SKUs are offered: what comes and goes by itself, when that has changed."""
        work, database = self._work, self._work.database
        if not partner.can(Capability.STOCK):
            self._due[channel.code] = now + LOOK_EVERY
        key = f"listings of {channel.code}"
        changed = await work.read(waiting_listings, database, channel.code, MOST)
        if not changed:
            return
        pushed_at = work.services.clock()
        try:
            async with partner.calls:
                told: ListingsPublished = await partner.contract.push_listings(list(map(_published, changed)))
        except Trouble as trouble:
            failed = self._failed[key] = self._failed.get(key, 0) + 1
            wait_s = trouble.retry_after_s or FAILED_S[min(failed, len(FAILED_S)) - 1]
            self._due[channel.code] = pushed_at + timedelta(seconds=wait_s)
            await work.read(note_failed_listings, database, channel.code, changed, pushed_at, str(trouble))
            _logger.warning("channel %s takes no listings: %s", channel.code, trouble)
            return
        self._failed.pop(key, None)
        acked_at = work.services.clock()
        await work.read(ack_listings, database, channel.code, changed, set(told.unknown), pushed_at, acked_at)

    async def _known_bundles(self, now: datetime) -> Mapping[str, Sequence[str]]:
        if self._bundles is None or now - self._bundles[0] > BUNDLES_FOR:
            self._bundles = now, await self._work.read(load_bundles, self._work.database)
        return self._bundles[1]

    def _partner(self, channel: Channel) -> Partner | None:
        """Who is told; nobody when the partner takes neither stock nor listings, or is not set up here."""
        try:
            partner = self._work.partners.partner(Kind.CHANNELS, channel.partner)
        except Refused:
            return None
        return partner if partner.can(Capability.STOCK) or partner.can(Capability.LISTINGS) else None

    async def _leads(self, channel: Channel, now: datetime) -> bool:
        work = self._work
        name = f"push {channel.code}"
        leads = await work.read(take_lease, work.database, name, work.jobs.holder, now, LEASE_LASTS)
        if leads:
            self._leading.add(name)
        return leads


def _published(waiting: WaitingListing) -> PublishedListing:
    offered = waiting.listing.offered
    return PublishedListing(
        sku=waiting.listing.sku,
        state=offered.state.value,
        sequence=waiting.version,
        reason=offered.reason,
        ready_at=offered.ready_at,
        changes_at=offered.changes_at,
    )
