"""A return: units of an order on their way back (custody), and what the customer gets for them (money).

Source: domain model 3 and 7. The two axes move on their own: money may be given before goods are seen, and goods may
stand at a location with no money due. Units of one item stand alike on both; when some of them go on, the item is split.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from orderline.core.orders.credited import Destination
from orderline.core.orders.facts import Attachment
from orderline.core.orders.parcels import ParcelDocument
from orderline.core.orders.priced import SoldAs, TaxLine


class Custody(StrEnum):
    """Where the goods of a return are; of those that are here to be repaired, how far that is.

    quoted: the customer is to say yes to a price. unrepaired: as they came. Both those and what is repaired go back.
    """

    REQUESTED = "requested"
    APPROVED = "approved"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    GRADED = "graded"
    DISPOSED = "disposed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    SENT_BACK = "sent_back"
    QUOTED = "quoted"
    REPAIRING = "repairing"
    REPAIRED = "repaired"
    UNREPAIRED = "unrepaired"
    UNREPAIRABLE = "unrepairable"


class ReturnMoney(StrEnum):
    """What has been decided of the money. Whether it has arrived is told by the tenders of the order.

    credited: a credit was granted for it. recovered: it was claimed back, since the goods never came; waived: it was not.
    upheld: it was denied or recovered, and somebody leaves it so although the goods are here.
    """

    NOT_DUE = "not_due"
    CREDITED = "credited"
    DENIED = "denied"
    RECOVERED = "recovered"
    WAIVED = "waived"
    UPHELD = "upheld"


class WayBack(StrEnum):
    """What the carrier last told of the parcel that comes back."""

    IN_TRANSIT = "in_transit"
    EXCEPTION = "exception"
    DELIVERED = "delivered"
    LOST = "lost"


class ReturnSource(StrEnum):
    """Who told of a return first."""

    SUPPORT = "support"
    PORTAL = "portal"
    STORE = "store"
    MARKETPLACE = "marketplace"
    CARRIER = "carrier"
    BLIND = "blind"


class Grade(StrEnum):
    """How goods came back."""

    AS_NEW = "as_new"
    OPENED = "opened"
    WORN = "worn"
    DAMAGED = "damaged"
    DEFECTIVE = "defective"


class Disposition(StrEnum):
    """What becomes of goods that came back."""

    RESTOCK = "restock"
    REFURBISH = "refurbish"
    INSPECT = "inspect"
    VENDOR = "vendor"
    DONATE = "donate"
    SCRAP = "scrap"


class RefundAt(StrEnum):
    """The step of the goods from which on their money is due."""

    APPROVED = "approved"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    GRADED = "graded"


class LabelPayer(StrEnum):
    """Who pays for the way back: the merchant, the customer out of the refund, or the customer at the carrier."""

    MERCHANT = "merchant"
    DEDUCTED = "deducted"
    CUSTOMER = "customer"


class ShippingRefund(StrEnum):
    """What of the shipping charges is given back with the goods."""

    NONE = "none"
    PRORATED = "prorated"
    WHEN_ALL = "when_all"


class Unsent(StrEnum):
    """What becomes of money that was given ahead when the goods never come: somebody decides, it is charged, or let be."""

    ASK = "ask"
    CHARGE = "charge"
    WAIVE = "waive"


class CustomerHistory(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """What a customer has ordered and sent back before: other orders, those of them with returns, and units sent back."""

    orders: int = 0
    returned_orders: int = 0
    returned_units: int = 0


class ReturnTerms(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """What holds for an item, by the policy at the time of the sale; frozen when the return is asked for.

    rule: "POLICY@VERSION RULE", or what else it follows from. statutory: the law gives the right to it; law: which, and
    withdraw_by: until when it was to be asked for. sealed: only while the seal is not broken. shipping_most_minor: of the
    shipping charges, no more than this goes back.
    fee_ppm, fee_minor: kept back, of the price and for the whole item. deducted_ppm: of the price, by grade.
    keep: the goods need not come back. bonus_ppm: on top, when the customer takes store credit. guarantee: money is given
    ahead only where the order can be charged again. unsent: what becomes of it, when the goods never come.
    service: the goods stay the customer's: they are repaired and go back, and no money is given for them.
    warranty_by: until when that costs nothing; asked for later, the customer is told a price.
    """

    rule: str = ""
    refund_at: RefundAt = RefundAt.RECEIVED
    statutory: bool = False
    law: str = ""
    withdraw_by: datetime | None = None
    sealed: bool = False
    fee_ppm: int = 0
    fee_minor: int = 0
    label: LabelPayer = LabelPayer.MERCHANT
    label_fee_minor: int = 0
    shipping: ShippingRefund = ShippingRefund.NONE
    shipping_most_minor: int | None = None
    keep: bool = False
    bonus_ppm: int = 0
    guarantee: bool = False
    unsent: Unsent = Unsent.ASK
    deducted_ppm: dict[Grade, int] = {}
    dispositions: dict[Grade, Disposition] = {}
    service: bool = False
    warranty_by: datetime | None = None


class RepairQuote(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """The price of a repair that no warranty covers, as it would stand on a line of the order.

    line: that line, once the customer has said yes.
    """

    sku: str
    unit_price_minor: int
    total_minor: int
    description: str = ""
    taxes: tuple[TaxLine, ...] = ()
    sold_as: SoldAs = SoldAs.SERVICE
    line: int = 0


class ReturnItem(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """Units of one line that stand alike. item: its number in the return. credit: the number of what was granted for it.

    quote: what the repair of all its units costs, where it costs something.
    """

    item: int
    line: int
    quantity: int
    reason: str
    terms: ReturnTerms
    custody: Custody
    money: ReturnMoney = ReturnMoney.NOT_DUE
    location: str = ""
    grade: Grade | None = None
    disposition: Disposition | None = None
    credit: int = 0
    note: str = ""
    photos: tuple[Attachment, ...] = ()
    quote: RepairQuote | None = None


class WrongGoods(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Units that came and were not expected: of another SKU, or more than were sent."""

    sku: str
    quantity: int
    location: str
    at: datetime
    note: str = ""


# Labels of returns are kept beside those of parcels; they are of none.
NO_PARCEL: Final = 0


class ReturnLabel(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """What the customer sends goods back with: a label to print, a code to show where parcels are taken in, or both.

    partner: the connector that sold it. cost_minor: what it costs when it is used, in cost_currency.
    """

    carrier: str
    tracking_number: str
    service: str = ""
    partner: str = ""
    code: str = ""
    cost_minor: int = 0
    cost_currency: str = ""
    documents: tuple[ParcelDocument, ...] = ()


class Exchange(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """What is sent in place of goods that come back: lines of the order, set aside when the exchange is asked for.

    awaited_minor: what of their price the goods that come back are to pay.
    """

    lines: tuple[int, ...]
    awaited_minor: int


class Return(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """One return of an order. to: the location the goods are to go to. destination: of the money.

    expires_at: until when they must be on their way. moved_at: when custody last went on. way: what the carrier said
    last, and tracked_at: when that was. parcel: of the order, where it comes back by itself. exchange: what is sent instead. claimed: the parcel of
    the order that something was missing from, or damaged in.
    """

    number: int
    source: ReturnSource
    items: tuple[ReturnItem, ...]
    to: str
    requested_at: datetime
    requested_by: str
    moved_at: datetime
    destination: Destination = Destination.TENDERS
    expires_at: datetime | None = None
    carrier: str = ""
    tracking_number: str = ""
    label: ReturnLabel | None = None
    way: WayBack | None = None
    tracked_at: datetime | None = None
    parcel: int = 0
    claimed: int = 0
    exchange: Exchange | None = None
    wrong: tuple[WrongGoods, ...] = ()
    receipts: tuple[str, ...] = ()

    def item_of(self, number: int) -> ReturnItem | None:
        """The item of that number, if there is one."""
        return next((each for each in self.items if each.item == number), None)
