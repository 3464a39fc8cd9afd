"""Invoices that machines read, by EN 16931: UBL 2.1, and CII alone or inside of the PDF (Factur-X).

See docs/adr/0040-electronic-invoices.md.
"""

from enum import StrEnum

from orderline.core.documents.einvoice import Terms
from orderline.core.documents.paper import Paper
from orderline.core.documents.profiles import Profile


class Syntax(StrEnum):
    """How the terms of an invoice are written down."""

    UBL = "ubl"
    CII = "cii"


LEVEL = "en16931"


def write_xml(terms: Terms, syntax: Syntax) -> bytes:
    """The document as XML, valid by its schema.

    The library knows the specification of the standard alone: that of a profile is put in its place.
    """
    import facturx

    flavor = "ubl-2.1" if syntax is Syntax.UBL else "factur-x"
    given = {**terms, "BT-24": Profile.EN16931.specification}
    content: bytes = facturx.generate_xml(given, flavor=flavor, level=LEVEL, check_xsd=True, check_schematron="")
    standard, own = (f">{each}<".encode() for each in (Profile.EN16931.specification, terms["BT-24"]))
    return content.replace(standard, own, 1)


def with_xml(pdf: bytes, terms: Terms, paper: Paper) -> bytes:
    """The PDF with the document as CII inside: a Factur-X, or ZUGFeRD, invoice."""
    import facturx

    about = {"author": "Orderline", "title": f"{paper.title} {paper.number}", "subject": paper.title, "keywords": ""}
    return facturx.generate_from_binary(
        pdf, write_xml(terms, Syntax.CII), flavor="factur-x", level=LEVEL, check_xsd=False, pdf_metadata=about
    )
