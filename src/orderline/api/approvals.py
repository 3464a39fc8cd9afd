"""Approvals: what waits for somebody's yes, and saying yes, no, or whose it is to say."""

from typing import Any, Final

from orderline.api.actions import fields_of, input_of
from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import decide
from orderline.api.records import Records
from orderline.core.approvals import decide as a
from orderline.core.approvals.refusals import ApprovalRefusal as R
from orderline.core.approvals.state import APPROVAL, Approval, ApprovalState

_APPROVALS: Final = Records(
    kind=APPROVAL,
    one="approval",
    many="approvals",
    capability="approvals",
    read=Right.ORDERS_READ,
    write=Right.ORDERS_WRITE,
    unknown=R.APPROVAL_UNKNOWN,
    states=ApprovalState,
    orders_in=lambda approval: (approval.order,),
)


def _acting(command: type[a.ApprovalCommand], path: str, summary: str, *refusals: str) -> Operation:
    async def handle(call: Call[None, Any]) -> Answer:
        known: Approval = await _APPROVALS.found(call)
        about = {"approval": known.id, "order": known.order, "company": known.company}
        return await decide(call, command(**about, **fields_of(call.input)))

    title = "".join(part.capitalize() for part in str(command.__struct_config__.tag).split("_"))
    return Operation(
        name=str(command.__struct_config__.tag), method="POST", path=f"/v1/approvals/{{id}}/{path}",
        right=Right.ORDERS_WRITE, summary=summary, description=" ".join((command.__doc__ or "").split()),
        handler=handle, capability="approvals", output=Approval,
        input=input_of(command, f"{title}Input", without=("approval", "order", "company")),
        refusals=("APPROVAL_UNKNOWN", "APPROVAL_STATE", "APPROVER_NOT_ALLOWED", *refusals),
    )  # fmt: skip


OPERATIONS: Final[tuple[Operation, ...]] = (
    *_APPROVALS.reading(),
    _acting(a.ApproveStep, "steps", "Say yes to an order of a company"),
    _acting(a.RejectApproval, "rejections", "Say no: the order is canceled", "BLOCKED_BY_HOLD"),
    _acting(a.DelegateStep, "delegations", "Hand a step over to another buyer"),
)
