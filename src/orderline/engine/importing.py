"""Take orders in from a file: each row gets a verdict, none stops the run, and a run that was broken off goes on."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from time import monotonic
from typing import BinaryIO, Final, Literal

import msgspec

from orderline.core.imports.cancellations import Matcher, Plan, Planner
from orderline.core.imports.documents import Document
from orderline.core.imports.grouping import read_documents
from orderline.core.imports.json_lines import json_profile, read_line
from orderline.core.imports.mapping import Mapping, parse_mapping
from orderline.core.imports.profile import Options, Profile, make_profile
from orderline.core.imports.report import ImportProgress, ImportReport
from orderline.core.imports.verdicts import ImportRefusal
from orderline.engine.engine import Engine
from orderline.engine.import_files import CsvRows, OrderFile
from orderline.engine.import_fixes import FixFile
from orderline.engine.import_intake import Intake
from orderline.engine.import_state import ImportState, StateKeeper
from orderline.store.database import Database
from orderline.values.failures import Refused

LayoutName = Literal["auto", "shopify", "online-retail", "generic"]
OnProgress = Callable[[ImportProgress], None]

_TELL_EVERY: Final = 20_000


def import_orders(
    engine: Engine,
    database: Database,
    source: Path | BinaryIO,
    *,
    layout: LayoutName = "auto",
    mapping: Path | None = None,
    history: bool | None = None,
    channel: str = "import",
    currency: str | None = None,
    create_skus: bool = True,
    resume: bool = True,
    fix_file: Path | None = None,
    on_progress: OnProgress | None = None,
) -> ImportReport:
    """Import a CSV or JSON Lines file (plain, .gz or .xz), or the standard input.

    history: orders served elsewhere, with no side effects; None: as the layout says (online-retail: yes; others: no).
    resume: go on where the same import was broken off; a finished one is run again (its orders are known then).
    fix_file: where refused rows go, with the reason, to be corrected and imported again.
    Refused (ImportRefusal): the file, its layout or the mapping can't be used at all; a row never is the reason.
    Trouble: the database can't be reached; the same call goes on from there.
    """
    began = monotonic()
    text = _mapping_text(mapping)
    options = Options(layout=layout, channel=channel, currency=currency, history=history)
    if fix_file is not None and isinstance(source, Path) and fix_file.resolve() == source.resolve():
        raise Refused(ImportRefusal.FILE_UNREADABLE, field="fix_file", value=fix_file.name, hint="it is the source")
    with ExitStack() as stack:
        file = OrderFile(source)
        stack.callback(file.close)
        read = _JsonReading if file.is_json else _CsvReading
        reading = read(file, parse_mapping(text), options, on_progress)
        keeper = StateKeeper(database, _import_id(reading.digest, options, text, create_skus))
        fresh = ImportState(source=file.name, layout=reading.layout)
        state = keeper.begin(fresh, resume=resume)
        resumed = state.rows
        fixes = reading.fixes(fix_file, state.fix_bytes) if fix_file is not None else None
        if fixes is not None:
            stack.callback(fixes.close)
        intake = Intake(engine, database, state, keeper, create_skus=create_skus, gathered=not file.is_json)
        profile = reading.profile
        intake.check_channel(profile, anywhere=file.is_json or "channel" in profile.columns)
        intake.run(reading.documents(), _Watcher(reading, state, fixes, on_progress), began)
        return state.report(
            channel=channel,
            currency=profile.currency,
            history=profile.history,
            resumed=resumed,
            elapsed_ms=int((monotonic() - began) * 1000),
        )


class _Watcher:
    """Writes what is to be fixed, and tells how far the import is."""

    def __init__(
        self,
        reading: "_CsvReading | _JsonReading",
        state: ImportState,
        fixes: FixFile | None,
        on_progress: OnProgress | None,
    ) -> None:
        self._reading = reading
        self._state = state
        self._fixes = fixes
        self._on_progress = on_progress

    def on_document(self, document: Document) -> None:
        if self._fixes is not None:
            self._state.fix_rows += self._reading.write_fixes(self._fixes, document)

    def on_skipped(self, document: Document) -> None:
        self._reading.forget(document)

    def on_window(self) -> None:
        state = self._state
        if self._fixes is not None:
            state.fix_bytes = self._fixes.flush()
        if self._on_progress is not None:
            refused = sum(count for verdict, count in state.verdicts.items() if verdict.startswith("refused:"))
            self._on_progress(ImportProgress("importing", state.rows, self._reading.rows, state.orders, refused))


class _CsvReading:
    """A CSV file, read up to three times: to plan, to match cancellations where there are any, to import."""

    def __init__(self, file: OrderFile, mapping: Mapping, options: Options, on_progress: OnProgress | None) -> None:
        self._file = file
        self._mapping = mapping
        first = CsvRows(file, mapping, hashing=True)
        with first.reading() as rows:
            self.profile: Profile = make_profile(first.header, mapping, options)
            planner = Planner(self.profile)
            for row in rows:
                planner.read(row)
                if on_progress is not None and row.number % _TELL_EVERY == 0:
                    on_progress(ImportProgress("reading", row.number, 0, 0, 0))
        assert first.digest is not None
        self.digest = first.digest.digest()
        self.layout = self.profile.layout.name
        self.header, self.delimiter = first.header, first.delimiter
        self.plan: Plan = planner.plan
        self.rows = planner.plan.rows
        if planner.plan.wanted:
            matcher = Matcher(self.profile, self.plan)
            with CsvRows(file, mapping).reading() as rows:
                for row in rows:
                    matcher.read(row)

    def documents(self) -> Iterator[Document]:
        with CsvRows(self._file, self._mapping).reading() as rows:
            yield from read_documents(self.profile, self.plan, rows)

    def fixes(self, path: Path, length: int) -> FixFile:
        encoding = self._mapping.encoding
        return FixFile(path, self.header, delimiter=self.delimiter, encoding=encoding, length=length)

    def write_fixes(self, fixes: FixFile, document: Document) -> int:
        """Write the rows that may be corrected; returns how many."""
        written = 0
        for row, ruling in zip(document.rows, document.rulings, strict=True):
            if ruling is not None and ruling.to_fix:
                fixes.write_row(row, ruling)
                written += 1
        return written

    def forget(self, document: Document) -> None:
        """Nothing is kept of rows."""


class _JsonReading:
    """A file of JSON Lines, read twice: once for its hash and number of lines."""

    layout = "json-lines"

    def __init__(self, file: OrderFile, mapping: Mapping, options: Options, on_progress: OnProgress | None) -> None:
        self._file = file
        self.profile: Profile = json_profile(mapping, options)
        digest = hashlib.sha256()
        self.rows = 0
        for self.rows, _ in file.lines(digest.update):
            if on_progress is not None and self.rows % _TELL_EVERY == 0:
                on_progress(ImportProgress("reading", self.rows, 0, 0, 0))
        self.digest = digest.digest()
        self._lines: dict[int, bytes] = {}
        self._keeps = False

    def documents(self) -> Iterator[Document]:
        for number, line in self._file.lines():
            if self._keeps:
                self._lines[number] = line
            yield read_line(self.profile, number, line)

    def fixes(self, path: Path, length: int) -> FixFile:
        self._keeps = True
        return FixFile(path, None, length=length)

    def write_fixes(self, fixes: FixFile, document: Document) -> int:
        """Write the line, if it may be corrected; returns how many were written."""
        number = document.rows[0].number
        line = self._lines.pop(number)
        ruling = document.rulings[0]
        if ruling is None or not ruling.to_fix:
            return 0
        fixes.write_line(number, line, ruling)
        return 1

    def forget(self, document: Document) -> None:
        """A line is kept until it is settled."""
        self._lines.pop(document.rows[0].number, None)


def _mapping_text(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(ImportRefusal.MAPPING_NOT_VALID, field="", value=path.name, hint=str(error)) from None


def _import_id(content: bytes, options: Options, mapping: str, create_skus: bool) -> str:
    about = msgspec.json.encode([content.hex(), options, mapping, create_skus])
    return hashlib.sha256(about).hexdigest()[:32]
