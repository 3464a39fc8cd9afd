"""EDI with warehouses: what they are asked to send of a fulfillment order, and what they have sent."""

from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

from orderline.core.edi.purchases import Party
from orderline.core.edi.refusals import EdiRefusal as R
from orderline.core.edi.segments import OutSegment
from orderline.core.edi.shipping_orders import EdiShippingOrder
from orderline.core.edi.state import PARTNER, EdiPartner, PartnerState, SentDocument
from orderline.core.edi.warehousing import WriteShippingOrder, number_of
from orderline.core.edi.x12_shipping_orders import ShippingRequest, write_940
from orderline.core.orders.state import FulfillmentOrder, Order
from orderline.core.promises.calendar_rules import zone_of
from orderline.core.stock.state import Settings
from orderline.engine.recipients import recipient_of, sender_of
from orderline.store.database import Database
from orderline.store.reading.records import load_records
from orderline.store.reading.source import Source
from orderline.store.working import load_people
from orderline.values.failures import Refused

MOST_PARTNERS: Final = 10_000
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
        partner = _warehouse(load_records(source, PARTNER, most=MOST_PARTNERS), fulfillment.location)
    number = number_of(order, fulfillment)
    command = WriteShippingOrder(partner=partner.id, order=order.id, fulfillment=fulfillment.number, number=number)
    told = _shipping_order.decode(answer(command))
    request = _request(database, settings, partner, order, fulfillment, told)
    return Asked(partner, told.sent[-1], write_940(request, partner.profile))


def _fulfillment(order: Order, about: str) -> FulfillmentOrder:
    for each in order.fulfillments:
        if about in (str(each.number), number_of(order, each)):
            return each
    allowed = [each.number for each in order.fulfillments]
    raise Refused(R.EDI_NOTHING_TO_SAY, field="about", value=about, allowed=allowed)


def _warehouse(partners: list[EdiPartner], location: str) -> EdiPartner:
    """Who runs a location: one that is stopped only where nobody else does, and is told so."""
    running = [each for each in partners if location in each.profile.locations]
    if not running:
        raise Refused(R.EDI_WAREHOUSE_UNKNOWN, field="location", value=location)
    return next((each for each in running if each.state is PartnerState.ACTIVE), running[0])


def _request(
    database: Database, settings: Settings, partner: EdiPartner, order: Order, fulfillment: FulfillmentOrder, told: EdiShippingOrder
) -> ShippingRequest:  # fmt: skip
    group = order.group_of(fulfillment.group)
    to = recipient_of(group, load_people(database, {group.recipient}))
    location = settings.locations[fulfillment.location]
    here = sender_of(location)
    ours, code = partner.profile.ours.id, partner.profile.locations[fulfillment.location] or fulfillment.location
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
