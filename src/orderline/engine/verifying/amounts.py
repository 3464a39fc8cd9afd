"""What must hold within one order: units conserved and found in parcels, money that adds up."""

import msgspec

from orderline.core.moves import AT_LOCATION, Units
from orderline.core.orders.parcels import WAITING
from orderline.core.orders.state import STOCKED, Order, ParcelState, PaymentKind, Tender
from orderline.core.tenders.installments import WHOLE_PPM, PaymentSchedule
from orderline.core.tenders.scheduled import installments_of, open_installments
from orderline.core.tenders.sums import net_due_minor
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
    stands = {line.line: line for line in order.lines if line.kind != "bundle"}
    at_work = _units_at_work(order)
    tally.checked(Invariant.CONSERVATION, len(ordered))
    for number in sorted(ordered.keys() | stands.keys() | at_work.keys()):
        line = stands.get(number)
        units = line.units if line is not None else Units()
        buckets = msgspec.structs.astuple(units)
        faults: list[str] = []
        if min(buckets) < 0 or sum(buckets) != ordered.get(number):
            faults.append(f"{sum(buckets)} units of {ordered.get(number)} ordered, by bucket {buckets}")
        if units.pooled != sum(share.quantity for share in (line.claims if line is not None else ())):
            faults.append("pooled units without their claims")
        if at_work.get(number, [0, 0, 0, 0]) != [units.of(bucket) for bucket in AT_LOCATION]:
            faults.append("units at locations that are not those of its fulfillment orders")
        for fault in faults:
            tally.fault(Invariant.CONSERVATION, f"{order.number} line {number}: {fault}")
    for fulfillment in order.fulfillments:
        if any(min(msgspec.structs.astuple(item.units)) < 0 for item in fulfillment.items):
            tally.fault(Invariant.CONSERVATION, f"{order.number} fulfillment {fulfillment.number}: units below zero")
    if order.parcels:
        _check_parcels(order, tally)


def _units_at_work(order: Order) -> dict[int, list[int]]:
    """Units by line that stand at locations by what the fulfillment orders say, one number for each of AT_LOCATION."""
    at_work: dict[int, list[int]] = {}
    for fulfillment in order.fulfillments:
        for item in fulfillment.items:
            before = at_work.get(item.line, [0, 0, 0, 0])
            at_work[item.line] = [sum(pair) for pair in zip(before, map(item.units.of, AT_LOCATION), strict=True)]
    return at_work


def _check_parcels(order: Order, tally: Tally) -> None:
    shipped: dict[int, list[int]] = {}
    again: dict[int, list[int]] = {}  # by line, in parcels that took goods back to the customer
    for parcel in order.parcels:
        tally.checked(Invariant.PARCELS)
        place = 0 if parcel.state in _LEFT else 1 if parcel.state is ParcelState.DELIVERED else 2
        if parcel.state in WAITING:
            place = 3
        if parcel.state is ParcelState.VOIDED:
            continue
        for item in parcel.items:
            (again if parcel.returned else shipped).setdefault(item.line, [0, 0, 0, 0])[place] += item.quantity
    for line in order.lines:
        units = line.units
        if line.kind not in STOCKED or order.history:
            continue
        stands = [units.shipped, units.delivered, units.lost, units.packed]
        sent = shipped.get(line.line, [0, 0, 0, 0])
        # What came back was in a parcel once, and its parcel says only how far it got.
        came = (units.returned or line.line in again) and sum(stands) + units.returned == sum(sent)
        came = came and units.packed == sent[3]
        if line.line in again:
            there = [sum(pair) for pair in zip(sent, again[line.line], strict=True)]
            came = came and units.shipped <= there[0] and units.lost <= there[2]
        if stands != sent and not came:
            told = f"shipped, delivered, lost, packed {stands}, returned {units.returned}, its parcels {sent}"
            told += f", sent back in {again[line.line]}" if line.line in again else ""
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
        _check_tender(order, tender, tally)
    if order.schedule is not None:
        _check_schedule(order, order.schedule, tally)


def _check_schedule(order: Order, schedule: PaymentSchedule, tally: Tally) -> None:
    """The last installment is what the others leave; none is paid beyond itself; holds stand for what is not paid."""
    if sum(each.share_ppm or 0 for each in schedule.installments) > WHOLE_PPM:
        tally.checked(Invariant.INSTALLMENTS)
        tally.fault(Invariant.INSTALLMENTS, f"{order.number}: the shares are more than the whole")
        return
    stands, unpaid = installments_of(order), {number for number, _ in open_installments(order)}
    holds = {hold.number: hold.type for hold in order.holds}
    tally.checked(Invariant.INSTALLMENTS, len(stands))
    faults: list[str] = []
    if [each.number for each in stands] != list(range(1, len(stands) + 1)):
        faults.append("the installments are not numbered in turn")
    if sum(each.amount_minor for each in stands) != net_due_minor(order) or min(e.amount_minor for e in stands) < 0:
        faults.append(f"the amounts {[each.amount_minor for each in stands]} are not {net_due_minor(order)}")
    for each in stands:
        if not 0 <= each.due_minor <= each.amount_minor or not 0 <= each.paid_minor <= each.amount_minor:
            faults.append(
                f"installment {each.number}: due {each.due_minor}, paid {each.paid_minor} of {each.amount_minor}"
            )
        if each.hold in holds and (each.number not in unpaid or holds[each.hold] != "payment"):
            faults.append(f"installment {each.number} is paid, and hold {each.hold} stands for it")
        if (each.called_at is None) != (each.pay_by is None):
            faults.append(f"installment {each.number} has fallen due, and nobody knows by when it is to be paid")
    for fault in faults:
        tally.fault(Invariant.INSTALLMENTS, f"{order.number}: {fault}")


def _check_tender(order: Order, tender: Tender, tally: Tally) -> None:
    """What was asked for and has no answer yet may have happened: it counts as well."""
    tally.checked(Invariant.MONEY)
    asked = dict.fromkeys(PaymentKind, 0)
    for request in tender.requests:
        asked[request.kind] += request.amount_minor
    confirmed = (tender.authorized_minor, tender.captured_minor, tender.voided_minor, tender.refunded_minor)
    authorized, captured, voided, refunded = confirmed
    taken = captured + asked[PaymentKind.CAPTURE] + voided + asked[PaymentKind.VOID]
    given_back = refunded + asked[PaymentKind.REFUND]
    if min(*confirmed, *asked.values()) < 0 or taken > authorized or given_back > captured:
        told = f"authorized {authorized}, captured {captured}, voided {voided}, refunded {refunded}, asked for "
        told += ", ".join(f"{kind.value} {amount}" for kind, amount in asked.items() if amount) or "nothing"
        tally.fault(Invariant.MONEY, f"{order.number} tender {tender.number}: {told}")
