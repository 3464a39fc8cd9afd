"""Fold the journal of one order and compare: the hashes, the document, and what went on on the way."""

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from orderline.core.orders.events import PaymentAnswered, PaymentRequested
from orderline.core.orders.evolve import evolve_order
from orderline.core.orders.state import Order
from orderline.engine.sealing import Entry
from orderline.engine.verifying.invariants import Invariant
from orderline.engine.verifying.report import Tally

# Commands that a hold may block, by the name it blocks them with; facts go through always.
BLOCKED_AS: Final = {
    "allocate_units": "allocate",
    "submit_fulfillment": "release",
    "accept_fulfillment": "release",
    "cancel_units": "cancel",
}

_entries = msgspec.json.Decoder(Entry)
_BROKEN: Final = (AssertionError, AttributeError, LookupError, TypeError, ValueError, msgspec.MsgspecError)


def fold_order(number: str, rows: Sequence[tuple[Any, ...]], tally: Tally) -> Order | None:
    """The order that its journal tells; None when it can't be told. Faults of the journal itself are noted.

    rows: (order id, seq, recorded at, body, hash), by seq.
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
            if order is not None and order.holds:
                _check_blocked(number, order, entry, tally)
            for event in entry.events:
                order = evolve_order(order, event)
                if isinstance(event, PaymentRequested | PaymentAnswered):
                    _check_effect(number, event, asked, tally)
        except _BROKEN as error:
            tally.fault(Invariant.FOLD, f"{number}: entry {seq} can't be applied: {type(error).__name__}: {error}")
            return None
    if order is None:
        return None
    return msgspec.structs.replace(order, version=len(rows), chain=previous)


def _check_blocked(number: str, order: Order, entry: Entry, tally: Tally) -> None:
    name = BLOCKED_AS.get(entry.command)
    if name is None:
        return
    tally.checked(Invariant.HOLDS)
    for hold in order.holds:
        if name in hold.blocks and hold.line is None:
            tally.fault(
                Invariant.HOLDS, f"{number}: entry {entry.seq}, {entry.command}, went through hold {hold.number}"
            )


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
