"""The sandbox carrier's labels, as printers take them: ZPL II for label printers, PDF of 4 by 6 inches for all others."""

import threading
from collections.abc import Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from orderline.contracts.terms import Recipient
from orderline.values.barcodes import code_128, data_matrix, runs

WIDTH: Final = 288  # points; 4 inches
HEIGHT: Final = 432  # 6 inches
MARGIN: Final = 16
# The library keeps its fonts in tables of the process.
_drawing: Final = threading.Lock()


def lines_of(person: Recipient) -> list[str]:
    """An address, line by line."""
    town = f"{person.postal_code} {person.city}".strip()
    return [line for line in (person.name, *person.lines, town, person.region, person.country) if line]


def zpl(tracking_number: str, service: str, sender: Recipient, to: Recipient, reference: str) -> str:
    """A label in ZPL II; its control characters are taken out of what people typed."""
    rows = [*lines_of(to), reference]
    texts = [row.replace("^", " ").replace("~", " ") for row in rows if row]
    fields = [f"^FO40,{40 + 40 * row}^A0N,30^FD{text}^FS" for row, text in enumerate(texts)]
    codes = f"^FO600,40^BXN,8,200^FD{tracking_number}^FS^FO40,400^BY3^BCN,160,Y^FD{tracking_number}^FS"
    return "".join(["^XA^CI28", *fields, codes, f"^FO40,620^A0N,40^FD{service.upper()}^FS", "^XZ"])


def pdf(tracking_number: str, service: str, sender: Recipient, to: Recipient, reference: str) -> bytes:
    """The same label as a page; the same bytes for the same label."""
    with _drawing:
        return _page(tracking_number, service, sender, to, reference)


def _page(tracking_number: str, service: str, sender: Recipient, to: Recipient, reference: str) -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    out = BytesIO()
    # What is so short is packed for more than it saves.
    page: Any = Canvas(out, pagesize=(WIDTH, HEIGHT), invariant=1, pageCompression=0)
    page.setTitle(tracking_number)
    y = HEIGHT - MARGIN - 8
    for line in lines_of(sender):
        _write(page, MARGIN, y, line, 8)
        y -= 10
    _matrix(page, tracking_number, WIDTH - MARGIN - 90, 220)
    page.line(MARGIN, y, WIDTH - MARGIN, y)
    y -= 24
    for line in lines_of(to):
        _write(page, MARGIN, y, line, 14)
        y -= 18
    page.line(MARGIN, 180, WIDTH - MARGIN, 180)
    _bars(page, tracking_number, MARGIN, 84, WIDTH - 2 * MARGIN, 80)
    page.setFont("Helvetica", 12)
    page.drawCentredString(WIDTH / 2, 66, tracking_number)
    _write(page, MARGIN, 40, service.upper(), 16)
    _write(page, MARGIN, 20, reference, 10)
    page.showPage()
    page.save()
    return out.getvalue()


def _write(page: Any, x: float, y: float, text: str, size: int) -> None:
    """Write a line, as small as it must be to stay on the label."""
    text = text[:200]
    font = "Helvetica" if all(character < "\x7f" for character in text) else _wide_font()
    width = page.stringWidth(text, font, size)
    page.setFont(font, min(size, size * (WIDTH - 2 * MARGIN) / max(width, 1)))
    page.drawString(x, y, text)


def _bars(page: Any, text: str, x: float, y: float, width: float, height: float) -> None:
    """Code 128, with a quiet zone of ten modules at both ends."""
    modules = code_128(text)
    module = min(1.6, width / (len(modules) + 20))
    left = x + (width - len(modules) * module) / 2
    _fill(page, (modules,), left, y + height, module, height)


def _matrix(page: Any, text: str, x: float, y: float) -> None:
    rows = data_matrix(text)
    module = min(3.0, 84 / len(rows[0]))
    _fill(page, rows, x, y + module, module, module)


def _fill(page: Any, rows: Sequence[tuple[bool, ...]], x: float, y: float, width: float, height: float) -> None:
    """Modules of a size, from their upper left corner; one path, since a rectangle at a time takes most of the page."""
    dark = " ".join(f"{at} {row} {wide} 1 re" for row, modules in enumerate(rows) for at, wide in runs(modules))
    page.addLiteral(f"q {width:.4f} 0 0 {-height:.4f} {x:.4f} {y:.4f} cm {dark} f Q")


@cache
def _wide_font() -> str:
    """DejaVu Sans, as ziafont brings it: Latin, Greek and Cyrillic."""
    import ziafont
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    path = Path(ziafont.__file__).parent / "fonts" / "DejaVuSans.ttf"
    pdfmetrics.registerFont(TTFont("DejaVuSans", str(path)))
    return "DejaVuSans"
