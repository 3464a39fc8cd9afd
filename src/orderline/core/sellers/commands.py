"""What people and the clock do about sellers."""

from collections.abc import Iterable
from datetime import date, datetime

import msgspec

from orderline.core.documents.state import SERIES
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.sellers.schedule import Schedule
from orderline.core.sellers.state import KIND, STATEMENT_KIND, SellerParty
from orderline.core.sellers.terms import Side


class PutSeller(RecordCommand, frozen=True, gc=False, kw_only=True, tag="put_seller"):
    """Create a seller, or replace what is known of it and agreed with it. Lines that are sold keep the terms of their sale.

    rate_ppm: its commission, in parts per million of the price without tax; categories: in place of it, by the category of
    the SKU; fixed_minor: by currency, once a line. discounts, chargebacks: who bears them; shipping: who has it. held: why no
    statements are made for now.
    """

    seller: str
    party: SellerParty
    rate_ppm: int = 0
    categories: dict[str, int] = msgspec.field(default_factory=dict[str, int])
    fixed_minor: dict[str, int] = msgspec.field(default_factory=dict[str, int])
    discounts: Side = Side.SELLER
    chargebacks: Side = Side.SELLER
    shipping: Side = Side.MERCHANT
    schedule: Schedule = Schedule.WEEK
    reserve_days: int = 0
    held: str = ""

    def records(self) -> Iterable[RecordKey]:
        """The seller."""
        return ((KIND, self.seller),)


class SellerDue(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What the ledger says a seller is owed in the books of an entity, after `since`; base_minor: in their currency."""

    entity: str
    currency: str
    since: date | None
    goods_minor: int
    commission_minor: int
    amount_minor: int
    base_minor: int
    entries: int


class StateSeller(RecordCommand, frozen=True, gc=False, kw_only=True, tag="state_seller"):
    """State what a seller is owed through a day that is over. due: what the ledger says, read after that day."""

    seller: str
    until: date
    due: tuple[SellerDue, ...] = ()

    def records(self) -> Iterable[RecordKey]:
        """The seller, and the series that its statements take their numbers from."""
        series = ((SERIES.name, series_of(each.entity)) for each in self.due)
        return ((KIND, self.seller), *series)


class StatementCommand(RecordCommand, frozen=True, gc=False, kw_only=True):
    """A command on a statement of a seller."""

    statement: str

    def records(self) -> Iterable[RecordKey]:
        """The statement."""
        return ((STATEMENT_KIND, self.statement),)


class InstructSellerPayment(StatementCommand, frozen=True, gc=False, kw_only=True, tag="instruct_seller_payment"):
    """A statement is about to be paid, by the key that is answered. Until it is told how that went it is not paid again."""


class RecordSellerPayment(StatementCommand, frozen=True, gc=False, kw_only=True, tag="record_seller_payment"):
    """The money has gone. reference: the bank's name for it; told again, it has no further effect."""

    reference: str
    paid_at: datetime | None = None


class FailSellerPayment(StatementCommand, frozen=True, gc=False, kw_only=True, tag="fail_seller_payment"):
    """Nothing has gone of what was instructed, and nothing will."""

    reason: str


class ReturnSellerPayment(StatementCommand, frozen=True, gc=False, kw_only=True, tag="return_seller_payment"):
    """The bank has sent a payment back; it is owed again."""

    reason: str


def series_of(entity: str) -> str:
    """The series that statements in the books of an entity take their numbers from."""
    return f"{entity}:{STATEMENT_KIND}"
