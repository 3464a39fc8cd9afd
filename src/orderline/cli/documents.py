"""`orderline documents`: invoices and credit notes."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from orderline.cli.agreeing import person
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import amount, plain
from orderline.cli.ports import Failure, installation

if TYPE_CHECKING:
    from orderline.core.documents.state import Document

MOST: Final = 1_000


@click.group()
def documents() -> None:
    """Invoices and credit notes: list, show, print, issue."""


@documents.command("list")
@click.option("--order", help="Of this order alone: its number or id.")
@click.option("--company", default="", help="Over several orders of this company alone.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, MOST), help="So many at most.")
@json_option
def list_(order: str | None, company: str, limit: int, as_json: bool) -> None:
    """Documents by number."""
    from orderline.cli.orders import one_order
    from orderline.cli.sources import reading
    from orderline.core.documents.state import subject_of
    from orderline.store.reading.records import load_record, load_records
    from orderline.store.working import read_orders

    with installation().database() as database, reading(database) as source:
        if order is not None:
            id_ = one_order(database, order)
            named = sorted({each.id for each in read_orders(database, {id_})[id_].documents})[:limit]
            found: list[Any] = [load_record(source, "document", each) for each in named]
        else:
            subjects = (subject_of(company),) if company else ()
            found = load_records(source, "document", subjects=subjects, most=limit)
    if as_json:
        emit({"items": found})
        return
    rows = [
        (
            each.entity,
            each.number,
            plain(each.kind),
            _orders_of(each),
            str(each.day),
            amount(each.total_minor, each.currency),
        )
        for each in found
    ]
    table(("entity", "number", "what", "order", "day", "total"), rows, right=(5,))


@documents.command()
@click.argument("number")
@click.option("--entity", default="main", show_default=True, help="Of which legal entity.")
@json_option
def show(number: str, entity: str, as_json: bool) -> None:
    """One document, by its NUMBER."""
    from orderline.cli.sources import reading

    with reading() as source:
        found = one_document(source, entity, number)
    if as_json:
        emit(found)
        return
    say(f"{plain(found.kind).capitalize()} {found.number} of {found.day}, order {_orders_of(found)}")
    if found.refers_to:
        say(f"to {', '.join(found.refers_to)}: {found.reason}")
    money = found.currency
    rows = [
        (
            f"{each.order_number} {each.sku or plain(each.kind)}".strip(),
            each.description,
            str(each.quantity),
            amount(each.net_minor, money),
        )
        for each in found.lines
    ]
    table(("item", "description", "quantity", "net"), rows, right=(2, 3))
    for share in found.shares:
        mine = f" ({share.po_number})" if share.po_number else ""
        say(f"order {share.order_number}{mine}: {amount(share.total_minor, money)}")
    for tax in found.taxes:
        say(f"{tax.name} on {amount(tax.net_minor, money)}: {amount(tax.tax_minor, money)}")
    say(f"total {amount(found.total_minor, money)}, due {found.due_on}")


def _orders_of(document: "Document") -> str:
    return document.order_number or f"{document.shares[0].order_number} and others"


@documents.command("print")
@click.argument("number")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--entity", default="main", show_default=True, help="Of which legal entity.")
@click.option(
    "--as", "form", default="pdf", show_default=True,
    type=click.Choice(["pdf", "factur-x", "ubl", "cii", "xrechnung", "peppol"]),
    help="A PDF, one with its XML inside, or the XML alone, by EN 16931; or UBL by the rules of XRechnung or Peppol BIS.",
)  # fmt: skip
def print_(number: str, file: Path, entity: str, form: str) -> None:
    """Write the document NUMBER into FILE."""
    from orderline.cli.sources import reading

    with reading() as source:
        found = one_document(source, entity, number)
        content = installation().print_document(source, found, form)
    file.write_bytes(content)
    say(f"{file} has {found.number}.")


@documents.command()
@click.argument("order")
@json_option
def issue(order: str, as_json: bool) -> None:
    """Invoice what was supplied of an ORDER and stands on no invoice."""
    from orderline.cli.orders import one_order
    from orderline.cli.sources import reading
    from orderline.core.documents.issuing import IssueInvoice
    from orderline.core.ledger.posting import books_of
    from orderline.store.working import read_orders

    here = installation()
    with here.database() as database, here.engine(database) as engine:
        order_id = one_order(database, order)
        with reading(database) as source:
            settings = source.settings()
        entity = books_of(settings, read_orders(database, {order_id})[order_id])
        engine.run(IssueInvoice(order=order_id, entity=entity), actor=person())
        made = read_orders(database, {order_id})[order_id].documents[-1]
    if as_json:
        emit(made)
    else:
        say(f"Issued {made.number}.")


def one_document(source: Any, entity: str, number: str) -> "Document":
    """The document of an entity. Failure: there is none."""
    from orderline.store.reading.records import load_record

    found = load_record(source, "document", f"{entity}:{number}")
    if found is None:
        raise Failure(
            f"There is no document {number!r} of {entity}.", "`orderline documents list` shows those there are.",
            code="DOCUMENT_UNKNOWN",
        )  # fmt: skip
    return found
