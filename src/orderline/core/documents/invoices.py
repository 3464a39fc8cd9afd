"""What an invoice or a credit note looks like on paper."""

from orderline.core.documents.paper import Block, Column, Paper, Party, Table, Text
from orderline.core.documents.state import Document, DocumentLine
from orderline.core.documents.untaxed import why_untaxed
from orderline.core.orders.billed import DocumentKind
from orderline.values.money import Money

_TITLES = {DocumentKind.INVOICE: "Invoice", DocumentKind.CREDIT_NOTE: "Credit note"}


def document_paper(document: Document, buyer: Party) -> Paper:
    """The document as a paper. buyer: whom it is for, as far as that is still known."""

    def money(minor: int) -> str:
        return str(Money(minor, document.currency))

    about = [("Number", document.number), ("Date", f"{document.day:%Y-%m-%d}")]
    about.append(("Orders", str(len(document.shares))) if document.shares else ("Order", document.order_number))
    if document.kind is DocumentKind.INVOICE:
        about.append(("Due", f"{document.due_on:%Y-%m-%d}"))
    if document.refers_to:
        about.append(("To invoice", ", ".join(document.refers_to)))
    columns = (
        Column("Item", 46), Column("Quantity", 12, "right"), Column("Discount", 14, "right"), Column("Tax", 14, "right"),
        Column("Net", 18, "right"),
    )  # fmt: skip
    rows = tuple(
        (
            f"{line.order_number}: {_described(line)}" if line.order_number else _described(line),
            f"{line.quantity} {line.unit}".strip() if line.quantity else "",
            money(line.discount_minor) if line.discount_minor else "",
            ", ".join(_percent(tax.rate_ppm) for tax in line.taxes),
            money(line.net_minor),
        )
        for line in document.lines
    )
    sums = [("Net", money(document.net_minor))]
    sums += [
        (f"{each.name} {_percent(each.rate_ppm)} of {money(each.net_minor)}".replace("  ", " "), money(each.tax_minor))
        for each in document.taxes
    ]
    sums.append(("Total", money(document.total_minor)))
    if document.prepaid_minor:
        sums.append(("Paid", money(-document.prepaid_minor)))
        sums.append(("To be paid", money(document.total_minor - document.prepaid_minor)))
    blocks: list[Block] = [
        Table(columns, rows),
        Table((Column("", 70, "right"), Column("Amount", 30, "right")), tuple(sums)),
    ]
    if document.shares:
        blocks.insert(1, _shares(document))
    if document.is_test:
        blocks.insert(0, Text("Test: this is no invoice", large=True))
    blocks += [Text(f"{each.name}: {said}") for each in document.taxes if (said := why_untaxed(each))]
    if document.reason:
        blocks.append(Text(f"Reason: {document.reason}"))
    return Paper(_TITLES[document.kind], document.number, tuple(about), (seller_of(document), buyer), tuple(blocks))


def _shares(document: Document) -> Table:
    """What is of which order."""
    columns = (
        Column("Order", 26), Column("Your number", 26), Column("Net", 16, "right"), Column("Tax", 16, "right"),
        Column("Total", 16, "right"),
    )  # fmt: skip
    rows = tuple(
        (
            each.order_number,
            each.po_number,
            *(str(Money(minor, document.currency)) for minor in (each.net_minor, each.tax_minor, each.total_minor)),
        )
        for each in document.shares
    )
    return Table(columns, rows, "Orders")


def seller_of(document: Document) -> Party:
    """Who sold, with what a paper must say of them."""
    seller = document.seller
    lines = (
        seller.name or seller.code, seller.street, f"{seller.postal_code} {seller.city}".strip(), seller.country,
        f"VAT {seller.vat_id}" if seller.vat_id else "", f"Tax number {seller.tax_number}" if seller.tax_number else "",
        seller.registration, f"IBAN {seller.iban}" if seller.iban else "", seller.email, seller.phone,
    )  # fmt: skip
    return Party("From", tuple(filter(None, lines)))


def _described(line: DocumentLine) -> str:
    return f"{line.sku} {line.description}".strip() if line.sku != line.description else line.sku


def _percent(rate_ppm: int) -> str:
    whole, rest = divmod(rate_ppm, 10_000)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".") + " %" if rate_ppm else ""
