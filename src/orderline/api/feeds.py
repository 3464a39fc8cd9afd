"""Stock feeds: CSV or JSON Lines as it streams in, applied in parts, each part once."""

import asyncio
import csv
import re
from collections.abc import AsyncIterator
from datetime import date, datetime
from hashlib import blake2b
from typing import Any, Final, Literal

import msgspec

from orderline.api.calls import Answer, Body, Call, Operation, Right
from orderline.api.deciding import decide
from orderline.api.decoding import invalid
from orderline.api.refusals import ApiRefusal
from orderline.core.stock.checks import check_code
from orderline.core.stock.commands import ApplyFeed, FeedRow
from orderline.core.stock.feeds import FeedVerdict, RowVerdict, feed_of
from orderline.engine.submissions import EngineRefusal
from orderline.store.working import load_stocked
from orderline.values.failures import Refused

ROWS_IN_PART: Final = 5_000
LONGEST_LINE: Final = 10_000
MOST_TOLD: Final = 100
_MOST_SEQUENCE: Final = 2**53
_WHOLE: Final = re.compile(r"-?[0-9]{1,11}")
_COLUMNS: Final = ("sku", "location", "quantity")
_OF_LOTS: Final = ("lot", "expires_on")
_CSV: Final = ("text/csv", "application/csv")
_LINES: Final = ("application/x-ndjson", "application/jsonl", "application/json-lines")


class FeedQuery(msgspec.Struct, frozen=True, kw_only=True):
    """sequence: the feed's running number; a retry has the same one.

    mode: `snapshot` rows say how many are there, `delta` rows how many have come (or, negative, gone).
    as_of: when a snapshot was taken; what has moved since is added to it.
    complete: the snapshot names all that there is at the locations it names: SKUs that it leaves out had none there.
    Needs `as_of`.
    """

    sequence: int
    mode: Literal["snapshot", "delta"] = "snapshot"
    as_of: datetime | None = None
    complete: bool = False


class FeedAnswer(msgspec.Struct, frozen=True):
    """What the feed did. `rows` is the sum of the three counts; `refusals` are the first hundred.

    omitted: shelves with units that a complete snapshot left out; zeroed: those of them that were brought to nought, or
    to what has come since. None are, when a row could not be read: what it says is not known.
    """

    feed: str
    sequence: int
    rows: int
    changed: int
    unchanged: int
    refused: int
    refusals: list[RowVerdict]
    omitted: int = 0
    zeroed: int = 0


class _Verdict(msgspec.Struct):
    result: FeedVerdict


# Parts that are sent are numbered below.
_FIRST_OMITTED: Final = 2**40
_encode: Final = msgspec.json.Encoder().encode
_row: Final = msgspec.json.Decoder(FeedRow).decode
_verdict: Final = msgspec.json.Decoder(_Verdict).decode


async def apply_feed(call: Call[FeedQuery, None]) -> Answer:
    """Apply a feed in parts as it comes. What was applied before a failure stays; a retry skips it."""
    _check(call)
    read_csv = _is_csv(call)
    feed = _Feed(call)
    assert call.chunks is not None
    header: dict[str, int] | None = None
    async for lines in _lines(call.chunks):
        for line in lines:
            if not line.strip():
                continue
            if not read_csv:
                feed.take_json(line)
            elif header is None:
                header = _header(line)
            else:
                feed.take_csv(line, header)
            if len(feed.rows) >= ROWS_IN_PART:
                await feed.apply()
    if feed.rows:
        await feed.apply()
    if call.query.complete:
        await feed.zero_omitted()
    answer = FeedAnswer(
        call.path["feed"],
        call.query.sequence,
        feed.read,
        feed.changed,
        feed.unchanged,
        feed.refused,
        feed.refusals,
        feed.omitted,
        feed.zeroed,
    )
    return Answer(answer)


class _Feed:
    """A feed on its way in: the rows of the part being collected, and what the parts before it did."""

    def __init__(self, call: Call[FeedQuery, None]) -> None:
        self.call = call
        self.name = feed_of(call.path["feed"], call.key.locations)
        self.rows: list[FeedRow] = []
        self.numbers: list[int] = []
        self.part = self.read = self.changed = self.unchanged = self.refused = 0
        self.refusals: list[RowVerdict] = []
        self.omitted = self.zeroed = 0
        self.unread = False
        # What a complete snapshot has named: its locations, and its shelves as numbers, for there may be millions.
        self.locations: set[str] = set()
        self.named: set[int] = set()

    def take_json(self, line: bytes) -> None:
        """Add a row of JSON Lines."""
        self.read += 1
        try:
            self._add(_row(line))
        except msgspec.ValidationError as error:
            self._refuse_value(invalid(error, line))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self._refuse(RowVerdict(self.read, ApiRefusal.ROW_MALFORMED.value, "row", _shown(line)))

    def take_csv(self, line: bytes, header: dict[str, int]) -> None:
        """Add a row of CSV; `header` says which column is what."""
        self.read += 1
        try:
            values = next(csv.reader((line.decode(),), strict=True))
            sku, location, quantity = (values[header[name]].strip() for name in _COLUMNS)
            lot, expires_on = (values[header[name]].strip() if name in header else "" for name in _OF_LOTS)
        except (UnicodeDecodeError, csv.Error, IndexError):
            self._refuse(RowVerdict(self.read, ApiRefusal.ROW_MALFORMED.value, "row", _shown(line)))
            return
        if not _WHOLE.fullmatch(quantity):
            self._refuse(RowVerdict(self.read, ApiRefusal.ROW_MALFORMED.value, "quantity", quantity[:100]))
            return
        try:
            day = date.fromisoformat(expires_on) if expires_on else None
        except ValueError:
            self._refuse(RowVerdict(self.read, ApiRefusal.ROW_MALFORMED.value, "expires_on", expires_on[:100]))
            return
        self._add(FeedRow(sku, location, int(quantity), lot, day))

    async def apply(self) -> None:
        """Hand the collected rows to the engine as one part; a part that was applied before is not applied again."""
        verdict = await self._decide(tuple(self.rows), self.part)
        self.changed += verdict.changed
        self.unchanged += verdict.unchanged
        for each in verdict.refused:
            self._refuse(msgspec.structs.replace(each, row=self.numbers[each.row]))
        self.part += 1
        self.rows, self.numbers = [], []

    async def _decide(self, rows: tuple[FeedRow, ...], part: int) -> FeedVerdict:
        call, query = self.call, self.call.query
        # The source's own numbering is the key, whichever API key it comes by.
        call.idempotency_key = f"feed:{self.name}:{query.sequence}:{query.mode}:{part}"
        command = ApplyFeed(
            feed=self.name, sequence=query.sequence, part=part, delta=query.mode == "delta", rows=rows,
            as_of=query.as_of,
        )  # fmt: skip
        try:
            answer = await decide(call, command, wait=True)
        except Refused as refused:
            if refused.code is not EngineRefusal.IDEMPOTENCY_KEY_REUSED:
                raise
            reason = "this feed was sent under this sequence before, with other rows; give it the next one"
            raise Refused(refused.code, field="sequence", value=query.sequence, reason=reason) from None
        return _verdict(answer.body).result

    async def zero_omitted(self) -> None:
        """Bring shelves at the named locations that the feed left out to nought, or to what has come since."""
        if self.unread:
            return
        database, after = self.call.services.database, ("", "")
        while page := await asyncio.to_thread(load_stocked, database, self.locations, after, ROWS_IN_PART):
            after = page[-1]
            rows = tuple(FeedRow(*shelf, 0) for shelf in page if hash(shelf) not in self.named)
            if rows:
                self.omitted += len(rows)
                self.zeroed += (await self._decide(rows, _part_of(rows))).changed

    def _add(self, row: FeedRow) -> None:
        if not self.call.key.sees_location(row.location):
            self._refuse(RowVerdict(self.read, ApiRefusal.LOCATION_NOT_YOURS.value, "location", row.location[:100]))
        elif any("\x00" in text or len(text) > 200 for text in (row.sku, row.location, row.lot)):
            self._refuse(
                RowVerdict(self.read, ApiRefusal.ROW_MALFORMED.value, "row", row.sku.replace("\x00", "")[:100])
            )
        else:
            self.rows.append(row)
            self.numbers.append(self.read)
            if self.call.query.complete:
                self.locations.add(row.location)
                self.named.add(hash((row.sku, row.location)))

    def _refuse_value(self, refused: Refused) -> None:
        field, value = refused.facts.get("field", "row"), refused.facts.get("value")
        shown = value if isinstance(value, int) else str(value or "")[:100]
        self._refuse(RowVerdict(self.read, ApiRefusal.ROW_MALFORMED.value, field, shown))

    def _refuse(self, verdict: RowVerdict) -> None:
        self.refused += 1
        self.unread = self.unread or verdict.code == ApiRefusal.ROW_MALFORMED.value
        if len(self.refusals) < MOST_TOLD:
            self.refusals.append(verdict)


def _check(call: Call[FeedQuery, None]) -> None:
    check_code(call.path["feed"], "feed")
    sequence = call.query.sequence
    if not 0 <= sequence <= _MOST_SEQUENCE:
        allowed = f"from 0 to {_MOST_SEQUENCE}"
        raise Refused(ApiRefusal.INPUT_INVALID, field="sequence", value=sequence, allowed=allowed)
    query = call.query
    if query.complete and (query.mode != "snapshot" or query.as_of is None):
        allowed = "a snapshot with as_of: without, what came since it was taken would be lost"
        raise Refused(ApiRefusal.INPUT_INVALID, field="complete", value=True, allowed=allowed)


def _part_of(rows: tuple[FeedRow, ...]) -> int:
    """A number of its own for rows that nobody sent; the same rows have the same, so that a retry is known."""
    return _FIRST_OMITTED + int.from_bytes(blake2b(_encode(rows), digest_size=5).digest(), "big")


def _is_csv(call: Call[Any, Any]) -> bool:
    media = call.headers.get("content-type", "text/csv").partition(";")[0].strip().lower()
    if media not in (*_CSV, *_LINES):
        allowed = [*_CSV, *_LINES]
        raise Refused(ApiRefusal.MEDIA_TYPE_NOT_SUPPORTED, field="Content-Type", value=media, allowed=allowed)
    return media in _CSV


def _header(line: bytes) -> dict[str, int]:
    try:
        names = [name.strip().lower() for name in next(csv.reader((line.decode("utf-8-sig"),)))]
    except (UnicodeDecodeError, csv.Error):
        names = []
    if not set(_COLUMNS) <= set(names):
        expected = "a first line that names the columns sku, location, quantity"
        raise Refused(ApiRefusal.ROW_MALFORMED, field="row 0", value=_shown(line), expected=expected)
    return {name: names.index(name) for name in (*_COLUMNS, *_OF_LOTS) if name in names}


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[list[bytes]]:
    """Whole lines of each chunk. Refused ROW_MALFORMED: one is longer than LONGEST_LINE."""
    rest = b""
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > LONGEST_LINE:
            raise Refused(ApiRefusal.ROW_MALFORMED, value=_shown(rest), allowed=f"{LONGEST_LINE} bytes in a row")
        yield lines
    if rest:
        yield [rest]


def _shown(line: bytes) -> str:
    return line[:100].decode("utf-8", "replace").replace("\x00", "\N{REPLACEMENT CHARACTER}")


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="apply_feed", method="POST", path="/v1/stock/feeds/{feed}", right=Right.STOCK_WRITE,
        summary="Apply a stock feed",
        description="The body is CSV with a header line (sku, location, quantity) or JSON Lines of the same fields."
        " Of SKUs that are tracked, each row is about a `lot` or serial number, with `expires_on` where it expires; a lot"
        " that no row names stays, and a row of nought without a lot says that there are none."
        " Each feed has a name and a running number; sent again, it has no further effect. Rows that can't be used"
        " are counted and named, and stop no other. With `complete`, SKUs that a snapshot leaves out at the locations it"
        " names are brought to nought there, unless a row of it could not be read.",
        handler=apply_feed, capability="stock", query=FeedQuery, output=FeedAnswer, body=Body.STREAM,
        refusals=("FEED_SEQUENCE_OLD", "CODE_NOT_ACCEPTABLE", "ROW_MALFORMED"),
    ),
)  # fmt: skip
