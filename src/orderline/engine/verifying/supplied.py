"""Dated supply and scheduled demand compared with the records behind them, with the lines pegged to it, and with the ledger."""

from collections.abc import Iterable
from time import monotonic

import psycopg
from msgspec.structs import replace

from orderline.core.demands.rows import DemandRow, short_of
from orderline.core.record_kinds import KINDS
from orderline.core.supply.rows import SupplyRow
from orderline.core.supply.slips import LearnedBy, Slip, VendorRecord, fresh_of, learn, learn_by_sku
from orderline.core.supply.state import PurchaseOrder
from orderline.core.transfers.state import Transfer
from orderline.engine.verifying.invariants import Invariant
from orderline.engine.verifying.report import Tally
from orderline.store.loading import decode_record, supply_of_row
from orderline.store.queries import query

Key = tuple[str, str]


def check_supply(connection: psycopg.Connection, cell: int, tally: Tally) -> None:
    """Compare rows of dated supply with what their records tell, pools with their rows, the ledger with receipts."""
    began = monotonic()
    told: dict[str, SupplyRow] = {}
    bought: dict[Key, int] = {}
    moving: dict[Key, int] = {}
    parameters = {"cell": cell, "kinds": ["purchase_order", "transfer", "demand", "vendor_record"]}
    slips: dict[str, list[Slip]] = {}
    vendors: list[VendorRecord] = []
    needed: dict[str, DemandRow] = {}
    tally.checked(Invariant.RECEIPTS, 0)
    for kind, body in connection.execute(query("supply", "standing_records"), parameters):
        record = decode_record(kind, body)
        if isinstance(record, VendorRecord):
            vendors.append(record)
            continue
        told.update((row.id, row) for row in KINDS[kind].supply(record))
        needed.update((row.id, row) for row in KINDS[kind].demand(record))
        tally.checked(Invariant.RECEIPTS)
        if isinstance(record, PurchaseOrder):
            slips.setdefault(record.vendor, []).extend(record.slips())
            for line in record.lines:
                _add(bought, (f"purchase_order:{record.id}", line.sku), line.come)
        elif isinstance(record, Transfer):
            for line in record.lines:
                _add(moving, (f"transfer:{record.id}", line.sku), line.in_transit)
    supply = _check_rows(connection, cell, told, tally)
    tally.took(Invariant.SUPPLY, monotonic() - began)
    began = monotonic()
    _check_demand(connection, cell, needed, supply, tally)
    tally.took(Invariant.DEMAND, monotonic() - began)
    began = monotonic()
    _check_vendors(connection, cell, vendors, slips, tally)
    tally.took(Invariant.VENDORS, monotonic() - began)
    began = monotonic()
    for cause, sku, came, in_transit in connection.execute(query("supply", "ledger_of_records"), {"cell": cell}):
        for name, entered, expected in (("received", came, bought), ("on the way", in_transit, moving)):
            said = expected.pop((cause, sku), 0)
            if int(entered) != said:
                tally.fault(Invariant.RECEIPTS, f"{cause}, {sku}: {said} {name}, the ledger has {entered}")
    for (cause, sku), units in (*bought.items(), *moving.items()):
        if units:
            tally.fault(Invariant.RECEIPTS, f"{cause}, {sku}: {units} received or on the way, the ledger has none")
    tally.took(Invariant.RECEIPTS, monotonic() - began)


def _check_vendors(
    connection: psycopg.Connection,
    cell: int,
    vendors: Iterable[VendorRecord],
    slips: dict[str, list[Slip]],
    tally: Tally,
) -> None:
    """Each line learned from is told by its order as it ended; those that are not are still to be, or were forgotten.

    What came after a line had ended is no more part of it, so that its order may say more.
    """
    tally.checked(Invariant.VENDORS, 0)
    to_learn = {key for (key,) in connection.execute(query("supply", "vendors_to_learn"), {"cell": cell})}
    known = {each.id: each for each in vendors}
    for name in sorted({*known, *(vendor for vendor, told in slips.items() if told)}):
        tally.checked(Invariant.VENDORS)
        record = known.get(name) or VendorRecord(id=name)
        told = {(each.purchase_order, each.line): each for each in slips.get(name, ())}
        for each in record.slips:
            said = told.get((each.purchase_order, each.line))
            if said is None or each.come > said.come or replace(said, come=each.come) != each:
                tally.fault(Invariant.VENDORS, f"{name}: it is told as {each}, its purchase order says {said}")
        for each in fresh_of(record, list(told.values())):
            if each.purchase_order not in to_learn:
                tally.fault(Invariant.VENDORS, f"{name}: nobody learns from {each.purchase_order}, line {each.line}")
        figures = (learn(name, record.slips, LearnedBy.VENDOR), learn_by_sku(name, record.slips))
        if figures != (record.learned, record.by_sku):
            tally.fault(Invariant.VENDORS, f"{name}: its figures are not what its lines give")


def _check_demand(
    connection: psycopg.Connection,
    cell: int,
    told: dict[str, DemandRow],
    supply: dict[Key, list[SupplyRow]],
    tally: Tally,
) -> None:
    tally.checked(Invariant.DEMAND, 0)
    rows: dict[Key, list[DemandRow]] = {}
    for values in connection.execute(query("demands", "all_demand"), {"cell": cell}):
        row = DemandRow(*values)
        tally.checked(Invariant.DEMAND)
        rows.setdefault((row.sku, row.pool), []).append(row)
        if told.pop(row.id, None) != row:
            tally.fault(Invariant.DEMAND, f"{row.id}: {row.open} are needed, its record says otherwise")
    for id_, row in told.items():
        tally.fault(Invariant.DEMAND, f"{id_}: its record says {row.open} are needed, there is no row")
    levels = connection.execute(query("demands", "all_levels"), {"cell": cell}).fetchall()
    said = {(sku, pool): (int(demanded), int(withheld)) for sku, pool, demanded, withheld in levels}
    for pair in sorted({*rows, *said}):
        demand = rows.get(pair, [])
        is_so = (sum(row.open for row in demand), short_of(demand, supply.get(pair, ()))[0])
        if said.get(pair, (0, 0)) != is_so:
            fault = f"{pair[0]} in {pair[1]}: needed and withheld are {said.get(pair, (0, 0))}, its demand says {is_so}"
            tally.fault(Invariant.DEMAND, fault)


def _check_rows(
    connection: psycopg.Connection, cell: int, told: dict[str, SupplyRow], tally: Tally
) -> dict[Key, list[SupplyRow]]:
    """The rows by SKU and pool, for what depends on them."""
    found: dict[Key, list[SupplyRow]] = {}
    tally.checked(Invariant.SUPPLY, 0)
    sums: dict[Key, list[int]] = {}
    for values in connection.execute(query("supply", "all_supply"), {"cell": cell}):
        row = supply_of_row(values)
        tally.checked(Invariant.SUPPLY)
        expected = told.pop(row.id, None)
        if expected is None:
            if row.open:
                tally.fault(Invariant.SUPPLY, f"{row.id}: {row.open} are to come, its record says none")
        elif _plan(expected) != _plan(row):
            tally.fault(Invariant.SUPPLY, f"{row.id}: stands as {_plan(row)}, its record says {_plan(expected)}")
        found.setdefault((row.sku, row.pool), []).append(row)
        pair = sums.setdefault((row.sku, row.pool), [0, 0, 0])
        for index, units in enumerate((row.open, row.pegged, row.kept)):
            pair[index] += units
    for id_, row in told.items():
        tally.fault(Invariant.SUPPLY, f"{id_}: its record says {row.open} are to come, there is no row")
    for sku, pool, *units in connection.execute(query("supply", "all_levels"), {"cell": cell}):
        rows = sums.pop((sku, pool), [0, 0, 0])
        if [int(each) for each in units] != rows:
            tally.fault(Invariant.SUPPLY, f"{sku} in {pool}: the pool says {units}, its supply {rows}")
    for (sku, pool), rows in sums.items():
        tally.fault(Invariant.SUPPLY, f"{sku} in {pool}: the pool says nothing, its supply {rows}")
    return found


def _plan(row: SupplyRow) -> tuple[object, ...]:
    return (
        row.sku, row.pool, row.location, row.kind.value, row.due_at, row.slack_days, row.confidence_ppm, row.open
    )  # fmt: skip


def _add(sums: dict[Key, int], key: Key, units: int) -> None:
    sums[key] = sums.get(key, 0) + units
