"""Operations made from commands: the input is the command without what the path says, so there is no second copy."""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from orderline.api.calls import Answer, Call, Handler, Operation, Right
from orderline.api.deciding import decide
from orderline.api.scoping import check_fulfillment, check_location, check_parcel, number_in, order_of
from orderline.core.disputes.refusals import DisputeRefusal
from orderline.core.orders.commands import Command, OrderCommand
from orderline.core.orders.refusals import OrderRefusal
from orderline.engine.sealing import OrderAnswer

C = TypeVar("C", bound=Command)


def input_of(
    command: type[msgspec.Struct],
    name: str,
    *,
    without: tuple[str, ...] = (),
    more: dict[str, Any] | None = None,
    optional: dict[str, Any] | None = None,
) -> type[msgspec.Struct]:
    """A struct of the fields of a command (or value) but for some.

    more: further required fields, in front. optional: further fields that are None when not given.
    """
    fields: list[Any] = list((more or {}).items())
    for field in msgspec.structs.fields(command):
        if field.name in without or field.name in (more or {}):
            continue
        if field.required:
            fields.append((field.name, field.type))
        elif field.default is not msgspec.NODEFAULT:
            fields.append((field.name, field.type, field.default))
        else:
            fields.append((field.name, field.type, msgspec.field(default_factory=field.default_factory)))
    fields.extend((name_, type_, None) for name_, type_ in (optional or {}).items())
    return msgspec.defstruct(
        name,
        fields,
        kw_only=True,
        frozen=True,
        omit_defaults=True,
        forbid_unknown_fields=True,
        namespace={"__doc__": command.__doc__},
    )


def action(
    name: str,
    path: str,
    command: type[OrderCommand],
    summary: str,
    *,
    capability: str,
    right: Right = Right.ORDERS_WRITE,
    method: str = "POST",
    names: str = "",
    hides: tuple[str, ...] = (),
    refusals: tuple[str, ...] = (),
) -> Operation:
    """An operation that is one command on the order in its path.

    names: the field of the command that `{number}` in the path stands for: "fulfillment", "parcel", "hold", "tender" or none.
    hides: fields of the command that are not for callers.
    """
    without = ("order", names, *hides) if names else ("order", *hides)
    return Operation(
        name=name,
        method=method,
        path=path,
        right=right,
        summary=summary,
        description=_described(command),
        handler=_handler(command, names),
        capability=capability,
        input=input_of(command, _titled(name), without=without),
        output=OrderAnswer,
        refusals=("ORDER_UNKNOWN", "VERSION_STALE", "ORDER_CLOSED", *refusals),
    )


def fields_of(value: msgspec.Struct) -> dict[str, Any]:
    """The fields of a struct by name, their values as they are."""
    return {name: getattr(value, name) for name in value.__struct_fields__}


def command_of(command: Callable[..., C], value: msgspec.Struct, **about: Any) -> C:
    """A command with the fields of an input, and what the way in knows beside them."""
    return command(**about, **fields_of(value))


async def numbered(call: Call[Any, Any], order: Any, names: str) -> dict[str, int]:
    """What `{number}` in the path names, checked against the key's locations."""
    match names:
        case "fulfillment":
            return {names: await check_fulfillment(call, order)}
        case "parcel":
            return {names: await check_parcel(call, order)}
        case "hold":
            return {names: number_in(call, OrderRefusal.HOLD_UNKNOWN)}
        case "tender":
            return {names: number_in(call, OrderRefusal.TENDER_UNKNOWN)}
        case "dispute":
            return {names: number_in(call, DisputeRefusal.DISPUTE_UNKNOWN)}
        case _:
            return {}


def _handler(command: type[OrderCommand], names: str) -> Handler:
    async def handle(call: Call[None, msgspec.Struct]) -> Answer:
        order = await order_of(call, anywhere=names in ("fulfillment", "parcel"))
        number = await numbered(call, order, names)
        if getattr(call.input, "to", ""):
            check_location(call, getattr(call.input, "to"))  # noqa: B009 - the input is made from the command
        return await decide(call, command(order=order, **number, **fields_of(call.input)))

    return handle


def _described(command: type[Command]) -> str:
    text = command.__doc__ or ""
    return "" if text.startswith("The base of") or command.__doc__ == OrderCommand.__doc__ else " ".join(text.split())


def _titled(name: str) -> str:
    return f"{''.join(part.capitalize() for part in name.split('_'))}Input"
