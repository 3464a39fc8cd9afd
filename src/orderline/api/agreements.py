"""Agreements: what companies will have in all, and what they have called off."""

from typing import Final

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import Page
from orderline.api.records import Records, records_about
from orderline.core.agreements.decide import EndAgreement, PutAgreement
from orderline.core.agreements.refusals import AgreementRefusal as R
from orderline.core.agreements.state import AGREEMENT, CALL_OFF_NAME, AgreementState, CallOff

_AGREEMENTS: Final = Records(
    kind=AGREEMENT,
    one="agreement",
    many="agreements",
    capability="agreements",
    read=Right.ORDERS_READ,
    write=Right.SETTINGS_WRITE,
    unknown=R.AGREEMENT_UNKNOWN,
    states=AgreementState,
    for_all=True,
    of_all=True,
)


async def _call_offs(call: Call[Page, None]) -> Answer:
    return await records_about(call, CALL_OFF_NAME, (await _AGREEMENTS.found(call)).id)


OPERATIONS: Final[tuple[Operation, ...]] = (
    *_AGREEMENTS.reading(),
    Operation(
        name="list_call_offs", method="GET", path="/v1/agreements/{id}/call-offs", right=Right.ORDERS_READ,
        summary="List what orders have called off of an agreement",
        description="In the order in which they were placed; what was canceled since is given back and not among it.",
        handler=_call_offs, capability="agreements", query=Page, output=CallOff, page=True,
        refusals=(R.AGREEMENT_UNKNOWN.value,),
    ),
    _AGREEMENTS.creating(
        PutAgreement, summary="Agree with a company on what it will call off, or change that", names="agreement",
        refusals=(
            "COMPANY_UNKNOWN", "AGREEMENT_NOT_ACCEPTABLE", "AGREEMENT_STATE", "AGREEMENT_EXCEEDED",
            "CODE_NOT_ACCEPTABLE", "QUANTITY_NOT_POSITIVE",
        ),
    ),
    _AGREEMENTS.acting(
        EndAgreement, path="endings", summary="End an agreement", names="agreement", refusals=("AGREEMENT_STATE",)
    ),
)  # fmt: skip
