"""What each event of an order is measured as, when it happened. Pure."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from orderline.core.alarms.events import AlarmCleared, AlarmRaised
from orderline.core.holds.events import HoldPlaced, HoldReleased
from orderline.core.moves import Move
from orderline.core.orders.events import (
    FulfillmentOpened,
    HandoverUndone,
    ParcelPacked,
    ParcelTracked,
    PaymentAnswered,
    ShipmentHandedOver,
    UnitsMoved,
)
from orderline.core.orders.state import Order, Parcel, ParcelState
from orderline.core.reports.measures import REJECTED, Measure, Slices, seconds_between, word_of
from orderline.core.reports.sheet import Sheet

M = Measure
SHORT_PICK = "short_pick"
_ASTRAY = (ParcelState.EXCEPTION, ParcelState.LOST)


class Follower:
    """Takes the events of an order one after the other, and puts down what they count as."""

    def __init__(self, order: Order, sheet: Sheet) -> None:
        self._order = order
        self._sheet = sheet
        self.astray: set[int] = set()  # parcels
        self.released: dict[int, datetime] = {}  # fulfillment orders
        self.packed: dict[int, datetime] = {}
        self._holds: dict[int, tuple[datetime, str]] = {}
        self._alarm: datetime | None = None
        self._lost_sight: dict[int, datetime] = {}  # parcels in an exception, since when
        self._rejected: dict[int, tuple[datetime, str]] = {}  # lines that wait for another location, since when
        # the first attempt for a demand group: when, what it is sliced by, whether it was for all units
        self._first: dict[int, tuple[datetime, Slices, bool]] = {}
        self._refused: set[int] = set()  # demand groups of which a location has rejected units
        self._taken: Counter[int] = Counter()  # units of lines that were canceled or given a location

    def follow(self, events: Sequence[object]) -> None:
        """The events of one journal entry."""
        carriers = {each.fulfillment: each.carrier for each in events if isinstance(each, ShipmentHandedOver)}
        tried = set(self._first)
        for event in events:
            match event:
                case UnitsMoved():
                    self._moved(event, carriers, tried)
                case HandoverUndone():
                    carriers |= {
                        each.fulfillment: each.carrier
                        for each in self._order.shipments
                        if each.number == event.shipment
                    }
                case FulfillmentOpened():
                    about = self._sheet.at(
                        event.group, location=event.location, rule=self._sheet.rule_of(event.decision)
                    )
                    self._sheet.put(M.OPENED, event.opened_at, about, number=1)
                case ParcelPacked() if not event.returned:
                    self.packed[event.fulfillment] = max(event.at, self.packed.get(event.fulfillment, event.at))
                case ParcelTracked():
                    self._tracked(event)
                case HoldPlaced():
                    self._holds[event.hold.number] = event.hold.placed_at, event.hold.type
                    self._exception(event.hold.placed_at, self._sheet.at(reason=word_of(event.hold.type)))
                case HoldReleased() if event.hold in self._holds:
                    since, type_ = self._holds.pop(event.hold)
                    self._resolved(since, event.at, self._sheet.at(reason=word_of(type_)))
                case AlarmRaised():
                    self._alarm = event.alarm.raised_at
                    self._exception(event.alarm.raised_at, self._sheet.at(reason="nothing moves it"))
                case AlarmCleared() if self._alarm is not None:
                    self._resolved(self._alarm, event.at, self._sheet.at(reason="nothing moves it"))
                    self._alarm = None
                case PaymentAnswered() if event.declined:
                    self._exception(event.at, self._sheet.at(reason="payment declined"))
                case _:
                    pass

    def end(self) -> None:
        """All events have been taken."""
        for group, (at, about, whole) in self._first.items():
            self._sheet.put(M.ATTEMPTS, at, about, 1 if whole and group not in self._refused else 0, 1)
        for number, at in self.packed.items():
            if number in self.released:
                about = self._sheet.at_fulfillment(number)
                self._sheet.put(M.PREPARED, at, about, max(0, seconds_between(self.released[number], at)), 1)

    def _moved(self, event: UnitsMoved, carriers: dict[int, str], tried: set[int]) -> None:
        sheet, units = self._sheet, sum(item.quantity for item in event.items)
        about = sheet.at(location=event.location)
        if event.fulfillment is not None:
            about = sheet.at_fulfillment(event.fulfillment)
        match event.move:
            case Move.ALLOCATE:
                self._by_sku(M.ALLOCATED, event, about)
                self._over(event)
                self._attempted(event, about, tried)
            case Move.RELEASE if event.fulfillment is not None:
                self.released.setdefault(event.fulfillment, event.at)
            case Move.REJECT:
                self._refused.update(self._groups(event))
                reason = word_of(event.reason)
                self._by_sku(M.REJECTED, event, about._replace(reason=reason))
                self._exception(event.at, about._replace(reason=REJECTED))
                for item in event.items:
                    self._rejected.setdefault(item.line, (event.at, event.location))
            case Move.CANCEL:
                self._over(event)
                for item in event.items:
                    self._taken[item.line] += item.quantity
                sheet.put(M.CANCELED, event.at, about._replace(reason=word_of(event.reason)), units)
            case Move.PICK:
                sheet.put(M.PICKED, event.at, about, units)
            case Move.UNPICK:
                sheet.put(M.PICKED, event.at, about, -units)
            case Move.SHIP | Move.SHIP_LATE | Move.UNSHIP | Move.UNSHIP_LATE:
                carrier = carriers.get(event.fulfillment or 0, "")
                sign = 1 if event.move in (Move.SHIP, Move.SHIP_LATE) else -1
                self._by_sku(M.SHIPPED, event, about._replace(carrier=carrier), sign)
            case _:
                pass
        if event.reason == SHORT_PICK and event.move in (Move.REJECT, Move.CANCEL):
            reason = f"not found: {event.shelf}" if event.shelf else "not found"
            sheet.put(M.PICK_ERRORS, event.at, about._replace(reason=reason), units)

    def _by_sku(self, measure: M, event: UnitsMoved, about: Slices, sign: int = 1) -> None:
        for item in event.items:
            line = self._order.line_of(item.line)
            if line is not None:
                self._sheet.put(measure, event.at, about._replace(sku=line.sku), sign * item.quantity)

    def _attempted(self, event: UnitsMoved, about: Slices, tried: set[int]) -> None:
        """Units were given a location; was it by the first decision that gave any?"""
        for item in event.items:
            self._taken[item.line] += item.quantity
        for group in self._groups(event) - tried:
            at, known, _ = self._first.get(group, (event.at, about._replace(location=""), False))
            wanted = {
                each.line: self._sheet.ordered.get(each.line, 0) for each in self._order.lines if each.group == group
            }
            self._first[group] = at, known, all(self._taken[line] >= units for line, units in wanted.items())

    def _groups(self, event: UnitsMoved) -> set[int]:
        found = (self._order.line_of(item.line) for item in event.items)
        return {line.group for line in found if line is not None}

    def _over(self, event: UnitsMoved) -> None:
        """Units that a location had rejected have another one, or are not wanted any more."""
        for item in event.items:
            if item.line in self._rejected:
                since, location = self._rejected.pop(item.line)
                self._resolved(since, event.at, self._sheet.at(location=location, reason=REJECTED))

    def _tracked(self, event: ParcelTracked) -> None:
        parcel = self._order.parcel_of(event.parcel)
        if parcel is None:
            return
        if event.state in _ASTRAY:
            self.astray.add(event.parcel)
            self._exception(event.at, self._of_parcel(parcel)._replace(reason=f"parcel {event.state.value}"))
        if event.state is ParcelState.EXCEPTION:
            self._lost_sight.setdefault(event.parcel, event.at)
        elif event.parcel in self._lost_sight:
            since = self._lost_sight.pop(event.parcel)
            self._resolved(since, event.at, self._of_parcel(parcel)._replace(reason="parcel exception"))

    def _of_parcel(self, parcel: Parcel) -> Slices:
        return self._sheet.at_fulfillment(parcel.fulfillment)._replace(carrier=parcel.carrier)

    def _exception(self, at: datetime, about: Slices) -> None:
        self._sheet.put(M.EXCEPTIONS, at, about, 1)

    def _resolved(self, since: datetime, at: datetime, about: Slices) -> None:
        self._sheet.put(M.RESOLVED, at, about, max(0, seconds_between(since, at)), 1)
