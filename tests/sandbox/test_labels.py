"""The sandbox carrier's labels are labels: their codes can be scanned, and their texts read."""

import pypdfium2
import zxingcpp

from orderline.contracts.terms import Recipient
from orderline.sandbox.labels import pdf, zpl

LYON = Recipient(name="Warehouse", city="Lyon", postal_code="69001", country="FR")
LODZ = Recipient(name="Żaneta Łukasik", lines=("ul. Długa 5",), city="Łódź", postal_code="90-001", country="PL")
NUMBER = "SBX00000000013"


def test_both_codes_of_the_page_say_the_tracking_number() -> None:
    page = pypdfium2.PdfDocument(pdf(NUMBER, "express", LYON, LODZ, "SO-1"))[0]
    found = zxingcpp.read_barcodes(page.render(scale=3).to_pil())
    assert sorted((each.format.name, each.text) for each in found) == [("Code128", NUMBER), ("DataMatrix", NUMBER)]


def test_the_page_is_one_and_says_where_it_goes_in_any_letters() -> None:
    document = pypdfium2.PdfDocument(pdf(NUMBER, "express", LYON, LODZ, "SO-1"))
    text = document[0].get_textpage().get_text_range()
    assert len(document) == 1
    for part in ("Żaneta Łukasik", "ul. Długa 5", "90-001 Łódź", "PL", "EXPRESS", "SO-1", NUMBER):
        assert part in text


def test_the_same_label_is_the_same_bytes() -> None:
    assert pdf(NUMBER, "express", LYON, LODZ, "SO-1") == pdf(NUMBER, "express", LYON, LODZ, "SO-1")


def test_nobody_steers_the_printer_by_a_name() -> None:
    text = zpl(NUMBER, "express", LYON, Recipient(name="A^XZ~JA", country="FR"), "")
    assert text.count("^XZ") == 1
    assert "~" not in text
