"""Listings that follow what there is: SKUs with a window of sale, or sold ahead, appear and disappear by themselves."""

from contextlib import closing
from datetime import datetime

from orderline.engine.submissions import Submission
from orderline.store.database import Database
from orderline.store.reading.listings import load_changes
from orderline.store.reading.source import Source, open_source
from orderline.worker.work import Work


async def keep_listings(work: Work) -> int:
    """Tell of each listing that has changed; returns how many."""
    changes = await work.read(_changed, work.database, work.services.clock())
    await work.engine.answer_all(changes)
    return len(changes)


def _changed(database: Database, now: datetime) -> list[Submission]:
    with closing(open_source(database).connection) as connection:
        return [Submission(command=each) for each in load_changes(Source(connection, database.cell), now)]
