"""Bulk forms: many items in one request, one outcome for each; an item that is refused stops no other."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from orderline.api.actions import fields_of, input_of
from orderline.api.calls import Answer, Call, DryRun, Operation, Right
from orderline.api.deciding import decide_all, explain, is_dry
from orderline.api.decoding import decoder
from orderline.api.problems import Problem, answer_fault, answer_trouble, problem_of
from orderline.api.refusals import ApiRefusal
from orderline.api.scoping import check_location, order_unknown, orders_of
from orderline.core.orders import commands as c
from orderline.core.orders.events import AnyOrderEvent
from orderline.core.stock.commands import AdjustStock
from orderline.engine.dry_runs import Tried
from orderline.engine.sealing import OrderAnswer
from orderline.values.failures import Refused, Trouble


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one item: the status and answer it would have had alone, or its problem.

    events: of a dry run, what would happen to the order; currency: of its amounts.
    """

    index: int
    status: int
    code: str = ""
    order: OrderAnswer | None = None
    problem: Problem | None = None
    replayed: bool = False
    currency: str = ""
    events: tuple[AnyOrderEvent, ...] = ()


class Verdicts(msgspec.Struct, frozen=True):
    """One verdict for each item, in order."""

    accepted: int
    refused: int
    items: tuple[Verdict, ...]


class _Told(msgspec.Struct, frozen=True, omit_defaults=True):
    # A verdict on its way out: the engine's answer is passed on as it is.
    index: int
    status: int
    code: str = ""
    order: msgspec.Raw | None = None
    problem: Problem | None = None
    replayed: bool = False
    currency: str = ""
    events: msgspec.Raw | None = None


class _Items(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    items: tuple[msgspec.Raw, ...]


_DESCRIPTION: Final = (
    "Up to 1,000 items; each has an outcome of its own, in the order they were sent. With `dry_run=true` nothing is done:"
    " each says what it would be, with its `events`."
)

Commands = Sequence[c.Command | Refused]


def bulk(
    name: str,
    path: str,
    item: Any,
    summary: str,
    *,
    capability: str,
    right: Right,
    commands: Callable[[Call[Any, Any], list[Any]], Any],
    success: int = 200,
    does: tuple[str, ...] = (),
    description: str = "",
) -> Operation:
    """An operation that does something for each of its items.

    item: the struct of one. commands: an async function from the call and its decoded items (a refusal where one could
    not be decoded) to a command or a refusal for each. success: the status of an item that was accepted. does: the
    operations that do one.
    """
    read = decoder(item)

    async def handle(call: Call[None, _Items]) -> Answer:
        most = call.services.limits.bulk_items
        given = call.input.items
        if len(given) > most:
            raise Refused(ApiRefusal.ITEMS_TOO_MANY, field="items", value=len(given), allowed=most)
        decoded = [_read(read, raw, index) for index, raw in enumerate(given)]
        return await decide_each(call, await commands(call, decoded), success)

    title = "".join(part.capitalize() for part in name.split("_"))
    return Operation(
        name=name,
        method="POST",
        path=path,
        right=right,
        summary=summary,
        description=description or _DESCRIPTION,
        handler=handle,
        capability=capability,
        query=DryRun,
        input=msgspec.defstruct(
            title,
            [("items", tuple[item, ...])],
            frozen=True,
            forbid_unknown_fields=True,
            namespace={"__doc__": "Many items, each with an outcome of its own."},
        ),
        decodes=_Items,
        output=Verdicts,
        bulk=True,
        does=does,
    )


async def decide_each(call: Call[Any, Any], commands: Commands, success: int = 200) -> Answer:
    """A verdict for each command, or for each refusal that stands in the place of one."""
    tried = iter(await decide_all(call, [each for each in commands if not isinstance(each, Refused)]))
    told: list[_Told] = []
    for index, command in enumerate(commands):
        if isinstance(command, Refused):
            told.append(_refused(index, problem_of(command)))
        else:
            told.append(await _told(call, index, command, next(tried), success))
    accepted = sum(each.problem is None for each in told)
    return Answer({"accepted": accepted, "refused": len(told) - accepted, "items": told})


async def _told(call: Call[Any, Any], index: int, command: c.Command, tried: Tried, success: int) -> _Told:
    outcome = tried.outcome
    if outcome.refused is not None:
        return _refused(index, problem_of(await explain(call, command, outcome.refused)))
    if isinstance(outcome.failed, Trouble):
        return _refused(index, answer_trouble(outcome.failed).body)
    if outcome.failed is not None:
        return _refused(index, answer_fault(outcome.failed, "a bulk form").body)
    order = msgspec.Raw(outcome.answer) if isinstance(command, c.OrderCommand | c.PlaceOrder) else None
    events = tried.events if is_dry(call) else None
    return _Told(index, success, order=order, replayed=outcome.replayed, currency=tried.currency, events=events)


def _refused(index: int, problem: Problem) -> _Told:
    return _Told(index, problem.status, problem.code, problem=problem)


def _read(read: Callable[[bytes], Any], raw: msgspec.Raw, index: int) -> Any:
    try:
        return read(bytes(raw))
    except Refused as refused:
        field = refused.facts.get("field")
        place = f"items[{index}]" if field in (None, "body") else f"items[{index}].{field}"
        return Refused(refused.code, **(refused.facts | {"field": place}))


def on_orders(command: Callable[..., c.OrderCommand]) -> Callable[[Call[Any, Any], list[Any]], Any]:
    """For items that are a command on an order each, named by its id or number; `command` makes it of the fields."""

    async def commands(call: Call[Any, Any], items: list[Any]) -> Commands:
        named = [each.order for each in items if not isinstance(each, Refused)]
        found = iter(await orders_of(call, named))
        made: list[c.Command | Refused] = []
        for index, each in enumerate(items):
            if isinstance(each, Refused):
                made.append(each)
            elif (order := next(found)) is None:
                made.append(order_unknown(each.order, f"items[{index}].order"))
            else:
                fields = fields_of(each)
                del fields["order"]
                made.append(command(order=order, **fields))
        return made

    return commands


async def _adjustments(call: Call[Any, Any], items: list[Any]) -> Commands:
    return [_adjustment(call, each) for each in items]


def _adjustment(call: Call[Any, Any], item: Any) -> c.Command | Refused:
    if isinstance(item, Refused):
        return item
    try:
        check_location(call, item.location)
    except Refused as refused:
        return refused
    return AdjustStock(**fields_of(item))


def _order_item(command: type[c.OrderCommand], name: str) -> Any:
    return input_of(command, name, without=("order",), more={"order": str})


OPERATIONS: Final[tuple[Operation, ...]] = (
    bulk(
        "bulk_cancel", "/v1/bulk/cancellations", _order_item(c.CancelUnits, "CancellationItem"),
        "Cancel many orders, or units of them",
        capability="orders", right=Right.ORDERS_WRITE, commands=on_orders(c.CancelUnits), does=("cancel_units",),
    ),
    bulk(
        "bulk_annotate", "/v1/bulk/annotations", _order_item(c.AnnotateOrder, "AnnotationItem"),
        "Change tags, notes, priority and custom fields of many orders",
        capability="orders", right=Right.ORDERS_WRITE, commands=on_orders(c.AnnotateOrder), does=("annotate_order",),
    ),
    bulk(
        "bulk_adjust", "/v1/bulk/adjustments", input_of(AdjustStock, "AdjustmentItem"), "Adjust stock of many SKUs",
        capability="stock", right=Right.STOCK_WRITE, commands=_adjustments, does=("adjust_stock",),
    ),
)  # fmt: skip
