"""How far an import is: saved before orders are handed to the engine, so that a run that dies can be gone on with.

The file is read into the same documents in the same order every time; the state says how many of them are settled,
and which windows of them were under way, with the orders that had been there before: whatever else is found to be
there was placed by this import.
"""

from datetime import UTC, datetime, timedelta

import msgspec

from orderline.core.imports.report import Example, ImportReport
from orderline.core.imports.verdicts import ImportRefusal
from orderline.store.database import Database
from orderline.store.imports import begin_import, load_import, save_import
from orderline.values.failures import Refused

EXAMPLES_AT_MOST = 3


class Window(msgspec.Struct, frozen=True):
    """Documents handed to the engine together: how many are before it and in it, and which orders were known."""

    first: int
    count: int
    known: tuple[tuple[str, str], ...] = ()


class ImportState(msgspec.Struct, omit_defaults=True, kw_only=True):
    """What is settled. `lost` and `known`: orders that later cancellations fare with."""

    source: str
    layout: str = ""
    documents: int = 0
    rows: int = 0
    orders: int = 0
    orders_known: int = 0
    verdicts: dict[str, int] = {}
    remarks: dict[str, int] = {}
    examples: dict[str, list[Example]] = {}
    fix_rows: int = 0
    fix_bytes: int = 0
    skus_created: int = 0
    windows: list[Window] = []
    lost: list[str] = []
    known: list[str] = []
    milliseconds: int = 0
    finished: bool = False

    def count(self, verdict: str, rows: int = 1) -> None:
        """Count rows under a verdict."""
        self.verdicts[verdict] = self.verdicts.get(verdict, 0) + rows
        self.rows += rows

    def wants_example(self, verdict: str) -> bool:
        """Are there fewer examples of a verdict than are shown?"""
        return len(self.examples.get(verdict, ())) < EXAMPLES_AT_MOST

    def report(self, *, channel: str, currency: str, history: bool, resumed: int, elapsed_ms: int) -> ImportReport:
        """What the import tells at its end; `elapsed_ms`: how long this run took."""
        return ImportReport(
            source=self.source,
            layout=self.layout,
            channel=channel,
            currency=currency,
            history=history,
            rows=self.rows,
            orders=self.orders,
            orders_known=self.orders_known,
            verdicts=dict(sorted(self.verdicts.items())),
            remarks=dict(sorted(self.remarks.items())),
            examples=dict(sorted(self.examples.items())),
            milliseconds=self.milliseconds,
            lines_per_s=(self.rows - resumed) * 1000 // max(1, elapsed_ms),
            rows_resumed=resumed,
            fix_rows=self.fix_rows,
            skus_created=self.skus_created,
        )


class StateKeeper:
    """Saves the state of one import, and notices when another run has taken it over."""

    def __init__(self, database: Database, import_id: str) -> None:
        self._database = database
        self._id = import_id
        self._saved_at = datetime.min.replace(tzinfo=UTC)

    def begin(self, fresh: ImportState, *, resume: bool) -> ImportState:
        """The state to go on from: `fresh`, or that of a run that was broken off."""
        found = load_import(self._database, self._id) if resume else None
        state = msgspec.json.decode(found[0], type=ImportState) if found is not None else fresh
        if state.finished:
            state = fresh
        self._saved_at = self._next()
        begin_import(self._database, self._id, self._saved_at, _encoded(state))
        return state

    def save(self, state: ImportState) -> None:
        """Save. Refused IMPORT_TAKEN_OVER: another run of the same import saves its own state."""
        now = self._next()
        if not save_import(self._database, self._id, self._saved_at, now, _encoded(state)):
            raise Refused(ImportRefusal.IMPORT_TAKEN_OVER, field="import", value=self._id)
        self._saved_at = now

    def _next(self) -> datetime:
        return max(datetime.now(UTC), self._saved_at + timedelta(microseconds=1))


def _encoded(state: ImportState) -> str:
    return msgspec.json.encode(state).decode()
