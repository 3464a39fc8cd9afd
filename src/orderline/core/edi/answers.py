"""What a partner is told of its order, whichever the syntax: what is accepted, what left, what is owed; in its own units and names."""

import re
from datetime import date, datetime
from decimal import Context, Decimal
from typing import Final

import msgspec

from orderline.core.documents.state import Document
from orderline.core.edi.purchases import KeptLine, KeptPurchase
from orderline.core.edi.refusals import EdiRefusal as R
from orderline.core.moves import Bucket, Units
from orderline.core.orders.billed import DocumentKind
from orderline.core.orders.priced import TaxCategory
from orderline.core.orders.state import AgreedLine, Order
from orderline.values.failures import Refused
from orderline.values.money import CURRENCY_DIGITS

SINGLE: Final = ""
_WAITING: Final = (Bucket.UNPLANNED, Bucket.PEGGED)
_SSCC: Final = re.compile(r"(?:00)?([0-9]{18})\Z")
# Enough digits for any amount; a price is rounded once, half to even, to four decimals.
_EXACT: Final = Context(prec=36)
_PRICE_DIGITS: Final = Decimal("0.0001")


class AnsweredLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line with what becomes of it, in the units of the partner; the three add up to what was ordered."""

    kept: KeptLine
    accepted: int
    backordered: int
    rejected: int


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of an order. promised_on: when it will be there."""

    order_number: str
    lines: tuple[AnsweredLine, ...]
    promised_on: date | None = None

    @property
    def is_rejected(self) -> bool:
        """Is nothing of it served?"""
        return all(line.rejected == line.kept.quantity for line in self.lines)

    @property
    def is_changed(self) -> bool:
        """Is anything other than was ordered?"""
        return any(line.accepted != line.kept.quantity for line in self.lines)


class SaidItem(msgspec.Struct, frozen=True, kw_only=True):
    """Goods by their names, and how many. number: of the line of the partner, "" where it has none; unit: its own, or "" for single units of ours."""

    number: str
    items: tuple[tuple[str, str], ...]
    quantity: int
    unit: str
    description: str = ""


class Carton(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel. sscc: 18 digits, where its location named it so."""

    items: tuple[SaidItem, ...]
    sscc: str = ""
    tracking_number: str = ""
    weight_g: int = 0


class ShipNotice(msgspec.Struct, frozen=True, kw_only=True):
    """One shipment of an order."""

    number: str
    handed_over_at: datetime
    cartons: tuple[Carton, ...]
    carrier: str = ""


class InvoicedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an invoice: the price is of one of `item.unit`."""

    item: SaidItem
    price: Decimal
    net_minor: int


class InvoicedCharge(msgspec.Struct, frozen=True, kw_only=True):
    """What is charged beside goods; below zero, what is taken off."""

    kind: str
    description: str
    net_minor: int


class InvoicedTax(msgspec.Struct, frozen=True, kw_only=True):
    """Tax at one rate."""

    rate_ppm: int
    category: TaxCategory
    net_minor: int
    tax_minor: int


class Invoice(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice as it was issued."""

    number: str
    day: date
    due_on: date
    currency: str
    lines: tuple[InvoicedLine, ...]
    charges: tuple[InvoicedCharge, ...]
    taxes: tuple[InvoicedTax, ...]
    net_minor: int
    tax_minor: int
    total_minor: int


def respond(order: Order, kept: KeptPurchase) -> Response:
    """What becomes of an order as it stands. What waits for stock is backordered; what was canceled is rejected."""
    agreed = [line for line in order.agreements[0].lines if line.parent is None]
    lines: list[AnsweredLine] = []
    for line, first in zip(kept.lines, agreed, strict=False):
        accepted, rejected = _standing(order, first)
        served, refused = accepted // line.per, rejected // line.per
        lines.append(
            AnsweredLine(kept=line, accepted=served, backordered=line.quantity - served - refused, rejected=refused)
        )
    latest = [promise.last.latest_at for promise in order.promises if promise.last is not None]
    return Response(order_number=order.number, lines=tuple(lines), promised_on=max(latest).date() if latest else None)


def _standing(order: Order, agreed: AgreedLine) -> tuple[int, int]:
    """Units of a line that are served, and that are not; of a bundle as many as its parts allow."""
    parts = [each for each in order.lines if each.parent == agreed.line]
    if not parts:
        line = order.line_of(agreed.line)
        return _served(line.units) if line is not None else (0, agreed.quantity)
    ratios = [tuple(count * agreed.quantity // part.units.total() for count in _served(part.units)) for part in parts]
    return min(served for served, _ in ratios), min(refused for _, refused in ratios)


def _served(units: Units) -> tuple[int, int]:
    waiting = sum(getattr(units, bucket) for bucket in _WAITING)
    return units.total() - waiting - units.canceled, units.canceled


def tell_shipment(order: Order, kept: KeptPurchase, number: int) -> ShipNotice:
    """What left with a shipment. Refused EDI_NOTHING_TO_SAY: there is no such shipment, or nothing of it has left."""
    shipment = next((each for each in order.shipments if each.number == number), None)
    if shipment is None or not shipment.parcels:
        allowed = [each.number for each in order.shipments if each.parcels]
        raise Refused(R.EDI_NOTHING_TO_SAY, field="about", value=number, allowed=allowed)
    cartons: list[Carton] = []
    for place in shipment.parcels:
        parcel = order.parcel_of(place)
        assert parcel is not None
        found = _SSCC.match(parcel.ref)
        cartons.append(
            Carton(
                items=tuple(_item(order, kept, each.line, each.quantity) for each in parcel.items),
                sscc=found.group(1) if found is not None else "", tracking_number=parcel.tracking_number,
                weight_g=parcel.weight_g,
            )
        )  # fmt: skip
    return ShipNotice(
        number=f"{order.number}-S{number}", handed_over_at=shipment.handed_over_at, cartons=tuple(cartons),
        carrier=shipment.carrier,
    )  # fmt: skip


def _item(order: Order, kept: KeptPurchase, line: int, units: int) -> SaidItem:
    """Goods of a line of ours as the partner calls them; what it has not ordered so, by SKU: parts at the line of their bundle."""
    known = _kept_line(kept, line)
    if known is None:
        ours = order.line_of(line)
        bundle = _kept_line(kept, ours.parent) if ours is not None and ours.parent is not None else None
        return SaidItem(
            number=bundle.number if bundle is not None else "", items=(("VN", ours.sku if ours is not None else ""),),
            quantity=units, unit=SINGLE,
        )  # fmt: skip
    whole = units % known.per == 0
    return SaidItem(
        number=known.number, items=known.items, quantity=units // known.per if whole else units,
        unit=known.unit if whole else SINGLE, description=known.description,
    )  # fmt: skip


def _kept_line(kept: KeptPurchase, line: int) -> KeptLine | None:
    return next((each for each in kept.lines if each.line == line), None)


def tell_invoice(order: Order, kept: KeptPurchase, document: Document) -> Invoice:
    """An invoice. Refused EDI_NOTHING_TO_SAY: it is a credit note, or of several orders."""
    if document.kind is not DocumentKind.INVOICE or document.shares:
        raise Refused(
            R.EDI_NOTHING_TO_SAY, field="about", value=document.number, allowed="an invoice of this order alone"
        )
    digits = CURRENCY_DIGITS[document.currency]
    lines: list[InvoicedLine] = []
    for each in document.lines:
        if each.line and each.quantity and not each.kind:
            item = _item(order, kept, each.line, each.quantity)
            price = _EXACT.divide(Decimal(each.net_minor).scaleb(-digits), Decimal(item.quantity)).quantize(
                _PRICE_DIGITS
            )
            lines.append(InvoicedLine(item=item, price=price, net_minor=each.net_minor))
    charges = tuple(
        InvoicedCharge(kind=each.kind, description=each.description, net_minor=each.net_minor)
        for each in document.lines
        if each.kind or not each.quantity
    )
    return Invoice(
        number=document.number, day=document.day, due_on=document.due_on, currency=document.currency, lines=tuple(lines),
        charges=charges, net_minor=document.net_minor, tax_minor=document.tax_minor, total_minor=document.total_minor,
        taxes=tuple(
            InvoicedTax(rate_ppm=each.rate_ppm, category=each.category, net_minor=each.net_minor, tax_minor=each.tax_minor)
            for each in document.taxes
        ),
    )  # fmt: skip


def plain(number: Decimal) -> str:
    """A number without zeros that say nothing, but with two decimals where it has any: 12.50, 48.00, 0.0125."""
    text = f"{number:f}"
    whole, _, parts = text.partition(".")
    parts = parts.rstrip("0").ljust(2, "0")
    return f"{whole}.{parts}"
