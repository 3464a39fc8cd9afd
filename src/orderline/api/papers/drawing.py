"""Papers as PDF pages, A4: docs/adr/0014-papers-and-barcodes.md."""

import threading
from functools import cache
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from orderline.core.documents.paper import Code, Paper, Party, Table, Text
from orderline.values.barcodes import code_128, is_encodable, runs

MM: Final = 72 / 25.4
WIDTH: Final = 210 * MM
HEIGHT: Final = 297 * MM
MARGIN: Final = 15 * MM
INNER: Final = WIDTH - 2 * MARGIN
# The library keeps its fonts in tables of the process.
_drawing: Final = threading.Lock()


def draw(paper: Paper) -> bytes:
    """The pages of a paper; the same bytes for the same paper."""
    with _drawing:
        return _draw(paper)


def _draw(paper: Paper) -> bytes:
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer

    out = BytesIO()
    document = SimpleDocTemplate(
        out, pagesize=(WIDTH, HEIGHT), leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN,
        title=f"{paper.title} {paper.number}", author="Orderline", invariant=1,
    )  # fmt: skip
    story: list[Any] = [Paragraph(_marked(paper.title), _style(18)), Spacer(1, 3 * MM)]
    if paper.about:
        story += [_grid([[f"{label}: {text}" for label, text in paper.about]]), Spacer(1, 3 * MM)]
    if paper.parties:
        story += [_grid([[_party(party) for party in paper.parties]]), Spacer(1, 5 * MM)]
    for block in paper.blocks:
        story += [*_block(block), Spacer(1, 5 * MM)]

    def numbered(page: Any, _document: Any) -> None:
        page.setFont(_font(), 8)
        page.drawRightString(WIDTH - MARGIN, 8 * MM, f"{paper.number}  {page.getPageNumber()}")

    document.build(story, onFirstPage=numbered, onLaterPages=numbered)
    return out.getvalue()


def _block(block: Table | Text | Code) -> list[Any]:
    from reportlab.platypus import Paragraph

    match block:
        case Text():
            return [Paragraph(_marked(block.text), _style(14 if block.large else 9))]
        case Code():
            return [_bars(block.text, 70 * MM, 14 * MM)] if is_encodable(block.text) else []
        case Table():
            title = [Paragraph(_marked(block.title), _style(11))] if block.title else []
            return [*title, _table(block)]


def _table(table: Table) -> Any:
    from reportlab.lib import colors
    from reportlab.platypus import Paragraph
    from reportlab.platypus import Table as Rows

    whole = sum(column.width for column in table.columns)
    widths = [INNER * column.width / whole for column in table.columns]
    cells: list[list[Any]] = [[Paragraph(_marked(c.title), _style(8, c.align)) for c in table.columns]]
    cells += [
        [
            _bars(text, width - 4 * MM, 9 * MM)
            if column.code and is_encodable(text)
            else Paragraph(_marked(text), _style(9, column.align))
            for column, text, width in zip(table.columns, row, widths, strict=True)
        ]
        for row in table.rows
    ]
    return Rows(
        cells, colWidths=widths, repeatRows=1,
        style=[
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("LINEBELOW", (0, 0), (-1, 0), 0.8, colors.black),
            ("LINEBELOW", (0, 1), (-1, -1), 0.2, colors.grey),
        ],
    )  # fmt: skip


def _grid(rows: list[list[str]]) -> Any:
    from reportlab.platypus import Paragraph
    from reportlab.platypus import Table as Rows

    cells = [[Paragraph(_marked(text), _style(9)) for text in row] for row in rows]
    return Rows(cells, colWidths=[INNER / len(rows[0])] * len(rows[0]), style=[("VALIGN", (0, 0), (-1, -1), "TOP")])


def _party(party: Party) -> str:
    return "\n".join((party.label, *party.lines))


def _marked(text: str) -> str:
    """A text as the markup of paragraphs: nothing in it is markup, and its lines stay lines."""
    plain = "".join(c for c in text if c >= " " or c == "\n")
    return _with_fonts(escape(plain, quote=False)).replace("\n", "<br/>")


def _with_fonts(text: str) -> str:
    """Letters that the usual font lacks, in one that has them."""
    font = other_font(text)
    return f'<font name="{font}">{text}</font>' if font else text


def other_font(text: str) -> str:
    """The font of a text in Chinese, Japanese or Korean letters; empty for all that DejaVu has."""
    if any("\uac00" <= c <= "\ud7a3" or "\u1100" <= c <= "\u11ff" for c in text):
        return _asian_font("HYGothic-Medium")
    if any("\u3040" <= c <= "\u30ff" for c in text):
        return _asian_font("HeiseiKakuGo-W5")
    if any("\u3400" <= c <= "\u9fff" for c in text):
        return _asian_font("STSong-Light")
    return ""


def _style(size: int, align: str = "left") -> Any:
    from reportlab.lib.styles import ParagraphStyle

    style: Any = ParagraphStyle
    return style(
        f"s{size}{align}", fontName=_font(), fontSize=size, leading=size * 1.25,
        alignment={"left": 0, "center": 1, "right": 2}[align], splitLongWords=1,
    )  # fmt: skip


@cache
def _font() -> str:
    """DejaVu Sans, as ziafont brings it: Latin, Greek and Cyrillic."""
    import ziafont
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    pdfmetrics.registerFont(TTFont("DejaVuSans", str(Path(ziafont.__file__).parent / "fonts" / "DejaVuSans.ttf")))
    pdfmetrics.registerFontFamily("DejaVuSans", "DejaVuSans", "DejaVuSans", "DejaVuSans", "DejaVuSans")
    return "DejaVuSans"


@cache
def _asian_font(name: str) -> str:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont

    pdfmetrics.registerFont(UnicodeCIDFont(name))
    pdfmetrics.registerFontFamily(name, name, name, name, name)
    return name


@cache
def _bars_class() -> Any:
    from reportlab.platypus import Flowable

    class Bars(Flowable):
        """Code 128 with its text beneath, as wide as there is room for."""

        def __init__(self, text: str, width: float, height: float) -> None:
            super().__init__()
            self.text, self.width, self.height = text, width, height

        def wrap(self, aW: float, aH: float) -> tuple[float, float]:  # noqa: N803 - the library's
            return self.width, self.height + 10

        def draw(self) -> None:
            page: Any = self.canv
            modules = code_128(self.text)
            module = min(1.2, self.width / (len(modules) + 20))
            left = 10 * module
            for at, wide in runs(modules):
                page.rect(left + at * module, 10, wide * module, self.height, stroke=0, fill=1)
            page.setFont(_font(), 7)
            page.drawString(left, 2, self.text)

    return Bars


def _bars(text: str, width: float, height: float) -> Any:
    return _bars_class()(text, width, height)
