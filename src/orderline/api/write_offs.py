"""What orders will not pay: written off as small differences or bad debts, and owed again."""

from typing import Any, Final

from orderline.api.actions import command_of, input_of
from orderline.api.calls import Answer, Call, Handler, Operation, Right
from orderline.api.deciding import decide
from orderline.api.scoping import order_of
from orderline.core.ledger.writing_off import Recover, WriteOff, WriteOffAs
from orderline.engine.sealing import OrderAnswer

_REFUSALS: Final = ("ORDER_UNKNOWN", "VERSION_STALE")


def _handler(command: type[WriteOff | Recover], kind: WriteOffAs) -> Handler:
    async def handle(call: Call[None, Any]) -> Answer:
        return await decide(call, command_of(command, call.input, order=await order_of(call), kind=kind))

    return handle


def _operation(name: str, path: str, kind: WriteOffAs, command: type[WriteOff | Recover], summary: str) -> Operation:
    right = Right.LEDGER_WRITE if kind is WriteOffAs.DIFFERENCE else Right.LEDGER_WRITE_OFF
    limit = ("WRITE_OFF_LIMIT",) if name == "write_off_difference" else ()
    return Operation(
        name=name, method="POST", path=f"/v1/orders/{{order}}/{path}", right=right, summary=summary,
        description=" ".join((command.__doc__ or "").split()), handler=_handler(command, kind), capability="ledger",
        input=input_of(command, "".join(map(str.capitalize, name.split("_"))) + "Input", without=("order", "kind")),
        output=OrderAnswer, refusals=(*_REFUSALS, "WRITE_OFF_AMOUNT", *limit),
    )  # fmt: skip


_D, _B = WriteOffAs.DIFFERENCE, WriteOffAs.BAD_DEBT
OPERATIONS: Final[tuple[Operation, ...]] = (
    _operation("write_off_difference", "write-offs", _D, WriteOff, "Write off a small difference of an order"),
    _operation(
        "recover_difference", "write-offs/recoveries", _D, Recover, "Let a written-off difference be owed again"
    ),
    _operation("write_off_debt", "bad-debts", _B, WriteOff, "Write off what an order will not pay"),
    _operation("recover_debt", "bad-debts/recoveries", _B, Recover, "Let a bad debt be owed again"),
)
