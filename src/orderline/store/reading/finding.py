"""Find orders by texts: sets of ids, gathered from several indexes, each in bounded time.

A text that too many people share is not looked up but looked for, among the newest people first; the set is then
complete down to a floor, and the next page goes on from there.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from orderline.store.reading.source import Source

MOST_SHARED: Final = 2_000
MOST_ORDERED: Final = 500
MOST_PEOPLE: Final = 10_000
MOST_SKUS: Final = 20
MIN_PREFIX: Final = 2
# A beginning that more numbers have says too little; of seven digits, the first four name 1,111 numbers.
MOST_NUMBERS: Final = 4_000
# Numbers are leased in blocks, so that an order may have a higher one than some that came after it.
LEASED_AHEAD: Final = 20_000
_NUMBER: Final = re.compile(r"(?:SO-)?([1-9][0-9]{0,17})", re.IGNORECASE)


class Found:
    """Ids of orders that may be meant. floor: only above it everything was looked for; None: the set is complete."""

    def __init__(self, ids: Iterable[UUID] = ()) -> None:
        self.ids: list[UUID] = list(ids)
        self._lowest: UUID | None = None

    @property
    def floor(self) -> UUID | None:
        """The next page begins below this id."""
        return None if self._lowest is None else UUID(int=self._lowest.int + 1)

    def add(self, ids: Iterable[UUID]) -> None:
        """Add a set that is complete."""
        self.ids.extend(ids)

    def add_newest(self, ids: Iterable[UUID], *, most: int) -> None:
        """Add ids that came newest first, at most so many: if as many, there may be more below the last."""
        found = list(ids)
        self.ids.extend(found)
        if len(found) >= most:
            self.stop_at(found[-1])

    def stop_at(self, lowest: UUID) -> None:
        """This order, and those below it, have not been looked for to the end."""
        self._lowest = lowest if self._lowest is None else max(self._lowest, lowest)

    def settled(self) -> "Found":
        """Only ids above the floor, each once."""
        lowest = self._lowest
        self.ids = list({each for each in self.ids if lowest is None or each > lowest})
        return self


def find_any(source: Source, text: str, before: UUID, *, with_people: bool = True) -> Found:
    """Orders that a text may mean: number or its beginning, external id, tracking number, SKU and, with people, email or
    the beginning of a name.
    """
    numbers = (text, text.upper(), *_numbers_like(source, text))
    found = find_codes(source, numbers=numbers, external_ids=(text,), tracking=(text,))
    skus = source.rows("reading_texts", "find_by_sku", sku=text, after=before, scan=MOST_ORDERED)
    found.add_newest((row[0] for row in skus), most=MOST_ORDERED)
    low = text.lower()
    if not with_people:
        return found.settled()
    if "@" in low:
        _add_people(source, found, before, email=low)
    elif len(low) >= MIN_PREFIX:
        _add_people(source, found, before, name=low)
    return found.settled()


def find_codes(
    source: Source, *, numbers: Sequence[str] = (), external_ids: Sequence[str] = (), tracking: Sequence[str] = ()
) -> Found:
    """Orders that any of the codes names."""
    rows = source.rows(
        "reading_texts",
        "find_codes",
        numbers=list(numbers),
        external_ids=list(external_ids),
        tracking=list(tracking),
        known_channels=list(source.settings().channels) if external_ids else [],
        scan=MOST_SHARED,
    )
    return Found(row[0] for row in rows)


def numbers_like(digits: str, highest: int) -> list[int]:
    """The whole numbers that begin with these digits, none above `highest`; none at all, when they are too many."""
    first, found = int(digits), list[int]()
    for more in range(max(0, len(str(highest)) - len(digits)) + 1):
        power: int = 10**more
        span = range(first * power, min((first + 1) * power, highest + 1))
        if len(found) + len(span) > MOST_NUMBERS:
            return []
        found += span
    return found


def find_people(source: Source, before: UUID, *, email: str = "", name: str = "") -> Found:
    """Orders of people whose email, or name, begins so; in lower case."""
    found = Found()
    _add_people(source, found, before, email=email, name=name)
    return found.settled()


def find_skus(source: Source, skus: Sequence[str], before: UUID) -> Found:
    """Orders with a line of any of the SKUs, of which the first few are looked for."""
    found = Found()
    for sku in skus[:MOST_SKUS]:
        rows = source.rows("reading_texts", "find_by_sku", sku=sku, after=before, scan=MOST_ORDERED)
        found.add_newest((row[0] for row in rows), most=MOST_ORDERED)
    return found.settled()


def high_end(low: str) -> str:
    """The upper end of the texts that begin with `low`, as bytes are compared."""
    return low + "\U0010ffff"


def _numbers_like(source: Source, text: str) -> Sequence[str]:
    """The numbers that begin so. They are asked for one by one: the index of whole numbers serves, in any collation."""
    digits = _NUMBER.fullmatch(text) if len(text) >= MIN_PREFIX else None
    newest = source.rows("reading_texts", "find_newest_number") if digits is not None else []
    if digits is None or not newest:
        return ()
    return [f"SO-{each}" for each in numbers_like(digits[1], int(newest[0][0]) + LEASED_AHEAD)]


def _add_people(source: Source, found: Found, before: UUID, *, email: str = "", name: str = "") -> None:
    low = email or name
    high = high_end(low)
    by_text = "find_by_email" if email else "find_by_name"
    rows = source.rows("reading_texts", by_text, low=low, high=high, scan=MOST_SHARED + 1)
    if len(rows) <= MOST_SHARED:
        found.add(row[0] for row in rows if row[0] < before)
        return
    parameters: dict[str, Any] = dict.fromkeys(("email_low", "email_high", "name_low", "name_high"))
    parameters |= {"email_low": low, "email_high": high} if email else {"name_low": low, "name_high": high}
    rows = source.rows(
        "reading_texts", "find_newest_people", after=_token_above(before), scan=MOST_PEOPLE, **parameters
    )
    found.add(row[0] for row in rows if row[1] and row[0] < before)
    if len(rows) == MOST_PEOPLE:
        found.stop_at(rows[-1][0])


def _token_above(order_id: UUID) -> UUID:
    """Above the tokens of all orders below this one: tokens differ from their order's id in its last 19 bits only."""
    return UUID(int=order_id.int | 0xFFFFF)
