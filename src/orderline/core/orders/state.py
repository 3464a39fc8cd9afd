"""The order: one document of plain values, changed by events only.

Personal data is not here: `person` and `recipient` are tokens of rows in `people`; the document carries the
place (country, region, postal code, city) that rules need.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from orderline.core.alarms.state import Alarm
from orderline.core.decisions.asking import DelayConsent, OpenDecision
from orderline.core.disputes.state import Dispute
from orderline.core.holds.state import Breach, Confirming, Rejection, Screening
from orderline.core.ledger.state import Books
from orderline.core.moves import Bucket, Units
from orderline.core.orders.billed import Billed, DocumentRef
from orderline.core.orders.buying import BuyingCompany
from orderline.core.orders.credited import Credit, CreditLine
from orderline.core.orders.parcels import (
    LineQuantity,
    Parcel,
    ParcelDocument,
    ParcelState,
    Shipment,
)
from orderline.core.orders.priced import Charge, SoldAs, TaxLine
from orderline.core.orders.promised import LinePromise
from orderline.core.pickups.state import Pickup
from orderline.core.returns.state import Return
from orderline.core.sellers.terms import SellerTerms
from orderline.core.stock.lots import LotUnits
from orderline.core.tenders.installments import PaymentSchedule
from orderline.core.tenders.state import PaymentKind, PaymentRequest, Tender
from orderline.values.address import Place
from orderline.values.ids import DecisionId, FulfillmentId, OrderId, PersonToken

# Those that stand elsewhere.
__all__ = [
    "Charge",
    "LineQuantity",
    "Parcel",
    "ParcelDocument",
    "ParcelState",
    "PaymentKind",
    "PaymentRequest",
    "Shipment",
    "SoldAs",
    "TaxLine",
    "Tender",
]


class LineKind(StrEnum):
    """What a line needs to be fulfilled; decides which buckets apply."""

    SHIP = "ship"
    PICKUP = "pickup"
    DIGITAL = "digital"
    SERVICE = "service"
    BUNDLE = "bundle"


STOCKED: Final = frozenset({LineKind.SHIP, LineKind.PICKUP})


class AgreedLine(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What was agreed on one line: product and price as they stood. total = price x quantity - discount (+ tax).

    replaces: the line it is a substitute for. exchanged: the return of the order in whose place it is sent.
    seller: whose goods they are, and on which terms; None: our own.
    """

    line: int
    sku: str
    quantity: int
    unit_price_minor: int
    total_minor: int
    description: str = ""
    kind: LineKind = LineKind.SHIP
    group: int = 1
    parent: int | None = None
    discount_minor: int = 0
    taxes: tuple[TaxLine, ...] = ()
    gift_message: str = ""
    custom: dict[str, str | int | bool] = {}
    replaces: int | None = None
    sold_as: SoldAs = SoldAs.GOODS
    exchanged: int = 0
    seller: SellerTerms | None = None


class DemandGroup(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The lines that go to one address by one method; `recipient` names the person and street in `people`."""

    group: int
    recipient: PersonToken
    place: Place
    method: str = "standard"
    pickup_location: str | None = None
    ship_complete: bool = False
    promised_by: datetime | None = None
    release_at: datetime | None = None
    gift: bool = False
    custom: dict[str, str | int | bool] = {}


class Agreement(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The numbered, unchanging record of what was agreed; an amendment adds the next.

    removed: units that were given up with it; they stand as canceled, or are asked back. reason: why it was agreed anew.
    given: the numbers of credits that were agreed to with it; returned: those of returns.
    """

    number: int
    agreed_at: datetime
    lines: tuple[AgreedLine, ...]
    groups: tuple[DemandGroup, ...]
    total_minor: int
    charges: tuple[Charge, ...] = ()
    taxes_included: bool = False
    removed: tuple[LineQuantity, ...] = ()
    reason: str = ""
    given: tuple[int, ...] = ()
    returned: tuple[int, ...] = ()


class PoolShare(msgspec.Struct, frozen=True, gc=False):
    """Pooled units of a line, by the pool that holds their claim."""

    pool: str
    quantity: int


class PegShare(msgspec.Struct, frozen=True, gc=False):
    """Pegged units of a line, by the row of dated supply they wait for; promised_at: when it was to be ready."""

    supply: str
    pool: str
    quantity: int
    promised_at: datetime


class AutoCancel(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """When what of a line has no location is canceled, and who said so."""

    due_at: datetime
    reason: str = ""


class Line(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """An order line as it stands: its units by bucket, the claims behind the pooled ones."""

    line: int
    sku: str
    units: Units
    kind: LineKind = LineKind.SHIP
    group: int = 1
    parent: int | None = None
    claims: tuple[PoolShare, ...] = ()
    excluded: tuple[str, ...] = ()  # locations that rejected units of this line
    backordered: str | None = None  # the pool whose backorder count carries the unplanned units
    pegs: tuple[PegShare, ...] = ()
    auto_cancel: AutoCancel | None = None  # of its units without a location; gone with the last of them


class Execution(StrEnum):
    """How far the work on a fulfillment order is."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    CLOSED = "closed"
    INCOMPLETE = "incomplete"
    CANCELED = "canceled"


class Negotiation(StrEnum):
    """What the location has been asked and has answered."""

    UNSUBMITTED = "unsubmitted"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CANCEL_REQUESTED = "cancel_requested"
    CANCEL_ACCEPTED = "cancel_accepted"
    CANCEL_REJECTED = "cancel_rejected"
    WITHDRAWN = "withdrawn"


class FulfillmentItem(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Units of one line in a fulfillment order, by bucket. lots: of those picked; sent: of those that have left."""

    line: int
    units: Units
    lots: tuple[LotUnits, ...] = ()
    sent: tuple[LotUnits, ...] = ()


class FulfillmentOrder(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The request to one location to pick, pack and ship given units."""

    id: FulfillmentId
    number: int
    group: int
    location: str
    pool: str
    items: tuple[FulfillmentItem, ...]
    opened_at: datetime
    due_at: datetime
    execution: Execution = Execution.OPEN
    negotiation: Negotiation = Negotiation.UNSUBMITTED
    decision: DecisionId | None = None
    asked_back: tuple[LineQuantity, ...] = ()
    wave: str = ""
    combined: str = ""


class Hold(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A reason that stops named commands until it is lifted.

    escalate_to: who owns it when it is not resolved in time. may_release: the roles that may resolve it; anybody, when
    empty. four_eyes_above_minor: the total from which on two have to. rule: of a hold policy, which placed it.
    """

    number: int
    type: str
    blocks: tuple[str, ...]
    placed_at: datetime
    placed_by: str
    reason: str = ""
    owner: str = "operations"
    due_at: datetime | None = None
    line: int | None = None
    escalate_to: str = ""
    on_breach: Breach = Breach.ESCALATE
    on_reject: Rejection = Rejection.CANCEL
    may_release: tuple[str, ...] = ()
    four_eyes_above_minor: int | None = None
    rule: str = ""
    escalated_at: datetime | None = None
    confirming: Confirming | None = None


class Link(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A typed edge to another order, with what is carried across it."""

    type: str
    order: OrderId
    quantity: int = 0
    amount_minor: int = 0
    reason: str = ""


class Note(msgspec.Struct, frozen=True, gc=False):
    """What somebody wrote on the order."""

    text: str
    by: str
    at: datetime


class Order(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """A customer's accepted purchase. Field order is the order on the wire; `version` counts commits.

    history: taken over from another system with no side effects; its units never touch stock.
    erased: those of its people of whom nothing is known any more.
    books: what is open of it in the ledger; None: nothing was ever posted. billed: what its invoices state.
    chain: SHA-256 of the last journal entry, in hex; each entry is hashed together with the one before.
    """

    id: OrderId
    number: str
    version: int
    channel: str
    external_id: str
    currency: str
    placed_at: datetime
    accepted_at: datetime
    person: PersonToken
    is_test: bool = False
    history: bool = False
    priority: int = 0
    assignee: str = ""
    tags: tuple[str, ...] = ()
    custom: dict[str, str | int | bool] = {}
    lines: tuple[Line, ...]
    agreements: tuple[Agreement, ...]
    tenders: tuple[Tender, ...] = ()
    holds: tuple[Hold, ...] = ()
    holds_placed: int = 0
    fulfillments: tuple[FulfillmentOrder, ...] = ()
    parcels: tuple[Parcel, ...] = ()
    shipments: tuple[Shipment, ...] = ()
    links: tuple[Link, ...] = ()
    alarm: Alarm | None = None
    notes: tuple[Note, ...] = ()
    promises: tuple[LinePromise, ...] = ()
    pickups: tuple[Pickup, ...] = ()
    asked: tuple[OpenDecision, ...] = ()
    consents: tuple[DelayConsent, ...] = ()
    erased: tuple[PersonToken, ...] = ()
    books: Books | None = None
    credits: tuple[Credit, ...] = ()
    returns: tuple[Return, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    company: BuyingCompany | None = None
    screening: Screening | None = None
    schedule: PaymentSchedule | None = None
    documents: tuple[DocumentRef, ...] = ()
    billed: tuple[Billed, ...] = ()
    closed_at: datetime | None = None
    chain: str = ""

    @property
    def agreement(self) -> Agreement:
        """What is agreed now."""
        return self.agreements[-1]

    def line_of(self, line: int) -> Line | None:
        """The line of that number, if there is one."""
        if 0 < line <= len(self.lines) and self.lines[line - 1].line == line:
            return self.lines[line - 1]
        return next((each for each in self.lines if each.line == line), None)

    def fulfillment_of(self, number: int) -> FulfillmentOrder | None:
        """The fulfillment order of that number, if there is one."""
        return self.fulfillments[number - 1] if 0 < number <= len(self.fulfillments) else None

    def parcel_of(self, number: int) -> Parcel | None:
        """The parcel of that number, if there is one."""
        return self.parcels[number - 1] if 0 < number <= len(self.parcels) else None

    def credited_of(self, line: int) -> list[CreditLine]:
        """What was credited on a line, the first first."""
        return [each for credit in self.credits for each in credit.lines if each.line == line]

    def group_of(self, group: int) -> DemandGroup:
        """The demand group of that number; it exists for every line."""
        for each in self.agreement.groups:
            if each.group == group:
                return each
        raise LookupError(f"no demand group {group}")


def units_in(order: Order, *buckets: Bucket) -> int:
    """Units of all lines standing in any of the buckets."""
    return sum(getattr(line.units, bucket) for line in order.lines for bucket in buckets)


def is_canceled(line: Line) -> bool:
    """Has all of the line been canceled? So is the line of a bundle, which has no units of its own."""
    return line.units.canceled == line.units.total()


class Part(StrEnum):
    """What a derived id names; part of the id, so that ids of an order never meet."""

    FULFILLMENT = "fulfillment"
    SHIPMENT = "shipment"
    PARCEL = "parcel"
    PERSON = "person"


_PART_BITS: Final = {Part.FULFILLMENT: 1 << 16, Part.SHIPMENT: 2 << 16, Part.PARCEL: 3 << 16, Part.PERSON: 4 << 16}


def derived_id(order: OrderId, part: Part, number: int) -> UUID:
    """The id of the `number`th fulfillment order, shipment or parcel of an order.

    Made from the order's id, so that `decide` needs no source of ids; it sorts beside its order.
    """
    return UUID(int=order.int ^ (_PART_BITS[part] | number))


def person_token(order: OrderId, number: int) -> PersonToken:
    """The token of a person of an order: 0 is the customer, who is also the recipient of the first group."""
    return PersonToken(derived_id(order, Part.PERSON, number))
