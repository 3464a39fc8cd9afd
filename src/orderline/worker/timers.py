"""What the clock brings about: carts that expire, facts that waited, stock that was freed, old keys, new partitions.

Done by whichever worker holds the lease; every piece bears being done twice.
"""

import logging
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Final

from orderline.core.alarms.commands import ClearAlarm, RaiseAlarm
from orderline.core.stock.commands import ReleaseCart
from orderline.engine.submissions import Submission
from orderline.store.documents import forget_labels
from orderline.store.inbox import forget_answers, forget_facts
from orderline.store.liveness import (
    Rounds,
    alarmed_orders,
    drop_lease,
    expired_carts,
    stuck_among,
    take_lease,
    waiting_skus,
)
from orderline.store.partitions import ensure_partitions
from orderline.store.pushing import forget_pushes
from orderline.values.failures import Trouble
from orderline.values.ids import CartHoldId
from orderline.worker.carrier_pickups import book_by_calendars
from orderline.worker.claims import claim_late
from orderline.worker.credits import expire_credits
from orderline.worker.holds import breach_holds
from orderline.worker.inbound import Inbound
from orderline.worker.listings import keep_listings
from orderline.worker.payouts import read_payouts
from orderline.worker.reconciling import reconcile
from orderline.worker.returns import expire_returns
from orderline.worker.stock import check_feeds, expire_lots, measure_lags, offer_stock, weigh_shelves
from orderline.worker.watching import measure_orders, watch_cover, watch_service
from orderline.worker.work import Work

LEASE: Final = "timers"
LEASE_LASTS: Final = timedelta(seconds=15)
KEYS_KEPT: Final = timedelta(days=30)
FACTS_KEPT: Final = timedelta(days=90)
PUSHES_KEPT: Final = timedelta(days=30)
LABELS_KEPT: Final = timedelta(days=180)
MOST: Final = 500
LOOK_AROUND_EVERY: Final = timedelta(minutes=10)
# Each time so many orders of each phase are looked at: a million in an hour and a half, by a few index pages a second.
LOOK_EVERY: Final = timedelta(seconds=5)
LOOKED_AT: Final = 1_000
MOST_FORGOTTEN: Final = 5_000

_logger = logging.getLogger(__name__)


class Timers:
    """Work by the clock; `tick` is called again and again."""

    def __init__(self, work: Work, inbound: Inbound) -> None:
        self._work = work
        self._inbound = inbound
        self._due: dict[str, datetime] = {}
        self._rounds = Rounds()

    async def tick(self) -> bool:
        """Do what is due, if this worker leads. False: another one does."""
        work = self._work
        now = work.services.clock()
        if not await work.read(take_lease, work.database, LEASE, work.jobs.holder, now, LEASE_LASTS):
            return False
        await _apart(self.release_carts())
        await _apart(self._inbound.replay_parked())
        if self._is_due("stock", now, timedelta(seconds=30)):
            await _apart(self.offer_freed_stock())
        if self._is_due("feeds", now, timedelta(seconds=10)):
            await _apart(check_feeds(work))
        if self._is_due("lots", now, timedelta(minutes=5)):
            await _apart(expire_lots(work))
        if self._is_due("listings", now, timedelta(seconds=15)):
            await _apart(keep_listings(work))
        if self._is_due("doubt", now, timedelta(minutes=1)):
            await _apart(weigh_shelves(work))
        if self._is_due("lags", now, timedelta(hours=1)):
            await _apart(measure_lags(work))
        if self._is_due("indicators", now, timedelta(seconds=10)):
            await _apart(measure_orders(work))
        if self._is_due("cover", now, LOOK_AROUND_EVERY):
            await _apart(watch_cover(work))
            await _apart(watch_service(work))
        if self._is_due("stuck", now, LOOK_EVERY):
            await _apart(self.watch_orders())
        if self._is_due("late", now, timedelta(hours=1)):
            await _apart(claim_late(work))
        if self._is_due("pickups", now, timedelta(minutes=5)):
            await _apart(book_by_calendars(work))
        if self._is_due("payments", now, timedelta(minutes=15)):
            await _apart(reconcile(work, self._inbound))
            await _apart(read_payouts(work))
        if self._is_due("returns", now, timedelta(minutes=5)):
            await _apart(expire_returns(work))
        if self._is_due("credits", now, timedelta(minutes=5)):
            await _apart(expire_credits(work))
        if self._is_due("holds", now, timedelta(seconds=15)):
            await _apart(breach_holds(work))
        if self._is_due("upkeep", now, timedelta(hours=6)):
            await _apart(self.keep_up(now))
        return True

    async def stop(self) -> None:
        """Let another worker lead at once."""
        await self._work.read(drop_lease, self._work.database, LEASE, self._work.jobs.holder)

    async def release_carts(self) -> int:
        """Give back the units of carts whose time is over; returns how many carts."""
        released = 0
        while True:
            found = await self._work.read(expired_carts, self._work.database, self._work.services.clock(), MOST)
            commands = [ReleaseCart(cart=CartHoldId(id_), expired_only=True) for id_ in found]
            outcomes = await self._work.engine.answer_all([Submission(command=command) for command in commands])
            gone = sum(1 for outcome in outcomes if outcome.answer)
            released += gone
            if len(found) < MOST or not gone:
                return released

    async def offer_freed_stock(self) -> None:
        """Stock that a cancellation, a cart or another order gave back is offered to those who wait."""
        skus = await self._work.read(waiting_skus, self._work.database, MOST)
        if skus:
            await offer_stock(self._work, skus)

    async def watch_orders(self) -> int:
        """Raise an alarm for each order that nothing will move, and take back those of which that is no longer true.

        Some orders of each phase at a time; those with an alarm every time. Returns how many alarms there are.
        """
        work = self._work
        alarmed = await work.read(alarmed_orders, work.database)
        ids = await work.read(self._rounds.next, work.database, LOOKED_AT)
        stuck = {each.id: each for each in await work.read(stuck_among, work.database, {*ids, *alarmed})}
        raised = [RaiseAlarm(order=id_, step=each.next_step or "") for id_, each in stuck.items() if id_ not in alarmed]
        cleared = [ClearAlarm(order=id_) for id_ in alarmed if id_ not in stuck]
        if raised:
            _logger.error("%s orders are stuck, the first %s", len(raised), stuck[raised[0].order].number)
        await work.engine.answer_all([Submission(command=command) for command in (*raised, *cleared)])
        return len(stuck)

    async def keep_up(self, now: datetime) -> None:
        """Make partitions ahead; forget idempotency keys and facts that nobody would send again."""
        work = self._work
        await work.read(ensure_partitions, work.database, datetime.now(UTC).date())
        while await work.read(forget_answers, work.database, now - KEYS_KEPT) == MOST_FORGOTTEN:
            pass
        while await work.read(forget_facts, work.database, now - FACTS_KEPT) == MOST_FORGOTTEN:
            pass
        while await work.read(forget_pushes, work.database, now - PUSHES_KEPT) == MOST_FORGOTTEN:
            pass
        while await work.read(forget_labels, work.database, now - LABELS_KEPT) == MOST_FORGOTTEN:
            pass

    def _is_due(self, name: str, now: datetime, every: timedelta) -> bool:
        if name in self._due and now < self._due[name]:
            return False
        self._due[name] = now + every
        return True


async def _apart(doing: Awaitable[object]) -> None:
    """A fault in one piece keeps no other from being done; trouble is everybody's, and ends the round."""
    try:
        await doing
    except Trouble:
        raise
    except Exception:
        _logger.exception("what the clock brings about failed")
