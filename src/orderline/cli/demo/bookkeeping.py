"""The end of the demo's money: the trial balance, and a few invoices on paper."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from orderline.cli.ledger import print_balance
from orderline.cli.output import say
from orderline.cli.ports import Stage, installation
from orderline.cli.sources import reading
from orderline.core.documents.state import Document
from orderline.core.orders.billed import DocumentKind
from orderline.store.reading.ledger import TrialBalance, load_trial_balance
from orderline.store.reading.records import load_records
from orderline.store.reading.source import Source

ENTITY: Final = "main"
PAPERS: Final = 3
PAGE: Final = 1_000


def close_books(stage: Stage, returned: str) -> tuple[TrialBalance, list[str]]:
    """The trial balance, and the paths of some invoices as PDF: of an order that was sent in parts, and of a return.

    returned: the number of an order from which something came back.
    """
    folder = stage.data_dir / "papers"
    folder.mkdir(exist_ok=True)
    with reading(stage.database) as source:
        balance = load_trial_balance(source, ENTITY)
        paths = [_printed(source, folder, each) for each in _chosen(_invoices(source), returned)]
    return balance, paths


def print_books(balance: TrialBalance, papers: Sequence[str]) -> None:
    """What stands on each account, and where the invoices are."""
    say("")
    print_balance(balance)
    for path in papers:
        say(f"An invoice is in {path}")


def _invoices(source: Source) -> list[Document]:
    found: list[Document] = []
    while page := load_records(source, "document", after=found[-1].id if found else "", most=PAGE):
        found += page
    return [each for each in found if each.kind is DocumentKind.INVOICE and each.entity == ENTITY]


def _chosen(invoices: Sequence[Document], returned: str) -> list[Document]:
    of = Counter(each.order for each in invoices)
    parts = max(of.values(), default=0)
    # The most telling first; sorting keeps the order of numbers.
    return sorted(invoices, key=lambda each: (each.order_number != returned, of[each.order] < parts, str(each.order)))[
        :PAPERS
    ]


def _printed(source: Source, folder: Path, invoice: Document) -> str:
    path = folder / f"{invoice.number}.pdf"
    path.write_bytes(installation().print_document(source, invoice, "pdf"))
    return str(path)
