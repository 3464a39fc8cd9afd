"""What commands would do, one after the other: decided as a batch is, under the same locks, and given back."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec

from orderline.engine.batch import Batch, SettingsChanged
from orderline.engine.engine import utc_now
from orderline.engine.submissions import Outcome, Submission
from orderline.store.database import Database
from orderline.store.loading import load_settings
from orderline.values.failures import Trouble
from orderline.values.ids import OrderId

_ATTEMPTS: Final = 3


class Tried(msgspec.Struct, frozen=True):
    """What would become of a command. currency, events: of the order that it is on; a JSON list of what would be journaled."""

    outcome: Outcome
    currency: str = ""
    events: msgspec.Raw = msgspec.Raw(b"[]")


def try_all(database: Database, submissions: Sequence[Submission]) -> list[Tried]:
    """What would become of commands if they were carried out now, in turn: each sees those before. Nothing is kept.

    Raises Trouble: the settings are being changed.
    """
    with database.connection() as connection:
        for _ in range(_ATTEMPTS):
            batch = _Dry(connection, database.cell, load_settings(connection, database.cell), utc_now())
            try:
                return batch.tried(submissions)
            except SettingsChanged:
                continue
    raise Trouble("settings", retry_after_s=1)


class _Entry(msgspec.Struct):
    events: msgspec.Raw


class _Dry(Batch):
    def tried(self, submissions: Sequence[Submission]) -> list[Tried]:
        self.told: list[tuple[str, msgspec.Raw]] = []
        with self.connection.transaction(force_rollback=True), self.connection.pipeline():
            self._load(submissions)
            outcomes = self._decide(submissions, ["-"] * len(submissions))
        return [Tried(outcome, *told) for outcome, told in zip(outcomes, self.told, strict=True)]

    def _decide_one(self, each: Submission, number: str) -> Outcome:
        first = len(self.changes.journal)
        try:
            return super()._decide_one(each, number)
        finally:
            self.told.append(next(map(self._told_of, self.changes.journal[first:]), ("", msgspec.Raw(b"[]"))))

    def _told_of(self, row: tuple[UUID, int, str, bytes]) -> tuple[str, msgspec.Raw]:
        order = self.world.orders[OrderId(row[0])]
        assert order is not None, "it was journaled"
        return order.currency, msgspec.json.decode(row[2], type=_Entry).events
