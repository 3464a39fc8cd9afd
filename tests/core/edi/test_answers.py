"""What partners are told in EDIFACT, and in X12 what the published files do not have: singles, charges, tax, parcels without SSCC."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from msgspec.structs import replace

from orderline.core.documents.issuing import IssueInvoice
from orderline.core.documents.state import DocumentMade
from orderline.core.edi.answers import (
    AnsweredLine,
    Carton,
    Invoice,
    InvoicedCharge,
    InvoicedLine,
    InvoicedTax,
    Response,
    SaidItem,
    ShipNotice,
    plain,
    respond,
    tell_invoice,
    tell_shipment,
)
from orderline.core.edi.edifact_answers import write_desadv, write_invoic, write_ordrsp
from orderline.core.edi.purchases import KeptLine, KeptPurchase
from orderline.core.edi.refusals import EdiRefusal
from orderline.core.edi.segments import EDIFACT_DELIMITERS, X12_DELIMITERS, OutSegment, render_segments
from orderline.core.edi.x12_answers import write_810, write_856
from orderline.core.orders.commands import AllocateUnits, Allotment, PackUnits, ParcelInput, PickUnits, ShipParcels
from orderline.core.orders.priced import TaxCategory
from orderline.core.orders.state import LineQuantity
from orderline.values.failures import Refused
from support.shop import MemoryShop, order_of

AT = datetime(2026, 11, 22, 6, 5, tzinfo=UTC)
ITEMS = (("SRV", "4000862141404"), ("IN", "ABC1234"))
LINE = KeptLine(line=1, number="10", quantity=5, unit="CT", per=6, price=Decimal("60.00"), items=ITEMS)
KEPT = KeptPurchase(number="PO-1", currency="EUR", lines=(LINE,), ordered_on=date(2026, 11, 20), parties=(("BY", "9:5412345000013"), ("SU", "9:4012345500004")))  # fmt: skip
WHOLE = SaidItem(number="10", items=ITEMS, quantity=2, unit="CT")
SINGLES = SaidItem(number="10", items=ITEMS, quantity=3, unit="")
NOTICE = ShipNotice(
    number="SO-1-S1", handed_over_at=AT, carrier="dhl",
    cartons=(Carton(items=(WHOLE,), sscc="354107380000001051", weight_g=12_500), Carton(items=(SINGLES,), tracking_number="JD01")),
)  # fmt: skip
INVOICE = Invoice(
    number="F-1", day=date(2026, 11, 22), due_on=date(2026, 12, 22), currency="EUR", net_minor=15_500, tax_minor=3_100, total_minor=18_600,
    lines=(InvoicedLine(item=WHOLE, price=Decimal("60.00"), net_minor=12_000), InvoicedLine(item=SINGLES, price=Decimal("10.0000"), net_minor=3_000)),
    charges=(InvoicedCharge(kind="shipping", description="Freight", net_minor=700), InvoicedCharge(kind="discount", description="", net_minor=-200)),
    taxes=(InvoicedTax(rate_ppm=200_000, category=TaxCategory.NOT_SAID, net_minor=15_500, tax_minor=3_100),),
)  # fmt: skip


def text(segments: tuple[OutSegment, ...], *tags: str, x12: bool = False) -> list[str]:
    """The segments with those tags, as they are written."""
    delimiters = X12_DELIMITERS if x12 else EDIFACT_DELIMITERS
    written = render_segments(segments, delimiters, "latin-1").replace(delimiters.segment + "\n", "\n").split("\n")
    return [line for line in written if line.startswith(tags)]


@pytest.mark.parametrize(
    ("accepted", "backordered", "rejected", "verdict", "action", "quantities"),
    [
        (5, 0, 0, "29", "5", ["QTY+21:5:CT", "QTY+113:5:CT"]),
        (3, 1, 1, "4", "3", ["QTY+21:5:CT", "QTY+113:3:CT", "QTY+83:1:CT", "QTY+182:1:CT"]),
        (0, 0, 5, "27", "7", ["QTY+21:5:CT", "QTY+182:5:CT"]),
    ],
)
def test_ordrsp_says_of_each_line_what_becomes_of_it(
    accepted: int, backordered: int, rejected: int, verdict: str, action: str, quantities: list[str]
) -> None:
    line = AnsweredLine(kept=LINE, accepted=accepted, backordered=backordered, rejected=rejected)
    said = write_ordrsp(Response(order_number="SO-1", lines=(line,)), KEPT, AT)
    assert text(said, "BGM") == [f"BGM+231+SO-1+{verdict}"]
    assert text(said, "LIN", "PIA") == [f"LIN+10+{action}+4000862141404:SRV", "PIA+1+ABC1234:IN"]
    assert text(said, "QTY") == quantities
    assert text(said, "RFF", "NAD") == ["RFF+ON:PO-1", "NAD+SU+4012345500004::9", "NAD+BY+5412345000013::9"]


def test_desadv_has_each_parcel_below_the_shipment() -> None:
    said = write_desadv(NOTICE, KEPT, AT)
    assert text(said, "BGM", "CPS", "PAC", "GIN", "RFF+CN", "MEA", "QTY", "CNT") == [
        "BGM+351+SO-1-S1+9", "CPS+1", "PAC+2++CT", "CPS+2+1", "PAC+1++CT", "MEA+PD+AAB+KGM:12.50", "GIN+BJ+354107380000001051",
        "QTY+12:2:CT", "CPS+3+1", "PAC+1++CT", "RFF+CN:JD01", "QTY+12:3", "CNT+2:2",
    ]  # fmt: skip


def test_an_invoice_states_goods_charges_and_tax_in_both_syntaxes() -> None:
    edifact = write_invoic(INVOICE, KEPT)
    assert text(edifact, "QTY", "MOA", "PRI", "TAX", "ALC") == [
        "ALC+C+++1+FC:::Freight", "MOA+8:7.00", "ALC+A+++2+DI:::discount", "MOA+8:2.00", "QTY+47:2:CT", "MOA+203:120.00",
        "PRI+AAA:60.00", "QTY+47:3", "MOA+203:30.00", "PRI+AAA:10.00", "MOA+79:150.00", "MOA+125:155.00", "MOA+176:31.00",
        "MOA+86:186.00", "TAX+7+VAT+++:::20.00+S", "MOA+125:155.00", "MOA+124:31.00",
    ]  # fmt: skip
    x12 = write_810(INVOICE, KEPT)
    assert text(x12, "IT1", "TDS", "TXI", "SAC", x12=True) == [
        "IT1*10*2*CT*60.00**SRV*4000862141404*IN*ABC1234", "IT1*10*3*EA*10.00**SRV*4000862141404*IN*ABC1234", "TDS*18600", "TXI*TX*31.00",
        "SAC*C*D240***700**********Freight", "SAC*A*C310***200**********discount",
    ]  # fmt: skip


def test_a_parcel_without_an_sscc_is_told_by_its_tracking_number() -> None:
    said = write_856(NOTICE, KEPT, AT)
    assert text(said, "MAN", "SN1", "REF", x12=True) == [
        "REF*CN*JD01", "MAN*GM*00354107380000001051", "SN1**2*CT", "MAN*CP*JD01", "SN1**3*EA",
    ]  # fmt: skip


def test_parts_of_a_bundle_are_told_at_the_line_of_the_bundle() -> None:
    """The partner calls its lines 3 and 4, as the parts of the bundle are called here."""
    kept = [replace(LINE, line=at, number=str(at + 2), quantity=1, per=1, unit="CT") for at in (1, 2)]
    purchase = replace(KEPT, lines=tuple(kept))
    shop = MemoryShop([("TEE-M", "lyon", 9), ("MUG", "lyon", 9)])
    order = shop.place(order_of("B-1", ("SET", 1, 5_000), ("TEE-M", 1, 2_000)))
    parts = {each.line: each.units.total() for each in shop.order(order).lines if each.units.total()}
    assert parts == {2: 1, 3: 1, 4: 2}
    units = tuple(LineQuantity(*each) for each in parts.items())
    answered = [
        (each.kept.number, each.accepted, each.backordered) for each in respond(shop.order(order), purchase).lines
    ]
    assert answered == [("3", 1, 0), ("4", 1, 0)]
    shop.do(
        AllocateUnits(
            order=order, group=1, allotments=tuple(Allotment(line, "eu", "lyon", n) for line, n in parts.items())
        )
    )
    shop.do(PickUnits(order=order, fulfillment=1, lines=units))
    shop.do(
        PackUnits(order=order, fulfillment=1, parcels=(ParcelInput(items=units, carrier="post", tracking_number="T"),))
    )
    shop.do(ShipParcels(order=order, fulfillment=1))
    [carton] = tell_shipment(shop.order(order), purchase, 1).cartons
    assert [(each.number, dict(each.items).get("VN", ""), each.quantity) for each in carton.items] == [
        ("4", "", 1), ("3", "TEE-M", 1), ("3", "MUG", 2),
    ]  # fmt: skip
    draft = shop.do(IssueInvoice(order=order, entity="main"))
    document = next(event.document for _, _, event in draft.record_events if isinstance(event, DocumentMade))
    invoiced = tell_invoice(shop.order(order), purchase, document).lines
    assert {each.item.number for each in invoiced} == {"3", "4"}
    assert sum(each.net_minor for each in invoiced) == document.net_minor


def test_prices_are_written_without_zeros_that_say_nothing() -> None:
    assert [plain(Decimal(each)) for each in ("12.5", "48", "0.0125", "10.0000", "1E+2")] == [
        "12.50",
        "48.00",
        "0.0125",
        "10.00",
        "100.00",
    ]


def test_an_amount_with_more_decimals_than_an_810_has_is_refused_and_not_cut_off() -> None:
    whole = replace(INVOICE, currency="KWD", total_minor=18_600, charges=(), tax_minor=0)
    assert text(write_810(whole, KEPT), "TDS", x12=True) == ["TDS*1860"]
    with pytest.raises(Refused) as refused:
        write_810(replace(whole, total_minor=18_605), KEPT)
    assert (refused.value.code, refused.value.facts["value"]) == (EdiRefusal.EDI_NOTHING_TO_SAY, "18.605 KWD")
