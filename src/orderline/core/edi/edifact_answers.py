"""ORDRSP, DESADV and INVOIC: what a partner is told, in EDIFACT D.96A."""

from datetime import date, datetime
from decimal import Decimal

from orderline.core.edi.answers import Invoice, Response, SaidItem, ShipNotice, plain
from orderline.core.edi.purchases import KeptPurchase
from orderline.core.edi.segments import OutSegment
from orderline.values.money import render_minor

_SINGLE = "PCE"


def write_ordrsp(response: Response, kept: KeptPurchase, at: datetime) -> tuple[OutSegment, ...]:
    """Purchase order response: 27 nothing is accepted, 4 with changes, 29 as it was ordered."""
    verdict = "27" if response.is_rejected else "4" if response.is_changed else "29"
    said: list[OutSegment] = [
        ("BGM", "231", response.order_number, verdict),
        _date("137", at),
        *_order(kept),
        *_parties(kept),
    ]
    for line in response.lines:
        asked = line.kept
        action = "5" if line.accepted == asked.quantity else "7" if line.rejected == asked.quantity else "3"
        item = SaidItem(number=asked.number, items=asked.items, quantity=asked.quantity, unit=asked.unit)
        said.extend(_line(item, action))
        said.extend(
            ("QTY", _quantity(code, count, asked.unit))
            for code, count in (
                ("21", asked.quantity),
                ("113", line.accepted),
                ("83", line.backordered),
                ("182", line.rejected),
            )
            if count
        )
        if response.promised_on is not None and line.rejected != asked.quantity:
            said.append(_date("67", response.promised_on))
        said.append(("PRI", ("AAA", plain(asked.price))))
    said += [("UNS", "S"), ("CNT", ("2", str(len(response.lines))))]
    return tuple(said)


def write_desadv(notice: ShipNotice, kept: KeptPurchase, at: datetime) -> tuple[OutSegment, ...]:
    """Despatch advice of one shipment: the whole, then each parcel below it with what is in it."""
    said: list[OutSegment] = [
        ("BGM", "351", notice.number, "9"), _date("137", at), _date("11", notice.handed_over_at), *_order(kept), *_parties(kept),
    ]  # fmt: skip
    if notice.carrier:
        said.append(("TDT", "20", "", "", "", ("", "", "", notice.carrier)))
    said += [("CPS", "1"), ("PAC", str(len(notice.cartons)), "", ("CT",))]
    items = 0
    for place, carton in enumerate(notice.cartons, 2):
        said += [("CPS", str(place), "1"), ("PAC", "1", "", ("CT",))]
        if carton.weight_g:
            said.append(("MEA", "PD", "AAB", ("KGM", plain(Decimal(carton.weight_g).scaleb(-3)))))
        if carton.sscc:
            said += [("PCI", "33E"), ("GIN", "BJ", carton.sscc)]
        elif carton.tracking_number:
            said += [("PCI", "33E"), ("RFF", ("CN", carton.tracking_number))]
        for item in carton.items:
            items += 1
            said.extend(_line(item))
            said.append(("QTY", _quantity("12", item.quantity, item.unit)))
    said.append(("CNT", ("2", str(items))))
    return tuple(said)


def write_invoic(invoice: Invoice, kept: KeptPurchase) -> tuple[OutSegment, ...]:
    """Invoice, with its totals and the tax at each rate."""
    money = invoice.currency
    said: list[OutSegment] = [
        ("BGM", "380", invoice.number, "9"), _date("137", invoice.day), *_order(kept), *_parties(kept), ("CUX", ("2", money, "4")),
        ("PAT", "3"), _date("13", invoice.due_on),
    ]  # fmt: skip
    for place, charge in enumerate(invoice.charges, 1):
        way, code = ("A", "DI") if charge.net_minor < 0 else ("C", "FC" if charge.kind == "shipping" else "ZZZ")
        said.append(("ALC", way, "", "", str(place), (code, "", "", (charge.description or charge.kind)[:35])))
        said.append(("MOA", ("8", render_minor(abs(charge.net_minor), money))))
    for line in invoice.lines:
        said.extend(_line(line.item))
        said.append(("QTY", _quantity("47", line.item.quantity, line.item.unit)))
        said.append(("MOA", ("203", render_minor(line.net_minor, money))))
        said.append(("PRI", ("AAA", plain(line.price))))
    goods = sum(line.net_minor for line in invoice.lines)
    said += [
        ("UNS", "S"), ("CNT", ("2", str(len(invoice.lines)))), ("MOA", ("79", render_minor(goods, money))),
        ("MOA", ("125", render_minor(invoice.net_minor, money))), ("MOA", ("176", render_minor(invoice.tax_minor, money))),
        ("MOA", ("86", render_minor(invoice.total_minor, money))),
    ]  # fmt: skip
    for tax in invoice.taxes:
        rate = plain(Decimal(tax.rate_ppm).scaleb(-4))
        category = tax.category.value or ("S" if tax.rate_ppm else "Z")
        said.append(("TAX", "7", "VAT", "", "", ("", "", "", rate), category))
        said.append(("MOA", ("125", render_minor(tax.net_minor, money))))
        said.append(("MOA", ("124", render_minor(tax.tax_minor, money))))
    return tuple(said)


def _date(qualifier: str, day: date | datetime) -> OutSegment:
    return ("DTM", (qualifier, f"{day:%Y%m%d}", "102"))


def _order(kept: KeptPurchase) -> list[OutSegment]:
    said: list[OutSegment] = [("RFF", ("ON", kept.number))]
    if kept.ordered_on is not None:
        said.append(_date("171", kept.ordered_on))
    return said


def _parties(kept: KeptPurchase) -> list[OutSegment]:
    """Who was named in the purchase order by a code is named so again."""
    said: list[OutSegment] = []
    for role in ("SU", "BY", "DP", "IV"):
        agency, _, code = kept.code_of(role).partition(":")
        if code:
            said.append(("NAD", role, (code, "", agency)))
    return said


def _line(item: SaidItem, action: str = "") -> list[OutSegment]:
    """LIN has the number of goods that is a GTIN, PIA what else they are called."""
    main = next(((kind, name) for kind, name in item.items if kind in ("SRV", "SRS", "EN", "UP")), None)
    said: list[OutSegment] = [("LIN", item.number, action, (main[1], main[0]) if main is not None else "")]
    others = [(name, kind) for kind, name in item.items if (kind, name) != main][:5]
    if others:
        said.append(("PIA", "1", *others))
    return said


def _quantity(code: str, count: int, unit: str) -> tuple[str, ...]:
    return (code, str(count), unit) if unit else (code, str(count))
