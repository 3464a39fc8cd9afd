"""Requests about contracts. `contract` is the caller's own name for it."""

from collections.abc import Iterable
from datetime import datetime

from orderline.core.contracts.state import Unit
from orderline.core.orders.commands import LineInput
from orderline.core.orders.priced import Charge
from orderline.core.records import RecordCommand, RecordKey
from orderline.values.ids import OrderId


class ContractCommand(RecordCommand, frozen=True, gc=False, kw_only=True):
    """A command on a contract."""

    contract: str

    def records(self) -> Iterable[RecordKey]:
        """The contract."""
        return (("contract", self.contract),)


class StartContract(ContractCommand, frozen=True, gc=False, kw_only=True, tag="start_contract"):
    """Buy what an order has, or other lines, again and again: for its customer, to its addresses, paid by its first tender.

    starts_at: the first renewal. token: what pays, where it is not that of the order. times: how many renewals.
    retry_days: how long to wait when a renewal is refused or not paid, in turn; then the contract is suspended.
    """

    order: OrderId
    every: int = 1
    unit: Unit = Unit.MONTH
    starts_at: datetime
    lines: tuple[LineInput, ...] = ()
    charges: tuple[Charge, ...] | None = None
    token: str = ""
    times: int | None = None
    retry_days: tuple[int, ...] = (1, 3, 7)

    def orders(self) -> Iterable[OrderId]:
        """The order it continues."""
        return (self.order,)


class ChangeContract(ContractCommand, frozen=True, gc=False, kw_only=True, tag="change_contract"):
    """Buy other goods, at other times, or paid by another token, from the next renewal on; what is not given stays.

    starts_at: the next renewal, from which the days are counted anew.
    """

    lines: tuple[LineInput, ...] = ()
    charges: tuple[Charge, ...] | None = None
    token: str = ""
    every: int | None = None
    unit: Unit | None = None
    starts_at: datetime | None = None


class SkipRenewal(ContractCommand, frozen=True, gc=False, kw_only=True, tag="skip_renewal"):
    """Leave out the next renewals, so many of them; a paused contract goes on later by so many."""

    renewals: int = 1


class PauseContract(ContractCommand, frozen=True, gc=False, kw_only=True, tag="pause_contract"):
    """Buy nothing until it is resumed."""

    reason: str = ""


class ResumeContract(ContractCommand, frozen=True, gc=False, kw_only=True, tag="resume_contract"):
    """Go on with the next day of the calendar that is not over; a renewal that could not be placed is tried at once."""


class EndContract(ContractCommand, frozen=True, gc=False, kw_only=True, tag="end_contract"):
    """Buy nothing any more. Orders that were placed go on."""

    reason: str


class RecordRenewal(ContractCommand, frozen=True, gc=False, kw_only=True, tag="record_renewal"):
    """What came of a renewal: its order, or why there is none."""

    renewal: int
    placed: OrderId | None = None
    refused: str = ""


class ChasePayment(ContractCommand, frozen=True, gc=False, kw_only=True, tag="chase_payment"):
    """The order of a renewal is not paid for: it was asked for again, or, after the last time, is given up.

    chases: how often it had been asked for.
    """

    chased: OrderId
    chases: int
