"""Order files as they lie there: plain or compressed, CSV or JSON Lines, read as often as needed, never whole."""

import csv
import gzip
import hashlib
import io
import lzma
import shutil
import tempfile
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, Final, cast

from orderline.core.imports.documents import Row
from orderline.core.imports.layouts import FIX_COLUMNS, fold_heading
from orderline.core.imports.mapping import Mapping
from orderline.core.imports.verdicts import ImportRefusal, malformed
from orderline.values.failures import Refused

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_BLOCK_BYTES: Final = 1 << 18
_LONGEST_LINE: Final = 16 << 20
_DELIMITERS: Final = ",;\t|"
_FIX_HEADINGS: Final = frozenset(map(fold_heading, FIX_COLUMNS))
_BROKEN: Final = (lzma.LZMAError, gzip.BadGzipFile, EOFError, zlib.error)


class OrderFile:
    """A file of orders. What comes on the standard input is put aside first, since it is read more than once."""

    def __init__(self, source: Path | BinaryIO) -> None:
        self._spooled: IO[bytes] | None = None
        self._path: Path | None = None
        if isinstance(source, Path):
            self._path = source
            self.name = source.name
        else:
            self._spooled = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
            self.name = "standard input"
            try:
                shutil.copyfileobj(source, self._spooled, _BLOCK_BYTES)
            except OSError as error:
                raise self._unreadable(error) from None
        with self.opened() as stream:
            start = stream.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
        if not start:
            raise Refused(ImportRefusal.FILE_EMPTY, field="source", value=self.name)
        self.is_json = start.startswith(b"{")

    def close(self) -> None:
        """Let go of what was put aside."""
        if self._spooled is not None:
            self._spooled.close()

    @contextmanager
    def opened(self) -> Generator[BinaryIO]:
        """The file from its beginning, decompressed. Refused FILE_UNREADABLE: it can't be read, or breaks off."""
        try:
            raw = self._path.open("rb") if self._path is not None else self._rewound()
        except OSError as error:
            raise self._unreadable(error) from None
        try:
            try:
                magic = raw.read(6)
                raw.seek(0)
            except OSError as error:
                raise self._unreadable(error) from None
            packed: object = raw
            if magic.startswith(b"\x1f\x8b"):
                packed = gzip.GzipFile(fileobj=raw, mode="rb")
            elif magic == b"\xfd7zXZ\x00":
                packed = lzma.LZMAFile(raw, "rb")  # noqa: SIM115 - `raw` is what has to be closed
            yield io.BufferedReader(_Blocks(cast("BinaryIO", packed), self._unreadable), _BLOCK_BYTES)
        except _BROKEN as error:
            raise self._unreadable(error) from None
        finally:
            if self._path is not None:
                raw.close()

    def lines(self, seen: Callable[[bytes], None] | None = None) -> Iterator[tuple[int, bytes]]:
        """The lines that hold anything, numbered from 1; b"" stands for one beyond all measure. `seen`: all bytes."""
        number = 0
        with self.opened() as stream:
            while line := stream.readline(_LONGEST_LINE):
                part = line
                if seen is not None:
                    seen(part)
                while not part.endswith(b"\n") and (part := stream.readline(_LONGEST_LINE)):
                    line = b""
                    if seen is not None:
                        seen(part)
                if not line or line.strip():
                    number += 1
                    yield number, line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line

    def _rewound(self) -> BinaryIO:
        assert self._spooled is not None
        self._spooled.seek(0)
        return cast("BinaryIO", self._spooled)

    def _unreadable(self, error: Exception) -> Refused:
        return Refused(
            ImportRefusal.FILE_UNREADABLE, field="source", value=self.name, hint=str(error) or "it breaks off"
        )


class _Blocks(io.RawIOBase):
    """A stream whose errors are told as those of the file: what whoever reads it does may fail as well."""

    def __init__(self, stream: BinaryIO, unreadable: Callable[[Exception], Refused]) -> None:
        self._stream = stream
        self._unreadable = unreadable

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        space = memoryview(buffer)
        try:
            block = self._stream.read(len(space))
        except (OSError, *_BROKEN) as error:
            raise self._unreadable(error) from None
        space[: len(block)] = block
        return len(block)


class CsvRows:
    """One reading of a CSV file: its header, then its rows. Use as a context.

    kept: how many columns there are before those that a fix-and-retry file has added.
    """

    def __init__(self, file: OrderFile, mapping: Mapping, *, hashing: bool = False) -> None:
        self._file = file
        self._mapping = mapping
        self.digest = hashlib.sha256() if hashing else None
        self.header: tuple[str, ...] = ()
        self.delimiter = mapping.delimiter or ","
        self.kept = 0

    @contextmanager
    def reading(self) -> Generator[Iterator[Row]]:
        """The rows after the header, each as soon as it is read."""
        with self._file.opened() as stream:
            raw = cast("BinaryIO", io.BufferedReader(_Hashing(stream, self.digest), _BLOCK_BYTES))
            encoding = "utf-8-sig" if self._mapping.encoding.lower() in ("utf-8", "utf8") else self._mapping.encoding
            text = io.TextIOWrapper(raw, encoding=encoding, errors="surrogateescape", newline="")
            first = text.readline(_LONGEST_LINE)
            if not self._mapping.delimiter:
                self.delimiter = max(_DELIMITERS, key=first.count)
            lines = _chained(first, text)
            reader = csv.reader(lines, delimiter=self.delimiter)
            header = next(reader, list[str]())
            width = len(header)
            while header and fold_heading(header[-1]) in _FIX_HEADINGS:
                header.pop()
            self.header, self.kept = tuple(header), len(header)
            yield self._rows(reader, width)

    def _rows(self, reader: Iterator[list[str]], width: int) -> Iterator[Row]:
        number, kept = 0, self.kept
        while True:
            try:
                for cells in reader:
                    if not cells:
                        continue
                    number += 1
                    if kept < width == len(cells):
                        del cells[kept:]
                    yield Row(number, cells, "\x1f".join(cells))
                return
            except csv.Error as error:
                number += 1
                yield Row(number, [], "", malformed("CSV", "", "", str(error)))


class _Hashing(io.RawIOBase):
    """A stream that notes what goes through it."""

    def __init__(self, stream: BinaryIO, digest: "hashlib._Hash | None") -> None:
        self._stream = stream
        self._digest = digest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        space = memoryview(buffer)
        block = self._stream.read(len(space))
        space[: len(block)] = block
        if self._digest is not None:
            self._digest.update(block)
        return len(block)


def _chained(first: str, rest: io.TextIOWrapper) -> Iterator[str]:
    yield first
    yield from rest
