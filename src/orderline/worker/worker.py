"""The worker: claims due jobs in sets, has them done many at once, and keeps what it holds until they are.

A worker that is killed loses its leases after a while, and another takes over: every job bears being done twice.
"""

import asyncio
import logging
import os
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from secrets import token_hex
from typing import Final

from orderline.core.next_steps import JobKind
from orderline.store.jobs import Job
from orderline.values.failures import Trouble
from orderline.worker.carrier_pickups import ask_for_pickups
from orderline.worker.channels import tell_channels
from orderline.worker.claims import draft_claims, look_at_deadlines
from orderline.worker.combinations import label_combinations
from orderline.worker.companies import expire_approvals, review_call_offs, review_credits
from orderline.worker.contracts import chase, renew
from orderline.worker.decisions import draft_decisions, lapse_decisions, review_decisions
from orderline.worker.desk import Desk
from orderline.worker.disputes import answer_disputes
from orderline.worker.documents import collect_invoices, issue_documents
from orderline.worker.drafts import expire_drafts
from orderline.worker.fulfillments import request_cancels, submit_fulfillments
from orderline.worker.holds import screen_orders, suggest_entries
from orderline.worker.inbound import Inbound
from orderline.worker.labels import label_parcels, void_labels
from orderline.worker.legs import lay_ready, recall_transfers
from orderline.worker.manifests import tell_manifests
from orderline.worker.notices import send_notices
from orderline.worker.payments import ask_payments, call_installments, pay, renew_authorizations
from orderline.worker.promises import promise_supply, revise_promises
from orderline.worker.pulls import Pulls
from orderline.worker.pushes import Pushes
from orderline.worker.return_labels import label_returns
from orderline.worker.routing import route_orders
from orderline.worker.sellers import state_sellers
from orderline.worker.services import Services
from orderline.worker.stock import (
    cancel_late,
    close_orders,
    expire_pickups,
    keep_back,
    lapse_fulfillments,
    learn_vendors,
    peg_waiting,
    relieve_shelves,
    reserve_waiting,
    vacate_locations,
)
from orderline.worker.timers import Timers
from orderline.worker.waves import pick_lists
from orderline.worker.webhooks import Webhooks
from orderline.worker.work import Work

# Claims are at least so far apart, and farther while they bring many jobs: what comes in meanwhile goes into one set,
# and a set is one call to a partner.
GAP_S: Final = 0.01
LOADED_GAP_S: Final = 0.08
LOADED_FROM: Final = 16
TICK_S: Final = 1.0
STOP_WITHIN_S: Final = 25.0

_logger = logging.getLogger(__name__)


class Worker:
    """One worker; several, in one process or in many, share the work of a cell."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.holder = f"{os.getpid()}-{token_hex(4)}"
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()
        self._stopping = threading.Event()
        self._work: Work | None = None

    @property
    def done(self) -> int:
        """Jobs brought to an end of any kind since the start."""
        return self._work.done if self._work is not None else 0

    @property
    def in_flight(self) -> int:
        """Jobs claimed and not ended."""
        return len(self._work.in_flight) if self._work is not None else 0

    async def run(self) -> None:
        """Work until `stop` is called, then finish what was begun."""
        self._loop = asyncio.get_running_loop()
        work = self._work = Work(self.services, self.holder)
        webhooks = Webhooks(allow_private=self.services.allow_private_webhooks)
        inbound = Inbound(self.services, work)
        desks = _desks(work, webhooks, inbound)
        work.handlers = {kind: desk.handler for kind, desk in desks.items()}
        timers = Timers(work, inbound)
        pulls, pushes = Pulls(work, inbound), Pushes(work)
        clocks = [
            asyncio.create_task(self._again(timers.tick, TICK_S), name="worker-timers"),
            asyncio.create_task(self._again(pulls.tick, TICK_S), name="worker-pulls"),
            asyncio.create_task(self._again(pushes.tick, TICK_S), name="worker-pushes"),
        ]
        leases = asyncio.create_task(self._again(self._keep_leases, self.services.lease_s / 3), name="worker-leases")
        self.services.engine.on_jobs.append(self._hint)
        try:
            while not self._stopping.is_set():
                await self._claim(work, desks)
        finally:
            self.services.engine.on_jobs.remove(self._hint)
            for each in clocks:
                each.cancel()
            await self._finish(work, desks)
            leases.cancel()
            await asyncio.gather(*clocks, leases, return_exceptions=True)
            await self._leave(work, (timers, pulls, pushes), webhooks)

    def stop(self) -> None:
        """Ask to stop; from any thread."""
        self._stopping.set()
        self._hint()

    async def _claim(self, work: Work, desks: Mapping[JobKind, Desk]) -> None:
        """Claim a set, and wait for more when there was no full one."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        self._wake.clear()
        most = min(self.services.claim_most, self.services.in_flight_most - len(work.in_flight))
        jobs: list[Job] = []
        if most > 0:
            try:
                jobs = await work.read(work.jobs.claim, self.services.clock(), most)
            except Trouble as trouble:
                _logger.warning("no jobs can be claimed: %s", trouble)
                began += 1.0
            except Exception:
                # Whatever it is, jobs go on waiting, and a person hears of it until it is mended.
                _logger.exception("no jobs can be claimed")
                began += 1.0
        self._hand_out(work, desks, jobs)
        if jobs and len(jobs) == most:
            return
        pause_s = self.services.poll_s if most > 0 else GAP_S
        try:
            async with asyncio.timeout(pause_s):
                await self._wake.wait()
        except TimeoutError:
            pass
        rest_s = began + (GAP_S if len(jobs) < LOADED_FROM else LOADED_GAP_S) - loop.time()
        if rest_s > 0 and not self._stopping.is_set():
            await asyncio.sleep(rest_s)

    def _hand_out(self, work: Work, desks: Mapping[JobKind, Desk], jobs: Sequence[Job]) -> None:
        by_kind: dict[JobKind, list[Job]] = {}
        for job in jobs:
            work.in_flight.add(job.id)
            by_kind.setdefault(job.kind, []).append(job)
        for kind, some in by_kind.items():
            desks[kind].put(some)

    async def _keep_leases(self) -> None:
        work = self._work
        if work is not None and work.in_flight:
            await work.read(work.jobs.extend, sorted(work.in_flight), self.services.clock())

    async def _again(self, doing: Callable[[], Awaitable[object]], every_s: float) -> None:
        """Do something again and again, until canceled; trouble is told and passes."""
        while True:
            try:
                await doing()
            except Trouble as trouble:
                _logger.warning("%s", trouble)
            except Exception:
                _logger.exception("what the clock brings about failed")
            await asyncio.sleep(every_s)

    async def _finish(self, work: Work, desks: Mapping[JobKind, Desk]) -> None:
        try:
            async with asyncio.timeout(STOP_WITHIN_S):
                left = [job for desk in desks.values() for job in desk.close()]
                await work.release(left)
                for desk in desks.values():
                    await desk.settle()
                await work.settle_tasks()
        except (TimeoutError, Trouble) as error:
            _logger.warning("stopping with jobs in work (%s); they come again", error)

    async def _leave(self, work: Work, leading: Sequence[Timers | Pulls | Pushes], webhooks: Webhooks) -> None:
        try:
            for each in leading:
                await each.stop()
        except Trouble as trouble:
            _logger.warning("%s", trouble)
        await webhooks.close()
        await work.close()

    def _hint(self) -> None:
        """Jobs were written by this process, or it is time to stop."""
        loop = self._loop
        if loop is not None and not self._wake.is_set():
            try:
                loop.call_soon_threadsafe(self._wake.set)
            except RuntimeError:
                return  # the loop is closed: nobody waits any more


def _desks(work: Work, webhooks: Webhooks, inbound: Inbound) -> dict[JobKind, Desk]:
    """Who does what."""
    return {
        JobKind.ROUTE: Desk(work, route_orders, at_once=1),
        JobKind.PAY: Desk(work, pay, at_once=4),
        JobKind.ASK_PAYMENT: Desk(work, ask_payments),
        JobKind.SUBMIT: Desk(work, submit_fulfillments, at_once=4),
        JobKind.REQUEST_CANCEL: Desk(work, request_cancels),
        JobKind.LABEL: Desk(work, partial(label_parcels, inbound=inbound), at_once=4),
        JobKind.RETURN_LABEL: Desk(work, partial(label_returns, inbound=inbound), at_once=4),
        JobKind.PICK: Desk(work, pick_lists),
        JobKind.MANIFEST: Desk(work, tell_manifests),
        JobKind.CARRIER_PICKUP: Desk(work, ask_for_pickups),
        JobKind.COMBINED_LABEL: Desk(work, partial(label_combinations, inbound=inbound)),
        JobKind.DOCUMENT: Desk(work, issue_documents),
        JobKind.COLLECT_INVOICES: Desk(work, collect_invoices),
        JobKind.CLAIM: Desk(work, draft_claims),
        JobKind.DEADLINE: Desk(work, look_at_deadlines),
        JobKind.VOID_LABEL: Desk(work, void_labels),
        JobKind.EVIDENCE: Desk(work, answer_disputes),
        JobKind.REAUTHORIZE: Desk(work, renew_authorizations, at_once=1),
        JobKind.INSTALLMENT: Desk(work, call_installments, at_once=1),
        JobKind.NOTICE: Desk(work, send_notices),
        JobKind.CHANNEL: Desk(work, tell_channels),
        JobKind.WEBHOOK: Desk(work, webhooks.send),
        JobKind.CANCEL_DUE: Desk(work, cancel_late, at_once=1),
        JobKind.CLOSE: Desk(work, close_orders, at_once=1),
        JobKind.RESERVE_WAITING: Desk(work, reserve_waiting, at_once=1),
        JobKind.LEARN_VENDOR: Desk(work, learn_vendors, at_once=1),
        JobKind.KEEP_BACK: Desk(work, keep_back, at_once=1),
        JobKind.PEG_WAITING: Desk(work, peg_waiting, at_once=1),
        JobKind.RECALL_TRANSFER: Desk(work, recall_transfers, at_once=1),
        JobKind.RELIEVE: Desk(work, relieve_shelves, at_once=1),
        JobKind.REVISE: Desk(work, revise_promises, at_once=1),
        JobKind.PROMISE_SUPPLY: Desk(work, promise_supply),
        JobKind.ACCEPT_DUE: Desk(work, lapse_fulfillments, at_once=1),
        JobKind.LAY_READY: Desk(work, lay_ready, at_once=1),
        JobKind.PICKUP_DUE: Desk(work, expire_pickups, at_once=1),
        JobKind.DRAFT_DECISION: Desk(work, draft_decisions),
        JobKind.REVIEW_DECISION: Desk(work, review_decisions),
        JobKind.SCREEN: Desk(work, screen_orders),
        JobKind.SUGGEST_ENTRIES: Desk(work, suggest_entries),
        JobKind.DECISION_DUE: Desk(work, lapse_decisions),
        JobKind.REVIEW_CALL_OFF: Desk(work, review_call_offs),
        JobKind.REVIEW_CREDIT: Desk(work, review_credits, at_once=1),
        JobKind.RENEW: Desk(work, renew, at_once=1),
        JobKind.CHASE: Desk(work, chase, at_once=1),
        JobKind.APPROVAL_DUE: Desk(work, expire_approvals, at_once=1),
        JobKind.DRAFT_DUE: Desk(work, expire_drafts),
        JobKind.STATE_SELLER: Desk(work, state_sellers, at_once=1),
        JobKind.VACATE: Desk(work, vacate_locations, at_once=1),
    }


class WorkerThread:
    """A worker in a thread with an event loop of its own: `with WorkerThread(services): ...`."""

    def __init__(self, services: Services) -> None:
        self.worker = Worker(services)
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)
        self._started = threading.Event()

    def __enter__(self) -> Worker:
        self._thread.start()
        self._started.wait(10)
        return self.worker

    def __exit__(self, *_failure: object) -> None:
        self.worker.stop()
        self._thread.join(STOP_WITHIN_S + 5)

    def _run(self) -> None:
        import uvloop

        async def work() -> None:
            self._started.set()
            await self.worker.run()

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(work())
