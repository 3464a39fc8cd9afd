"""Labels of parcels: bought, kept as documents, given back to the carrier.

The carrier's word decides: until it has taken a label back, the label is in force; once it has, the parcel waits for
another one. What has left on a label can't be given back.
"""

import re
from typing import Final

from orderline.core.context import Context
from orderline.core.orders.commands import LabelParcel
from orderline.core.orders.events import (
    LabelRequested,
    LabelVoided,
    LabelVoidRefused,
    LabelVoidRequested,
    ParcelLabeled,
    RateChosen,
)
from orderline.core.orders.guards import check_parcel, check_text, known_order, ongoing_order
from orderline.core.orders.parcels import WAITING
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.state import Order, Parcel, ParcelDocument, ParcelState
from orderline.core.shipments.commands import AnswerVoid, ChooseRate, RequestLabel, VoidLabel
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.money import MAX_MINOR, check_currency

FORMATS: Final = ("pdf", "zpl")
LABEL_MOST_BYTES: Final = 1024 * 1024
APART: Final = "the parcel was taken apart before its label came"
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


def decide_label(draft: Draft, command: LabelParcel, context: Context) -> None:
    """A carrier knows the parcel by a tracking number now.

    A label that was bought while its parcel was taken apart is noted, and given back at once.
    Refused PARCEL_NOT_LABELABLE: it has one, or was voided; LABEL_VOIDED: by this number, which was given back.
    Refused LABEL_SURPLUS: it has another one, so that this was bought for nothing.
    """
    order = ongoing_order(draft.world, command)
    parcel = check_parcel(order, command.parcel)
    late = parcel.state is ParcelState.VOIDED and not parcel.tracking_number and command.partner
    if not late:
        if command.partner and parcel.tracking_number not in ("", command.tracking_number):
            value = command.tracking_number
            raise Refused(R.LABEL_SURPLUS, field="tracking_number", value=value, known=parcel.tracking_number)
        _check_labelable(parcel)
    if command.tracking_number in parcel.voided:
        raise Refused(R.LABEL_VOIDED, field="tracking_number", value=command.tracking_number)
    _check_documents(command.documents)
    if not 0 <= command.cost_minor <= MAX_MINOR:
        raise Refused(R.AMOUNT_OUT_OF_RANGE, field="cost_minor", value=command.cost_minor)
    if command.cost_minor or command.cost_currency:
        check_currency(command.cost_currency, field="cost_currency")
    draft.tell(
        order.id,
        ParcelLabeled(
            parcel=parcel.number,
            carrier=check_text(command.carrier, "carrier", 60, required=True),
            service=check_text(command.service, "service", 60),
            tracking_number=check_text(command.tracking_number, "tracking_number", 100, required=True),
            at=context.now,
            partner=check_text(command.partner, "partner", 60),
            cost_minor=command.cost_minor,
            cost_currency=command.cost_currency,
            documents=command.documents,
        ),
    )
    if late:
        request_void(draft, order, draft.world.order(order.id).parcels[parcel.number - 1], APART, context)


def decide_request_label(draft: Draft, command: RequestLabel, context: Context) -> None:
    """Ask for a label. Refused PARCEL_NOT_LABELABLE: it has one, was voided, or has left without one."""
    order = ongoing_order(draft.world, command)
    parcel = check_parcel(order, command.parcel)
    _check_labelable(parcel)
    if parcel.state is not ParcelState.PACKED:
        raise Refused(R.PARCEL_NOT_LABELABLE, field="parcel", value=parcel.number, state=parcel.state)
    service, partner = check_text(command.service, "service", 60), check_text(command.partner, "partner", 60)
    draft.tell(
        order.id,
        LabelRequested(parcel=parcel.number, at=context.now, service=service, partner=partner, anew=True),
    )


def decide_choose_rate(draft: Draft, command: ChooseRate, context: Context) -> None:
    """Refused PARCEL_NOT_LABELABLE: it has a label, was voided, or has left without one."""
    order = ongoing_order(draft.world, command)
    parcel = check_parcel(order, command.parcel)
    _check_labelable(parcel)
    if parcel.state is not ParcelState.PACKED:
        raise Refused(R.PARCEL_NOT_LABELABLE, field="parcel", value=parcel.number, state=parcel.state)
    draft.tell(order.id, RateChosen(parcel=parcel.number, choice=command.choice))


def decide_void_label(draft: Draft, command: VoidLabel, context: Context) -> None:
    """Ask the carrier to take a label back.

    Refused PARCEL_NOT_LABELED: it has none. LABEL_USED: it has left on it. LABEL_VOIDING: the carrier was asked.
    """
    order = ongoing_order(draft.world, command)
    parcel = check_parcel(order, command.parcel)
    if not parcel.tracking_number:
        raise Refused(R.PARCEL_NOT_LABELED, field="parcel", value=parcel.number, voided=list(parcel.voided))
    if not may_be_voided(parcel):
        raise Refused(R.LABEL_USED, field="parcel", value=parcel.number, state=parcel.state)
    if parcel.voiding:
        raise Refused(R.LABEL_VOIDING, field="parcel", value=parcel.number, tracking_number=parcel.tracking_number)
    request_void(draft, order, parcel, check_text(command.reason, "reason", 500), context)


def request_void(draft: Draft, order: Order, parcel: Parcel, reason: str, context: Context) -> None:
    """Tell that the label of a parcel is to be given back."""
    draft.tell(
        order.id,
        LabelVoidRequested(parcel=parcel.number, tracking_number=parcel.tracking_number, at=context.now, reason=reason),
    )


def decide_answer_void(draft: Draft, command: AnswerVoid, context: Context) -> None:
    """The carrier has taken a label back, or not. Refused NOTHING_TO_DO: it was not asked, or has answered."""
    order = known_order(draft.world, command)
    parcel = check_parcel(order, command.parcel)
    if not parcel.voiding or parcel.tracking_number != command.tracking_number:
        raise Refused(R.NOTHING_TO_DO, field="parcel", value=parcel.number)
    number, tracking_number = parcel.number, parcel.tracking_number
    if command.voided:
        draft.tell(order.id, LabelVoided(parcel=number, tracking_number=tracking_number, at=context.now))
        return
    code = check_text(command.code, "code", 60)
    draft.tell(order.id, LabelVoidRefused(parcel=number, tracking_number=tracking_number, at=context.now, code=code))


def may_be_voided(parcel: Parcel) -> bool:
    """Has the parcel a label that it has not left on?"""
    waits = parcel.state in (*WAITING, ParcelState.VOIDED)
    return waits and bool(parcel.tracking_number)


def check_label(parcel: Parcel, told: str = "") -> None:
    """May the parcel be handed to a carrier? told: the tracking number that it is handed over with.

    Refused LABEL_VOIDED: its label was given back, or is to be, and it has no other.
    """
    given_back = bool(parcel.voided) and not parcel.tracking_number
    if (given_back and (not told or told in parcel.voided)) or parcel.voiding:
        raise Refused(
            R.LABEL_VOIDED, field="parcels", value=parcel.number, voided=[*parcel.voided], voiding=parcel.voiding
        )


def _check_labelable(parcel: Parcel) -> None:
    if parcel.tracking_number or parcel.state is ParcelState.VOIDED:
        raise Refused(
            R.PARCEL_NOT_LABELABLE, field="parcel", value=parcel.number, tracking_number=parcel.tracking_number
        )


def _check_documents(documents: tuple[ParcelDocument, ...]) -> None:
    seen: set[str] = set()
    for index, each in enumerate(documents):
        field = f"documents[{index}]"
        if each.format not in FORMATS or each.format in seen:
            raise Refused(R.TEXT_NOT_ACCEPTABLE, field=f"{field}.format", value=each.format[:80], allowed=list(FORMATS))
        if not 0 < each.size_bytes <= LABEL_MOST_BYTES:
            raise Refused(R.AMOUNT_OUT_OF_RANGE, field=f"{field}.size_bytes", value=each.size_bytes)
        if not _SHA256.fullmatch(each.sha256):
            raise Refused(R.TEXT_NOT_ACCEPTABLE, field=f"{field}.sha256", value=each.sha256[:80], allowed="SHA-256")
        seen.add(each.format)
