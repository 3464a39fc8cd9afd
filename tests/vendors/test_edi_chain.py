"""PO-10045: the published purchase order is placed, and answered, shipped and invoiced as the published answers have it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from orderline.core.companies.commands import PutCompany, PutCompanyLocation
from orderline.core.companies.state import CompanyTerms
from orderline.core.context import Actor
from orderline.core.documents.issuing import IssueInvoice
from orderline.core.edi.decide import PutEdiPartner
from orderline.core.edi.interchanges import Interchange, PartyId
from orderline.core.edi.reading import read_edi
from orderline.core.edi.segments import Segment, Syntax
from orderline.core.edi.state import EdiKind, Profile
from orderline.core.orders import commands as c
from orderline.core.orders.state import LineQuantity
from orderline.core.stock.commands import AdjustStock, PutChannel, PutSkus
from orderline.core.stock.state import Channel, ShortPolicy, Sku
from orderline.engine.edi import EdiDesk
from orderline.values.address import Address
from support.engine_shop import EngineShop
from vendors.edi_files import edi_files

DC7 = Address(
    name="Example DC 7", lines=("100 Warehouse Rd",), city="Columbus", region="OH", postal_code="43004", country="US"
)
PROFILE = Profile(
    syntax=Syntax.X12, ours=PartyId("RECEIVERID", "ZZ"), theirs=PartyId("SENDERID", "ZZ"), channel="edi-buyer", company="buyer",
    on_terms=True, units={"EA": 1, "CA": 0}, packs={"AC-200": 12}, ship_to={"92:0007": "dc7"},
)  # fmt: skip


@pytest.fixture
def shop(fresh_database: str) -> Iterator[EngineShop]:
    made = EngineShop(fresh_database, [])
    made.do(PutSkus(skus=(Sku("AC-100", "Widget"), Sku("AC-200", "Gadget", short_policy=ShortPolicy.BACKORDER))))
    made.do(AdjustStock(sku="AC-100", location="lyon", quantity=24, reason="received"))
    made.do(AdjustStock(sku="AC-200", location="lyon", quantity=96, reason="received"))
    made.do(PutChannel(channel=Channel("edi-buyer", "Buyer", ("eu",))))
    made.do(PutCompany(company="buyer", name="Example Stores", terms=CompanyTerms(currency="USD", net_days=30)))
    made.do(PutCompanyLocation(company="buyer", location="dc7", address=DC7))
    made.do(PutEdiPartner(partner="buyer", name="Example Stores", profile=PROFILE))
    yield made
    made.close()


def said(interchange: Interchange, *tags: str) -> list[tuple[str, ...]]:
    """The segments of the one message with those tags, without names, which are not repeated."""
    return [_plain(each) for each in interchange.messages[0].segments if each.tag in tags]


def _plain(segment: Segment) -> tuple[str, ...]:
    elements = [segment.get(place) for place in range(1, len(segment.elements) + 1)]
    if segment.tag == "N1":
        elements[1] = ""
    return segment.tag, *elements


def test_a_published_order_is_placed_and_answered_in_the_words_of_its_partner(shop: EngineShop) -> None:
    files = edi_files()
    published = {
        kind: read_edi(files[f"x12-chain-{kind}-PO-10045.edi"]).interchanges[0] for kind in ("855", "856", "810")
    }
    # As it was published it is a test, and a test order supplies nothing.
    order_850 = files["x12-chain-850-PO-10045.edi"].replace(b"*0*T*:~", b"*0*P*:~")
    desk = EdiDesk(shop.database, lambda submission: shop.engine.submit(submission).result(), Actor("edi", "edi"))

    taken = desk.take_in(order_850, datetime.now(UTC)).interchanges[0]
    [document] = taken.documents
    assert (taken.accepted, document.result, document.number, taken.faults) == (True, "taken", "PO-10045", ())
    answer = read_edi(taken.acknowledgement.encode()).interchanges[0]
    assert said(answer, "AK1", "AK2", "AK5", "AK9") == [
        ("AK1", "PO", "1"), ("AK2", "850", "0001"), ("AK5", "A"), ("AK9", "A", "1", "1", "1"),
    ]  # fmt: skip
    assert document.order is not None
    order = shop.order(document.order)
    assert [(line.sku, line.units.total()) for line in order.lines] == [("AC-100", 24), ("AC-200", 120)]
    assert (order.agreement.total_minor, order.currency) == (78_000, "USD")
    assert order.company is not None
    assert (order.company.company, order.company.location, order.company.po_number) == ("buyer", "dc7", "PO-10045")

    # Sent once more it is known, as an interchange and, under another control number, as an order.
    again = desk.take_in(order_850, datetime.now(UTC)).interchanges[0]
    assert (again.accepted, [fault.code for fault in again.faults]) == (False, ["REFERENCE_REPEATED"])
    assert said_note(again.acknowledgement) == "R*025"
    resent = order_850.replace(b"*000000001*", b"*000000002*").replace(b"IEA*1*000000001", b"IEA*1*000000002")
    assert [each.result for each in desk.take_in(resent, datetime.now(UTC)).interchanges[0].documents] == ["known"]

    # 855: eight cases of ten are there; two wait, so that all adds up to what was ordered.
    response = read_edi(desk.write(order, EdiKind.RESPONSE, "").content.encode())
    assert response.all_faults == []
    told, theirs = response.interchanges[0], published["855"]
    assert said(told, "PO1", "N1", "CTT") == said(theirs, "PO1", "N1", "CTT")
    assert said(told, "BAK")[0][1:5] == said(theirs, "BAK")[0][1:5] == ("00", "AC", "PO-10045", "20261001")
    assert [each[:4] for each in said(told, "ACK")] == [
        ("ACK", "IA", "24", "EA"),
        ("ACK", "IA", "8", "CA"),
        ("ACK", "IB", "2", "CA"),
    ]
    # The buyer does not wait for the two: as in the published answer, eight cases are all there will be.
    shop.do(c.CancelUnits(order=order.id, reason="not waited for", lines=(LineQuantity(2, 24),)))
    changed = read_edi(desk.write(shop.order(order.id), EdiKind.RESPONSE, "").content.encode()).interchanges[0]
    assert [each[:4] for each in said(changed, "ACK")] == [
        ("ACK", "IA", "24", "EA"),
        ("ACK", "IQ", "8", "CA"),
        ("ACK", "IR", "2", "CA"),
    ]
    assert said(theirs, "ACK")[1][:4] == ("ACK", "IQ", "8", "CA")

    # 856: two cartons by their SSCC, each level below the one that it names.
    allotments = (c.Allotment(1, "eu", "lyon", 24), c.Allotment(2, "eu", "lyon", 96))
    marks = [each[2] for each in said(published["856"], "MAN")]
    lines = (LineQuantity(1, 24), LineQuantity(2, 96))
    parcels = tuple(
        c.ParcelInput(items=(line,), ref=mark, weight_g=29_500) for line, mark in zip(lines, marks, strict=True)
    )
    for command in (
        c.AllocateUnits(order=order.id, group=1, allotments=allotments),
        c.AcceptFulfillment(order=order.id, fulfillment=1),
        c.PickUnits(order=order.id, fulfillment=1, lines=lines),
        c.PackUnits(order=order.id, fulfillment=1, parcels=parcels),
        c.ShipParcels(order=order.id, fulfillment=1, carrier="ABC FREIGHT"),
    ):
        shop.do(command)
    notice = read_edi(desk.write(shop.order(order.id), EdiKind.SHIP_NOTICE, "1").content.encode())
    assert notice.all_faults == []
    told, theirs = notice.interchanges[0], published["856"]
    for tag in ("HL", "MAN", "LIN", "SN1", "PRF", "N1", "CTT"):
        assert said(told, tag) == said(theirs, tag), tag
    assert said(told, "TD1") == [("TD1", "CTN25", "2", "", "", "", "G", "59.00", "KG")]

    # 810: what has left is owed, by the price of a case.
    shop.do(IssueInvoice(order=order.id, entity="main"))
    number = shop.order(order.id).documents[0].number
    invoice = read_edi(desk.write(shop.order(order.id), EdiKind.INVOICE, number).content.encode())
    assert invoice.all_faults == []
    told, theirs = invoice.interchanges[0], published["810"]
    for tag in ("IT1", "PID", "TDS", "CUR", "N1", "CTT"):
        assert said(told, tag) == said(theirs, tag), tag
    assert said(told, "BIG")[0][2:] == (number, "20261001", "PO-10045")
    assert [each.reference for each in shop.records("edi_purchase")[0].sent] == [4, 5, 6, 7]


def said_note(acknowledgement: str) -> str:
    """Verdict and code of TA1."""
    line = next(line for line in acknowledgement.splitlines() if line.startswith("TA1"))
    return line.rstrip("~").split("*", 4)[4]
