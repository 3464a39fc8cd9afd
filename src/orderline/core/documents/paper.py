"""A paper as a value: a heading, who it is from and to, and blocks in their order."""

from typing import Literal

import msgspec

Align = Literal["left", "right", "center"]


class Party(msgspec.Struct, frozen=True):
    """Somebody with an address, line by line. label: what they are on this paper."""

    label: str
    lines: tuple[str, ...]


class Column(msgspec.Struct, frozen=True):
    """A column of a table. width: its share of the page; code: whether its texts are shown as barcodes as well."""

    title: str
    width: int
    align: Align = "left"
    code: bool = False


class Table(msgspec.Struct, frozen=True):
    """Rows of texts, one for each column; its titles are repeated on each page."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""


class Text(msgspec.Struct, frozen=True):
    """A paragraph. large: to be seen first."""

    text: str
    large: bool = False


class Code(msgspec.Struct, frozen=True):
    """A Code 128 barcode with its text beneath."""

    text: str


Block = Table | Text | Code


class Paper(msgspec.Struct, frozen=True):
    """about: label and text, side by side under the title."""

    title: str
    number: str
    about: tuple[tuple[str, str], ...] = ()
    parties: tuple[Party, ...] = ()
    blocks: tuple[Block, ...] = ()
