"""What Peppol and Germany ask for beyond EN 16931: which specification an invoice follows, and what it must not lack.

Sources: Peppol BIS Billing 3.0 (rules PEPPOL-EN16931-*), XRechnung 3.0 (rules BR-DE-*).
"""

import re
from enum import StrEnum
from typing import Final

from orderline.core.documents.state import Document
from orderline.core.orders.billed import DocumentKind

_STANDARD: Final = "urn:cen.eu:en16931:2017"
PROCESS: Final = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"


class Profile(StrEnum):
    """Whose rules an electronic invoice keeps, besides those of the standard."""

    EN16931 = "en16931"
    PEPPOL = "peppol"
    XRECHNUNG = "xrechnung"

    @property
    def specification(self) -> str:
        """BT-24, CustomizationID."""
        match self:
            case Profile.PEPPOL:
                return f"{_STANDARD}#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
            case Profile.XRECHNUNG:
                return f"{_STANDARD}#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"
            case _:
                return _STANDARD

    @property
    def process(self) -> str:
        """BT-23, ProfileID; nothing where none is asked for."""
        return "" if self is Profile.EN16931 else PROCESS


def lacks_of(document: Document, profile: Profile) -> list[str]:
    """What the rules of a profile ask for and the document does not say."""
    if profile is Profile.EN16931:
        return []
    seller, said = document.seller, document.bill_to
    asked = [
        ("seller's endpoint", bool(seller.endpoint)),  # R020
        ("buyer's endpoint", said is not None and bool(said.endpoint)),  # R010
    ]
    if profile is Profile.PEPPOL:
        reference = (said is not None and said.reference) or document.po_number or document.order_number
        return [what for what, there in (*asked, ("buyer's reference", bool(reference))) if not there]  # R003
    place = document.buyer_place
    asked += [
        ("buyer's reference", said is not None and bool(said.reference)),  # BR-DE-15
        ("seller's city", bool(seller.city)),  # BR-DE-3
        ("seller's postal code", bool(seller.postal_code)),  # BR-DE-4
        ("seller's phone", len(re.findall("[0-9]", seller.phone)) >= 3),  # BR-DE-6, BR-DE-27
        ("seller's email", re.fullmatch(r"[^@\s]{2,}@[^@\s]{2,}", seller.email) is not None),  # BR-DE-7, BR-DE-28
        ("buyer's city", bool(place.city)),  # BR-DE-8
        ("buyer's postal code", bool(place.postal_code)),  # BR-DE-9
        ("seller's IBAN", bool(seller.iban) or _is_settled(document)),  # BR-DE-1, BR-DE-23
    ]
    return [what for what, there in asked if not there]


def _is_settled(document: Document) -> bool:
    """Is nothing to be paid on it?"""
    return document.kind is DocumentKind.CREDIT_NOTE or document.prepaid_minor >= document.total_minor
