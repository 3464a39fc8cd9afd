"""Claims against carriers for parcels that were lost, damaged or late: drafted, filed, answered, paid, with their deadlines.

Source: domain model 3 (CarrierClaim): drafted, filed, accepted, paid; rejected, appealed; withdrawn when a parcel turns up.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Literal

import msgspec
from msgspec.structs import replace

from orderline.core.context import Context
from orderline.core.documents.slips import value_in
from orderline.core.jobs import FollowUp
from orderline.core.ledger.posting import books_of
from orderline.core.ledger.state import Posted
from orderline.core.orders.guards import check_text
from orderline.core.orders.parcels import Parcel, Shipment
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.records import Record, RecordCommand, RecordEvent, RecordKey, RecordKind, Window
from orderline.core.shipments.claim_postings import claim_postings
from orderline.core.shipments.deadlines import deadline
from orderline.core.stock.checks import check_code
from orderline.core.world import Draft, World
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from orderline.values.money import MAX_MINOR

FILE_WITHIN: Final = timedelta(days=30)  # of the hand-over
ANSWER_WITHIN: Final = timedelta(days=30)
MOST_EVIDENCE: Final = 50


class ClaimRefusal(StrEnum):
    CLAIM_UNKNOWN = "CLAIM_UNKNOWN"
    CLAIM_EXISTS = "CLAIM_EXISTS"
    CLAIM_STATE = "CLAIM_STATE"
    CLAIM_PARCEL = "CLAIM_PARCEL"
    CLAIM_AMOUNT = "CLAIM_AMOUNT"


R = ClaimRefusal


class ClaimState(StrEnum):
    """Where a claim stands; who has to act follows from it."""

    DRAFTED = "drafted"
    FILED = "filed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    APPEALED = "appealed"
    PAID = "paid"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


S = ClaimState
Reason = Literal["lost", "damaged", "late", "stalled"]


class Evidence(msgspec.Struct, frozen=True):
    """What speaks for a claim, and since when."""

    at: datetime
    what: str


class CarrierClaim(Record, frozen=True, kw_only=True):
    """value_minor: what is asked for; accepted_minor and paid_minor: what the carrier grants, and has paid.

    overdue: the carrier has not answered, or not paid, in time. automatic: nobody had to ask for it. entity: in whose books
    its money stands; empty: in none, as that of its order.
    """

    id: str
    order: OrderId
    order_number: str
    parcel: int
    carrier: str
    tracking_number: str
    location: str
    reason: str
    value_minor: int
    currency: str
    state: ClaimState
    drafted_at: datetime
    due_at: datetime | None = None
    reference: str = ""
    accepted_minor: int = 0
    paid_minor: int = 0
    notes: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    overdue: bool = False
    automatic: bool = False
    entity: str = ""


class ClaimDrafted(RecordEvent, frozen=True, kw_only=True, tag="claim_drafted"):
    """There is reason to ask a carrier for money."""

    claim: CarrierClaim


class ClaimMoved(RecordEvent, frozen=True, kw_only=True, tag="claim_moved"):
    """The claim went on; amounts and the reference as they are from now on. posted: what that means in the books."""

    state: ClaimState
    due_at: datetime | None = None
    reference: str = ""
    accepted_minor: int = 0
    paid_minor: int = 0
    note: str = ""
    posted: tuple[Posted, ...] = ()


class ClaimOverdue(RecordEvent, frozen=True, kw_only=True, tag="claim_overdue"):
    """Nobody has acted in time. What we had to do ourselves can't be done any more: the claim has lapsed."""

    state: ClaimState
    at: datetime


AnyClaimEvent = ClaimDrafted | ClaimMoved | ClaimOverdue


class ClaimCommand(RecordCommand, frozen=True, gc=False, kw_only=True):
    """A command on a claim that exists."""

    claim: str

    def records(self) -> Iterable[RecordKey]:
        """The claim."""
        return (("carrier_claim", self.claim),)


class DraftClaim(ClaimCommand, frozen=True, gc=False, kw_only=True, tag="draft_claim"):
    """Prepare a claim for a parcel. value_minor: what its goods were sold for, when not given.

    evidence: beside what the order itself says. automatic: it is not told to anybody that there is one already.
    """

    order: OrderId
    parcel: int
    reason: Reason
    value_minor: int | None = None
    currency: str = ""
    evidence: tuple[Evidence, ...] = ()
    automatic: bool = False

    def orders(self) -> Iterable[OrderId]:
        """The order of the parcel."""
        return (self.order,)


class FileClaim(ClaimCommand, frozen=True, gc=False, kw_only=True, tag="file_claim"):
    """The claim was sent to the carrier. reference: the carrier's name for it."""

    reference: str = ""


class AnswerClaim(ClaimCommand, frozen=True, gc=False, kw_only=True, tag="answer_claim"):
    """The carrier has answered. amount_minor: what it grants; all that is asked for, when not given."""

    accepted: bool
    amount_minor: int | None = None
    note: str = ""


class AppealClaim(ClaimCommand, frozen=True, gc=False, kw_only=True, tag="appeal_claim"):
    """The carrier's no is not taken for an answer."""

    note: str


class PayClaim(ClaimCommand, frozen=True, gc=False, kw_only=True, tag="pay_claim"):
    """The carrier has paid."""

    amount_minor: int


class WithdrawClaim(ClaimCommand, frozen=True, gc=False, kw_only=True, tag="withdraw_claim"):
    """Nothing is asked for any more: the parcel has turned up, say."""

    note: str


class ClaimDue(ClaimCommand, frozen=True, gc=False, kw_only=True, tag="claim_due"):
    """The day has come by which somebody was to act, if it still is that day."""

    due_at: datetime


def decide_draft_claim(draft: Draft, command: DraftClaim, context: Context) -> None:
    """Refused CLAIM_EXISTS: the name is taken. PARCEL_UNKNOWN. CLAIM_PARCEL: no carrier was given it. CLAIM_AMOUNT."""
    check_code(command.claim, "claim")
    if ("carrier_claim", command.claim) in draft.world.records:
        if command.automatic:
            raise Refused(OrderRefusal.NOTHING_TO_DO, field="claim", value=command.claim)
        raise Refused(R.CLAIM_EXISTS, field="claim", value=command.claim)
    order = draft.world.orders.get(command.order)
    parcel = order.parcel_of(command.parcel) if order is not None else None
    if parcel is None:
        raise Refused(OrderRefusal.PARCEL_UNKNOWN, field="parcel", value=command.parcel)
    if order is None or parcel.shipment is None or not parcel.carrier:
        raise Refused(R.CLAIM_PARCEL, field="parcel", value=command.parcel, allowed="handed to a carrier")
    shipment = order.shipments[parcel.shipment - 1]
    value_minor = command.value_minor
    if value_minor is None:
        value_minor = sum(value_in(order, parcel, item.line) for item in parcel.items)
    claim = CarrierClaim(
        id=command.claim,
        order=order.id,
        order_number=order.number,
        parcel=parcel.number,
        carrier=parcel.carrier,
        tracking_number=parcel.tracking_number,
        location=shipment.location,
        reason=command.reason,
        value_minor=_amount(value_minor, MAX_MINOR, "value_minor"),
        currency=command.currency or order.currency,
        state=S.DRAFTED,
        drafted_at=context.now,
        due_at=shipment.handed_over_at + FILE_WITHIN,
        evidence=(*_evidence(parcel, shipment), *command.evidence)[:MOST_EVIDENCE],
        automatic=command.automatic,
        entity="" if order.history else books_of(draft.world.settings, order),
    )
    draft.tell_record(CARRIER_CLAIM, claim.id, ClaimDrafted(claim=claim))


def _evidence(parcel: Parcel, shipment: Shipment) -> tuple[Evidence, ...]:
    """What the order knows of the parcel's way."""
    units = sum(item.quantity for item in parcel.items)
    weight = f", {parcel.weight_g} g" if parcel.weight_g else ""
    label = f"{parcel.carrier} {parcel.service} {parcel.tracking_number}".strip()
    handed = Evidence(shipment.handed_over_at, f"handed over at {shipment.location}: {label}, {units} units{weight}")
    stands = [Evidence(parcel.moved_at, f"stands as {parcel.state}")] if parcel.moved_at is not None else []
    return (handed, *stands)


def decide_claim_due(draft: Draft, command: ClaimDue, context: Context) -> None:
    """Refused NOTHING_TO_DO: somebody has acted."""
    claim = draft.world.records.get(("carrier_claim", command.claim))
    over = (S.PAID, S.WITHDRAWN, S.LAPSED)
    if not isinstance(claim, CarrierClaim) or claim.due_at != command.due_at or claim.overdue or claim.state in over:
        raise Refused(OrderRefusal.NOTHING_TO_DO, field="claim", value=command.claim)
    state = S.LAPSED if claim.state in (S.DRAFTED, S.REJECTED) else claim.state
    draft.tell_record(CARRIER_CLAIM, claim.id, ClaimOverdue(state=state, at=context.now))


def decide_file_claim(draft: Draft, command: FileClaim, context: Context) -> None:
    """Refused CLAIM_STATE: it was filed before."""
    claim = _in(draft, command, (S.DRAFTED,))
    reference = check_text(command.reference, "reference", 200)
    _move(draft, claim, S.FILED, due_at=context.now + ANSWER_WITHIN, reference=reference)


def decide_answer_claim(draft: Draft, command: AnswerClaim, context: Context) -> None:
    """Refused CLAIM_STATE: nothing was asked. CLAIM_AMOUNT: more is granted than was asked for."""
    claim = _in(draft, command, (S.FILED, S.APPEALED))
    note = check_text(command.note, "note", 500)
    if not command.accepted:
        _move(draft, claim, S.REJECTED, due_at=context.now + ANSWER_WITHIN, note=note)
        return
    granted = claim.value_minor if command.amount_minor is None else command.amount_minor
    amount = _amount(granted, claim.value_minor, "amount_minor")
    _move(draft, claim, S.ACCEPTED, due_at=context.now + ANSWER_WITHIN, accepted_minor=amount, note=note)


def decide_appeal_claim(draft: Draft, command: AppealClaim, context: Context) -> None:
    """Refused CLAIM_STATE: it was not rejected."""
    claim = _in(draft, command, (S.REJECTED,))
    note = check_text(command.note, "note", 500, required=True)
    _move(draft, claim, S.APPEALED, due_at=context.now + ANSWER_WITHIN, note=note)


def decide_pay_claim(draft: Draft, command: PayClaim, context: Context) -> None:
    """Refused CLAIM_STATE: nothing was granted. CLAIM_AMOUNT: more than was granted."""
    claim = _in(draft, command, (S.ACCEPTED,))
    paid = claim.paid_minor + _amount(
        command.amount_minor, claim.accepted_minor - claim.paid_minor, "amount_minor", least=1
    )
    state = S.PAID if paid == claim.accepted_minor else S.ACCEPTED
    _move(draft, claim, state, due_at=claim.due_at if state is S.ACCEPTED else None, paid_minor=paid)


def decide_withdraw_claim(draft: Draft, command: WithdrawClaim, context: Context) -> None:
    """Refused CLAIM_STATE: it is paid or withdrawn."""
    claim = _in(draft, command, (S.DRAFTED, S.FILED, S.REJECTED, S.APPEALED, S.ACCEPTED))
    _move(draft, claim, S.WITHDRAWN, note=check_text(command.note, "note", 500, required=True))


def evolve_claim(claim: CarrierClaim | None, event: AnyClaimEvent) -> CarrierClaim:
    """The claim after an event."""
    if isinstance(event, ClaimDrafted):
        return event.claim
    assert claim is not None
    if isinstance(event, ClaimOverdue):
        return replace(claim, state=event.state, overdue=True)
    return replace(
        claim,
        state=event.state,
        overdue=False,
        due_at=event.due_at,
        reference=event.reference,
        accepted_minor=event.accepted_minor,
        paid_minor=event.paid_minor,
        notes=(*claim.notes, event.note) if event.note else claim.notes,
    )


def _move(
    draft: Draft,
    claim: CarrierClaim,
    state: ClaimState,
    *,
    due_at: datetime | None = None,
    reference: str = "",
    accepted_minor: int | None = None,
    paid_minor: int | None = None,
    note: str = "",
) -> None:
    accepted = claim.accepted_minor if accepted_minor is None else accepted_minor
    paid = claim.paid_minor if paid_minor is None else paid_minor
    event = ClaimMoved(
        state=state,
        due_at=due_at,
        reference=reference or claim.reference,
        accepted_minor=accepted,
        paid_minor=paid,
        note=note,
        posted=claim_postings(
            draft.world.settings,
            claim.entity,
            claim.currency,
            claim.carrier,
            draft.now,
            owed_minor=(paid if state is S.WITHDRAWN else accepted) - claim.accepted_minor,
            paid_minor=paid - claim.paid_minor,
        ),
    )
    draft.tell_record(CARRIER_CLAIM, claim.id, event)


def _in(draft: Draft, command: ClaimCommand, states: Collection[ClaimState]) -> CarrierClaim:
    claim = draft.world.records.get(("carrier_claim", command.claim))
    if not isinstance(claim, CarrierClaim):
        raise Refused(R.CLAIM_UNKNOWN, field="claim", value=command.claim[:100])
    if claim.state not in states:
        raise Refused(R.CLAIM_STATE, field="claim", value=claim.id, state=claim.state, allowed=[str(s) for s in states])
    return claim


def _amount(minor: int, most: int, field: str, *, least: int = 0) -> int:
    if not least <= minor <= most:
        raise Refused(R.CLAIM_AMOUNT, field=field, value=minor, allowed=f"from {least} to {most}")
    return minor


_OWNERS: Final = {
    S.DRAFTED: "operations",
    S.FILED: "carrier",
    S.APPEALED: "carrier",
    S.ACCEPTED: "carrier",
    S.REJECTED: "operations",
}


def _postings(event: AnyClaimEvent) -> tuple[Posted, ...]:
    return event.posted if isinstance(event, ClaimMoved) else ()


def _window(claim: CarrierClaim) -> Window:
    owner = "operations" if claim.overdue and claim.state in _OWNERS else _OWNERS.get(claim.state, "")
    return Window(claim.state, claim.location, owner, claim.due_at if claim.state is not S.LAPSED else None)


def _follow_ups(world: World, claim: Any, events: Sequence[Any], now: datetime) -> list[FollowUp]:
    """Its deadline is looked at when it has come."""
    moved = any(isinstance(event, ClaimDrafted | ClaimMoved) for event in events)
    return [deadline(CARRIER_CLAIM, claim.id, claim.due_at)] if moved and claim.due_at is not None else []


CARRIER_CLAIM: Final = RecordKind(
    "carrier_claim", CarrierClaim, AnyClaimEvent, evolve_claim, _window, _follow_ups, postings=_postings
)
RULES: Final = {
    DraftClaim: decide_draft_claim,
    FileClaim: decide_file_claim,
    AnswerClaim: decide_answer_claim,
    AppealClaim: decide_appeal_claim,
    PayClaim: decide_pay_claim,
    WithdrawClaim: decide_withdraw_claim,
    ClaimDue: decide_claim_due,
}
