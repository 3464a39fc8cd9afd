"""EDI with warehouses: what they are asked to send of a fulfillment order, and what they have sent."""

import hashlib
from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from orderline.core.edi.advising import take_advice as take
from orderline.core.edi.faults import FaultCode
from orderline.core.edi.fields import Fields
from orderline.core.edi.interchanges import Message
from orderline.core.edi.purchases import Party
from orderline.core.edi.refusals import EdiRefusal as R
from orderline.core.edi.segments import OutSegment, Segment
from orderline.core.edi.shipping_orders import SHIPPING_ORDER, EdiShippingOrder, shipping_order_id
from orderline.core.edi.state import PARTNER, EdiKind, EdiPartner, SentDocument, TakenDocument
from orderline.core.edi.warehousing import CancelShippingOrder, TakeShippingAdvice, WriteShippingOrder, number_of
from orderline.core.edi.x12_shipping_advices import ShippingAdvice
from orderline.core.edi.x12_shipping_orders import ShippingRequest, write_940
from orderline.core.orders.state import FulfillmentOrder, Order
from orderline.core.promises.calendar_rules import zone_of
from orderline.core.stock.state import Settings
from orderline.engine.recipients import recipient_of, sender_of
from orderline.store.database import Database
from orderline.store.edi import LOCATION, load_partners
from orderline.store.reading.records import load_record, load_records
from orderline.store.reading.source import Source
from orderline.store.working import load_people, read_orders
from orderline.values.failures import Refused

SHIPPING_ADVICE: Final = "945"
MOST_ASKED: Final = 1_000
_shipping_order = msgspec.json.Decoder(EdiShippingOrder)


class Asked(NamedTuple):
    """A shipping order that was written: for whom, with which number, and what it says."""

    partner: EdiPartner
    sent: SentDocument
    segments: tuple[OutSegment, ...]


def ask_warehouse(database: Database, answer: Callable[[WriteShippingOrder], bytes], order: Order, about: str) -> Asked:
    """Ask the warehouse of a fulfillment order to send what is open of it. about: its number, such as 1 or SO-1001-1.

    answer: has a command carried out. Refused EDI_NOTHING_TO_SAY: there is no such fulfillment order, or nothing is to be sent.
    Refused EDI_WAREHOUSE_UNKNOWN: no partner runs its location.
    """
    fulfillment = _fulfillment(order, about)
    with database.connection() as connection:
        source = Source(connection, database.cell)
        settings = source.settings()
        partner = _warehouse(source, fulfillment.location)
    number = number_of(order, fulfillment)
    command = WriteShippingOrder(partner=partner.id, order=order.id, fulfillment=fulfillment.number, number=number)
    told = _shipping_order.decode(answer(command))
    request = _request(database, settings, partner, order, fulfillment, told)
    return Asked(partner, told.sent[-1], write_940(request, partner.profile))


def cancel_at_warehouse(
    database: Database, answer: Callable[[CancelShippingOrder], bytes], order: Order, about: str
) -> Asked:
    """Tell the warehouse that was asked last for a fulfillment order to let go of it; told again, it is the same document.

    about, answer: as `ask_warehouse` has them. Refused EDI_NOTHING_TO_SAY, EDI_SHIPPING_ORDER_UNKNOWN: it was not asked for it.
    """
    fulfillment = _fulfillment(order, about)
    number = number_of(order, fulfillment)
    with database.connection() as connection:
        source = Source(connection, database.cell)
        settings = source.settings()
        found: list[EdiShippingOrder] = load_records(source, SHIPPING_ORDER, subjects=[str(order.id)], most=MOST_ASKED)
        asked = max((each for each in found if each.number == number), key=lambda each: each.sent[-1].at, default=None)
        if asked is None:
            raise Refused(R.EDI_SHIPPING_ORDER_UNKNOWN, field="about", value=number)
        partner: EdiPartner | None = load_record(source, PARTNER, asked.partner)
    assert partner is not None, "a shipping order is of a partner"
    answer(CancelShippingOrder(partner=partner.id, order=order.id, fulfillment=fulfillment.number, number=number))
    told = _shipping_order_of(database, asked.id)
    assert told is not None, "it was there before"
    sent = next(each for each in reversed(told.sent) if each.kind is EdiKind.SHIPPING_CANCELLATION)
    request = _request(database, settings, partner, order, fulfillment, told)
    return Asked(partner, sent, write_940(request, partner.profile, cancels=True))


def take_advice(
    database: Database,
    answer: Callable[[TakeShippingAdvice], bytes],
    message: Message,
    advice: ShippingAdvice,
    partner: EdiPartner,
    about: TakenDocument,
    *,
    is_test: bool,
) -> TakenDocument:
    """Take what a warehouse says that it has sent: once by its own name for it. What is wrong is told of the message.

    answer: has a command carried out. Refused EDI_ADVICE_REPEATED: it has told something else of the same shipment.
    Refused as the command is.
    """
    fields, sha256 = Fields(message), _fingerprint(message)
    id_ = shipping_order_id(partner.id, advice.number)
    asked = _shipping_order_of(database, id_)
    order = read_orders(database, {asked.order})[asked.order] if asked is not None else None
    if asked is None or order is None or (is_test and not order.is_test):
        expected = (
            "a shipping order that was written" if order is None else "a test order, as the interchange is a test"
        )
        header = Segment("W06", (), advice.at)
        fields.tell(FaultCode.CODE_UNKNOWN, header, 2, value=advice.number, expected=expected)
        return about
    about = replace(about, order=order.id)
    while True:
        if _is_known(asked, advice, sha256):
            return replace(about, result="known")
        command = take(fields, partner.profile, asked, order, advice, sha256)
        if command is None:
            return about
        try:
            answer(command)
        except Refused:
            # Somebody else has just brought it, or has canceled what it tells of: then it is another thing that has happened.
            seen = (asked, order.version)
            asked, order = _shipping_order_of(database, id_), read_orders(database, {order.id})[order.id]
            if asked is None or (asked, order.version) == seen:
                raise
        else:
            return replace(about, result="taken")


def _shipping_order_of(database: Database, id_: str) -> EdiShippingOrder | None:
    with database.connection() as connection:
        return load_record(Source(connection, database.cell), SHIPPING_ORDER, id_)


def _is_known(asked: EdiShippingOrder, advice: ShippingAdvice, sha256: str) -> bool:
    known = asked.advice_of(advice.shipment)
    if known is not None and known.sha256 != sha256:
        raise Refused(R.EDI_ADVICE_REPEATED, field="shipment", value=advice.shipment)
    return known is not None


def _fingerprint(message: Message) -> str:
    """What the document says, without the numbers that it has where it is sent again."""
    return hashlib.sha256(msgspec.json.encode([(each.tag, each.elements) for each in message.segments])).hexdigest()


def _fulfillment(order: Order, about: str) -> FulfillmentOrder:
    for each in order.fulfillments:
        if about in (str(each.number), number_of(order, each)):
            return each
    allowed = [each.number for each in order.fulfillments]
    raise Refused(R.EDI_NOTHING_TO_SAY, field="about", value=about, allowed=allowed)


def _warehouse(source: Source, location: str) -> EdiPartner:
    """Who runs a location: one that is stopped only where nobody else does, and is told so."""
    running = load_partners(source, LOCATION, [location])
    if not running:
        raise Refused(R.EDI_WAREHOUSE_UNKNOWN, field="location", value=location)
    return running[0]


def _request(
    database: Database, settings: Settings, partner: EdiPartner, order: Order, fulfillment: FulfillmentOrder, told: EdiShippingOrder
) -> ShippingRequest:  # fmt: skip
    group = order.group_of(fulfillment.group)
    to = recipient_of(group, load_people(database, {group.recipient}))
    location = settings.locations[fulfillment.location]
    here = sender_of(location)
    ours, code = partner.profile.ours.id, partner.profile.locations.get(fulfillment.location) or fulfillment.location
    parties = (
        Party(
            role="ST", at=0, name=to.name, lines=to.lines, city=to.city, region=to.region, postal_code=to.postal_code,
            country=to.country,
        ),
        Party(role="DE", at=0, name=ours, code=f"ZZ:{ours}"),
        Party(
            role="WH", at=0, name=here.name, code=f"ZZ:{code}", city=here.city, region=here.region,
            postal_code=here.postal_code, country=here.country,
        ),
    )  # fmt: skip
    po_number = order.company.po_number if order.company is not None else ""
    return ShippingRequest(
        number=told.number, po_number=po_number or order.number, parties=parties, lines=told.lines, phone=to.phone,
        send_on=fulfillment.due_at.astimezone(zone_of(location.time_zone)).date(),
        deliver_by=group.promised_by.date() if group.promised_by is not None else None,
        service="" if group.pickup_location is not None else group.method,
    )  # fmt: skip
