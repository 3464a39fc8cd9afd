"""Why something is not taxed, as documents must say it: a code of the VATEX list, and words.

Source: CEF VATEX code list; EN 16931 BT-120, BT-121.
"""

from typing import Final

from orderline.core.documents.state import TaxSum
from orderline.core.orders.priced import TaxCategory, TaxLine

_REASONS: Final = {
    TaxCategory.REVERSE_CHARGE: ("VATEX-EU-AE", "Reverse charge"),
    TaxCategory.INTRA_COMMUNITY: ("VATEX-EU-IC", "Intra-community supply"),
    TaxCategory.EXPORT: ("VATEX-EU-G", "Export outside the EU"),
}
_CODE: Final = "VATEX-"


def reason_of(tax: TaxLine | TaxSum) -> tuple[str, str]:
    """The code and the words for a tax that is not charged; nothing for one that is, or that is rated at nought."""
    if tax.category in (TaxCategory.NOT_SAID, TaxCategory.STANDARD, TaxCategory.ZERO):
        return "", ""
    code, words = _REASONS.get(tax.category, ("", ""))
    said = tax.reason.strip()
    return (said.upper(), words) if said.upper().startswith(_CODE) else (code, said or words)


def why_untaxed(tax: TaxLine | TaxSum) -> str:
    """The same for people."""
    code, words = reason_of(tax)
    return f"{words} ({code})" if words and code else words or code
