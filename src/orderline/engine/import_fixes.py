"""The fix-and-retry file: refused rows as they were, with the reason beside them, to be corrected and imported again."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from orderline.core.imports.documents import Row
from orderline.core.imports.layouts import FIX_COLUMNS, FIX_KEY
from orderline.core.imports.verdicts import ImportRefusal, Ruling
from orderline.values.failures import Refused


class FixFile:
    """Written as rows are settled; after a broken-off run it is cut back to what the state says was settled.

    header: that of the file, for CSV; None: JSON Lines. encoding: that of the file, so that one mapping fits both.
    """

    def __init__(
        self,
        path: Path,
        header: Sequence[str] | None,
        *,
        delimiter: str = ",",
        encoding: str = "utf-8",
        length: int = 0,
    ) -> None:
        """Refused FIX_FILE_CHANGED: it is shorter than the state remembers. FILE_UNREADABLE: it can't be written."""
        self._header = header
        self._delimiter = delimiter
        self._encoding = encoding
        try:
            self._file: BinaryIO = path.open("r+b" if length else "wb")
        except OSError as error:
            raise Refused(
                ImportRefusal.FILE_UNREADABLE, field="fix_file", value=path.name, hint=str(error.strerror)
            ) from None
        if length and self._file.seek(0, io.SEEK_END) < length:
            self._file.close()
            hint = "begin the import again from the start (--from-start)"
            raise Refused(ImportRefusal.FIX_FILE_CHANGED, field="fix_file", value=path.name, hint=hint)
        self._file.seek(length)
        self._file.truncate()
        self._length = length

    def write_row(self, row: Row, ruling: Ruling) -> None:
        """A row of a CSV file."""
        assert self._header is not None
        if not self._length:
            self._write([*self._header, *FIX_COLUMNS])
        width = len(self._header)
        cells = [*row.cells, *[""] * width][:width]
        value = ruling.value if len(row.cells) == width else self._delimiter.join(row.cells)
        self._write([*cells, str(row.number), ruling.verdict, ruling.field, value, ruling.hint])

    def write_line(self, number: int, line: bytes, ruling: Ruling) -> None:
        """A line of JSON; one that is none is kept as text."""
        told: dict[str, object] = {
            "row": number,
            "verdict": ruling.verdict,
            "field": ruling.field,
            "value": ruling.value,
            "hint": ruling.hint,
        }
        try:
            body = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
            kept: dict[str, object] = {key: value for key, value in body.items() if key != FIX_KEY}
        except (msgspec.DecodeError, UnicodeDecodeError):
            kept = {}
            told["line"] = line.decode("utf-8", "backslashreplace")
        self._put(msgspec.json.encode({**kept, FIX_KEY: told}) + b"\n")

    def flush(self) -> int:
        """Hand over what is written; returns the length of the file."""
        self._file.flush()
        return self._length

    def close(self) -> None:
        self._file.close()

    def _write(self, cells: Sequence[str]) -> None:
        text = io.StringIO()
        csv.writer(text, delimiter=self._delimiter).writerow(cells)
        try:
            self._put(text.getvalue().encode(self._encoding, "surrogateescape"))
        except UnicodeEncodeError:
            self._put(text.getvalue().encode(self._encoding, "replace"))

    def _put(self, data: bytes) -> None:
        self._length += self._file.write(data)
