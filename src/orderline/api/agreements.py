"""Agreements: what companies will have in all, and what they have called off."""

from typing import Final

from orderline.api.calls import Operation, Right
from orderline.api.records import Records
from orderline.core.agreements.decide import EndAgreement, PutAgreement
from orderline.core.agreements.refusals import AgreementRefusal as R
from orderline.core.agreements.state import AGREEMENT, AgreementState

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

OPERATIONS: Final[tuple[Operation, ...]] = (
    *_AGREEMENTS.reading(),
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
