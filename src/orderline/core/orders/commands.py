"""Requests for a change to an order, as a way in hands them to the engine; each may be refused.

Every command on an existing order names it by `order`; `expected_version`, when given, must be the version
the caller has seen.
"""

from datetime import datetime
from typing import ClassVar, Literal

import msgspec

from orderline.core.holds.state import HoldAuthority, HoldInput
from orderline.core.orders.buying import CompanyInput
from orderline.core.orders.parcels import PickedLot
from orderline.core.orders.promised import LineWindowInput, PromiseCause
from orderline.core.orders.state import Charge, LineKind, LineQuantity, ParcelDocument, PaymentKind, TaxLine
from orderline.core.tenders.inputs import TenderInput
from orderline.core.tenders.installments import ScheduleInput
from orderline.values.address import Address, Place
from orderline.values.ids import DecisionId, OrderId

# Those that stand elsewhere.
__all__ = ["HoldInput", "TenderInput"]

# What a carrier tells of a parcel.
Tracked = Literal["handed_over", "in_transit", "out_for_delivery", "exception", "delivered", "lost", "returning"]


class Command(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True, tag_field="command"):
    """The base of all commands. adds: it may add to what an order owes, so what its company owes is loaded, and locked."""

    adds: ClassVar[bool] = False


class OrderCommand(Command, frozen=True, gc=False, kw_only=True):
    """A command on an order that exists."""

    order: OrderId
    expected_version: int | None = None


class CustomerInput(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """Who buys; kept in `people` only."""

    name: str = ""
    email: str = ""
    phone: str = ""


class LineInput(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """One line asked for; `total_minor`, when given, must be price x quantity - discount (+ tax if not included).

    canceled: units of the quantity that were canceled elsewhere; of history only. seller: whose goods they are, where the
    SKU does not say so, or another sells it.
    """

    sku: str
    quantity: int
    unit_price_minor: int
    description: str = ""
    kind: LineKind | None = None
    group: int = 1
    discount_minor: int = 0
    taxes: tuple[TaxLine, ...] = ()
    total_minor: int | None = None
    gift_message: str = ""
    custom: dict[str, str | int | bool] = {}
    canceled: int = 0
    seller: str = ""


class GroupInput(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """Where some lines go, and how. Either an address or a location to pick up at.

    release_at: a delivery for later, no location is asked before; place: where history went, as far as that is known.
    """

    group: int = 1
    address: Address | None = None
    email: str = ""
    method: str = "standard"
    pickup_location: str | None = None
    ship_complete: bool = False
    promised_by: datetime | None = None
    release_at: datetime | None = None
    gift: bool = False
    place: Place | None = None
    custom: dict[str, str | int | bool] = {}


class PlaceOrder(Command, frozen=True, gc=False, kw_only=True, tag="place_order", forbid_unknown_fields=True):
    """Accept an order. Amounts are minor units of `currency`; `total_minor` is the whole of lines and charges.

    placed_at: when the customer bought; now, when not given.
    history: the order was served elsewhere; its units are `delivered` and have no side effects here.
    quote, quote_option: what the customer was promised, by the quote and the option chosen of it (the first, if none).
    demand: the scheduled demand it takes its units from. draft: the draft order that becomes this one, as it was drafted.
    sold: it was sold where nobody could ask first: it is accepted though units can't be had, which is decided about then.
    company: the company that buys, which is held to what was agreed with it. schedule: how it is paid in installments.
    """

    channel: str
    external_id: str
    currency: str
    lines: tuple[LineInput, ...]
    total_minor: int
    customer: CustomerInput = CustomerInput()
    groups: tuple[GroupInput, ...] = ()
    charges: tuple[Charge, ...] = ()
    taxes_included: bool = False
    tenders: tuple[TenderInput, ...] = ()
    holds: tuple[HoldInput, ...] = ()
    placed_at: datetime | None = None
    is_test: bool = False
    history: bool = False
    priority: int = 0
    tags: tuple[str, ...] = ()
    note: str = ""
    custom: dict[str, str | int | bool] = {}
    cart_hold: str = ""
    quote: str = ""
    quote_option: str = ""
    demand: str = ""
    draft: str = ""
    sold: bool = False
    company: CompanyInput | None = None
    schedule: ScheduleInput | None = None


class PlaceHold(OrderCommand, frozen=True, gc=False, kw_only=True, tag="place_hold"):
    """Stop an order, or a line of it, for a reason. authority: filled in by the way in; None: whatever it likes."""

    hold: HoldInput
    authority: HoldAuthority | None = None


class ReleaseHold(OrderCommand, frozen=True, gc=False, kw_only=True, tag="release_hold"):
    """Lift a hold, by its number. Where two have to say so, the second one's word lifts it. authority: as of `PlaceHold`.

    answered: it is the answer to a question, which looks for itself at who gives it.
    """

    hold: int
    reason: str = ""
    authority: HoldAuthority | None = None
    answered: bool = False


class ReserveUnits(OrderCommand, frozen=True, gc=False, kw_only=True, tag="reserve_units"):
    """Give backordered units a claim on stock that has come."""


class ReclaimUnits(OrderCommand, frozen=True, gc=False, kw_only=True, tag="reclaim_units"):
    """Take claims that no location of their pool can serve to the channel's next pool, or let their units wait.

    give_up: units whose claims are given back all the same, for somebody to decide about; reason: why.
    """

    give_up: tuple[LineQuantity, ...] = ()
    reason: str = ""


class Allotment(msgspec.Struct, frozen=True, gc=False):
    """A part of a routing decision: units of a line from a pool's claim to a location."""

    line: int
    pool: str
    location: str
    quantity: int


class AllocateUnits(OrderCommand, frozen=True, gc=False, kw_only=True, tag="allocate_units"):
    """Carry out a routing decision under the locks of the winning rows. promises: when its units will be there."""

    group: int
    allotments: tuple[Allotment, ...]
    decision: DecisionId | None = None
    promises: tuple[LineWindowInput, ...] = ()
    policy: str = ""


class PromiseLines(OrderCommand, frozen=True, gc=False, kw_only=True, tag="promise_lines"):
    """Promise when lines will be there, or promise another time. Without a cause, the order tells why.

    source: what it was read from. earlier: also where it ends earlier than promised before.
    """

    lines: tuple[LineWindowInput, ...]
    cause: PromiseCause | None = None
    reason: str = ""
    policy: str = ""
    source: str = ""
    earlier: bool = False


class PullBack(OrderCommand, frozen=True, gc=False, kw_only=True, tag="pull_back"):
    """Take a fulfillment order that has not been started away; its units are routed again, or all of them go to `to`."""

    fulfillment: int
    reason: str = ""
    to: str = ""


class SubmitFulfillment(OrderCommand, frozen=True, gc=False, kw_only=True, tag="submit_fulfillment"):
    """The location's partner has been asked to serve it."""

    fulfillment: int


class AcceptFulfillment(OrderCommand, frozen=True, gc=False, kw_only=True, tag="accept_fulfillment"):
    """The location takes the work: allocated units are released to it."""

    fulfillment: int
    occurred_at: datetime | None = None


class RejectUnits(OrderCommand, frozen=True, gc=False, kw_only=True, tag="reject_units"):
    """The location can't serve units: they go back to routing, which will not choose it again for these lines.

    shelf: "missing" or "damaged" when the units are not on the shelf as recorded; "" when the record stands.
    lines: all open units of the fulfillment order, when empty.
    empties_shelf: none is left there, whatever the record says: others who were to have them are routed anew as well.
    """

    fulfillment: int
    lines: tuple[LineQuantity, ...] = ()
    reason: str
    shelf: Literal["", "missing", "damaged"] = ""
    empties_shelf: bool = False
    occurred_at: datetime | None = None


class PickUnits(OrderCommand, frozen=True, gc=False, kw_only=True, tag="pick_units"):
    """Units were taken from the shelf. `short`: units not found, rejected at once as missing or damaged.

    lots: of which lots they are, by line, for SKUs that are tracked; serial numbers are to be named, of lots that are
    not named those that expire first were taken.
    empties_shelf: none is left there of what is short, whatever the record says; see the rejection of units.
    """

    fulfillment: int
    lines: tuple[LineQuantity, ...]
    short: tuple[LineQuantity, ...] = ()
    short_shelf: Literal["missing", "damaged"] = "missing"
    empties_shelf: bool = False
    occurred_at: datetime | None = None
    lots: tuple[PickedLot, ...] = ()


class ParcelInput(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """`ref` is the location's own name for the parcel, by which it is known when it is handed over.

    lots: which lots and serial numbers are in it; those that were picked first, for lines of which none are named.
    """

    items: tuple[LineQuantity, ...]
    ref: str = ""
    weight_g: int = 0
    length_mm: int = 0
    width_mm: int = 0
    height_mm: int = 0
    carrier: str = ""
    service: str = ""
    tracking_number: str = ""
    lots: tuple[PickedLot, ...] = ()


class PackUnits(OrderCommand, frozen=True, gc=False, kw_only=True, tag="pack_units"):
    """Picked units were put into parcels."""

    fulfillment: int
    parcels: tuple[ParcelInput, ...]
    occurred_at: datetime | None = None


class LabelParcel(OrderCommand, frozen=True, gc=False, kw_only=True, tag="label_parcel"):
    """The label that was bought for a parcel.

    partner: the connector it was bought through, which alone may report on the parcel; the carrier that this
    installation has chosen, when not given.
    """

    parcel: int
    carrier: str
    service: str = ""
    tracking_number: str
    partner: str = ""
    cost_minor: int = 0
    cost_currency: str = ""
    documents: tuple[ParcelDocument, ...] = ()


class HandedInput(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """A parcel by the location's name for it; its tracking number, where the location bought the label."""

    ref: str
    carrier: str = ""
    tracking_number: str = ""


class ShipParcels(OrderCommand, frozen=True, gc=False, kw_only=True, tag="ship_parcels"):
    """Parcels of a fulfillment order were handed to the carrier; all that are packed, when none is named.

    handed: parcels named by the location's names instead of their numbers.
    """

    fulfillment: int
    parcels: tuple[int, ...] = ()
    handed: tuple[HandedInput, ...] = ()
    carrier: str = ""
    occurred_at: datetime | None = None


class TrackParcel(OrderCommand, frozen=True, gc=False, kw_only=True, tag="track_parcel"):
    """A carrier's news of a parcel: handed_over, in_transit, out_for_delivery, exception, delivered, lost, returning."""

    parcel: int
    state: Tracked
    occurred_at: datetime | None = None
    code: str = ""
    place: str = ""


class CancelUnits(OrderCommand, frozen=True, gc=False, kw_only=True, tag="cancel_units"):
    """Cancel units not yet shipped; the whole order when no line is named."""

    reason: str
    lines: tuple[LineQuantity, ...] = ()


class AnswerCancel(OrderCommand, frozen=True, gc=False, kw_only=True, tag="answer_cancel"):
    """The location's answer to a request to let go of its work. code: why not, in its word; `unknown`: it has none such."""

    fulfillment: int
    accepted: bool
    occurred_at: datetime | None = None
    code: str = ""


class AnswerPayment(OrderCommand, frozen=True, gc=False, kw_only=True, tag="answer_payment"):
    """What a payment provider said to a journaled request, or that its answer was lost."""

    tender: int
    key: str
    kind: PaymentKind
    amount_minor: int
    reference: str = ""
    declined: str = ""
    in_doubt: bool = False
    expires_at: datetime | None = None
    occurred_at: datetime | None = None


class RetryPayment(OrderCommand, frozen=True, gc=False, kw_only=True, tag="retry_payment"):
    """Ask the provider of a declined tender again for what is missing, or due."""

    tender: int


class AddTender(OrderCommand, frozen=True, gc=False, kw_only=True, tag="add_tender"):
    """Pay what is not covered by another means. Declined tenders that hold no money are given up.

    replaces: the number of a tender whose open authorization is let go of.
    """

    adds: ClassVar = True

    tender: TenderInput
    replaces: int | None = None


class LinkOrders(OrderCommand, frozen=True, gc=False, kw_only=True, tag="link_orders"):
    """Record a typed edge to another order of the same merchant: what came of this one, and what goes over to it.

    quantity: units of this order that the other stands for. amount_minor: money of this order that pays for them there.
    """

    type: Literal[
        "reissue", "replacement", "exchange", "merge", "split", "renewal", "import_of", "duplicate_of", "related"
    ]
    target: OrderId
    quantity: int = 0
    amount_minor: int = 0
    reason: str = ""


class AnnotateOrder(OrderCommand, frozen=True, gc=False, kw_only=True, tag="annotate_order"):
    """Change what people keep on an order; what is not given stays. tags: in place of all there are; add_tags, remove_tags: the others stay."""

    priority: int | None = None
    assignee: str | None = None
    tags: tuple[str, ...] | None = None
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    custom: dict[str, str | int | bool] | None = None
    note: str = ""


class CloseOrder(OrderCommand, frozen=True, gc=False, kw_only=True, tag="close_order"):
    """Close an order whose windows are past and that has no open work."""
