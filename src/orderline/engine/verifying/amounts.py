"""What must hold within one order: units conserved and found in parcels, money that adds up."""

from orderline.core.orders.state import STOCKED, Order, ParcelState
from orderline.engine.verifying.invariants import Invariant
from orderline.engine.verifying.report import Tally

_LEFT = frozenset(
    {
        ParcelState.HANDED_OVER,
        ParcelState.IN_TRANSIT,
        ParcelState.OUT_FOR_DELIVERY,
        ParcelState.EXCEPTION,
        ParcelState.RETURNING,
        ParcelState.RETURNED,
    }
)


def check_units(order: Order, tally: Tally) -> None:
    """Each unit in one bucket; what has left a location is in parcels."""
    ordered = {agreed.line: agreed.quantity for agreed in order.agreement.lines if agreed.kind != "bundle"}
    tally.checked(Invariant.CONSERVATION, len(ordered))
    for line in order.lines:
        units = line.units
        if line.kind == "bundle":
            continue
        buckets = [getattr(units, name) for name in units.__struct_fields__]
        if min(buckets) < 0 or sum(buckets) != ordered.get(line.line):
            told = f"{sum(buckets)} units of {ordered.get(line.line)} ordered"
            tally.fault(Invariant.CONSERVATION, f"{order.number} line {line.line}: {told}, by bucket {buckets}")
        if units.pooled != sum(share.quantity for share in line.claims):
            tally.fault(Invariant.CONSERVATION, f"{order.number} line {line.line}: pooled units without their claims")
    at_work: dict[int, int] = {}
    for fulfillment in order.fulfillments:
        for item in fulfillment.items:
            inside = item.units
            open_units = inside.allocated + inside.released + inside.picked + inside.packed
            at_work[item.line] = at_work.get(item.line, 0) + open_units
    for line in order.lines:
        units = line.units
        if units.allocated + units.released + units.picked + units.packed != at_work.get(line.line, 0):
            fault = f"{order.number} line {line.line}: units at locations that no fulfillment order has"
            tally.fault(Invariant.CONSERVATION, fault)
    if order.parcels:
        _check_parcels(order, tally)


def _check_parcels(order: Order, tally: Tally) -> None:
    shipped: dict[int, list[int]] = {}
    for parcel in order.parcels:
        tally.checked(Invariant.PARCELS)
        place = 0 if parcel.state in _LEFT else 1 if parcel.state is ParcelState.DELIVERED else 2
        if parcel.state in (ParcelState.PACKED, ParcelState.LABELED):
            place = 3
        if parcel.state is ParcelState.VOIDED:
            continue
        for item in parcel.items:
            shipped.setdefault(item.line, [0, 0, 0, 0])[place] += item.quantity
    for line in order.lines:
        units = line.units
        if line.kind not in STOCKED or order.history or units.returned:
            continue
        stands = [units.shipped, units.delivered, units.lost, units.packed]
        if stands != shipped.get(line.line, [0, 0, 0, 0]):
            told = f"shipped, delivered, lost, packed {stands}, its parcels {shipped.get(line.line)}"
            tally.fault(Invariant.PARCELS, f"{order.number} line {line.line}: {told}")


def check_money(order: Order, tally: Tally) -> None:
    """Totals that add up exactly, and no tender beyond what its provider has confirmed."""
    agreement = order.agreement
    tally.checked(Invariant.TOTALS)
    total = sum(line.total_minor for line in agreement.lines if line.parent is None)
    for charge in agreement.charges:
        total += charge.amount_minor
        total += 0 if agreement.taxes_included else sum(tax.amount_minor for tax in charge.taxes)
    if total != agreement.total_minor:
        tally.fault(
            Invariant.TOTALS, f"{order.number}: lines and charges are {total}, the total {agreement.total_minor}"
        )
    for line in agreement.lines:
        if line.kind == "bundle":
            parts = [part.total_minor for part in agreement.lines if part.parent == line.line]
            if sum(parts) != line.total_minor:
                fault = f"{order.number} line {line.line}: components are {sum(parts)} of {line.total_minor}"
                tally.fault(Invariant.TOTALS, fault)
    for tender in order.tenders:
        tally.checked(Invariant.MONEY)
        confirmed = (tender.authorized_minor, tender.captured_minor, tender.voided_minor, tender.refunded_minor)
        authorized, captured, voided, refunded = confirmed
        if min(confirmed) < 0 or captured + voided > authorized or refunded > captured:
            told = f"authorized {authorized}, captured {captured}, voided {voided}, refunded {refunded}"
            tally.fault(Invariant.MONEY, f"{order.number} tender {tender.number}: {told}")
