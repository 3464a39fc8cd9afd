"""Fold the journal of one order and compare: the hashes, the document, and what went on on the way."""

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from orderline.core.moves import Move
from orderline.core.orders.events import (
    AnyOrderEvent,
    FulfillmentProgressed,
    PaymentAnswered,
    PaymentRequested,
    UnitsMoved,
)
from orderline.core.orders.evolve import evolve_order
from orderline.core.orders.state import Negotiation, Order, PaymentKind
from orderline.core.tenders.rules import TERMS
from orderline.engine.sealing import Entry
from orderline.engine.verifying.invariants import Invariant
from orderline.engine.verifying.posted import rows_of_order
from orderline.engine.verifying.report import Tally

_entries = msgspec.json.Decoder(Entry)
_BROKEN: Final = (AssertionError, AttributeError, LookupError, TypeError, ValueError, msgspec.MsgspecError)


def fold_order(
    number: str,
    rows: Sequence[tuple[Any, ...]],
    tally: Tally,
    events: list[AnyOrderEvent] | None = None,
    postings: list[tuple[Any, ...]] | None = None,
) -> Order | None:
    """The order that its journal tells; None when it can't be told. Faults of the journal itself are noted.

    rows: (order id, seq, recorded at, body, hash), by seq. events: where what it tells is put, if anywhere. postings:
    what it posts.
    """
    order: Order | None = None
    previous = ""
    asked: set[str] = set()
    tally.checked(Invariant.CHAIN, len(rows))
    tally.checked(Invariant.JOURNAL, len(rows))
    for expected, (order_id, seq, recorded_at, body, digest) in enumerate(rows, 1):
        text = body.encode()
        if hashlib.sha256(previous.encode() + text).digest() != digest:
            tally.fault(Invariant.CHAIN, f"{number}: entry {seq} does not have the hash of its body and the one before")
        previous = digest.hex()
        if seq != expected:
            tally.fault(Invariant.JOURNAL, f"{number}: entry {seq} stands where {expected} should")
        try:
            entry = _entries.decode(text)
            if entry.order != order_id or entry.seq != seq or entry.at != recorded_at:
                tally.fault(Invariant.JOURNAL, f"{number}: entry {seq} is about something else than its row says")
            if events is not None:
                events.extend(entry.events)
            if postings is not None:
                postings.extend(rows_of_order(entry))
            for event in entry.events:
                if order is not None and order.holds:
                    _check_blocked(number, order, entry, event, tally)
                order = evolve_order(order, event)
                if isinstance(event, PaymentRequested | PaymentAnswered):
                    _check_effect(number, event, asked, tally)
        except _BROKEN as error:
            tally.fault(Invariant.FOLD, f"{number}: entry {seq} can't be applied: {type(error).__name__}: {error}")
            return None
    if order is None:
        return None
    return msgspec.structs.replace(order, version=len(rows), chain=previous)


def _check_blocked(number: str, order: Order, entry: Entry, event: AnyOrderEvent, tally: Tally) -> None:
    blocked = _blocked_as(order, entry.command, event)
    if blocked is None:
        return
    name, lines = blocked
    tally.checked(Invariant.HOLDS)
    for hold in order.holds:
        if name in hold.blocks and (hold.line is None or hold.line in lines):
            told = f"entry {entry.seq}, {entry.command}, went through hold {hold.number}"
            tally.fault(Invariant.HOLDS, f"{number}: {told}, which stops whoever would {name}")


def _blocked_as(order: Order, command: str, event: AnyOrderEvent) -> tuple[str, set[int]] | None:
    """The name by which a hold stops what led to this event, and the lines it is about; None: nothing stops it.

    Facts go through always: a location that picks what is held has picked it, and money that came to the bank is there.
    """
    match event:
        case UnitsMoved(move=Move.ALLOCATE):
            return "allocate", _lines_of(event)
        case UnitsMoved(move=Move.FULFILL):
            return "fulfill", _lines_of(event)
        case UnitsMoved(move=Move.RELEASE) if command == "accept_fulfillment":
            return "release", _lines_of(event)
        case UnitsMoved(move=Move.CANCEL) if command in ("cancel_units", "cancel_due", "reject_hold", "breach_hold"):
            return "cancel", _lines_of(event)
        case FulfillmentProgressed(negotiation=Negotiation.SUBMITTED):
            return "release", {item.line for item in order.fulfillments[event.fulfillment - 1].items}
        case FulfillmentProgressed(negotiation=Negotiation.CANCEL_REQUESTED) if command == "cancel_units":
            return "cancel", set()
        case PaymentRequested(kind=PaymentKind.CAPTURE, tender=tender):
            by_bank = command == "receive_payment" and order.tenders[tender - 1].provider == TERMS
            return None if by_bank else ("capture", set())
        case _:
            return None


def _lines_of(event: UnitsMoved) -> set[int]:
    return {item.line for item in event.items}


def _check_effect(number: str, event: PaymentRequested | PaymentAnswered, asked: set[str], tally: Tally) -> None:
    """`asked`: the keys asked with; a key that has been answered is kept with a mark."""
    if isinstance(event, PaymentRequested):
        tally.checked(Invariant.EFFECTS)
        if event.key in asked:
            tally.fault(Invariant.EFFECTS, f"{number}: payment key {event.key} was used twice")
        asked.add(event.key)
    elif not event.in_doubt:
        answered = f"{event.key} answered"
        if event.key not in asked or answered in asked:
            tally.fault(Invariant.EFFECTS, f"{number}: payment key {event.key} was answered without being asked")
        asked.add(answered)
