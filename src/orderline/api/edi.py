"""EDI over HTTP: partners and their profiles, interchanges taken in and acknowledged, documents written about orders."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import msgspec

from orderline.api.calls import Answer, Body, Call, Operation, Right
from orderline.api.records import Records
from orderline.api.refusals import ApiRefusal
from orderline.api.scoping import order_of
from orderline.core.edi.decide import PutEdiPartner
from orderline.core.edi.refusals import EdiRefusal as R
from orderline.core.edi.shipping_orders import EDI_SHIPPING_ORDER, ShippingOrderState
from orderline.core.edi.state import (
    EDI_INTERCHANGE,
    EDI_PARTNER,
    EDI_PURCHASE,
    EdiKind,
    InterchangeState,
    PartnerState,
    Profile,
    PurchaseState,
)
from orderline.engine.edi import EdiDesk, TakenFile, WrittenDocument
from orderline.engine.edi import order_of as load_order
from orderline.engine.submissions import Outcome, Submission
from orderline.store.reading.documents import sees_people
from orderline.values.failures import Refused

_PARTNERS: Final = Records(
    kind=EDI_PARTNER, one="edi_partner", many="edi_partners", capability="edi", read=Right.SETTINGS_READ,
    write=Right.SETTINGS_WRITE, unknown=R.EDI_PARTNER_UNKNOWN, states=PartnerState, for_all=True, of_all=True,
)  # fmt: skip
_INTERCHANGES: Final = Records(
    kind=EDI_INTERCHANGE, one="edi_interchange", many="edi_interchanges", capability="edi", read=Right.ORDERS_READ,
    write=Right.ORDERS_WRITE, unknown=R.EDI_INTERCHANGE_UNKNOWN, states=InterchangeState, of_all=True,
)  # fmt: skip
_PURCHASES: Final = Records(
    kind=EDI_PURCHASE, one="edi_purchase", many="edi_purchases", capability="edi", read=Right.ORDERS_READ,
    write=Right.ORDERS_WRITE, unknown=R.EDI_PURCHASE_UNKNOWN, states=PurchaseState,
    orders_in=lambda purchase: (purchase.order,),
)  # fmt: skip

_SHIPPING_ORDERS: Final = Records(
    kind=EDI_SHIPPING_ORDER, one="edi_shipping_order", many="edi_shipping_orders", capability="edi", read=Right.ORDERS_READ,
    write=Right.ORDERS_WRITE, unknown=R.EDI_SHIPPING_ORDER_UNKNOWN, states=ShippingOrderState,
    location_of=lambda asked: asked.location, orders_in=lambda asked: (asked.order,),
)  # fmt: skip


class EdiDocumentInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be told. about: the number of the shipment, of the invoice or of the fulfillment order, such as 1; nothing of a response."""

    kind: EdiKind
    about: Annotated[str, msgspec.Meta(max_length=100)] = ""


def _desk(call: Call[Any, Any]) -> EdiDesk:
    """Works in a thread, and hands what it decides to the engine of this loop."""
    loop = asyncio.get_running_loop()

    def run(submission: Submission) -> Outcome:
        return asyncio.run_coroutine_threadsafe(call.services.engine.answer(submission), loop).result()

    return EdiDesk(call.services.database, run, call.actor)


async def _take(call: Call[None, None]) -> Answer:
    desk, now = _desk(call), datetime.now(UTC)
    key = call.key

    def may_see(profile: Profile) -> bool:
        """A warehouse has no channel, and works on the orders of all. A buyer cancels orders wherever they are worked on."""
        buys = key.sees_channel(profile.channel) and not (profile.channel and key.locations)
        may_work = not {Right.FULFILLMENTS_WRITE, Right.ADMIN}.isdisjoint(key.scopes)
        works = may_work and all(map(key.sees_location, profile.locations))
        return buys and (works or not profile.locations)

    about: dict[str, Any] = {"key": call.idempotency_key, "may_see": may_see}
    return Answer(await asyncio.to_thread(desk.take_in, call.body, now, **about))


async def _write(call: Call[None, EdiDocumentInput]) -> Answer:
    order_id = await order_of(call)
    desk, given = _desk(call), call.input
    if given.kind in (EdiKind.SHIPPING_ORDER, EdiKind.SHIPPING_CANCELLATION) and not sees_people(call.key):
        # It says to whom and where.
        raise Refused(ApiRefusal.RIGHT_MISSING, field="kind", right=Right.PEOPLE_READ, allowed=sorted(call.key.scopes))

    def write() -> WrittenDocument:
        return desk.write(
            load_order(call.services.database, order_id), given.kind, given.about, key=call.idempotency_key
        )

    return Answer(await asyncio.to_thread(write))


OPERATIONS: Final[tuple[Operation, ...]] = (
    *_PARTNERS.reading(),
    _PARTNERS.creating(
        PutEdiPartner, summary="Set up a partner of EDI, or change its profile", names="partner",
        refusals=("EDI_PARTNER_NOT_ACCEPTABLE", "EDI_LOCATION_TAKEN", "CODE_NOT_ACCEPTABLE", "CURRENCY_UNKNOWN"),
    ),
    *_INTERCHANGES.reading(),
    Operation(
        name="take_edi_interchange", method="POST", path="/v1/edi-interchanges", right=Right.ORDERS_WRITE, body=Body.RAW,
        summary="Take in a file of X12 or EDIFACT, and get its acknowledgement",
        description="The body is the file as it came, of at most 4 MiB. Each document has a result of its own: one that is wrong stops no"
        " other. Orders are placed as `POST /v1/orders` places them. What a warehouse says that it has sent is picked, packed and handed"
        " over, all of a document or nothing: a key without the right `fulfillments:write` knows no warehouse. A control number that was taken before is refused in the"
        " acknowledgement, which is to be sent back as it is; the same call with the same Idempotency-Key is no repeat.",
        handler=_take, capability="edi", output=TakenFile,
        refusals=("BODY_TOO_LARGE", "EDI_PARTNER_UNKNOWN", "EDI_PARTNER_STOPPED"),
    ),
    *_PURCHASES.reading(),
    *_SHIPPING_ORDERS.reading(),
    Operation(
        name="write_edi_document", method="POST", path="/v1/orders/{order}/edi-documents", right=Right.ORDERS_WRITE,
        summary="Write what a partner is told of an order: response, ship notice, invoice, shipping order or its cancellation",
        handler=_write,
        capability="edi",
        description="Each has a control number of its own. Response: 855 or ORDRSP; ship notice: 856 or DESADV of one shipment;"
        " invoice: 810 or INVOIC of one invoice. Shipping order: 940 of one fulfillment order, for the warehouse that runs its location;"
        " it is released by that. Shipping cancellation: 940 that tells the warehouse to let go of one that it was asked for, once all that is"
        " open of it was canceled or taken away; told again, it is the same document. Both name to whom and where, and need the right `people:read`.",
        input=EdiDocumentInput, output=WrittenDocument,
        refusals=(
            "ORDER_UNKNOWN", "EDI_PURCHASE_UNKNOWN", "EDI_WAREHOUSE_UNKNOWN", "EDI_SHIPPING_ORDER_UNKNOWN", "EDI_NOTHING_TO_SAY", "EDI_PARTNER_STOPPED",
            "BLOCKED_BY_HOLD", "RIGHT_MISSING",
        ),
    ),
)  # fmt: skip
