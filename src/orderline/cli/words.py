"""Words for people: amounts, instants, counts, and each event of an order as a line of its timeline."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, assert_never

from orderline.cli.money_words import (
    tell_buying,
    tell_credit,
    tell_dispute,
    tell_posted,
    tell_return,
    tell_schedule,
)
from orderline.cli.plain import amount, count, instant, plain
from orderline.core.alarms.events import AlarmCleared, AlarmRaised
from orderline.core.decisions.asking import DecisionCause, OpenDecision
from orderline.core.disputes.events import DisputeAccepted, DisputeTold, EvidenceAnswered, EvidenceRequested
from orderline.core.holds.events import HoldConfirming, HoldEscalated, OrderScreened
from orderline.core.moves import Move
from orderline.core.orders import events as e
from orderline.core.orders.agreed_events import DecisionClosed, DecisionOpened, DelayConsented, OrderAmended
from orderline.core.orders.buying_events import PricesDiffered
from orderline.core.orders.state import PaymentKind
from orderline.core.orders.waiting_events import AutoCancelCleared, AutoCanceled, AutoCancelSet
from orderline.core.people.events import PeopleErased
from orderline.core.returns.events import (
    OrderReopened,
    ReturnLabeled,
    ReturnOpened,
    ReturnProgressed,
    ReturnSent,
    ReturnTracked,
    WrongGoodsCame,
)
from orderline.core.tenders.schedule_events import InstallmentCalled, PaymentScheduled

# How a move is told: with a place, most of them name the location or the pool.
MOVED: Final[dict[Move, str]] = {
    Move.RESERVE: "reserved",
    Move.UNRESERVE: "no longer reserved",
    Move.RECLAIM: "claimed elsewhere",
    Move.PEG: "pegged to supply",
    Move.UNPEG: "no longer pegged",
    Move.ALLOCATE: "allocated to",
    Move.PULL_BACK: "pulled back from",
    Move.RELEASE: "released to",
    Move.REJECT: "rejected by",
    Move.PICK: "picked at",
    Move.UNPICK: "put back at",
    Move.PACK: "packed at",
    Move.UNPACK: "unpacked at",
    Move.SHIP: "shipped from",
    Move.FULFILL: "fulfilled",
    Move.DELIVER: "delivered",
    Move.LOSE: "lost",
    Move.RETURN: "returned to",
    Move.SEND_BACK: "sent back to the customer from",
    Move.CANCEL: "canceled",
    Move.SHIP_LATE: "shipped although canceled, from",
    Move.UNSHIP: "not shipped after all, packed at",
    Move.UNSHIP_LATE: "not shipped after all, canceled at",
}

# What somebody is asked about.
ASKED_ABOUT: Final[dict[DecisionCause, str]] = {
    DecisionCause.UNFILLABLE: "units that can't be had",
    DecisionCause.DELAY: "a delay",
    DecisionCause.UNCOLLECTED: "goods that were not collected",
    DecisionCause.LATE_WORK: "late work",
    DecisionCause.APPROVAL: "an approval",
    DecisionCause.CHANGE: "a change",
    DecisionCause.ADDRESS: "a doubted address",
}

_PAID: Final = {
    PaymentKind.AUTHORIZE: ("authorization", "authorized"),
    PaymentKind.EXTEND: ("longer authorization", "authorized for longer"),
    PaymentKind.CAPTURE: ("capture", "captured"),
    PaymentKind.VOID: ("void", "voided"),
    PaymentKind.REFUND: ("refund", "refunded"),
}


_UNPEGGED: Final = {"supply": ", which is late or does not come"}


def items_of(items: Iterable[e.MovedItem]) -> str:
    """`3 units (2 of line 1, 1 of line 2)`."""
    by_line: Counter[int] = Counter()
    for each in items:
        by_line[each.line] += each.quantity
    total = count(sum(by_line.values()), "unit")
    if len(by_line) == 1:
        return f"{total} of line {next(iter(by_line))}"
    return f"{total} ({', '.join(f'{quantity} of line {line}' for line, quantity in sorted(by_line.items()))})"


def tell(event: e.AnyOrderEvent, currency: str) -> str:
    """One event in words; `currency` is that of its order."""
    match event:
        case e.OrderPlaced():
            units = sum(line.units.total() for line in event.lines)
            total = amount(event.agreement.total_minor, event.currency)
            taken_over = " (history, taken over)" if event.history else ""
            return f"order accepted from {event.channel}: {count(units, 'unit')}, {total}{taken_over}"
        case e.UnitsMoved():
            return _moved(event)
        case e.UnitsBackordered() if event.quantity > 0:
            return (
                f"{count(event.quantity, 'unit')} of line {event.line} backordered, waiting for supply in {event.pool}"
            )
        case e.UnitsBackordered():
            return f"{count(-event.quantity, 'unit')} of line {event.line} no longer backordered"
        case AutoCancelSet():
            lines, why = ", ".join(map(str, event.lines)), f": {event.reason}" if event.reason else ""
            return f"line {lines} to be canceled {instant(event.due_at)} if nothing is found for it{why}"
        case AutoCancelCleared():
            return f"line {', '.join(map(str, event.lines))} may wait as long as it takes"
        case AutoCanceled():
            return f"nothing was found in time for line {', '.join(map(str, event.lines))}"
        case e.ExclusionsLifted():
            return f"locations that have rejected line {event.line} may be asked again"
        case e.FulfillmentOpened():
            due = instant(event.due_at)
            return f"fulfillment order {event.number} opened at {event.location}, due {due}"
        case e.FulfillmentProgressed():
            parts = [plain(each.value) for each in (event.execution, event.negotiation) if each is not None]
            why = f": {event.reason}" if event.reason else ""
            return f"fulfillment order {event.fulfillment} {', '.join(parts) or 'went on'}{why}"
        case e.ParcelPacked():
            weight = f", {event.weight_g:,} g" if event.weight_g else ""
            units = sum(item.quantity for item in event.items)
            return f"parcel {event.number} packed: {count(units, 'unit')}{weight}"
        case e.ParcelLabeled():
            return f"parcel {event.parcel} labeled: {event.carrier} {event.service} {event.tracking_number}".rstrip()
        case e.FulfillmentWaved():
            return f"fulfillment order {event.fulfillment} is picked in wave {event.wave}"
        case e.FulfillmentCombined():
            how = f"leaves in one parcel with others: {event.combination}" if event.combination else "leaves on its own"
            return f"fulfillment order {event.fulfillment} {how}"
        case e.ParcelManifested():
            return f"parcel {event.parcel} listed in manifest {event.manifest}"
        case e.RateChosen():
            taken = event.choice.taken
            told = f"{taken.carrier} {taken.service}" if taken is not None else "nobody"
            if taken is not None and taken.upgrade:
                told += f" for {amount(event.choice.extra_minor, taken.currency)} more, to keep the promise"
            return f"parcel {event.parcel} goes by {told}, of {count(len(event.choice.offers), 'offer')}"
        case e.LabelRequested():
            return f"a label is to be bought for parcel {event.parcel} {event.service}".rstrip()
        case e.LabelVoidRequested():
            why = f": {event.reason}" if event.reason else ""
            return f"label {event.tracking_number} of parcel {event.parcel} is to be given back{why}"
        case e.LabelVoided():
            return f"label {event.tracking_number} of parcel {event.parcel} given back"
        case e.LabelVoidRefused():
            return f"label {event.tracking_number} of parcel {event.parcel} not taken back: {event.code}"
        case e.ShipmentHandedOver():
            parcels = ", ".join(map(str, event.parcels))
            to = "the customer at the counter" if event.carrier == "counter" else event.carrier or "the carrier"
            return f"shipment {event.number} handed to {to} at {event.location}: parcel {parcels}"
        case e.HandoverUndone():
            parcels = ", ".join(map(str, event.parcels))
            return (
                f"shipment {event.shipment} had not left: parcel {parcels} is here still ({event.by}): {event.reason}"
            )
        case e.ParcelTracked():
            place = f" ({event.place})" if event.place else ""
            return f"parcel {event.parcel} {plain(event.state.value)}{place}"
        case e.HoldPlaced():
            why = f": {event.hold.reason}" if event.hold.reason else ""
            return f"hold {event.hold.number} placed ({event.hold.type}), {event.hold.owner} to resolve it{why}"
        case e.HoldReleased():
            why = f": {event.reason}" if event.reason else ""
            return f"hold {event.hold} {event.outcome}{why}"
        case HoldConfirming():
            by = event.confirming
            return f"hold {event.hold} to be {by.outcome}, said {by.by}; somebody else has to confirm it"
        case HoldEscalated():
            return f"hold {event.hold} was not resolved in time, {event.owner} to resolve it"
        case OrderScreened():
            held = f"held by {', '.join(event.placed)}" if event.placed else "nothing found"
            return f"looked at by {event.policy}: score {event.score}, {held}"
        case e.TenderAdded():
            return f"tender {event.tender.number} added: {amount(event.tender.amount_minor, currency)} by {event.tender.method}"
        case e.TenderRetried():
            return f"tender {event.tender} to be asked for again, by {event.by}"
        case e.TenderGivenUp():
            return f"tender {event.tender} given up: {event.reason}"
        case PricesDiffered():
            return tell_buying(event, currency)
        case PaymentScheduled() | InstallmentCalled():
            return tell_schedule(event, currency)
        case e.PaymentRequested():
            return f"{_PAID[event.kind][0]} of {amount(event.amount_minor, currency)} asked for (tender {event.tender})"
        case e.PaymentAnswered():
            return _answered(event, currency)
        case e.PaymentWithdrawn():
            why = f": {event.reason}" if event.reason else ""
            return f"{_PAID[event.kind][0]} of {amount(event.amount_minor, currency)} not sent after all{why}"
        case e.RefundReversed():
            back = f"{amount(event.amount_minor, currency)} sent back (tender {event.tender}, {event.reference})"
            return f"refund of {back}{f': {event.reason}' if event.reason else ''}; it is owed again"
        case e.DocumentIssued():
            what, total = plain(event.document.kind), amount(event.document.total_minor, currency)
            return f"{what} {event.document.number} issued: {total}"
        case AlarmRaised():
            return f"alarm: nothing moves it on{f' to {plain(event.alarm.step)}' if event.alarm.step else ''}"
        case AlarmCleared():
            return "alarm over: it is moved again"
        case e.OrderLinked():
            return f"linked to another order ({event.link.type})"
        case e.OrderAnnotated():
            return _annotated(event)
        case e.OrderClosed():
            return "order closed"
        case e.PromiseCommitted() | e.PromiseRevised() | e.PromiseSettled():
            return _promised(event)
        case e.PickupReadied() | e.PickupTried() | e.PickupCollected() | e.PickupExpired() | e.PickupRestocked():
            return _collected(event)
        case PeopleErased():
            because = f": {event.reason}" if event.reason else ""
            return f"{count(len(event.people), 'person', 'people')} erased{because}"
        case ReturnOpened() | ReturnProgressed() | ReturnSent() | ReturnLabeled() | ReturnTracked() | WrongGoodsCame():
            return tell_return(event)
        case DisputeTold() | EvidenceRequested() | EvidenceAnswered() | DisputeAccepted():
            return tell_dispute(event, currency)
        case OrderReopened():
            return f"order opened again: {event.reason}"
        case e.CreditGranted():
            return tell_credit(event.credit, currency)
        case e.MoneyPosted():
            return tell_posted(event.posted) + (f" ({plain(event.reason)})" if event.reason else "")
        case OrderAmended():
            return f"amended: agreement {event.agreement.number}, {amount(event.agreement.total_minor, currency)}"
        case DecisionOpened():
            return _asked(event.decision)
        case DelayConsented():
            until = f"until {event.consent.latest_at:%Y-%m-%d}" if event.consent.latest_at else "without end"
            return f"{event.consent.stage} delay {until} agreed to ({event.consent.how})"
        case DecisionClosed():
            return _decided(event)
        case _:
            assert_never(event)


def about_decision(decision: OpenDecision) -> str:
    """What a decision request is about: `units that can't be had, line 2`."""
    return f"{ASKED_ABOUT[decision.cause]}{f', {_lines(decision.lines)}' if decision.lines else ''}"


def _lines(numbers: Sequence[int]) -> str:
    return f"line{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"


def _asked(decision: OpenDecision) -> str:
    if decision.sent:
        return f"{plain(decision.to)} asked about {about_decision(decision)}, until {instant(decision.due_at)}"
    return f"a question about {about_decision(decision)} is drafted, for {plain(decision.to)} to send"


def _decided(event: DecisionClosed) -> str:
    about = f" about {ASKED_ABOUT[event.cause]}" if event.cause is not None else ""
    if event.reason:
        return f"question{about} withdrawn: {event.reason}"
    if not event.answer:
        return f"question{about} decided"  # told before answers were noted here
    said = f"{event.title} ({event.answer})" if event.title else event.answer
    if event.how == "silence":
        return f"nobody answered{about}, so by default: {said}"
    by = {"link": ", by link", "staff": ", told to staff"}.get(event.how, "")
    return f"{plain(event.to)} decided{about}{by}: {said}"


def _promised(event: e.PromiseCommitted | e.PromiseRevised | e.PromiseSettled) -> str:
    if isinstance(event, e.PromiseSettled):
        return f"promise of line {event.line} {plain(event.outcome)}{f': {plain(event.cause)}' if event.cause else ''}"
    by_day: dict[str, list[int]] = {}
    for each in event.lines:
        by_day.setdefault(f"{each.window.latest_at:%Y-%m-%d}", []).append(each.line)
    days = "; ".join(f"{_lines(lines)} by {day}" for day, lines in by_day.items())
    if isinstance(event, e.PromiseCommitted):
        return f"promised: {days}"
    return f"promised anew: {days} ({plain(event.cause)}{f', {event.reason}' if event.reason else ''})"


def _collected(
    event: e.PickupReadied | e.PickupTried | e.PickupCollected | e.PickupExpired | e.PickupRestocked,
) -> str:
    of = f"fulfillment order {event.fulfillment}"
    match event:
        case e.PickupReadied():
            return f"{of} ready to be collected until {instant(event.deadline_at)}"
        case e.PickupTried():
            return f"{of}: a wrong code was shown"
        case e.PickupCollected():
            return f"{of}: {count(len(event.parcels), 'parcel')} collected"
        case e.PickupExpired():
            return f"{of} was not collected in time"
        case e.PickupRestocked():
            return f"{of}: {count(event.units, 'unit')} put back"


def _moved(event: e.UnitsMoved) -> str:
    units, told = items_of(event.items), MOVED[event.move]
    pools = sorted({each.pool for each in event.items if each.pool})
    if event.move is Move.RESERVE:
        return f"{units} reserved in {', '.join(pools) or 'stock'}"
    if event.move is Move.PEG:
        return f"{units} waiting for {', '.join(_expected(event.items))}"
    if event.move is Move.UNPEG:
        rows = ", ".join(sorted({supply_row(each.supply) for each in event.items if each.supply})) or "supply"
        return f"{units} no longer waiting for {rows}{_UNPEGGED.get(event.reason, '')}"
    if event.move is Move.RECLAIM:
        into = sorted({each.into for each in event.items if each.into})
        return f"{units} found no location in {', '.join(pools)}: now {' and '.join(into) or 'waiting for supply'}"
    place = f" {event.location}" if event.location else ""
    told = told if place else told.removesuffix(" from").removesuffix(" to").removesuffix(" at").removesuffix(" by")
    if event.move in (Move.CANCEL, Move.DELIVER, Move.LOSE):
        place = f" at {event.location}" if event.location and event.move is Move.CANCEL else ""
    shelf = f" ({event.shelf} on the shelf)" if event.shelf else ""
    why = f": {event.reason}" if event.reason else ""
    return f"{units} {told}{place}{shelf}{why}"


def supply_row(row: str) -> str:
    """`purchase order PO-7, line 2`, of the id of a row of dated supply."""
    kind, _, rest = row.partition(":")
    record, _, line = rest.rpartition(":")
    return f"{plain(kind)} {record}, line {line}" if record and line else row


def _expected(items: Iterable[e.MovedItem]) -> list[str]:
    rows = {each.supply: each.promised_at for each in items if each.supply}
    return [f"{supply_row(row)}{f' (ready {at:%Y-%m-%d})' if at else ''}" for row, at in sorted(rows.items())]


def _answered(event: e.PaymentAnswered, currency: str) -> str:
    asked, done = _PAID[event.kind]
    money = amount(event.amount_minor, currency)
    if event.in_doubt:
        return f"{asked} of {money}: the answer was lost; the provider will be asked"
    if event.declined:
        return f"{asked} of {money} declined: {event.declined}"
    return f"{money} {done}{f' ({event.reference})' if event.reference else ''}"


def _annotated(event: e.OrderAnnotated) -> str:
    parts: list[str] = []
    if event.priority is not None:
        parts.append(f"priority {event.priority}")
    if event.assignee is not None:
        parts.append(f"assigned to {event.assignee or 'nobody'}")
    if event.tags is not None:
        parts.append(f"tags {', '.join(event.tags) or 'none'}")
    if event.custom is not None:
        parts.append("custom fields")
    if event.note is not None:
        parts.append(f"note: {event.note.text}")
    return "; ".join(parts) or "annotated"
