"""An invoice by the European standard EN 16931, as its business terms: BT-1 is the number, BG-25 the lines.

Source: EN 16931-1:2017, semantic data model. What writes the terms down, in UBL or CII, is for others.
"""

from decimal import Context, Decimal
from typing import Any, Final

from orderline.core.documents.profiles import Profile, lacks_of
from orderline.core.documents.refusals import DocumentRefusal as R
from orderline.core.documents.state import Document, DocumentLine, DocumentShare
from orderline.core.documents.untaxed import reason_of
from orderline.core.orders.billed import DocumentKind
from orderline.core.orders.buying import BillTo
from orderline.core.orders.priced import TaxCategory, TaxLine
from orderline.values.failures import Refused
from orderline.values.money import CURRENCY_DIGITS, Money

Terms = dict[str, Any]
_TYPE: Final = {DocumentKind.INVOICE: "380", DocumentKind.CREDIT_NOTE: "381"}
_NO_TAX: Final = TaxLine("", 0)
_EXACT: Final = Context(prec=28)
_PIECE: Final = "C62"  # UN/ECE recommendation 20: one
_INSTRUMENT_UNKNOWN: Final = "1"  # UNTDID 4461

_OF_BUSINESSES: Final = (TaxCategory.REVERSE_CHARGE, TaxCategory.INTRA_COMMUNITY)


def terms_of(document: Document, buyer: str, profile: Profile = Profile.EN16931) -> Terms:
    """The business terms of a document. buyer: whom it is for; profile: whose rules it keeps besides.

    Refused DOCUMENT_LACKS: the seller has no name, country or VAT id, the buyer no name, a line bears more than one tax, or
    is exempt without a reason; or what the profile asks for.
    """
    _check(document, buyer, profile)
    seller, place, said = document.seller, document.buyer_place, document.bill_to or BillTo()
    terms: Terms = {
        "BT-1": document.number,
        "BT-2": str(document.day),
        "BT-3": _TYPE[document.kind],
        "BT-5": document.currency,
        "BT-10": said.reference,
        "BT-13": document.po_number or document.order_number,
        "BT-14": document.order_number if document.po_number else "",
        "BT-23": profile.process,
        "BT-24": profile.specification,
        "BT-9": str(document.due_on),
        "BG-4": _filled(
            name=seller.name, vat_identifier=seller.vat_id, tax_identifier=seller.tax_number,
            legal_identifier=seller.registration, addr_l1=seller.street, city=seller.city,
            postcode=seller.postal_code, country_code=seller.country, **_reached(seller.endpoint),
        ),
        "BG-7": _filled(
            name=buyer, vat_identifier=said.vat_id, city=place.city, postcode=place.postal_code,
            country_code=place.country, **_reached(said.endpoint),
        ),
        "BT-106": _amount(document, document.net_minor),
        "BT-109": _amount(document, document.net_minor),
        "BT-110": _amount(document, document.tax_minor),
        "BT-112": _amount(document, document.total_minor),
        "BT-115": _amount(document, document.total_minor - document.prepaid_minor),
        "BT-72": str(document.day),
        "BG-23": _taxes(document),
        "BG-25": [_line(document, number, line) for number, line in enumerate(document.lines, 1)],
    }  # fmt: skip
    if profile is Profile.XRECHNUNG:
        terms["BG-4"]["contacts"] = [{"name": seller.name, "phone": seller.phone, "email": seller.email}]
        terms |= {"BT-81": _INSTRUMENT_UNKNOWN}
    if any(_category(line) is TaxCategory.INTRA_COMMUNITY for line in document.lines):
        terms["BG-13"] = _filled(name=buyer, city=place.city, postcode=place.postal_code, country_code=place.country)
    if document.prepaid_minor:
        terms["BT-113"] = _amount(document, document.prepaid_minor)
    if seller.iban:
        terms |= {"BT-81": "58", "BT-84": seller.iban.replace(" ", "")}  # a SEPA credit transfer
    if document.refers_to:
        terms["BG-3"] = [{"BT-25": number} for number in document.refers_to]
    if document.reason:
        terms["BG-1"] = [{"BT-22": document.reason}]
    if document.shares:
        told = [told_share(document, each) for each in document.shares]
        # Peppol takes one note (PEPPOL-EN16931-R002)
        terms["BG-1"] = [{"BT-22": note} for note in (["; ".join(told)] if profile is Profile.PEPPOL else told)]
    return {term: value for term, value in terms.items() if value not in ("", [])}


def told_share(document: Document, share: DocumentShare) -> str:
    """What of an invoice is of one order, in a line."""
    named = f"{share.order_number} ({share.po_number})" if share.po_number else share.order_number
    net, tax, total = (
        Money(each, document.currency) for each in (share.net_minor, share.tax_minor, share.total_minor)
    )  # fmt: skip
    return f"Order {named}: net {net}, tax {tax}, total {total}"


def _reached(endpoint: str) -> dict[str, str]:
    """Where a party takes electronic invoices: BT-34 or BT-49."""
    scheme, _, id_ = endpoint.partition(":")
    return {"einvoicing_addr": id_, "einvoicing_addr_schemeid": scheme}


def _filled(**party: str) -> dict[str, str]:
    """What is known of a party: BG-4 or BG-7."""
    return {name: value for name, value in party.items() if value}


def _check(document: Document, buyer: str, profile: Profile) -> None:
    seller = document.seller
    lacks = [
        what
        for what, there in (
            ("seller's name", seller.name), ("seller's country", seller.country), ("seller's VAT id", seller.vat_id),
            ("buyer's name", buyer), ("buyer's country", document.buyer_place.country),
        )
        if not there
    ]  # fmt: skip
    lacks += [f"one tax on line {n}" for n, line in enumerate(document.lines, 1) if len(line.taxes) > 1]
    for number, line in enumerate(document.lines, 1):
        category = _category(line)
        if category is TaxCategory.EXEMPT and not line.taxes[0].reason:
            lacks.append(f"reason of the exemption on line {number}")
        if category in _OF_BUSINESSES and not (document.bill_to is not None and document.bill_to.vat_id):
            lacks.append(f"buyer's VAT id, for line {number}")
    lacks += lacks_of(document, profile)
    if lacks:
        raise Refused(R.DOCUMENT_LACKS, field="document", value=document.number, allowed=lacks)


def _line(document: Document, number: int, line: DocumentLine) -> Terms:
    """A line; what is taken off is a negative quantity, for no price is below nought."""
    quantity = line.quantity or 1
    if line.net_minor < 0:
        quantity = -abs(quantity)
    price = _EXACT.divide(Decimal(line.net_minor), quantity)
    return {
        "BT-126": str(number),
        "BT-129": str(quantity),
        "BT-130": _PIECE,
        "BT-131": _amount(document, line.net_minor),
        "BT-146": _decimal(price.scaleb(-CURRENCY_DIGITS[document.currency]), 8),
        "BT-151": _category(line).value,
        "BT-152": _percent(_tax_of(line).rate_ppm),
        "BT-153": line.description or line.sku or line.kind,
        **({"BT-127-00": [{"BT-127": f"Order {line.order_number}"}]} if line.order_number else {}),
        **({"BT-155": line.sku} if line.sku else {}),
    }


def _taxes(document: Document) -> list[Terms]:
    """What is taxed at each rate, and the tax on it; and what is not taxed, for each reason."""
    sums: dict[tuple[TaxCategory, int, str, str], tuple[int, int]] = {}
    for line in document.lines:
        key = (_category(line), _tax_of(line).rate_ppm, *reason_of(_tax_of(line)))
        net, tax = sums.get(key, (0, 0))
        sums[key] = net + line.net_minor, tax + sum(each.amount_minor for each in line.taxes)
    return [
        {
            "BT-116": _amount(document, net),
            "BT-117": _amount(document, tax),
            "BT-118": category.value,
            "BT-119": _percent(rate),
            **({"BT-120": words} if words else {}),
            **({"BT-121": code} if code else {}),
        }
        for (category, rate, code, words), (net, tax) in sums.items()
    ]


def _tax_of(line: DocumentLine) -> TaxLine:
    """The one tax of a line; what bears none is rated at nought."""
    return line.taxes[0] if line.taxes else _NO_TAX


def _category(line: DocumentLine) -> TaxCategory:
    tax = _tax_of(line)
    if tax.category is not TaxCategory.NOT_SAID:
        return tax.category
    return TaxCategory.STANDARD if tax.rate_ppm else TaxCategory.ZERO


def _percent(rate_ppm: int) -> str:
    return _decimal(Decimal(rate_ppm).scaleb(-4), 2)


def _amount(document: Document, minor: int) -> str:
    return str(Decimal(minor).scaleb(-CURRENCY_DIGITS[document.currency]))


def _decimal(number: Decimal, digits: int) -> str:
    return f"{number:.{digits}f}".rstrip("0").rstrip(".")
