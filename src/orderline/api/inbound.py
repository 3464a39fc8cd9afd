"""Calls of partners: handed on with their raw body, for the signature over it is their right to call."""

from typing import Final

from orderline.api.calls import Answer, Body, Call, Operation, Right
from orderline.api.refusals import ApiRefusal
from orderline.values.failures import Refused

_NOBODY: Final = ("CONNECTOR_UNKNOWN", "CONNECTOR_NOT_CONFIGURED")


async def _take_in(call: Call[None, None]) -> Answer:
    inbound, partner = call.services.inbound, call.path["partner"]
    if inbound is None:
        raise Refused(ApiRefusal.PARTNER_UNKNOWN, field="partner", value=partner)
    try:
        return await inbound(partner, call.headers, call.body)
    except Refused as refused:
        if refused.code in _NOBODY:
            # Whoever calls has not signed anything yet, and is not told who our partners are.
            raise Refused(ApiRefusal.PARTNER_UNKNOWN, field="partner", value=partner) from None
        raise


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="take_in_facts", method="POST", path="/v1/inbound/{partner}", right=Right.SIGNATURE,
        summary="A partner tells what has happened",
        description="Signed by the Standard Webhooks scheme, or by the partner's own; verified before it is read.",
        handler=_take_in, capability="access", output=dict, body=Body.RAW,
        refusals=("PARTNER_UNKNOWN", "SIGNATURE_MISSING", "SIGNATURE_INVALID", "BODY_MALFORMED"),
    ),
)  # fmt: skip
