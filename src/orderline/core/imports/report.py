"""What an import tells: how far it is, and at the end what became of every row."""

import msgspec


class Example(msgspec.Struct, frozen=True, omit_defaults=True):
    """A row that got a verdict, to show what it means: where it stands in the file, and what was wrong."""

    row: int
    order: str = ""
    field: str = ""
    value: str = ""
    hint: str = ""


class ImportProgress(msgspec.Struct, frozen=True):
    """How far an import is. `phase` is reading (the file is looked through) or importing."""

    phase: str
    rows: int
    rows_total: int
    orders: int
    refused: int


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file. `verdicts` counts each row once and adds up to `rows`; `remarks` are beside it.

    orders: orders that are new here; orders_known: orders that had been here, with the same content.
    rows_resumed: rows that an earlier run, which was broken off, had settled.
    fix_rows: rows written to the fix-and-retry file.
    milliseconds: time of all runs of this import; lines_per_s: rows of this run over its time.
    """

    source: str
    layout: str
    channel: str
    currency: str
    history: bool
    rows: int
    orders: int
    orders_known: int
    verdicts: dict[str, int]
    remarks: dict[str, int]
    examples: dict[str, list[Example]]
    milliseconds: int
    lines_per_s: int
    rows_resumed: int = 0
    fix_rows: int = 0
    skus_created: int = 0

    @property
    def adds_up(self) -> bool:
        """Has every row exactly one verdict?"""
        return sum(self.verdicts.values()) == self.rows
