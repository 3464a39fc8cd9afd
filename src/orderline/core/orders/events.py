"""What has happened to an order: facts in past tense, never changed afterwards."""

from datetime import datetime

import msgspec

from orderline.core.alarms.events import AlarmCleared, AlarmRaised
from orderline.core.disputes.events import AnyDisputeEvent
from orderline.core.holds.events import AnyHoldEvent, HoldPlaced, HoldReleased
from orderline.core.ledger.events import CreditGranted, DocumentIssued, MoneyPosted
from orderline.core.moves import Bucket, Move
from orderline.core.orders.agreed_events import DecisionClosed, DecisionOpened, DelayConsented, OrderAmended
from orderline.core.orders.buying import BuyingCompany
from orderline.core.orders.buying_events import PricesDiffered
from orderline.core.orders.facts import Attachment, OrderEvent
from orderline.core.orders.parcel_events import (
    AnyParcelEvent,
    FulfillmentCombined,
    FulfillmentWaved,
    HandoverUndone,
    LabelRequested,
    LabelVoided,
    LabelVoidRefused,
    LabelVoidRequested,
    ParcelLabeled,
    ParcelManifested,
    ParcelPacked,
    ParcelTracked,
    RateChosen,
    ShipmentHandedOver,
)
from orderline.core.orders.promised import PromiseCause, PromisedWindow, PromiseOutcome
from orderline.core.orders.state import (
    Agreement,
    Execution,
    Line,
    LineQuantity,
    Link,
    Negotiation,
    Note,
    PaymentKind,
    Tender,
)
from orderline.core.orders.waiting_events import AutoCancelCleared, AutoCanceled, AutoCancelSet
from orderline.core.people.events import PeopleErased
from orderline.core.returns.events import AnyReturnEvent, OrderReopened
from orderline.core.stock.lots import LotUnits
from orderline.core.tenders.events import RefundReversed
from orderline.core.tenders.schedule_events import AnyScheduleEvent
from orderline.values.address import Address
from orderline.values.ids import DecisionId, FulfillmentId, OrderId, PersonToken

# Those that stand elsewhere.
__all__ = [
    "CreditGranted",
    "DocumentIssued",
    "FulfillmentCombined",
    "FulfillmentWaved",
    "HandoverUndone",
    "HoldPlaced",
    "HoldReleased",
    "LabelRequested",
    "LabelVoidRefused",
    "LabelVoidRequested",
    "LabelVoided",
    "MoneyPosted",
    "OrderEvent",
    "ParcelLabeled",
    "ParcelManifested",
    "ParcelPacked",
    "ParcelTracked",
    "PeopleErased",
    "RateChosen",
    "RefundReversed",
    "ShipmentHandedOver",
]


class OrderPlaced(OrderEvent, frozen=True, gc=False, tag="order_placed", kw_only=True):
    """The order was accepted, with agreement 1. History orders come with their units already moved."""

    id: OrderId
    number: str
    channel: str
    external_id: str
    currency: str
    placed_at: datetime
    accepted_at: datetime
    person: PersonToken
    agreement: Agreement
    lines: tuple[Line, ...]
    tenders: tuple[Tender, ...] = ()
    is_test: bool = False
    history: bool = False
    priority: int = 0
    tags: tuple[str, ...] = ()
    custom: dict[str, str | int | bool] = msgspec.field(default_factory=dict[str, str | int | bool])
    notes: tuple[Note, ...] = ()
    cart_hold: str = ""
    company: BuyingCompany | None = None


class MovedItem(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A quantity of one line that went from one bucket to another; `pool`: whose claim rises or falls.

    into: the pool whose claim rises instead, where units go from one pool to another.
    supply: the row of dated supply that units begin or cease to wait for; promised_at: when it is to be ready.
    lots: of which lots units go from or to a shelf, of a SKU that is tracked.
    """

    line: int
    source: Bucket
    target: Bucket
    quantity: int
    pool: str = ""
    into: str = ""
    supply: str = ""
    promised_at: datetime | None = None
    lots: tuple[LotUnits, ...] = ()


class UnitsMoved(OrderEvent, frozen=True, gc=False, tag="units_moved", kw_only=True):
    """Units moved along one move. With `fulfillment`, its items move too; `location` is where its shelf is.

    shelf: where rejected units are now thought to be ("missing", "damaged"), when not where the record says.
    """

    move: Move
    items: tuple[MovedItem, ...]
    at: datetime
    fulfillment: int | None = None
    location: str = ""
    reason: str = ""
    shelf: str = ""
    exclude: bool = False


class UnitsBackordered(OrderEvent, frozen=True, gc=False, tag="units_backordered"):
    """Unplanned units wait for supply, counted against the backorder cap of a pool (negative: they no longer do)."""

    line: int
    pool: str
    quantity: int


class ExclusionsLifted(OrderEvent, frozen=True, gc=False, tag="exclusions_lifted"):
    """Locations that have rejected units of a line may be asked for it again."""

    line: int


class FulfillmentOpened(OrderEvent, frozen=True, gc=False, tag="fulfillment_opened", kw_only=True):
    """A location is to serve units; they move in by the UnitsMoved that follows."""

    id: FulfillmentId
    number: int
    group: int
    location: str
    pool: str
    opened_at: datetime
    due_at: datetime
    decision: DecisionId | None = None


class FulfillmentProgressed(OrderEvent, frozen=True, gc=False, tag="fulfillment_progressed", kw_only=True):
    """Work or negotiation on a fulfillment order went on. asked_back: units it is asked to let go of."""

    fulfillment: int
    at: datetime
    execution: Execution | None = None
    negotiation: Negotiation | None = None
    reason: str = ""
    asked_back: tuple[LineQuantity, ...] = ()


class TenderAdded(OrderEvent, frozen=True, gc=False, tag="tender_added"):
    """Another means of payment is used on the order."""

    tender: Tender


class TenderRetried(OrderEvent, frozen=True, gc=False, tag="tender_retried", kw_only=True):
    """Somebody wants the provider of a declined tender asked again."""

    tender: int
    by: str
    at: datetime


class TenderGivenUp(OrderEvent, frozen=True, gc=False, tag="tender_given_up", kw_only=True):
    """Nothing more is expected of a tender; another one has taken its place."""

    tender: int
    reason: str
    at: datetime


class PaymentRequested(OrderEvent, frozen=True, gc=False, tag="payment_requested", kw_only=True):
    """Journaled before the provider is called; `key` is what the provider is called with."""

    tender: int
    key: str
    kind: PaymentKind
    amount_minor: int
    at: datetime


class PaymentAnswered(OrderEvent, frozen=True, gc=False, tag="payment_answered", kw_only=True):
    """A provider's answer, or that there was none (`in_doubt`). through: "bank" or "store_credit", where people say so.

    goodwill_minor: of a credit account, what nobody has paid for of the amount.
    """

    tender: int
    key: str
    kind: PaymentKind
    amount_minor: int
    at: datetime
    reference: str = ""
    declined: str = ""
    in_doubt: bool = False
    expires_at: datetime | None = None
    through: str = ""
    goodwill_minor: int = 0


class PaymentWithdrawn(OrderEvent, frozen=True, gc=False, tag="payment_withdrawn", kw_only=True):
    """A request that no provider had been sent yet is not wanted any more."""

    tender: int
    key: str
    kind: PaymentKind
    amount_minor: int
    at: datetime
    reason: str = ""


class OrderLinked(OrderEvent, frozen=True, gc=False, tag="order_linked"):
    """A typed edge to another order was recorded."""

    link: Link


class OrderAnnotated(OrderEvent, frozen=True, gc=False, tag="order_annotated", kw_only=True):
    """Fields people keep on an order changed; None means unchanged."""

    priority: int | None = None
    assignee: str | None = None
    tags: tuple[str, ...] | None = None
    custom: dict[str, str | int | bool] | None = None
    note: Note | None = None


class PromisedLine(msgspec.Struct, frozen=True, gc=False):
    """A line and when its units are to be there."""

    line: int
    window: PromisedWindow


class PromiseCommitted(OrderEvent, frozen=True, gc=False, tag="promise_committed"):
    """The customer was promised when lines will be there."""

    lines: tuple[PromisedLine, ...]


class PromiseRevised(OrderEvent, frozen=True, gc=False, tag="promise_revised", omit_defaults=True):
    """Lines will be there at another time than promised before."""

    lines: tuple[PromisedLine, ...]
    cause: PromiseCause
    reason: str = ""


class PromiseSettled(OrderEvent, frozen=True, gc=False, tag="promise_settled", omit_defaults=True):
    """The promise of a line has ended; `at` when the last of its units was there, or would no longer be."""

    line: int
    outcome: PromiseOutcome
    at: datetime
    cause: PromiseCause | None = None


class PickupReadied(OrderEvent, frozen=True, gc=False, tag="pickup_readied", kw_only=True):
    """Parcels lie ready for the customer to collect until a deadline. seed, code_hash: of the code asked for then."""

    fulfillment: int
    parcels: tuple[int, ...]
    at: datetime
    deadline_at: datetime
    seed: str = ""
    code_hash: str = ""


class PickupTried(OrderEvent, frozen=True, gc=False, tag="pickup_tried", kw_only=True):
    """Somebody came with a wrong code; nothing was handed over. version: of the order, which this made."""

    fulfillment: int
    at: datetime
    version: int


class PickupCollected(OrderEvent, frozen=True, gc=False, tag="pickup_collected", kw_only=True):
    """The customer, or who came instead (`by`), took parcels. checked: how it was made sure: "code", or in words.

    left: units that were there and were not taken. proof: what shows that it was handed over.
    """

    fulfillment: int
    parcels: tuple[int, ...]
    at: datetime
    checked: str = ""
    by: PersonToken | None = None
    left: tuple[LineQuantity, ...] = ()
    proof: tuple[Attachment, ...] = ()


class PickupExpired(OrderEvent, frozen=True, gc=False, tag="pickup_expired", kw_only=True):
    """Nobody came for parcels until the deadline."""

    fulfillment: int
    at: datetime


class PickupRestocked(OrderEvent, frozen=True, gc=False, tag="pickup_restocked", kw_only=True):
    """Units that nobody collected went back to the shelf."""

    fulfillment: int
    at: datetime
    units: int


class OrderClosed(OrderEvent, frozen=True, gc=False, tag="order_closed"):
    """All windows are past, and nothing is open."""

    at: datetime


AnyOrderEvent = (
    OrderPlaced
    | UnitsMoved
    | UnitsBackordered
    | AutoCancelSet
    | AutoCancelCleared
    | AutoCanceled
    | ExclusionsLifted
    | FulfillmentOpened
    | FulfillmentProgressed
    | AnyParcelEvent
    | AnyHoldEvent
    | TenderAdded
    | TenderRetried
    | TenderGivenUp
    | PaymentRequested
    | PaymentAnswered
    | PaymentWithdrawn
    | RefundReversed
    | AnyScheduleEvent
    | MoneyPosted
    | CreditGranted
    | DocumentIssued
    | PricesDiffered
    | OrderLinked
    | AlarmRaised
    | AlarmCleared
    | OrderAnnotated
    | PromiseCommitted
    | PromiseRevised
    | PromiseSettled
    | PickupReadied
    | PickupTried
    | PickupCollected
    | PickupExpired
    | PickupRestocked
    | OrderAmended
    | DecisionOpened
    | DecisionClosed
    | DelayConsented
    | PeopleErased
    | AnyReturnEvent
    | AnyDisputeEvent
    | OrderReopened
    | OrderClosed
)


class Person(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """What `people` keeps behind a token; never in the journal or the order document.

    address: the street address of the demand group that names this token as its recipient.
    """

    token: PersonToken
    name: str = ""
    email: str = ""
    phone: str = ""
    address: Address | None = None
