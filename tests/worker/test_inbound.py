"""Calls of partners: verified, applied once, parked when too early, refused when not theirs."""

import asyncio
import base64
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
from standardwebhooks import Webhook

from orderline.contracts.carriers import TrackingCode, TrackingFact
from orderline.contracts.registry import ConnectorSettings
from orderline.contracts.warehouses import (
    Accepted,
    HandedOver,
    HandedParcel,
    Packed,
    PackedItem,
    PackedParcel,
    Picked,
    PickedLine,
    Rejected,
    ShortLine,
    ShortReason,
)
from orderline.core.orders.commands import LabelParcel, PickUnits
from orderline.core.orders.state import Order
from orderline.sandbox.settings import Span, WarehouseBehavior
from orderline.store.inbox import Place
from orderline.values.failures import Refused
from orderline.values.ids import FulfillmentId, OrderId, new_id
from orderline.worker.facts import parse_warehouse_fact
from orderline.worker.inbound import PARKED_S, Inbound, InboundAnswer
from worker.site import SECRET, Site, until, without

WAREHOUSE, CARRIER = "sandbox_warehouses", "sandbox_carriers"
SILENT = WarehouseBehavior(accept=Span(60_000_000, 60_000_000))


class Told:
    """What a warehouse says about one fulfillment order; each fact with a name of its own."""

    def __init__(self, id_: UUID) -> None:
        self.id = FulfillmentId(id_)
        self.sequence = 0

    def __call__(self, make: Any, **content: Any) -> Any:
        self.sequence += 1
        name = f"{self.id}-{self.sequence}"
        return make(
            event_id=name,
            occurred_at=datetime.now(UTC),
            fulfillment_id=self.id,
            sequence=self.sequence,
            **content,
        )


def call(site: Site, partner: str, *facts: Any, secret: str = SECRET, services: Any = None) -> InboundAnswer:
    body = msgspec.json.encode({"facts": facts})
    now = datetime.now(UTC)
    headers = {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": str(int(now.timestamp())),
        "Webhook-Signature": Webhook(secret).sign("msg_1", now, body.decode()),
    }
    return send(site, partner, headers, body, services)


def send(site: Site, partner: str, headers: dict[str, str], body: bytes, services: Any = None) -> InboundAnswer:
    async def take() -> InboundAnswer:
        inbound = Inbound(services or site.services)
        try:
            return await inbound.take_in(partner, headers, body)
        finally:
            await inbound.close()

    return asyncio.run(take())


def verdicts(answer: InboundAnswer) -> list[str]:
    return [each.verdict.value for each in answer.verdicts]


@pytest.fixture
def work(site: Site) -> tuple[OrderId, Told]:
    """A fulfillment order of two shirts that its warehouse was asked for and says nothing about."""
    site.behave(warehouse=SILENT)
    site.stock(TEE_lyon=2)
    order_id = site.place(("TEE", 2))

    def submitted() -> Order | None:
        order = site.order(order_id)
        return order if order.fulfillments and order.fulfillments[0].negotiation == "submitted" else None

    order = until(submitted, "the warehouse to be asked")
    site.stop()
    return order_id, Told(order.fulfillments[0].id)


def parcel(ref: str, quantity: int = 2) -> PackedParcel:
    return PackedParcel(parcel_ref=ref, items=(PackedItem(1, quantity),), weight_g=500)


def test_facts_of_one_call_are_applied_in_their_order(site: Site, work: tuple[OrderId, Told]) -> None:
    order_id, told = work
    answer = call(
        site,
        WAREHOUSE,
        told(Accepted),
        told(Picked, lines=(PickedLine(1, 2),)),
        told(Packed, parcels=(parcel("box-1"),)),
        told(HandedOver, parcels=(HandedParcel(parcel_ref="box-1", tracking_number="T1", carrier="own"),)),
    )
    assert verdicts(answer) == ["taken"] * 4
    order = site.order(order_id)
    assert order.lines[0].units.shipped == 2
    assert (order.parcels[0].tracking_number, order.shipments[0].carrier) == ("T1", "own")


def test_a_partner_tells_serial_numbers_or_the_lot_of_what_it_picked() -> None:
    lines = (PickedLine(1, 2, serials=("S-1", "S-2")), PickedLine(2, 3, lot="A"), PickedLine(3, 1))
    fact = Told(new_id())(Picked, lines=lines)
    [command] = parse_warehouse_fact(fact, Place(OrderId(new_id()), 1))
    assert isinstance(command, PickUnits)
    assert [(each.line, each.lot, each.quantity) for each in command.lots] == [
        (1, "S-1", 1),
        (1, "S-2", 1),
        (2, "A", 3),
    ]


def test_a_fact_told_again_is_known(site: Site, work: tuple[OrderId, Told]) -> None:
    _, told = work
    fact = told(Accepted)
    assert verdicts(call(site, WAREHOUSE, fact)) == ["taken"]
    assert verdicts(call(site, WAREHOUSE, fact, fact)) == ["known", "known"]


def test_facts_that_come_too_early_wait_for_those_before(site: Site, work: tuple[OrderId, Told]) -> None:
    order_id, told = work
    picked = told(Picked, lines=(PickedLine(1, 2),))
    packed = told(Packed, parcels=(parcel("box-1"),))
    handed = told(HandedOver, parcels=(HandedParcel(parcel_ref="box-1", tracking_number="T1"),))
    scan = TrackingFact(
        event_id="s-1",
        occurred_at=datetime.now(UTC),
        tracking_number="T1",
        code="DL",
        normalized=TrackingCode.DELIVERED,
    )
    assert verdicts(call(site, CARRIER, scan)) == ["parked"]
    assert verdicts(call(site, WAREHOUSE, handed)) == ["parked"]
    assert verdicts(call(site, WAREHOUSE, packed)) == ["parked"]
    assert verdicts(call(site, CARRIER, scan)) == ["parked"]
    assert verdicts(call(site, WAREHOUSE, picked)) == ["taken"]
    assert site.order(order_id).lines[0].units.delivered == 2
    assert verdicts(call(site, WAREHOUSE, handed)) == ["known"]


def test_a_fact_nothing_ever_comes_for_is_refused_in_the_end(site: Site, work: tuple[OrderId, Told]) -> None:
    _, told = work
    assert verdicts(call(site, WAREHOUSE, told(Packed, parcels=(parcel("box-1"),)))) == ["parked"]

    async def replay() -> None:
        inbound = Inbound(site.services)
        for pause_s in PARKED_S:
            site.clock.forward(pause_s + 1)
            assert await inbound.replay_parked() == 1
        assert await inbound.replay_parked() == 0
        await inbound.close()

    asyncio.run(replay())
    [(state, reason)] = site.rows("SELECT state, reason FROM inbox WHERE cell = %(cell)s")
    assert state == "refused"
    assert reason.startswith("QUANTITY_NOT_AVAILABLE")


def test_a_late_fact_has_no_effect_and_is_remembered(site: Site, work: tuple[OrderId, Told]) -> None:
    _, told = work
    accepted = told(Accepted)
    assert verdicts(call(site, WAREHOUSE, told(Picked, lines=(PickedLine(1, 2),)))) == ["taken"]
    assert verdicts(call(site, WAREHOUSE, accepted)) == ["no_effect"]
    assert verdicts(call(site, WAREHOUSE, accepted)) == ["known"]


def test_short_units_leave_the_shelf_by_their_reason(site: Site, work: tuple[OrderId, Told]) -> None:
    order_id, told = work
    short = (ShortLine(1, 1, ShortReason.DAMAGED),)
    assert verdicts(call(site, WAREHOUSE, told(Picked, lines=(PickedLine(1, 1),), short=short))) == ["taken"]
    assert site.order(order_id).lines[0].units.picked == 1
    [shelf] = site.rows("SELECT sellable, picked, damaged FROM stock WHERE cell = %(cell)s AND location = 'lyon'")
    assert shelf == (0, 1, 1)


def test_no_part_of_a_fact_is_done_twice_though_another_part_has_to_wait(
    site: Site, work: tuple[OrderId, Told]
) -> None:
    order_id, told = work
    fact = told(Picked, lines=(PickedLine(1, 1),), short=(ShortLine(1, 5, ShortReason.OTHER),))
    for _ in range(3):
        assert verdicts(call(site, WAREHOUSE, fact)) == ["parked"]
        units = site.order(order_id).lines[0].units
        assert (units.picked, units.released) == (1, 1)


def test_a_fact_is_not_taken_in_before_all_of_it_is_done(site: Site, work: tuple[OrderId, Told]) -> None:
    order_id, told = work
    fact = told(Picked, lines=(PickedLine(1, 9),), short=(ShortLine(1, 1, ShortReason.OTHER),))
    accepted = told(Accepted)
    assert verdicts(call(site, WAREHOUSE, accepted, fact)) == ["taken", "parked"]
    assert site.order(order_id).lines[0].units.released == 2


def test_a_fact_of_several_commands_is_known_when_told_again(site: Site, work: tuple[OrderId, Told]) -> None:
    order_id, told = work
    fact = told(Picked, lines=(PickedLine(1, 1),), short=(ShortLine(1, 1, ShortReason.OTHER),))
    assert verdicts(call(site, WAREHOUSE, fact, fact)) == ["taken", "known"]
    assert verdicts(call(site, WAREHOUSE, fact)) == ["known"]
    assert site.order(order_id).lines[0].units.picked == 1


def test_a_rejection_stands_when_the_record_has_fewer_units_than_are_missing(
    site: Site, work: tuple[OrderId, Told]
) -> None:
    order_id, told = work
    site.stock(TEE_lyon=0)
    fact = told(Rejected, lines=(ShortLine(1, 2, ShortReason.MISSING),))
    assert verdicts(call(site, WAREHOUSE, fact)) == ["taken"]
    assert site.order(order_id).lines[0].units.unplanned == 2  # nobody else has any


def test_work_of_another_partner_is_none_of_yours(site: Site, work: tuple[OrderId, Told]) -> None:
    order_id, told = work
    site.put_location("lyon", site.order(order_id).agreement.groups[0].place, partner="other_warehouses")
    answer = call(site, WAREHOUSE, told(Accepted))
    assert [(each.verdict.value, each.reason) for each in answer.verdicts] == [("refused", "FULFILLMENT_UNKNOWN")]
    assert site.order(order_id).lines[0].units.allocated == 2


def scan_of(tracking_number: str, name: str = "scan-1") -> TrackingFact:
    return TrackingFact(
        event_id=name,
        occurred_at=datetime.now(UTC),
        tracking_number=tracking_number,
        code="DL",
        normalized=TrackingCode.DELIVERED,
    )


def with_other_carrier(site: Site) -> Any:
    """As the site, with a second carrier, which sells no labels here."""
    services = site.services
    other = replace(services.installed[CARRIER], name="other_carriers")
    return without(
        services,
        installed={**services.installed, other.name: other},
        connectors={**services.connectors, other.name: services.connectors[CARRIER]},
        carrier=CARRIER,
    )


@pytest.mark.parametrize(
    ("bought", "told_by", "verdict"),
    [
        # the carrier, and what is known of who sold the label
        ({}, CARRIER, "taken"),
        ({}, "other_carriers", "refused"),
        ({"carrier": "other_carriers"}, "other_carriers", "taken"),
        ({"partner": CARRIER}, CARRIER, "taken"),
        ({"partner": CARRIER}, "other_carriers", "refused"),
        ({"partner": "other_carriers"}, "other_carriers", "taken"),
        ({"partner": "other_carriers"}, CARRIER, "refused"),
    ],
)
def test_only_the_carrier_that_sold_the_label_reports_on_a_parcel(
    site: Site, work: tuple[OrderId, Told], bought: dict[str, str], told_by: str, verdict: str
) -> None:
    order_id, told = work
    call(site, WAREHOUSE, told(Picked, lines=(PickedLine(1, 2),)), told(Packed, parcels=(parcel("box-1"),)))
    label = LabelParcel(order=order_id, parcel=1, tracking_number="T1", carrier="post")
    site.engine.run(msgspec.structs.replace(label, **bought))
    call(site, WAREHOUSE, told(HandedOver, parcels=(HandedParcel(parcel_ref="box-1"),)))
    answer = call(site, told_by, scan_of("T1"), services=with_other_carrier(site))
    assert verdicts(answer) == [verdict]
    assert site.order(order_id).lines[0].units.delivered == (2 if verdict == "taken" else 0)
    kept = site.rows("SELECT partner, reason FROM inbox WHERE cell = %(cell)s AND state = 'refused'")
    assert kept == ([(told_by, "PARCEL_UNKNOWN")] if verdict == "refused" else [])
    site.verify_all()


def test_labels_bought_here_say_through_whom(site: Site) -> None:
    site.stock(TEE_lyon=1)
    order_id = site.place(("TEE", 1))
    parcel = site.until_units(order_id, "delivered", 1).parcels[0]
    assert (parcel.partner, site.door.errors) == (CARRIER, [])
    assert site.rows("SELECT partner FROM parcels WHERE cell = %(cell)s") == [(CARRIER,)]


def test_a_number_used_again_is_each_carriers_own(site: Site, work: tuple[OrderId, Told]) -> None:
    order_id, told = work
    facts = [told(Picked, lines=(PickedLine(1, 2),)), told(Packed, parcels=(parcel("box-1", 1), parcel("box-2", 1)))]
    call(site, WAREHOUSE, *facts)
    for number, partner in ((1, CARRIER), (2, "other_carriers")):
        label = LabelParcel(order=order_id, parcel=number, carrier="post", tracking_number="T1", partner=partner)
        site.engine.run(label)
    handed = tuple(HandedParcel(parcel_ref=ref) for ref in ("box-1", "box-2"))
    call(site, WAREHOUSE, told(HandedOver, parcels=handed))
    assert verdicts(call(site, CARRIER, scan_of("T1"), services=with_other_carrier(site))) == ["taken"]
    assert [each.state.value for each in site.order(order_id).parcels] == ["delivered", "handed_over"]


def test_a_fact_of_a_line_that_does_not_exist_is_refused_at_once(site: Site, work: tuple[OrderId, Told]) -> None:
    _, told = work
    answer = call(site, WAREHOUSE, told(Picked, lines=(PickedLine(7, 1),)))
    assert verdicts(answer) == ["refused"]
    [(state, reason)] = site.rows("SELECT state, reason FROM inbox WHERE cell = %(cell)s")
    assert (state, reason.split(" ")[0].rstrip(":(")) == ("refused", "LINE_UNKNOWN")


def test_a_call_is_verified_before_it_is_read(site: Site) -> None:
    other = "whsec_" + base64.b64encode(b"somebody else's secret").decode()
    with pytest.raises(Refused, match="SIGNATURE_INVALID"):
        call(site, WAREHOUSE, Told(new_id())(Accepted), secret=other)
    with pytest.raises(Refused, match="SIGNATURE_MISSING"):
        send(site, WAREHOUSE, {}, b"not even JSON")
    assert site.rows("SELECT count(*) FROM inbox WHERE cell = %(cell)s") == [(0,)]


def test_a_secret_can_be_changed_without_a_gap(site: Site) -> None:
    other = "whsec_" + base64.b64encode(b"the next secret").decode()
    connectors: dict[str, ConnectorSettings] = dict(site.services.connectors)
    connectors[WAREHOUSE] = msgspec.structs.replace(connectors[WAREHOUSE], secret=(SECRET, other))
    services = without(site.services, connectors=connectors)
    fact = Told(new_id())(Accepted)
    for secret in (SECRET, other):
        assert verdicts(call(site, WAREHOUSE, fact, secret=secret, services=services)) == ["parked"]


def test_only_partners_of_this_site_are_heard(site: Site) -> None:
    with pytest.raises(Refused, match="CONNECTOR_UNKNOWN"):
        call(site, "nobody", Told(new_id())(Accepted))
