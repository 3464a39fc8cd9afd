"""Contracts: what is bought again and again, skipped, paused, changed and ended."""

from typing import Final

from orderline.api.calls import Operation, Right
from orderline.api.records import Records
from orderline.core.contracts import commands as c
from orderline.core.contracts.refusals import ContractRefusal as R
from orderline.core.contracts.state import CONTRACT, ContractState

_CONTRACTS: Final = Records(
    kind=CONTRACT,
    one="contract",
    many="contracts",
    capability="contracts",
    read=Right.ORDERS_READ,
    write=Right.ORDERS_WRITE,
    unknown=R.CONTRACT_UNKNOWN,
    states=ContractState,
    orders_in=lambda contract: (contract.order,),
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    *_CONTRACTS.reading(),
    _CONTRACTS.creating(
        c.StartContract, summary="Buy what an order has again and again", names="contract",
        refusals=("CONTRACT_EXISTS", "ORDER_UNKNOWN", "CONTRACT_NOT_ACCEPTABLE", "CODE_NOT_ACCEPTABLE"),
    ),
    _CONTRACTS.acting(
        c.ChangeContract, path="changes", summary="Change what is bought, or when", names="contract",
        refusals=("CONTRACT_STATE", "CONTRACT_NOT_ACCEPTABLE"),
    ),
    _CONTRACTS.acting(
        c.SkipRenewal, path="skips", summary="Skip the next renewals", names="contract",
        refusals=("CONTRACT_STATE", "CONTRACT_NOT_ACCEPTABLE"),
    ),
    _CONTRACTS.acting(
        c.PauseContract, path="pauses", summary="Pause a contract", names="contract", refusals=("CONTRACT_STATE",)
    ),
    _CONTRACTS.acting(
        c.ResumeContract, path="resumptions", summary="Resume a contract", names="contract",
        refusals=("CONTRACT_STATE",),
    ),
    _CONTRACTS.acting(
        c.EndContract, path="endings", summary="End a contract", names="contract", refusals=("CONTRACT_STATE",)
    ),
)  # fmt: skip
