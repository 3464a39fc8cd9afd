"""An invoice by the European standard EN 16931, as its business terms: BT-1 is the number, BG-25 the lines.

Source: EN 16931-1:2017, semantic data model. What writes the terms down, in UBL or CII, is for others.
"""

from decimal import Context, Decimal
from typing import Any, Final

from orderline.core.documents.refusals import DocumentRefusal as R
from orderline.core.documents.state import Document, DocumentLine, DocumentShare
from orderline.core.orders.billed import DocumentKind
from orderline.values.failures import Refused
from orderline.values.money import CURRENCY_DIGITS, Money

Terms = dict[str, Any]
_TYPE: Final = {DocumentKind.INVOICE: "380", DocumentKind.CREDIT_NOTE: "381"}
_EXACT: Final = Context(prec=28)
_PIECE: Final = "C62"  # UN/ECE recommendation 20: one


def terms_of(document: Document, buyer: str) -> Terms:
    """The business terms of a document. buyer: whom it is for.

    Refused DOCUMENT_LACKS: the seller has no name, country or VAT id, the buyer no name, or a line bears more than one tax.
    """
    _check(document, buyer)
    seller, place = document.seller, document.buyer_place
    terms: Terms = {
        "BT-1": document.number,
        "BT-2": str(document.day),
        "BT-3": _TYPE[document.kind],
        "BT-5": document.currency,
        "BT-13": document.order_number,
        "BT-9": str(document.due_on),
        "BG-4": _filled(
            name=seller.name, vat_identifier=seller.vat_id, tax_identifier=seller.tax_number,
            legal_identifier=seller.registration, addr_l1=seller.street, city=seller.city,
            postcode=seller.postal_code, country_code=seller.country,
        ),
        "BG-7": _filled(name=buyer, vat_identifier=document.company_vat_id, city=place.city, postcode=place.postal_code, country_code=place.country),
        "BT-106": _amount(document, document.net_minor),
        "BT-109": _amount(document, document.net_minor),
        "BT-110": _amount(document, document.tax_minor),
        "BT-112": _amount(document, document.total_minor),
        "BT-115": _amount(document, document.total_minor - document.prepaid_minor),
        "BT-72": str(document.day),
        "BG-23": _taxes(document),
        "BG-25": [_line(document, number, line) for number, line in enumerate(document.lines, 1)],
    }  # fmt: skip
    if document.prepaid_minor:
        terms["BT-113"] = _amount(document, document.prepaid_minor)
    if seller.iban:
        terms |= {"BT-81": "58", "BT-84": seller.iban.replace(" ", "")}  # a SEPA credit transfer
    if document.refers_to:
        terms["BG-3"] = [{"BT-25": number} for number in document.refers_to]
    if document.reason:
        terms["BG-1"] = [{"BT-22": document.reason}]
    if document.shares:
        terms["BG-1"] = [{"BT-22": told_share(document, each)} for each in document.shares]
    return {term: value for term, value in terms.items() if value not in ("", [])}


def told_share(document: Document, share: DocumentShare) -> str:
    """What of an invoice is of one order, in a line."""
    named = f"{share.order_number} ({share.po_number})" if share.po_number else share.order_number
    net, tax, total = (
        Money(each, document.currency) for each in (share.net_minor, share.tax_minor, share.total_minor)
    )  # fmt: skip
    return f"Order {named}: net {net}, tax {tax}, total {total}"


def _filled(**party: str) -> dict[str, str]:
    """What is known of a party: BG-4 or BG-7."""
    return {name: value for name, value in party.items() if value}


def _check(document: Document, buyer: str) -> None:
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
    if lacks:
        raise Refused(R.DOCUMENT_LACKS, field="document", value=document.number, allowed=lacks)


def _line(document: Document, number: int, line: DocumentLine) -> Terms:
    """A line; what is taken off is a negative quantity, for no price is below nought."""
    quantity = line.quantity or 1
    if line.net_minor < 0:
        quantity = -abs(quantity)
    price = _EXACT.divide(Decimal(line.net_minor), quantity)
    category, percent = _category(line.taxes[0].rate_ppm if line.taxes else 0)
    return {
        "BT-126": str(number),
        "BT-129": str(quantity),
        "BT-130": _PIECE,
        "BT-131": _amount(document, line.net_minor),
        "BT-146": _decimal(price.scaleb(-CURRENCY_DIGITS[document.currency]), 8),
        "BT-151": category,
        "BT-152": percent,
        "BT-153": line.description or line.sku or line.kind,
        **({"BT-127-00": [{"BT-127": f"Order {line.order_number}"}]} if line.order_number else {}),
        **({"BT-155": line.sku} if line.sku else {}),
    }


def _taxes(document: Document) -> list[Terms]:
    """What is taxed at each rate, and the tax on it; what bears no tax stands at a rate of nought."""
    sums: dict[int, tuple[int, int]] = {}
    for line in document.lines:
        rate = line.taxes[0].rate_ppm if line.taxes else 0
        net, tax = sums.get(rate, (0, 0))
        sums[rate] = net + line.net_minor, tax + sum(each.amount_minor for each in line.taxes)
    return [
        {
            "BT-116": _amount(document, net),
            "BT-117": _amount(document, tax),
            "BT-118": _category(rate)[0],
            "BT-119": _category(rate)[1],
        }
        for rate, (net, tax) in sums.items()
    ]


def _category(rate_ppm: int) -> tuple[str, str]:
    """The category of UNTDID 5305, standard or zero rated, and the percentage."""
    return ("S" if rate_ppm else "Z"), _decimal(Decimal(rate_ppm).scaleb(-4), 2)


def _amount(document: Document, minor: int) -> str:
    return str(Decimal(minor).scaleb(-CURRENCY_DIGITS[document.currency]))


def _decimal(number: Decimal, digits: int) -> str:
    return f"{number:.{digits}f}".rstrip("0").rstrip(".")
