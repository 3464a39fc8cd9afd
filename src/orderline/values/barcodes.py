"""Barcodes as dark and light modules: Code 128 for every scanner, Data Matrix where there is little room.

Encoded by zxing-cpp: docs/adr/0014-papers-and-barcodes.md.
"""

from typing import Any, Final

import zxingcpp

MOST_CHARACTERS: Final = 100


def code_128(text: str) -> tuple[bool, ...]:
    """The modules of a Code 128 symbol from left to right, True for dark; without quiet zones.

    ValueError: it can't be encoded, as `is_encodable` tells.
    """
    return _modules(text, zxingcpp.BarcodeFormat.Code128, rows=1)[0]


def data_matrix(text: str) -> tuple[tuple[bool, ...], ...]:
    """The modules of a Data Matrix symbol, row by row from the top; without quiet zones. ValueError: as `code_128`."""
    return _modules(text, zxingcpp.BarcodeFormat.DataMatrix)


def runs(modules: tuple[bool, ...]) -> list[tuple[int, int]]:
    """Where dark runs begin, and how many modules they are wide."""
    found: list[tuple[int, int]] = []
    for at, dark in enumerate(modules):
        if not dark:
            continue
        if found and sum(found[-1]) == at:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((at, 1))
    return found


def is_encodable(text: str) -> bool:
    """May the text stand in a barcode? Printable ASCII does, up to 100 characters."""
    return 0 < len(text) <= MOST_CHARACTERS and text.isascii() and text.isprintable()


def _modules(text: str, form: zxingcpp.BarcodeFormat, *, rows: int | None = None) -> tuple[tuple[bool, ...], ...]:
    """The modules row by row; rows: how many of them are wanted, all unless told."""
    if not is_encodable(text):
        raise ValueError(f"no barcode can say {text[:80]!r}")
    library: Any = zxingcpp  # its types say nothing of the image
    image = memoryview(library.create_barcode(text, form).to_image(scale=1, add_quiet_zones=False))
    assert image.shape is not None
    height, width = image.shape
    shades = image.tobytes()
    wanted = range(min(height, rows or height))
    return tuple(tuple([shade == 0 for shade in shades[row * width : (row + 1) * width]]) for row in wanted)
