"""855, 856 and 810: what a partner is told, in X12 4010."""

from datetime import datetime
from decimal import Decimal

from orderline.core.edi.answers import (
    AnsweredLine,
    Carton,
    Invoice,
    Response,
    SaidItem,
    ShipNotice,
    plain,
)
from orderline.core.edi.purchases import KeptPurchase
from orderline.core.edi.refusals import EdiRefusal as R
from orderline.core.edi.segments import OutSegment
from orderline.values.failures import Refused
from orderline.values.money import render_minor

_SINGLE = "EA"


def write_855(response: Response, kept: KeptPurchase, at: datetime) -> tuple[OutSegment, ...]:
    """Purchase order acknowledgment: for each line what is accepted, backordered and rejected, which adds up to what was ordered."""
    verdict = "RD" if response.is_rejected else "AC" if response.is_changed else "AD"
    said: list[OutSegment] = [
        ("BAK", "00", verdict, kept.number, _day(kept), "", "", "", response.order_number, at.strftime("%Y%m%d"))
    ]
    said.extend(_party("ST", kept))
    promised = ("067", f"{response.promised_on:%Y%m%d}") if response.promised_on is not None else ()
    for line in response.lines:
        asked = line.kept
        said.append(
            ("PO1", asked.number, str(asked.quantity), asked.unit, plain(asked.price), "PE", *_names(asked.items))
        )
        said.extend(
            ("ACK", code, str(count), asked.unit, *promised[: 2 if code != "IR" else 0]) for code, count in _codes(line)
        )
    said.append(("CTT", str(len(response.lines))))
    return tuple(said)


def _codes(line: AnsweredLine) -> list[tuple[str, int]]:
    taken = "IA" if not line.rejected else "IQ"
    return [
        (code, count)
        for code, count in ((taken, line.accepted), ("IB", line.backordered), ("IR", line.rejected))
        if count
    ]


def write_856(notice: ShipNotice, kept: KeptPurchase, at: datetime) -> tuple[OutSegment, ...]:
    """Ship notice of one shipment: shipment, order, parcels, items, each level named by the one above it."""
    weight_g = sum(carton.weight_g for carton in notice.cartons)
    weight = ("", "", "", "G", plain(Decimal(weight_g).scaleb(-3)), "KG") if weight_g else ()
    left = notice.handed_over_at
    said: list[OutSegment] = [
        ("BSN", "00", notice.number, at.strftime("%Y%m%d"), at.strftime("%H%M"), "0001"),
        ("HL", "1", "", "S"),
        ("TD1", "CTN25", str(len(notice.cartons)), *weight),
    ]
    if notice.carrier:
        said.append(("TD5", "B", "", "", "M", notice.carrier))
    said.extend(
        ("REF", "CN", number) for number in dict.fromkeys(each.tracking_number for each in notice.cartons) if number
    )
    said.append(("DTM", "011", left.strftime("%Y%m%d"), left.strftime("%H%M")))
    said.extend(_party("ST", kept))
    said.extend(_party("SF", kept, "VN", "SU", "SE"))
    said.append(("HL", "2", "1", "O"))
    said.append(("PRF", kept.number, "", "", _day(kept)))
    level = 2
    for carton in notice.cartons:
        level += 1
        parcel = level
        said.append(("HL", str(parcel), "2", "P"))
        said.extend(_marks(carton))
        for item in carton.items:
            level += 1
            said.append(("HL", str(level), str(parcel), "I"))
            said.append(("LIN", item.number, *_names(item.items)))
            said.append(("SN1", "", str(item.quantity), item.unit or _SINGLE))
    said.append(("CTT", str(level)))
    return tuple(said)


def _marks(carton: Carton) -> list[OutSegment]:
    if carton.sscc:
        return [("MAN", "GM", "00" + carton.sscc)]
    return [("MAN", "CP", carton.tracking_number)] if carton.tracking_number else []


def write_810(invoice: Invoice, kept: KeptPurchase) -> tuple[OutSegment, ...]:
    """Invoice: TDS has the total with all charges and taxes, with two decimals that are not written."""
    said: list[OutSegment] = [
        ("BIG", f"{invoice.day:%Y%m%d}", invoice.number, _day(kept), kept.number),
        ("CUR", "SE", invoice.currency),
    ]
    said.extend(_party("RE", kept, "VN", "SU", "SE"))
    said.extend(_party("ST", kept))
    said.append(("ITD", "01", "3", "", "", "", f"{invoice.due_on:%Y%m%d}", str((invoice.due_on - invoice.day).days)))
    for line in invoice.lines:
        item = line.item
        said.append(
            ("IT1", item.number, str(item.quantity), item.unit or _SINGLE, plain(line.price), "", *_names(item.items))
        )
        said.extend(_described(item))
    said.append(("TDS", _hundredths(invoice.total_minor, invoice.currency)))
    if invoice.tax_minor:
        said.append(("TXI", "TX", plain(Decimal(render_minor(invoice.tax_minor, invoice.currency)))))
    for charge in invoice.charges:
        way = "A" if charge.net_minor < 0 else "C"
        code = "D240" if charge.kind == "shipping" else "C310" if way == "A" else "H850"
        amount = _hundredths(abs(charge.net_minor), invoice.currency)
        said.append(("SAC", way, code, "", "", amount, *("",) * 9, (charge.description or charge.kind)[:80]))
    said.append(("CTT", str(len(invoice.lines))))
    return tuple(said)


def _described(item: SaidItem) -> list[OutSegment]:
    return [("PID", "F", "", "", "", item.description[:80])] if item.description else []


def _party(role: str, kept: KeptPurchase, *others: str) -> list[OutSegment]:
    """A party by the code that the purchase order had for it."""
    qualifier, _, code = kept.code_of(role, *others).partition(":")
    return [("N1", role, "", qualifier, code)] if code else []


def _names(items: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    return tuple(text for pair in items for text in pair)


def _day(kept: KeptPurchase) -> str:
    return f"{kept.ordered_on:%Y%m%d}" if kept.ordered_on is not None else ""


def _hundredths(minor: int, currency: str) -> str:
    """X12 has two decimals in amounts without a point, whatever the currency. Refused EDI_NOTHING_TO_SAY: it has more."""
    hundredths = Decimal(render_minor(minor, currency)).scaleb(2)
    if hundredths != int(hundredths):
        said = f"{render_minor(minor, currency)} {currency}"
        raise Refused(
            R.EDI_NOTHING_TO_SAY, field="about", value=said, allowed="amounts of at most two decimals, as X12 has them"
        )
    return str(int(hundredths))
