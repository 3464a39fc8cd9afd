"""The labels that are kept are those that were bought."""

from collections.abc import Sequence
from typing import Any

from orderline.core.orders.state import Order
from orderline.engine.verifying.invariants import Invariant
from orderline.engine.verifying.report import Tally


def check_labels(order: Order, rows: Sequence[tuple[Any, ...]], tally: Tally) -> None:
    """rows: (order, parcel, tracking number, format, SHA-256 as stored, SHA-256 of the content, its bytes)."""
    tally.checked(Invariant.LABELS, len(rows))
    for _, number, tracking_number, form, stored, computed, size in rows:
        parcel = order.parcel_of(number)
        back = next((r.label for r in order.returns if r.label and r.label.tracking_number == tracking_number), None)
        bought = parcel if number else back
        name = f"{order.number}: the {form} label {tracking_number} of {f'parcel {number}' if number else 'a return'}"
        if bytes(stored) != bytes(computed):
            tally.fault(Invariant.LABELS, f"{name} is not what was kept")
        elif parcel is not None and tracking_number in parcel.voided:
            continue
        elif bought is None or bought.tracking_number != tracking_number:
            tally.fault(Invariant.LABELS, f"{name} is of no label that was bought")
        elif (form, size, bytes(stored).hex()) not in {(d.format, d.size_bytes, d.sha256) for d in bought.documents}:
            tally.fault(Invariant.LABELS, f"{name} is another than was bought")
