"""Parcels that stall, and claims against their carriers."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import decide
from orderline.api.reading.paging import MOST, page, readers
from orderline.api.records import Records
from orderline.api.scoping import check_parcel, order_of
from orderline.core.shipments import carrier_claims as cc
from orderline.core.shipments import missing_parcels as mp
from orderline.store.documents import StalledParcel, load_stalled

_CLAIMS: Final = Records(
    kind=cc.CARRIER_CLAIM,
    one="carrier_claim",
    many="carrier_claims",
    capability="shipments",
    read=Right.FULFILLMENTS_READ,
    write=Right.FULFILLMENTS_WRITE,
    unknown=cc.ClaimRefusal.CLAIM_UNKNOWN,
    states=cc.ClaimState,
    location_of=lambda claim: claim.location,
    orders_in=lambda claim: (claim.order,),
)


class StalledQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """hours: for so long nothing was heard of them."""

    hours: Annotated[int, msgspec.Meta(ge=1, le=8_760)] = 72
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST)] = 50


class DraftClaimInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """claim: the caller's own name for it. value_minor: what its goods were sold for, when not given."""

    claim: str
    reason: cc.Reason
    value_minor: int | None = None


async def list_stalled(call: Call[StalledQuery, None]) -> Answer:
    """Parcels that are not heard of."""
    query = call.query
    before = datetime.now(UTC) - timedelta(hours=query.hours)
    locations, channels = tuple(sorted(call.key.locations)), tuple(sorted(call.key.channels))
    found = await readers(call).run(
        lambda s: load_stalled(s, before, locations=locations, channels=channels, most=query.limit)
    )
    return page(found, None)


async def draft_claim(call: Call[None, DraftClaimInput]) -> Answer:
    """Prepare a claim for the parcel in the path."""
    order = await order_of(call, anywhere=True)
    number = await check_parcel(call, order)
    asked = call.input
    command = cc.DraftClaim(
        claim=asked.claim, order=order, parcel=number, reason=asked.reason, value_minor=asked.value_minor
    )
    return await decide(call, command)


_MISSING: Final = Records(
    kind=mp.MISSING_PARCEL,
    one="missing_parcel",
    many="missing_parcels",
    capability="shipments",
    read=Right.FULFILLMENTS_READ,
    write=Right.FULFILLMENTS_WRITE,
    unknown=mp.MissingRefusal.MISSING_PARCEL_UNKNOWN,
    states=mp.MissingState,
    location_of=lambda case: case.location,
    orders_in=lambda case: (case.order,),
)


class ReportMissingInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """case: the caller's own name for it."""

    case: str
    note: str = ""


class DecideMissingInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """state: `accepted`: the parcel is lost; `rejected`: it was delivered; `withdrawn`: it has turned up."""

    state: Literal["accepted", "rejected", "withdrawn"]
    answer: str


async def report_missing(call: Call[None, ReportMissingInput]) -> Answer:
    """The customer has not received the parcel in the path."""
    order = await order_of(call, anywhere=True)
    number = await check_parcel(call, order)
    return await decide(call, mp.ReportMissing(case=call.input.case, order=order, parcel=number, note=call.input.note))


async def decide_missing(call: Call[None, DecideMissingInput]) -> Answer:
    """What is true of the case in the path."""
    case: mp.MissingParcel = await _MISSING.found(call)
    state = mp.MissingState(call.input.state)
    return await decide(call, mp.DecideMissing(case=case.id, order=case.order, state=state, answer=call.input.answer))


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="list_stalled_parcels", method="GET", path="/v1/stalled-parcels", right=Right.FULFILLMENTS_READ,
        summary="List parcels under way of which nothing was heard for a while, the longest silent first",
        handler=list_stalled, capability="shipments", query=StalledQuery, output=StalledParcel, page=True,
    ),
    *_CLAIMS.reading(),
    *_MISSING.reading(),
    Operation(
        name="report_missing", method="POST", path="/v1/orders/{order}/parcels/{number}/missing-parcels",
        right=Right.FULFILLMENTS_WRITE, summary="A customer has not received a delivered parcel",
        description="Opens a case that is to be decided within five days; until then the parcel stays delivered.",
        handler=report_missing, capability="shipments", input=ReportMissingInput, output=mp.MissingParcel,
        refusals=("ORDER_UNKNOWN", "PARCEL_UNKNOWN", "MISSING_PARCEL_EXISTS", "MISSING_PARCEL_STATE"),
    ),
    Operation(
        name="decide_missing", method="POST", path="/v1/missing-parcels/{id}/decisions",
        right=Right.FULFILLMENTS_WRITE, summary="Decide whether a parcel is lost that was told as delivered",
        description="Accepted, its units are lost, and a claim against the carrier is drafted. state: `accepted`: the parcel"
        " is lost, `rejected`: it was delivered, `withdrawn`: it has turned up.",
        handler=decide_missing, capability="shipments", input=DecideMissingInput, output=mp.MissingParcel,
        refusals=("MISSING_PARCEL_UNKNOWN", "MISSING_PARCEL_STATE", "QUANTITY_NOT_AVAILABLE"),
    ),
    Operation(
        name="draft_claim", method="POST", path="/v1/orders/{order}/parcels/{number}/carrier-claims",
        right=Right.FULFILLMENTS_WRITE, summary="Prepare a claim against the carrier of a parcel",
        description="To be filed within 30 days of the hand-over; its deadline is the claim's `due_at`.",
        handler=draft_claim, capability="shipments", input=DraftClaimInput, output=cc.CarrierClaim,
        refusals=("ORDER_UNKNOWN", "PARCEL_UNKNOWN", "CLAIM_EXISTS", "CLAIM_PARCEL", "CLAIM_AMOUNT"),
    ),
    _CLAIMS.acting(cc.FileClaim, path="filing", summary="The claim was sent to the carrier", names="claim", refusals=("CLAIM_STATE",)),
    _CLAIMS.acting(
        cc.AnswerClaim, path="answers", summary="The carrier grants the claim, or does not", names="claim",
        refusals=("CLAIM_STATE", "CLAIM_AMOUNT"),
    ),
    _CLAIMS.acting(cc.AppealClaim, path="appeals", summary="Appeal against a carrier's no", names="claim", refusals=("CLAIM_STATE",)),
    _CLAIMS.acting(
        cc.PayClaim, path="payments", summary="The carrier has paid", names="claim",
        refusals=("CLAIM_STATE", "CLAIM_AMOUNT"),
    ),
    _CLAIMS.acting(cc.WithdrawClaim, path="withdrawal", summary="Ask for nothing any more", names="claim", refusals=("CLAIM_STATE",)),
)  # fmt: skip
