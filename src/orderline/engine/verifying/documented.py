"""Invoices and credit notes against the orders they are of: the same numbers, amounts that add up, nothing credited twice."""

from collections.abc import Sequence

import psycopg

from orderline.core.orders.billed import DocumentKind
from orderline.core.orders.state import Order
from orderline.core.sellers.sharing import has_sellers, shares_due
from orderline.engine.verifying.invariants import Invariant
from orderline.engine.verifying.report import Tally
from orderline.store.queries import query

Told = tuple[str, str, str, int]  # id, number, kind, total


def check_documents(connection: psycopg.Connection, cell: int, orders: Sequence[Order], tally: Tally) -> None:
    """The documents that orders name are there, and say what the orders say."""
    tally.checked(Invariant.DOCUMENTS, 0)
    with_documents = [order for order in orders if order.documents or order.billed]
    found: dict[str, list[Told]] = {}
    if with_documents:
        asked = {"cell": cell, "orders": [str(order.id) for order in with_documents]}
        for subject, *rest in connection.execute(query("ledger", "documents_of"), asked, binary=True):
            found.setdefault(subject, []).append((rest[0], rest[1], rest[2], int(rest[3])))
    for order in with_documents:
        tally.checked(Invariant.DOCUMENTS, len(order.documents))
        alone = [each for each in order.documents if not each.collective]
        named = sorted((each.id, each.number, str(each.kind), each.total_minor) for each in alone)
        for fault in (*_faults(order), *_differences(named, sorted(found.get(str(order.id), [])))):
            tally.fault(Invariant.DOCUMENTS, f"{order.number}: {fault}")
    tally.checked(Invariant.SELLERS, 0)
    for order in orders:
        if not order.history and has_sellers(order):
            tally.checked(Invariant.SELLERS)
            if due := shares_due(order):
                tally.fault(Invariant.SELLERS, f"{order.number}: not posted for its sellers: {due}"[:300])
        for fault in credit_faults(order):
            tally.fault(Invariant.CREDITS, f"{order.number}: {fault}")
        tally.checked(Invariant.CREDITS, len(order.credits))


def _differences(named: list[Told], stand: list[Told]) -> list[str]:
    return [] if named == stand else [f"it names the documents {named}, there are {stand}"[:300]]


def _faults(order: Order) -> list[str]:
    """Invoices add up to what is billed; no more is billed than was agreed."""
    faults: list[str] = []
    of_credits = {each.document for each in order.credits}
    invoiced = sum(
        each.total_minor if each.kind is DocumentKind.INVOICE else -each.total_minor
        for each in order.documents
        if each.number not in of_credits
    )
    billed = sum(each.total_minor for each in order.billed)
    if invoiced != billed:
        faults.append(f"invoices of {invoiced}, billed {billed}")
    # Of what was not handed over after all the credit note is still to be written.
    undone = any(each.undone for each in order.shipments)
    units = {line.line: line.units.total() if undone else line.units.gone for line in order.lines}
    faults += [
        f"line {each.line}: {each.quantity} units billed, {units.get(each.line, 0)} supplied"
        for each in order.billed
        if each.line and not 0 <= each.quantity <= units.get(each.line, 0)
    ]
    return faults


def credit_faults(order: Order) -> list[str]:
    """Credits that do not add up, or give back more than was ever agreed, or than was invoiced where it was."""
    faults = [
        f"credit {each.number} is {each.total_minor}, its parts {each.stands_for_minor}"
        for each in order.credits
        if each.total_minor != each.stands_for_minor
    ]
    if not order.credits or order.history:
        return faults
    agreed = {line.line: line for line in order.agreement.lines}
    billed = {each.line: each for each in order.billed if each.line}
    sums: dict[int, tuple[int, int]] = {}
    for credit in order.credits:
        for each in credit.lines:
            quantity, total = sums.get(each.line, (0, 0))
            sums[each.line] = quantity + each.quantity, total + each.total_minor
    for line, (quantity, total) in sums.items():
        most = agreed.get(line)
        there = billed.get(line)
        limit = (there.quantity, there.total_minor) if there else (most.quantity, most.total_minor) if most else (0, 0)
        if quantity > limit[0] or total > limit[1]:
            faults.append(f"line {line}: {quantity} units for {total} credited, of {limit[0]} for {limit[1]}")
    return faults
