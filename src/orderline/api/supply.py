"""Purchase orders: what is to come from vendors and production, and receiving it."""

from enum import StrEnum
from typing import Final

from orderline.api.actions import action
from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import Page, Texts, page, page_of, parse_cursor, readers, seen
from orderline.api.records import Records
from orderline.core.supply import commands as c
from orderline.core.supply.evolve import PURCHASE
from orderline.core.supply.refusals import SupplyRefusal
from orderline.core.supply.slips import VENDOR_RECORD
from orderline.core.supply.state import PurchaseState
from orderline.store.reading.supply import SupplyView, load_supply


class VendorRecordState(StrEnum):
    """What is known of a vendor holds."""

    ACTIVE = "active"


_PURCHASES: Final = Records(
    kind=PURCHASE,
    one="purchase_order",
    many="purchase_orders",
    capability="stock",
    read=Right.STOCK_READ,
    write=Right.STOCK_WRITE,
    unknown=SupplyRefusal.PURCHASE_UNKNOWN,
    states=PurchaseState,
    location_of=lambda purchase: purchase.location,
    of_all=True,  # it tells whose promises it has hurt
)
_VENDORS: Final = Records(
    kind=VENDOR_RECORD,
    one="vendor_record",
    many="vendor_records",
    capability="stock",
    read=Right.STOCK_READ,
    write=Right.STOCK_WRITE,
    unknown=SupplyRefusal.VENDOR_UNKNOWN,
    states=VendorRecordState,
)
_NAME: Final = "purchase_order"


class SupplyQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """overpegged: only rows promised beyond what is counted on."""

    sku: Texts = ()
    location: Texts = ()
    overpegged: bool = False


async def _list_supply(call: Call[SupplyQuery, None]) -> Answer:
    """What is to come, page by page."""
    query = call.query
    locations = seen(query.location, call.key.locations)
    if locations is None:
        return page([], None)
    after = parse_cursor(query.cursor, tuple[str, str, str]) or ("", "", "")
    found = await readers(call).run(
        lambda source: load_supply(
            source,
            skus=query.sku,
            locations=locations,
            overpegged=query.overpegged,
            after=after,
            most=query.limit + 1,
        )
    )
    return page_of(found, query.limit, lambda row: (row.sku, row.pool, row.id))


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="list_supply", method="GET", path="/v1/supply", right=Right.STOCK_READ,
        summary="List what is to come, and what of it is promised", handler=_list_supply, capability="stock",
        query=SupplyQuery, output=SupplyView, page=True,
    ),
    *_PURCHASES.reading(),
    _PURCHASES.creating(
        c.CreatePurchaseOrder, summary="Order goods for a location", names=_NAME,
        refusals=("PURCHASE_EXISTS", "PURCHASE_LINES", "LOCATION_UNKNOWN", "SKU_UNKNOWN"),
    ),
    _PURCHASES.acting(
        c.SendPurchaseOrder, path="sending", summary="Note that the vendor was told", names=_NAME,
        refusals=("PURCHASE_STATE",),
    ),
    _PURCHASES.acting(
        c.ConfirmPurchaseOrder, path="confirmation", summary="Note what the vendor has confirmed", names=_NAME,
        refusals=("PURCHASE_STATE", "PURCHASE_LINES"),
    ),
    _PURCHASES.acting(
        c.RevisePurchaseOrder, path="revision", summary="Change dates or quantities, and see whom it hurts",
        names=_NAME, refusals=("PURCHASE_STATE", "PURCHASE_LINES"),
    ),
    _PURCHASES.acting(
        c.AnnounceShipment, path="notices", summary="Take in a vendor's notice of a shipment", names=_NAME,
        refusals=("PURCHASE_STATE", "PURCHASE_LINES", "RECEIPT_REUSED"),
    ),
    _PURCHASES.acting(
        c.ReceivePurchaseOrder, path="receipts", summary="Receive units", names=_NAME,
        refusals=("PURCHASE_STATE", "PURCHASE_LINES", "RECEIPT_REUSED", "NOTICE_UNKNOWN", "QUANTITY_TOO_LARGE"),
    ),
    _PURCHASES.acting(
        c.ClosePurchaseOrder, path="closing", summary="Expect nothing more of it", names=_NAME,
        refusals=("PURCHASE_STATE",),
    ),
    _PURCHASES.acting(
        c.CancelPurchaseOrder, path="cancellation", summary="Cancel it before anything has come", names=_NAME,
        refusals=("PURCHASE_STATE",),
    ),
    *_VENDORS.reading(),
    _VENDORS.creating(
        c.FixVendor, summary="Say what units of a vendor are counted on with", names="vendor_record",
        refusals=("VENDOR_FIGURES", "NOTHING_TO_DO"),
    ),
    action(
        "peg_units", "/v1/orders/{order}/pegs", c.PegUnits, "Let units wait for the best supply there is",
        capability="stock", refusals=("NOTHING_TO_DO",),
    ),
)  # fmt: skip
