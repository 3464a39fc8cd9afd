"""A purchase order of a partner as an order of ours, by what its profile says; what the profile does not know is a fault."""

from datetime import UTC, datetime, time
from typing import Final

from orderline.core.edi.faults import FaultCode
from orderline.core.edi.fields import Fields
from orderline.core.edi.purchases import KeptLine, KeptPurchase, Party, PurchaseLine, PurchaseOrder
from orderline.core.edi.segments import Segment, Syntax
from orderline.core.edi.state import DATES, UNITS, Profile
from orderline.core.orders.buying import CompanyInput
from orderline.core.orders.commands import CustomerInput, GroupInput, LineInput, PlaceOrder, TenderInput
from orderline.core.tenders.rules import TERMS
from orderline.values.address import Address, check_address
from orderline.values.failures import Refused
from orderline.values.money import CURRENCY_DIGITS, MAX_MINOR, render_minor
from orderline.values.quantity import MAX_QUANTITY

# Where in a line what is asked stands: unit, price, goods; and which segment has it.
_PLACES: Final = {
    Syntax.X12: (("PO1", 3), ("PO1", 4), ("PO1", 7)),
    Syntax.EDIFACT: (("QTY", 1), ("PRI", 1), ("LIN", 3)),
}


def place_purchase(
    fields: Fields, profile: Profile, document: PurchaseOrder, *, is_test: bool
) -> tuple[PlaceOrder, KeptPurchase] | None:
    """The order that it asks for, and what is kept of it. None: what is wrong is told."""
    return _Placing(fields, profile, document).place(is_test=is_test)


class _Placing:
    def __init__(self, fields: Fields, profile: Profile, document: PurchaseOrder) -> None:
        self._fields = fields
        self._profile = profile
        self._document = document
        self._header = Segment("BEG" if profile.syntax is Syntax.X12 else "BGM", (), document.at)
        self._bad = False

    def place(self, *, is_test: bool) -> tuple[PlaceOrder, KeptPurchase] | None:
        document, profile = self._document, self._profile
        currency = document.currency or profile.currency
        if currency not in CURRENCY_DIGITS:
            self._tell(
                FaultCode.CODE_UNKNOWN,
                Segment("CUR" if profile.syntax is Syntax.X12 else "CUX", (), document.at),
                2,
                value=currency,
                expected="a currency",
            )
            return None
        lines = [self._line(number, line, currency) for number, line in enumerate(document.lines, 1)]
        location, group = self._group()
        if self._bad:
            return None
        asked = [line for line, _ in filter(None, lines)]
        kept = tuple(line for _, line in filter(None, lines))
        total = sum(line.unit_price_minor * line.quantity for line in asked)
        stated = document.total
        if stated is not None and stated.scaleb(CURRENCY_DIGITS[currency]) != total:
            self._tell(
                FaultCode.TOTAL_DIFFERS,
                self._header,
                value=str(stated),
                expected=render_minor(total, currency),
            )
            return None
        company = (
            CompanyInput(company=profile.company, location=location, po_number=document.number)
            if profile.company
            else None
        )
        tenders = (TenderInput(provider=TERMS, method="terms", amount_minor=total),) if profile.on_terms else ()
        buyer = document.party("BY", "BT", "ST", "DP")
        order = PlaceOrder(
            channel=profile.channel, external_id=document.number, currency=currency, lines=tuple(asked), total_minor=total,
            customer=CustomerInput(name=buyer.name[:160] if buyer is not None and company is None else ""),
            groups=(group,), tenders=tenders, is_test=is_test, note=document.note, company=company,
        )  # fmt: skip
        codes = tuple((party.role, party.code) for party in document.parties if party.code)
        return order, KeptPurchase(
            number=document.number, currency=currency, lines=kept, ordered_on=document.ordered_on, parties=codes
        )

    def _line(self, number: int, line: PurchaseLine, currency: str) -> tuple[LineInput, KeptLine] | None:
        profile = self._profile
        (unit_tag, unit_element), (price_tag, price_element), (item_tag, item_element) = _PLACES[profile.syntax]
        sku = profile.sku_of(line.items)
        if not sku:
            names = ", ".join(f"{qualifier}:{value}" for qualifier, value in line.items)
            self._tell(
                FaultCode.CODE_UNKNOWN,
                Segment(item_tag, (), line.at),
                item_element,
                value=names,
                expected="goods that the profile names",
            )
            return None
        unit = line.unit or ("PCE" if profile.syntax is Syntax.EDIFACT else "")
        per = profile.units_in(unit, sku, line.pack)
        if not per:
            self._tell(
                FaultCode.CODE_UNKNOWN,
                Segment(unit_tag, (), line.at),
                unit_element,
                value=line.unit,
                expected=", ".join(sorted({**UNITS, **profile.units})),
            )
            return None
        if line.price is None:
            self._tell(FaultCode.ELEMENT_MISSING, Segment(price_tag, (), line.at), price_element, expected="a price")
            return None
        minor, rest = divmod(line.price.scaleb(CURRENCY_DIGITS[currency]), per)
        if rest or not 0 <= minor <= MAX_MINOR or not 0 < line.quantity * per <= MAX_QUANTITY:
            shown = f"{line.price} for {per}" if per > 1 else str(line.price)
            self._tell(
                FaultCode.NUMBER_INVALID,
                Segment(price_tag, (), line.at),
                price_element,
                value=shown,
                expected="a price of whole minor units for each unit",
            )
            return None
        asked = LineInput(
            sku=sku, quantity=line.quantity * per, unit_price_minor=int(minor), description=line.description
        )
        kept = KeptLine(
            line=number, number=line.number, quantity=line.quantity, unit=line.unit, per=per, price=line.price,
            items=line.items, description=line.description,
        )  # fmt: skip
        return asked, kept

    def _group(self) -> tuple[str, GroupInput]:
        """Where to and when: the location of the company, "" where it is an address, and the group."""
        document, profile = self._document, self._profile
        dates = {{**DATES, **profile.dates}.get(qualifier, "ignored"): day for qualifier, day in document.dates}
        by, earliest = dates.get("deliver_by"), dates.get("not_before")
        promised_by = datetime.combine(by, time(23, 59), UTC) if by is not None else None
        release_at = datetime.combine(earliest, time(), UTC) if earliest is not None else None
        party = document.party(*profile.delivered_to)
        if party is None:
            tag = "N1" if profile.syntax is Syntax.X12 else "NAD"
            self._bad = True
            self._fields.lacks(tag, " or ".join(profile.delivered_to))
            return "", GroupInput()
        location = profile.ship_to.get(party.code, "")
        if location and profile.company:
            return location, GroupInput(promised_by=promised_by, release_at=release_at)
        address = self._address(party)
        return "", GroupInput(address=address, promised_by=promised_by, release_at=release_at)

    def _address(self, party: Party) -> Address | None:
        tag, element = ("N1", 4) if self._profile.syntax is Syntax.X12 else ("NAD", 2)
        segment = Segment(tag, (), party.at)
        if not party.lines and not party.city:
            self._tell(
                FaultCode.CODE_UNKNOWN,
                segment,
                element,
                value=party.code,
                expected="a location that the profile knows, or an address",
            )
            return None
        try:
            return check_address(
                Address(
                    country=party.country, name=party.name, lines=party.lines, city=party.city, region=party.region,
                    postal_code=party.postal_code,
                )
            )  # fmt: skip
        except Refused as refusal:
            expected = f"{refusal.code.value}: {refusal.facts.get('field', '')}"
            self._tell(FaultCode.CODE_UNKNOWN, segment, element, value=party.code or party.name, expected=expected)
            return None

    def _tell(
        self, code: FaultCode, segment: Segment, element: int = 0, *, value: str = "", expected: str = ""
    ) -> None:
        self._bad = True
        self._fields.tell(code, segment, element, value=value, expected=expected)
