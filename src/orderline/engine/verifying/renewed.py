"""Contracts: each renewal is one order of its name, in turn; and what renews has a job that does so."""

from typing import Any, Final

import msgspec
import psycopg

from orderline.core.contracts.state import CONTRACT, Contract, ContractState
from orderline.core.jobs import JobKind
from orderline.engine.verifying.invariants import Invariant
from orderline.engine.verifying.report import Tally
from orderline.store.queries import query

_contracts: Final = msgspec.json.Decoder(Contract)
Row = tuple[Any, ...]


def check_contracts(connection: psycopg.Connection, cell: int, tally: Tally) -> None:
    """Compare contracts with the orders that stand under their names, and with the jobs there are."""
    tally.checked(Invariant.CONTRACTS, 0)
    placed: dict[str, list[Row]] = {}
    for contract, *row in connection.execute(query("contracts", "renewals_told"), {"cell": cell}):
        placed.setdefault(contract, []).append(tuple(row))
    rows = connection.execute(query("verify", "jobs_of_kind"), {"cell": cell, "kind": JobKind.RENEW.value})
    renewing = {stream for (stream,) in rows}
    for (body,) in connection.execute(query("records", "bodies_of_kind"), {"cell": cell, "kind": CONTRACT.name}):
        contract = _contracts.decode(body)
        tally.checked(Invariant.CONTRACTS)
        for fault in faults_of(contract, placed.get(contract.id, []), renewing):
            tally.fault(Invariant.CONTRACTS, f"{contract.id}: {fault}")


def faults_of(contract: Contract, placed: list[Row], renewing: set[str]) -> list[str]:
    """placed: number, order, and the channel and name it stands under, None where there is no such order."""
    faults: list[str] = []
    numbers = [row[0] for row in placed]
    if numbers != list(range(1, contract.renewal)):
        faults.append(f"renewals {numbers[:20]} were placed, the next is {contract.renewal}")
    faults += [
        f"renewal {number} is the order {order}, which stands as {name} of {channel}"
        for number, order, channel, name in placed
        if (channel, name) != (contract.channel, f"{contract.id}-{number}")
    ]
    if placed and contract.last_order != placed[-1][1]:
        faults.append(f"its last order is {contract.last_order}, {placed[-1][1]} was placed last")
    if contract.times is not None and len(placed) > contract.times:
        faults.append(f"{len(placed)} renewals of {contract.times}")
    if contract.state is ContractState.ACTIVE and f"contract {contract.id} {JobKind.RENEW}" not in renewing:
        faults.append(f"nothing places the renewal that is due at {contract.next_at.isoformat()}")
    return faults
