"""Tell others again: webhooks, pushes to channels and notices for a range of the journal."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

import msgspec

from orderline.core.next_steps import FollowUp, JobKind, order_follow_ups, webhook_follow_ups
from orderline.engine.sealing import Entry
from orderline.store.database import Database
from orderline.store.jobs import TELLING, add_jobs
from orderline.store.loading import load_orders, load_settings
from orderline.store.subscriptions import JournalRange, entries_between
from orderline.values.ids import OrderId

REPLAYABLE: Final = TELLING

_entries = msgspec.json.Decoder(Entry)


def replay(database: Database, range_: JournalRange, kinds: Collection[JobKind], now: datetime) -> int:
    """Write the jobs of these kinds again that the entries of a range led to, or would lead to now.

    A subscription made since is told, too. What the jobs tell is as it stands in the journal; notices go out under
    new names, so that they are sent once more. Returns how many jobs were written.
    """
    written = 0
    for page in entries_between(database, range_):
        with database.connection() as connection:
            settings = load_settings(connection, database.cell)
            orders = load_orders(connection, database.cell, {order for order, _, _ in page})
        jobs: list[FollowUp] = []
        for order_id, seq, body in page:
            order = msgspec.structs.replace(orders[OrderId(order_id)], version=seq)
            events = _entries.decode(body).events
            told = order_follow_ups(settings, order, events, now)
            told += webhook_follow_ups(settings, order, events, now)
            jobs += [job for job in told if job.kind in kinds and job.kind in REPLAYABLE]
        if jobs:
            add_jobs(database, [(job.stream, job.kind, job.body) for job in jobs], now)
            written += len(jobs)
    return written
