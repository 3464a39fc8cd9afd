"""Barcodes are read by scanners as what was written."""

import pytest
import zxingcpp
from PIL import Image

from orderline.values.barcodes import code_128, data_matrix, is_encodable, runs

TEXTS = ["SBX00000000013", "1Z999AA10123456784", "so-1/2 A", "00340434161094021501", "x"]


def scanned(rows: tuple[tuple[bool, ...], ...]) -> list[str]:
    """What a scanner reads of modules on white paper."""
    scale, edge = 4, 40
    height, width = len(rows) * scale, len(rows[0]) * scale
    image = Image.new("L", (width + 2 * edge, height + 2 * edge), 255)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            if dark:
                at = (edge + x * scale, edge + y * scale)
                image.paste(0, (*at, at[0] + scale, at[1] + scale))
    return [found.text for found in zxingcpp.read_barcodes(image)]


@pytest.mark.parametrize("text", TEXTS)
def test_code_128_is_read(text: str) -> None:
    assert scanned((code_128(text),) * 40) == [text]


@pytest.mark.parametrize("text", TEXTS)
def test_data_matrix_is_read(text: str) -> None:
    assert scanned(data_matrix(text)) == [text]


def test_runs_are_the_dark_modules() -> None:
    modules = (True, True, False, True, False, False, True)
    assert runs(modules) == [(0, 2), (3, 1), (6, 1)]
    assert runs(()) == []


@pytest.mark.parametrize("text", ["", "é", "a\x00b", "x" * 101])
def test_what_no_scanner_reads_is_not_encoded(text: str) -> None:
    assert not is_encodable(text)
    with pytest.raises(ValueError, match="no barcode"):
        code_128(text)
