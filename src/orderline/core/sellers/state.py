"""A seller with its terms, and the statements by which it is paid: numbered, unchanging, each over days that are over."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import msgspec

from orderline.core.jobs import FollowUp, JobBody, JobKind
from orderline.core.ledger.state import Account, Posted
from orderline.core.records import Record, RecordEvent, RecordKind, Window
from orderline.core.sellers.schedule import Schedule
from orderline.core.sellers.terms import SellerRule, Side

if TYPE_CHECKING:
    from orderline.core.world import World

KIND: Final = "seller"
STATEMENT_KIND: Final = "seller_statement"
NUMBERS: Final = "SELLER-{year}-{number}"


class SellerState(StrEnum):
    """held: no statements are made until somebody lets go."""

    ACTIVE = "active"
    HELD = "held"


class StatementState(StrEnum):
    """open: to be paid. instructed: the bank, or a provider, was told to. paid: it has gone."""

    OPEN = "open"
    INSTRUCTED = "instructed"
    PAID = "paid"


class SellerParty(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """Who a seller is, for papers, and where its money goes."""

    name: str
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""
    email: str = ""
    vat_id: str = ""
    tax_number: str = ""
    iban: str = ""
    bic: str = ""


class Seller(Record, frozen=True, kw_only=True):
    """A third party whose goods are sold here.

    schedule, reserve_days: how often it is paid, and for how many days after a sale its money is kept back. held: why it is
    not paid for now. stated: through which day it was stated, by entity and currency. next_at: when that is looked at next.
    """

    id: str
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
    stated: dict[str, date] = msgspec.field(default_factory=dict[str, date])
    next_at: datetime

    @property
    def state(self) -> SellerState:
        """Is it paid?"""
        return SellerState.HELD if self.held else SellerState.ACTIVE

    @property
    def rule(self) -> SellerRule:
        """The terms, as intake has to know them."""
        return SellerRule(
            self.id, self.rate_ppm, self.categories, self.fixed_minor, self.discounts, self.chargebacks, self.shipping
        )


class SellerPayment(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One attempt to pay a statement. key: how it is called towards the bank, made before anybody is told to pay.

    reference: the bank's name for it. failed: why nothing went; returned: why it came back.
    """

    key: str
    at: datetime
    by: str
    reference: str = ""
    paid_at: datetime | None = None
    failed: str = ""
    returned: str = ""


class SellerStatement(Record, frozen=True, kw_only=True):
    """What a seller is owed for the days from `since` (the first sale, when none) through `until`; nothing changes it.

    goods_minor - commission_minor = amount_minor; goods with what it has of shipping. entries: of the ledger, behind them.
    base_minor: what is open of it in the currency of the books.
    """

    id: str
    number: str
    seller: str
    party: SellerParty
    entity: str
    currency: str
    since: date | None
    until: date
    goods_minor: int
    commission_minor: int
    amount_minor: int
    entries: int
    stated_at: datetime
    state: StatementState
    base_minor: int = 0
    payments: tuple[SellerPayment, ...] = ()


class SellerPut(RecordEvent, frozen=True, kw_only=True, tag="seller_put"):
    """A seller was created, or what is known of it and agreed with it was replaced."""

    seller: Seller
    by: str


class SellerStated(RecordEvent, frozen=True, kw_only=True, tag="seller_stated"):
    """It was looked at what is to be paid. stated: what statements were made of, by entity and currency."""

    stated: dict[str, date] = msgspec.field(default_factory=dict[str, date])
    next_at: datetime


class StatementMade(RecordEvent, frozen=True, kw_only=True, tag="seller_statement_made"):
    """What a seller is owed for some days was stated."""

    statement: SellerStatement
    posted: tuple[Posted, ...]


class PaymentInstructed(RecordEvent, frozen=True, kw_only=True, tag="seller_payment_instructed"):
    """A statement is to be paid under a key; whoever pays is told afterwards."""

    payment: SellerPayment


class PaymentMade(RecordEvent, frozen=True, kw_only=True, tag="seller_payment_made"):
    """The money of a statement has gone."""

    payment: SellerPayment
    posted: tuple[Posted, ...]


class PaymentFailed(RecordEvent, frozen=True, kw_only=True, tag="seller_payment_failed"):
    """Nothing went; the statement is to be paid by another attempt."""

    reason: str
    at: datetime


class PaymentReturned(RecordEvent, frozen=True, kw_only=True, tag="seller_payment_returned"):
    """What went has come back; the statement is to be paid again."""

    reason: str
    at: datetime
    posted: tuple[Posted, ...]


AnySellerEvent = SellerPut | SellerStated
AnyStatementEvent = StatementMade | PaymentInstructed | PaymentMade | PaymentFailed | PaymentReturned


def evolve_seller(seller: Seller | None, event: AnySellerEvent) -> Seller:
    """The seller after an event; when it was stated is kept, whatever is put."""
    if isinstance(event, SellerPut):
        if seller is None:
            return event.seller
        return msgspec.structs.replace(event.seller, stated=seller.stated, version=seller.version, chain=seller.chain)
    assert seller is not None
    return msgspec.structs.replace(seller, stated={**seller.stated, **event.stated}, next_at=event.next_at)


def evolve_statement(statement: SellerStatement | None, event: AnyStatementEvent) -> SellerStatement:
    """The statement after an event: how far its payment is."""
    if isinstance(event, StatementMade):
        return msgspec.structs.replace(event.statement, base_minor=_base(0, event.posted))
    assert statement is not None
    payments = statement.payments
    match event:
        case PaymentInstructed():
            return msgspec.structs.replace(
                statement, state=StatementState.INSTRUCTED, payments=(*payments, event.payment)
            )
        case PaymentMade():
            before = payments[:-1] if statement.state is StatementState.INSTRUCTED else payments
            return msgspec.structs.replace(
                statement, state=StatementState.PAID, payments=(*before, event.payment),
                base_minor=_base(statement.base_minor, event.posted),
            )  # fmt: skip
        case PaymentFailed():
            last = msgspec.structs.replace(payments[-1], failed=event.reason)
            return msgspec.structs.replace(statement, state=StatementState.OPEN, payments=(*payments[:-1], last))
        case PaymentReturned():
            last = msgspec.structs.replace(payments[-1], returned=event.reason)
            return msgspec.structs.replace(
                statement, state=StatementState.OPEN, payments=(*payments[:-1], last),
                base_minor=_base(statement.base_minor, event.posted),
            )  # fmt: skip


def _base(before: int, posted: Sequence[Posted]) -> int:
    """What is open in the currency of the books, credit positive."""
    entries = (entry for each in posted for entry in each.entries if entry.account is Account.SELLER_STATEMENTS)
    return before - sum(entry.base for entry in entries)


def pair_of(entity: str, currency: str) -> str:
    """Under which name it is kept how far was stated."""
    return f"{entity}:{currency}"


def _seller_window(seller: Seller) -> Window:
    return Window(seller.state, "", "finance" if seller.held else "")


def _statement_window(statement: SellerStatement) -> Window:
    return Window(statement.state, statement.seller, "" if statement.state is StatementState.PAID else "finance")


def _follow_ups(world: "World", seller: Seller, events: Sequence[Any], now: datetime) -> list[FollowUp]:
    body = JobBody(key=seller.id)
    return [FollowUp(JobKind.STATE_SELLER, f"seller {seller.id} {JobKind.STATE_SELLER}", body, seller.next_at)]


def _postings(event: AnyStatementEvent) -> tuple[Posted, ...]:
    return event.posted if isinstance(event, StatementMade | PaymentMade | PaymentReturned) else ()


SELLER: Final = RecordKind(KIND, Seller, AnySellerEvent, evolve_seller, _seller_window, follow_ups=_follow_ups)
STATEMENT: Final = RecordKind(
    STATEMENT_KIND, SellerStatement, AnyStatementEvent, evolve_statement, _statement_window, postings=_postings
)
KINDS: Final = (SELLER, STATEMENT)
