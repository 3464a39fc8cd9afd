"""What a warehouse has sent, as a command on the order; what it was not asked for, or is not there any more, is a fault."""

from datetime import UTC, datetime, time

from orderline.core.edi.faults import FaultCode
from orderline.core.edi.fields import Fields
from orderline.core.edi.segments import Segment
from orderline.core.edi.shipping_orders import EdiShippingOrder
from orderline.core.edi.state import Profile
from orderline.core.edi.warehousing import TakeShippingAdvice
from orderline.core.edi.x12_shipping_advices import AdvisedCarton, AdvisedLine, ShippingAdvice
from orderline.core.fulfillments.discrepancies import Cause
from orderline.core.fulfillments.moving import asked_back_of
from orderline.core.orders.commands import ParcelInput
from orderline.core.orders.parcels import PickedLot
from orderline.core.orders.state import LineQuantity, Order


def take_advice(
    fields: Fields, profile: Profile, asked: EdiShippingOrder, order: Order, advice: ShippingAdvice, sha256: str
) -> TakeShippingAdvice | None:
    """The units that were sent, by the lines of the order that they are of. None: what is wrong is told.

    What is missing of goods that the advice names is short, unless it says that the rest follows; goods that it doesn't
    name are still to be sent. What it was asked to let go of and has not sent, it has let go. Units that were canceled here
    or taken away and have left all the same are told as that.
    """
    return _Taking(fields, profile, asked, order, advice).take(sha256)


class _Taking:
    def __init__(
        self, fields: Fields, profile: Profile, asked: EdiShippingOrder, order: Order, advice: ShippingAdvice
    ) -> None:
        self._fields = fields
        self._profile = profile
        self._asked = asked
        self._order = order
        self._advice = advice
        fulfillment = order.fulfillment_of(asked.fulfillment)
        items = fulfillment.items if fulfillment is not None else ()
        self._left = {item.line: item.units.allocated + item.units.released for item in items}
        self._asked_back = asked_back_of(fulfillment) if fulfillment is not None else {}
        # Units that are not to leave any more, and may have left.
        self._late = {item.line: item.units.canceled for item in items}
        self._unasked: Cause | None = None
        if fulfillment is not None and not any(item.units.total() for item in items):
            self._unasked = Cause.WITHDRAWN
            self._late = {each.line: each.quantity for each in asked.lines}
        if order.closed_at is not None:
            self._unasked = Cause.ORDER_CLOSED
        self._lines: dict[str, list[int]] = {}
        for item in items:
            line = order.line_of(item.line)
            if line is not None:
                self._lines.setdefault(line.sku, []).append(item.line)
        self._lots: dict[tuple[int, str], int] = {}
        self._bad = False

    def take(self, sha256: str) -> TakeShippingAdvice | None:
        advice, asked = self._advice, self._asked
        if not any(self._left.values()) and not any(self._late.values()):
            header = Segment("W06", (), advice.at)
            self._tell(
                FaultCode.CODE_UNKNOWN, header, 2, value=advice.number, expected="an order with units to be sent"
            )
            return None
        parcels: list[ParcelInput] = []
        late: list[ParcelInput] = []
        for carton in advice.cartons:
            here, too_late = self._packed(carton)
            if here:
                parcels.append(self._parcel(carton, here))
            if too_late:
                # Where a carrier's news of the carton belongs to what was to be sent, the rest has no number of its own.
                late.append(self._parcel(carton, too_late, tracked=not here))
        if self._bad:
            return None
        named = {self._sku(line): line for carton in advice.cartons for line in carton.lines}
        waits = {self._sku(line) for carton in advice.cartons for line in carton.lines if line.rest_follows}
        missing = {line for sku in named if sku not in waits for line in self._lines[sku] if self._left[line]}
        asked_back = {line for line, units in self._asked_back.items() if units and self._left.get(line)}
        let_go = bool(asked_back) and asked_back <= missing
        back = self._asked_back if let_go else {}
        short = tuple(
            LineQuantity(line, units)
            for line in sorted(missing - (asked_back if not let_go else set()))
            if (units := self._left[line] - min(back.get(line, 0), self._left[line]))
        )
        on = advice.shipped_on
        return TakeShippingAdvice(
            partner=asked.partner, number=asked.number, order=asked.order, fulfillment=asked.fulfillment,
            shipment=advice.shipment, sha256=sha256, parcels=tuple(parcels), late=tuple(late), short=short, let_go=let_go,
            unasked=self._unasked, carrier=advice.carrier,
            picked_lots=tuple(PickedLot(line, lot, units) for (line, lot), units in self._lots.items()),
            # Of the time nothing is known: by noon of a day that is not over it is now.
            occurred_at=datetime.combine(on, time(12), UTC) if on is not None else None,
        )  # fmt: skip

    def _packed(self, carton: AdvisedCarton) -> tuple[dict[int, int], dict[int, int]]:
        """What is in a carton by line: units that were to be sent, and units that were not any more."""
        items: dict[int, int] = {}
        late: dict[int, int] = {}
        for line in carton.lines:
            self._send(line, items, late)
        return items, late

    def _parcel(self, carton: AdvisedCarton, items: dict[int, int], *, tracked: bool = True) -> ParcelInput:
        return ParcelInput(
            items=tuple(LineQuantity(line, units) for line, units in items.items()),
            ref=carton.name or self._advice.shipment or self._advice.number,
            tracking_number=carton.tracking_number if tracked else "", carrier=self._advice.carrier,
        )  # fmt: skip

    def _send(self, line: AdvisedLine, items: dict[int, int], late: dict[int, int]) -> None:
        """Units of the goods, off those that are left of the lines that have them, the first first; then off the canceled ones."""
        segment = Segment("W12", (), line.at)
        sku = self._sku(line)
        if not sku:
            names = ", ".join(f"{qualifier}:{value}" for qualifier, value in line.items)
            expected = ", ".join(sorted(self._lines))
            self._tell(FaultCode.CODE_UNKNOWN, segment, 8, value=names, expected=expected)
            return
        per = self._profile.units_in(line.unit, sku)
        if not per:
            self._tell(FaultCode.CODE_UNKNOWN, segment, 5, value=line.unit, expected="a unit that the profile knows")
            return
        units, serials = line.shipped * per, list(line.serials)
        left = sum(self._left[each] + self._late.get(each, 0) for each in self._lines[sku])
        if units > left:
            self._tell(FaultCode.NUMBER_INVALID, segment, 3, value=str(line.shipped), expected=f"at most {left // per}")
            return
        for each in self._lines[sku]:
            taken = min(units, self._left[each])
            if not taken:
                continue
            units -= taken
            self._left[each] -= taken
            items[each] = items.get(each, 0) + taken
            named = [serials.pop(0) for _ in range(min(taken, len(serials)))]
            for lot, count in [(serial, 1) for serial in named] or ([(line.lot, taken)] if line.lot else []):
                self._lots[each, lot] = self._lots.get((each, lot), 0) + count
        for each in self._lines[sku]:
            taken = min(units, self._late.get(each, 0))
            if taken:
                units -= taken
                self._late[each] -= taken
                late[each] = late.get(each, 0) + taken

    def _sku(self, line: AdvisedLine) -> str:
        """Which of the goods of the order are meant: by what the profile says, or by the GTIN that was told."""
        sku = self._profile.sku_of(line.items)
        if sku in self._lines:
            return sku
        names = {value.lstrip("0") for _, value in line.items}
        return next((each.sku for each in self._asked.lines if each.gtin and each.gtin.lstrip("0") in names), "")

    def _tell(self, code: FaultCode, segment: Segment, element: int, *, value: str, expected: str) -> None:
        self._bad = True
        self._fields.tell(code, segment, element, value=value, expected=expected)
